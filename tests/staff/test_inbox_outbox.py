"""The inbox of alerts, and the messages that could not be delivered."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.factories import step as a_step
from tests.scenes import Scene, moment, staff
from tests.staff.desks import client_of, text_of
from transfers.deadlines import digest
from transfers.models import Agency, Alert, AlertRung, OutboxMessage, Step, User
from transfers.rules.states import Role


def tell(step: Step, recipient: User, rung: str = "due", hour: int = 8) -> Alert:
    """An alert about a step, and its line in somebody's inbox."""
    at = moment("2025-10-29", hour)
    assert step.due_on is not None
    alert, _made = Alert.objects.get_or_create(
        step=step, rung=AlertRung.objects.get(pk=rung),
        defaults={"raised_at": at, "due_on": step.due_on},
    )  # fmt: skip
    OutboxMessage.objects.create(
        key=f"{alert.pk}:{recipient.pk}",
        kind="alert",
        alert=alert,
        recipient=recipient,
        created_at=at,
    )
    return alert


@pytest.fixture
def late(scene: Scene) -> Step:
    return a_step(due="2025-10-24")


def test_lines_are_grouped_by_case_newest_first_and_counted(scene: Scene, late: Step) -> None:
    clerk = scene.user("origin_clerk")
    other = a_step(due="2025-10-29")
    tell(late, clerk, "due", 8)
    tell(late, clerk, "late-1", 9)
    tell(other, clerk, "due", 10)
    html = text_of(client_of(clerk).get("/admin/inbox/"))
    assert "<title>(3) 消息" in html
    assert html.count('class="panel alert-group"') == 2
    assert html.index(other.application.reference) < html.index(late.application.reference)
    assert "▲" in html
    assert "10-29 周三 09:00，期限 10-24 周五" in html
    assert '<span class="badge">3<' in html
    colleague = text_of(client_of(scene.user("origin_checker")).get("/admin/inbox/"))
    assert late.application.reference not in colleague
    assert "消息都已确认" in colleague


def test_rungs_for_the_digest_alone_are_neither_lines_nor_unread(scene: Scene, late: Step) -> None:
    clerk = scene.user("origin_clerk")
    quiet = list(AlertRung.objects.filter(digest_only=True).values_list("pk", flat=True))
    assert set(quiet) == {"late-6", "late-12", "late-24", "late-48", "late-96"}
    for rung in quiet:
        tell(late, clerk, rung)
    for query in ("", "?all=1"):
        html = text_of(client_of(clerk).get(f"/admin/inbox/{query}"))
        assert late.application.reference not in html
        assert 'class="badge"' not in html
    for rung in AlertRung.objects.filter(digest_only=False).values_list("pk", flat=True):
        tell(late, clerk, rung)
    html = text_of(client_of(clerk).get("/admin/inbox/"))
    assert html.count('class="alert-line"') == 4
    assert '<span class="badge">4<' in html
    # The digest of the morning tells all of them.
    assert digest.queue(moment("2025-10-29", 9)) == 1
    assert OutboxMessage.objects.filter(digest__recipient=clerk).count() == 9


def test_acknowledging_is_for_the_own_alerts(scene: Scene, late: Step) -> None:
    clerk, stranger = scene.user("origin_clerk"), scene.user("destination_clerk")
    alert = tell(late, clerk)
    client_of(stranger).post("/admin/inbox/acknowledge/", {"alert": alert.pk})
    alert.refresh_from_db()
    assert alert.acknowledged_at is None
    answer = client_of(clerk).post("/admin/inbox/acknowledge/", {"alert": alert.pk})
    assert answer["Location"] == "/admin/inbox/"
    alert.refresh_from_db()
    assert alert.acknowledged_by == clerk
    html = text_of(client_of(clerk).get("/admin/inbox/"))
    assert 'class="badge"' not in html
    assert late.application.reference not in html
    everything = text_of(client_of(clerk).get("/admin/inbox/?all=1"))
    assert late.application.reference in everything
    assert "已于 10-29 周三 15:00 确认" in everything


def test_who_left_the_agency_no_longer_sees_its_cases(scene: Scene, late: Step) -> None:
    clerk = scene.user("origin_clerk")
    tell(late, clerk)
    clerk.agency = Agency.objects.get(region="420100")
    clerk.save()
    assert late.application.reference not in text_of(client_of(clerk).get("/admin/inbox/"))


def dead(**fields: Any) -> OutboxMessage:
    now = timezone.now()
    given = {"kind": "applicant", "created_at": now, "dead_at": now, "attempts": 8,
             "last_error": "SMTP 550"}  # fmt: skip
    return OutboxMessage.objects.create(
        key=f"dead:{OutboxMessage.objects.count()}", **given | fields
    )


def test_dead_letters_are_shown_in_scope_and_tried_again(scene: Scene, late: Step) -> None:
    ours = dead(application=late.application, channel="sms")
    (elsewhere,) = _elsewhere()
    theirs = dead(application=elsewhere)
    digest = dead(kind="digest", recipient=scene.user("origin_clerk"))
    supervisor = client_of(scene.user("origin_supervisor"))
    html = text_of(supervisor.get("/admin/outbox/"))
    assert late.application.reference in html
    assert "SMTP 550" in html
    assert "短信" in html
    assert elsewhere.reference not in html
    assert late.application.contact_email not in html
    supervisor.post("/admin/outbox/retry/", {"message": [ours.pk, theirs.pk, digest.pk]})
    for message, again in ((ours, True), (theirs, False), (digest, True)):
        message.refresh_from_db()
        assert (message.dead_at is None) is again
        assert (message.attempts == 0) is again
        assert (message.next_try_at is not None) is again
    administrator = client_of(staff("national", None, Role.ADMINISTRATOR))
    html = text_of(administrator.get("/admin/outbox/"))
    assert elsewhere.reference in html
    assert f"/cases/{elsewhere.reference}/" not in html


def _elsewhere() -> Any:
    from tests.factories import applications

    return applications(1, origin="420100", destination="430100")


def test_an_auditor_reads_dead_letters_only(scene: Scene, late: Step) -> None:
    message = dead(application=late.application)
    auditor = client_of(staff("auditor", Agency.objects.get(region="990100"), Role.AUDITOR))
    html = text_of(auditor.get("/admin/outbox/"))
    assert late.application.reference in html
    assert "重新发送" not in html
    assert auditor.post("/admin/outbox/retry/", {"message": message.pk}).status_code == 403
    assert client_of(scene.user("origin_clerk")).get("/admin/outbox/").status_code == 403
