"""Sending: once, to the right person, without personal data, and what happens when it fails."""

import re
import smtplib
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import translation

from tests import factories
from tests.scenes import Scene, moment, staff
from transfers.deadlines import delivery, digest
from transfers.deadlines.delivery import Delivered
from transfers.deadlines.mails import LateWords
from transfers.deadlines.sweep import raise_due
from transfers.models import Agency, Alert, Event, OutboxMessage, Step, TransferApplication, User
from transfers.rules.states import Role
from transfers.tasks import WORDS

pytestmark = pytest.mark.django_db

TUESDAY = "2025-10-21"
MORNING = moment(TUESDAY, 8, 30)


def late_words(application: TransferApplication, at: datetime) -> tuple[str, str]:
    return f"办理情况{application.reference}", f"Progress of {application.reference}"


def deliver(now: datetime = MORNING, late: LateWords = late_words, **options: Any) -> Delivered:
    return delivery.deliver(now, words=replace(WORDS, late=late), **options)


@pytest.fixture
def clerk() -> User:
    return staff("clerk", Agency.objects.get(region="990100"), Role.CLERK)


@pytest.fixture
def queued(clerk: User) -> OutboxMessage:
    """A digest of one overdue, two due and one coming step."""
    factories.steps(4, due=["2025-10-20", TUESDAY, TUESDAY, "2025-10-23"])
    raise_due(moment("2025-10-20", 0))
    raise_due(moment(TUESDAY, 0))
    OutboxMessage.objects.filter(kind="applicant").delete()
    digest.queue(MORNING)
    return clerk.messages.get(kind="digest")


def plain_message(number: int = 1, **fields: Any) -> list[OutboxMessage]:
    """Messages to applicants that are due."""
    return OutboxMessage.objects.bulk_create(
        OutboxMessage(
            **{
                "key": f"event:{application.reference}:1",
                "kind": "applicant",
                "application": application,
                "created_at": MORNING,
                "next_try_at": MORNING,
                **fields,
            }
        )
        for application in factories.applications(number)
    )


class Refusing(EmailBackend):
    """A mail server that refuses what `refuses` says."""

    refuses: Any = staticmethod(lambda letter: False)
    opens = 0

    def open(self) -> bool:
        type(self).opens += 1
        return True

    def send_messages(self, letters: Any) -> int:
        for letter in letters:
            if self.refuses(letter):
                raise smtplib.SMTPRecipientsRefused({letter.to[0]: (550, b"no such person")})
        return super().send_messages(letters)


@pytest.fixture
def refusing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Refusing]:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(Refusing, "opens", 0)
    monkeypatch.setattr(Refusing, "refuses", staticmethod(lambda letter: False))
    return Refusing


def test_a_digest_says_how_many_and_names_each_step(queued: OutboxMessage) -> None:
    with translation.override("en"):  # the sender's language must not matter
        assert deliver() == Delivered(sent=1)
    (letter,) = mail.outbox
    assert letter.to == ["clerk@example.org"]
    assert re.findall(r"\d", letter.subject) == ["1", "2", "1"]  # overdue, today, soon
    for step in Step.objects.select_related("application"):
        reference = step.application.reference
        assert reference in letter.body
        assert f"/admin/cases/{reference}/" in letter.body
    lines = [line for line in letter.body.splitlines() if line.startswith("- ")]
    assert [re.findall(r"\d+", line.partition("2025-10-")[2])[1:] for line in lines] == [
        ["1"],
        [],
        [],
        ["2"],
    ]  # working days over, nothing to count today, working days left
    html = letter.alternatives[0][0]
    assert html.count("<li>") == 4


def test_no_mail_carries_a_name_or_an_identity_number(queued: OutboxMessage) -> None:
    scene = Scene()
    application = scene.submit(MORNING).application
    deliver()
    assert len(mail.outbox) == 2
    number = application.person.id_number
    for letter in mail.outbox:
        for text in (letter.subject, letter.body, *(html for html, _ in letter.alternatives)):
            assert "张示例" not in text
            assert number not in text
            assert number[6:14] not in text


def test_sent_is_marked_with_the_lines_it_told(queued: OutboxMessage, clerk: User) -> None:
    done = clerk.messages.get(kind="alert", alert__due_on="2025-10-20")
    assert done.alert is not None
    Alert.objects.filter(pk=done.alert_id).update(acknowledged_at=MORNING, acknowledged_by=clerk)
    deliver()
    queued.refresh_from_db()
    assert (queued.sent_at, queued.leased_until, queued.attempts) == (MORNING, None, 1)
    done.refresh_from_db()
    assert done.sent_at is None
    others = clerk.messages.filter(kind="alert").exclude(pk=done.pk)
    assert set(others.values_list("sent_at", flat=True)) == {MORNING}
    assert done.alert.step.application.reference not in mail.outbox[0].body


def test_a_digest_with_nothing_left_is_not_sent(queued: OutboxMessage, clerk: User) -> None:
    Step.objects.update(closed_on=date(2025, 10, 21), outcome="done")
    assert deliver() == Delivered(dropped=1)
    queued.refresh_from_db()
    assert queued.sent_at == MORNING
    assert queued.last_error.startswith("not sent")
    assert mail.outbox == []
    assert not clerk.messages.filter(kind="alert", sent_at__isnull=False).exists()


def test_the_key_is_the_message_id_on_every_attempt(refusing: type[Refusing]) -> None:
    (message,) = plain_message()
    ids = []

    def refuse(letter: Any) -> bool:
        ids.append(letter.extra_headers["Message-ID"])
        return len(ids) == 1

    refusing.refuses = staticmethod(refuse)
    deliver()
    deliver(MORNING + timedelta(minutes=1))
    assert ids == [f"<{message.key.replace(':', '.')}@127.0.0.1>"] * 2
    assert mail.outbox[0].message()["Message-ID"] == ids[0]


def test_a_sent_message_is_not_sent_again() -> None:
    plain_message()
    assert deliver() == Delivered(sent=1)
    assert deliver(MORNING + timedelta(hours=9)) == Delivered()


def test_failures_wait_longer_each_time_and_end_after_eight(refusing: type[Refusing]) -> None:
    refusing.refuses = staticmethod(lambda letter: True)
    (message,) = plain_message()
    now, waits = MORNING, []
    for _attempt in range(7):
        assert deliver(now).failed == 1
        message.refresh_from_db()
        assert message.next_try_at is not None
        waits.append(round((message.next_try_at - now) / timedelta(minutes=1)))
        assert deliver(message.next_try_at - timedelta(seconds=1)) == Delivered()
        now = message.next_try_at
    assert waits == [1, 2, 4, 8, 16, 32, 60]
    assert deliver(now) == Delivered(dead=1)
    message.refresh_from_db()
    assert (message.dead_at, message.attempts, message.sent_at) == (now, 8, None)
    assert deliver(now + timedelta(days=1)) == Delivered()


def test_what_went_wrong_is_kept_without_addresses_or_numbers(
    refusing: type[Refusing], caplog: pytest.LogCaptureFixture
) -> None:
    refusing.refuses = staticmethod(lambda letter: True)
    (message,) = plain_message()
    deliver()
    message.refresh_from_db()
    assert message.last_error.startswith("SMTPRecipientsRefused")
    for text in (message.last_error, caplog.text):
        assert "zhang@example.org" not in text
    assert delivery._PERSONAL.sub("…", "990100198504120012, 13800000000") == "…, …"


def test_one_bad_message_never_stops_the_others(refusing: type[Refusing]) -> None:
    bad, *good = plain_message(5)
    TransferApplication.objects.filter(pk=bad.application_id).update(
        contact_email="bad@example.org"
    )
    refusing.refuses = staticmethod(lambda letter: letter.to == ["bad@example.org"])
    assert deliver() == Delivered(sent=4, failed=1)
    assert OutboxMessage.objects.filter(sent_at__isnull=False).count() == len(good)


def test_a_message_that_cannot_even_be_written_is_kept_apart() -> None:
    bad, _good = plain_message(2)

    def failing(application: TransferApplication, at: datetime) -> tuple[str, str]:
        if application.pk == bad.application_id:
            raise KeyError("credited")
        return "好", "fine"

    assert deliver(late=failing) == Delivered(sent=1, failed=1)
    bad.refresh_from_db()
    assert bad.last_error == "KeyError: 'credited'"


def test_a_server_that_is_down_costs_three_tries_and_touches_no_other_row(
    refusing: type[Refusing], monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(self: Refusing) -> bool:
        Refusing.opens += 1
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(Refusing, "open", down)
    plain_message(10)
    assert deliver() == Delivered(failed=3)
    assert Refusing.opens == 3
    untouched = OutboxMessage.objects.filter(attempts=0, leased_until=None, next_try_at=MORNING)
    assert untouched.count() == 7


def test_a_connection_is_opened_once_for_many_messages(refusing: type[Refusing]) -> None:
    plain_message(5)
    deliver()
    assert refusing.opens == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"email": ""}, "no e-mail address"), ({"is_active": False}, "has left")],
)
def test_a_digest_nobody_can_receive_is_given_up_at_once(
    queued: OutboxMessage, change: dict[str, Any], reason: str
) -> None:
    User.objects.filter(username="clerk").update(**change)
    assert deliver() == Delivered(dead=1)
    queued.refresh_from_db()
    assert queued.dead_at == MORNING
    assert reason in queued.last_error


def test_an_applicant_who_wishes_no_messages_by_now_gets_none() -> None:
    (message,) = plain_message()
    TransferApplication.objects.update(notify_by="none")
    assert deliver() == Delivered(dropped=1)
    message.refresh_from_db()
    assert (message.channel, message.sent_at) == ("", MORNING)
    assert mail.outbox == []


def test_a_leased_message_is_left_alone_until_its_lease_runs_out() -> None:
    (message,) = plain_message()
    assert delivery._lease(MORNING, 10) == [message.pk]
    assert deliver() == Delivered()
    assert deliver(MORNING + delivery.LEASE - timedelta(seconds=1)) == Delivered()
    assert deliver(MORNING + delivery.LEASE) == Delivered(sent=1)


def test_messages_whose_lease_ran_out_are_taken_one_by_one() -> None:
    first, second = plain_message(2)
    assert delivery._lease(MORNING, 10) == [first.pk, second.pk]
    later = MORNING + delivery.LEASE
    assert delivery._lease(later, 10) == [first.pk]
    assert delivery._lease(later, 10) == [second.pk]
    assert delivery._lease(later, 10) == []


def test_a_message_that_kills_its_worker_is_given_up() -> None:
    (message,) = plain_message()
    now = MORNING
    for _killed in range(24):
        assert delivery._lease(now, 10) == [message.pk]
        now += delivery.LEASE
    assert deliver(now) == Delivered(dead=1)


def test_messages_that_are_not_due_yet_wait() -> None:
    plain_message(next_try_at=moment(TUESDAY, 9))
    assert deliver(moment(TUESDAY, 8, 59)) == Delivered()
    assert deliver(moment(TUESDAY, 9)) == Delivered(sent=1)


def test_alert_lines_are_never_sent_by_themselves(clerk: User) -> None:
    factories.steps(1)
    raise_due(moment(TUESDAY, 0))
    assert deliver(moment(TUESDAY, 23)) == Delivered()


def test_no_more_than_the_limit_is_sent() -> None:
    plain_message(5)
    assert deliver(limit=3) == Delivered(sent=3)
    assert deliver() == Delivered(sent=2)


def test_a_run_ends_in_time_and_gives_back_what_it_did_not_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain_message(5)
    clock = iter(range(0, 10_000, 60))
    monkeypatch.setattr(delivery.time, "monotonic", lambda: float(next(clock)))
    done = deliver()
    assert 0 < done.sent < 5
    untouched = OutboxMessage.objects.filter(attempts=0, leased_until=None, sent_at=None)
    assert untouched.count() == 5 - done.sent


@pytest.mark.parametrize(("language", "shown"), [("zh-hans", "已收到"), ("en", "Received")])
def test_an_event_s_message_says_what_was_shown_then_in_the_applicant_s_language(
    language: str, shown: str
) -> None:
    (message,) = plain_message()
    TransferApplication.objects.update(language=language)
    event = Event.objects.create(
        application=message.application,
        seq=1,
        at=MORNING,
        track="relation",
        verb="submit",
        actor="applicant",
        shown_zh="已收到",
        shown_en="Received",
    )
    OutboxMessage.objects.update(event=event)
    deliver()
    (letter,) = mail.outbox
    assert shown in letter.body
    assert f"/status/{message.application.reference}/" in letter.body  # type: ignore[union-attr]


def test_late_is_told_as_the_case_stands_and_not_at_all_when_it_is_not_late() -> None:
    late, not_late = factories.steps(2)
    raise_due(moment("2025-10-22", 9))

    def only_the_first(application: TransferApplication, at: datetime) -> tuple[str, str] | None:
        return late_words(application, at) if application.pk == late.application_id else None

    done = deliver(moment("2025-10-22", 9), late=only_the_first)
    assert done == Delivered(sent=1, dropped=1)
    (letter,) = mail.outbox
    assert f"办理情况{late.application.reference}" in letter.body
    assert not_late.application.reference not in letter.body
