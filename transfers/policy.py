"""What is in force in a place on a day: each value from the nearest region that sets it."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from .models.policies import RegionPolicy, TransferPolicy, ValueStatus
from .models.regions import NATION, Region, lineage_codes


class PolicyMissing(LookupError):  # noqa: N818 - a name callers read as a sentence
    """No region up to the nation sets a value that every place must have."""


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """One value and where it comes from."""

    value: Any
    region_code: str
    policy_id: int
    status: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class TransferTerms:
    """The policy of one region on one day. Values are read as attributes; all `*_days` are working days."""

    region_code: str
    on: date
    values: dict[str, PolicyValue]
    statute: dict[str, PolicyValue]

    def __getattr__(self, name: str) -> Any:
        if name not in TransferPolicy.VALUES:
            raise AttributeError(name)
        return self.source_of(name).value if name in self.values else None

    def source_of(self, name: str) -> PolicyValue:
        """The value with its source. Raises PolicyMissing when no region sets it."""
        try:
            return self.values[name]
        except KeyError:
            raise PolicyMissing(f"{name} is not set for {self.region_code} on {self.on}") from None

    def limit(self, name: str) -> tuple[int, int]:
        """(promised, statutory) working days of a step; a promise never lengthens the statute.

        Where national text sets no limit, the promise is the only one.
        """
        promised = int(self.source_of(name).value)
        national = self.statute.get(name)
        if national is None or national.status != ValueStatus.LAW:
            return promised, promised
        statutory = int(national.value)
        return min(promised, statutory), statutory

    def pin(self, *names: str) -> dict[str, Any]:
        """The values as stored beside what they decided, JSON-ready."""
        return {
            name: {
                "value": found.value,
                "region": found.region_code,
                "policy": found.policy_id,
                "status": found.status,
            }
            for name in names
            if (found := self.values.get(name)) is not None
        }


T = TypeVar("T")
Row = TypeVar("Row", bound=RegionPolicy)
_memory: ContextVar[dict[tuple[Any, ...], Any] | None] = ContextVar("policy_memory", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Within the block, what is in force in a place is read once and then remembered.

    For one transaction that changes neither policies, regions nor calendars: its parts then all see
    the same terms. Nothing outlives the block.
    """
    if _memory.get() is not None:
        yield
        return
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def once(key: tuple[Any, ...], read: Callable[[], T]) -> T:
    """What `read` returns; within `remembered` only the first call with this key reads."""
    memory = _memory.get()
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    found: T = memory[key]
    return found


def resolve(region: Region | str, on: date) -> TransferTerms:
    """The terms in force in `region` on `on`: pool → city → province → nation, value by value.

    Two queries, or none if `remembered`. Raises Region.DoesNotExist for an unknown code.
    """
    code = region if isinstance(region, str) else region.pk
    return once(("terms", code, on), lambda: _terms(code, on))


def lineage_of(code: str) -> list[str]:
    """The codes of a place and of each region it is part of, up to the nation. One query, or none."""
    return once(("lineage", code), lambda: lineage_codes(code))


def rows_of(table: type[Row], code: str) -> list[Row]:
    """Every row of a policy table for a place and what it is part of, of whatever time: a handful.

    Two queries, or none if `remembered`.
    """

    def read() -> list[Row]:
        return list(table._default_manager.filter(region__in=lineage_of(code)).order_by())

    return once(("rows", table, code), read)


def preload(table: type[Row], codes: Collection[str]) -> None:
    """Within `remembered`: read the rows of a policy table for so many places in two queries."""
    found = Region.objects.filter(pk__in=list(codes)).values_list(
        "code", "parent_id", "parent__parent_id", "parent__parent__parent_id"
    )
    above = {line[0]: [each for each in line if each is not None] for line in found}
    rows: dict[str, list[Row]] = {}
    places = {each for lineage in above.values() for each in lineage}
    for row in table._default_manager.filter(region__in=places).order_by():
        rows.setdefault(row.region_id, []).append(row)
    for code, lineage in above.items():
        once(("lineage", code), lambda lineage=lineage: lineage)
        once(
            ("rows", table, code),
            lambda lineage=lineage: [row for each in lineage for row in rows.get(each, ())],
        )


def in_force(
    rows: Iterable[RegionPolicy], regions: Collection[str], on: date
) -> dict[str, PolicyValue]:
    """The values set by the rows in force on a day, each from the first of `regions` that sets it."""
    by_region = {row.region_id: row for row in rows if row.covers(on)}
    values: dict[str, PolicyValue] = {}
    for each in regions:
        row = by_region.get(each)
        if row is None:
            continue
        for name, value in row.given().items():
            if name not in values:
                values[name] = value_of(row, name, value)
    return values


def value_of(row: RegionPolicy, name: str, value: Any) -> PolicyValue:
    """A value of a row with what the row tells of it."""
    told = row.provenance.get(name, {})
    return PolicyValue(
        value,
        row.region_id,
        row.pk,
        told.get("status", ValueStatus.OWN),
        told.get("source", ""),
        bool(told.get("verified", False)),
    )


def _terms(code: str, on: date) -> TransferTerms:
    with remembered():  # the lineage is asked for twice
        rows, lineage = rows_of(TransferPolicy, code), lineage_of(code)
    return TransferTerms(code, on, in_force(rows, lineage, on), in_force(rows, [NATION], on))
