"""Many sweepers and senders at once: each alert once, each message taken by one."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from tests import factories
from tests.scenes import moment, staff
from transfers.deadlines import delivery, digest
from transfers.deadlines.sweep import Raised, drift, raise_due
from transfers.models import Agency, Alert, OutboxMessage
from transfers.rules.states import Role
from transfers.tasks import WORDS

pytestmark = pytest.mark.django_db(transaction=True)

LATE = moment("2025-10-22", 9)


def at_once(number: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in so many threads that start together, each with its own connection."""
    barrier = threading.Barrier(number)
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise ExceptionGroup("threads failed", [e for e in errors if isinstance(e, Exception)])
    return results


def total(raised: list[Raised]) -> Raised:
    return Raised(
        *(
            sum(getattr(each, name) for each in raised)
            for name in ("alerts", "skipped", "messages", "applicants")
        )
    )


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.full)])
def test_twenty_sweepers_at_once_raise_each_alert_once(rounds: int) -> None:
    staff("head", Agency.objects.get(region="990100"), Role.SUPERVISOR)
    for _ in range(rounds):
        Alert.objects.all().delete()
        OutboxMessage.objects.all().delete()
        factories.steps(500 // rounds)
        steps = drift(LATE)
        raised = total(at_once(20, lambda: raise_due(LATE)))
        assert raised == Raised(steps, 2 * steps, steps, steps)
        assert Alert.objects.filter(skipped=False).count() == steps
        assert OutboxMessage.objects.filter(kind="alert").count() == steps
        assert OutboxMessage.objects.filter(kind="applicant").count() == steps
        assert drift(LATE) == 0


def test_digests_queued_at_once_are_one_a_person() -> None:
    users = [
        staff(f"head{n}", Agency.objects.get(region="990100"), Role.SUPERVISOR) for n in range(5)
    ]
    factories.steps(20)
    raise_due(LATE)
    assert sum(at_once(10, lambda: digest.queue(LATE))) == len(users)
    assert OutboxMessage.objects.filter(kind="digest").count() == len(users)
    assert not OutboxMessage.objects.filter(kind="alert", digest=None).exists()


def test_senders_at_once_share_the_messages_and_send_each_once(mailoutbox: list[Any]) -> None:
    factories.steps(60)
    raise_due(LATE)

    def deliver() -> delivery.Delivered:
        return delivery.deliver(
            LATE, words=replace(WORDS, late=lambda application, at: ("迟", "late"))
        )

    assert sum(done.sent for done in at_once(8, deliver)) == 60
    assert len({letter.extra_headers["Message-ID"] for letter in mailoutbox}) == 60
    assert len(mailoutbox) == 60
    assert not OutboxMessage.objects.filter(kind="applicant", sent_at=None).exists()


def test_leases_of_senders_at_once_never_overlap() -> None:
    factories.steps(50)
    raise_due(LATE)
    leased = at_once(10, lambda: delivery._lease(LATE, 5))
    taken = [pk for ids in leased for pk in ids]
    assert len(taken) == len(set(taken)) == 50
    late = LATE + delivery.LEASE + timedelta(seconds=1)
    again = [pk for ids in at_once(10, lambda: delivery._lease(late, 5)) for pk in ids]
    assert len(again) == len(set(again)) == 10  # one each: a lease that ran out is taken alone
