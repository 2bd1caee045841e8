"""A new holiday notice moves the days until which opened cases are to be assessed, with an event each.

A quote keeps its pay-by date: it was promised, and the amount is that of the very day. Restarts go by
the calendar month, not by working days.
"""

from datetime import date, datetime

from django.db.models import F
from django.utils.timezone import localdate

from transfers.deadlines.calendars import calendar_of
from transfers.models.events import ActorKind
from transfers.policy import remembered

from .models import ArrearsCase, ArrearsEvent
from .policy import NotInForce, resolve
from .rules.states import Action, State

CHUNK = 500


def assess_by(pool: str, opened_on: date) -> tuple[date, bool]:
    """Until when a case opened on a day is to be assessed, and whether that is an estimate.

    Raises NotInForce where no policy covers the day.
    """
    calendar = calendar_of(pool)
    day = calendar.add(opened_on, int(resolve(pool, opened_on).source_of("assess_days").value))
    return day, calendar.is_provisional(day)


def redate(notice: str, at: datetime) -> int:
    """Move every opened case to the day that its calendar says now; returns how many moved.

    Runs inside the caller's transaction, a chunk of cases with a fixed number of statements for each
    new day. `notice` is written down as the reason.
    """
    moved = last = 0
    with remembered():
        while rows := _opened(after=last):
            last = rows[-1].pk
            moved += _redate(rows, notice, at)
    return moved


def _opened(after: int) -> list[ArrearsCase]:
    cases = ArrearsCase.objects.filter(state=State.OPENED, pk__gt=after)
    return list(cases.select_for_update(no_key=True).order_by("pk")[:CHUNK])


def _redate(cases: list[ArrearsCase], notice: str, at: datetime) -> int:
    days: dict[tuple[str, date], tuple[date, bool] | None] = {}
    by_day: dict[tuple[date, bool], list[ArrearsCase]] = {}
    for case in cases:
        key = case.pool_id, localdate(case.opened_at)
        if key not in days:
            try:
                days[key] = assess_by(*key)
            except NotInForce:
                days[key] = None
        new = days[key]
        if new is not None and new != (case.next_on, case.next_provisional):
            by_day.setdefault(new, []).append(case)
    for (day, provisional), moving in by_day.items():
        ArrearsCase.objects.filter(pk__in=[case.pk for case in moving]).update(
            version=F("version") + 1, next_on=day, next_provisional=provisional
        )
    events = [
        ArrearsEvent(
            case=case, seq=case.version + 1, at=at, verb=Action.REDATE, from_state=case.state,
            to_state=case.state, actor=ActorKind.SYSTEM, reason=notice,
            facts={
                "old": str(case.next_on), "new": str(day),
                "old_provisional": case.next_provisional, "new_provisional": provisional,
            },
        )
        for (day, provisional), moving in by_day.items()
        for case in moving
    ]  # fmt: skip
    ArrearsEvent.objects.bulk_create(events)
    return len(events)
