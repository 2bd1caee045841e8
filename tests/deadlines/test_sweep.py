"""Raising alerts: which rung, on which day, once, to whom."""

from datetime import date
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.scenes import moment, staff
from transfers.deadlines import redate
from transfers.deadlines.sweep import Raised, drift, raise_due
from transfers.models import (
    Agency,
    Alert,
    AlertRung,
    CalendarDay,
    OutboxMessage,
    Step,
    User,
)
from transfers.rules.states import Role
from transfers.rules.steps import StepKind

pytestmark = pytest.mark.django_db

LADDER = ["due-2", "due", "late-1", "late-3", "late-6", "late-12", "late-24", "late-48", "late-96"]


@pytest.fixture
def quanzhou() -> Agency:
    return Agency.objects.get(region="350500")


@pytest.fixture
def clerk(quanzhou: Agency) -> User:
    return staff("clerk", quanzhou, Role.CLERK)


CLOSED_ON_TUESDAY = """\
# year: 2025
# notice: 泉医保〔2025〕1号
# published: 2025-08-01
# title: 关于系统升级暂停办理业务的公告
# source: https://www.example.org/notice
# verified: no
date,kind,name
2025-10-21,closure,系统升级
"""


def a_step(**fields: object) -> Step:
    """A transfer-out step of Quanzhou, due on Tuesday 2025-10-21 unless told otherwise."""
    (application,) = factories.applications(1, origin="350500", destination="990100")
    return factories.step(application, **fields)


def fired(step: Step) -> list[str]:
    return [rung for rung in LADDER if step.alerts.filter(rung=rung, skipped=False).exists()]


def skipped(step: Step) -> list[str]:
    return [rung for rung in LADDER if step.alerts.filter(rung=rung, skipped=True).exists()]


def told(rung: str) -> set[str]:
    return set(
        OutboxMessage.objects.filter(kind="alert", alert__rung=rung).values_list(
            "recipient__username", flat=True
        )
    )


# Due on Tuesday 2025-10-21. Friday 17th is two working days before: the weekend lies between.
DAILY = [
    ("2025-10-16", "Thu", None),
    ("2025-10-17", "Fri", "due-2"),
    ("2025-10-18", "Sat", None),
    ("2025-10-19", "Sun", None),
    ("2025-10-20", "Mon", None),
    ("2025-10-21", "Tue", "due"),
    ("2025-10-22", "Wed", "late-1"),
    ("2025-10-23", "Thu", None),
    ("2025-10-24", "Fri", "late-3"),
    ("2025-10-25", "Sat", None),
    ("2025-10-26", "Sun", None),
    ("2025-10-27", "Mon", None),
    ("2025-10-28", "Tue", None),
    ("2025-10-29", "Wed", "late-6"),
    ("2025-10-30", "Thu", None),
    ("2025-11-05", "Wed", None),
    ("2025-11-06", "Thu", "late-12"),
    ("2025-11-24", "Mon", "late-24"),
    ("2025-12-26", "Fri", "late-48"),
]


def test_each_rung_fires_on_its_own_working_day() -> None:
    step = a_step()
    expected: list[str] = []
    for day, weekday, rung in DAILY:
        assert f"{date.fromisoformat(day):%a}" == weekday
        raise_due(moment(day, 9))
        expected += [rung] if rung else []
        assert fired(step) == expected, day
    assert skipped(step) == []


@pytest.mark.parametrize(
    ("due", "day", "rung"),
    [
        # National Day 2025: Wed 1 to Wed 8 October off, Saturday the 11th worked.
        ("2025-10-11", "2025-10-09", "due-2"),
        ("2025-10-11", "2025-10-11", "due"),
        ("2025-10-11", "2025-10-13", "late-1"),
        ("2025-10-10", "2025-10-11", "late-1"),
        ("2025-09-30", "2025-09-28", "due-2"),  # a Sunday that is worked
        ("2025-09-30", "2025-10-09", "late-1"),
    ],
)
def test_make_up_days_count_and_are_told_on(due: str, day: str, rung: str) -> None:
    step = a_step(due=due)
    raise_due(moment(day, 9))
    assert fired(step) == [rung]


@pytest.mark.parametrize("day", ["2025-10-18", "2025-10-19", "2025-10-25", "2025-10-03"])
def test_nothing_is_raised_on_a_day_off(day: str) -> None:
    step = a_step(due="2025-10-21" if day != "2025-10-03" else "2025-09-30")
    assert raise_due(moment(day, 9)) == Raised()
    assert fired(step) == []


def test_a_pool_s_own_closure_is_a_day_off_for_its_steps_alone() -> None:
    redate.load(CLOSED_ON_TUESDAY, pool="350500", at=moment("2025-09-01"))
    own = a_step(due="2025-10-22")
    (other,) = factories.steps(1, due=["2025-10-22"])
    assert own.calendar_id == "350500"
    raise_due(moment("2025-10-21", 9))
    assert (fired(own), fired(other)) == ([], ["due-2"])
    raise_due(moment("2025-10-22", 9))
    assert (fired(own), fired(other)) == (["due"], ["due-2", "due"])
    assert skipped(own) == ["due-2"]


def test_after_an_outage_the_highest_rung_fires_and_those_below_are_skipped() -> None:
    step = a_step()
    raise_due(moment("2025-10-16", 9))
    raised = raise_due(moment("2025-10-24", 9))
    assert (fired(step), skipped(step)) == (["late-3"], ["due-2", "due", "late-1"])
    assert (raised.alerts, raised.skipped) == (1, 3)


def test_any_outage_ends_in_the_same_rungs_as_sweeping_daily() -> None:
    random = Random(20251021)
    mornings = factories.mornings("2025-10-09", "2025-12-05")
    days = [f"2025-10-{n}" for n in (13, 14, 17, 21, 24, 29)]
    factories.steps(12, due=days)
    for morning in mornings:
        raise_due(morning)
    daily = set(Alert.objects.values_list("step", "rung"))
    assert len(daily) > 50
    for _outage in range(10):
        Alert.objects.all().delete()
        for morning in mornings[:-1]:
            if random.random() < 0.3:
                raise_due(morning)
        raise_due(mornings[-1])
        assert set(Alert.objects.values_list("step", "rung")) == daily


def test_a_second_sweep_raises_nothing() -> None:
    factories.steps(3)
    assert raise_due(moment("2025-10-21", 9)).alerts == 3
    assert raise_due(moment("2025-10-21", 9)) == Raised()
    assert raise_due(moment("2025-10-21", 18)) == Raised()


def test_a_paused_step_is_silent_and_a_closed_one_too() -> None:
    paused = a_step(paused_on=date(2025, 10, 10))
    closed = a_step(closed_on=date(2025, 10, 10), outcome="done")
    raise_due(moment("2025-11-06", 9))
    assert (fired(paused), fired(closed)) == ([], [])


def test_a_step_that_resumes_goes_on_up_the_ladder(clerk: User) -> None:
    step = a_step()
    raise_due(moment("2025-10-17", 9))
    Step.objects.filter(pk=step.pk).update(due_on=date(2025, 11, 12))
    for day in ("2025-10-21", "2025-10-22", "2025-11-10"):
        raise_due(moment(day, 9))
    assert fired(step) == ["due-2"]  # once, ever, although the day came again
    raise_due(moment("2025-11-12", 9))
    assert fired(step) == ["due-2", "due"]


def test_the_alert_keeps_the_due_day_and_the_moment_it_was_raised() -> None:
    step = a_step()
    raise_due(moment("2025-10-22", 9))
    alert = step.alerts.get(skipped=False)
    assert (alert.due_on, alert.raised_at) == (date(2025, 10, 21), moment("2025-10-22", 9))


def test_the_handler_is_the_assignee_or_every_clerk_of_the_agency(
    clerk: User, quanzhou: Agency
) -> None:
    staff("second", quanzhou, Role.CLERK)
    staff("money", quanzhou, Role.FINANCE)
    staff("gone", quanzhou, Role.CLERK, is_active=False)
    staff("elsewhere", Agency.objects.get(region="990100"), Role.CLERK)
    a_step()
    raise_due(moment("2025-10-21", 9))
    assert told("due") == {"clerk", "second"}


def test_an_assigned_step_tells_the_assignee_alone(clerk: User, quanzhou: Agency) -> None:
    a_step(assignee=staff("assigned", quanzhou, Role.CLERK))
    raise_due(moment("2025-10-21", 9))
    assert told("due") == {"assigned"}


def test_the_step_of_somebody_who_left_falls_to_the_clerks(clerk: User, quanzhou: Agency) -> None:
    a_step(assignee=staff("left", quanzhou, Role.CLERK, is_active=False))
    raise_due(moment("2025-10-21", 9))
    assert told("due") == {"clerk"}


@pytest.mark.parametrize("kind", [StepKind.REMIT, StepKind.RESEND])
def test_money_is_handled_by_finance(kind: StepKind, clerk: User, quanzhou: Agency) -> None:
    staff("money", quanzhou, Role.FINANCE)
    a_step(kind=kind)
    raise_due(moment("2025-10-21", 9))
    assert told("due") == {"money"}


def test_heads_and_supervising_agencies_are_told_as_the_ladder_says(
    clerk: User, quanzhou: Agency
) -> None:
    staff("head", quanzhou, Role.SUPERVISOR)
    staff("province", quanzhou.supervised_by, Role.SUPERVISOR)
    staff("province_clerk", quanzhou.supervised_by, Role.CLERK)
    a_step()
    for day, rung, expected in [
        ("2025-10-22", "late-1", {"head"}),
        ("2025-10-24", "late-3", {"province"}),
        ("2025-10-29", "late-6", {"head", "province"}),
    ]:
        raise_due(moment(day, 9))
        assert told(rung) == expected


def test_an_alert_nobody_can_be_told_is_raised_all_the_same() -> None:
    step = a_step()
    assert raise_due(moment("2025-10-21", 9)) == Raised(alerts=1, skipped=1)
    assert fired(step) == ["due"]


def test_a_skipped_rung_tells_nobody(clerk: User) -> None:
    a_step()
    raise_due(moment("2025-10-22", 9))
    assert not OutboxMessage.objects.filter(recipient=clerk).exists()


def test_the_applicant_is_told_on_the_rungs_that_say_so_and_not_before_the_morning() -> None:
    step = a_step()
    raised = raise_due(moment("2025-10-22", 0, 1))
    assert raised.applicants == 1
    message = OutboxMessage.objects.get(kind="applicant")
    assert message.key == f"late:{step.pk}:late-1"
    assert (message.application_id, message.alert.rung_id) == (step.application_id, "late-1")
    assert message.next_try_at == moment("2025-10-22", 8, 30)
    raise_due(moment("2025-10-24", 9))
    assert OutboxMessage.objects.filter(kind="applicant").count() == 1
    raise_due(moment("2025-10-29", 9))
    later = OutboxMessage.objects.get(key=f"late:{step.pk}:late-6")
    assert later.next_try_at == moment("2025-10-29", 9)


def test_an_applicant_without_an_address_gets_no_message() -> None:
    (application,) = factories.applications(1, contact_email="")
    factories.step(application)
    assert raise_due(moment("2025-10-22", 9)).applicants == 0


def test_an_applicant_gets_one_message_however_many_steps_are_late() -> None:
    (application,) = factories.applications(1)
    factories.step(application, StepKind.TRANSFER_OUT)
    factories.step(application, StepKind.REMIT)
    factories.steps(2)
    raised = raise_due(moment("2025-10-22", 9))
    assert (raised.alerts, raised.applicants) == (4, 3)


def test_missing_materials_are_watched_by_staff_and_never_called_late_to_the_applicant(
    clerk: User, quanzhou: Agency
) -> None:
    step = a_step(kind=StepKind.SUPPLEMENT)
    raise_due(moment("2025-10-21", 9))
    assert told("due") == {"clerk"}
    raise_due(moment("2025-10-22", 9))
    assert fired(step) == ["due", "late-1"]
    assert not OutboxMessage.objects.filter(kind="applicant").exists()


def test_lines_wait_for_the_digest(clerk: User) -> None:
    step = a_step()
    raise_due(moment("2025-10-21", 9))
    line = OutboxMessage.objects.get(kind="alert")
    assert line.key == f"alert:{step.pk}:due:{clerk.pk}"
    assert (line.next_try_at, line.digest_id, line.sent_at) == (None, None, None)


def test_a_rung_added_below_one_that_fired_does_not_fire_again() -> None:
    step = a_step()
    raise_due(moment("2025-10-24", 9))
    AlertRung.objects.create(key="late-2", offset_days=2, audience="head")
    raise_due(moment("2025-10-24", 10))
    assert fired(step) == ["late-3"]
    assert drift(moment("2025-10-24", 10)) == 0


def test_drift_counts_what_a_dead_sweep_missed() -> None:
    factories.steps(4)
    assert drift(moment("2025-10-16", 9)) == 0
    assert drift(moment("2025-10-21", 9)) == 4
    raise_due(moment("2025-10-21", 9))
    assert drift(moment("2025-10-21", 9)) == 0


def test_a_calendar_that_is_about_to_end_is_continued_instead_of_falling_silent() -> None:
    step = a_step()
    CalendarDay.objects.filter(day__gt="2025-10-21").delete()
    assert raise_due(moment("2025-10-21", 9)).alerts == 1
    assert fired(step) == ["due"]
    assert CalendarDay.objects.filter(day="2026-11-20").exists()


@pytest.mark.parametrize("rows", [10, 1000])
def test_a_sweep_takes_the_same_few_statements_whatever_it_raises(rows: int, clerk: User) -> None:
    factories.steps(rows, agency=clerk.agency)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        raised = raise_due(moment("2025-10-21", 9))
    assert (raised.alerts, raised.skipped, raised.messages) == (rows, rows, rows)
    statements = [
        q["sql"]
        for q in captured
        if not q["sql"].startswith(("BEGIN", "COMMIT", "SAVE", "RELEASE"))
    ]
    assert len(statements) == (1 if connection.vendor == "postgresql" else 3)


def test_the_sweep_writes_no_step_and_no_case() -> None:
    (step,) = factories.steps(1)
    before = Step.objects.filter(pk=step.pk).values().get()
    version = step.application.version
    raise_due(moment("2025-10-22", 9))
    step.application.refresh_from_db(fields=["version"])
    assert Step.objects.filter(pk=step.pk).values().get() == before
    assert step.application.version == version
