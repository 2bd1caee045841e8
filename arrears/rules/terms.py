"""What the rules know of a place: its policy values on one day, each with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

NATION = "100000"  # what holds everywhere unless a place says otherwise

# Columns of the policy tables, and so attributes of `Terms`.
NAMES = frozenset({
    "gap_free_months", "back_pay_allowed", "back_pay_allowed_flexible", "max_gap_months",
    "min_consecutive_months", "restart_rule", "restart_rule_over", "waiting_months_4_to_6",
    "waiting_months_over_6", "payment_month_counts", "retroactive", "late_fee_daily_rate",
    "late_fee_on_person", "contribution_rate_unit", "contribution_rate_person", "due_rule",
    "window_from", "window_to", "repair_from", "repair_to", "fixed_wait_months",
    "wait_per_broken_year", "repair_per_year", "floor_from_4_years", "first_year_free",
    "switch_months", "quote_days", "assess_days", "pay_at_zh", "pay_at_en",
    "minimum_years_male", "minimum_years_female",
})  # fmt: skip


class TermMissing(KeyError):  # noqa: N818 - a name callers read as a sentence
    """Neither the place nor any region above it sets a value that is needed. Its argument: the name."""


@dataclass(frozen=True, slots=True)
class Value:
    """One policy value and where it comes from. `policy`: key of the row, None where there is none."""

    value: Any  # bool, int, Decimal, str or None
    region: str  # code of the region whose row set it
    policy: int | None
    status: str  # "law", "article" or "own"
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """A daily late-fee rate from a day to a day, both inclusive; `to_on` None: open."""

    from_on: date
    to_on: date | None
    rate: Value


@dataclass(frozen=True, slots=True)
class Base:
    """The monthly wage base for contributions of one year, in yuan.

    `provisional`: the year's own figure is not known, an earlier year's stands in for it.
    """

    year: int
    amount: Value
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy of one place on one day. Values are read as attributes, None where none is set.

    `rates`: the whole history of the place, in order of time. `bases`: by year of the contribution
    month. `own`: whether the place, or a region between it and the nation, has rows of its own.
    """

    region: str
    on: date
    values: Mapping[str, Value]
    rates: tuple[RatePeriod, ...]
    bases: Mapping[int, Base]
    own: bool

    def __getattr__(self, name: str) -> Any:
        if name not in NAMES:
            raise AttributeError(name)
        found = self.values.get(name)
        return None if found is None else found.value

    def source_of(self, name: str) -> Value:
        """The value with its source. Raises TermMissing where no region sets it."""
        try:
            return self.values[name]
        except KeyError:
            raise TermMissing(name) from None

    def base_of(self, year: int) -> Base | None:
        """The base of a year; the latest earlier one stands in for it, None where there is none."""
        found = self.bases.get(year)
        if found is None:
            earlier = max((known for known in self.bases if known < year), default=None)
            if earlier is not None:
                found = Base(year, self.bases[earlier].amount, provisional=True)
        return found
