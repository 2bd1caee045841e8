"""What is wrong with a batch or a row of it, as it is stored: a code and a sentence in each language."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ...models.regions import in_language
from .columns import BY_FIELD

ERROR, NOTE = "error", "note"

# Sentences that name a row or a figure say in a group what all of its rows have in common.
IN_GENERAL: dict[str, Any] = {
    "twice": _("The same person stands in several rows."),
    "date_serial": _("Dates became numbers. Set the column to “text” and enter the dates again."),
    "id_exponent": _("ID numbers became figures like 3.30E+17. Set the column to “text” and enter them again."),
    "exponent": _("Numbers became figures like 1.38E+10. Set the column to “text” and enter them again."),
    "code_short": _("Codes of places have lost zeros. Set the column to “text” and enter them again."),
    "failed": _("An error of ours kept these rows out. Tell the office, with the batch number and the row."),
    "error_value": _("Cells hold an error of the spreadsheet, such as #N/A."),
}  # fmt: skip


def in_both(say: Callable[[], str]) -> dict[str, str]:
    """What `say` returns in Chinese and in English."""
    with override("zh-hans"):
        zh = say()
    with override("en"):
        return {"zh": zh, "en": say()}


def row_problem(field: str, code: str, sentence: Any, **values: Any) -> dict[str, str]:
    """A problem of a row. The sentence may also use %(column)s."""

    def say() -> str:
        return str(sentence) % {"column": BY_FIELD[field].name, **values}

    return {"field": field, "code": code, **in_both(say)}


def file_problem(code: str, sentence: Any, *, level: str = ERROR, **values: Any) -> dict[str, str]:
    return {"level": level, "code": code, **in_both(lambda: str(sentence) % values)}


def in_language_of_reader(problem: dict[str, str]) -> str:
    return in_language(problem["zh"], problem["en"])
