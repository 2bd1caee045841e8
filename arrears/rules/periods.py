"""Months and days of arrears: what was missed, when it was due, how late it is.

A month is the date of its first day.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from transfers.rules.months import end_of, month_numbered, number

from .terms import RatePeriod, TermMissing

ONE_DAY = timedelta(days=1)


class DueRule(TextChoices):
    """Until when a month's contribution can be paid without a late fee."""

    MONTH_END = "month_end", _("The last day of the month itself")


def due_by(rule: DueRule, month: date) -> date:
    """The last day on which a month's contribution is not late."""
    assert rule is DueRule.MONTH_END, "the only rule there is"
    return end_of(month)


def month_of(day: date) -> date:
    """The first day of the month a day lies in."""
    return day.replace(day=1)


def first_of(day: date, later: int) -> date:
    """The first day of the month that comes `later` months after the one `day` lies in."""
    return month_numbered(number(day) + later)


def missed_months(last_paid: date, paid_on: date) -> tuple[date, ...]:
    """The whole months between the last one paid and the month of payment, in order."""
    return tuple(map(month_numbered, range(number(last_paid) + 1, number(paid_on))))


def free_until(last_paid: date, gap_free_months: int) -> date:
    """The last day on which a payment still finds no more than so many months missed."""
    return end_of(first_of(last_paid, gap_free_months + 1))


class Segment(NamedTuple):
    """Days during which one amount was owed at one rate. `period`: the rate's place in `Terms.rates`."""

    amount_fen: int
    period: int
    days: int


def by_rate(
    amount_fen: int, after_on: date, until_on: date, rates: Sequence[RatePeriod]
) -> tuple[Segment, ...]:
    """The days an amount was owed, after one day up to and including another, split where the rate changes.

    Raises TermMissing where some of the days have no rate.
    """
    owed = []
    start = after_on + ONE_DAY
    for index, period in enumerate(rates):
        ends = period.to_on
        if start > until_on:
            break
        if period.from_on <= start and (ends is None or ends >= start):
            until = until_on if ends is None or ends > until_on else ends
            owed.append(Segment(amount_fen, index, (until - start).days + 1))
            start = until + ONE_DAY
    if start <= until_on:
        raise TermMissing("late_fee_daily_rate")
    return tuple(owed)
