"""Cost of "ten working days later": our calendar beside two packages.

Run with ``python -m tests.bench.bench_working_days``. Medians of seven rounds,
all in one process, over the same start days (every day of 2018-2026 whose
answer still lies in 2026).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import chinese_calendar
import holidays

from transfers.rules.working_days import DayKind, WorkingCalendar

ROUNDS = 7
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
    """Median over the rounds of the time of one call, loop included."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter_ns()
        for start in starts:
            call(start, N)
        rounds.append((time.perf_counter_ns() - begun) / len(starts))
    return statistics.median(rounds)


def main() -> None:
    ours = our_calendar()
    china = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 2))
    starts = every_day(FIRST, LAST - timedelta(days=30))
    past_end = every_day(date(2027, 1, 1), date(2035, 12, 31))

    def find_workday(day: date, n: int) -> date:
        found: date = chinese_calendar.find_workday(n, day)
        return found

    rows = [
        ("WorkingCalendar.add", ns_per_call(ours.add, starts * 20)),
        ("WorkingCalendar.count", ns_per_call(lambda d, _: ours.count(FIRST, d), starts * 20)),
        ("WorkingCalendar.add, no rows", ns_per_call(ours.add, past_end * 5)),
        ("holidays get_nth_working_day", ns_per_call(china.get_nth_working_day, starts)),
        ("chinesecalendar find_workday", ns_per_call(find_workday, starts[::10])),
    ]
    base = rows[0][1]
    print(f"add({N}), median of {ROUNDS} rounds")
    for name, ns in rows:
        print(f"{name:32}{ns:12,.0f} ns {ns / base:10,.1f} x")


if __name__ == "__main__":
    main()
