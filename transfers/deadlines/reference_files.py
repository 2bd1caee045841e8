"""Reference files that ship: CSV with one header row, read into model instances and inserted.

Policy files of every app have the same columns, one row a value: `policies`.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, ForeignKey

from ..models.policies import RegionPolicy, ValueStatus
from ..models.regions import Region

Row = Mapping[str, str]


class BadFile(ValueError):  # noqa: N818 - a name callers read as a sentence
    """A reference file cannot be read; says where and why."""

    def __init__(self, path: Path, line: int, why: str) -> None:
        super().__init__(f"{path.name}, line {line}: {why}" if line else f"{path.name}: {why}")
        self.path, self.line, self.why = path, line, why


def rows_in(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
    """The rows of a file with their line numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != columns:
            raise BadFile(path, 1, f"the columns must be {','.join(columns)}")
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise BadFile(path, reader.line_num, f"{len(columns)} columns are expected")
                yield reader.line_num, row
        except csv.Error as error:
            raise BadFile(path, reader.line_num, str(error)) from error


def insert(path: Path, lines: list[int], objects: list[Any]) -> int:
    """Check each object by its model's own rules, then insert them all."""
    for line, each in zip(lines, objects, strict=True):
        # References are checked by the database, uniqueness by the caller: no query a row.
        references = {f.name for f in each._meta.fields if isinstance(f, ForeignKey)}
        try:
            each.clean_fields(exclude=references)
        except ValidationError as error:
            why = "; ".join(
                f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()
            )
            raise BadFile(path, line, why) from error
    if objects:
        type(objects[0]).objects.bulk_create(objects)
    return len(objects)


def parsed(path: Path, line: int, column: str, text: str, read: Callable[[str], Any]) -> Any:
    """What `read` makes of a text. Raises BadFile where it cannot be read."""
    try:
        return read(text)
    except (ValueError, KeyError) as error:
        raise BadFile(path, line, f"{column} cannot be {text!r}") from error


def flag(text: str) -> bool:
    """Yes or no. Raises KeyError for anything else."""
    return {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}[text]


def regions_known() -> set[str]:
    return set(Region.objects.values_list("code", flat=True))


def policies(path: Path, table: type[RegionPolicy]) -> int:
    """Insert the policies of a file whose region has no row yet that shares a day with them."""
    columns = ("region", "valid_from", "valid_to", "field", "value", "status", "source", "verified")
    regions = regions_known()
    found: dict[tuple[str, date, date | None], tuple[int, RegionPolicy]] = {}
    for line, row in rows_in(path, columns):
        if row["region"] not in regions:
            raise BadFile(path, line, f"region {row['region']} is unknown")
        if row["field"] not in table.VALUES:
            raise BadFile(path, line, f"there is no value named {row['field']!r}")
        if row["status"] not in ValueStatus:
            raise BadFile(path, line, f"status cannot be {row['status']!r}")
        start = parsed(path, line, "valid_from", row["valid_from"], date.fromisoformat)
        end = row["valid_to"] and parsed(
            path, line, "valid_to", row["valid_to"], date.fromisoformat
        )
        key = (row["region"], start, end or None)
        if key not in found:
            policy = table(region_id=key[0], valid_from=start, valid_to=key[2], provenance={})
            found[key] = (line, policy)
        policy = found[key][1]
        if row["field"] in policy.provenance:
            raise BadFile(path, line, f"{row['field']} is there twice")
        setattr(policy, row["field"], _value(path, line, row, table))
        policy.provenance[row["field"]] = {
            "status": row["status"],
            "source": row["source"],
            "verified": parsed(path, line, "verified", row["verified"], flag),
        }
    stored = list(table._default_manager.values_list("region_id", "valid_from", "valid_to"))
    missing = [
        (line, policy)
        for key, (line, policy) in found.items()
        if not any(_share_a_day(key, other) for other in stored)
    ]
    return insert(path, [line for line, _ in missing], [policy for _, policy in missing])


def _value(path: Path, line: int, row: Row, table: type[RegionPolicy]) -> Any:
    """A policy value as its field holds it."""
    kind = table._meta.get_field(row["field"])
    if isinstance(kind, BooleanField):
        return parsed(path, line, "value", row["value"], flag)
    try:
        return kind.clean(row["value"], None)  # type: ignore[union-attr]
    except ValidationError as error:
        raise BadFile(path, line, f"{row['field']}: {' '.join(error.messages)}") from error


def _share_a_day(one: tuple[str, date, date | None], other: tuple[str, date, date | None]) -> bool:
    return (
        one[0] == other[0] and one[1] <= (other[2] or date.max) and other[1] <= (one[2] or date.max)
    )
