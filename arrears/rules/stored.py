"""Assessments as JSON and back: what a quote keeps. Codes, not words; amounts in fen, days in ISO 8601.

An assessment carries the terms it was made with, so it can be explained whatever the policy says later.
What has the value that says nothing (no waiver, nothing paid before) is left out, and the months stand
as columns: a place quotes 100,000 cases a night. The first quotes left nothing out, wrote amounts as
text under a name without `_fen`, and each month as a record; they are read all the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from .asked import Asked, Retiring
from .assessment import Assessment
from .money import from_text
from .periods import Segment
from .retirement import Retirement
from .rows import Row, Totals
from .terms import Base, RatePeriod, Terms, Value

T = TypeVar("T")

_DAYS = frozenset({
    "last_paid", "resumed", "paid_on", "month", "due_on", "suspended_from", "restart_on", "retroactive_from",
    "retroactive_to", "free_until",
})  # fmt: skip


class Field(NamedTuple):
    """One field of a record: how its value is written and read again, and the value that is left out.

    `once`: the name that amounts had in the first quotes, as text.
    """

    name: str
    write: Callable[[Any], Any] | None
    read: Callable[[Any], Any] | None
    without: Any
    once: str = ""


def to_json(found: Assessment) -> dict[str, Any]:
    """Everything of an assessment, JSON-ready."""
    return {**found_json(found), "used": terms_json(found.used)}


def found_json(found: Assessment) -> dict[str, Any]:
    """The same without the terms, which many assessments share."""
    asked = _flat(found.asked)
    if found.asked.months is not None:
        asked["months"] = [month.isoformat() for month in found.asked.months]
    if found.asked.retiring is not None:
        asked["retiring"] = _flat(found.asked.retiring)
    stored = _flat(found)
    stored["asked"] = asked
    stored["rows"] = _columns(found.rows)
    if found.totals is not None:
        stored["totals"] = _flat(found.totals)
    if found.retirement is not None:
        stored["retirement"] = _flat(found.retirement)
    if found.cautions:
        stored["cautions"] = found.cautions
    return stored


def from_json(stored: Mapping[str, Any]) -> Assessment:
    """The inverse of `to_json`."""
    asked, totals, short = stored["asked"], stored.get("totals"), stored.get("retirement")
    months = asked.get("months")
    retiring = asked.get("retiring")
    return _made(
        Assessment,
        stored,
        asked=_made(
            Asked,
            asked,
            months=None if months is None else tuple(map(date.fromisoformat, months)),
            retiring=retiring and Retiring(**retiring),
        ),
        used=_terms_from(stored["used"]),
        rows=rows_from(stored["rows"]),
        totals=totals and _made(Totals, totals),
        retirement=short and _made(Retirement, short),
        cautions=tuple(stored.get("cautions", ())),
    )


def rows_from(stored: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    """The months of a stored assessment."""
    if not isinstance(stored, Mapping):
        return tuple(_made(Row, row) for row in stored)
    names = tuple(stored)
    return tuple(
        _made(Row, dict(zip(names, values, strict=True)))
        for values in zip(*stored.values(), strict=True)
    )


def _columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The months as one list a field, without those that say nothing of any month."""
    found = {}
    for field, values in zip(_SHAPES[Row], zip(*rows, strict=True), strict=False):
        if field.write is not None:
            found[field.name] = list(map(field.write, values))
        elif values.count(field.without) < len(values):
            found[field.name] = list(values)
    return found


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(stored: str | None) -> date | None:
    return None if stored is None else date.fromisoformat(stored)


def _segments_from(stored: Iterable[Any]) -> tuple[Segment, ...]:
    return tuple(
        Segment(from_text(amount) if isinstance(amount, str) else amount, period, days)
        for amount, period, days in stored
    )


def _shape(kind: Any, *without: str) -> tuple[Field, ...]:
    """The fields of a record but for those that need more than a word."""
    if hasattr(kind, "_fields"):
        given = {name: kind._field_defaults.get(name, MISSING) for name in kind._fields}
    else:
        given = {each.name: each.default for each in fields(kind)}
    shape = []
    for name, default in given.items():
        if name in without:
            continue
        if name.endswith("_fen"):
            shape.append(Field(name, None, None, default, name.removesuffix("_fen")))
        elif name in _DAYS:
            shape.append(Field(name, _iso, _day, default))
        elif name == "segments":
            shape.append(Field(name, None, _segments_from, default))
        else:
            shape.append(Field(name, None, None, default))
    return tuple(shape)


_SHAPES: dict[type, tuple[Field, ...]] = {
    Assessment: _shape(Assessment, "asked", "used", "rows", "totals", "retirement", "cautions"),
    Asked: _shape(Asked, "months", "retiring"),
    Row: _shape(Row),
    Totals: _shape(Totals),
    Retirement: _shape(Retirement),
    Retiring: _shape(Retiring),
}


def _flat(record: Any) -> dict[str, Any]:
    """The fields of a record that say something."""
    found = {}
    for name, write, _read, without, _once in _SHAPES[type(record)]:
        value = getattr(record, name)
        if value != without:
            found[name] = value if write is None else write(value)
    return found


def _made(kind: type[T], stored: Mapping[str, Any], **ready: Any) -> T:
    """A record again, from its stored fields and from those that are `ready` already."""
    values = dict(ready)
    for name, _write, read, _without, once in _SHAPES[kind]:
        if name in stored:
            values[name] = stored[name] if read is None else read(stored[name])
        elif once in stored:
            amount = stored[once]
            values[name] = None if amount is None else from_text(amount)
    return kind(**values)


def _value(value: Value) -> list[Any]:
    """The policy value as a list; a Decimal is told apart by being in a list of its own."""
    plain = [str(value.value)] if isinstance(value.value, Decimal) else value.value
    return [plain, value.region, value.policy, value.status, value.source, value.verified]


def _value_from(stored: list[Any]) -> Value:
    plain, *origin = stored
    return Value(Decimal(plain[0]) if isinstance(plain, list) else plain, *origin)


def terms_json(terms: Terms) -> dict[str, Any]:
    """The terms, JSON-ready."""
    return {
        "region": terms.region,
        "on": terms.on.isoformat(),
        "own": terms.own,
        "values": {name: _value(value) for name, value in terms.values.items()},
        "rates": [
            [each.from_on.isoformat(), each.to_on and each.to_on.isoformat(), _value(each.rate)]
            for each in terms.rates
        ],
        "bases": [
            [each.year, _value(each.amount), each.provisional] for each in terms.bases.values()
        ],
    }


def _terms_from(stored: Mapping[str, Any]) -> Terms:
    return Terms(
        region=stored["region"],
        on=date.fromisoformat(stored["on"]),
        own=stored["own"],
        values={name: _value_from(value) for name, value in stored["values"].items()},
        rates=tuple(
            RatePeriod(
                date.fromisoformat(since),
                date.fromisoformat(until) if until else None,
                _value_from(rate),
            )
            for since, until, rate in stored["rates"]
        ),
        bases={
            year: Base(year, _value_from(amount), provisional)
            for year, amount, provisional in stored["bases"]
        },
    )
