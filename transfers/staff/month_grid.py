"""Contribution months as a picture: a row a year, a square a month, drawn on the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..rules.months import YEAR, MonthStatus, Span, calendar, spelled

LABELS: dict[StrEnum, Any] = {
    MonthStatus.PAID: _("Paid"),
    MonthStatus.DEEMED: _("Deemed as paid"),
    MonthStatus.PARTLY: _("In a span that leaves out months"),
    MonthStatus.DOUBLED: _("Insured twice"),
    MonthStatus.MISSING: _("Missing"),
}
# Beside the colour; a paid month is a full square, a missing one an empty one.
SIGNS: dict[StrEnum, str] = {
    MonthStatus.DOUBLED: "2",
    MonthStatus.PARTLY: "?",
    MonthStatus.DEEMED: "=",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A square; its status names the style, `sign` stands beside the colour."""

    status: str
    sign: str
    label: Any


@dataclass(frozen=True, slots=True)
class YearRow:
    """A year: its twelve squares, None outside of the record, and the same in words."""

    year: int
    cells: list[Cell | None]
    words: list[tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Grid:
    """The picture; `key` explains the squares that occur, `summary` stands for it to readers."""

    years: list[YearRow]
    key: list[Cell]
    summary: str

    @property
    def heads(self) -> range:
        return range(1, YEAR + 1)


def grid_of(spans: Sequence[Span]) -> Grid | None:
    """The picture of spans, None where there are none."""
    statuses: dict[date, StrEnum] = {
        date(year, n, 1): status
        for year, row in calendar(spans).items()
        for n, status in enumerate(row, start=1)
        if status
    }
    return draw(statuses, dict(LABELS), dict(SIGNS)) if statuses else None


def draw(
    statuses: Mapping[date, StrEnum], labels: Mapping[StrEnum, Any], signs: Mapping[StrEnum, str]
) -> Grid:
    """The picture of what each month is; `labels` name every status there may be, in order."""
    kinds = [kind for kind in labels if kind in statuses.values()]
    cells = {kind: Cell(kind.value, signs.get(kind, ""), labels[kind]) for kind in kinds}
    years = []
    for year in range(min(statuses).year, max(statuses).year + 1):
        row = [statuses.get(date(year, n, 1)) for n in range(1, YEAR + 1)]
        words = [
            (
                labels[kind],
                spelled(date(year, n, 1) for n, each in enumerate(row, 1) if each is kind),
            )
            for kind in kinds
            if kind in row
        ]
        years.append(YearRow(year, [cells[kind] if kind else None for kind in row], words))
    counted = list(statuses.values())
    return Grid(
        years=years,
        key=list(cells.values()),
        summary="; ".join(_counted(labels[kind], counted.count(kind)) for kind in kinds),
    )


def _counted(label: Any, n: int) -> str:
    return ngettext("%(what)s: %(n)d month", "%(what)s: %(n)d months", n) % {"what": label, "n": n}
