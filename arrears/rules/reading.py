"""A case as scripts write it: one JSON object. Everything that is wrong with it is found at once."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from transfers.rules.states import Scheme

from .asked import (
    MOST_BASE_FEN,
    MOST_MONTHS,
    Asked,
    Problem,
    Refused,
    Retiring,
    Sex,
    missing,
    problem,
    problems_among,
)
from .reasons import Cause

REQUIRED = ("region", "scheme", "cause", "last_paid", "paid_on")
KEYS = (
    *REQUIRED, "months", "resumed", "base", "consecutive_months_before", "switched", "missed_years",
    "repaired_years", "exempt", "retiring",
)  # fmt: skip

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_REGION = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class Case:
    """What could be read: `values` are fields of Asked. `region` None where it could not."""

    region: str | None
    values: Mapping[str, Any]
    problems: tuple[Problem, ...]

    def asked(self, more: Iterable[Problem] = ()) -> Asked:
        """The question. Raises Refused with what is wrong with it, and with `more`, by field."""
        wrong = [*self.problems, *more]
        if wrong:
            order = {key: index for index, key in enumerate(KEYS)}
            raise Refused(sorted(wrong, key=lambda one: order.get(one.field, len(order))))
        return Asked(**self.values)


class _Unreadable(Exception):  # noqa: N818 - carries a problem's code and words
    """A value that is not what its field holds: code and words."""


class _NoNumber:
    """Stands for a number that JSON can spell and nobody can reckon with."""


def read(document: str) -> Case:
    """The case in a JSON document. Raises Refused where that is not one JSON object."""
    twice: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                twice.append(key)
            found[key] = value
        return found

    try:
        given = json.loads(
            document,
            object_pairs_hook=members,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=lambda spelled: _NoNumber(),
        )
    except (ValueError, RecursionError) as error:
        words = _("This is not JSON.")
        raise Refused([problem("", "not_json", words)]) from error
    if not isinstance(given, dict):
        raise Refused([problem("", "not_an_object", _("Give one JSON object."))])
    return _case(given, twice)


def _number(spelled: str) -> Decimal | _NoNumber:
    try:
        return Decimal(spelled)
    except InvalidOperation:
        return _NoNumber()


def _integer(spelled: str) -> int | _NoNumber:
    return int(spelled) if len(spelled) < 20 else _NoNumber()


def _case(given: Mapping[str, Any], twice: Iterable[str]) -> Case:
    wrong = [problem(key, "given_twice", _("This is given more than once.")) for key in twice]
    wrong += [
        problem(key, "unknown_key", _("There is no such key.")) for key in given if key not in KEYS
    ]
    values: dict[str, Any] = {}
    region = None
    for key, (name, reader) in _READERS.items():
        if given.get(key) is None:
            continue
        try:
            values[name] = reader(given[key])
        except _Unreadable as error:
            wrong.append(Problem(key, *error.args))
    region = values.pop("region", None)
    resident = values.get("scheme") == Scheme.RESIDENT
    wrong += _missing(given, resident)
    if resident:
        values.setdefault("cause", Cause.INDIVIDUAL.value)
    values.setdefault("last_paid", None)
    return Case(region, values, (*wrong, *problems_among(values)))


def _missing(given: Mapping[str, Any], resident: bool) -> Iterator[Problem]:
    needed = set(REQUIRED)
    if resident:
        needed -= {"cause", "last_paid"}
        if given.get("last_paid") is None:
            needed.add("missed_years")
    for key in KEYS:
        if key in needed and given.get(key) is None:
            yield missing(key)


def _refuse(code: str, words: Any, **values: Any) -> _Unreadable:
    return _Unreadable(code, words, values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _refuse("wrong_type", _("Write this as text, between quotation marks."))
    return value


def _region(value: Any) -> str:
    if not _REGION.fullmatch(_text(value)):
        raise _refuse("unknown", _("Give the six digits of a region, such as 330100."))
    return str(value)


def _choice(values: Iterable[str]) -> Callable[[Any], str]:
    choices = tuple(values)

    def read_choice(value: Any) -> str:
        if _text(value) not in choices:
            raise _refuse("unknown", _("Give one of %(choices)s."), choices=", ".join(choices))
        return str(value)

    return read_choice


def _month(value: Any) -> date:
    if not _MONTH.fullmatch(_text(value)):
        raise _refuse("not_a_month", _("Write a month as in 2025-03."))
    try:
        return date.fromisoformat(f"{value}-01")
    except ValueError:
        raise _refuse("not_a_month", _("Write a month as in 2025-03.")) from None


def _months(value: Any) -> tuple[date, ...]:
    if not isinstance(value, list):
        raise _refuse("wrong_type", _("Give a list of months."))
    if len(value) > MOST_MONTHS:
        raise _refuse("too_many", _("No more than %(most)s months."), most=MOST_MONTHS)
    return tuple(map(_month, value))


def _day(value: Any) -> date:
    if not _DAY.fullmatch(_text(value)):
        raise _refuse("not_a_day", _("Write a day as in 2025-03-20."))
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _refuse("not_a_day", _("There is no such day.")) from None


def _base(value: Any) -> int:
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        value = Decimal(value)
    if type(value) not in (int, Decimal):
        raise _refuse("wrong_type", _("Give an amount of yuan, such as 8000 or 8123.45."))
    amount = Decimal(value)
    if abs(amount) * 100 > MOST_BASE_FEN:
        if amount < 0:
            raise _refuse("negative", _("The base cannot be below 0."))
        raise _refuse("too_large", _("The base is too large for a monthly wage."))
    rounded = amount.quantize(Decimal("0.01"))
    if rounded != amount:
        raise _refuse("too_precise", _("Give no more than two decimals."))
    return int(rounded * 100)


def _count(value: Any) -> int:
    if type(value) is not int:
        raise _refuse("wrong_type", _("Give a whole number."))
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refuse("wrong_type", _("Give true or false."))
    return value


def _retiring(value: Any) -> Retiring:
    if not isinstance(value, dict) or set(value) != {"sex", "cumulative_months"}:
        raise _refuse("wrong_type", _("Give an object with sex and cumulative_months."))
    sex = _choice(Sex.values)(value["sex"])
    return Retiring(sex, _count(value["cumulative_months"]))


_READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "region": ("region", _region),
    "scheme": ("scheme", _choice(Scheme.values)),
    "cause": ("cause", _choice(Cause.values)),
    "last_paid": ("last_paid", _month),
    "paid_on": ("paid_on", _day),
    "months": ("months", _months),
    "resumed": ("resumed", _month),
    "base": ("base_fen", _base),
    "consecutive_months_before": ("consecutive_months_before", _count),
    "switched": ("switched", _flag),
    "missed_years": ("missed_years", _count),
    "repaired_years": ("repaired_years", _count),
    "exempt": ("exempt", _flag),
    "retiring": ("retiring", _retiring),
}
