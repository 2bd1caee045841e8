"""A job that checks and hands in a batch is killed at any moment: the end is as if it never was."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import pytest
from django.db import connections
from django.db.models import F
from django.utils import timezone

from tests.bench.bench_batch import numbers
from tests.faults.test_sweep_kills import in_a_child
from tests.intake.spreadsheets import AT, an_employer, as_text, row, uploaded
from tests.scenes import Scene
from transfers.intake import batches
from transfers.intake.batches import jobs
from transfers.models import (
    Batch,
    BatchRow,
    Event,
    OutboxMessage,
    Paper,
    Step,
    TransferApplication,
)
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed
from transfers.workflow.query_codes import QueryCode
from transfers.workflow.submission import Submission, Submitted, submit_many

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Python 3.12 warns of forking beside threads; the child below starts none and ends by _exit.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]


KILLS = 5  # of the job while it checks, and as many while it hands in


def job() -> None:
    """What the schedule does, once, at any moment after the lease of whoever was killed."""
    run = batches.work(timezone.now, seconds=600)
    assert not run.errors


def heal() -> None:
    """Let the lease of a killed job be over."""
    Batch.objects.filter(leased_until__isnull=False).update(leased_until=AT)


def half_done() -> int:
    """Rows and cases that do not tell the same, seen between two runs."""
    cases = TransferApplication.objects.filter(channel="batch")
    rows = BatchRow.objects.filter(state="submitted")
    checked = Batch.objects.exclude(state__in=["waiting", "checking"])
    return (
        abs(cases.count() - rows.count())
        + cases.filter(batch_row=None).count()
        + Batch.objects.filter(state__in=["waiting", "checking"], rows__isnull=False).count()
        + sum(batch.rows.count() != batch.rows_total for batch in checked)
    )


def at_once(calls: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("good", "bad", "a_turn", "longest"),
    [(60, 4, 5, 0.3), pytest.param(4_699, 300, jobs.ROWS_A_TURN, 4, marks=pytest.mark.full)],
)
def test_kills_leave_nothing_half_done_and_nothing_twice(
    good: int, bad: int, a_turn: int, longest: float,
    record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(jobs, "ROWS_A_TURN", a_turn)  # so many turns that a kill falls between
    seed = int.from_bytes(os.urandom(4))
    record_property("seed", seed)
    random, user = Random(seed), an_employer()
    known, *people = numbers(1 + good + bad)
    rows = [row(id_number=number, contact_email="a@example.org") for number in (*people, known)]
    for spoiled in rows[:bad]:
        spoiled[0] = ""
    batch = uploaded(user, as_text(rows))
    kills = {False: 0, True: 0}  # before and after it was asked to be handed in
    asked, halves = False, 0
    for _round in range(40):
        batch.refresh_from_db()
        if batch.state == Batch.State.DONE:
            break
        if batch.state == Batch.State.CHECKED and not asked:
            Scene().submit(id_number=known)  # too late for the check
            batches.hand_in(batch, at=AT)
            asked = True
        heal()
        seconds = random.uniform(0.02, longest) if kills[asked] < KILLS else None
        kills[asked] += in_a_child(job, seconds)
        halves += half_done()
    print(f"seed {seed}: killed {kills[False]} times checking, {kills[True]} handing in")
    assert sum(kills.values()) > KILLS
    assert halves == 0
    batch.refresh_from_db()
    counts = [batch.rows.filter(state=state).count() for state in BatchRow.State.values]
    assert dict(zip(BatchRow.State.values, counts, strict=True)) == {
        "good": 0, "bad": bad, "submitted": good, "refused": 1,
    }  # fmt: skip
    cases = TransferApplication.objects.filter(channel="batch")
    assert cases.values("person").distinct().count() == cases.count() == good
    assert Event.objects.filter(application__in=cases, verb="submit").count() == good
    assert Step.objects.filter(application__in=cases).count() == 2 * good
    assert Paper.objects.filter(application__in=cases).count() == good
    told = OutboxMessage.objects.filter(application__in=cases)
    assert told.values("key").distinct().count() == told.count() == good
    assert cases.exclude(employer=F("batch_row__batch__employer")).count() == 0


def test_three_runs_at_once_hand_in_each_row_once() -> None:
    batch = uploaded(an_employer(), as_text([row() for _ in range(12)]))
    job()
    batches.hand_in(batch, at=AT)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(6):
                heal()  # every run takes the batch from the others
                job()
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)
        finally:
            connections.close_all()

    at_once([work] * 3)
    assert not errors
    assert TransferApplication.objects.filter(channel="batch").count() == 12
    batch.refresh_from_db()
    assert batch.state == Batch.State.DONE
    assert half_done() == 0


def test_two_chunks_of_the_same_people_never_wait_for_each_other() -> None:
    scene, answers, barrier = Scene(), [], threading.Barrier(3)
    given = [scene.submission(id_number=number) for number in numbers(30)]

    def send(mine: Sequence[Submission]) -> None:
        try:
            barrier.wait()
            by, code = Actor.applicant(), QueryCode.of_nobody()
            answers.extend(submit_many(mine, by=by, at=AT, query_code=code))
        finally:
            connections.close_all()

    # One of them only half of the people, whom the others may or may not have made by then.
    at_once([partial(send, given), partial(send, given[::-1]), partial(send, given[::2])])
    assert len(answers) == 75
    assert sum(isinstance(each, Submitted) for each in answers) == 30
    assert TransferApplication.objects.values("person").distinct().count() == 30
    assert TransferApplication.objects.count() == 30


def test_the_same_file_sent_twice_at_once_is_one_batch() -> None:
    user, content = an_employer(), as_text([row()])
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def send() -> None:
        try:
            barrier.wait()
            uploaded(user, content)
            outcomes.append("taken")
        except batches.AlreadyUploaded:
            outcomes.append("known")
        finally:
            connections.close_all()

    at_once([send] * 4)
    assert sorted(outcomes) == ["known", "known", "known", "taken"]
    assert Batch.objects.count() == 1


def test_uploads_at_once_stop_at_the_limit_of_open_batches() -> None:
    user, outcomes = an_employer(), []
    files = [as_text([row()]) for _ in range(batches.MOST_OPEN + 3)]
    for content in files[4:]:
        uploaded(user, content)
    barrier = threading.Barrier(4)

    def send(content: bytes) -> None:
        try:
            barrier.wait()
            uploaded(user, content)
            outcomes.append("taken")
        except NotAllowed as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    at_once([partial(send, content) for content in files[:4]])
    assert sorted(outcomes) == ["taken", "too_many_open", "too_many_open", "too_many_open"]
    assert Batch.objects.count() == batches.MOST_OPEN
