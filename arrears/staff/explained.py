"""A quote explained: every figure with its formula, inputs and policy, in both languages.

Made from the assessment that the quote keeps, so it says what was true when the quote was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from transfers.models import Region, TransferPolicy

from ..letters import in_both
from ..models import ArrearsPolicy, Quote, WageBase
from ..rules.assessment import Assessment
from ..rules.figures import Figure, Input, figures, label, shown, spell, table_of
from ..rules.reasons import Caution
from ..rules.rows import Row
from ..rules.stored import from_json
from ..rules.terms import Value
from ..rules.wording import STATUSES

_MONEY = frozenset({
    "principal_employer", "principal_person", "late_fee_employer", "late_fee_person",
    "late_fee_waived", "principal", "late_fee", "total", "outstanding",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Both:
    """The same in Chinese and in English."""

    zh: str
    en: str

    @classmethod
    def of(cls, say: Callable[[], str]) -> Both:
        return cls(*in_both(say))

    def as_data(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Source:
    """One policy value and the row it stands in. `since`: first day, or the year, that row is for."""

    number: int
    what: Both
    value: Both
    place: Both
    since: str
    status: Both
    verified: bool
    text: str


@dataclass(frozen=True, slots=True)
class Given:
    """An input of a figure; `source`: number of the policy value it is, None where it is not one."""

    label: str
    value: str
    source: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A figure: what it is, what it comes to, and how, in both languages."""

    label: str
    value: str
    words: Both
    inputs: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Month:
    row: Row
    lines: tuple[Line, ...]

    @property
    def left_fen(self) -> int:
        return self.row.outstanding_fen


@dataclass(frozen=True, slots=True)
class Explained:
    found: Assessment
    months: tuple[Month, ...]
    money: tuple[Line, ...]
    restart: tuple[Line, ...]
    rule: Both
    sources: tuple[Source, ...]
    cautions: tuple[Both, ...]


def explained(quote: Quote) -> Explained:
    """The quote with all its figures. At most four queries."""
    return explained_by(from_json(quote.assessment))


def explained_by(found: Assessment) -> Explained:
    """The same of an assessment that no quote keeps yet."""
    all_figures = figures(found)
    sources = _sources(all_figures)
    numbers = {key: source.number for key, source in sources.items()}
    by_month: dict[str, list[Line]] = {}
    money, restart = [], []
    rule = Both("", "")
    for figure in all_figures:
        line = _line(figure, numbers)
        month, _dot, name = figure.key.rpartition(".")
        if month:
            by_month.setdefault(month, []).append(line)
        elif name in _MONEY:
            money.append(line)
        else:
            restart.append(line)
        if name == "restart_on":
            rule = line.words
    return Explained(
        found=found,
        months=tuple(
            Month(row, tuple(by_month.get(f"{row.month:%Y-%m}", ()))) for row in found.rows
        ),
        money=tuple(money),
        restart=tuple(restart),
        rule=rule,
        sources=tuple(sources.values()),
        cautions=tuple(map(_caution, found.cautions)),
    )


def _caution(code: str) -> Both:
    return Both.of(lambda: str(Caution(code).label))


def _line(figure: Figure, numbers: dict[_Key, int]) -> Line:
    _month, _dot, name = figure.key.rpartition(".")
    return Line(
        label(name),
        shown(figure.key, figure.value),
        Both.of(lambda: spell(figure)),
        tuple(
            Given(
                label(_plain(each.name)),
                shown(_plain(each.name), each.value),
                numbers.get(_key(each)) if each.source else None,
            )
            for each in figure.inputs
        ),
    )


def _plain(name: str) -> str:
    """`rate_2` is a rate; `month_2` a month."""
    head, _underscore, tail = name.rpartition("_")
    return head if tail.isdigit() and head in ("rate", "principal", "days", "month") else name


class _Key(NamedTuple):
    """What makes a policy value the same one as another."""

    table: str
    name: str
    value: str
    region: str
    policy: int | None


def _key(given: Input) -> _Key:
    source = given.source
    assert source is not None, "asked only of policy values"
    name = _plain(given.name)
    return _Key(table_of(given), name, given.value, source.region, source.policy)


def _sources(found: Iterable[Figure]) -> dict[_Key, Source]:
    """Each policy value that any figure uses, once, numbered as they come."""
    used: dict[_Key, Value] = {}
    for given in (each for figure in found for each in figure.inputs):
        if given.source is not None:
            used.setdefault(_key(given), given.source)
    since = dict(_since(used))
    places = Region.objects.in_bulk({value.region for value in used.values()})
    return {
        key: _source(number, key, value, places.get(value.region), since.get(key, ""))
        for number, (key, value) in enumerate(used.items(), start=1)
    }


def _source(number: int, key: _Key, value: Value, place: Region | None, since: str) -> Source:
    return Source(
        number=number,
        what=Both.of(lambda: label(key.name)),
        value=Both.of(lambda: shown(key.name, key.value)),
        place=Both(place.name_zh, place.name_en) if place else Both(value.region, value.region),
        since=since,
        status=Both.of(lambda: str(STATUSES.get(value.status, value.status))),
        verified=value.verified,
        text=value.source,
    )


_TABLES: dict[str, tuple[Any, str]] = {
    "arrears_policy": (ArrearsPolicy, "valid_from"),
    "transfer_policy": (TransferPolicy, "valid_from"),
    "wage_base": (WageBase, "year"),
}


def _since(used: dict[_Key, Value]) -> Iterator[tuple[_Key, str]]:
    """The first day of each policy row that was used; of a wage base its year. At most three queries."""
    rows: dict[str, dict[int, date | int]] = {}
    for table, (model, column) in _TABLES.items():
        keys = {value.policy for key, value in used.items() if key.table == table}
        if keys:
            rows[table] = dict(model.objects.filter(pk__in=keys).values_list("pk", column))
    for key, value in used.items():
        first = rows.get(key.table, {}).get(value.policy or 0)
        if first is not None:
            yield key, str(first)
