"""Reading a bank statement in: the whole file, or nothing of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from ...models.regions import Agency
from ...models.statements import Statement, StatementLine
from ...tables import Columns, TableProblem, find_columns, read
from . import layouts
from .layouts import Sheet
from .lines import Problem, Unreadable, is_filler, receipt_of
from .matching import match, settle

if TYPE_CHECKING:
    from ...models.users import User

State = StatementLine.State
_BATCH = 2_000


class AlreadyImported(Exception):  # noqa: N818 - what happened
    """This very file was read in before, as `statement`."""

    def __init__(self, statement: Statement) -> None:
        super().__init__(statement.pk)
        self.statement = statement


class LayoutNeeded(Exception):  # noqa: N818 - what is needed
    """Somebody has to say which column holds what; `columns` is what is known so far."""

    def __init__(
        self, sheet: Sheet, columns: Mapping[str, str], problem: TableProblem | None = None
    ) -> None:
        super().__init__(problem and problem.code)
        self.sheet, self.columns, self.problem = sheet, dict(columns), problem


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: lines not yet saved, and how many told of money going out."""

    lines: list[StatementLine]
    left_out: int


def import_statement(
    agency: Agency,
    *,
    bank: str,
    file_name: str,
    content: bytes,
    by: "User",
    at: datetime,
    columns: Mapping[str, str] | None = None,
) -> Statement:
    """Read a statement in and match its lines; all of it or nothing, in one transaction.

    `columns` is the layout a person has just confirmed; without it the one kept for this bank serves.
    A bank's first file always comes back for that, with a guess. Raises TableProblem, LayoutNeeded, AlreadyImported.
    """
    checksum = hashlib.sha256(content).hexdigest()
    _refuse_again(agency, checksum)
    sheet = layouts.sheet_of(read(content))
    confirmed = columns is not None
    chosen = _layout(agency, bank, sheet, columns)
    found = _lines(sheet, chosen, until=localdate(at))
    if found.lines and all(line.state == State.ERROR for line in found.lines):
        first = found.lines[0]
        told = TableProblem(
            "no_line",
            _("Not one line could be read. Row %(row)d: %(problem)s Check which column holds what.")
            % {"row": first.number, "problem": Problem(first.problem).label},
        )
        raise LayoutNeeded(sheet, chosen, told)
    if not found.lines and not found.left_out:
        raise TableProblem("empty", _("The file has the names of the columns, but no line."))
    with transaction.atomic():
        # One import at a time an agency, or two could each take the other's lines for new.
        Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
        _refuse_again(agency, checksum)
        if confirmed:
            layouts.keep(agency, bank, chosen)
        days = [line.booked_on for line in found.lines if line.booked_on is not None]
        statement = Statement.objects.create(
            agency=agency, bank=bank, file_name=PurePath(file_name).name[:120], checksum=checksum,
            first_on=min(days, default=None), last_on=max(days, default=None),
            left_out=found.left_out, imported_by=by, imported_at=at,
        )  # fmt: skip
        for line in found.lines:
            line.statement, line.agency = statement, agency
        _mark_repetitions(agency, found.lines)
        fresh = [line for line in found.lines if not line.state]
        for line, given in zip(fresh, match(agency, fresh), strict=True):
            settle(line, given, by=by, at=at)
        StatementLine.objects.bulk_create(found.lines, batch_size=_BATCH)
    return statement


def _refuse_again(agency: Agency, checksum: str) -> None:
    earlier = Statement.objects.filter(agency=agency, checksum=checksum).first()
    if earlier is not None:
        raise AlreadyImported(earlier)


def _layout(
    agency: Agency, bank: str, sheet: Sheet, columns: Mapping[str, str] | None
) -> dict[str, str]:
    if columns is not None:
        chosen = {field: header for field, header in columns.items() if header}
        problem = layouts.problem_of(chosen)
        if problem is not None:
            raise LayoutNeeded(sheet, chosen, problem)
        return chosen
    kept = layouts.saved(agency, bank)
    suggested = layouts.suggest(kept, sheet.headers)
    if kept is None:
        raise LayoutNeeded(sheet, suggested)
    try:
        find_columns(sheet.header, kept)
    except TableProblem as missing:
        raise LayoutNeeded(sheet, suggested, missing) from None
    return kept


def _lines(sheet: Sheet, chosen: Mapping[str, str], *, until: date) -> Read:
    columns: Columns = find_columns(sheet.header, chosen)
    lines: list[StatementLine] = []
    left_out = 0
    for row in sheet.rows:
        if is_filler(row, sheet.header, columns):
            continue
        try:
            receipt = receipt_of(row, columns, until=until)
        except Unreadable as unreadable:
            lines.append(
                StatementLine(
                    number=row.number, state=State.ERROR, problem=unreadable.problem,
                    cells=[cell[:120] for cell in row.cells],
                )
            )  # fmt: skip
            continue
        if receipt is None:
            left_out += 1
            continue
        lines.append(
            StatementLine(
                number=row.number, booked_on=receipt.booked_on, amount_fen=receipt.amount_fen,
                payer=receipt.payer, note=receipt.note, bank_reference=receipt.bank_reference,
                state="",
            )
        )  # fmt: skip
    return Read(lines, left_out)


def _mark_repetitions(agency: Agency, lines: list[StatementLine]) -> None:
    """Lines whose bank reference this agency has read in before, or twice in this file."""
    references = {line.bank_reference for line in lines if line.bank_reference}
    seen = set(
        StatementLine.objects.filter(
            agency=agency, bank_reference__in=references
        ).values_list("bank_reference", flat=True)
    ) if references else set()  # fmt: skip
    for line in lines:
        if not line.bank_reference:
            continue
        if line.bank_reference in seen:
            line.state, line.problem = State.DUPLICATE, Problem.SEEN
        seen.add(line.bank_reference)
