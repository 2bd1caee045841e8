"""Queries of results and ratings at the desks: who sees them, who answers, what the applicant then reads."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.public.visits import enter
from tests.scenes import Scene, moment, staff
from tests.staff.desks import case_url, client_of, text_of
from transfers.models import Agency, Event, OutboxMessage, TransferApplication
from transfers.models.feedback import Dispute, Rating
from transfers.rules.states import Role, State
from transfers.workflow import feedback
from transfers.workflow.actors import Actor

pytestmark = pytest.mark.django_db

ASKED = moment("2025-11-03")


def query(application: TransferApplication, at: Any = ASKED, **changes: Any) -> Dispute:
    application = TransferApplication.objects.get(pk=application.pk)
    given = {"about": "amount", "text": "少了二百元"} | changes
    return feedback.raise_query(application, **given, by=Actor.applicant(), at=at)


def rating(application: TransferApplication) -> Rating:
    application = TransferApplication.objects.get(pk=application.pk)
    return feedback.rate(
        application, level=2, indicators=["speed", "platform"], text="等太久了", at=ASKED
    )


@pytest.mark.parametrize(
    ("state", "answers", "reads"),
    [
        (State.BALANCE_CREDITED, "destination", "origin"),
        (State.PAID_TO_PERSON, "origin", "destination"),
        (State.CLOSED_WITHOUT_BALANCE, "destination", "origin"),
    ],
)
def test_the_office_that_answers_for_the_result_sees_the_query(
    state: State, answers: str, reads: str
) -> None:
    scene = Scene()
    application = scene.in_state(state)
    dispute = query(application)
    assert dispute.answer_by == date(2025, 11, 10)  # five working days
    with time_machine.travel(moment("2025-11-04"), tick=False):
        own, other = (client_of(scene.user(f"{side}_clerk")) for side in (answers, reads))
        html = text_of(own.get("/admin/feedback/"))
        assert application.reference in html
        assert "少了二百元" in html
        assert '<span class="badge">1<' in html
        html = text_of(other.get("/admin/feedback/"))
        assert application.reference not in html
        assert 'class="badge"' not in html
        page = f"/admin/feedback/queries/{dispute.pk}/"
        assert other.get(page).status_code == 404
        assert other.post(page, {"answer": "已更正。"}).status_code == 404
        # Both offices read it on the case page; one of them finds the way to answer there.
        assert page in text_of(own.get(case_url(application)))
        html = text_of(other.get(case_url(application)))
        assert "少了二百元" in html
        assert page not in html
    assert Dispute.objects.get(pk=dispute.pk).answered_at is None


def test_an_answer_reaches_the_applicant_once(client: Client) -> None:
    scene = Scene()
    application = scene.in_state(State.BALANCE_CREDITED)
    dispute = query(application)
    before = OutboxMessage.objects.count()
    page = f"/admin/feedback/queries/{dispute.pk}/"
    with time_machine.travel(moment("2025-11-05"), tick=False):
        clerk, colleague = (
            client_of(scene.user(f"destination_{each}")) for each in ("clerk", "checker")
        )
        for wrong in ("", "   ", "账号6200000000000000已更正", "长" * 1001):
            answer = clerk.post(page, {"answer": wrong})
            assert answer.status_code == 422
            assert 'role="alert"' in text_of(answer)
        sentence = "金额无误，利息已于11月4日补记。"
        assert clerk.post(page, {"answer": sentence}).status_code == 302
        late = colleague.post(page, {"answer": "另一个答复"}, follow=True)
        assert 'role="alert"' in text_of(late)
        status = client.get(enter(client, application)).content.decode()
    assert sentence in status
    assert "另一个答复" not in status
    event = Event.objects.filter(application=application).latest("seq")
    assert (event.verb, event.reason, event.user) == (
        "answer",
        sentence,
        scene.user("destination_clerk"),
    )
    assert sentence in event.shown_zh
    assert sentence in event.shown_en
    assert OutboxMessage.objects.count() == before + 1
    assert OutboxMessage.objects.latest("pk").event == event


def test_an_answer_that_is_overdue_stands_out_in_list_and_navigation() -> None:
    scene = Scene()
    old, new = (scene.in_state(State.BALANCE_CREDITED) for _each in range(2))
    query(old)
    query(new, moment("2025-11-12"))
    with time_machine.travel(moment("2025-11-12", 15), tick=False):
        html = text_of(client_of(scene.user("destination_clerk")).get("/admin/feedback/"))
    assert '<span class="badge overdue"><span aria-hidden="true">▲ </span>2<' in html
    assert html.index(old.reference) < html.index(new.reference)
    assert html.count('class="cue late"') == 1
    assert "（1 超期）" in html.split("</title>")[0]


def test_a_rating_is_read_and_replied_to_once(client: Client) -> None:
    scene = Scene()
    application = scene.in_state(State.REJECTED)
    found = rating(application)
    page = f"/admin/feedback/ratings/{found.pk}/"
    with time_machine.travel(moment("2025-11-04"), tick=False):
        outsider = client_of(Scene("420100", "430100").user("origin_clerk"))
        assert outsider.get(page).status_code == 404
        assert "等太久了" not in text_of(outsider.get("/admin/feedback/"))
        clerk = client_of(scene.user("origin_clerk"))
        html = text_of(clerk.get("/admin/feedback/"))
        assert "等太久了" in html
        assert page in html
        assert clerk.post(page, {"reply": ""}).status_code == 422
        assert clerk.post(page, {"reply": "抱歉，我们会改进。"}).status_code == 302
        clerk.post(page, {"reply": "又一次"})
        assert "抱歉，我们会改进。" in text_of(clerk.get(case_url(application)))
        status = client.get(enter(client, application)).content.decode()
    assert "抱歉，我们会改进。" in status
    assert "又一次" not in status


def test_an_auditor_reads_and_does_not_answer() -> None:
    scene = Scene()
    application = scene.in_state(State.BALANCE_CREDITED)
    dispute = query(application)
    auditor = staff("auditor", Agency.objects.get(region="350500"), Role.AUDITOR)
    with time_machine.travel(moment("2025-11-04"), tick=False):
        html = text_of(client_of(auditor).get("/admin/feedback/"))
        assert application.reference in html
        page = f"/admin/feedback/queries/{dispute.pk}/"
        assert page not in html
        assert client_of(auditor).get(page).status_code == 403


def test_many_queries_and_ratings_cost_no_query_more(django_assert_num_queries: Any) -> None:
    scene = Scene()
    application = scene.in_state(State.BALANCE_CREDITED)
    query(application)
    rating(application)
    with time_machine.travel(moment("2025-11-04"), tick=False):
        clerk = client_of(scene.user("destination_clerk"))
        clerk.get("/admin/feedback/")
        with django_assert_num_queries(8):
            clerk.get("/admin/feedback/")
        for _each in range(3):
            application = scene.in_state(State.BALANCE_CREDITED)
            query(application)
            rating(application)
        with django_assert_num_queries(8):
            clerk.get("/admin/feedback/")
