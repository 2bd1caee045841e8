"""Months that were paid back, in the pool's contribution record of the person."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from transfers.models.contributions import Contribution
from transfers.rules import months
from transfers.rules.states import Scheme

from .models import ArrearsCase
from .quoting import months_of
from .rules.rows import Row

if TYPE_CHECKING:
    from transfers.models.users import User


def enter(case: ArrearsCase, rows: tuple[Row, ...], *, by: "User", at: datetime) -> int:
    """Enter the months of a settled case, by runs of one base; returns how many were new.

    Months that the record has by now are left as they are.
    """
    held = months.covered(
        months.Span(row.from_month, row.to_month)
        for row in Contribution.objects.filter(person=case.person_id, pool=case.pool_id).exclude(
            scheme=Scheme.RESIDENT
        )
    )
    by_base: dict[int, list[date]] = {}
    for row in rows:
        if row.month not in held:
            by_base.setdefault(row.base_fen, []).append(row.month)
    spans = [
        Contribution(
            person_id=case.person_id,
            pool_id=case.pool_id,
            scheme=case.scheme,
            from_month=first,
            to_month=last,
            months=months.Span(first, last).length,
            base_fen=base,
            recorded_by=by,
            recorded_at=at,
        )
        for base, paid in by_base.items()
        for first, last in months.runs(paid)
    ]
    Contribution.objects.bulk_create(spans)
    return sum(span.months for span in spans)


def take_out(case: ArrearsCase, *, entered_at: datetime) -> None:
    """Take out again what `enter` entered at that moment."""
    asked = months_of(case)
    Contribution.objects.filter(
        person=case.person_id,
        pool=case.pool_id,
        recorded_at=entered_at,
        brought_by__isnull=True,
        from_month__gte=asked[0],
        to_month__lte=asked[-1],
    ).delete()
