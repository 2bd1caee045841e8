"""Calendar files: one State Council notice on a year's holidays, as text.

::

    # year: 2026
    # notice: 国办发明电〔2025〕7号
    # published: 2025-11-04
    # title: 国务院办公厅关于2026年部分节假日安排的通知
    # source: https://www.gov.cn/…
    # verified: yes
    # amended-by: 国办发明电〔2026〕1号 | 2026-01-26 | …
    # also: 国办发明电〔2026〕9号 | 2026-11-05 | … | 2026-12-31
    date,kind,name
    2026-01-01,holiday,元旦
    2026-01-04,makeup,元旦调休上班

Only what departs from Monday to Friday has a row: holiday, makeup, closure.
``amended-by`` and ``also`` are optional and may be repeated. ``also`` names days
of this year that next year's notice moved (number | published | title | days);
those rows carry that notice's number. Other comments are ignored.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from transfers.rules.working_days import Day, DayKind

__all__ = ["Notice", "NoticeError", "Problem", "read_notice"]

COLUMNS = ("date", "kind", "name")
REQUIRED = ("year", "notice", "published", "title", "source", "verified")
AMENDED_BY = "amended-by"
ALSO = "also"

_KINDS = {kind.value: kind for kind in (DayKind.HOLIDAY, DayKind.MAKEUP, DayKind.CLOSURE)}
_FIELD = re.compile(r"#\s*([a-z-]+)\s*[:：]\s*(.*)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"[12][0-9]{3}")


@dataclass(frozen=True, slots=True)
class Notice:
    """One year's notice; ``days`` are its rows in the order of the file.

    ``amended_by`` and ``also`` are those comments as they stand.
    """

    year: int
    number: str
    published_on: date
    title: str
    source: str
    verified: bool
    amended_by: tuple[str, ...]
    also: tuple[str, ...]
    days: tuple[Day, ...]

    def exceptions(self) -> dict[date, tuple[DayKind, str, str]]:
        """Return the rows as ``WorkingCalendar.from_exceptions`` takes them."""
        return {row.day: (row.kind, row.name, row.notice) for row in self.days}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file, for the caller to put into words.

    ``line`` counts from 1; 0 means the file as a whole. Codes and their params:
    ``field_missing`` and ``field_repeated`` (field), ``bad_year`` (value),
    ``bad_date`` (value), ``bad_verified`` (value), ``columns_missing`` (expected),
    ``bad_row`` (expected, found: numbers of columns), ``outside_year`` (day, year),
    ``duplicate_date`` (day, first_line), ``unknown_kind`` (value),
    ``name_missing`` (day), ``makeup_on_weekday`` (day), ``no_holidays`` (),
    ``bad_also`` (value: not four parts, or a day that has no row).
    """

    line: int
    code: str
    params: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))


class NoticeError(ValueError):
    """A file that is no notice: every problem found, in the order of the lines.

    ``line``, ``code`` and ``params`` are those of the first.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        first = self.problems[0]
        self.line, self.code, self.params = first.line, first.code, first.params
        super().__init__("; ".join(_in_short(problem) for problem in self.problems))


def read_notice(lines: Iterable[str], *, holidays_required: bool = True) -> Notice:
    """Read one calendar file, given as decoded lines.

    A pool's own file, which may name nothing but closures, is read with
    ``holidays_required=False``.

    Errors: NoticeError with all problems at once; nothing is read in part.
    Source: domain.md §4, "a calendar is data, with the notice it comes from".
    """
    return _Reader(holidays_required).read(lines)


class _Reader:
    def __init__(self, holidays_required: bool) -> None:
        self.holidays_required = holidays_required
        self.problems: list[Problem] = []
        self.fields: dict[str, tuple[int, str]] = {}
        self.amended_by: list[str] = []
        self.also: list[tuple[int, str]] = []
        self.rows: list[tuple[int, list[str]]] = []
        self.has_columns = False

    def read(self, lines: Iterable[str]) -> Notice:
        for number, line in enumerate(lines, start=1):
            self.sort_line(number, line.removeprefix("\ufeff").strip())
        for name in REQUIRED:
            if not self.value(name):
                self.report(0, "field_missing", field=name)
        if not self.has_columns:
            self.report(0, "columns_missing", expected=",".join(COLUMNS))
        year = self.year()
        published_on = self.published_on()
        verified = self.verified()
        days = self.days(year)
        if self.problems or year is None or published_on is None:
            raise NoticeError(self.problems)
        return Notice(
            year=year,
            number=self.value("notice"),
            published_on=published_on,
            title=self.value("title"),
            source=self.value("source"),
            verified=verified,
            amended_by=tuple(self.amended_by),
            also=tuple(value for _, value in self.also),
            days=days,
        )

    def sort_line(self, number: int, line: str) -> None:
        """Put a line where it belongs: field, column names, row, or nowhere."""
        if line.startswith("#"):
            self.comment(number, line)
        elif line:
            cells = _cells(line)
            if not self.has_columns and tuple(cells) == COLUMNS:
                self.has_columns = True
            else:
                self.rows.append((number, cells))

    def comment(self, number: int, line: str) -> None:
        match = _FIELD.fullmatch(line)
        if match is None:
            return
        name, value = match.groups()
        if name == AMENDED_BY:
            self.amended_by.append(value)
        elif name == ALSO:
            self.also.append((number, value))
        elif name in REQUIRED and name in self.fields:
            self.report(number, "field_repeated", field=name)
        elif name in REQUIRED:
            self.fields[name] = (number, value)

    def value(self, name: str) -> str:
        return self.fields.get(name, (0, ""))[1]

    def year(self) -> int | None:
        number, value = self.fields.get("year", (0, ""))
        if not value:
            return None
        if _YEAR.fullmatch(value):
            return int(value)
        self.report(number, "bad_year", value=value)
        return None

    def published_on(self) -> date | None:
        number, value = self.fields.get("published", (0, ""))
        return self.date_of(number, value) if value else None

    def verified(self) -> bool:
        number, value = self.fields.get("verified", (0, ""))
        if value and value not in ("yes", "no"):
            self.report(number, "bad_verified", value=value)
        return value == "yes"

    def days(self, year: int | None) -> tuple[Day, ...]:
        seen: dict[date, int] = {}
        days = []
        for number, cells in self.rows:
            if len(cells) != len(COLUMNS):
                self.report(number, "bad_row", expected=len(COLUMNS), found=len(cells))
                continue
            kind = _KINDS.get(cells[1])
            if kind is None:
                self.report(number, "unknown_kind", value=cells[1])
            day = self.date_of(number, cells[0])
            if day is None:
                continue
            if year is not None and day.year != year:
                self.report(number, "outside_year", day=day.isoformat(), year=year)
            if day in seen:
                self.report(number, "duplicate_date", day=day.isoformat(), first_line=seen[day])
            seen.setdefault(day, number)
            if kind is DayKind.MAKEUP and day.weekday() < 5:
                self.report(number, "makeup_on_weekday", day=day.isoformat())
            if not cells[2]:
                self.report(number, "name_missing", day=day.isoformat())
            if kind is not None:
                days.append(Day(day, kind, cells[2], self.value("notice")))
        if self.holidays_required and not any(DayKind.HOLIDAY in cells for _, cells in self.rows):
            self.report(0, "no_holidays")
        other = self.other_notices(seen)
        return tuple(replace(row, notice=other.get(row.day, row.notice)) for row in days)

    def other_notices(self, rows: Container[date]) -> dict[date, str]:
        """Return the number of the notice for the days that another one moved."""
        numbers = {}
        for line, value in self.also:
            parts = [part.strip() for part in value.split("|")]
            number, days = parts[0], [_date(text) for text in parts[-1].split()]
            known = [day for day in days if day is not None and day in rows]
            if len(parts) != 4 or not number or not known or len(known) != len(days):
                self.report(line, "bad_also", value=value)
            numbers.update(dict.fromkeys(known, number))
        return numbers

    def date_of(self, number: int, value: str) -> date | None:
        """Return a date written YYYY-MM-DD, or report it."""
        day = _date(value)
        if day is None:
            self.report(number, "bad_date", value=value)
        return day

    def report(self, line: int, code: str, **params: str | int) -> None:
        self.problems.append(Problem(line, code, MappingProxyType(params)))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:  # such as 2026-02-30
        return None


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]))]
    except csv.Error:  # a carriage return inside the line, or an endless one
        return [line]


def _in_short(problem: Problem) -> str:
    params = ", ".join(f"{name} {value}" for name, value in problem.params.items())
    return f"line {problem.line}: {problem.code}" + (f" ({params})" if params else "")
