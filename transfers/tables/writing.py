"""Tables for people to take away, in which nothing runs.

A spreadsheet takes text that starts with = + - @ for a formula; such text gets an apostrophe in
front. Numbers are written as numbers only where they are given as numbers; account numbers are text.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | Decimal
# Chinese and Japanese spreadsheets take the full-width signs, too.
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula, without characters that no table can hold.

    Reading takes the apostrophe away again.
    """
    guarded = text.startswith(TRIGGERS)
    cleaned = _CONTROL.sub("", text)
    return f"'{cleaned}" if guarded else cleaned


def _safe(cell: Cell) -> Cell:
    return harmless(cell) if isinstance(cell, str) else cell


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow([harmless(name) for name in header])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return sheet.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet. Text is marked as text, so that no digit of an account number is lost."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    lines = [list(row) for row in rows]
    for place, name in enumerate(header):
        longest = max([len(name), *(len(str(line[place])) for line in lines)])
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(12 + longest, 60)
    sheet.append([_cell(sheet, name, bold=True) for name in header])
    for line in lines:
        sheet.append([_cell(sheet, value) for value in line])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: Cell, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, _safe(value))
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"
    elif isinstance(value, Decimal):
        cell.number_format = "#,##0.00"
    if bold:
        cell.font = Font(bold=True)
    return cell
