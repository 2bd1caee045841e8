"""The pulse of the jobs: each records when it last did its work, and somebody notices when it stops.

What counts is work that was finished, not a process that is alive: a worker may be up and deaf.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.db.models import Min

from ..models.alerts import Heartbeat
from ..models.calendar import CalendarNotice

PERIODS = 3  # a job that was silent for so many periods is taken for dead
AHEAD = timedelta(minutes=1)  # a pulse later than this from the future proves nothing


@dataclass(frozen=True, slots=True)
class Stale:
    """A job that should have finished by now; `finished_at` is None if it never did."""

    job: str
    finished_at: datetime | None
    period: timedelta

    def __str__(self) -> str:
        last = (
            f"last finished {self.finished_at:%Y-%m-%d %H:%M:%S %Z}"
            if self.finished_at
            else ("has never finished")
        )
        return f"{self.job}: {last}, is due every {self.period}"


def record(job: str, now: datetime, rows: int) -> None:
    """Note that a job finished at `now` having touched so many rows."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(job=job, finished_at=now, rows=rows)],
        update_conflicts=True,
        unique_fields=["job"],
        update_fields=["finished_at", "rows"],
    )


def last(job: str) -> datetime | None:
    """When a job last finished, if ever."""
    return Heartbeat.objects.filter(pk=job).values_list("finished_at", flat=True).first()


def period(schedule: Any) -> timedelta:
    """How often an entry of the beat schedule runs, on average over a day."""
    if isinstance(schedule, timedelta):
        return schedule
    if isinstance(schedule, crontab):
        times: int = len(schedule.hour) * len(schedule.minute)  # type: ignore[attr-defined]
        return timedelta(days=1) / times
    return timedelta(seconds=float(schedule))


def stale(now: datetime) -> list[Stale]:
    """The scheduled jobs that have been silent for more than three of their periods.

    A job that never ran is given its time from the installation on, which is when the first notice
    of the calendar was loaded.
    """
    beats = dict(Heartbeat.objects.values_list("job", "finished_at"))
    installed_at = CalendarNotice.objects.aggregate(at=Min("loaded_at"))["at"]
    silent = []
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        job, every = str(entry["task"]).rpartition(".")[2], period(entry["schedule"])
        since = beats.get(job, installed_at)
        if since is None or not now - PERIODS * every <= since <= now + AHEAD:
            silent.append(Stale(job, beats.get(job), every))
    return silent
