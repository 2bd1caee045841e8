"""Querying a result: within the limit, one at a time, and what the applicant reads of it."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.public.visits import enter
from tests.scenes import Scene, moment
from transfers.models import Event, OutboxMessage, TransferPolicy
from transfers.models.feedback import Dispute
from transfers.rules.states import State

pytestmark = pytest.mark.django_db

QUERY = {"about": "amount", "text": "少了二百元"}
IN_TIME = moment("2025-11-27", 20)  # twenty working days after 30 October


def case(state: State) -> Any:
    return Scene().in_state(state)


@pytest.mark.parametrize(
    ("state", "office"),
    [
        (State.TRANSFERRED_IN, "泉州市医疗保障经办机构"),
        (State.BALANCE_CREDITED, "泉州市医疗保障经办机构"),
        (State.PAID_TO_PERSON, "示例市医疗保障经办机构"),
        (State.CLOSED_WITHOUT_BALANCE, "泉州市医疗保障经办机构"),
    ],
)
def test_a_result_is_queried_and_the_page_says_who_answers_by_when(
    client: Client, state: State, office: str
) -> None:
    application = case(state)
    mails = OutboxMessage.objects.count()
    with time_machine.travel(moment("2025-11-03"), tick=False):
        address = enter(client, application)
        assert f"{address}dispute/" in client.get(address).content.decode()
        answer = client.post(f"{address}dispute/", QUERY)
        assert (answer.status_code, answer.url) == (302, address)
        html = client.get(address).content.decode()
    assert f"{office}在2025年11月10日（周一）前答复" in html
    assert f"{address}dispute/" not in html  # one at a time
    assert "您提出异议" in html
    assert "少了二百元" not in html  # free text is not repeated on a shared screen
    dispute = Dispute.objects.get()
    assert (dispute.about, dispute.text) == ("amount", "少了二百元")
    event = Event.objects.filter(application=application).latest("seq")
    assert (event.verb, event.actor, event.from_state) == ("dispute", "applicant", event.to_state)
    assert "少了二百元" not in event.shown_zh + event.reason + str(event.facts)
    assert OutboxMessage.objects.count() == mails


def test_only_one_query_is_open_at_a_time(client: Client) -> None:
    application = case(State.BALANCE_CREDITED)
    with time_machine.travel(moment("2025-11-03"), tick=False):
        address = enter(client, application)
        client.post(f"{address}dispute/", QUERY)
        again = client.post(f"{address}dispute/", QUERY)
        assert "您的异议正在处理" in again.content.decode()
        assert "<form" not in client.get(f"{address}dispute/").content.decode().split("<main")[1]
    assert Dispute.objects.count() == 1


def test_after_the_limit_the_page_says_so_and_whom_to_call(client: Client) -> None:
    application = case(State.BALANCE_CREDITED)
    with time_machine.travel(IN_TIME, tick=False):
        address = enter(client, application)
        assert "提交异议" in client.get(f"{address}dispute/").content.decode()
    with time_machine.travel(moment("2025-11-28"), tick=False):
        enter(client, application)
        assert f"{address}dispute/" not in client.get(address).content.decode()
        for answer in (client.get(f"{address}dispute/"), client.post(f"{address}dispute/", QUERY)):
            html = answer.content.decode()
            assert "网上提异议到2025年11月27日（周四）为止。" in html
            assert (
                "（泉州市医疗保障经办机构）。"
                in html.partition('请打<a href="tel:12393">12393</a>')[2]
            )
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({}, "about", "请选择异议事项。"),
        ({"about": "weather"}, "about", "请选择异议事项。"),
        ({"about": "other", "text": " "}, "text", "请简单说明哪里不对。"),
        (
            {"about": "amount", "text": "卡号6200 0000 0000 0000"},
            "text",
            "不要写证件号、账号和电话",
        ),
        ({"about": "amount", "text": "长" * 501}, "text", "最多写500字。"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_stays(
    client: Client, given: dict[str, str], field: str, sentence: str
) -> None:
    application = case(State.BALANCE_CREDITED)
    with time_machine.travel(moment("2025-11-03"), tick=False):
        address = enter(client, application)
        answer = client.post(f"{address}dispute/", given)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert f'href="#id_{field}' in html
    assert html.split("<title>")[1].startswith("错误")
    assert given.get("text", "").strip() in html
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    "state", [State.APPLIED, State.VALIDATED, State.REJECTED, State.WITHDRAWN, State.RECALLED]
)
def test_without_a_result_there_is_nothing_to_query(client: Client, state: State) -> None:
    application = case(state)
    with time_machine.travel(moment("2025-11-03"), tick=False):
        address = enter(client, application)
        assert "dispute/" not in client.get(address).content.decode()
        for answer in (client.get(f"{address}dispute/"), client.post(f"{address}dispute/", QUERY)):
            assert (answer.status_code, answer.url) == (302, address)
    assert not Dispute.objects.exists()


def test_where_no_place_sets_a_limit_nothing_is_promised(client: Client) -> None:
    application = case(State.BALANCE_CREDITED)
    TransferPolicy.objects.update(dispute_days=None)
    with time_machine.travel(moment("2025-11-03"), tick=False):
        address = enter(client, application)
        html = client.get(address).content.decode()
        assert "dispute/" not in html
        assert "前可提异议" not in html
        assert client.post(f"{address}dispute/", QUERY).status_code == 302
    assert not Dispute.objects.exists()


def test_nobody_queries_a_case_that_is_not_theirs(client: Client) -> None:
    mine, other = case(State.BALANCE_CREDITED), Scene("420100", "430100").submit().application
    with time_machine.travel(moment("2025-11-03"), tick=False):
        enter(client, other)
        for page in ("dispute", "rate"):
            answer = client.post(f"/status/{mine.reference}/{page}/", QUERY | {"level": "5"})
            assert 'action="/status/"' in answer.content.decode()  # the look-up
            answer = client.get(f"/status/{mine.reference}/{page}/")
            assert (answer.status_code, answer.url) == (302, f"/status/{mine.reference}/")
        answer = client.get(f"/status/{mine.reference}/calendar.ics")
        assert (answer.status_code, answer.url) == (302, "/status/")
    assert not Dispute.objects.exists()
