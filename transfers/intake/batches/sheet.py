"""A batch's file as rows under known columns, or everything that is wrong with it as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _
from openpyxl.utils import get_column_letter

from ...models.regions import in_language
from ...tables import TITLE_ROWS, Row, TableProblem, header_row, plain, read_confined
from .columns import COLUMNS, EXAMPLE, OURS
from .problems import ERROR, NOTE, file_problem, in_both

MOST_ROWS = 5_000
_MOST_READ = MOST_ROWS + TITLE_ROWS + 2  # with titles, the names of the columns and the example
_EXAMPLES = {plain(each) for each in EXAMPLE} | {"示例", "example"}
_KNOWN = {heading for column in COLUMNS for heading in column.headings}


@dataclass(frozen=True, slots=True)
class Sheet:
    """`places`: which column of the file holds each field. `problems` also holds mere notes."""

    header: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_usable(self) -> bool:
        return not any(problem["level"] == ERROR for problem in self.problems)


def sheet_of(content: bytes) -> Sheet:
    """The file, read without trust. Never raises for anything that a file may hold."""
    try:
        rows = read_confined(content, formulas=True, most_rows=_MOST_READ)
        place = header_row(rows, _KNOWN)
    except TableProblem as refused:
        return Sheet(problems=[_too_many() if refused.code == "too_many_rows" else _told(refused)])
    header, below = rows[place], rows[place + 1 :]
    people = [row for row in below if not _is_example(row, header)]
    left_out = len(below) - len(people)
    places, problems = _columns(header, people)
    if not people:
        problems.append(
            file_problem("empty", _("The file has the names of the columns, but no row below."))
        )
    if len(people) > MOST_ROWS:
        problems.append(_too_many())
    if left_out:
        problems.append(file_problem("example", _("The example row was left out."), level=NOTE))
    return Sheet(list(header.cells), places, people, problems)


def _too_many() -> dict[str, str]:
    return file_problem(
        "too_many_people",
        _("The file has more than %(most)d people. Divide it and try again."),
        most=MOST_ROWS,
    )


def _told(problem: TableProblem) -> dict[str, str]:
    return {"level": ERROR, "code": problem.code, **in_both(lambda: problem.message)}


def _is_example(row: Row, header: Row) -> bool:
    return any(plain(cell) in _EXAMPLES or cell in EXAMPLE for cell in row.cells[:3])


def _columns(header: Row, rows: Sequence[Row]) -> tuple[dict[str, int], list[dict[str, str]]]:
    """Where each field stands, and everything wrong with the header, all at once."""
    names = [plain(name) for name in header.cells]
    places: dict[str, int] = {}
    problems = []
    taken: set[int] = set()
    for column in COLUMNS:
        found = [place for place, name in enumerate(names) if name and name in column.headings]
        taken.update(found)
        if found:
            places[column.field] = found[0]
        elif column.required:
            problems.append(
                file_problem("missing_column", _("There is no column “%(name)s”."), name=_Both(column.zh, column.en))
            )  # fmt: skip
        if len(found) > 1:
            problems.append(
                file_problem("column_twice", _("The column “%(name)s” is there twice. Remove one."), name=_Both(column.zh, column.en))
            )  # fmt: skip
    width = max((len(row.cells) for row in rows), default=0)
    unnamed = [
        get_column_letter(place + 1)
        for place in range(width)
        if (place >= len(names) or not names[place]) and any(row[place] for row in rows)
    ]
    if unnamed:
        problems.append(
            file_problem(
                "unnamed_column",
                _("Column %(letters)s has no heading of its own. If headings are merged over several columns, undo that."),
                level=ERROR if problems else NOTE, letters="、".join(unnamed[:10]),
            )
        )  # fmt: skip
    extra = [
        header.cells[place][:30]
        for place, name in enumerate(names)
        if name and place not in taken and name not in OURS
    ]
    if extra:
        problems.append(
            file_problem(
                "extra_column", _("These columns are not needed and were not read: %(names)s."),
                level=NOTE, names="、".join(extra[:10]),
            )
        )  # fmt: skip
    return places, problems


class _Both:
    """A heading that says itself in the reader's language."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en

    def __str__(self) -> str:
        return in_language(self.zh, self.en)
