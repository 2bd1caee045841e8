"""What a visitor's answers come to, on the day named and on the days worth comparing it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from transfers.policy import remembered
from transfers.rules.months import months_after
from transfers.rules.states import Scheme

from ..policy import NotInForce, resolve
from ..rules.asked import Asked, Refused
from ..rules.assessment import Assessment, assess
from ..rules.terms import Terms
from .windows import closing_day

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Way:
    """One day of paying. `kind`: named, today, deadline, month_later or too_late."""

    kind: str
    on: date
    found: Assessment


@dataclass(frozen=True, slots=True)
class Reckoning:
    """`as_of`: the day from which time is told; today, or the day named where that is past.

    `deadline`: the last day that avoids a wait or a longer one, None where there is none any more.
    `a_day_fen`: what one more day adds to the late fee.
    """

    terms: Terms
    found: Assessment
    as_of: date
    deadline: date | None
    ways: tuple[Way, ...]
    a_day_fen: int = 0

    @property
    def asked(self) -> Asked:
        return self.found.asked

    def way(self, kind: str) -> Way | None:
        return next((way for way in self.ways if way.kind == kind), None)


def reckon(code: str, asked: Asked, today: date) -> Reckoning:
    """Raises arrears.policy.NotInForce, and Refused with all that is wrong with the answers.

    As many queries as for one day, however many are compared.
    """
    with remembered():
        terms = resolve(code, asked.paid_on)
        found = assess(asked, terms)
        as_of = min(today, asked.paid_on)
        deadline = _deadline(found, terms, as_of)
        ways = tuple(_ways(code, found, today, as_of, deadline))
        tomorrow = _on(code, asked, asked.paid_on + _DAY)
    return Reckoning(terms, found, as_of, deadline, ways, _added(found, tomorrow))


def _added(found: Assessment, tomorrow: Assessment | None) -> int:
    """What the late fee of the same months grows by in a day."""
    if tomorrow is None or not tomorrow.rows:
        return 0
    now = {row.month: row.late_fee_fen for row in found.rows}
    return sum(row.late_fee_fen - now[row.month] for row in tomorrow.rows if row.month in now)


def _deadline(found: Assessment, terms: Terms, as_of: date) -> date | None:
    last = found.free_until
    if found.asked.scheme == Scheme.RESIDENT:
        last = closing_day(as_of, terms.window_from, terms.window_to)
    return last if last is not None and last >= as_of else None


def _ways(
    code: str, found: Assessment, today: date, as_of: date, deadline: date | None
) -> Iterator[Way]:
    """The days to compare, in order of time, each once."""
    asked = found.asked
    if found.gap_months == 0:
        return
    days = {asked.paid_on: "today" if asked.paid_on == today else "named"}
    if as_of == today:
        days.setdefault(today, "today")
    if deadline is not None:
        days.setdefault(deadline, "deadline")
        days.setdefault(deadline + _DAY, "too_late")
    days.setdefault(months_after(asked.paid_on, 1), "month_later")
    for day in sorted(days):
        that = found if day == asked.paid_on else _on(code, asked, day)
        if that is not None and that.gap_months != 0:
            yield Way(days[day], day, that)


def _on(code: str, asked: Asked, day: date) -> Assessment | None:
    """The same paid on another day; None where that cannot be told."""
    try:
        return assess(replace(asked, paid_on=day), resolve(code, day))
    except (NotInForce, Refused):
        return None
