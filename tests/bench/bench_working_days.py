"""Cost of "ten working days later": our calendar beside two packages.

Run with ``python -m tests.bench.bench_working_days``. Medians of 21 rounds in
one process, the loop and the call included, over the same start days (every day
of 2018-2026 whose answer still lies in 2026; every 30th for the slow ones). The
rounds of all candidates alternate, so that a busy moment hits each of them; the
empty method tells how fast the machine is.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import chinese_calendar
import holidays

from transfers.rules.working_days import DayKind, WorkingCalendar

ROUNDS = 21
N = 10
FIRST, LAST = date(2018, 1, 1), date(2026, 12, 31)


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def our_calendar() -> WorkingCalendar:
    exceptions = {}
    for day in every_day(FIRST, LAST):
        working = chinese_calendar.is_workday(day)
        if working != (day.weekday() < 5):
            kind = DayKind.MAKEUP if working else DayKind.HOLIDAY
            exceptions[day] = (kind, "", "")
    return WorkingCalendar.from_exceptions(FIRST, LAST, exceptions, LAST)


def ns_per_call(call: Callable[[date, int], object], starts: Sequence[date]) -> float:
    """Time of one call in nanoseconds, loop included, over one round."""
    begun = time.perf_counter_ns()
    for start in starts:
        call(start, N)
    return (time.perf_counter_ns() - begun) / len(starts)


class Empty:
    def method(self, day: date, n: int) -> date:
        return day


def main() -> None:
    ours = our_calendar()
    china = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 2))
    starts = every_day(FIRST, LAST - timedelta(days=30))
    next_year = every_day(date(2027, 1, 1), date(2027, 12, 31)) * 9
    far_ahead = every_day(date(2030, 1, 1), date(2038, 12, 31))

    def count(day: date, n: int) -> int:
        return ours.count(FIRST, day)

    def find_workday(day: date, n: int) -> date:
        found: date = chinese_calendar.find_workday(n, day)
        return found

    candidates: dict[str, tuple[Callable[[date, int], object], Sequence[date]]] = {
        "WorkingCalendar.add": (ours.add, starts * 30),
        "WorkingCalendar.add next year": (ours.add, next_year * 30),
        "WorkingCalendar.add years ahead": (ours.add, far_ahead),
        "WorkingCalendar.count": (count, starts * 10),
        "holidays get_nth_working_day": (china.get_nth_working_day, starts[::30]),
        "chinesecalendar find_workday": (find_workday, starts[::30]),
        "an empty method": (Empty().method, starts * 30),
    }
    for start in starts:
        assert ours.add(start, N) == china.get_nth_working_day(start, N), start
    rounds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, (call, days) in candidates.items():
            rounds[name].append(ns_per_call(call, days))
    ours_ns = statistics.median(rounds["WorkingCalendar.add"])
    print(f"n = {N}, {ROUNDS} rounds{'median':>28}{'fastest':>14}{'ratio':>12}")
    for name, times in rounds.items():
        ns = statistics.median(times)
        print(f"{name:34}{ns:9,.0f} ns{min(times):11,.0f} ns{ns / ours_ns:10,.1f} x")


if __name__ == "__main__":
    main()
