"""The origin is late: the queue shows it, the alerts climb, the applicant is told plainly."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.journeys.conftest import Jobs, Person, eventually
from tests.scenes import Scene, moment, staff
from transfers import tasks
from transfers.models import Agency, Alert, OutboxMessage, TransferApplication
from transfers.rules.states import Action, Role
from transfers.rules.working_days import WorkingCalendar
from transfers.workflow.query_codes import QueryCode

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_the_origin_is_late_and_everybody_hears_of_it(
    calendar: WorkingCalendar, people: Callable[..., Person], jobs: Jobs
) -> None:
    today = timezone.localdate()
    scene = Scene()
    supervising = staff("province", Agency.objects.get(region="990000"), Role.SUPERVISOR)
    code = QueryCode.new()
    cases: dict[int, TransferApplication] = {}
    for late in (0, 1, 3):
        accepted = calendar.add(today, -(10 + late))
        application = scene.submit(moment(accepted - timedelta(days=1))).application
        for who in ("origin_clerk", "destination_clerk"):
            scene.do(application, who, Action.PASS_CHECK, moment(accepted))
        TransferApplication.objects.filter(pk=application.pk).update(query_code_hash=code.hashed)
        cases[late] = application

    steps = {late: each.steps.get(kind="transfer_out") for late, each in cases.items()}
    assert {late: step.due_on for late, step in steps.items()} == {
        late: calendar.add(today, -late) for late in cases
    }
    fired = Alert.objects.filter(step__in=steps.values(), skipped=False)
    eventually(lambda: fired.count() == 3, "beat and worker raise one alert a case")
    assert {alert.step_id: alert.rung_id for alert in fired} == {
        steps[0].pk: "due", steps[1].pk: "late-1", steps[3].pk: "late-3",
    }  # fmt: skip
    told = OutboxMessage.objects.filter(kind="alert", alert__in=fired)
    who = {(message.alert.rung_id, message.recipient) for message in told}
    assert ("due", scene.user("origin_clerk")) in who
    assert ("late-1", scene.user("origin_supervisor")) in who
    assert ("late-3", supervising) in who
    assert not any(rung == "late-3" and user != supervising for rung, user in who)

    tasks.queue_digests.delay()  # what beat does at half past eight
    eventually(lambda: not told.filter(sent_at=None).exists(), "the digests are sent")
    mails = jobs.mails()
    assert mails.count("province@example.org") == 1, "one digest a person and morning"
    assert cases[3].reference in mails
    assert "张示例" not in mails

    clerk = people()
    clerk.signs_in("origin_clerk_990100")
    queue = clerk.reads()
    assert "▲" in queue
    assert "超期 3 个工作日" in queue
    assert "今天到期" in queue
    order = [queue.index(cases[late].reference) for late in (3, 1, 0)]
    assert order == sorted(order), "most overdue first"

    applicant = people()
    applicant.goes_to("/status/")
    applicant.page.fill("[name=reference]", cases[3].reference)
    applicant.page.fill("[name=code]", code.plain)
    applicant.presses("main form [type=submit]")
    page = applicant.reads()
    assert "比规定时间晚了" in page
    assert "已超3个工作日" in page
    assert "催办" in page
    assert "12393" in page

    english = people("en-GB")
    english.goes_to("/status/")
    english.page.fill("[name=reference]", cases[0].reference)
    english.page.fill("[name=code]", code.plain)
    english.presses("main form [type=submit]")
    assert "Transfer out in progress" in english.reads()
    assert "chased" not in english.reads()
