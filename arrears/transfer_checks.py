"""What the arrears office adds to transfers: the origin's check waits for what is owed, and says so.

Found by `transfers.workflow.checks`. Without this app there is no such condition.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from transfers import plugs
from transfers.models.applications import TransferApplication
from transfers.plugs import Overlay
from transfers.rules.money import yuan
from transfers.rules.states import Action, RejectCode, Scheme, Side
from transfers.status.words import long_date, sentences
from transfers.workflow.checks import Question, register

from .cases.door import WAITING
from .letters import spelled_months, where_to_pay
from .models import ArrearsCase
from .quoting import current_quote, months_of, rest_of
from .rules.parts import Part
from .rules.states import OWING, State


def owing(application: TransferApplication) -> list[ArrearsCase]:
    """The person's arrears cases at the origin that are not paid, oldest months first. One query."""
    if application.scheme_from == Scheme.RESIDENT:
        return []
    cases = ArrearsCase.objects.filter(
        person=application.person_id, pool=application.origin_id, state__in=sorted(OWING)
    )
    return list(cases.select_related("agency").order_by("from_month"))


@register(Action.PASS_CHECK, RejectCode.ORIGIN_ARREARS)
def nothing_is_owed(asked: Question) -> object:
    if asked.side is Side.DESTINATION and asked.records[Side.ORIGIN].passed_at is None:
        return None  # the origin's own check is still ahead
    sentences = [_sentence(case) for case in owing(asked.application)]
    return " ".join(sentences) or None


def _sentence(case: ArrearsCase) -> str:
    facts = {"reference": case.reference, "months": spelled_months(case)}
    if case.state == State.OPENED:
        return _("Arrears case %(reference)s: %(months)s are missing; not worked out yet.") % facts
    assert case.next_on is not None, "an open case has its next day"
    facts["left"] = yuan(sum(each.fen for each in rest_of(case)))
    facts["day"] = case.next_on.isoformat()
    owed = _("Arrears case %(reference)s: %(left)s for %(months)s is owed, by %(day)s.") % facts
    return sentences(owed, where_to_pay(case, case.next_on))


def overlays(application: TransferApplication, on: date) -> list[Overlay]:
    """What the applicant and the clerks read over a transfer that waits for its arrears."""
    if not application.is_open or application.accepted_at is not None:
        return []
    return [_overlay(case) for case in owing(application)]


def _overlay(case: ArrearsCase) -> Overlay:
    count = len(months_of(case))
    title = ngettext("1-month gap", "%(n)d-month gap", count) % {"n": count}
    office: Any = case.agency
    months = spelled_months(case)
    link = reverse("admin:arrears_case", args=[case.reference])
    staff = ((_("Arrears case %(reference)s") % {"reference": case.reference}, link),)
    phone = (_("Questions"), f"{office.name} {office.phone}")
    assert case.next_on is not None, "an open case has its next day"
    if case.state == State.OPENED:
        return Overlay(
            key=f"arrears-{case.state}",
            title=title,
            happening=_("%(office)s works out what is to be paid for %(months)s.")
            % {"office": office.name, "months": months},
            you=_("You don't need to do anything yet; you will be told the amount."),
            by=_("We'll tell you by %(day)s") % {"day": long_date(case.next_on)},
            facts=(phone,),
            links=_links(),
            staff_links=staff,
            must_act=False,
            agency=case.agency_id,
        )
    quote = current_quote(case)
    assert quote is not None
    rest = rest_of(case, quote)
    owed = sum(each.fen for each in rest)
    own = sum(each.fen for each in rest if each.part in (Part.PRINCIPAL_PERSON, Part.FEE_PERSON))
    if quote.waiting_months:
        effect = ngettext(
            "After paying there is a waiting period of %(n)d month.",
            "After paying there is a waiting period of %(n)d months.",
            quote.waiting_months,
        ) % {"n": quote.waiting_months}
    else:
        effect = _("Paying means no waiting period; benefits restart on %(day)s.") % {
            "day": long_date(quote.restart_on)
        }
    if own == owed:
        you = _("Pay %(fen)s.")
    elif own:
        you = _("Pay your share of %(own)s and ask your employer to pay the other %(rest)s.")
    else:
        you = _("Ask your employer to pay %(fen)s.")
    you = sentences(
        you % {"fen": yuan(owed), "own": yuan(own), "rest": yuan(owed - own)},
        where_to_pay(case, quote.pay_by),
        _("Then the check of your transfer goes on."),
    )
    return Overlay(
        key=f"arrears-{case.state}",
        title=title,
        happening=_("The transfer waits until the contributions for %(months)s are paid. %(effect)s")
        % {"months": months, "effect": effect},
        you=you,
        by=_("By %(day)s") % {"day": long_date(quote.pay_by)},
        facts=((_("To be paid"), yuan(owed)), (_("Benefits restart"), long_date(quote.restart_on)), phone),
        links=_links(),
        staff_links=staff,
        agency=case.agency_id,
        due_on=quote.pay_by if own else None,
        number=case.reference,
    )  # fmt: skip


def _links() -> tuple[tuple[str, str], ...]:
    return ((_("Work out what to pay"), reverse("arrears")),)


def marks(applications: Sequence[TransferApplication]) -> dict[int, str]:
    """Of transfers that the origin still checks: whether they wait for arrears, or need not any more.

    A query, none where no transfer is that far back.
    """
    waiting = [
        each
        for each in applications
        if each.state in WAITING and each.scheme_from != Scheme.RESIDENT
    ]
    if not waiting:
        return {}
    cases = ArrearsCase.objects.filter(
        Q(state__in=sorted(OWING)) | Q(settled_on__isnull=False),
        person__in={each.person_id for each in waiting},
        pool__in={each.origin_id for each in waiting},
    ).values_list("person", "pool", "state", "settled_on")
    found: dict[int, str] = {}
    for each in waiting:
        mine = [case[2:] for case in cases if case[:2] == (each.person_id, each.origin_id)]
        if any(state in OWING for state, _on in mine):
            found[each.pk] = pgettext("mark in the queue", "Waits for arrears")
        elif any(on >= localdate(each.submitted_at) for _state, on in mine):
            found[each.pk] = pgettext("mark in the queue", "Arrears paid")
    return found


plugs.overlays.append(overlays)
plugs.marks.append(marks)
