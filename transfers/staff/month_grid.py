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
# Beside the colour; a paid month is a full square, a missing one an empty one.
SIGNS = {MonthStatus.DOUBLED: "2", MonthStatus.PARTLY: "?", MonthStatus.DEEMED: "="}


@dataclass(frozen=True, slots=True)
class Cell:
    """A square; its status names the style."""

    kind: MonthStatus

    @property
    def status(self) -> str:
        return self.kind.value

    @property
    def sign(self) -> str:
        return SIGNS.get(self.kind, "")

    @property
    def label(self) -> Any:
        return LABELS[self.kind]


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
        return range(1, 13)


def grid_of(spans: Sequence[Span]) -> Grid | None:
    """The picture of spans, None where there are none."""
    found = calendar(spans)
    if not found:
        return None
    counted = [status for statuses in found.values() for status in statuses]
    return Grid(
        years=[
            YearRow(
                year, [Cell(each) if each else None for each in statuses], _words(year, statuses)
            )
            for year, statuses in found.items()
        ],
        key=[Cell(status) for status in MonthStatus if status in counted],
        summary=_summary(counted),
    )


def _words(year: int, statuses: Sequence[MonthStatus | None]) -> list[tuple[Any, str]]:
    """(Paid, 2023-01–2023-06), … for one year."""
    words = []
    for status in MonthStatus:
        months = [date(year, n, 1) for n, each in enumerate(statuses, start=1) if each is status]
        if months:
            words.append((LABELS[status], spelled(months)))
    return words


def _summary(counted: Iterable[MonthStatus | None]) -> str:
    statuses = list(counted)
    parts = []
    for status in MonthStatus:
        if n := statuses.count(status):
            text = ngettext("%(what)s: %(n)d month", "%(what)s: %(n)d months", n)
            parts.append(text % {"what": LABELS[status], "n": n})
    return "; ".join(parts)
