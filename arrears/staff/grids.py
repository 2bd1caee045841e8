"""The months of a person in a pool as a picture, with those that a case asks for marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from transfers.rules.months import (
    YEAR,
    MonthStatus,
    Span,
    calendar,
    month_numbered,
    number,
    spelled,
)
from transfers.staff.month_grid import LABELS, SIGNS


class Mark(StrEnum):
    """What stands over the record: months a case asks for, in this one or in another."""

    ASKED = "asked"
    OTHER = "elsewhere"


_MARKS: dict[StrEnum, Any] = {
    Mark.ASKED: _("Missing, asked for by this case"),
    Mark.OTHER: _("Missing, asked for by a case"),
}
_LABELS: dict[StrEnum, Any] = dict(LABELS.items()) | _MARKS
_SIGNS: dict[StrEnum, str] = dict(SIGNS.items()) | dict.fromkeys(_MARKS, "!")
_ORDER: tuple[StrEnum, ...] = (*MonthStatus, *Mark)


@dataclass(frozen=True, slots=True)
class Cell:
    """A square; its status names the style."""

    kind: StrEnum

    @property
    def status(self) -> str:
        return self.kind.value

    @property
    def sign(self) -> str:
        return _SIGNS.get(self.kind, "")

    @property
    def label(self) -> Any:
        return _LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class YearRow:
    year: int
    cells: list[Cell | None]
    words: list[tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Grid:
    """As `transfers.staff.month_grid.Grid`, for the same template."""

    years: list[YearRow]
    key: list[Cell]
    summary: str

    @property
    def heads(self) -> range:
        return range(1, YEAR + 1)


def grid(
    spans: Sequence[Span],
    *,
    until: date,
    asked: Collection[date] = (),
    other: Collection[date] = (),
) -> Grid | None:
    """The picture up to the month before `until`; None where nothing is on record or asked for."""
    known: dict[date, StrEnum] = {}
    for year, statuses in calendar(spans).items():
        known |= {date(year, n, 1): each for n, each in enumerate(statuses, 1) if each}
    missing: StrEnum = MonthStatus.MISSING
    asked, other = set(asked), set(other)
    known |= {month: known.get(month, missing) for month in asked | other}
    if not known:
        return None
    months = range(number(min(known)), max(number(max(known)) + 1, number(until)))
    cells = {month: known.get(month, missing) for month in map(month_numbered, months)}
    for marked, mark in ((other, Mark.OTHER), (asked, Mark.ASKED)):
        # A month that was paid back is on record by now, and stays what it is there.
        cells |= {month: mark for month in marked if cells[month] is missing}
    years = sorted({month.year for month in cells})
    kinds = [kind for kind in _ORDER if kind in cells.values()]
    return Grid([_year(year, cells) for year in years], list(map(Cell, kinds)), _summary(cells))


def _year(year: int, cells: dict[date, StrEnum]) -> YearRow:
    months = [date(year, n, 1) for n in range(1, YEAR + 1)]
    words = []
    for kind in _ORDER:
        those = [month for month in months if cells.get(month) is kind]
        if those:
            words.append((_LABELS[kind], spelled(those)))
    found = [cells.get(month) for month in months]
    return YearRow(year, [Cell(kind) if kind else None for kind in found], words)


def _summary(cells: dict[date, StrEnum]) -> str:
    counted = list(cells.values())
    parts = []
    for kind in _ORDER:
        if n := counted.count(kind):
            text = ngettext("%(what)s: %(n)d month", "%(what)s: %(n)d months", n)
            parts.append(text % {"what": _LABELS[kind], "n": n})
    return "; ".join(parts)
