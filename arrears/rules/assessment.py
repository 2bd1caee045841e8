"""What a gap comes to: `assess` turns a question and the terms of a place into an `Assessment`.

Amounts are whole fen, each party's share rounded by itself. Source: domain.md §6.

Decisions on what it leaves open, [own]:
- `months` may be a part of the gap. The gap stays what it is; cover counts as unbroken, and benefits
  are only paid afterwards for the time between, where every month of the gap is paid.
- The wait goes by the whole gap, however it is paid: who pays in two parts waits no shorter than who
  pays at once. What is left to pay shrinks by the months that earlier payments paid in full.
- Whether months may be paid back is the place's answer for every scheme and cause.
- Where they may not, benefits restart as for somebody who joins anew on the day of payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from transfers.rules.states import Scheme

from . import residents
from .asked import Asked, Refused, missing, problem, problems_of, too_many_repaired
from .periods import first_of, free_until, missed_months
from .reasons import Cause, Caution, Reason
from .restart import restart
from .retirement import Retirement, retirement
from .rows import MonthPaid, Row, Totals, fen_of, rows_of, totals_of
from .terms import NATION, Base, TermMissing, Terms

_CONTRIBUTORS_USE = (
    "gap_free_months", "back_pay_allowed", "back_pay_allowed_flexible", "max_gap_months",
    "min_consecutive_months", "restart_rule", "restart_rule_over", "waiting_months_4_to_6",
    "waiting_months_over_6", "payment_month_counts", "retroactive", "late_fee_on_person",
    "contribution_rate_unit", "contribution_rate_person", "due_rule", "switch_months",
    "minimum_years_male", "minimum_years_female",
)  # fmt: skip
_RESIDENTS_USE = (
    "back_pay_allowed", "window_from", "window_to", "repair_from", "repair_to",
    "fixed_wait_months", "wait_per_broken_year", "repair_per_year", "floor_from_4_years",
    "first_year_free",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer. What does not apply is None: `totals` where nothing can be paid back.

    `used`: the terms it was made with, as far as they matter. `gap_months`: None for residents, who
    have `missed_years`, `cover_year` and `in_window`. `free_until`: the last day on which a payment
    needs no wait; None where that does not hang on the day. `over`: the gap is longer than the free months, or counts as such. `whole`: every
    month of it is paid back, those among them that were `paid_before`; `months_left`: of the gap.
    """

    asked: Asked
    used: Terms
    back_pay_allowed: bool
    reason: str | None
    gap_months: int | None = None
    paid_before: int = 0
    months_left: int | None = None
    whole: bool = False
    over: bool = False
    rows: tuple[Row, ...] = ()
    totals: Totals | None = None
    suspended_from: date | None = None
    restart_on: date | None = None
    waiting_months: int | None = None
    re_enrol: bool | None = None
    retroactive_from: date | None = None
    retroactive_to: date | None = None
    consecutive_months_after: int | None = None
    cumulative_months_added: int | None = None
    free_until: date | None = None
    missed_years: int | None = None
    repaired_years: int | None = None
    cover_year: int | None = None
    in_window: bool | None = None
    retirement: Retirement | None = None
    cautions: tuple[str, ...] = ()


NOTHING_PAID: Mapping[date, MonthPaid] = MappingProxyType({})


def assess(asked: Asked, terms: Terms, paid: Mapping[date, MonthPaid] = NOTHING_PAID) -> Assessment:
    """What the gap comes to on the day of payment. `paid`: by month, what came in before.

    Raises Refused with everything that is wrong with the question.
    """
    wrong = problems_of(asked)
    if wrong:
        raise Refused(wrong)
    try:
        if asked.scheme == Scheme.RESIDENT:
            return _resident(asked, terms)
        return _contributor(asked, terms, paid)
    except TermMissing as error:
        words = _("What applies in this place is not on record: %(name)s.")
        raise Refused([problem("region", "no_rule", words, name=error.args[0])]) from error


# People insured through work, or flexibly.


def _contributor(asked: Asked, terms: Terms, paid: Mapping[date, MonthPaid]) -> Assessment:
    assert asked.last_paid is not None  # problems_of
    missed = missed_months(asked.last_paid, asked.until)
    months = missed if asked.months is None else asked.months
    in_full = {month for month in missed if month in paid and paid[month].in_full}
    gap = len(missed)
    short_switch = bool(gap) and _short_switch(asked, terms)
    reason = _reason(asked, gap, gap - len(in_full), terms)
    allowed = reason in (None, Reason.NO_GAP)
    bases = _bases(asked, terms, months if allowed else ())
    rows = rows_of(asked, months, terms, bases, paid) if allowed else ()
    used = _used(terms, _CONTRIBUTORS_USE, bases)
    findings: dict[str, Any] = {}
    whole = allowed and len(in_full.union(months)) == len(missed)
    if gap:
        found = restart(gap, asked.paid_on, terms, short_switch=short_switch)
        suspended = first_of(asked.last_paid, 2)
        findings = {
            "over": found.over,
            "suspended_from": suspended,
            "restart_on": found.restart_on,
            "waiting_months": found.waiting_months,
            "re_enrol": found.re_enrol,
        }
        until = found.restart_on - timedelta(days=1)
        if (
            whole
            and terms.retroactive
            and (not found.over or asked.cause == Cause.EMPLOYER)
            and suspended <= until
        ):
            findings |= {"retroactive_from": suspended, "retroactive_to": until}
    else:
        findings = {"waiting_months": 0, "re_enrol": False}
    if findings.get("over") or not whole:
        findings["consecutive_months_after"] = 0
    elif asked.consecutive_months_before is not None:
        findings["consecutive_months_after"] = asked.consecutive_months_before + len(missed)
    free = terms.source_of("gap_free_months").value
    open_ended = asked.resumed is None and not short_switch
    return Assessment(
        asked=asked,
        used=used,
        back_pay_allowed=allowed,
        reason=reason.value if reason else None,
        gap_months=gap,
        paid_before=len(in_full),
        months_left=gap - len(in_full),
        whole=whole,
        rows=rows,
        totals=totals_of(rows) if allowed else None,
        cumulative_months_added=len(rows),
        free_until=free_until(asked.last_paid, free) if open_ended else None,
        retirement=_retirement(asked, used),
        cautions=_cautions(asked, used, rows),
        **findings,
    )


def _short_switch(asked: Asked, terms: Terms) -> bool:
    """Whether the person changed scheme with too few months in a row before."""
    if not asked.switched or terms.switch_months is None:
        return False
    if asked.consecutive_months_before is None:
        raise Refused([missing("consecutive_months_before")])
    return asked.consecutive_months_before < int(terms.switch_months)


def _reason(asked: Asked, gap: int, still_missed: int, terms: Terms) -> Reason | None:
    if not gap:
        return Reason.NO_GAP
    if asked.scheme == Scheme.FLEXIBLE and terms.back_pay_allowed_flexible is not None:
        if not terms.back_pay_allowed_flexible:
            return Reason.NOT_ALLOWED_FLEXIBLE
    elif not terms.source_of("back_pay_allowed").value:
        return Reason.NOT_ALLOWED
    if terms.max_gap_months is not None and still_missed > terms.max_gap_months:
        return Reason.GAP_TOO_LONG
    if terms.min_consecutive_months is not None:
        if asked.consecutive_months_before is None:
            raise Refused([missing("consecutive_months_before")])
        if asked.consecutive_months_before < terms.min_consecutive_months:
            return Reason.TOO_FEW_CONSECUTIVE
    return None


def _bases(asked: Asked, terms: Terms, months: tuple[date, ...]) -> dict[int, Base]:
    """The place's base of each year that one is needed for; none where the person's own is known."""
    if asked.base_fen is not None:
        return {}
    years = {month.year for month in months}
    if asked.retiring is not None:
        years.add(asked.paid_on.year)
    bases = {}
    for year in sorted(years):
        base = terms.base_of(year)
        if base is None:
            words = _("No wage base of %(year)s is on record; give the person's own.")
            raise Refused([problem("base", "unknown", words, year=year)])
        bases[year] = base
    return bases


def _retirement(asked: Asked, used: Terms) -> Retirement | None:
    if asked.retiring is None:
        return None
    minimum = used.values.get(f"minimum_years_{asked.retiring.sex}")
    if minimum is None:
        return None
    base = asked.base_fen
    return retirement(
        minimum.value,
        asked.retiring.cumulative_months,
        base if base is not None else fen_of(used.bases[asked.paid_on.year]),
        used.source_of("contribution_rate_unit").value,
        used.source_of("contribution_rate_person").value,
    )


def _cautions(asked: Asked, used: Terms, rows: tuple[Row, ...]) -> tuple[str, ...]:
    found = []
    if any(row.late_fee_fen > row.principal_fen for row in rows):
        found.append(Caution.FEE_OVER_PRINCIPAL)
    if any(base.provisional for base in used.bases.values()):
        found.append(Caution.PROVISIONAL_BASE)
    if any(base.amount.region == NATION for base in used.bases.values()):
        found.append(Caution.NATIONAL_BASE)
    if any(row.late_fee_person_fen for row in rows):
        found.append(Caution.FEE_ON_PERSON)
    if not used.own:
        found.append(Caution.NO_LOCAL_POLICY)
    return tuple(caution.value for caution in found)


def _used(terms: Terms, names: tuple[str, ...], bases: Mapping[int, Base]) -> Terms:
    values = {name: terms.values[name] for name in names if name in terms.values}
    rates = () if names is _RESIDENTS_USE else terms.rates
    return Terms(terms.region, terms.on, values, rates, bases, terms.own)


# Residents.


def _resident(asked: Asked, terms: Terms) -> Assessment:
    covered = residents.cover_year(asked.paid_on, terms.window_from)
    missed = asked.missed_years
    if missed is None:
        assert asked.last_paid is not None  # problems_of
        missed = residents.missed_years(asked.last_paid, covered)
    if asked.repaired_years > missed:
        raise Refused([too_many_repaired(missed)])
    reason: Reason | None = None
    if not missed:
        timely = asked.exempt or residents.in_window(asked.paid_on, terms)
        reason = Reason.NO_GAP if timely else Reason.LATE_ONLY
    elif not terms.source_of("back_pay_allowed").value:
        reason = Reason.NOT_ALLOWED
    elif not residents.may_repair(asked.paid_on, terms):
        reason = Reason.OUTSIDE_REPAIR_WINDOW
    allowed = reason in (None, Reason.NO_GAP, Reason.LATE_ONLY)
    found = residents.restart(
        asked.paid_on, missed, asked.repaired_years if allowed else 0, asked.exempt, terms
    )
    used = _used(terms, _RESIDENTS_USE, {})
    return Assessment(
        asked=asked,
        used=used,
        back_pay_allowed=allowed,
        reason=reason.value if reason else None,
        restart_on=found.restart_on,
        waiting_months=found.waiting_months,
        missed_years=missed,
        repaired_years=found.repaired,
        cover_year=found.cover_year,
        in_window=found.in_window,
        cautions=_cautions(asked, used, ()),
    )
