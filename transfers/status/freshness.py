"""Keeping the public statistics up to date: which months changed, worked out a month at a time.

Nothing that is counted changes without an event of its case: what ends, ends on the day of the event,
and a balance that arrives counts for the month of its case's transfer in. So the events since the last
look name the months. A month is noted before it is worked out, and struck off together with its
figures, so a run may be cut short anywhere and another goes on.
"""

import time
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Min, QuerySet, Sum
from django.utils.timezone import localdate

from ..models.calendar import Calendar
from ..models.events import Event
from ..models.statistics import StatisticsProgress
from ..models.steps import Step
from ..rules.steps import Outcome, StepKind
from .figures import ANSWERED, MEASURED, next_month, work_out_month


def work_out(at: datetime, *, seconds: float | None = None) -> int:
    """Work out the months in which anything changed since the last time; returns how many.

    May run twice, at once, or after a long while. `seconds`: no further month is begun after so many;
    the newest come first, the next run goes on.
    """
    began = time.monotonic()
    StatisticsProgress.objects.get_or_create(pk=1)
    _look(at)
    done = 0
    while (seconds is None or time.monotonic() - began < seconds) and _work_out_next(at):
        done += 1
    if done:
        StatisticsProgress.objects.filter(months={}).update(as_of=at)
    return done


# A statement over everybody's month may take longer than one request's ever should.
_PATIENCE = "SET LOCAL statement_timeout = '4min'"


def _claim() -> StatisticsProgress | None:
    """The progress, for this transaction alone; None while another run has it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_PATIENCE)
    return StatisticsProgress.objects.select_for_update(skip_locked=True).first()


@transaction.atomic
def _look(at: datetime) -> None:
    """Note the months that changed since the last look."""
    progress = _claim()
    if progress is None:
        return
    seen = _seen(progress)
    calendars = Calendar.objects.aggregate(versions=Sum("version"))["versions"] or 0
    if calendars != progress.calendars:
        months = dict.fromkeys(_months(localdate(at)), True)
        progress.calendars = calendars
    elif seen.number != progress.beyond:
        events = Event.objects.filter(pk__gt=progress.counted_to)
        months = dict.fromkeys(_of_balances(events), False)
        months |= dict.fromkeys(map(_first, events.datetimes("at", "month")), True)
    else:
        months = {}
    for month, whole in months.items():
        name = f"{month:%Y-%m}"
        progress.months[name] = progress.months.get(name, False) or whole
    progress.beyond = seen.number
    # A number beyond all that were given out is of another database: a copy was restored.
    if seen.over >= progress.next_transaction or seen.begun < progress.next_transaction:
        progress.counted_to, progress.beyond = progress.next_to, seen.later
        if seen.later:
            progress.next_to, progress.next_transaction = seen.newest, seen.begun
    if not progress.months:
        progress.as_of = at
    progress.save()


@dataclass(frozen=True, slots=True)
class _Seen:
    """The events after `counted_to` that are visible, and the transactions of that moment.

    Every writing transaction before `over` is over, and each that may have drawn a number up to
    `newest` is before `begun`. Both are 0 on SQLite, where one writer waits for the other.
    """

    number: int
    later: int  # of these, after `next_to`
    newest: int
    over: int
    begun: int


def _seen(progress: StatisticsProgress) -> _Seen:
    # One statement, because all of it must be of one moment.
    postgres = connection.vendor == "postgresql"
    snapshot = "pg_snapshot_{}(pg_current_snapshot())::text::bigint" if postgres else "0"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(CASE WHEN id > %s THEN 1 END), coalesce(max(id), 0),"  # noqa: S608
            f" {snapshot.format('xmin')}, {snapshot.format('xmax')}"
            " FROM transfers_event WHERE id > %s",
            [progress.next_to, progress.counted_to],
        )
        return _Seen(*cursor.fetchone())


def _of_balances(events: QuerySet[Event]) -> list[date]:
    """The months in which the cases of these events were transferred in."""
    came = Step.objects.filter(
        kind=StepKind.TRANSFER_IN,
        outcome=Outcome.DONE,
        application__in=events.values("application"),
    )
    return list(came.dates("closed_on", "month"))


def _months(today: date) -> list[date]:
    """Every month since the first in which anything ended."""
    answered = Step.objects.filter(kind__in=MEASURED, outcome__in=ANSWERED)
    month = answered.aggregate(on=Min("closed_on"))["on"]
    months = []
    while month is not None and month <= today:
        months.append(_first(month))
        month = next_month(_first(month))
    return months


def _first(day: date) -> date:
    return date(day.year, day.month, 1)


@transaction.atomic
def _work_out_next(at: datetime) -> bool:
    """Work out the newest of the months noted; False if there is none, or another run is at it.

    The months are worked out one after the other, so that no run writes what it read before another.
    """
    progress = _claim()
    if progress is None or not progress.months:
        return False
    name = max(progress.months)
    whole = progress.months.pop(name)
    work_out_month(date.fromisoformat(f"{name}-01"), at, only_arrival=not whole)
    progress.save(update_fields=["months"])
    return True
