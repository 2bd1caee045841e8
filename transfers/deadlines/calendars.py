"""The calendar a place counts by, as the immutable `WorkingCalendar` the rules work with."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from threading import Lock

from ..models.calendar import Calendar, CalendarDay
from ..models.regions import Region
from ..policy import lineage_of, once
from ..rules.working_days import Day, DayKind, WorkingCalendar

# One entry a calendar, replaced when its version moves on, so a long-lived worker never counts by an
# outdated notice.
_built: dict[str, tuple[int, WorkingCalendar]] = {}
_lock = Lock()


def calendar_record_of(region: Region | str) -> Calendar:
    """The calendar of the nearest region that has one: the pool's own with its closures, or the nation's.

    Two queries, or none if `policy.remembered`.
    """
    code = region if isinstance(region, str) else region.pk
    return once(("calendar", code), lambda: _nearest(code))


def _nearest(code: str) -> Calendar:
    lineage = lineage_of(code)
    return _first(
        lineage, {record.pk: record for record in Calendar.objects.filter(pk__in=lineage)}
    )


def _first(lineage: list[str], records: Mapping[str, Calendar]) -> Calendar:
    for each in lineage:
        if each in records:
            return records[each]
    raise Calendar.DoesNotExist(f"no calendar is loaded for {lineage[0]}")


def preload(codes: Iterable[str]) -> None:
    """Within `policy.remembered`: find the calendars of so many places, whose lineages are remembered,
    in one query."""
    records = {record.pk: record for record in Calendar.objects.all()}
    for code in codes:
        with suppress(Calendar.DoesNotExist):  # told to whoever counts by it
            once(("calendar", code), partial(_first, lineage_of(code), records))


def calendar_of(where: Calendar | Region | str) -> WorkingCalendar:
    """The working calendar of a place. One query when its version is known, two when it is not.

    Raises Calendar.DoesNotExist for a calendar without a day, too: nothing can be counted by it.
    """
    record = where if isinstance(where, Calendar) else calendar_record_of(where)
    with _lock:
        known = _built.get(record.pk)
        if known is not None and known[0] == record.version:
            return known[1]
    rows = CalendarDay.objects.filter(calendar=record).order_by("day")
    days = [
        Day(day, DayKind(kind), name, notice)
        for day, kind, name, notice in rows.values_list("day", "kind", "name", "notice")
    ]
    if not days:
        raise Calendar.DoesNotExist(f"the calendar of {record.pk} has no days")
    calendar = WorkingCalendar(days, published_until=record.published_until)
    with _lock:
        _built[record.pk] = (record.version, calendar)
    return calendar
