"""Tables an employer takes away: its rows with what is wrong with them, and what became of them."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from ...models.employers import Batch, BatchRow
from ...models.regions import in_language
from ...rules import identity
from ...tables import as_csv, as_xlsx
from .columns import BY_FIELD, PROBLEMS, ROW
from .problems import in_language_of_reader

State = BatchRow.State


def annotated(batch: Batch) -> bytes:
    """What was read of the file, in its own order and words, with the rows' numbers and problems, as XLSX.

    As long as nothing is handed in it holds every row, afterwards those that were not.
    """
    rows = batch.rows.order_by("number")
    if batch.state != Batch.State.CHECKED:
        rows = rows.filter(state__in=(State.BAD, State.REFUSED))
    found = list(rows.values_list("number", "cells", "problems"))
    width = max([len(batch.header), *(len(cells) for _number, cells, _problems in found)])
    names = _padded(batch.header, width)
    header = [in_language(*PROBLEMS), in_language(*ROW), *names]
    lines = [
        [_said(problems), str(number), *_padded(cells, width)] for number, cells, problems in found
    ]
    return as_xlsx(in_language(*PROBLEMS), header, lines)


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def _said(problems: list[dict[str, str]]) -> str:
    return "\n".join(
        f"{BY_FIELD[problem['field']].name}: {in_language_of_reader(problem)}"
        for problem in problems
    )


def export(batch: Batch, kind: str) -> bytes:
    """What became of the rows, names and numbers masked. `kind`: csv or xlsx."""
    header = [
        in_language(*ROW),
        *(BY_FIELD[name].name for name in ("name", "id_number")),
        _("Reference number"),
        _("State"),
        *(BY_FIELD[name].name for name in ("origin", "destination")),
    ]
    if kind == "csv":
        return as_csv(header, _lines(batch))
    return as_xlsx(batch.reference, header, _lines(batch))


def _lines(batch: Batch) -> Iterator[list[str]]:
    rows = batch.rows.select_related("application__origin", "application__destination")
    for row in rows.order_by("number"):
        case = row.application
        yield [
            str(row.number),
            identity.mask_name(row.values.get("name", "")),
            identity.mask(row.values.get("id_number", "")),
            case.reference if case is not None else "",
            str(case.get_state_display() if case is not None else row.get_state_display()),
            case.origin.name if case is not None else "",
            case.destination.name if case is not None else "",
        ]
