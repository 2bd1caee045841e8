"""What the applicant says of the result, and what the offices answer: queries and ratings.

A query (异议) of a finished transfer is raised within `dispute_days` of the policy and answered by the
destination, or by the origin where it paid the balance out. Both are events of the case; no state
moves. A rating (好差评) is given once a case, after it was closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import override

from ..deadlines.calendars import calendar_of
from ..models.applications import TransferApplication
from ..models.events import Event, Track
from ..models.feedback import Dispute, Rating
from ..policy import remembered
from ..rules.balances import Disposition
from ..rules.states import Role, Side
from ..status.situation import RESULTS, query_period
from ..status.words import long_date
from .actors import Actor
from .case import ANSWER, DISPUTE, Case
from .errors import Invalid, NotAllowed

if TYPE_CHECKING:
    from ..models.users import User

# Working days an office has for its answer. The product's own limit: no national text sets one.
ANSWER_DAYS = 5
LONGEST_QUERY, LONGEST_ANSWER, LONGEST_RATING = 500, 1000, 500

ANSWERERS = frozenset({Role.CLERK, Role.FINANCE, Role.SUPERVISOR})

# An identity or account number, also with blanks or hyphens between its digits.
_LONG_NUMBER = re.compile(r"\d(?:[\s-]?\d){11,}")


def side_of(application: TransferApplication) -> Side:
    """Who answers for the result: the destination; the origin where it pays the balance out."""
    balance = getattr(application, "balance", None)
    if balance is not None and balance.disposition == Disposition.PAY_TO_PERSON:
        return Side.ORIGIN
    return Side.DESTINATION


def queries_for(agency_id: int | None) -> Q:
    """The queries an agency has to answer, as a condition on Dispute."""
    paid = Q(application__balance__disposition=Disposition.PAY_TO_PERSON)
    return (Q(application__origin_agency=agency_id) & paid) | (
        Q(application__destination_agency=agency_id) & ~paid
    )


def open_query(application: TransferApplication) -> Dispute | None:
    return Dispute.objects.filter(application=application, answered_at__isnull=True).first()


def queries_of(application: TransferApplication) -> list[Dispute]:
    """Every query of a result, newest first. One query of the database, none before there is a result."""
    if application.state not in RESULTS:
        return []
    found = Dispute.objects.filter(application=application)
    return list(found.select_related("answered_by__agency").order_by("-raised_at"))


def may_query(application: TransferApplication, on: date) -> bool:
    """Whether the result may be queried on a day, one still open aside."""
    until = query_period(application).get("query_until")
    return until is not None and on <= until


def _words(field: str, text: str, longest: int, *, required: str = "") -> str:
    """The words as they are kept. Raises Invalid where they are missing, too long, or name numbers."""
    text = text.strip()
    if not text and required:
        raise Invalid(field, required, code="required")
    if len(text) > longest:
        raise Invalid(field, _("Write at most %(n)d characters.") % {"n": longest})
    if _LONG_NUMBER.search(text):
        raise Invalid(
            field,
            _("Leave out identity, account and telephone numbers; the offices have them."),
            code="number",
        )
    return text


def raise_query(
    application: TransferApplication, *, about: str, text: str, by: Actor, at: datetime
) -> Dispute:
    """The applicant queries the result. Written: the query and its event.

    Raises Invalid for the answers; NotAllowed after the limit, without a result, or while an earlier
    query is open.
    """
    if about not in Dispute.About.values:
        raise Invalid("about", _("Choose what your query is about."), code="required")
    missing = _("Say in a few words what is not right.") if about == Dispute.About.OTHER else ""
    text = _words("text", text, LONGEST_QUERY, required=missing)
    with remembered(), transaction.atomic():
        case = Case.claim(application, by, at)
        if not may_query(case.application, case.on):
            raise NotAllowed(_("The result can no longer be queried here."), code="too_late")
        if open_query(case.application) is not None:
            raise NotAllowed(_("Your query is being answered already."), code="open")
        office = case.application.agency(side_of(case.application))
        answer_by = calendar_of(office.region_id).add(case.on, ANSWER_DAYS)
        dispute = Dispute.objects.create(
            application=case.application, about=about, text=text, raised_at=at, answer_by=answer_by
        )
        shown = _both(
            lambda: (
                _("We have received your query. %(office)s answers by %(day)s.")
                % {"office": office.name, "day": long_date(answer_by)}
            )
        )
        _tell(case, DISPUTE, about, shown=shown, message=False)
    return dispute


def answer(dispute: Dispute, text: str, *, by: Actor, at: datetime) -> Event:
    """The office answers a query with a sentence, which the applicant is told.

    Raises Invalid for the words; NotAllowed for somebody of another office or without the role, and
    where a colleague was quicker.
    """
    text = _words("answer", text, LONGEST_ANSWER, required=_("Write the answer."))
    with remembered(), transaction.atomic():
        case = Case.claim(dispute.application, by, at)
        side = side_of(case.application)
        if by.side(case.application) is not side or not by.roles & ANSWERERS:
            raise NotAllowed(_("This query is for the other office to answer."), code="wrong_seat")
        changed = Dispute.objects.filter(pk=dispute.pk, answered_at__isnull=True).update(
            answer=text, answered_at=at, answered_by=by.user
        )
        if not changed:
            raise NotAllowed(_("A colleague has answered this query already."), code="answered")
        office = case.application.agency(side)
        shown = _both(
            lambda: (
                _("%(office)s has answered your query: “%(text)s”")
                % {"office": office.name, "text": text}
            )
        )
        return _tell(case, ANSWER, dispute.about, shown=shown, message=True, reason=text)


def _tell(
    case: Case,
    verb: str,
    about: str,
    *,
    shown: tuple[str, str],
    message: bool,
    reason: str = "",
) -> Event:
    money = about in (Dispute.About.AMOUNT, Dispute.About.NOT_ARRIVED) and case.balance is not None
    state = str(case.balance.state if money and case.balance else case.application.state)
    event = case.tell(
        verb,
        from_state=state,
        to_state=state,
        track=Track.MONEY if money else Track.RELATION,
        reason=reason,
        facts={"about": about},
        message=message,
        shown=shown,
    )
    case.application.claimed = False
    return event


def _both(words: Callable[[], str]) -> tuple[str, str]:
    told = []
    for language in ("zh-hans", "en"):
        with override(language):
            told.append(words())
    return told[0], told[1]


def may_rate(application: TransferApplication) -> bool:
    return not application.is_open and getattr(application, "rating", None) is None


def rate(
    application: TransferApplication,
    *,
    level: int | None,
    indicators: Collection[str],
    text: str,
    at: datetime,
) -> Rating:
    """The applicant rates the service.

    Raises Invalid for the answers; NotAllowed for an open case and for a second rating.
    """
    if level not in Rating.Level.values:
        raise Invalid("level", _("Choose how satisfied you are."), code="required")
    if set(indicators) - set(Rating.Indicator.values):
        raise Invalid("indicators", _("Choose from what is offered."))
    text = _words("text", text, LONGEST_RATING)
    if application.is_open:
        raise NotAllowed(_("You can rate the service once the case is closed."), code="open")
    kept = [each for each in Rating.Indicator.values if each in indicators]
    try:
        with transaction.atomic():
            return Rating.objects.create(
                application=application, level=level, indicators=kept, text=text, rated_at=at
            )
    except IntegrityError as error:
        raise NotAllowed(_("You have rated this case already."), code="rated") from error


def reply(rating: Rating, text: str, *, by: Actor, at: datetime) -> None:
    """Staff of either office reply to a rating, once; whoever rated reads it on the status page."""
    text = _words("reply", text, LONGEST_RATING, required=_("Write the reply."))
    if by.side(rating.application) is None or not by.roles & ANSWERERS:
        raise NotAllowed(_("This rating is of another office."), code="wrong_seat")
    changed = Rating.objects.filter(pk=rating.pk, replied_at__isnull=True).update(
        reply=text, replied_at=at, replied_by=by.user
    )
    if not changed:
        raise NotAllowed(_("A colleague has replied to this rating already."), code="replied")


def waiting(user: User) -> list[date]:
    """By when each open query of the user's own office is to be answered, the longest wait first."""
    found = Dispute.objects.filter(queries_for(user.agency_id), answered_at__isnull=True)
    return list(found.order_by("answer_by").values_list("answer_by", flat=True))


def overdue(dispute: Dispute, at: datetime) -> bool:
    return dispute.answered_at is None and dispute.answer_by < localdate(at)
