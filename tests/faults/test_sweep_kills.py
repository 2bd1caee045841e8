"""A process that sweeps and sends is killed at any moment: nothing is lost, no alert is doubled.

Each round a child process raises alerts, queues digests and sends mail to files, and is killed at a
random moment of the time it needs (0 to 30 ms, or longer on a slow machine). In the end, what the database says was sent is compared with the
mails that are really there.
"""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connections

from tests import factories
from tests.scenes import moment, staff
from transfers.deadlines import delivery, digest, posts
from transfers.deadlines.sweep import drift, raise_due
from transfers.models import Agency, Alert, OutboxMessage, Step, TransferApplication
from transfers.rules.states import Role
from transfers.tasks import WORDS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Python 3.12 warns of forking beside threads; the child below starts none and ends by _exit.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

START = moment("2025-10-13", 8)  # a Monday; 300 rounds end on Tuesday
BETWEEN = delivery.LEASE + timedelta(seconds=1)
HEALED = moment("2025-10-16", 9)
STEPS_A_ROUND = 2


def words(application: TransferApplication, at: datetime) -> tuple[str, str]:
    return "比规定时间晚了", "This is late"


def work(now: datetime) -> None:
    """What the schedule does, once."""
    raise_due(now)
    if digest.is_missed(now):
        digest.queue(now)
    delivery.deliver(now, words=replace(WORDS, late=words))


@dataclass
class Tally:
    unfinished: int
    lost: int
    repeats: int
    unsent: int


def in_a_child(job: Callable[[], None], seconds: float | None = None) -> bool:
    """Run a job in a child process, killed after so many seconds; True if it had not finished."""
    connections.close_all()
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            # Beside a browser's event loop the parent's connection is another object than the one
            # found here, which stays open and is the parent's too: never to be used, nor closed.
            for inherited in connections.all(initialized_only=True):
                inherited.connection = None
            os.write(tell, b".")
            job()
            os._exit(0)
        finally:
            os._exit(1)  # after an error too: never back into the test run
    os.close(tell)
    os.read(ready, 1)
    os.close(ready)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def mails(directory: Path) -> Counter[str]:
    """How often each Message-ID is in the mail files."""
    text = b"".join(path.read_bytes() for path in sorted(directory.glob("*.log")))
    return Counter(found.decode() for found in re.findall(rb"^Message-ID: (<\S+>)", text, re.M))


def ordeal(rounds: int, directory: Path, job: Callable[[datetime], None], seed: int) -> Tally:
    """So many rounds with a kill in each, then two without."""
    random = Random(seed)
    moments = [START + n * BETWEEN for n in range(rounds)]
    needed, unfinished = 0.03, 0
    for now in moments:
        factories.steps(STEPS_A_ROUND, due=["2025-10-11"])  # one or two days late
        if now == START:
            began = time.monotonic()
            in_a_child(partial(job, now))
            needed = max(needed, time.monotonic() - began)
        else:
            unfinished += in_a_child(partial(job, now), random.uniform(0, needed))
    job(moments[-1] + BETWEEN)
    for n in range(5):
        job(HEALED + n * BETWEEN)
    sent = OutboxMessage.objects.filter(sent_at__isnull=False, last_error="").exclude(kind="alert")
    there = mails(directory)
    return Tally(
        unfinished=unfinished,
        lost=sum(posts.message_id(key) not in there for key in sent.values_list("key", flat=True)),
        repeats=sum(there.values()) - len(there),
        unsent=unsent().count(),
    )


def unsent() -> Any:
    return OutboxMessage.objects.filter(sent_at__isnull=True)


@pytest.fixture
def mail_directory(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    staff("head", Agency.objects.get(region="990100"), Role.SUPERVISOR)
    return tmp_path / "mail"


@pytest.mark.parametrize("rounds", [30, pytest.param(300, marks=pytest.mark.full)])
def test_kills_lose_nothing_and_double_no_alert(
    rounds: int, mail_directory: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4))
    record_property("seed", seed)
    tally = ordeal(rounds, mail_directory, work, seed)
    print(f"seed {seed}: {tally}")
    assert tally.unfinished > rounds // 10  # otherwise nothing was tried
    assert (tally.lost, tally.unsent) == (0, 0)
    steps = rounds * STEPS_A_ROUND
    assert Step.objects.count() == steps
    assert drift(HEALED) == 0
    # Each step once, told to the head once and to the applicant once, and every line in a digest.
    assert Alert.objects.filter(rung="late-1", skipped=False).count() == steps
    for kind in ("alert", "applicant"):
        told = OutboxMessage.objects.filter(kind=kind, alert__rung="late-1")
        assert told.count() == told.values("alert").distinct().count() == steps
    assert not OutboxMessage.objects.filter(kind="alert", digest=None).exists()


@pytest.mark.full
def test_this_battery_notices_a_sender_that_marks_before_it_sends(
    mail_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = posts.MailPost.send

    def mark_first(post: Any, key: str, to: str, mail: Any) -> None:
        message = OutboxMessage.objects.get(key=key)
        delivery._mark(message, mail, "email", START, WORDS)
        send(post, key, to, mail)

    monkeypatch.setattr(posts.MailPost, "send", mark_first)
    assert ordeal(300, mail_directory, work, seed=1).lost > 0
