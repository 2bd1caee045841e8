"""The arrears office under many hands and under kills: nothing twice, nothing lost, nothing half-done."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date
from random import Random
from uuid import uuid4

import pytest
from django.db import connections
from django.db.models import Count, F

from arrears.cases import open_case, perform
from arrears.lapsing import requote
from arrears.models import ArrearsCase, ArrearsEvent, ArrearsMonth, Payment, Quote
from arrears.rules.states import Action, State
from tests.arrears.office import OPENED_ON, PAID_ON, Office, month
from tests.faults.test_sweep_kills import in_a_child
from tests.scenes import example_number, moment
from transfers.models import Entry, OutboxMessage, Receivable
from transfers.money.proof import prove
from transfers.workflow.errors import Refused

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Python 3.12 warns of forking beside threads; the child below starts none and ends by _exit.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

HANDS = 20


def at_once(act: Callable[[], object]) -> list[object]:
    """What each of twenty threads, started together, got: an answer or a refusal."""
    outcomes: list[object] = []
    barrier = threading.Barrier(HANDS)

    def press() -> None:
        try:
            barrier.wait()
            outcomes.append(act())
        except Refused as refusal:
            outcomes.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert len(outcomes) == HANDS, "nobody met an error that is no refusal"
    return outcomes


def test_twenty_who_open_the_same_months_open_one_case() -> None:
    office = Office()
    draft, clerk = office.draft(id_number=example_number()), office.actor("clerk")
    outcomes = at_once(lambda: open_case(draft, by=clerk, at=moment(OPENED_ON)))
    assert sum(isinstance(each, ArrearsCase) for each in outcomes) == 1
    assert ArrearsCase.objects.count() == Receivable.objects.count() == 1
    assert ArrearsMonth.objects.count() == 2


def test_twenty_who_record_the_last_payment_record_it_once() -> None:
    office = Office()
    case, finance = office.at(State.ASSESSED), office.actor("finance")
    outcomes = at_once(
        lambda: perform(
            case, Action.PAY, by=finance, at=moment(PAID_ON), payer="employer", method="counter",
            amount_fen=162_720, paid_on=date.fromisoformat(PAID_ON),
        )
    )  # fmt: skip
    assert sum(isinstance(each, ArrearsEvent) for each in outcomes) == 1
    assert Payment.objects.count() == 1
    assert Entry.objects.count() == 4  # contributions and late fee, two legs each
    assert prove(moment("2025-03-21")).breaks_found == 0


def test_a_request_pressed_twenty_times_is_carried_out_once_and_answered_each_time() -> None:
    office, key = Office(), uuid4()
    case, finance = office.at(State.ASSESSED), office.actor("finance")
    outcomes = at_once(
        lambda: perform(
            case, Action.PAY, by=finance, at=moment(PAID_ON), key=key, payer="employer",
            method="counter", amount_fen=100, paid_on=date.fromisoformat(PAID_ON),
        )
    )  # fmt: skip
    assert len({each.pk for each in outcomes if isinstance(each, ArrearsEvent)}) == 1
    assert all(isinstance(each, ArrearsEvent) for each in outcomes)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("cases", [12, pytest.param(150, marks=pytest.mark.full)])
def test_kills_leave_every_lapsed_quote_worked_out_anew_once(
    cases: int, record_property: Callable[[str, object], None]
) -> None:
    seed = int.from_bytes(os.urandom(4))
    record_property("seed", seed)
    random, office = Random(seed), Office()
    for _ in range(cases):
        office.assessed(office.zhang(resumed_month=month("2025-03")))
    now = moment("2025-03-21", 0)

    def work() -> None:
        assert not requote(now, chunk=1).errors

    kills = halves = 0
    while _lapsed(now.date()) and kills < 40 * cases:
        kills += in_a_child(work, random.uniform(0.0, 0.12))
        halves += _half_done()
    in_a_child(work)
    print(f"seed {seed}: killed {kills} times")
    assert kills  # otherwise nothing was tried
    assert halves == 0
    assert set(ArrearsCase.objects.values_list("version", flat=True)) == {3}
    assert Quote.objects.filter(version=2).count() == cases
    assert ArrearsEvent.objects.filter(verb=Action.REQUOTE).count() == cases
    letters = OutboxMessage.objects.filter(key__regex=r":3:(person|employer)$")
    assert letters.count() == 2 * cases


def _lapsed(today: date) -> bool:
    return ArrearsCase.objects.filter(state=State.ASSESSED, next_on__lt=today).exists()


def _half_done() -> int:
    """Cases whose day, quotes, events and version do not tell the same, seen between two runs."""
    told = ArrearsCase.objects.annotate(
        n=Count("events", distinct=True), quoted=Count("quotes", distinct=True)
    )
    return told.exclude(n=F("version")).count() + told.exclude(quoted=F("version") - 1).count()


def test_three_runs_at_once_quote_each_case_once() -> None:
    office = Office()
    for _ in range(8):
        office.assessed(office.zhang(resumed_month=month("2025-03")))
    now = moment("2025-03-21", 0)

    def work() -> None:
        try:
            requote(now, chunk=3)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    requote(now)  # what the three left to each other
    assert Quote.objects.filter(version=2).count() == 8
    assert not Quote.objects.filter(version=3).exists()
