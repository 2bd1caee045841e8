"""The morning's digest: one a person, of what is new."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.scenes import moment, staff
from transfers.deadlines import digest, heartbeats
from transfers.deadlines.sweep import raise_due
from transfers.models import Agency, Alert, OutboxMessage, Step, User
from transfers.rules.states import Role

pytestmark = pytest.mark.django_db

TUESDAY = "2025-10-21"


@pytest.fixture
def clerk() -> User:
    return staff("clerk", Agency.objects.get(region="990100"), Role.CLERK)


def waiting(user: User) -> int:
    return user.messages.filter(kind="alert", digest__isnull=True).count()


def test_all_new_lines_of_a_person_make_one_digest(clerk: User) -> None:
    other = staff("other", clerk.agency, Role.CLERK)
    factories.steps(3)
    raise_due(moment(TUESDAY, 0))
    assert digest.queue(moment(TUESDAY, 8, 30)) == 2
    for user in (clerk, other):
        message = user.messages.get(kind="digest")
        assert message.key == f"digest:{user.pk}:2025-10-21"
        assert message.next_try_at == moment(TUESDAY, 8, 30)
        assert message.lines.count() == 3
        assert waiting(user) == 0


def test_nobody_without_new_lines_gets_a_digest(clerk: User) -> None:
    assert digest.queue(moment(TUESDAY, 8, 30)) == 0


def test_a_second_digest_on_one_day_is_the_first_and_later_lines_wait(clerk: User) -> None:
    factories.steps(1)
    raise_due(moment(TUESDAY, 0))
    assert digest.queue(moment(TUESDAY, 8, 30)) == 1
    factories.steps(1)
    raise_due(moment(TUESDAY, 10))
    assert digest.queue(moment(TUESDAY, 10)) == 0
    assert waiting(clerk) == 1
    assert digest.queue(moment("2025-10-22", 8, 30)) == 1
    assert waiting(clerk) == 0
    assert [d.lines.count() for d in clerk.messages.filter(kind="digest")] == [1, 1]


@pytest.mark.parametrize(
    ("day", "digests"),
    [
        ("2025-10-17", 1),  # Friday
        ("2025-10-18", 0),  # Saturday
        ("2025-10-11", 1),  # a Saturday that is worked
        ("2025-10-03", 0),  # National Day
    ],
)
def test_digests_go_out_on_working_mornings(clerk: User, day: str, digests: int) -> None:
    (step,) = factories.steps(1, due=["2025-09-28"])
    alert = Alert.objects.create(
        step=step, rung_id="due", raised_at=moment("2025-09-28"), due_on=step.due_on
    )
    OutboxMessage.objects.create(
        key="line", kind="alert", alert=alert, recipient=clerk, created_at=moment("2025-09-29")
    )
    assert digest.queue(moment(day, 8, 30)) == digests


def test_acknowledged_alerts_are_not_repeated(clerk: User) -> None:
    first, _second = factories.steps(2)
    raise_due(moment(TUESDAY, 0))
    Alert.objects.filter(step=first).update(
        acknowledged_at=moment(TUESDAY, 8), acknowledged_by=clerk
    )
    digest.queue(moment(TUESDAY, 8, 30))
    assert clerk.messages.get(kind="digest").lines.count() == 1


def test_lines_of_paused_steps_wait_until_they_resume(clerk: User) -> None:
    (step,) = factories.steps(1)
    raise_due(moment(TUESDAY, 0))
    running = Step.objects.filter(pk=step.pk).values("due_on", "statutory_due_on").get()
    paused = {"due_on": None, "statutory_due_on": None, "paused_on": date(2025, 10, 21)}
    Step.objects.filter(pk=step.pk).update(**paused)
    assert digest.queue(moment(TUESDAY, 8, 30)) == 0
    Step.objects.filter(pk=step.pk).update(**running, paused_on=None)
    assert digest.queue(moment("2025-10-22", 8, 30)) == 1


def test_steps_that_are_over_make_no_digest_of_their_own(clerk: User) -> None:
    over, _running = factories.steps(2)
    raise_due(moment(TUESDAY, 0))
    Step.objects.filter(pk=over.pk).update(closed_on=date(2025, 10, 21), outcome="done")
    Alert.objects.exclude(step=over).update(
        acknowledged_at=moment(TUESDAY, 8), acknowledged_by=clerk
    )
    assert digest.queue(moment(TUESDAY, 8, 30)) == 0


@pytest.mark.parametrize("people", [3, 30])
def test_queueing_takes_two_statements_however_many_people(people: int, clerk: User) -> None:
    for n in range(people - 1):
        staff(f"clerk{n}", clerk.agency, Role.CLERK)
    factories.steps(4)
    raise_due(moment(TUESDAY, 0))
    with CaptureQueriesContext(connection) as captured:
        assert digest.queue(moment(TUESDAY, 8, 30)) == people
    writes = [
        q["sql"] for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVE", "REL"))
    ]
    assert len(writes) == 2


def test_a_missed_run_is_noticed_the_same_day() -> None:
    assert not digest.is_missed(moment(TUESDAY, 8, 29))
    assert digest.is_missed(moment(TUESDAY, 8, 30))
    heartbeats.record(digest.JOB, moment("2025-10-20", 8, 30), 0)
    assert digest.is_missed(moment(TUESDAY, 9))
    heartbeats.record(digest.JOB, moment(TUESDAY, 8, 30), 0)
    assert not digest.is_missed(moment(TUESDAY, 9))
    assert not digest.is_missed(moment("2025-10-22", 8))
    assert digest.is_missed(moment("2025-10-22", 8, 30))


def test_the_schedule_runs_the_job_at_the_morning_s_time(settings: object) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["queue-digests"]["schedule"]  # type: ignore[attr-defined]
    assert (entry.hour, entry.minute) == ({digest.MORNING.hour}, {digest.MORNING.minute})
