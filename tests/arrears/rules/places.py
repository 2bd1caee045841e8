"""Terms of the places of domain.md §5 and §6, made by hand: what a resolved policy looks like."""

from datetime import date
from decimal import Decimal
from typing import Any

from arrears.rules.terms import NATION, Base, RatePeriod, Terms, Value

NATIONAL: dict[str, Any] = {
    "gap_free_months": 3, "back_pay_allowed": True, "restart_rule": "payment_month",
    "waiting_months_4_to_6": 6, "waiting_months_over_6": 6, "payment_month_counts": True,
    "retroactive": True, "late_fee_on_person": True, "contribution_rate_unit": Decimal("0.08"),
    "contribution_rate_person": Decimal("0.02"), "switch_months": 24, "fixed_wait_months": 3,
    "wait_per_broken_year": 1, "repair_per_year": 1, "floor_from_4_years": 6,
    "first_year_free": False, "due_rule": "month_end", "window_from": "09-01", "window_to": "12-31",
}  # fmt: skip

DEMO = "990100"
PLACES: dict[str, dict[str, Any]] = {
    DEMO: {"restart_rule": "next_month"},
    "420000": {"max_gap_months": 3, "waiting_months_4_to_6": 3, "waiting_months_over_6": 3},
    "430000": {"max_gap_months": 3, "min_consecutive_months": 24},
    "340000": {"back_pay_allowed": False, "restart_rule": "next_month"},
    "370000": {"waiting_months_4_to_6": 3, "waiting_months_over_6": 3, "retroactive": False},
    "360100": {"waiting_months_4_to_6": 3, "waiting_months_over_6": 3},
    "350000": {
        "restart_rule": "plus_30_days", "restart_rule_over": "plus_30_days", "retroactive": False,
    },
    "370200": {"first_year_free": True},
    "230300": {"first_year_free": False},
    "360000": {"window_from": "09-15", "window_to": "02-28"},
    "450800": {
        "back_pay_allowed_flexible": False, "repair_from": "01-01", "repair_to": "03-31",
    },
}  # fmt: skip


def value(plain: Any, region: str = DEMO) -> Value:
    return Value(plain, region, 7, "article", "示例来源", verified=False)


RATES = (
    RatePeriod(date(1999, 1, 22), date(2011, 6, 30), value(Decimal("0.002"), NATION)),
    RatePeriod(date(2011, 7, 1), None, value(Decimal("0.0005"), NATION)),
)


def terms(
    region: str = DEMO,
    *,
    base: str = "8000.00",
    years: range = range(2000, 2031),
    without: tuple[str, ...] = (),
    **changed: Any,
) -> Terms:
    """The terms of a place, with some values changed and some that nobody sets."""
    values = {name: value(plain, NATION) for name, plain in NATIONAL.items()}
    own = PLACES.get(region, {}) | changed
    values |= {name: value(plain, region) for name, plain in own.items()}
    for name in without:
        values.pop(name, None)
    bases = {year: Base(year, value(Decimal(base), region)) for year in years}
    return Terms(region, date(2025, 1, 1), values, RATES, bases, own=True)
