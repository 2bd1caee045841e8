"""Where the table proper starts in a file, and which column is which."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from .problems import TableProblem
from .reading import Row

TITLE_ROWS = 40  # titles, account details and totals stand above a bank's table

_SPACE = re.compile(r"\s+")


def plain(header: str) -> str:
    """A header as it is compared: one width, no spaces, no case, without what stands in brackets."""
    text = _SPACE.sub("", unicodedata.normalize("NFKC", header)).casefold()
    return re.sub(r"[((【\[].*?[))】\]]", "", text).strip(":*")


def header_row(rows: Sequence[Row], known: Collection[str]) -> int:
    """The index of the row that names the columns: the one with most of the `known` headers.

    Where none is known, the first of the widest rows that holds words only. Raises TableProblem
    when there is no such row, or nothing below it.
    """
    wanted = {plain(name) for name in known}
    top = rows[:TITLE_ROWS]
    hits = [len(wanted & {plain(cell) for cell in row.cells}) for row in top]
    most = max(hits, default=0)
    if most >= 2:
        found = hits.index(most)
    else:
        widest = max((_filled(row) for row in rows[: TITLE_ROWS * 2]), default=0)
        found = next(
            (
                index
                for index, row in enumerate(top)
                if _filled(row) >= max(2, widest - 1) and _words_only(row)
            ),
            -1,
        )
    if found < 0:
        raise TableProblem(
            "no_header", _("No row with the names of the columns was found in the file.")
        )
    if found == len(rows) - 1:
        raise TableProblem("empty", _("The file has the names of the columns, but no row below."))
    return found


def _filled(row: Row) -> int:
    return sum(bool(cell) for cell in row.cells)


def _words_only(row: Row) -> bool:
    cells = [cell for cell in row.cells if cell]
    return len(set(cells)) == len(cells) and not any(
        re.fullmatch(r"[-+¥\d.,:/% ]+", cell) for cell in cells
    )


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the file holds each field. A field that the file lacks reads as empty."""

    places: Mapping[str, int]

    def __contains__(self, field: str) -> bool:
        return field in self.places

    def of(self, row: Row, field: str) -> str:
        place = self.places.get(field)
        return "" if place is None else row[place]


def find_columns(header: Row, wanted: Mapping[str, str]) -> Columns:
    """The columns by the headers `wanted` for each field. Raises TableProblem for one not there."""
    there: dict[str, int] = {}
    for place, name in enumerate(header.cells):
        there.setdefault(plain(name), place)
    missing = [name for name in wanted.values() if plain(name) not in there]
    if missing:
        raise TableProblem(
            "missing_column",
            _("The file has no column “%(name)s”.")
            % {"name": f"”{pgettext('list separator', ', ')}“".join(missing)},
        )
    return Columns({field: there[plain(name)] for field, name in wanted.items()})
