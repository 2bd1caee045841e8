"""A process that books receipts is killed at any moment: none is lost, none is booked twice."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from django.db import connections
from django.db.models import Count

from tests.faults.test_sweep_kills import in_a_child
from tests.scenes import Scene, money_at, money_state
from tests.statement_files import AT, line, note_of, read_in
from transfers.models import Entry, Event, Instruction, StatementLine
from transfers.money import ledger
from transfers.rules.balances import BalanceState
from transfers.workflow import receipts

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Python 3.12 warns of forking beside threads; the child below starts none and ends by _exit.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

SECONDS = 600.0


def book() -> None:
    """What the schedule does, once."""
    run = receipts.book_asked(AT, seconds=SECONDS)
    assert not run.errors


@pytest.mark.parametrize("cases", [6, pytest.param(100, marks=pytest.mark.full)])
def test_kills_lose_no_receipt_and_book_none_twice(
    cases: int, record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4))
    record_property("seed", seed)
    random, scene = Random(seed), Scene()
    sent = [money_at(scene, BalanceState.REMITTED) for _ in range(cases)]
    # Every third has another amount, which is booked as a difference in three steps of one case.
    amounts = ["1000.00" if n % 3 == 2 else "1234.56" for n in range(cases)]
    rows = [line(amount, note_of(case)) for amount, case in zip(amounts, sent, strict=True)]
    read_in(scene.user("destination_finance"), *rows)
    user = scene.user("destination_finance")
    StatementLine.objects.update(accept_asked_by=user, accept_asked_at=AT)
    kills = halves = 0
    while StatementLine.objects.filter(outcome="").exists() and kills < 40 * cases:
        kills += in_a_child(book, random.uniform(0.02, 0.2))
        halves += _half_done()
    in_a_child(book)
    print(f"seed {seed}: killed {kills} times")
    assert kills  # otherwise nothing was tried
    assert halves == 0
    assert {money_state(case) for case in sent} == {"matched", "mismatched"}
    for case, amount in zip(sent, amounts, strict=True):
        fen = int(amount.replace(".", ""))
        assert ledger.held(case).suspense == fen
        verbs = Counter(Event.objects.filter(application=case).values_list("verb", flat=True))
        assert verbs["receive"] == 1
        assert verbs["match"] + verbs["mismatch"] == 1
    receives = Instruction.objects.filter(kind="receive")
    assert receives.count() == cases
    assert Entry.objects.filter(instruction__in=receives).count() == 2 * cases
    lines = StatementLine.objects.filter(outcome="accepted")
    assert lines.values("instruction").distinct().count() == cases


def _half_done() -> int:
    """Cases whose receipt and line do not tell the same, seen between two runs."""
    booked = Instruction.objects.filter(kind="receive").annotate(lines=Count("statement_lines"))
    return (
        booked.exclude(lines=1).count()
        + StatementLine.objects.filter(outcome="accepted", instruction__isnull=True).count()
    )


def test_three_runs_at_once_book_each_receipt_once() -> None:
    scene = Scene()
    sent = [money_at(scene, BalanceState.REMITTED) for _ in range(8)]
    read_in(scene.user("destination_finance"), *(line("1234.56", note_of(each)) for each in sent))
    StatementLine.objects.update(
        accept_asked_by=scene.user("destination_finance"), accept_asked_at=AT
    )

    def work() -> None:
        try:
            book()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Instruction.objects.filter(kind="receive").count() == 8
    assert {money_state(case) for case in sent} == {"matched"}
    assert StatementLine.objects.filter(outcome="accepted").count() == 8
