"""The tasks and their pulse."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from celery.schedules import crontab
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.celery import app
from tests import factories
from tests.scenes import Scene, moment, staff
from transfers import tasks
from transfers.deadlines import heartbeats
from transfers.models import (
    Agency,
    Alert,
    CalendarNotice,
    Heartbeat,
    LookupThrottle,
    OutboxMessage,
    Step,
    TransferApplication,
)
from transfers.rules.states import Action, Role, State
from transfers.status import shown, situation_of

pytestmark = pytest.mark.django_db

DUE = moment("2025-10-21", 9)


@pytest.fixture
def at(request: pytest.FixtureRequest) -> Any:
    with time_machine.travel(DUE, tick=False) as traveller:
        yield traveller


def test_every_scheduled_task_exists_and_has_a_pulse(settings: Any, at: Any) -> None:
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        job = entry["task"].rpartition(".")[2]
        app.tasks[entry["task"]]()
        assert Heartbeat.objects.get(pk=job).finished_at == DUE
    assert heartbeats.stale(DUE) == []


def test_the_sweep_records_how_much_it_did(at: Any) -> None:
    factories.steps(3)
    tasks.raise_deadline_alerts()
    assert Heartbeat.objects.get(pk="raise_deadline_alerts").rows == 6  # due, and due-2 skipped
    tasks.raise_deadline_alerts()
    assert Heartbeat.objects.get(pk="raise_deadline_alerts").rows == 0


def test_the_sweep_makes_up_for_a_missed_digest(at: Any) -> None:
    clerk = staff("clerk", Agency.objects.get(region="990100"), Role.CLERK)
    factories.steps(1)
    heartbeats.record("queue_digests", moment("2025-10-20", 8, 30), 0)
    at.move_to(moment("2025-10-21", 8, 29))
    tasks.raise_deadline_alerts()
    assert not clerk.messages.filter(kind="digest").exists()
    at.move_to(moment("2025-10-21", 11))
    tasks.raise_deadline_alerts()
    tasks.raise_deadline_alerts()
    assert clerk.messages.filter(kind="digest").count() == 1
    assert Heartbeat.objects.get(pk="queue_digests").finished_at == moment("2025-10-21", 11)


def test_an_applicant_is_told_what_the_status_page_says_once_for_all_late_steps(
    at: Any, mailoutbox: list[Any]
) -> None:
    application = Scene().accepted("2025-09-30")
    OutboxMessage.objects.all().delete()
    at.move_to(moment("2025-10-22", 9))
    assert Step.objects.overdue(date(2025, 10, 22)).count() == 2  # transfer out, and the money
    tasks.raise_deadline_alerts()
    OutboxMessage.objects.exclude(kind="applicant").delete()
    tasks.deliver_messages()
    (letter,) = mailoutbox
    situation = situation_of(TransferApplication.objects.get(pk=application.pk), at=timezone.now())
    assert shown(situation)[0] in letter.body
    assert letter.to == ["zhang@example.org"]


def test_an_applicant_is_not_called_late_to_when_the_case_went_on_meanwhile(
    at: Any, mailoutbox: list[Any]
) -> None:
    scene = Scene()
    application = scene.accepted("2025-09-30")
    OutboxMessage.objects.all().delete()
    at.move_to(moment("2025-10-22", 7))
    tasks.raise_deadline_alerts()
    message = OutboxMessage.objects.get(kind="applicant")
    scene.do(application, "origin_supervisor", Action.REFUSE_LATE, moment("2025-10-22", 8),
             code="other", text="材料不实", lateness=("workload", "origin"))  # fmt: skip
    OutboxMessage.objects.exclude(pk=message.pk).delete()
    at.move_to(moment("2025-10-22", 9))
    tasks.deliver_messages()
    message.refresh_from_db()
    assert mailoutbox == []
    assert message.last_error.startswith("not sent")


@pytest.fixture
def asked() -> TransferApplication:
    """A case whose applicant was asked for materials on Thursday 2025-09-25."""
    return Scene().in_state(State.SUPPLEMENT_REQUESTED)


def state_of(application: TransferApplication) -> str:
    return TransferApplication.objects.get(pk=application.pk).state


def test_missing_materials_lapse_the_day_after_they_were_due(
    asked: TransferApplication, at: Any
) -> None:
    due = asked.steps.get(kind="supplement", closed_on=None).due_on
    at.move_to(moment(due, 23, 59))
    assert tasks.lapse_supplements() == 0
    assert state_of(asked) == State.SUPPLEMENT_REQUESTED
    at.move_to(moment(due + timedelta(days=1), 0, 5))
    assert tasks.lapse_supplements() == 1
    assert state_of(asked) == State.WITHDRAWN
    assert asked.events.get(verb="lapse").actor == "system"
    assert tasks.lapse_supplements() == 0


def test_one_case_that_cannot_lapse_does_not_keep_the_others(
    asked: TransferApplication, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bad,) = factories.applications(1, state=State.SUPPLEMENT_REQUESTED)
    factories.step(bad, "supplement", due="2025-10-10")
    real = tasks.perform

    def perform(application: TransferApplication, *arguments: Any, **options: Any) -> Any:
        if application.pk == bad.pk:
            raise KeyError("broken")
        return real(application, *arguments, **options)

    monkeypatch.setattr(tasks, "perform", perform)
    at.move_to(moment("2025-12-01"))
    with pytest.raises(ExceptionGroup) as caught:
        tasks.lapse_supplements()
    assert [type(error) for error in caught.value.exceptions] == [KeyError]
    assert state_of(asked) == State.WITHDRAWN
    assert not Heartbeat.objects.filter(pk="lapse_supplements").exists()


@pytest.mark.parametrize(
    ("schedule", "period"),
    [
        (60.0, timedelta(minutes=1)),
        (timedelta(hours=2), timedelta(hours=2)),
        (crontab(minute="5"), timedelta(hours=1)),
        (crontab(hour="8", minute="30"), timedelta(days=1)),
        (crontab(hour="8,16", minute="0"), timedelta(hours=12)),
    ],
)
def test_the_period_of_a_schedule(schedule: Any, period: timedelta) -> None:
    assert heartbeats.period(schedule) == period


def all_fresh(settings: Any) -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        heartbeats.record(entry["task"].rpartition(".")[2], DUE, 0)


def silent_jobs() -> list[str]:
    return [stale.job for stale in heartbeats.stale(DUE)]


@pytest.mark.parametrize(
    ("age", "silent"),
    [(180, False), (181, True), (-60, False), (-61, True)],
)
def test_a_job_is_silent_after_three_periods_or_when_it_speaks_from_the_future(
    settings: Any, age: int, silent: bool
) -> None:
    all_fresh(settings)
    heartbeats.record("raise_deadline_alerts", DUE - timedelta(seconds=age), 0)
    assert silent_jobs() == (["raise_deadline_alerts"] if silent else [])


def test_a_job_that_never_ran_is_given_its_time_from_the_installation_on(settings: Any) -> None:
    all_fresh(settings)
    Heartbeat.objects.filter(pk__in=["queue_digests", "deliver_messages"]).delete()
    CalendarNotice.objects.update(loaded_at=DUE - timedelta(minutes=10))
    assert silent_jobs() == ["deliver_messages"]
    CalendarNotice.objects.update(loaded_at=DUE - timedelta(days=4))
    assert silent_jobs() == ["deliver_messages", "queue_digests"]


def test_silence_is_an_error_in_the_log(
    settings: Any, at: Any, caplog: pytest.LogCaptureFixture
) -> None:
    all_fresh(settings)
    assert tasks.watch_heartbeats() == 0
    assert not caplog.records
    heartbeats.record("deliver_messages", DUE - timedelta(hours=1), 0)
    assert tasks.watch_heartbeats() == 1
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "deliver_messages" in record.getMessage()


def test_what_expired_is_forgotten_and_nothing_else(at: Any) -> None:
    for key, age in (("old", timedelta(hours=25)), ("young", timedelta(hours=23))):
        LookupThrottle.objects.create(key=key, last_miss_at=DUE - age)
        Session.objects.create(session_key=key, expire_date=DUE + timedelta(hours=24) - age)
    assert tasks.forget_expired() == 2
    assert [row.key for row in LookupThrottle.objects.all()] == ["young"]
    assert [row.session_key for row in Session.objects.all()] == ["young"]


def test_a_sweep_at_midnight_raises_and_mails_nobody(at: Any, mailoutbox: list[Any]) -> None:
    factories.steps(1)
    at.move_to(moment("2025-10-22", 0, 0))
    tasks.raise_deadline_alerts()
    tasks.deliver_messages()
    assert Alert.objects.filter(rung="late-1").exists()
    assert mailoutbox == []
