"""Fifty people credit one case at once, half of them by the same request come again."""

import threading
import uuid

import pytest
from django.db import connection, connections

from tests.scenes import Scene, moment
from transfers.models import Entry, Event, Instruction, TransferApplication
from transfers.money import ledger
from transfers.money.ledger import Holdings
from transfers.rules.states import Action, State
from transfers.workflow.actions import perform
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed, Refused, Stale

PRESSES = 50
AT = moment("2025-10-30")


def ready_to_credit(scene: Scene) -> tuple[TransferApplication, str]:
    """A case whose crediting was prepared, and the hash its checker read."""
    application = scene.arrived()
    scene.money_matched(application)
    scene.do(application, "destination_finance", Action.CREDIT_BALANCE, AT, mode="prepare")
    return application, application.preparations.get(verb="credit_balance").payload_hash


def credit(
    application: TransferApplication, hash_: str, actors: list[Actor], keys: list[uuid.UUID]
) -> list[Event | Refused]:
    outcomes: list[Event | Refused] = []
    barrier = threading.Barrier(len(actors))

    def press(by: Actor, key: uuid.UUID) -> None:
        try:
            barrier.wait()
            outcomes.append(
                perform(
                    application,
                    Action.CREDIT_BALANCE,
                    by=by,
                    at=AT,
                    mode="confirm",
                    hash=hash_,
                    key=key,
                )
            )
        except (Stale, NotAllowed) as refusal:
            outcomes.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=each) for each in zip(actors, keys, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert len(outcomes) == len(actors), "every press has its answer"
    return outcomes


def race(scene: Scene) -> tuple[int, int]:
    """One case, fifty presses; returns how many had the event for an answer, and how many credits."""
    application, hash_ = ready_to_credit(scene)
    again = uuid.uuid4()
    keys = [again if n % 2 else uuid.uuid4() for n in range(PRESSES)]
    outcomes = credit(application, hash_, [scene.actor("destination_finance2")] * PRESSES, keys)
    events = [each for each in outcomes if isinstance(each, Event)]
    assert len({event.pk for event in events}) == 1, "all who were answered were told the same"
    (event,) = {event.pk: event for event in events}.values()
    # The request that came again was answered every time, or never if a fresh one was quicker.
    assert len(events) == (PRESSES // 2 if event.key == again else 1)
    assert TransferApplication.objects.get(pk=application.pk).state == State.BALANCE_CREDITED
    assert ledger.held(application) == Holdings(person=123_456)
    posted = Instruction.objects.filter(application=application, kind="credit",
                                        resolution__outcome="posted")  # fmt: skip
    assert Entry.objects.filter(instruction__in=posted).count() == 2
    return len(events), posted.count()


@pytest.mark.django_db(transaction=True)
def test_fifty_who_credit_one_case_credit_it_once() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time")
    assert race(Scene())[1] == 1


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_on_twenty_cases_there_are_exactly_twenty_credits() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time")
    scene = Scene()
    results = [race(scene) for _number in range(20)]
    credits_ = Instruction.objects.filter(kind="credit", resolution__outcome="posted").count()
    print(f"\n20 cases × {PRESSES} presses: {credits_} credits; answered {[r[0] for r in results]}")
    assert credits_ == 20


@pytest.mark.django_db(transaction=True)
def test_fifty_confirmations_by_the_maker_credit_nothing() -> None:
    scene = Scene()
    application, hash_ = ready_to_credit(scene)
    maker = scene.actor("destination_finance")
    keys = [uuid.uuid4() for _number in range(PRESSES)]
    threads = PRESSES if connection.vendor == "postgresql" else 5
    outcomes = credit(application, hash_, [maker] * threads, keys[:threads])
    assert {each.code for each in outcomes if isinstance(each, NotAllowed)} == {"maker_is_checker"}
    assert not any(isinstance(each, Event) for each in outcomes)
    assert ledger.held(application) == Holdings(suspense=123_456)


@pytest.mark.django_db
def test_a_request_that_comes_twice_is_answered_twice_and_done_once() -> None:
    scene = Scene()
    application = scene.arrived()
    scene.remit(application, moment("2025-10-29"), ("bank_delay", "bank"))
    key, version = uuid.uuid4(), TransferApplication.objects.get(pk=application.pk).version
    press = {"received_fen": 123_456, "bank_reference": "B1", "key": key, "seen": version}
    first = scene.do(application, "destination_finance", "receive", AT, **press)
    again = scene.do(application, "destination_finance", "receive", AT, **press)
    assert first == again
    assert ledger.held(application) == Holdings(suspense=123_456)
    with pytest.raises(NotAllowed) as refused:
        scene.do(application, "destination_finance", "receive", AT, **press | {"received_fen": 5})
    assert refused.value.code == "key"
    assert TransferApplication.objects.get(pk=application.pk).version == version + 1
