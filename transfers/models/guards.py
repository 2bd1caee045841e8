"""Rules that only the database can hold: tables that are only ever added to, policies that never overlap.

Each rule exists for PostgreSQL and for SQLite. Migrations install them.
"""

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION jiexu_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def append_only(connection: BaseDatabaseWrapper, table: str) -> None:
    """Make the database refuse UPDATE, DELETE and (PostgreSQL; SQLite has none) TRUNCATE on `table`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION jiexu_append_only()"
            )
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION jiexu_append_only()"
            )
        else:
            for verb in ("UPDATE", "DELETE"):
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {verb} refused'); END"
                )
            # INSERT OR REPLACE deletes the row it replaces without asking the trigger on DELETE.
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {_same_row(cursor, table)}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: REPLACE refused'); END"
            )


def _same_row(cursor: CursorWrapper, table: str) -> str:
    """A condition that holds for stored rows which the new one would replace on SQLite.

    A key that holds for some rows alone is only looked for among those.
    """
    cursor.execute(
        "SELECT list.name, info.name, master.sql FROM pragma_index_list(%s) list,"
        " pragma_index_info(list.name) info LEFT JOIN sqlite_master master ON"
        ' list.partial AND master.name = list.name WHERE list."unique"'
        " ORDER BY list.name, info.seqno",
        [table],
    )
    keys: dict[str, list[str]] = {}
    for index, column, partial in cursor.fetchall():
        among = [f"({partial.partition(' WHERE ')[2]})"] if partial else []
        keys.setdefault(index, among).append(f"{column} = NEW.{column}")
    cursor.execute("SELECT name FROM pragma_table_info(%s) WHERE pk > 0", [table])
    keys[""] = [f"{column} = NEW.{column}" for (column,) in cursor.fetchall()]
    return " OR ".join(f"({' AND '.join(conditions)})" for conditions in keys.values())


def lift(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `append_only`."""
    if connection.vendor == "postgresql":
        names = (f"{table}_append_only", f"{table}_no_truncate")
        statements = [f"DROP TRIGGER IF EXISTS {name} ON {table}" for name in names]
    else:
        names = (f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace")
        statements = [f"DROP TRIGGER IF EXISTS {name}" for name in names]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def fixed(connection: BaseDatabaseWrapper, table: str, *columns: str) -> None:
    """Make the database refuse a change of `columns` in a stored row of `table`."""
    postgres = connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if postgres else "IS NOT"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in columns)
    with connection.cursor() as cursor:
        if postgres:
            cursor.execute(_POSTGRES_FUNCTION)
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER {table}_fixed BEFORE UPDATE ON {table} FOR EACH ROW "
                f"WHEN ({changed}) EXECUTE FUNCTION jiexu_append_only()"
            )
        else:
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_fixed BEFORE UPDATE ON {table} "
                f"WHEN {changed} BEGIN SELECT RAISE(ABORT, '{table}: this never changes'); END"
            )


def loose(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `fixed`."""
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS {table}_fixed{on}")


def no_overlap(connection: BaseDatabaseWrapper, table: str) -> None:
    """Make the database refuse two rows of one region whose [valid_from, valid_to] share a day."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Region codes are six digits, so a one-point integer range stands in for equality and
            # no extension is needed for the GiST index.
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_no_overlap EXCLUDE USING gist ("
                "int4range(region_id::int, region_id::int, '[]') WITH &&, "
                "daterange(valid_from, valid_to, '[]') WITH &&)"
            )
            return
        for verb in ("INSERT", "UPDATE"):
            cursor.execute(
                f"CREATE TRIGGER {table}_no_overlap_{verb.lower()} BEFORE {verb} ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} other WHERE other.region_id = NEW.region_id "
                "AND other.id IS NOT NEW.id "
                "AND other.valid_from <= COALESCE(NEW.valid_to, '9999-12-31') "
                "AND NEW.valid_from <= COALESCE(other.valid_to, '9999-12-31')) "
                f"BEGIN SELECT RAISE(ABORT, '{table}_no_overlap'); END"
            )


def allow_overlap(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `no_overlap`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_no_overlap")
        else:
            for verb in ("insert", "update"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_overlap_{verb}")


def append_only_tables() -> list[str]:
    """Tables of every model that declares itself `append_only`."""
    return [
        model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)
    ]
