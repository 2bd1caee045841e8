"""Correcting how one is reached: who may, until when, what is kept, and who is told of it."""

import re
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from tests.public.visits import EMAIL, PHONE, enter
from tests.scenes import Scene, moment
from transfers.models import OutboxMessage, TransferApplication
from transfers.rules.states import State
from transfers.tasks import deliver_messages

pytestmark = pytest.mark.django_db

NOW = moment("2025-10-09")
NEW_PHONE, NEW_EMAIL = "13900000001", "li@example.org"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def fresh(application: TransferApplication) -> TransferApplication:
    return TransferApplication.objects.get(pk=application.pk)


def page(client: Client, application: TransferApplication) -> str:
    return f"{enter(client, application)}contact/"


def given(application: TransferApplication, **changes: str) -> dict[str, str]:
    """What somebody sends who changes only this."""
    application = fresh(application)
    return {
        "notify_by": application.notify_by, "language": application.language,
        "contact_phone": "", "contact_email": "", "version": str(application.version), **changes,
    }  # fmt: skip


def letters() -> list[tuple[str, str]]:
    """Who is told of the change, by what."""
    rows = OutboxMessage.objects.filter(kind="letter").order_by("key")
    return [(row.address, row.key.rpartition(":")[2]) for row in rows]


def test_the_page_hints_at_what_is_on_file_and_shows_none_of_it(client: Client) -> None:
    address = page(client, Scene().accepted())
    body = client.get(address).content.decode()
    assert "138****0000" in body
    assert "z***@example.org" in body
    assert PHONE not in body
    assert EMAIL not in body


@pytest.mark.parametrize(
    ("changes", "kept", "told"),
    [
        # Whoever was told by e-mail and is now told by SMS gets one last mail.
        ({"notify_by": "sms"}, (PHONE, EMAIL, "sms", "zh-hans"), [(EMAIL, "email")]),
        ({"contact_email": NEW_EMAIL}, (PHONE, NEW_EMAIL, "email", "zh-hans"), [(EMAIL, "email")]),
        ({"contact_phone": "+86 139 0000 0001"}, (NEW_PHONE, EMAIL, "email", "zh-hans"),
         [(PHONE, "sms")]),
        ({"notify_by": "sms", "contact_phone": NEW_PHONE, "contact_email": NEW_EMAIL},
         (NEW_PHONE, NEW_EMAIL, "sms", "zh-hans"), [(EMAIL, "email"), (PHONE, "sms")]),
        ({"notify_by": "none"}, (PHONE, EMAIL, "none", "zh-hans"), [(EMAIL, "email")]),
        # Taken away: the other address is told from then on, unless the messages went there anyway.
        ({"forget_email": "on"}, (PHONE, "", "sms", "zh-hans"), [(EMAIL, "email")]),
        ({"forget_phone": "on"}, ("", EMAIL, "email", "zh-hans"), [(PHONE, "sms")]),
        ({"forget_phone": "on", "forget_email": "on"}, ("", "", "none", "zh-hans"),
         [(EMAIL, "email"), (PHONE, "sms")]),
        ({"forget_email": "on", "notify_by": "none"}, (PHONE, "", "none", "zh-hans"),
         [(EMAIL, "email")]),
        ({"language": "en"}, (PHONE, EMAIL, "email", "en"), []),
    ],
)  # fmt: skip
def test_what_is_changed_is_kept_and_the_old_address_told_once(
    client: Client,
    changes: dict[str, str],
    kept: tuple[str, ...],
    told: list[tuple[str, str]],
) -> None:
    application = Scene().accepted()
    address = page(client, application)
    answer = client.post(address, given(application, **changes))
    assert answer.status_code == 302, answer.content.decode()
    application = fresh(application)
    assert kept == (
        application.contact_phone, application.contact_email, application.notify_by,
        application.language,
    )  # fmt: skip
    assert letters() == told
    event = application.events.order_by("seq").last()
    assert (event.verb, event.actor) == ("contact", "applicant")
    assert event.from_state == event.to_state == State.VALIDATED
    written = f"{event.facts}{event.note}{event.reason}{event.shown_zh}"
    assert not re.search(r"@|1[38]\d{9}", written)
    body = client.get(answer.url).content.decode()
    assert ("联系方式已更改" if kept[3] == "zh-hans" else "联系方式") in body


def test_the_last_word_goes_out_by_its_own_channel(
    client: Client, settings: Any, tmp_path: Any
) -> None:
    settings.SMS_URL = tmp_path.as_uri()
    application = Scene().accepted()
    OutboxMessage.objects.all().delete()
    client.post(page(client, application),
                given(application, contact_phone=NEW_PHONE, contact_email=NEW_EMAIL))  # fmt: skip
    deliver_messages()
    (letter,) = mail.outbox
    assert letter.to == [EMAIL]
    assert application.reference in letter.body
    (line,) = (tmp_path / "messages.jsonl").read_text().splitlines()
    assert f'"to": "{PHONE}"' in line
    assert f"…{application.reference[-4:]}" in line
    for text in (letter.body, line):
        assert NEW_PHONE not in text
        assert NEW_EMAIL not in text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"contact_phone": "123"}, "contact_phone"),
        ({"contact_phone": "abc"}, "contact_phone"),
        ({"contact_email": "li@"}, "contact_email"),
        ({"notify_by": "fax"}, "notify_by"),
        ({"notify_by": ""}, "notify_by"),
        ({"language": "de"}, "language"),
        ({"contact_email": NEW_EMAIL, "forget_email": "on"}, "contact_email"),
        # Chosen anew, so it is not left for the other way.
        ({"notify_by": "sms", "forget_phone": "on"}, "contact_phone"),
    ],
)
def test_a_wrong_answer_is_told_at_its_field_and_changes_nothing(
    client: Client, changes: dict[str, str], field: str
) -> None:
    application = Scene().accepted()
    answer = client.post(page(client, application), given(application, **changes))
    assert answer.status_code == 422
    body = answer.content.decode()
    assert re.search(rf'<a href="#id_{field}(_0)?">', body)
    assert "<title>错误：" in body
    assert not application.events.filter(verb="contact").exists()


def test_what_becomes_of_the_messages_is_said_beside_taking_an_address_away(
    client: Client,
) -> None:
    told_by_sms = "之后将以短信通知您"
    scene = Scene()
    body = client.get(page(client, scene.accepted())).content.decode()
    assert body.count(told_by_sms) == 1  # beside the e-mail, to which they go now
    body = client.get(page(client, scene.accepted(contact_phone=""))).content.decode()
    assert "forget_phone" not in body
    assert "之后您将收不到通知" in body


def test_a_channel_needs_its_address(client: Client) -> None:
    application = Scene().accepted(contact_phone="")
    answer = client.post(page(client, application), given(application, notify_by="sms"))
    assert answer.status_code == 422
    assert 'href="#id_contact_phone"' in answer.content.decode()


def test_nothing_changed_writes_nothing(client: Client) -> None:
    application = fresh(Scene().accepted())
    answer = client.post(page(client, application), given(application))
    assert answer.status_code == 302
    assert fresh(application).version == application.version
    assert not application.events.filter(verb="contact").exists()


def test_a_page_that_is_out_of_date_changes_nothing_and_names_no_colleague(client: Client) -> None:
    scene = Scene()
    application = scene.submit(NOW).application
    address = page(client, application)
    form = given(application, notify_by="sms")
    scene.do(application, "origin_clerk", "pass_check", NOW)
    answer = client.post(address, form)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "什么都没有更改" in body
    assert "测" not in body
    application = fresh(application)
    assert application.notify_by == "email"
    assert client.post(address, given(application, notify_by="sms")).status_code == 302


def test_changes_end_after_five_on_one_day(client: Client, clock: Any) -> None:
    application = Scene().accepted()
    address = page(client, application)
    for last in "12345":
        form = given(application, contact_phone=f"1390000000{last}")
        assert client.post(address, form).status_code == 302
    form = given(application, contact_phone=NEW_PHONE)
    assert client.post(address, form).status_code == 422
    clock.move_to(moment("2025-10-10"))
    enter(client, application)  # a visit ends within a day
    answer = client.post(address, given(application, contact_phone=NEW_PHONE))
    assert (answer.status_code, answer.url) == (302, f"/status/{application.reference}/")


@pytest.mark.parametrize(
    ("state", "on", "possible"),
    [
        (State.APPLIED, "2025-10-09", True),
        (State.BALANCE_CREDITED, "2025-11-03", True),
        (State.BALANCE_CREDITED, "2026-03-02", False),
        (State.WITHDRAWN, "2025-09-26", False),
    ],
)
def test_it_is_possible_while_something_may_still_happen(
    client: Client, clock: Any, state: State, on: str, possible: bool
) -> None:
    application = Scene().in_state(state)
    clock.move_to(moment(on))
    address = page(client, application)
    assert (client.get(address).status_code == 200) is possible
    link = f'href="/status/{application.reference}/contact/"'
    assert (link in client.get(address.removesuffix("contact/")).content.decode()) is possible
    answer = client.post(address, given(application, notify_by="sms"))
    assert answer.status_code == 302
    application = fresh(application)
    assert application.notify_by == ("sms" if possible else "email")


def test_nobody_else_gets_in(client: Client) -> None:
    scene = Scene()
    mine, other = scene.accepted(), scene.accepted()
    enter(client, mine)
    for reference in (other.reference, "ZY20250101-0000000"):
        address = f"/status/{reference}/contact/"
        answer = client.get(address)
        assert (answer.status_code, answer.url) == (302, f"/status/{reference}/")
        answer = client.post(address, given(other, notify_by="sms"))
        assert 'action="/status/"' in answer.content.decode()  # the look-up
    other = fresh(other)
    assert other.notify_by == "email"
