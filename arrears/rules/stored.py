"""Assessments as JSON and back: what a quote keeps. Codes, not words; amounts as text, days in ISO 8601.

An assessment carries the terms it was made with, so it can be explained whatever the policy says later.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from .asked import Asked, Retiring
from .assessment import Assessment
from .money import from_text, text
from .periods import Segment
from .retirement import Retirement
from .rows import Row, Totals
from .terms import Base, RatePeriod, Terms, Value

T = TypeVar("T")
Field = tuple[str, str, Callable[[Any], Any]]

_DAYS = frozenset({
    "last_paid", "resumed", "paid_on", "month", "due_on", "suspended_from", "restart_on", "retroactive_from",
    "retroactive_to", "free_until",
})  # fmt: skip


def to_json(found: Assessment) -> dict[str, Any]:
    """Everything of an assessment, JSON-ready."""
    return {
        **_flat(found),
        "asked": _asked(found.asked),
        "used": _terms(found.used),
        "rows": [_row(row) for row in found.rows],
        "totals": found.totals and _flat(found.totals),
        "retirement": found.retirement and _flat(found.retirement),
        "cautions": list(found.cautions),
    }


def from_json(stored: Mapping[str, Any]) -> Assessment:
    """The inverse of `to_json`."""
    asked, totals, short = stored["asked"], stored["totals"], stored["retirement"]
    months = asked["months"]
    retiring = asked["retiring"]
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
        rows=tuple(map(_row_from, stored["rows"])),
        totals=totals and _made(Totals, totals),
        retirement=short and _made(Retirement, short),
        cautions=tuple(stored["cautions"]),
    )


def _as_it_is(value: Any) -> Any:
    return value


def _amount(fen: int | None) -> str | None:
    return None if fen is None else text(fen)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _shape(kind: type, without: tuple[str, ...]) -> tuple[Field, ...]:
    """Of each field its name, its name as stored, and how its value is written."""
    names = getattr(kind, "_fields", None) or tuple(each.name for each in fields(kind))
    shape: list[Field] = []
    for name in names:
        if name in without:
            continue
        if name.endswith("_fen"):
            shape.append((name, name[:-4], _amount))
        else:
            shape.append((name, name, _iso if name in _DAYS else _as_it_is))
    return tuple(shape)


_SHAPES: dict[type, tuple[Field, ...]] = {
    Assessment: _shape(Assessment, ("asked", "used", "rows", "totals", "retirement", "cautions")),
    Asked: _shape(Asked, ("months", "retiring")),
    Row: _shape(Row, ("segments",)),
    Totals: _shape(Totals, ()),
    Retirement: _shape(Retirement, ()),
}
"""How records are stored, but for the fields that need more than a word."""


def _flat(record: Any) -> dict[str, Any]:
    """The fields of a record; amounts lose the `_fen` of their name and become text."""
    return {stored: write(getattr(record, name)) for name, stored, write in _SHAPES[type(record)]}


def _made(kind: type[T], stored: Mapping[str, Any], **ready: Any) -> T:
    """A record again, from its stored fields and from those that are `ready` already."""
    values = dict(ready)
    for name, kept, write in _SHAPES[kind]:
        value = stored[kept]
        if value is not None and write is _amount:
            value = from_text(value)
        elif value is not None and write is _iso:
            value = date.fromisoformat(value)
        values[name] = value
    return kind(**values)


def _asked(asked: Asked) -> dict[str, Any]:
    months, retiring = asked.months, asked.retiring
    return {
        **_flat(asked),
        "months": None if months is None else [month.isoformat() for month in months],
        "retiring": retiring
        and {"sex": retiring.sex, "cumulative_months": retiring.cumulative_months},
    }


def _row(row: Row) -> dict[str, Any]:
    segments = [[text(part.amount_fen), part.period, part.days] for part in row.segments]
    return {**_flat(row), "segments": segments}


def _row_from(stored: Mapping[str, Any]) -> Row:
    segments = (
        Segment(from_text(amount), period, days) for amount, period, days in stored["segments"]
    )
    return _made(Row, stored, segments=tuple(segments))


def _value(value: Value) -> list[Any]:
    """The policy value as a list; a Decimal is told apart by being in a list of its own."""
    plain = [str(value.value)] if isinstance(value.value, Decimal) else value.value
    return [plain, value.region, value.policy, value.status, value.source, value.verified]


def _value_from(stored: list[Any]) -> Value:
    plain, *origin = stored
    return Value(Decimal(plain[0]) if isinstance(plain, list) else plain, *origin)


def _terms(terms: Terms) -> dict[str, Any]:
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
