"""Any uploaded CSV or XLSX as rows of text. What the file is, its content says, never its name.

Sizes are bounded before anything is unpacked or parsed. XML goes through defusedxml, so entities
are refused; formulas are never computed: what counts is the value the file itself holds. Every
failure is a `TableProblem`.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext_lazy as _
from openpyxl import DEFUSEDXML
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser

from .problems import TableProblem
from .writing import TRIGGERS

MOST_BYTES = 10 * 1024 * 1024
MOST_UNZIPPED = 96 * 1024 * 1024
MOST_MEMBERS = 200
MOST_ROWS = 20_000
MOST_COLUMNS = 60
MOST_CELLS = 400_000  # of a sheet: rows, and cells that merely have a format, count too
MOST_CHARACTERS = 2_000  # in one cell
_LAST_ROW_OF_A_SHEET = 1_048_576

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DELIMITERS = ",;\t"
# What no table in words and figures holds, but bytes read in a wrong encoding do.
_JUNK = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd-\uffff\ue000-\uf8ff]")
# Characters of names that older tables of GB18030 keep in the private area.
_REAL = str.maketrans(
    dict(
        zip(
            "\ue7c7\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864\ue816\ue817\ue818\ue831\ue83b\ue855",
            "\u1e3f\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb\U00020087\U00020089\U000200cc\U000215d7\U0002298f\U000241fe",
            strict=True,
        )
    )
)

SENTENCES: Mapping[str, Any] = {
    "too_big": _("The file is larger than %(n)d MB."),
    "empty": _("The file is empty."),
    "password": _("The file is protected with a password. Save it without one and try again."),
    "old_format": _("This is a file of the old Excel format. Save it as .xlsx and try again."),
    "too_many_rows": _("The file has more than %(n)d rows. Divide it and try again."),
    "too_many_columns": _("The file has more than %(n)d columns."),
    "too_many_cells": _(
        "The sheet has more than %(n)d cells, counting empty ones. Copy only the table into a new file."
    ),
    "long_cell": _("Row %(row)d has a cell of more than %(n)d characters."),
    "damaged": _("The Excel file is damaged or incomplete. Download it again and try again."),
    "bomb": _("The Excel file unpacks to too much. Save only the table and try again."),
    "no_table": _("This is neither a CSV nor an Excel (.xlsx) file, or it is damaged."),
    "encoding": _(
        "The text cannot be read. Save the file as CSV in UTF-8 or GB18030, or as .xlsx."
    ),
    "damaged_text": _("The CSV file is damaged: a quotation mark is left open."),
}

assert DEFUSEDXML, "openpyxl reads XML through defusedxml only while that is installed"


@dataclass(frozen=True, slots=True)
class Row:
    """One row with something in it; `number` counts the file's rows from 1, as a reader sees them."""

    number: int
    cells: tuple[str, ...]

    def __getitem__(self, column: int) -> str:
        """The text of a column, empty where the row is shorter."""
        return self.cells[column] if column < len(self.cells) else ""


def problem(code: str, **values: int | str) -> TableProblem:
    """Why a file cannot be read, with the sentence of its code."""
    return TableProblem(code, SENTENCES[code], **values)


def read(content: bytes, *, formulas: bool = False, most_rows: int = MOST_ROWS) -> list[Row]:
    """The rows of an uploaded table that are not empty. Raises TableProblem.

    A cell with a formula reads as the value that the file holds for it, or with `formulas` as the
    formula itself. After `most_rows` rows nothing more is read.
    """
    if len(content) > MOST_BYTES:
        raise problem("too_big", n=MOST_BYTES // 1024 // 1024)
    if not content.strip():
        raise problem("empty")
    if content.startswith(_OLE):
        raise _old_format(content)
    rows = _sheet(content, formulas) if content.startswith(b"PK") else _text(content)
    found = list(_bounded(rows, most_rows))
    if not found:
        raise problem("empty")
    return found


def _old_format(content: bytes) -> TableProblem:
    if _ENCRYPTED in content:
        return problem("password")
    return problem("old_format")


def _bounded(rows: Iterable[tuple[int, list[str]]], most: int) -> Iterator[Row]:
    """The rows that hold something, as long as there are not too many of them or in them."""
    found = 0
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        found += 1
        if found > most:
            raise problem("too_many_rows", n=most)
        if len(cells) > MOST_COLUMNS:
            raise problem("too_many_columns", n=MOST_COLUMNS)
        if any(len(cell) > MOST_CHARACTERS for cell in cells):
            raise problem("long_cell", row=number, n=MOST_CHARACTERS)
        yield Row(number, tuple(cells))


# XLSX


def _damaged() -> TableProblem:
    return problem("damaged")


def _sheet(content: bytes, formulas: bool) -> Iterator[tuple[int, list[str]]]:
    """The first sheet, row by row."""
    try:
        _weigh(content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=not formulas)
        try:
            if not book.worksheets:
                raise _damaged()
            yield from _rows(book.worksheets[0])
        finally:
            book.close()
    except TableProblem:
        raise
    except (
        DefusedXmlException, EOFError, InvalidFileException, LookupError, NotImplementedError,
        OSError, OverflowError, ParseError, RuntimeError, TypeError, AttributeError, ValueError,
        zipfile.BadZipFile, zipfile.LargeZipFile,
    ) as error:  # fmt: skip
        # Whatever openpyxl stumbles over, the reader's cure is the same.
        raise _damaged() from error


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet that stand in the file, in order.

    Read with openpyxl's parser and not with its `iter_rows`, which makes up every row whose number is
    left out, and reads on without a word where numbers do not rise.
    """
    book, last, seen = sheet.parent, 0, 0
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=book.data_only,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            if not last < number <= _LAST_ROW_OF_A_SHEET:
                raise _damaged()
            last, seen = number, seen + 1 + len(cells)
            if seen > MOST_CELLS:
                raise problem("too_many_cells", n=MOST_CELLS)
            filled = {
                cell["column"]: _said(cell["value"]) for cell in cells if cell["value"] is not None
            }
            width = max(filled, default=0)
            if width > MOST_COLUMNS:
                raise problem("too_many_columns", n=MOST_COLUMNS)
            if filled:
                yield number, [filled.get(column, "") for column in range(1, width + 1)]


def _weigh(content: bytes) -> None:
    """Refuse an archive that is none of Excel's, or would unpack to too much. Unpacks nothing."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise _no_table()
    if any(member.flag_bits & 1 for member in members):
        raise _old_format(_ENCRYPTED)
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNZIPPED:
        raise problem("bomb")


def _said(value: Any) -> str:
    """A cell's value as text: days as 2026-10-15, numbers without exponent while they are exact."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        # Past 15 digits Excel keeps zeros only: shown with its exponent, it cannot pass for whole.
        exact = abs(value) < 1e15
        return format(value, ".15g") if exact and "e" not in format(value, ".15g") else repr(value)
    if not isinstance(value, str | int):
        return "="  # a formula over several cells
    return _clean(str(value))


# Text


def _no_table() -> TableProblem:
    return problem("no_table")


def _decoded(content: bytes) -> str:
    """The text, in the encoding its mark names, else UTF-8, else GB18030."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            encodings, content = [encoding], content.removeprefix(mark)
            break
    else:
        encodings = ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding).translate(_REAL)
        except UnicodeDecodeError:
            continue
        if not _JUNK.search(text):
            return text
    raise problem("encoding")


def _text(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content)
    if text.lstrip()[:1] in ("<", "{", "%"):
        raise _no_table()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            yield number, [_clean(cell) for cell in cells]
    except csv.Error as error:
        raise problem("damaged_text") from error


def _delimiter(text: str) -> str:
    """The delimiter that gives the most columns on most of the first lines."""
    lines = [line for line in text[:65_536].splitlines() if line.strip()][:60]

    def columns(delimiter: str) -> int:
        return sum(min(line.count(delimiter), MOST_COLUMNS) for line in lines)

    return max(_DELIMITERS, key=columns)


def _clean(text: str) -> str:
    """Without the marks by which programs keep a number as text: ="123", '123, 123 and a tab.

    The apostrophe goes as well that keeps a formula from running, ours (`harmless`) or anybody's: what
    comes back is what once came in, and is judged as that.
    """
    text = text.replace("\u00a0", " ").replace("\u3000", " ").strip().strip("\ufeff")
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1].strip()
    kept = text.lstrip("'`")
    if kept != text and (kept.isdigit() or kept.startswith(TRIGGERS)):
        return kept.strip()
    return text
