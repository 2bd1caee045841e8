"""The queue: whose steps, in which order, with which cues, at what price."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import applications, unsaved_step
from tests.scenes import Scene, moment, staff
from tests.staff.desks import client_of, text_of
from transfers.models import Agency, Step
from transfers.rules.states import Role, State
from transfers.rules.steps import StepKind
from transfers.staff.queue import PAGE, default_track

LIMIT = 12


def references(html: str) -> list[str]:
    return re.findall(r'<td class="ref"><a href="/admin/cases/([^/]+)/">', html)


def cues(html: str) -> list[str]:
    found = re.findall(r'<td class="clock"><span class="cue [^"]+">(.*?)</td>', html, re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", each)).strip() for each in found]


def many(
    number: int, due: str = "2025-11-04", kind: StepKind = StepKind.TRANSFER_OUT
) -> list[Step]:
    """So many running steps of the origin, due on one day."""
    return Step.objects.bulk_create(
        unsaved_step(each, kind, due=due) for each in applications(number)
    )


def queue_of(
    scene: Scene, query: str = "", user: str = "origin_clerk", language: str = "zh-hans"
) -> str:
    answer = client_of(scene.user(user), language).get(f"/admin/queue/{query}")
    assert answer.status_code == 200
    return text_of(answer)


def test_cues_have_shape_words_and_date(scene: Scene) -> None:
    for due in ("2025-10-24", "2025-10-29", "2025-10-31", "2025-11-06"):
        many(1, due)
    assert cues(queue_of(scene)) == [
        "▲ 超期 3 个工作日 10-24 周五",
        "◆ 今天到期 10-29 周三",
        "◇ 剩 2 个工作日 10-31 周五",
        "○ 剩 6 个工作日 11-06 周四",
    ]
    assert cues(queue_of(scene, language="en")) == [
        "▲ 3 working days overdue Fri 24 Oct",
        "◆ Due today Wed 29 Oct",
        "◇ 2 working days left Fri 31 Oct",
        "○ 6 working days left Thu 6 Nov",
    ]


def test_a_step_due_on_friday_is_overdue_on_saturday(
    scene: Scene, now: time_machine.Traveller
) -> None:
    many(1, "2025-10-31")
    now.move_to(moment("2025-11-01"), tick=False)
    assert cues(queue_of(scene)) == ["▲ 超期不满 1 个工作日 10-31 周五"]


def test_paused_steps_come_last_with_what_is_left(scene: Scene) -> None:
    paused = scene.in_state(State.SUPPLEMENT_REQUESTED)
    many(1, "2025-12-01")
    html = queue_of(scene)
    assert references(html)[-1] == paused.reference
    assert cues(html)[-1] == "‖ 暂停，剩 4（待补正）"


def test_past_the_published_calendar_dates_are_called_estimates(scene: Scene) -> None:
    (step,) = many(1, "2025-12-01")
    Step.objects.filter(pk=step.pk).update(due_on=date(2027, 3, 1), provisional=True)
    assert "预计" in cues(queue_of(scene))[0]


def test_the_title_counts_what_is_overdue(scene: Scene) -> None:
    many(3, "2025-10-24")
    assert "<title>（3 超期）待办 – " in queue_of(scene)
    assert "<title>(3 overdue) Queue – " in queue_of(scene, language="en")


def test_an_empty_queue_says_what_is_due_next(scene: Scene) -> None:
    many(1, "2025-11-06")
    assert "没有待办，下一件 11-06 周四 到期" in queue_of(scene, "?view=overdue")
    assert "没有待办，也没有将到期的件" in queue_of(scene, user="destination_clerk")


def test_only_the_own_agencys_steps(scene: Scene) -> None:
    """The destination's check of the same case is not in the origin's queue, nor the other way."""
    application = scene.in_state(State.APPLIED)
    for side in ("origin", "destination"):
        html = queue_of(scene, user=f"{side}_clerk")
        assert references(html) == [application.reference]
        assert ("转出地校验" in html) is (side == "origin")
        assert ("转入地校验" in html) is (side == "destination")


def test_a_supervising_agency_sees_the_steps_of_those_it_supervises(scene: Scene) -> None:
    application = scene.in_state(State.APPLIED)
    above = Agency.objects.get(region="350000")
    html = text_of(client_of(staff("above", above, Role.SUPERVISOR)).get("/admin/queue/"))
    assert references(html) == [application.reference]
    assert "泉州市医疗保障经办机构" in html
    clerk = text_of(client_of(staff("below", above, Role.CLERK)).get("/admin/queue/"))
    assert references(clerk) == []


@pytest.mark.parametrize(
    ("roles", "track"),
    [
        ({Role.CLERK}, "relation"),
        ({Role.FINANCE}, "money"),
        ({Role.SUPERVISOR}, "all"),
        ({Role.CLERK, Role.FINANCE}, "all"),
        ({Role.AUDITOR}, "all"),
    ],
)
def test_each_role_starts_with_its_own_track(roles: set[Role], track: str) -> None:
    assert default_track(frozenset(roles)) == track


def test_tracks_and_chips_filter(scene: Scene) -> None:
    scene.in_state(State.VALIDATED)
    assert "转出办理" in queue_of(scene)
    clerks = cues(queue_of(scene))
    assert len(clerks) == 1
    assert len(cues(queue_of(scene, user="origin_finance"))) == 1  # the remittance
    assert len(cues(queue_of(scene, "?track=all"))) == 2
    assert len(cues(queue_of(scene, "?track=all&kind=remit"))) == 1
    assert len(cues(queue_of(scene, "?view=mine"))) == 0
    Step.objects.filter(kind="transfer_out").update(assignee=scene.user("origin_clerk"))
    assert len(cues(queue_of(scene, "?view=mine"))) == 1
    assert len(cues(queue_of(scene, "?view=unassigned"))) == 0
    assert len(cues(queue_of(scene, "?view=overdue"))) == 1  # due 2025-10-21
    assert len(cues(queue_of(scene, "?view=today"))) == 0


def test_unknown_filters_fall_back(scene: Scene) -> None:
    many(1)
    for query in (
        "?track=x&view=y&kind=z",
        "?after=nonsense",
        "?after=2025-99-99:1",
        "?after=paused:x",
    ):
        assert len(cues(queue_of(scene, query))) == 1


def test_pages_follow_by_key_without_loss_or_repeat(scene: Scene) -> None:
    for due in ("2025-10-24", "2025-11-04", "2025-11-04", "2025-11-06"):
        many(30, due)
    paused = [scene.in_state(State.SUPPLEMENT_REQUESTED).reference for _ in range(3)]
    seen: list[str] = []
    address = "/admin/queue/"
    client = client_of(scene.user("origin_clerk"))
    while address:
        html = text_of(client.get(address))
        page = references(html)
        assert len(page) <= PAGE
        seen += page
        found = re.search(r'<a class="button" href="([^"]+)" rel="next"', html)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 123
    assert sorted(seen[-3:]) == sorted(paused)


def test_the_price_does_not_grow_with_the_rows(scene: Scene) -> None:
    client = client_of(scene.user("origin_clerk"))
    many(1)
    client.get("/admin/queue/")  # builds the calendar, once a process

    def price() -> int:
        with CaptureQueriesContext(connection) as queries:
            html = text_of(client.get("/admin/queue/"))
        nodes = len(re.findall(r"<[a-z]", html))
        assert nodes <= 1500, f"{nodes} elements"
        return len(queries)

    one = price()
    many(PAGE - 1)
    assert price() == one <= LIMIT


def test_assigning(scene: Scene) -> None:
    ours = many(3)
    theirs = scene.in_state(State.APPLIED).steps.get(kind="check_destination")
    clerk, colleague = scene.user("origin_clerk"), scene.user("origin_checker")
    client = client_of(clerk)

    def post(**data: Any) -> str:
        ids = [step.pk for step in (*ours, theirs)]
        answer = client.post(
            "/admin/queue/assign/", {"step": ids, "next": "/admin/queue/?view=mine", **data}
        )
        assert answer["Location"] == "/admin/queue/?view=mine"
        return text_of(client.get("/admin/queue/"))

    assert "已将 3 件分派给" in post(me="1")
    assert set(Step.objects.filter(assignee=clerk)) == set(ours)
    post(to=str(colleague.pk))
    assert set(Step.objects.filter(assignee=colleague)) == set(ours)
    assert "请选择本机构的同事" in post(to=str(scene.user("destination_clerk").pk))
    assert set(Step.objects.filter(assignee=colleague)) == set(ours)
    post(to="nobody")
    assert not Step.objects.filter(assignee__isnull=False).exists()
    theirs.refresh_from_db()
    assert theirs.assignee is None


def test_assigning_goes_back_to_our_own_pages_only(scene: Scene) -> None:
    client = client_of(scene.user("origin_clerk"))
    answer = client.post("/admin/queue/assign/", {"me": "1", "next": "https://example.org/"})
    assert answer["Location"] == "/admin/queue/"


def test_an_auditor_reads_and_assigns_nothing(scene: Scene) -> None:
    (step,) = many(1)
    auditor = client_of(staff("auditor", Agency.objects.get(region="990100"), Role.AUDITOR))
    html = text_of(auditor.get("/admin/queue/"))
    assert len(cues(html)) == 1
    assert 'name="step"' not in html
    assert auditor.post("/admin/queue/assign/", {"step": step.pk, "me": "1"}).status_code == 403


def test_no_identity_number_and_no_full_name_in_the_queue(scene: Scene) -> None:
    application = scene.in_state(State.APPLIED)
    html = queue_of(scene)
    assert application.person.id_number not in html
    assert application.applicant_name not in html
    assert f"…{application.person.id_number[-4:]}" in html
