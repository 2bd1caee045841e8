"""Months and days of arrears: what was missed, when it was due, how late it is.

A month is the date of its first day. Contributions of a month are due on its last day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .terms import RatePeriod, TermMissing

YEAR = 12
ONE_DAY = timedelta(days=1)


def number(day: date) -> int:
    """The months since year 0: what months are counted and compared with."""
    return day.year * YEAR + day.month - 1


def month_numbered(n: int) -> date:
    """The inverse of `number`: the first day of the month."""
    return date(n // YEAR, n % YEAR + 1, 1)


def month_of(day: date) -> date:
    """The first day of the month a day lies in."""
    return day.replace(day=1)


def first_of(day: date, later: int) -> date:
    """The first day of the month that comes `later` months after the one `day` lies in."""
    return month_numbered(number(day) + later)


def end_of(month: date) -> date:
    """The last day of a month."""
    return first_of(month, 1) - ONE_DAY


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the end of that month where it has no such day."""
    month = first_of(day, months)
    return month.replace(day=min(day.day, end_of(month).day))


def missed_months(last_paid: date, paid_on: date) -> tuple[date, ...]:
    """The whole months between the last one paid and the month of payment, in order."""
    return tuple(map(month_numbered, range(number(last_paid) + 1, number(paid_on))))


def free_until(last_paid: date, gap_free_months: int) -> date:
    """The last day on which a payment still finds no more than so many months missed."""
    return end_of(first_of(last_paid, gap_free_months + 1))


@dataclass(frozen=True, slots=True)
class Outstanding:
    """An amount that was owed from after one day up to and including another."""

    amount_fen: int
    after_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Segment:
    """Days during which one amount was owed at one rate. `period`: the rate's place in `Terms.rates`."""

    amount_fen: int
    period: int
    days: int


def by_rate(owed: Outstanding, rates: Sequence[RatePeriod]) -> Iterator[Segment]:
    """The days an amount was owed, split where the daily rate changes.

    Raises TermMissing where some of the days have no rate.
    """
    start, last = owed.after_on + ONE_DAY, owed.until_on
    for index, period in enumerate(rates):
        if start > last:
            return
        if period.from_on <= start and (period.to_on is None or period.to_on >= start):
            until = last if period.to_on is None else min(last, period.to_on)
            yield Segment(owed.amount_fen, index, (until - start).days + 1)
            start = until + ONE_DAY
    if start <= last:
        raise TermMissing("late_fee_daily_rate")
