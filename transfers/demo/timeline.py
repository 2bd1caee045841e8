"""When everything happens: every action of every case in the order of its moment, office by office.

Moments lie in office hours of working days, the last of them on the last working day before today.
Between them the deadline sweep runs on the last mornings, as it would have, so that every alert and
every "chased on" is a real one.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils.timezone import get_default_timezone

from ..rules.working_days import WorkingCalendar
from .casefile import CaseFile
from .plots import Act, Plot, gaps

# 9:00–12:00 and 13:30–17:00, in minutes.
_MORNING, _AFTERNOON = 180, 210
MORNINGS = 30


@dataclass(frozen=True, slots=True)
class Move:
    at: datetime
    case: CaseFile
    act: Act


def schedule(
    case: CaseFile, plot: Plot, calendar: WorkingCalendar, today: date, rng: Random
) -> list[Move]:
    """The moves of one case, in order."""
    between, rest = gaps(plot, rng)
    last = calendar.previous_working(today - timedelta(days=1))
    days = [last if rest == 1 else calendar.add(last, 1 - rest)]
    for gap in reversed(between[1:]):
        days.append(calendar.add(days[-1], -gap))
    days.reverse()
    moments: dict[date, Iterator[datetime]] = {
        day: iter(_office_moments(day, days.count(day), rng)) for day in dict.fromkeys(days)
    }
    return [
        Move(next(moments[day]), case, beat.act) for day, beat in zip(days, plot.beats, strict=True)
    ]


def _office_moments(day: date, count: int, rng: Random) -> list[datetime]:
    start = datetime.combine(day, time(9), get_default_timezone())
    return [
        start
        + timedelta(
            minutes=minute if minute < _MORNING else minute + 90, seconds=rng.randint(0, 59)
        )
        for minute in sorted(rng.sample(range(_MORNING + _AFTERNOON), count))
    ]


def by_day(moves: list[Move]) -> dict[date, list[Move]]:
    """All cases' moves in the order of their moments, day after day."""
    days: dict[date, list[Move]] = defaultdict(list)
    for move in sorted(moves, key=lambda move: move.at):
        days[move.at.date()].append(move)
    return dict(sorted(days.items()))


def mornings(calendar: WorkingCalendar, today: date) -> list[date]:
    """The last working days before today, the oldest first."""
    last = calendar.previous_working(today - timedelta(days=1))
    return [calendar.add(last, -back) for back in range(MORNINGS - 1, -1, -1)]
