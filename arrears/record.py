"""Months that were paid back, in the pool's contribution record of the person."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from transfers.models.applications import TransferApplication
from transfers.models.contributions import Contribution
from transfers.rules import months
from transfers.rules.states import Scheme
from transfers.workflow import merging

from .models import ArrearsCase
from .rules.rows import Row

if TYPE_CHECKING:
    from transfers.models.users import User


def enter(case: ArrearsCase, rows: tuple[Row, ...], *, by: "User", at: datetime) -> int:
    """Enter the months of a settled case, by runs of one base; returns how many were new.

    Months that the record has by now are left as they are.
    """
    _hold(case)
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
            paid_back_under_id=case.receivable_id,
            recorded_by=by,
            recorded_at=at,
        )
        for base, paid in by_base.items()
        for first, last in months.runs(paid)
    ]
    Contribution.objects.bulk_create(spans)
    return sum(span.months for span in spans)


def take_out(case: ArrearsCase) -> None:
    """Take out again what `enter` entered of the case, whatever was recorded beside it since."""
    _hold(case)
    Contribution.objects.filter(
        person=case.person_id, pool=case.pool_id, paid_back_under=case.receivable_id
    ).delete()


def _hold(case: ArrearsCase) -> None:
    """The person's transfers first, as whoever merges holds one before the person."""
    transfers = TransferApplication.objects.filter(person=case.person_id, origin=case.pool_id)
    list(transfers.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    merging.hold(case.person_id)
