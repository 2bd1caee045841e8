"""Many rows of one table at once: streamed by COPY where the database has it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault


def insert(like: models.Model, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Store rows that are as `like` is, but for the columns `names`, of which each row brings its own.

    One statement. Signals are not sent and no keys come back. Values of JSON come as text.
    """
    columns = {each.attname: each for each in like._meta.concrete_fields if not each.primary_key}
    shared = {
        each: each.get_db_prep_save(value, connection)
        for name, each in columns.items()
        if name not in names
        and not isinstance(value := each.pre_save(like, add=True), DatabaseDefault)
    }
    quote = connection.ops.quote_name
    spelled = [quote(str(each.column)) for each in (*shared, *(columns[name] for name in names))]
    target = f"{quote(like._meta.db_table)} ({', '.join(spelled)})"
    same = tuple(shared.values())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {target} FROM STDIN") as stream,
            ):
                for row in rows:
                    stream.write_row((*same, *row))
        else:
            marks = ", ".join(["%s"] * len(spelled))
            cursor.executemany(
                f"INSERT INTO {target} VALUES ({marks})",  # noqa: S608 - names of a model
                [(*same, *row) for row in rows],
            )
