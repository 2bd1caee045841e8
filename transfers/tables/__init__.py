"""Tables that people hand in or take away as files: CSV and XLSX, read without trust, written without traps."""

from .confined import read_confined
from .problems import TableProblem
from .reading import Row, read
from .shape import TITLE_ROWS, Columns, find_columns, header_row, plain
from .writing import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx

__all__ = [
    "CSV_TYPE",
    "TITLE_ROWS",
    "XLSX_TYPE",
    "Columns",
    "Row",
    "TableProblem",
    "as_csv",
    "as_xlsx",
    "find_columns",
    "header_row",
    "plain",
    "read",
    "read_confined",
]
