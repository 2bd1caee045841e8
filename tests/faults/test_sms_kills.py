"""Text messages when two send at once or a sender is killed: none lost, repeats with the same key."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests import factories
from tests.faults.test_sweep_kills import in_a_child
from tests.faults.test_sweep_races import at_once
from tests.scenes import moment
from transfers.deadlines import delivery
from transfers.deadlines.sms.local import File
from transfers.models import OutboxMessage
from transfers.tasks import WORDS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

START = moment("2025-10-13", 9)
BETWEEN = delivery.LEASE + timedelta(seconds=1)
PHONE = "13800000000"


def send(now: datetime) -> delivery.Delivered:
    return delivery.deliver(
        now, words=replace(WORDS, sms=lambda message, at: f"【甲】{message.key}")
    )


@pytest.fixture
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.SMS_URL = tmp_path.as_uri()
    return tmp_path


def queue(number: int, now: datetime) -> None:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            key=f"event:{application.reference}:1", kind="applicant", application=application,
            created_at=now, next_try_at=now,
        )
        for application in factories.applications(number, contact_phone=PHONE, notify_by="sms")
    )  # fmt: skip


def texts(directory: Path) -> Counter[str]:
    """How often each key is in the file; every line whole, every text its key's own."""
    file = directory / "messages.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    rows = [json.loads(line) for line in lines]
    assert all(row["text"] == f"【甲】{row['key']}" and row["to"] == PHONE for row in rows)
    return Counter(row["key"] for row in rows)


def test_senders_at_once_send_each_message_once(directory: Path) -> None:
    queue(200, START)
    done = at_once(4, partial(send, START))
    assert sum(each.sent for each in done) == 200
    assert set(texts(directory).values()) == {1}
    assert OutboxMessage.objects.filter(channel="sms", sent_at=START).count() == 200


@pytest.mark.parametrize("rounds", [25, pytest.param(300, marks=pytest.mark.full)])
def test_a_killed_sender_loses_no_text_and_repeats_one_under_its_own_key(
    rounds: int, directory: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4))
    record_property("seed", seed)
    random, needed, unfinished = Random(seed), 0.03, 0
    moments = [START + n * BETWEEN for n in range(rounds)]
    for now in moments:
        queue(4, now)
        if now == START:
            began = time.monotonic()
            in_a_child(partial(send, now))
            needed = max(needed, time.monotonic() - began)
        else:
            unfinished += in_a_child(partial(send, now), random.uniform(0, needed))
    for n in range(5):
        send(moments[-1] + (n + 1) * BETWEEN)
    sent = texts(directory)
    print(f"seed {seed}: {unfinished} killed, {sum(sent.values()) - len(sent)} repeats")
    assert unfinished > rounds // 10  # otherwise nothing was tried
    keys = set(OutboxMessage.objects.values_list("key", flat=True))
    assert set(sent) == keys
    assert not OutboxMessage.objects.filter(sent_at=None).exists()


def test_killed_between_sending_and_marking_it_goes_out_again_under_the_same_key(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(1, START)
    plain = File.send

    def last_act(self: File, to: str, text: str, key: str) -> None:
        plain(self, to, text, key)
        os.kill(os.getpid(), 9)

    with monkeypatch.context() as patch:
        patch.setattr(File, "send", last_act)
        assert in_a_child(partial(send, START), seconds=5)
    (message,) = OutboxMessage.objects.all()
    assert (message.sent_at, message.attempts) == (None, 1)
    assert texts(directory) == {message.key: 1}
    assert send(START + timedelta(minutes=1)).rows == 0  # leased
    assert send(START + BETWEEN).sent == 1
    assert texts(directory) == {message.key: 2}
    assert send(START + 2 * BETWEEN).rows == 0
