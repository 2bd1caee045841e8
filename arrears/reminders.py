"""Letters that a date brings: to the person before a quote lapses, to supervisors about late cases.

Each is written once: its key names the quote, or the office and the day.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from transfers.deadlines.calendars import calendar_of
from transfers.models.alerts import OutboxMessage
from transfers.models.users import User
from transfers.policy import remembered
from transfers.rules.states import Role

from . import letters, quoting
from .letters import Facts
from .models import ArrearsCase
from .rules.parts import by_part
from .rules.states import QUOTED, State
from .sms import REMINDER

DAYS_BEFORE = 3  # working days before the pay-by date


def write(now: datetime) -> int:
    """Write what is due; returns how many letters were new."""
    return _before_lapsing(now) + _not_assessed(now)


def _before_lapsing(now: datetime) -> int:
    """Quotes that lapse within three working days of their pool, one letter a quote and reader."""
    today = localdate(now)
    cases = ArrearsCase.objects.filter(state__in=QUOTED, next_on__gte=today).exclude(
        contact_email="", contact_phone="", employer_email=""
    )
    written = 0
    with remembered():
        pools = cases.order_by().values_list("pool", flat=True).distinct()
        for pool in pools:
            until = calendar_of(pool).add(today, DAYS_BEFORE)
            for case in (
                cases.filter(pool=pool, next_on__lte=until).select_related("agency").iterator()
            ):
                written += _remind(case, now)
    return written


def _remind(case: ArrearsCase, now: datetime) -> int:
    quote = quoting.current_quote(case)
    assert quote is not None, "a quoted case has a quote"
    stem = f"arrears:{case.reference}:quote{quote.version}:reminder"
    if OutboxMessage.objects.filter(key__in=[f"{stem}:person", f"{stem}:employer"]).exists():
        return 0
    if localdate(quote.made_at) >= localdate(now):
        return 0  # the quote itself was told today
    left = by_part(quoting.rest_of(case, quote))
    facts = Facts(
        case,
        quote=quote,
        left_fen=sum(left.values()),
        left=left,
        where=letters.where_of(case, quote.pay_by),
    )
    found = letters.letters(stem, case, case.agency, letters.reminder(facts), facts, REMINDER)
    # A run at the same time may be quicker; the key is there once.
    OutboxMessage.objects.bulk_create(
        (letters.outgoing(now, **letter._asdict()) for letter in found), ignore_conflicts=True
    )
    return len(found)


def _not_assessed(now: datetime) -> int:
    """On working days, one letter an office to each of its supervisors while cases are late."""
    today = localdate(now)
    late = (
        ArrearsCase.objects.filter(state=State.OPENED, next_on__lt=today)
        .order_by()
        .values("agency", "agency__region")
        .annotate(n=Count("pk"))
    )
    written = []
    for office in late:
        if not calendar_of(office["agency__region"]).is_working(today):
            continue
        written += [_late_letter(user, office["n"], now) for user in _supervisors(office["agency"])]
    keys = {message.key for message in written}
    known = set(OutboxMessage.objects.filter(key__in=keys).values_list("key", flat=True))
    fresh = [message for message in written if message.key not in known]
    OutboxMessage.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _late_letter(user: User, n: int, now: datetime) -> OutboxMessage:
    with translation.override(settings.LANGUAGE_CODE):
        subject = ngettext(
            "[Arrears] %(n)d case not assessed in time",
            "[Arrears] %(n)d cases not assessed in time",
            n,
        ) % {"n": n}
        text = _("They are at the top of the queue: %(link)s") % {
            "link": settings.PUBLIC_URL + reverse("admin:arrears")
        }
    key = f"arrears:late:{user.agency_id}:{user.pk}:{localdate(now):%Y-%m-%d}"
    return _to_staff(key, user, subject, text, now)


def stuck_letters(case: ArrearsCase, version: int, now: datetime) -> list[OutboxMessage]:
    """To the office's supervisors, not stored yet: a lapsed quote that cannot be worked out anew."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("[Arrears] %(reference)s cannot be quoted anew") % {"reference": case.reference}
        text = _(
            "By today's rules nothing can be paid back any more, or more is paid than a month costs."
            " Take payments back and close the case: %(link)s"
        ) % {"link": settings.PUBLIC_URL + reverse("admin:arrears_case", args=[case.reference])}
    stem = f"arrears:{case.reference}:quote{version}:stuck"
    return [
        _to_staff(f"{stem}:{user.pk}", user, subject, text, now)
        for user in _supervisors(case.agency_id)
    ]


def _supervisors(agency_id: int) -> QuerySet[User]:
    people = User.objects.filter(agency=agency_id, is_active=True, groups__name=Role.SUPERVISOR)
    return people.exclude(email="")


def _to_staff(key: str, user: User, subject: str, text: str, now: datetime) -> OutboxMessage:
    return OutboxMessage(
        key=key,
        kind=OutboxMessage.Kind.LETTER,
        address=user.email,
        subject=subject,
        text=f"{text}\n",
        created_at=now,
        next_try_at=now,
    )
