"""The clock of an arrears case: until when to assess or to pay, or when benefits restart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import npgettext, pgettext

from transfers.deadlines.calendars import calendar_of
from transfers.models import Calendar, Region
from transfers.rules.working_days import WorkingCalendar
from transfers.staff.cues import Cue, cue_until

from ..models import ArrearsCase
from ..rules.states import QUOTED, State


def calendars_of(cases: Iterable[ArrearsCase]) -> dict[str, WorkingCalendar]:
    """The working calendar of each case's pool. One query where the pools come with their parents."""
    pools = {case.pool_id: case.pool for case in cases}
    records = {record.pk: record for record in Calendar.objects.all()} if pools else {}
    found = {}
    for code, pool in pools.items():
        region: Region | None = pool
        while region is not None and region.pk not in records:
            region = region.parent
        if region is None:
            raise Calendar.DoesNotExist(f"no calendar is loaded for {code}")
        found[code] = calendar_of(records[region.pk])
    return found


def clock_label(case: ArrearsCase) -> str:
    """What the clock counts to."""
    if case.state == State.OPENED:
        return pgettext("clock of an arrears case", "Assess by")
    if case.state in QUOTED:
        return pgettext("clock of an arrears case", "Pay by")
    return pgettext("clock of an arrears case", "Benefits restart")


def cue_of(case: ArrearsCase, calendars: Mapping[str, WorkingCalendar], today: date) -> Cue | None:
    """The clock as shape and words, None once the case is closed."""
    due = case.next_on
    if due is None:
        return None
    calendar = calendars[case.pool_id]
    if case.state != State.SETTLED:
        return cue_until(due, 0, 0, calendar, today, provisional=case.next_provisional)
    tone, shape, words = _restart(due, today)
    return Cue(tone, shape, words, 0, 0, calendar.remaining(today, due), due)


def _restart(due: date, today: date) -> tuple[str, str, str]:
    """Benefits restart by the calendar, not by working days; after the day the nightly job is late."""
    days = (due - today).days
    if days < 0:
        return "late", "▲", pgettext("cue", "Restart not carried out")
    if days == 0:
        return "today", "◆", pgettext("cue", "Restarts today")
    text = npgettext("cue", "Restarts in %(n)d day", "Restarts in %(n)d days", days)
    return "ahead", "○", text % {"n": days}
