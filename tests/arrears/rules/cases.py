"""Any case a place can have, for properties: questions, terms, and what was paid before.

Strategies stand at the module's level and are mapped, not composed: made once, drawn thousands of times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from arrears.rules.asked import Asked, Retiring, Sex
from arrears.rules.assessment import assess
from arrears.rules.periods import first_of
from arrears.rules.reasons import Cause
from arrears.rules.rows import MonthPaid, Received
from arrears.rules.terms import Terms
from tests.arrears.rules.places import DEMO, PLACES, terms
from transfers.rules.months import number

FIRST, LAST = date(2009, 1, 1), date(2027, 12, 31)
RULES = ("payment_month", "next_month", "plus_30_days")
PERCENT = st.integers(0, 100)
BASES = st.integers(0, 9_999_999)

mostly = st.sampled_from([True, True, True, False])


def _place(region: str, base_fen: int, changed: Mapping[str, Any]) -> Terms:
    base = f"{base_fen // 100}.{base_fen % 100:02d}"
    unset = tuple(name for name, plain in changed.items() if plain is None)
    given = {name: plain for name, plain in changed.items() if plain is not None}
    longer = max(given.get("waiting_months_4_to_6", 0), given.get("waiting_months_over_6", 0))
    if longer:  # a longer gap never waits less, as in every place on record
        given["waiting_months_over_6"] = longer
    return terms(region, base=base, years=range(2008, 2029), without=unset, **given)


_changed: dict[str, st.SearchStrategy[Any]] = {
    "gap_free_months": st.integers(0, 6),
    "back_pay_allowed": mostly,
    "max_gap_months": st.none() | st.integers(1, 40),
    "min_consecutive_months": st.none() | st.integers(0, 48),
    "restart_rule": st.sampled_from(RULES),
    "restart_rule_over": st.none() | st.sampled_from(RULES),
    "waiting_months_4_to_6": st.integers(1, 6),
    "waiting_months_over_6": st.integers(1, 6),
    "payment_month_counts": st.booleans(),
    "retroactive": st.booleans(),
    "late_fee_on_person": st.booleans(),
    "contribution_rate_unit": st.decimals("0", "0.2", places=4),
    "contribution_rate_person": st.decimals("0", "0.1", places=4),
    "minimum_years_male": st.none() | st.integers(15, 35),
    "fixed_wait_months": st.integers(0, 6),
    "wait_per_broken_year": st.integers(0, 3),
    "repair_per_year": st.integers(0, 3),
    "floor_from_4_years": st.none() | st.integers(0, 9),
    "first_year_free": st.booleans(),
    "repair_from": st.just("01-01"),
    "repair_to": st.sampled_from(["03-31", "12-31"]),
}

as_shipped = st.builds(_place, st.sampled_from(sorted(PLACES)), BASES, st.just({}))
of_its_own = st.builds(_place, st.just(DEMO), BASES, st.fixed_dictionaries(_changed))
places = as_shipped | of_its_own
"""A place of domain.md, or one whose values are all its own."""


def _contributor(start: int, days: int, part: int, others: Mapping[str, Any]) -> Asked:
    last_paid = first_of(FIRST, start)
    paid_on = min(LAST, last_paid + timedelta(days=days))
    missed = max(0, number(paid_on) - number(last_paid) - 1)
    some = tuple(first_of(last_paid, n) for n in range(1, missed + 1) if part >> (n % 12) & 1)
    months = some if some and part < 4096 else None
    if (others["scheme"], others["cause"]) == ("flexible", "employer"):
        others = {**others, "cause": "individual"}  # flexible workers have no employer
    return Asked(last_paid=last_paid, paid_on=paid_on, months=months, **others)


contributors = st.builds(
    _contributor,
    start=st.integers(0, 209),
    days=st.integers(0, 130) | st.integers(0, 300) | st.integers(0, 1500),
    part=st.integers(0, 16384),
    others=st.fixed_dictionaries({
        "scheme": st.sampled_from(["employee", "flexible"]),
        "cause": st.sampled_from(Cause.values),
        "base_fen": st.none() | BASES,
        "consecutive_months_before": st.integers(0, 400),
        "switched": st.booleans(),
        "retiring": st.none() | st.builds(Retiring, st.sampled_from(Sex.values), st.integers(0, 500)),
    }),
)  # fmt: skip


def _resident(missed: int, repaired: int, others: Mapping[str, Any]) -> Asked:
    return Asked(
        scheme="resident", last_paid=None, missed_years=missed,
        repaired_years=min(missed, repaired), **others,
    )  # fmt: skip


residents = st.builds(
    _resident,
    missed=st.integers(0, 12),
    repaired=st.integers(0, 12),
    others=st.fixed_dictionaries({
        "cause": st.sampled_from(Cause.values),
        "paid_on": st.dates(FIRST, LAST),
        "exempt": st.booleans(),
    }),
)  # fmt: skip


# Of each month in turn: the days passed and the shares paid at up to two payments, and of the fee.
parts = st.lists(st.none() | st.tuples(*(PERCENT,) * 7), min_size=1, max_size=4)


def payments(
    asked: Asked, place: Terms, drawn: Sequence[tuple[int, ...] | None]
) -> dict[date, MonthPaid]:
    """What came in before: of some months nothing, of others a part or all."""
    paid = {}
    for n, row in enumerate(assess(asked, place).rows):
        percent = drawn[n % len(drawn)]
        if percent is None:
            continue
        employer, person = row.principal_employer_fen, row.principal_person_fen
        received = []
        days = sorted(row.days * one // 100 for one in percent[:2])
        for day, of_employer, of_person in zip(days, percent[2:4], percent[4:6], strict=True):
            if not day:
                continue
            one = Received(
                row.due_on + timedelta(days=day),
                employer * of_employer // 100,
                person * of_person // 100,
            )
            received.append(one)
            employer, person = employer - one.employer_fen, person - one.person_fen
        fee = row.late_fee_fen * percent[6] // 100
        up = bool(received) and not employer + person
        paid[row.month] = MonthPaid(tuple(received), fee if up else 0, fee + 7 if up else None)
    return paid


def with_months(asked: Asked, place: Terms) -> Asked:
    """The same question with its months named, so that another day of payment pays for no more."""
    return replace(asked, months=tuple(row.month for row in assess(asked, place).rows))
