"""The yearly time in which residents enrol, as days of one year."""

from datetime import date

from transfers.rules.months import end_of

from ..rules.residents import within


def _day(year: int, spelled: str) -> date:
    """ "02-29" is the end of February in every year."""
    month, day = map(int, spelled.split("-"))
    last = end_of(date(year, month, 1))
    return last.replace(day=min(day, last.day))


def closing_day(on: date, start: str | None, end: str | None) -> date | None:
    """The last day of the window that `on` lies in; None outside of one."""
    if not start or not end or not within(on, start, end):
        return None
    return _day(on.year + (end < f"{on:%m-%d}"), end)


def next_window(on: date, start: str | None, end: str | None) -> tuple[date, date] | None:
    """First and last day of the window after `on`, which lies in none."""
    if not start or not end:
        return None
    first = _day(on.year + (start <= f"{on:%m-%d}"), start)
    return first, _day(first.year + (end < start), end)
