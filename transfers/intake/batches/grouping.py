"""The problems of many rows in few sentences: "23 rows: Stopped on is empty"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...models.employers import Batch, BatchRow
from .columns import BY_FIELD, COLUMNS
from .problems import IN_GENERAL, in_language_of_reader

SHOWN = 12  # row numbers named in a group


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with the same problem in the same column."""

    column: str
    sentence: str
    rows: Sequence[int]

    @property
    def first(self) -> Sequence[int]:
        return self.rows[:SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.rows) - SHOWN)


def groups_of(batch: Batch, state: BatchRow.State) -> list[Group]:
    """The problems of the batch's rows in a state, most frequent first. One query."""
    rows = batch.rows.filter(state=state).order_by("number").values_list("number", "problems")
    return grouped(rows)


def grouped(rows: Iterable[tuple[int, list[dict[str, str]]]]) -> list[Group]:
    found: dict[tuple[str, str], list[int]] = {}
    for number, problems in rows:
        for problem in problems:
            general = IN_GENERAL.get(problem["code"])
            sentence = str(general) if general is not None else in_language_of_reader(problem)
            found.setdefault((problem["field"], sentence), []).append(number)
    order = {column.field: place for place, column in enumerate(COLUMNS)}
    keys = sorted(found, key=lambda key: (-len(found[key]), order.get(key[0], 99)))
    return [
        Group(BY_FIELD[field].name, sentence, found[field, sentence]) for field, sentence in keys
    ]
