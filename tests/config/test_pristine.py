"""The tests' own cleaning: what it must bring back, and what it must not leave behind."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction

from tests.pristine import Pristine
from transfers.models import Heartbeat, Region, guards

pytestmark = pytest.mark.django_db(transaction=True)

MOMENT = "2026-03-02T08:00:00+08:00"


def test_restore_deletes_rows_that_a_test_added(pristine: Pristine) -> None:
    Heartbeat.objects.create(job="added", finished_at=MOMENT)

    pristine.restore()

    assert not Heartbeat.objects.exists()


def test_restore_brings_back_deleted_and_changed_reference_rows(pristine: Pristine) -> None:
    before = list(Permission.objects.order_by("pk").values_list())
    assert before
    Permission.objects.filter(codename__startswith="add_").delete()
    Permission.objects.update(name="changed")

    pristine.restore()

    assert list(Permission.objects.order_by("pk").values_list()) == before


def test_restore_deletes_rows_added_to_a_reference_table(pristine: Pristine) -> None:
    before = ContentType.objects.count()
    ContentType.objects.create(app_label="added", model="added")

    pristine.restore()

    assert ContentType.objects.count() == before


def test_restore_leaves_the_guards_in_place(pristine: Pristine) -> None:
    triggers = _triggers()
    Heartbeat.objects.create(job="added", finished_at=MOMENT)

    pristine.restore()

    assert guards.append_only_tables()
    assert triggers
    assert _triggers() == triggers


def test_foreign_keys_are_enforced_after_restore(pristine: Pristine) -> None:
    Heartbeat.objects.create(job="added", finished_at=MOMENT)
    pristine.restore()

    with pytest.raises(IntegrityError), transaction.atomic():
        Region.objects.create(
            code="990000", name_zh="无", name_en="None", level="county", parent_id="999999"
        )


def _triggers() -> list[str]:
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' ORDER BY 1"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [name for (name,) in cursor.fetchall()]
