"""Applying, by real requests: from the first answer to the status page."""

import re

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from tests.public.visits import EMAIL, NAME, answers
from tests.scenes import example_number, moment
from transfers.models import Event, TransferApplication
from transfers.rules.states import Side, State
from transfers.workflow.query_codes import verify

pytestmark = pytest.mark.django_db

MORNING = moment("2025-09-24", 9)


@pytest.fixture
def number() -> str:
    return example_number()


def hand_in(client: Client, number: str, **changes: str) -> str:
    """Fill in, check, hand in; returns the confirmation page."""
    answer = client.post("/apply/", answers(number, **changes))
    assert (answer.status_code, answer.get("Location")) == (302, "/apply/check/")
    answer = client.post("/apply/check/")
    assert (answer.status_code, answer.get("Location")) == (302, "/apply/done/")
    return client.get("/apply/done/").content.decode()


def test_from_the_form_to_the_status_page(client: Client, number: str) -> None:
    with time_machine.travel(MORNING, tick=False):
        html = hand_in(client, number)
        application = TransferApplication.objects.get()
        reference, code = re.findall(r"<dd>([^<]+)</dd>", html)
        assert reference == application.reference
        assert verify(code, application.query_code_hash)
        assert "2025年9月30日（周二）前告诉您是否受理" in html
        # It can be loaded again, until its owner says that the code is noted.
        assert code in client.get("/apply/done/").content.decode()
        assert client.get(f"/status/{reference}/").status_code == 200
        assert client.get("/apply/done/")["Location"] == f"/status/{reference}/"
    assert application.state == State.APPLIED
    assert (application.contact_email, application.language) == (EMAIL, "zh-hans")
    records = {record.side: record for record in application.records.all()}
    assert str(records[Side.ORIGIN].stopped_on) == "2025-08-31"
    assert str(records[Side.DESTINATION].enrolled_on) == "2025-09-01"
    assert "apply" not in client.session


def test_the_code_is_gone_after_half_an_hour(client: Client, number: str) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        hand_in(client, number)
        clock.shift(31 * 60)
        assert client.get("/apply/done/").status_code == 302


def test_nothing_is_handed_in_before_the_answers_were_checked(client: Client, number: str) -> None:
    client.post("/apply/", answers(number))
    html = client.get("/apply/check/").content.decode()
    assert "请核对后提交" in html
    assert "提交转移申请" in html
    assert number not in html
    assert f"{number[:3]}*************{number[-2:]}" in html
    assert html.count("修改") == html.count("<dt>")
    assert not TransferApplication.objects.exists()


def test_all_wrong_answers_are_named_at_once_and_kept(client: Client) -> None:
    wrong = answers(
        "99010019850412001X", contact_phone="123", contact_email="x@", stopped_on="soon"
    )
    answer = client.post("/apply/", wrong)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<title>错误：" in html
    assert "有 2 处需要修改" in html  # what a form can tell; the number's check digit comes next
    assert f'value="{NAME}"' in html
    html = client.post("/apply/", answers("990100198504120010")).content.decode()
    assert "校验码不对，请检查是否输错" in html
    assert 'href="#id_id_number"' in html
    html = client.post("/apply/", answers("123")).content.decode()
    assert "请输入18位身份证号，最后一位可以是X" in html


def test_an_empty_form_names_every_missing_answer(client: Client) -> None:
    html = client.post("/apply/", {}).content.decode()
    assert "有 9 处需要修改" in html
    assert html.count("<option") > 700


@pytest.mark.parametrize(
    ("stopped", "enrolled", "told", "not_told"),
    [("no", "yes", "先办停保", "先在新的地方参保"), ("yes", "no", "先在新的地方参保", "先办停保")],
)
def test_not_yet_is_no_error(
    client: Client, number: str, stopped: str, enrolled: str, told: str, not_told: str
) -> None:
    answer = client.post("/apply/", answers(number, stopped=stopped, enrolled=enrolled))
    assert answer["Location"] == "/apply/not-yet/"
    html = client.get("/apply/not-yet/").content.decode()
    assert told in html
    assert not_told not in html
    assert "错误" not in html
    assert f'value="{NAME}"' in client.get("/apply/").content.decode()
    assert client.post("/apply/check/")["Location"] == "/apply/"
    assert not TransferApplication.objects.exists()


def test_pressing_twice_makes_one_application(client: Client, number: str) -> None:
    """The second press arrives with the session as it was before the first one's answer."""
    with time_machine.travel(MORNING, tick=False):
        client.post("/apply/", answers(number))
        key = client.session.session_key
        before = dict(client.session)
        client.post("/apply/check/")
        assert client.post("/apply/check/")["Location"] == "/apply/done/"
        assert TransferApplication.objects.count() == 1
        # A second visit with the same answers is told, and sees nothing of the first one's case.
        stranger = Client()
        stranger.post("/apply/", answers(number))
        html = stranger.post("/apply/check/").content.decode()
        assert "已有一份申请正在办理" in html
        assert "case" not in stranger.session
        assert SessionStore(key).load()["case"] == TransferApplication.objects.get().pk
    assert "case" not in before
    assert Event.objects.count() == 1


def test_personal_data_turns_the_session_and_stays_out_of_addresses(
    client: Client, number: str
) -> None:
    planted = SessionStore()
    planted["by"] = "somebody else"
    planted.create()
    client.cookies["jiexu-session"] = planted.session_key
    answer = client.post("/apply/", answers(number))
    assert client.session["apply"]["id_number"] == number
    assert client.session.session_key != planted.session_key
    assert not SessionStore(planted.session_key).load()
    assert "?" not in answer["Location"]


def test_an_application_in_english_is_answered_in_english(client: Client, number: str) -> None:
    client.cookies["jiexu-language"] = "en"
    html = hand_in(client, number)
    assert "We have received your application" in html
    assert TransferApplication.objects.get().language == "en"


def test_without_a_visit_there_is_nothing_to_confirm(client: Client) -> None:
    assert client.get("/apply/done/")["Location"] == "/status/"
    assert client.get("/apply/check/")["Location"] == "/apply/"
    assert client.get("/apply/not-yet/")["Location"] == "/apply/"
