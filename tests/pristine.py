"""The database as it was before the first test, restored after every test that commits."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

COPY = "pristine_"  # names of the copies that are kept inside the test database


class Pristine:
    """A copy of every table that holds rows when this is made; all others are empty then.

    No list of tables: what migrations and `load_reference` left is what comes back, and a new model
    needs nothing here. Triggers and foreign keys are off while rows go out and come back, because
    the append-only tables refuse both; sequences go on, as after any rolled-back test.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.tables = [
            name
            for name in connection.introspection.table_names()
            if not name.startswith(COPY) and name != "django_migrations"
        ]
        self.kept = [name for name in self.tables if self._has_rows(name)]
        with connection.cursor() as cursor:
            for name in self.kept:
                cursor.execute(f'CREATE TABLE "{COPY}{name}" AS SELECT * FROM "{name}"')
        self.columns = {name: self._stored_columns(name) for name in self.kept}

    def restore(self) -> None:
        """Bring back exactly the rows of the beginning."""
        changed = [
            name
            for name in self.tables
            if (self._differs(name) if name in self.kept else self._has_rows(name))
        ]
        if not changed:
            return
        with self._unguarded(), self.connection.cursor() as cursor:
            for name in changed:
                cursor.execute(f'DELETE FROM "{name}"')
                if name in self.kept:
                    columns = self.columns[name]
                    cursor.execute(
                        f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM "{COPY}{name}"'
                    )

    def _has_rows(self, name: str) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}")')
            return bool(cursor.fetchone()[0])

    def _differs(self, name: str) -> bool:
        # JSON has no equality on PostgreSQL, so rows are compared as text there.
        row = "t::text" if self.connection.vendor == "postgresql" else "*"
        now, then = (f'SELECT {row} FROM "{table}" t' for table in (name, COPY + name))
        with self.connection.cursor() as cursor:
            cursor.execute(
                f'SELECT (SELECT count(*) FROM "{name}") <> (SELECT count(*) FROM "{COPY}{name}")'
                f" OR EXISTS ({now} EXCEPT {then})"
            )
            return bool(cursor.fetchone()[0])

    def _stored_columns(self, name: str) -> str:
        """The table's columns, without those that the database computes itself."""
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                    " AND table_schema = current_schema() AND is_generated = 'NEVER'",
                    [name],
                )
            else:
                cursor.execute("SELECT name FROM pragma_table_xinfo(%s) WHERE hidden = 0", [name])
            return ", ".join(f'"{column}"' for (column,) in cursor.fetchall())

    @contextmanager
    def _unguarded(self) -> Iterator[None]:
        """One transaction without triggers and foreign keys, for this connection alone."""
        if self.connection.vendor == "postgresql":
            with transaction.atomic(self.connection.alias), self.connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                yield
            return
        with self.connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys = OFF")  # does nothing inside a transaction
            try:
                with transaction.atomic(self.connection.alias):
                    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                    triggers = cursor.fetchall()
                    for name, _ in triggers:
                        cursor.execute(f'DROP TRIGGER "{name}"')
                    yield
                    for _, statement in triggers:
                        cursor.execute(statement)
            finally:
                cursor.execute("PRAGMA foreign_keys = ON")
