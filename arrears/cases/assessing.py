"""Working out what a case owes: materials taken in, months asked for, the quote."""

from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _

from transfers.rules import months
from transfers.workflow.errors import Invalid, NotAllowed

from .. import letters, quoting
from ..coverage import Coverage, coverage_of
from ..growing import follow, let_go
from ..letters import Facts
from ..models import ArrearsCase, ArrearsMaterial, ArrearsMonth, Quote
from ..rules import asked as questions
from ..rules.assessment import Assessment
from ..rules.parts import by_part
from ..rules.periods import first_of
from ..rules.reasons import Reason
from ..rules.states import REQUIRED, Cause, MaterialKind
from .claimed import Claimed

# What the rules call an input, by the name it has on a case's forms.
FIELDS = {
    "base": "base_fen",
    "months": "to_month",
    "paid_on": "pay_by",
    "consecutive_months_before": "consecutive_before",
    "resumed": "resumed_month",
}


def missing_materials(case: ArrearsCase) -> list[MaterialKind]:
    """What the cause asks for and nobody has handed in. One query."""
    there = set(ArrearsMaterial.objects.filter(case=case).values_list("kind", flat=True))
    return [kind for kind in REQUIRED[Cause(case.cause)] if kind not in there]


def take_materials(claimed: Claimed, *, kinds: list[str]) -> None:
    known = [kind for kind in dict.fromkeys(kinds) if kind in MaterialKind.values]
    if not known or len(known) != len(set(kinds)):
        raise Invalid("kinds", _("Choose what was handed in."), code="required")
    ArrearsMaterial.objects.bulk_create(
        (
            ArrearsMaterial(
                case=claimed.case, kind=kind, received_at=claimed.at, received_by=claimed.user
            )
            for kind in known
        ),
        ignore_conflicts=True,
    )
    claimed.figures = {"kinds": known}


class Kept(Enum):
    """Stands for what is not given; None takes away what the case says."""

    AS_IT_IS = "as it is"


AS_IT_IS = Kept.AS_IT_IS


def assess(
    claimed: Claimed,
    *,
    pay_by: date | None = None,
    to_month: date | None = None,
    resumed_month: date | Kept | None = AS_IT_IS,
    base_fen: int | Kept | None = AS_IT_IS,
    consecutive_before: int | Kept | None = AS_IT_IS,
    switched: bool | Kept = AS_IT_IS,
) -> None:
    """Work out what is owed and quote it. What is given replaces what the case says.

    While nothing is paid again, the case takes in the months that ended unpaid meanwhile.
    """
    case = claimed.case
    lacking = missing_materials(case)
    if lacking:
        labels = "、".join(str(kind.label) for kind in lacking)
        raise NotAllowed(
            _("Materials are missing: %(materials)s.") % {"materials": labels}, code="materials"
        )
    if to_month is not None and to_month != case.to_month:
        _extend(case, to_month, claimed.on)
    if resumed_month is None:
        case.resumed_month = None
    elif resumed_month is not AS_IT_IS:
        _resume(case, resumed_month, claimed.on)
    ArrearsMonth.objects.bulk_create(follow([case], claimed.on))
    if base_fen is not AS_IT_IS:
        case.base_fen = base_fen if base_fen is None else _base(base_fen)
    if consecutive_before is not AS_IT_IS:
        case.consecutive_before = consecutive_before
    if switched is not AS_IT_IS:
        case.switched = switched
    terms = claimed.terms(claimed.on)
    if pay_by is None:
        pay_by = quoting.pay_by_of(case, claimed.on, terms)
    latest = quoting.latest_pay_by(case, claimed.on)
    if not claimed.on <= pay_by <= latest:
        raise Invalid(
            "pay_by",
            _("Give a day from today to %(latest)s; after it the amount is another.")
            % {"latest": latest.isoformat()},
        )
    made = quote(claimed, pay_by)
    case.assess(pay_by=pay_by)
    claimed.save("to_month", "resumed_month", "base_fen", "consecutive_before", "switched")
    let_go([case])
    claimed.figures = {
        "quote": made.version, "total_fen": made.total_fen, "pay_by": pay_by.isoformat(),
    }  # fmt: skip


def _base(fen: int) -> int:
    if fen <= 0:
        raise Invalid("base_fen", _("The base must be above 0."), code="negative")
    return fen


def _extend(case: ArrearsCase, to_month: date, today: date) -> None:
    """The case asks for later months as well. It never asks for fewer: cancel it for that."""
    if to_month < case.to_month:
        raise Invalid(
            "to_month",
            _("A case never asks for fewer months than before; cancel it and open another."),
        )
    if to_month >= today.replace(day=1):
        raise Invalid("to_month", not_over(to_month), code="future")
    first = first_of(case.to_month, 1)
    known = coverage_of([(case.person_id, case.pool_id, first_of(case.from_month, -1))])
    _refuse_paid(known[case.person_id, case.pool_id], first, to_month, "to_month")
    claim_months(case, first, to_month, field="to_month")
    case.to_month = to_month


def _resume(case: ArrearsCase, month: date, today: date) -> None:
    """Months are paid again from a month on: after the gap, and not in the future."""
    if month <= case.to_month:
        raise Invalid("resumed_month", only_after(case.to_month))
    if month > today:
        raise Invalid("resumed_month", _("This month lies in the future."), code="future")
    case.resumed_month = month


def only_after(month: date) -> Any:
    return _("Months are paid again only after the last missed one, %(month)s.") % {
        "month": f"{month:%Y-%m}"
    }


def not_over(month: date) -> Any:
    return _("%(month)s is not over: it is due at its end and not missed yet.") % {
        "month": f"{month:%Y-%m}"
    }


def paid_already(paid: Iterable[date]) -> Any:
    return _("Our record has these months as paid already: %(months)s.") % {
        "months": months.spelled(paid)
    }


def _refuse_paid(known: Coverage, first: date, last: date, field: str) -> None:
    paid = paid_in(known, first, last)
    if paid is not None:
        raise Invalid(field, paid, code="paid")


def paid_in(known: Coverage, first: date, last: date) -> Any | None:
    """Why months cannot be asked for: they are on our record as paid, or on another's."""
    asked = set(months.months_of(months.Span(first, last)))
    if here := asked & known.own:
        return paid_already(here)
    if away := {month for month in asked if known.away(month)}:
        return _("These months are paid elsewhere: %(months)s.") % {"months": months.spelled(away)}
    return None


def claim_months(case: ArrearsCase, first: date, last: date, *, field: str = "from_month") -> None:
    """Ask for months that no other case asks for. Raises Invalid beside the field."""
    wanted = []
    month = first
    while month <= last:
        wanted.append(month)
        month = first_of(month, 1)
    taken = (
        ArrearsMonth.objects.filter(
            person=case.person_id, pool=case.pool_id, live=True, month__in=wanted
        )
        .select_related("case")
        .first()
    )
    if taken is not None:
        raise Invalid(
            field,
            _("Arrears case %(reference)s asks for %(month)s already.")
            % {"reference": taken.case.reference, "month": f"{taken.month:%Y-%m}"},
            code="overlapping",
        )
    ArrearsMonth.objects.bulk_create(
        ArrearsMonth(case=case, person_id=case.person_id, pool_id=case.pool_id, month=month)
        for month in wanted
    )


def assessed(claimed: Claimed, on: date) -> Assessment:
    """The case assessed for a day; a sentence where the rules refuse the question."""
    try:
        return quoting.assessment_of(claimed.case, on=on, terms=claimed.terms(on))
    except questions.Refused as refusal:
        field, sentence = refusal.sentences[0]
        raise Invalid(FIELDS.get(field, field), sentence, code=field) from refusal


def quote(claimed: Claimed, pay_by: date) -> Quote:
    """The next version of the case's quote, stored, with what there is to tell of it.

    Raises NotAllowed where the place's rules let nothing be paid back, or nothing is owed; Invalid
    where a month costs less by now than is paid for it.
    """
    case = claimed.case
    found = assessed(claimed, pay_by)
    if not found.back_pay_allowed:
        raise NotAllowed(
            _("%(why)s Close the case as one that cannot be paid back; take payments back first.")
            % {"why": Reason(found.reason).label},
            code=str(found.reason),
        )
    surplus = quoting.surplus_of(found)
    if surplus is not None:
        raise Invalid(
            "base_fen",
            _("More is paid for %(month)s than it costs now; take the payment back first.")
            % {"month": f"{surplus:%Y-%m}"},
            code="surplus",
        )
    assert found.totals is not None, "what may be paid back has its sums"
    if not found.totals.total_fen:
        raise NotAllowed(_("Nothing is owed for these months; cancel the case."), code="nothing")
    earlier = quoting.current_quote(case)
    made = next_quote(claimed, found, earlier)
    left = by_part(quoting.rest_of(case, made))
    claimed.facts = Facts(
        case,
        quote=made,
        left_fen=sum(left.values()),
        left=left,
        fee_before_fen=earlier.fee_employer_fen + earlier.fee_person_fen if earlier else 0,
        where=letters.where_of(case, pay_by),
    )
    return made


def next_quote(claimed: Claimed, found: Assessment, earlier: Quote | None) -> Quote:
    """An assessment stored as the version after `earlier`, the newest so far."""
    version = earlier.version + 1 if earlier else 1
    return quoting.store(
        quoting.quote_of(claimed.case, found, version=version), by=claimed.user, at=claimed.at
    )
