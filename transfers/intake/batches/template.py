"""The spreadsheet that employers fill in: every column preset to text, explanations on a second sheet."""

import io
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ...models.regions import Region, in_language
from ...policy import remembered, resolve
from ...workflow.submission import preload_pools
from .columns import COLUMNS, EXAMPLE
from .sheet import MOST_ROWS

_TEXT = "@"


def template(on: date) -> bytes:
    """An empty batch in the reader's language, as XLSX."""
    book = Workbook()
    _people(book.active)
    _explanations(book.create_sheet(_("Explanations")))
    _pools(book.create_sheet(_("List of places")), on)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _people(sheet: Any) -> None:
    sheet.title = _("List of people")
    sheet.freeze_panes = "A2"
    for place, column in enumerate(COLUMNS, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = 24
        sheet.column_dimensions[letter].number_format = _TEXT
        example = column.example
        if column.field == "name":
            example = in_language(*EXAMPLE)
        elif column.field == "scheme_from":
            example = in_language(example, "Employee")
        for number, text in enumerate((column.name, example), 1):
            cell = sheet.cell(number, place, text)
            cell.number_format = _TEXT
            cell.data_type = "s"
            cell.font = Font(bold=number == 1, italic=number == 2)
        if column.field == "scheme_from":
            choice = DataValidation(
                type="list",
                formula1=in_language('"职工,灵活就业"', '"Employee,Flexible employment"'),
                allow_blank=True,
            )
            choice.add(f"{letter}2:{letter}{MOST_ROWS + 2}")
            sheet.add_data_validation(choice)


def _explanations(sheet: Any) -> None:
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = 90
    needed = _("has to be filled in")
    lines = [
        (column.name, f"{column.help} ({needed})" if column.required else str(column.help))
        for column in COLUMNS
    ]
    lines += [
        ("", _("At most %(n)d people in one file. The example row is left out by itself.") % {"n": MOST_ROWS}),
        ("", _("The columns are set to text: enter numbers and dates as they are, without formulas.")),
    ]  # fmt: skip
    _write(sheet, lines)


def _pools(sheet: Any, on: date) -> None:
    """Every place one can name, and whether it takes batches."""
    for letter, width in zip("ABC", (12, 44, 44), strict=True):
        sheet.column_dimensions[letter].width = width
    lines = [(_("code"), _("Place"), _("Online"))]
    with remembered():
        preload_pools()
        for pool in Region.objects.filter(is_pool=True).select_related("parent").order_by("code"):
            online = _("yes") if resolve(pool.code, on).connected else _("no, at the counter only")
            lines.append((pool.code, pool.full_name, online))
    _write(sheet, lines)


def _write(sheet: Any, lines: list[tuple[str, ...]]) -> None:
    for number, line in enumerate(lines, 1):
        for place, text in enumerate(line, 1):
            cell = sheet.cell(number, place, text)
            cell.number_format = _TEXT
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
