"""Working days (工作日): the calendar every deadline is counted with.

A calendar is data, one row a day, as the State Council's yearly notices give
it: holidays off, make-up Saturdays and Sundays (调休) on, a pool's own closures
off. Past the last row days follow Monday to Friday; past the last published
notice every answer is provisional (预计).

All days are local dates, Asia/Shanghai; turning a moment into a date is the
caller's work. No function here loops over days except ``explain``: the rows
are numbered once, when the calendar is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

__all__ = ["Day", "DayKind", "Explained", "OutsideCalendar", "Why", "WorkingCalendar"]


class DayKind(StrEnum):
    """What a day is, as stored and as named in calendar files."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"
    CLOSURE = "closure"

    @property
    def working(self) -> bool:
        """True for an ordinary working day and for a make-up day."""
        return self in _WORKING_KINDS


_WORKING_KINDS = frozenset({DayKind.WORKDAY, DayKind.MAKEUP})
_ONE_DAY = timedelta(days=1)
_AHEAD = 731  # days past the last row that are numbered too: the common provisional answers


class OutsideCalendar(ValueError):  # noqa: N818 - a name callers read as a sentence
    """A day before the calendar's first row was asked for."""


@dataclass(frozen=True, slots=True)
class Day:
    """One row of a calendar; ``notice`` is the number of the notice it comes from."""

    day: date
    kind: DayKind
    name: str = ""
    notice: str = ""

    @property
    def working(self) -> bool:
        """True if the day counts as a working day."""
        return self.kind.working


@dataclass(frozen=True, slots=True)
class Why:
    """Why a day counts or does not, for the caller to put into words.

    ``key`` is stable: the kind's value (``workday``, ``weekend``, ``holiday``,
    ``makeup``, ``closure``), or ``assumed_workday`` / ``assumed_weekend`` where
    no row exists and Monday to Friday is assumed.
    """

    key: str
    kind: DayKind
    name: str
    notice: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One day of a counted period; ``counted`` is its number, None if it is off."""

    day: date
    working: bool
    why: Why
    counted: int | None
    provisional: bool


class WorkingCalendar:
    """An immutable calendar that adds and counts working days in constant time.

    ``days`` are consecutive rows in date order; ``published_until`` is the last
    day that a published notice covers. A day without a row is provisional even
    if ``published_until`` is later.

    Errors: ValueError for no rows, a gap (named), a repeated or misplaced day.
    Source: domain.md §4 (deadlines of the medical insurance transfer rules).
    """

    __slots__ = ("_days", "_last", "_origin", "_published_until", "_tail", "_working")

    # _origin           ordinal of the first row
    # _working[k]       date of working day number k, from 0
    # _last[i]          number of the last working day on or before row i, -1 if none
    #                   (both run on Mon–Fri for _AHEAD days after the last row)
    # _tail             what turns a count of Mon–Fri days since 0001-01-01 into a
    #                   working day number, for days later still
    _days: tuple[Day, ...]
    _last: tuple[int, ...]
    _origin: int
    _published_until: date
    _tail: int
    _working: tuple[date, ...]

    def __init__(self, days: Iterable[Day], published_until: date) -> None:
        rows = tuple(days)
        if not rows:
            raise ValueError("a calendar needs at least one day")
        working: list[date] = []
        last: list[int] = []
        previous: date | None = None
        for row in rows:
            if previous is not None and row.day != previous + _ONE_DAY:
                raise ValueError(_misplaced(previous, row.day))
            previous = row.day
            if row.working:
                working.append(row.day)
            last.append(len(working) - 1)
        end = rows[-1].day.toordinal()
        for ordinal in range(end + 1, min(end + _AHEAD, date.max.toordinal()) + 1):
            day = date.fromordinal(ordinal)
            if _plain_kind(day).working:
                working.append(day)
            last.append(len(working) - 1)
        self._days = rows
        self._working = tuple(working)
        self._last = tuple(last)
        self._origin = rows[0].day.toordinal()
        self._tail = last[len(rows) - 1] - _weekdays_until(end)
        self._published_until = min(published_until, rows[-1].day)

    @classmethod
    def from_exceptions(
        cls,
        first: date,
        last: date,
        exceptions: Mapping[date, tuple[DayKind, str, str]],
        published_until: date,
    ) -> WorkingCalendar:
        """Build every day of first…last: the exceptions, and Monday to Friday between.

        An exception is (kind, name, number of the notice).
        Errors: ValueError if last is before first or an exception lies outside.
        """
        if last < first:
            raise ValueError(f"the last day {last} is before the first day {first}")
        for day in exceptions:
            if not first <= day <= last:
                raise ValueError(f"{day} lies outside {first} to {last}")

        def row(day: date) -> Day:
            if day in exceptions:
                return Day(day, *exceptions[day])
            return Day(day, _plain_kind(day))

        span = range(first.toordinal(), last.toordinal() + 1)
        return cls((row(date.fromordinal(ordinal)) for ordinal in span), published_until)

    @property
    def days(self) -> tuple[Day, ...]:
        """The rows, in date order."""
        return self._days

    @property
    def first(self) -> date:
        """The first day with a row; earlier days raise OutsideCalendar."""
        return self._days[0].day

    @property
    def last(self) -> date:
        """The last day with a row; later days follow Monday to Friday."""
        return self._days[-1].day

    @property
    def published_until(self) -> date:
        """The last day that is certain: covered by a notice and by a row."""
        return self._published_until

    def add(self, day: date, n: int) -> date:
        """Return the n-th working day after ``day``; ``day`` itself is day zero.

        n = 0 gives ``day`` back, working or not. Negative n goes back: from a
        working day to the |n|-th working day before it. A day off belongs to
        the working day it follows, so that ``count(day, add(day, n)) == n``
        for every day and n, and a step that is overdue by three days and paused
        on a Sunday is still overdue by three days when it resumes.

        Errors: OutsideCalendar before the first row, OverflowError past year 9999.
        Source: domain.md §4, "the day of the trigger is day zero".
        """
        index = day.toordinal() - self._origin
        if n > 0 and index >= 0:
            try:
                return self._working[self._last[index] + n]
            except IndexError:
                pass  # the day or the answer lies past the numbered days
        if n == 0:
            self._number(day)
            return day
        return self._date(self._number(day) + n)

    def count(self, start: date, end: date) -> int:
        """Return the working days after ``start`` up to and including ``end``.

        Negative if end is before start: ``count(a, b) == -count(b, a)``.
        Errors: OutsideCalendar if either lies before the first row.
        """
        return self._number(end) - self._number(start)

    def remaining(self, today: date, due: date) -> int:
        """Return the working days after today up to and including the due day.

        0 on the due day itself, and on days off right after it: whether a step
        is overdue is ``due < today``. Negative: overdue by that many.
        Errors: OutsideCalendar if either lies before the first row.
        """
        return self._number(due) - self._number(today)

    def day(self, day: date) -> Day:
        """Return the row of a day, or the assumed one past the last row.

        Errors: OutsideCalendar before the first row.
        """
        index = self._index(day)
        if index < len(self._days):
            return self._days[index]
        return Day(day, _plain_kind(day))

    def kind(self, day: date) -> DayKind:
        """Return what a day is. Errors: OutsideCalendar before the first row."""
        return self.day(day).kind

    def is_working(self, day: date) -> bool:
        """Tell if a day counts. Errors: OutsideCalendar before the first row."""
        return self.day(day).working

    def next_working(self, day: date) -> date:
        """Return the first working day on or after ``day``.

        Errors: OutsideCalendar before the first row.
        """
        return day if self.is_working(day) else self.add(day, 1)

    def previous_working(self, day: date) -> date:
        """Return the last working day on or before ``day``.

        Errors: OutsideCalendar if the rows hold none.
        """
        return self._date(self._number(day))

    def is_provisional(self, day: date) -> bool:
        """Tell if a day may still change: no published notice covers it."""
        return day > self._published_until

    def explain(self, day: date, n: int) -> list[Explained]:
        """Return one entry a day, from the day after ``day`` to ``add(day, n)``.

        The last entry is the due day and counts n; empty if n is 0 or less.
        Errors: OutsideCalendar before the first row.
        """
        due = self.add(day, n)
        explained: list[Explained] = []
        counted = 0
        for ordinal in range(day.toordinal() + 1, due.toordinal() + 1):
            row = self.day(date.fromordinal(ordinal))
            counted += row.working
            explained.append(
                Explained(
                    day=row.day,
                    working=row.working,
                    why=self._why(row),
                    counted=counted if row.working else None,
                    provisional=self.is_provisional(row.day),
                )
            )
        return explained

    def _why(self, row: Day) -> Why:
        key = row.kind.value if row.day <= self.last else f"assumed_{row.kind.value}"
        return Why(key, row.kind, row.name, row.notice)

    def _index(self, day: date) -> int:
        """Return the row number of a day, which may lie past the last row."""
        index = day.toordinal() - self._origin
        if index < 0:
            raise OutsideCalendar(f"{day} is before the calendar's first day {self.first}")
        return index

    def _number(self, day: date) -> int:
        """Return the number of the last working day on or before a day."""
        index = self._index(day)
        if index < len(self._last):
            return self._last[index]
        return self._tail + _weekdays_until(day.toordinal())

    def _date(self, number: int) -> date:
        """Return the date of a working day by its number."""
        if number < 0:
            raise OutsideCalendar(f"the answer lies before the calendar's first day {self.first}")
        if number < len(self._working):
            return self._working[number]
        return date.fromordinal(_nth_weekday(number - self._tail))


def _weekdays_until(ordinal: int) -> int:
    """Return how many Mon–Fri days there are up to an ordinal (1 is a Monday)."""
    weeks, rest = divmod(ordinal, 7)
    return 5 * weeks + min(rest, 5)


def _nth_weekday(n: int) -> int:
    """Return the ordinal of the n-th Mon–Fri day: the inverse of the above."""
    weeks, rest = divmod(n - 1, 5)
    return 7 * weeks + rest + 1


def _plain_kind(day: date) -> DayKind:
    return DayKind.WORKDAY if day.weekday() < 5 else DayKind.WEEKEND


def _misplaced(previous: date, day: date) -> str:
    if day <= previous:
        return f"{day} comes after {previous}: days must be in order, each once"
    start, end = previous + _ONE_DAY, day - _ONE_DAY
    return f"the calendar has a gap: {start}" + ("" if start == end else f" to {end}")
