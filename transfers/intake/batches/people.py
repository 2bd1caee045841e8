"""The rows of a batch, each understood and checked by the rules of the application form."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ...models.applications import Channel
from ...models.regions import Region
from ...policy import remembered
from ...rules.states import Scheme
from ...tables import Row
from ...workflow.actions import Submission
from ...workflow.errors import Problems, Refused
from ...workflow.submission import duplicate, open_already, preload_pools, problems_of
from . import cells
from .cells import Damaged
from .columns import BY_FIELD, COLUMNS
from .problems import in_both, row_problem
from .sheet import Sheet

_NOWHERE = "000000"  # no place has this code, and the rules say so
_EMPTY = _("%(column)s is empty.")
_SUFFIXES = ("市", "地区", "盟", "自治州")


@dataclass(slots=True)
class Entry:
    """One row: what it means, and everything wrong with it."""

    row: Row
    values: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    def has_problem(self, name: str) -> bool:
        return any(problem["field"] == name for problem in self.problems)


def submission_of(values: dict[str, str], employer: int) -> Submission:
    """A row as the workflow takes it. Its people are insured as employees at the new place."""

    def on(name: str) -> dict[str, Any] | None:
        return {name: date.fromisoformat(values[name])} if values.get(name) else None

    return Submission(
        id_number=values.get("id_number", ""),
        name=values.get("name", ""),
        scheme_from=values.get("scheme_from", ""),
        scheme_to=Scheme.EMPLOYEE,
        origin=values.get("origin", ""),
        destination=values.get("destination", ""),
        channel=Channel.BATCH,
        employer=employer,
        contact_phone=values.get("contact_phone", ""),
        contact_email=values.get("contact_email", ""),
        origin_record=on("stopped_on"),
        destination_record=on("enrolled_on"),
    )


def entries_of(sheet: Sheet, employer: int, on: date) -> list[Entry]:
    """Every row with all its problems. The number of queries does not grow with the rows, but for
    one in a thousand people."""
    with remembered():
        preload_pools()
        places = _places()
        entries = [_understand(row, sheet.places, places, on) for row in sheet.rows]
        given = [submission_of(entry.values, employer) for entry in entries]
        for entry, submission in zip(entries, given, strict=True):
            _apply_rules(entry, submission, on)
        _find_repeated(entries)
        for place in open_already(given):
            entries[place].problems.append(
                row_problem("id_number", "open_application_exists", duplicate().message)
            )
    order = {column.field: place for place, column in enumerate(COLUMNS)}
    for entry in entries:
        entry.problems.sort(key=lambda problem: order.get(problem["field"], len(order)))
    return entries


def _places() -> dict[str, set[str]]:
    """Every spelling of a place by which a person may name it, with the codes it can mean."""
    found: dict[str, set[str]] = defaultdict(set)
    pools: dict[str, set[str]] = defaultdict(set)
    for region in Region.objects.select_related("parent"):
        names = {region.name_zh, region.name_en}
        for language in ("zh-hans", "en"):
            with override(language):
                names.add(region.full_name)
        for suffix in _SUFFIXES:
            if region.name_zh.endswith(suffix) and len(region.name_zh) > len(suffix) + 1:
                names.add(region.name_zh.removesuffix(suffix))
        found[region.code] = {region.code}
        for name in names:
            (pools if region.is_pool else found)[_spelling(name)].add(region.code)
    # A pool goes before a place that only shares its name.
    return {**found, **pools}


def _spelling(name: str) -> str:
    return name.replace(" ", "").replace("-", "").casefold()


def _understand(row: Row, columns: dict[str, int], places: dict[str, set[str]], on: date) -> Entry:
    entry = Entry(row)
    for column in COLUMNS:
        name = column.field
        where = columns.get(name)
        text = cells.half_width(row[where]) if where is not None else ""
        if not text:
            if column.required:
                entry.problems.append(row_problem(name, "empty", _EMPTY))
            continue
        try:
            cells.check(text)
            entry.values[name] = _value(name, text, places, on)
        except Damaged as damage:
            entry.problems.append(row_problem(name, damage.code, damage.sentence, **damage.values))
    _check_reached(entry)
    return entry


def _check_reached(entry: Entry) -> None:
    """Everybody is told of their own case, so there must be a way that this installation offers."""
    phone, sentence = (
        "contact_phone",
        _("Give a mobile phone or an e-mail address: the person is told of every step there."),
    )
    if not settings.SMS_URL:
        phone, sentence = (
            "contact_email",
            _(
                "Give an e-mail address: the person is told of every step there. No text messages are sent."
            ),
        )
    reached = entry.values.get(phone) or entry.values.get("contact_email")
    if not reached and not entry.has_problem(phone):
        entry.problems.append(row_problem(phone, "unreachable", sentence))


def _value(name: str, text: str, places: dict[str, set[str]], on: date) -> str:
    if name == "name":
        return cells.name(text)
    if name == "id_number":
        return cells.id_number(text)
    if name == "contact_phone":
        return cells.phone(text)
    if name == "scheme_from":
        return cells.scheme(text)
    if name in ("stopped_on", "enrolled_on"):
        return cells.day(text, on).isoformat()
    if name in ("origin", "destination"):
        return _code(cells.place(text), places)
    return text


def _code(text: str, places: dict[str, set[str]]) -> str:
    """The code of a place. "350500 泉州市" is the spelling of the template's list."""
    head = text.split()[0]
    if head.isdigit() and len(head) == 6:
        return head if head in places else _NOWHERE
    codes = places.get(_spelling(text), set())
    if len(codes) > 1:
        raise Damaged(
            "ambiguous",
            _("%(column)s: several places have this name. Enter the 6-digit code from the list."),
        )
    return next(iter(codes), _NOWHERE)


def _apply_rules(entry: Entry, given: Submission, on: date) -> None:
    """What the form itself would say, for the fields that could be read."""
    seen = {problem["field"] for problem in entry.problems}
    for problem in _of_the_form(given, on):
        nowhere = problem["code"] == "same_pool" and given.origin == _NOWHERE
        if problem["field"] not in seen and not nowhere:
            entry.problems.append(problem)


def _of_the_form(given: Submission, on: date) -> list[dict[str, str]]:
    """Everything the form would say. A sentence that holds a name is fixed in the language that was
    active when the rule was asked, so they are asked once for each."""
    with override("zh-hans"):
        problems, _agencies = problems_of(given, on=on)
        zh = [str(each.message) for each in problems]
    if not problems:
        return []
    with override("en"):
        en = [str(each.message) for each in problems_of(given, on=on)[0]]
    return [
        {"field": _field(each), "code": each.code, "zh": one, "en": other}
        for each, one, other in zip(problems, zh, en, strict=True)
    ]


def _field(refused: Refused) -> str:
    """The column a refusal belongs to; what belongs to none is told at the name."""
    return refused.field if refused.field in BY_FIELD else "name"


def refusal(given: Submission, refused: Refused, on: date) -> list[dict[str, str]]:
    """Why a row that was good when it was checked is refused now."""
    each = refused.problems if isinstance(refused, Problems) else [refused]
    return _of_the_form(given, on) or [
        {"field": _field(one), "code": one.code, **in_both(lambda one=one: str(one.message))}
        for one in each
    ]


def _find_repeated(entries: Sequence[Entry]) -> None:
    """The same person in several rows: each names the others."""
    rows: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        number = entry.values.get("id_number", "")
        if len(number) == 18:
            rows[number].append(entry)
    for same in rows.values():
        if len(same) < 2:
            continue
        for entry in same:
            others = [each.row.number for each in same if each is not entry]
            entry.problems.append(
                row_problem(
                    "id_number", "twice", _("The same person stands in row %(rows)s, too."),
                    rows="、".join(map(str, others[:5])),
                )
            )  # fmt: skip
