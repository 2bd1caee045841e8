"""Sending by the channel that is wished: text messages, mails, and a new query code by either."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from tests.deadlines.test_delivery import MORNING, Refusing, deliver, plain_message
from tests.scenes import Scene
from transfers.deadlines import delivery
from transfers.deadlines.delivery import Delivered
from transfers.deadlines.sms.gateway import Unavailable, Undeliverable
from transfers.deadlines.sms.local import File
from transfers.models import OutboxMessage, TransferApplication
from transfers.status import sms
from transfers.workflow.query_codes import verify

pytestmark = pytest.mark.django_db

PHONE = "13800000000"


@pytest.fixture(autouse=True)
def texts(settings: Any, tmp_path: Path) -> "Texts":
    settings.SMS_URL = tmp_path.as_uri()
    return Texts(tmp_path / "messages.jsonl")


class Texts:
    """What the SMS gateway was given."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def all(self) -> list[dict[str, str]]:
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]


def told_by(channel: str, number: int = 1) -> list[OutboxMessage]:
    """Messages of just submitted cases to applicants who wish this channel."""
    scene = Scene()
    cases = [scene.submit(MORNING, notify_by=channel).application for _ in range(number)]
    return list(OutboxMessage.objects.filter(application__in=cases).order_by("pk"))


def test_a_text_message_goes_to_the_phone_with_the_key_of_its_row(texts: Texts) -> None:
    (message,) = told_by("sms")
    assert deliver() == Delivered(sent=1)
    (text,) = texts.all()
    assert (text["to"], text["key"]) == (PHONE, message.key)
    assert text["text"].startswith("【泉州市医保】")
    assert mail.outbox == []
    message.refresh_from_db()
    assert (message.channel, message.sent_at) == ("sms", MORNING)
    assert deliver(MORNING + timedelta(hours=9)) == Delivered()


def test_the_channel_is_the_one_wished_when_it_is_sent(texts: Texts) -> None:
    (message,) = told_by("sms")
    TransferApplication.objects.update(notify_by="email")
    deliver()
    assert texts.all() == []
    assert len(mail.outbox) == 1
    message.refresh_from_db()
    assert message.channel == "email"


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_one_way_out_that_is_down_does_not_stop_the_other(
    channel: str, texts: Texts, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_arguments: object) -> None:
        raise Unavailable("no answer: TimeoutError")

    def refused(self: Refusing) -> bool:
        raise ConnectionRefusedError(111, "Connection refused")

    other = "sms" if channel == "email" else "email"
    last = [message.application_id for message in told_by(channel, 10)[6:]]
    TransferApplication.objects.filter(pk__in=last).update(notify_by=other)
    if channel == "sms":
        monkeypatch.setattr(File, "send", down)
    else:
        settings.EMAIL_BACKEND = f"{Refusing.__module__}.{Refusing.__name__}"
        monkeypatch.setattr(Refusing, "open", refused)
    assert deliver() == Delivered(sent=4, failed=3)
    untouched = OutboxMessage.objects.filter(attempts=0, leased_until=None, next_try_at=MORNING)
    assert untouched.count() == 3
    assert (len(texts.all()), len(mail.outbox)) == ((4, 0) if other == "sms" else (0, 4))


def test_a_gateway_that_is_unavailable_is_tried_again(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message,) = told_by("sms")
    with monkeypatch.context() as patch:
        patch.setattr(File, "send", lambda *_: (_ for _ in ()).throw(Unavailable("answered 503")))
        assert deliver() == Delivered(failed=1)
    message.refresh_from_db()
    assert (message.channel, message.last_error) == ("", "Unavailable: answered 503")
    assert deliver(MORNING + timedelta(minutes=1)) == Delivered(sent=1)


def test_a_number_that_the_gateway_refuses_is_given_up_and_says_by_what(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (message,) = told_by("sms")
    refuse = Undeliverable(f"the gateway refused the message to {PHONE}: 422")
    monkeypatch.setattr(File, "send", lambda *_: (_ for _ in ()).throw(refuse))
    assert deliver() == Delivered(dead=1)
    message.refresh_from_db()
    assert (message.channel, message.dead_at) == ("sms", MORNING)
    assert PHONE not in message.last_error


def test_without_a_gateway_text_messages_are_given_up(settings: Any) -> None:
    told_by("sms")
    settings.SMS_URL = ""
    assert deliver() == Delivered(dead=1)


def test_a_text_that_cannot_be_written_stops_nobody_else(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, _good = told_by("sms", 2)
    assert bad.event is not None
    event, plain = bad.event_id, sms._of_event
    monkeypatch.setattr(
        sms, "_of_event", lambda found, case: {}["x"] if found.pk == event else plain(found, case)
    )
    assert deliver() == Delivered(sent=1, failed=1)
    assert len(texts.all()) == 1


# A new query code


def code_message(**fields: Any) -> OutboxMessage:
    (message,) = plain_message(kind="code", **fields)
    return message


def opens(code: str) -> bool:
    return verify(code, TransferApplication.objects.get().query_code_hash)


def codes_in(text: str) -> list[str]:
    return [found.replace(" ", "") for found in re.findall(r"[2-9A-Z]{4} [2-9A-Z]{4}\b", text)]


@pytest.mark.parametrize("channel", ["email", "sms", "none"])
def test_a_new_code_goes_where_it_can_and_opens_the_case(channel: str, texts: Texts) -> None:
    code_message()
    TransferApplication.objects.update(
        contact_phone=PHONE, notify_by=channel, contact_email="" if channel == "none" else "a@b.cn"
    )
    assert deliver() == Delivered(sent=1)
    said = mail.outbox[0].body if channel == "email" else texts.all()[0]["text"]
    (code,) = codes_in(said)
    assert opens(code)
    assert OutboxMessage.objects.get().channel == ("email" if channel == "email" else "sms")


def test_a_new_code_is_kept_nowhere() -> None:
    code_message()
    deliver()
    (code,) = codes_in(mail.outbox[0].body)
    message, application = OutboxMessage.objects.get(), TransferApplication.objects.get()
    kept = repr([vars(message), vars(application)])
    assert code not in kept.replace(" ", "")


def test_until_it_is_sent_the_old_code_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    code_message()
    TransferApplication.objects.update(contact_phone=PHONE, notify_by="sms")
    before = TransferApplication.objects.get().query_code_hash
    monkeypatch.setattr(File, "send", lambda *_: (_ for _ in ()).throw(Unavailable("503")))
    assert deliver() == Delivered(failed=1)
    assert TransferApplication.objects.get().query_code_hash == before


def test_a_code_that_is_sent_twice_is_the_same_code(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process dies after sending; a gateway that drops the repeat leaves the first text."""
    code_message()
    TransferApplication.objects.update(contact_phone=PHONE, notify_by="sms")

    class Killed(BaseException):
        pass

    def killed(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_mark", killed)
        with pytest.raises(Killed):
            deliver()
    assert deliver(MORNING + delivery.LEASE) == Delivered(sent=1)
    first, second = texts.all()
    assert first["text"] == second["text"]
    assert first["key"] == second["key"]
    assert opens(codes_in(first["text"])[0])


def test_another_message_brings_another_code() -> None:
    first, second = plain_message(2, kind="code")
    deliver()
    codes = [code for letter in mail.outbox for code in codes_in(letter.body)]
    assert len(set(codes)) == 2
    assert first.key != second.key


def test_nobody_to_send_a_code_to_is_not_an_error() -> None:
    code_message()
    TransferApplication.objects.update(notify_by="none", contact_email="", contact_phone="")
    assert deliver() == Delivered(dropped=1)


def test_a_letter_without_an_at_sign_is_a_text_message(texts: Texts) -> None:
    OutboxMessage.objects.create(
        key="contact:1", kind="letter", address=PHONE, subject="contact", text="【甲】乙",
        created_at=MORNING, next_try_at=MORNING,
    )  # fmt: skip
    assert deliver() == Delivered(sent=1)
    assert [(text["to"], text["text"]) for text in texts.all()] == [(PHONE, "【甲】乙")]
