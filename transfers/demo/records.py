"""What the two pools have on record of a demo person's contributions."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.utils.timezone import localdate

from ..models.applications import TransferApplication
from ..models.contributions import Contribution
from ..rules.states import Scheme, Side
from ..workflow.forms import RowDraft
from ..workflow.merging import pool_of


def at_origin(application: TransferApplication, rows: Iterable[RowDraft], at: datetime) -> None:
    _write(application, Side.ORIGIN, application.scheme_from, rows, at)


def at_destination(application: TransferApplication, first: date, base: int, at: datetime) -> None:
    """Paid from `first` to the month of `at`."""
    last = localdate(at).replace(day=1)
    if first <= last:
        rows = [RowDraft(first, last, base_fen=base)]
        _write(application, Side.DESTINATION, application.scheme_to, rows, at)


def _write(
    application: TransferApplication,
    side: Side,
    scheme: str,
    rows: Iterable[RowDraft],
    at: datetime,
) -> None:
    Contribution.objects.bulk_create(_rows(application, side, Scheme(scheme), rows, at))


def _rows(
    application: TransferApplication,
    side: Side,
    scheme: Scheme,
    rows: Iterable[RowDraft],
    at: datetime,
) -> Iterator[Contribution]:
    for row in rows:
        years, months = row.to_month.year - row.from_month.year, row.to_month.month
        yield Contribution(
            person_id=application.person_id,
            pool_id=pool_of(application, side),
            scheme=scheme,
            from_month=row.from_month,
            to_month=row.to_month,
            months=years * 12 + months - row.from_month.month + 1,
            kind=row.kind,
            base_fen=row.base_fen,
            recorded_at=at,
        )
