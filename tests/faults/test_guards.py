"""What only the database can refuse, tried with SQL past every model."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests import factories
from tests.scenes import Scene, moment, staff
from transfers.models import Agency, Disclosure, Event, TransferPolicy, User, guards
from transfers.rules.states import Role, State

pytestmark = pytest.mark.django_db


def attempt(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def written() -> None:
    """One event and one disclosure."""
    (application,) = factories.applications(1)
    clerk = staff("clerk", Agency.objects.get(region="990100"), Role.CLERK)
    Event.objects.create(
        application=application, seq=1, at=moment("2025-09-24"), track="relation", verb="submit",
        actor="applicant",
    )  # fmt: skip
    Disclosure.objects.create(
        application=application, user=clerk, at=moment("2025-09-24"), reason="核对身份"
    )


ATTACKS = [
    ("transfers_event", "UPDATE transfers_event SET reason = 'x'"),
    ("transfers_event", "UPDATE transfers_event SET seq = seq WHERE seq = 1"),
    ("transfers_event", "DELETE FROM transfers_event"),
    ("transfers_disclosure", "UPDATE transfers_disclosure SET reason = 'x'"),
    ("transfers_disclosure", "DELETE FROM transfers_disclosure"),
]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(("table", "sql"), ATTACKS)
def test_what_is_only_added_to_cannot_be_changed_or_deleted(table: str, sql: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        attempt(sql)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT reason FROM {table}")
        assert cursor.fetchall() in ([("",)], [("核对身份",)])


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("table", ["transfers_event", "transfers_disclosure"])
def test_nor_truncated_or_replaced(table: str) -> None:
    if connection.vendor == "postgresql":
        attempt("SET CONSTRAINTS ALL IMMEDIATE")  # rows of this transaction have yet to be checked
        sql = f"TRUNCATE {table} CASCADE"
    else:  # which has no TRUNCATE, but can replace a row that is there
        sql = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    with pytest.raises(DatabaseError, match="append-only"):
        attempt(sql)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (1,)


POLICY = """INSERT INTO transfers_transferpolicy
  (region_id, valid_from, valid_to, in_province_mode, balance_disposition, hotline, provenance)
  VALUES (%s, %s, %s, '', '', '', '{}')"""


def policy(region: str, start: str, end: str | None = None) -> None:
    attempt(POLICY, region, start, end)


@pytest.fixture
def one_policy() -> None:
    """Xiamen from 1 January to 30 June 2024."""
    policy("350200", "2024-01-01", "2024-06-30")


@pytest.mark.usefixtures("one_policy")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024-01-01", "2024-06-30"),
        ("2024-06-30", "2024-12-31"),  # one shared day
        ("2023-01-01", "2024-01-01"),
        ("2024-02-01", "2024-02-01"),
        ("2020-01-01", None),
    ],
)
def test_policies_of_a_region_may_not_share_a_day(start: str, end: str | None) -> None:
    with pytest.raises(DatabaseError, match="no_overlap"):
        policy("350200", start, end)


@pytest.mark.usefixtures("one_policy")
def test_policies_may_follow_each_other_and_other_regions_are_free() -> None:
    policy("350200", "2024-07-01")
    policy("350200", "2023-01-01", "2023-12-31")
    policy("350300", "2024-01-01")
    assert TransferPolicy.objects.filter(region="350200").count() == 3


@pytest.mark.usefixtures("one_policy")
def test_an_open_end_reaches_every_later_day() -> None:
    policy("350200", "2024-07-01")
    with pytest.raises(DatabaseError, match="no_overlap"):
        policy("350200", "2099-01-01", "2099-12-31")


@pytest.mark.usefixtures("one_policy")
def test_a_policy_cannot_be_stretched_over_another() -> None:
    policy("350200", "2024-07-01")
    with pytest.raises(DatabaseError, match="no_overlap"):
        attempt(
            "UPDATE transfers_transferpolicy SET valid_to = %s WHERE region_id = %s"
            " AND valid_from = %s", date(2024, 7, 1).isoformat(), "350200", "2024-01-01",
        )  # fmt: skip


def test_an_alert_can_be_raised_only_once_for_a_rung() -> None:
    step = factories.step()
    sql = (
        "INSERT INTO transfers_alert (step_id, rung_id, raised_at, due_on, skipped)"
        " VALUES (%s, 'due', '2025-10-21 01:00:00', '2025-10-21', FALSE)"
    )
    attempt(sql, step.pk)
    with pytest.raises(DatabaseError, match=r"each_rung_once|UNIQUE"):
        attempt(sql, step.pk)


def test_every_table_that_declares_itself_append_only_is_guarded() -> None:
    application = Scene().in_state(State.BALANCE_CREDITED)
    Disclosure.objects.create(
        application=application, user_id=User.objects.latest("pk").pk, at=timezone.now(), reason="x"
    )
    # Those of the arrears app are attacked in its own tests.
    tables = [name for name in guards.append_only_tables() if name.startswith("transfers_")]
    assert len(tables) == 9
    for table in tables:
        key = "instruction_id" if table.endswith("instructionresolution") else "id"
        for sql in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"):
                attempt(sql)
