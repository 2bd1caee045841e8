"""Contribution months as a picture: a row a year, a square a month, drawn on the server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..rules.months import MonthStatus, Span, calendar, spelled

LABELS: dict[MonthStatus, Any] = {
    MonthStatus.PAID: _("Paid"),
    MonthStatus.DEEMED: _("Deemed as paid"),
    MonthStatus.PARTLY: _("In a span that leaves out months"),
    MonthStatus.DOUBLED: _("Insured twice"),
    MonthStatus.MISSING: _("Missing"),
}
SIGNS = {MonthStatus.DOUBLED: "2", MonthStatus.PARTLY: "?", MonthStatus.DEEMED: "="}

CELL, GAP, YEAR, HEAD = 22, 3, 44, 18  # in units of the drawing, which at 375 px are pixels


@dataclass(frozen=True, slots=True)
class Cell:
    x: int
    y: int
    status: str
    sign: str

    @property
    def middle(self) -> int:
        return self.x + CELL // 2

    @property
    def base(self) -> int:
        """Where the sign stands."""
        return self.y + CELL - 6


@dataclass(frozen=True, slots=True)
class YearRow:
    """A year: its squares, and the same in words."""

    year: int
    base: int
    cells: list[Cell]
    words: list[tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Grid:
    years: list[YearRow]
    heads: list[tuple[int, int]]
    width: int
    height: int
    legend: list[Cell]
    labels: list[Any]
    summary: str

    @property
    def key(self) -> list[tuple[Cell, Any]]:
        return list(zip(self.legend, self.labels, strict=True))


def grid_of(spans: Sequence[Span]) -> Grid | None:
    """The picture of spans, None where there are none."""
    found = calendar(spans)
    if not found:
        return None
    years = []
    for number, (year, statuses) in enumerate(found.items()):
        y = HEAD + number * (CELL + GAP)
        cells = [
            Cell(_x(month), y, status.value, SIGNS.get(status, ""))
            for month, status in enumerate(statuses)
            if status is not None
        ]
        years.append(YearRow(year, y + CELL - 6, cells, _words(year, statuses)))
    seen = [
        status for status in MonthStatus if any(status in statuses for statuses in found.values())
    ]
    return Grid(
        years=years,
        heads=[(_x(month) + CELL // 2, month + 1) for month in range(12)],
        width=_x(12) - GAP,
        height=HEAD + len(years) * (CELL + GAP),
        legend=[Cell(0, 0, status.value, SIGNS.get(status, "")) for status in seen],
        labels=[LABELS[status] for status in seen],
        summary=_summary(found.values()),
    )


def _x(month: int) -> int:
    return YEAR + month * (CELL + GAP)


def _words(year: int, statuses: Sequence[MonthStatus | None]) -> list[tuple[Any, str]]:
    """(Paid, 2023-01–2023-06), … for one year."""
    words = []
    for status in MonthStatus:
        months = [date(year, n, 1) for n, each in enumerate(statuses, start=1) if each is status]
        if months:
            words.append((LABELS[status], spelled(months)))
    return words


def _summary(years: Iterable[Sequence[MonthStatus | None]]) -> str:
    counted = [status for year in years for status in year]
    parts = []
    for status in MonthStatus:
        n = counted.count(status)
        if n:
            text = ngettext("%(what)s: %(n)d month", "%(what)s: %(n)d months", n)
            parts.append(text % {"what": LABELS[status], "n": n})
    return "; ".join(parts)
