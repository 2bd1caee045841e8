"""The months of a person in a pool as a picture, with those that a case asks for marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from transfers.rules.months import (
    MonthStatus,
    Span,
    calendar,
    month_numbered,
    number,
)
from transfers.staff.month_grid import LABELS, SIGNS, Grid, draw


class Mark(StrEnum):
    """What stands over the record: months a case asks for, in this one or in another."""

    ASKED = "asked"
    OTHER = "elsewhere"
    AWAY = "away"


_MARKS: dict[StrEnum, Any] = {
    Mark.ASKED: _("Missing, asked for by this case"),
    Mark.OTHER: _("Missing, asked for by a case"),
    Mark.AWAY: _("Paid elsewhere"),
}
_LABELS = LABELS | _MARKS
_SIGNS = SIGNS | {Mark.ASKED: "!", Mark.OTHER: "!", Mark.AWAY: "→"}


def grid(
    spans: Sequence[Span],
    *,
    until: date,
    asked: Collection[date] = (),
    other: Collection[date] = (),
    away: Collection[date] = (),
) -> Grid | None:
    """The picture up to the month before `until`; None where nothing is on record or asked for.

    Months are asked for by this case, or by an `other`; those `away` are paid elsewhere.
    """
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
    for marked, mark in ((away, Mark.AWAY), (other, Mark.OTHER), (asked, Mark.ASKED)):
        # A month that was paid back is on record by now, and stays what it is there.
        cells |= {month: mark for month in marked if cells.get(month) is missing}
    return draw(cells, _LABELS, _SIGNS)
