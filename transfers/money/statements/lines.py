"""One row of a statement as a receipt, or as what is wrong with it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ...rules.ledger import MOST_FEN
from ...rules.money import fen
from ...tables import Columns, Row, plain
from .layouts import Field, is_incoming


class Problem(TextChoices):
    """Why a line could not be read, or why its case cannot take it. Stored with the line."""

    DAY = "day", _("The day cannot be read.")
    FUTURE = "future", _("The day lies in the future.")
    AMOUNT = "amount", _("The amount cannot be read.")
    NEGATIVE = "negative", _("The amount is below zero.")
    TOO_MUCH = "too_much", _("The amount is out of range.")
    DIRECTION = "direction", _("It is not clear whether the money came in or went out.")
    NO_REFERENCE = "no_reference", _("The bank reference is missing.")
    LOST_DIGITS = "lost_digits", _("A spreadsheet has shortened the bank reference.")
    LONG_REFERENCE = "long_reference", _("The bank reference is longer than 40 characters.")
    # What matching found out about the case.
    SEEN = "seen", _("A line with this bank reference was read in before.")
    RECEIVED = "received", _("The case has already received this amount.")
    NOT_REMITTED = "not_remitted", _("The origin has not recorded this remittance yet.")
    OTHER_STATE = "other_state", _("The case does not expect money now.")
    UNKNOWN_CASE = "unknown_case", _("No case of this agency has the reference in the note.")
    SEVERAL = "several", _("Several cases fit.")
    TWO_REFERENCES = "two_references", _("The note names more than one case.")
    LINKED = "linked", _("Linked by hand.")


UNREADABLE = frozenset(
    {
        Problem.DAY, Problem.FUTURE, Problem.AMOUNT, Problem.NEGATIVE, Problem.TOO_MUCH,
        Problem.DIRECTION, Problem.NO_REFERENCE, Problem.LOST_DIGITS, Problem.LONG_REFERENCE,
    }
)  # fmt: skip


class Unreadable(Exception):  # noqa: N818
    """A row that is not a receipt as it stands."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Receipt:
    booked_on: date
    amount_fen: int
    payer: str
    note: str
    bank_reference: str


_DAY = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[T ]?\d{1,2}[:.时]?\d{2}.*)?",
    re.DOTALL,
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_EXCEL_EPOCH = date(1899, 12, 30)
_CURRENCY = re.compile(r"^(?:CNY|RMB|人民币)|元$", re.IGNORECASE)
_SUM = re.compile(r"^(?:合计|总计|小计|本页|累计|共\d|以上|total)", re.IGNORECASE)
_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")


def day_of(text: str) -> date:
    """A day as banks write it: 2026-10-15, 20261015, 2026年10月15日, with a time, or Excel's number."""
    said = unicodedata.normalize("NFKC", text).strip()
    try:
        if _SERIAL.fullmatch(said):
            day = _EXCEL_EPOCH + timedelta(days=int(said.partition(".")[0]))
        elif found := _DAY.fullmatch(said):
            day = date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
        else:
            raise Unreadable(Problem.DAY)
    except ValueError:
        raise Unreadable(Problem.DAY) from None
    if not 2000 <= day.year < 2100:
        raise Unreadable(Problem.DAY)
    return day


def amount_of(text: str) -> int:
    """Fen, with the sign the bank gave; nothing, or a dash, is 0."""
    said = unicodedata.normalize("NFKC", text).replace(" ", "")
    said = _CURRENCY.sub("", said).strip()
    if said in ("", "-", "--"):
        return 0
    if "e" in said.lower():
        raise Unreadable(Problem.AMOUNT)
    try:
        return fen(said)
    except ValueError:
        raise Unreadable(Problem.AMOUNT) from None


def is_filler(row: Row, header: Row, columns: Columns) -> bool:
    """Sums under the table, and the header printed again on every page."""
    if [plain(cell) for cell in row.cells] == [plain(cell) for cell in header.cells]:
        return True
    day = columns.of(row, Field.BOOKED_ON)
    if any(character.isdigit() for character in day) and not _SUM.match(day):
        return False
    first = next(cell for cell in row.cells if cell)
    return bool(_SUM.match(first)) or len([cell for cell in row.cells if cell]) == 1


def receipt_of(row: Row, columns: Columns, *, until: date) -> Receipt | None:
    """The receipt a row tells of; None for money that went out. Raises Unreadable.

    `until` is the last day that can have been booked.
    """
    amount_fen = _received(row, columns)
    if amount_fen is None:
        return None
    if amount_fen < 0:
        raise Unreadable(Problem.NEGATIVE)
    if amount_fen == 0:
        raise Unreadable(Problem.AMOUNT)
    if amount_fen > MOST_FEN:
        raise Unreadable(Problem.TOO_MUCH)
    booked_on = day_of(columns.of(row, Field.BOOKED_ON))
    if booked_on > until:
        raise Unreadable(Problem.FUTURE)
    reference = columns.of(row, Field.BANK_REFERENCE)
    if not reference:
        raise Unreadable(Problem.NO_REFERENCE)
    if _SHORTENED.fullmatch(reference):
        raise Unreadable(Problem.LOST_DIGITS)
    if len(reference) > 40:
        raise Unreadable(Problem.LONG_REFERENCE)
    notes = (columns.of(row, field) for field in (Field.NOTE, Field.NOTE_MORE))
    return Receipt(
        booked_on=booked_on,
        amount_fen=amount_fen,
        payer=columns.of(row, Field.PAYER)[:120],
        note=" ".join(note for note in notes if note)[:250],
        bank_reference=reference,
    )


def _received(row: Row, columns: Columns) -> int | None:
    """What came in by this row, None where money went out."""
    if Field.CREDIT in columns:
        credit = amount_of(columns.of(row, Field.CREDIT))
        debit = amount_of(columns.of(row, Field.DEBIT))
        if credit == 0 and debit != 0:
            return None
        if credit != 0 and debit != 0:
            raise Unreadable(Problem.DIRECTION)
        return credit
    amount = amount_of(columns.of(row, Field.AMOUNT))
    if Field.DIRECTION in columns:
        incoming = is_incoming(columns.of(row, Field.DIRECTION))
        if incoming is None:
            raise Unreadable(Problem.DIRECTION)
        return amount if incoming else None
    if Field.DEBIT in columns and amount == 0:
        return None if amount_of(columns.of(row, Field.DEBIT)) else amount
    return amount
