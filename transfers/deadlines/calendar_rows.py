"""Writing a calendar's days: every day of a span, numbered so that SQL can count working days."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from ..models.calendar import Calendar, CalendarDay
from ..rules.working_days import Day, DayKind, WorkingCalendar

FIRST = date(2004, 1, 1)
YEARS_AHEAD = 2  # whole years past the last notice that get rows: Mon–Fri, and provisional

_PLAIN = (DayKind.WORKDAY, DayKind.WEEKEND)


def last_day(last_notice_year: int, today: date) -> date:
    """The last day that gets a row: two whole years past the last notice, and past today."""
    return date(max(last_notice_year, today.year) + YEARS_AHEAD, 12, 31)


def exceptions_of(calendar: Calendar, first: date) -> dict[date, Day]:
    """The stored days from `first` on that depart from Monday to Friday."""
    rows = CalendarDay.objects.filter(calendar=calendar, day__gte=first).exclude(kind__in=_PLAIN)
    return {
        day: Day(day, DayKind(kind), name, notice)
        for day, kind, name, notice in rows.values_list("day", "kind", "name", "notice")
    }


def own_days(pool: Calendar, nation: Calendar, first: date) -> dict[date, Day]:
    """The stored days from `first` on in which a pool's calendar departs from the nation's."""
    national = exceptions_of(nation, first)
    return {day: row for day, row in exceptions_of(pool, first).items() if national.get(day) != row}


def write(calendar: Calendar, first: date, last: date, exceptions: Mapping[date, Day]) -> None:
    """Replace a calendar's days from `first` on by `first` … `last`, and number them on.

    The rows are inserted anew: renumbering in place would meet its own unique ordinals.
    """
    CalendarDay.objects.filter(calendar=calendar, day__gte=first).delete()
    before = (
        CalendarDay.objects.filter(calendar=calendar, day__lt=first)
        .order_by("-day")
        .values_list("day", "ordinal")
        .first()
    )
    if before is not None and before[0] != first - timedelta(days=1):
        raise ValueError(f"the days of {calendar.pk} end on {before[0]}, before {first}")
    days = WorkingCalendar.from_exceptions(
        first,
        last,
        {
            day: (row.kind, row.name, row.notice)
            for day, row in exceptions.items()
            if first <= day <= last
        },
        published_until=last,
    ).days
    ordinal = 0 if before is None else before[1]
    CalendarDay.objects.bulk_create(_numbered(calendar, days, ordinal))


def _numbered(calendar: Calendar, days: Iterable[Day], ordinal: int) -> list[CalendarDay]:
    rows = []
    for day in days:
        ordinal += day.working
        rows.append(
            CalendarDay(
                calendar=calendar,
                day=day.day,
                kind=day.kind.value,
                name=day.name,
                notice=day.notice,
                working=day.working,
                ordinal=ordinal,
            )
        )
    return rows
