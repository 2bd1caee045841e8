"""What an origin tells its bank to send: the remittances of a period, as a table for the bank's site.

Payees and account numbers are those that both pairs of eyes confirmed, not what is on file today.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _

from ..models.ledger import Instruction, InstructionResolution
from ..models.regions import Agency
from ..rules.ledger import Movement
from ..tables import as_csv, as_xlsx

MOST = 20_000
"""Remittances in one file; a bank takes fewer."""


@dataclass(frozen=True, slots=True)
class Remittance:
    """One payment to make. `bank` is empty for a person's own account, whose bank nobody gave."""

    reference: str
    movement: Movement
    holder: str
    number: str
    bank: str
    amount_fen: int
    note: str
    posted_at: datetime

    @property
    def to_person(self) -> bool:
        return self.movement is Movement.PAYOUT


def _midnight(day: date) -> datetime:
    """The moment a local day begins."""
    return make_aware(datetime.combine(day, time()))


def posted(agency: Agency, first: date, last: date) -> QuerySet[Instruction]:
    """Confirmed remittances and payouts of an origin, by the day of confirmation, both days included.

    What was taken back since by a reversal is not among them.
    """
    outcome = InstructionResolution.Outcome.POSTED
    return (
        Instruction.objects.filter(
            kind__in=(Movement.REMIT, Movement.PAYOUT), source__agency=agency,
            resolution__outcome=outcome,
            resolution__at__gte=_midnight(first),
            resolution__at__lt=_midnight(last + timedelta(days=1)),
        )
        .exclude(reversed_by__resolution__outcome=outcome)
        .select_related("application", "preparation", "resolution")
        .order_by("resolution__at", "pk")
    )  # fmt: skip


def remittances(agency: Agency, first: date, last: date) -> list[Remittance]:
    """At most `MOST` payments to make, oldest first. One query."""
    return list(_told(posted(agency, first, last)[:MOST]))


def _told(instructions: QuerySet[Instruction]) -> Iterator[Remittance]:
    for instruction in instructions:
        case, movement = instruction.application, Movement(instruction.kind)
        assert case is not None, "what leaves a pool leaves it for a case"
        payload: dict[str, Any] = instruction.preparation.payload
        if movement is Movement.PAYOUT:
            to = {"holder": payload["payee"], "number": payload["payee_account"], "bank": ""}
        else:
            to = payload["to"]
        yield Remittance(
            reference=case.reference,
            movement=movement,
            holder=to["holder"],
            number=to["number"],
            bank=to["bank"],
            amount_fen=instruction.amount_fen,
            # By this the destination's statement is matched: the reference comes first, so that a
            # bank that cuts notes short cuts the name.
            note=f"{case.reference} {case.applicant_name}",
            posted_at=instruction.resolution.at,
        )


def table(found: list[Remittance]) -> tuple[list[str], list[list[str | Decimal]]]:
    """Header and rows for the bank; amounts in yuan."""
    header = [
        _("Payee"), _("Account number"), _("Bank"), _("Amount (yuan)"), _("Note for the bank"),
        _("Reference"), _("Confirmed on"),
    ]  # fmt: skip
    rows: list[list[str | Decimal]] = [
        [
            each.holder, each.number, each.bank, Decimal(each.amount_fen) / 100, each.note,
            each.reference, f"{localdate(each.posted_at):%Y-%m-%d}",
        ]
        for each in found
    ]  # fmt: skip
    return header, rows


def for_bank(found: list[Remittance], *, xlsx: bool) -> bytes:
    """The file: CSV in UTF-8 with a mark, or XLSX."""
    header, rows = table(found)
    if xlsx:
        return as_xlsx(_("Remittances"), header, rows)
    amounts = [
        [f"{cell:.2f}" if isinstance(cell, Decimal) else cell for cell in row] for row in rows
    ]
    return as_csv(header, amounts)
