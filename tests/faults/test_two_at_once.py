"""Many people press the same button at once: one wins, every other is told who was quicker."""

import threading

import pytest
from django.db import connection, connections

from tests.scenes import FORM, Scene, moment
from transfers.models import Event, Step, TransferApplication
from transfers.rules.states import Action, State
from transfers.workflow.actions import perform
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed, Stale

PRESSES = 50


def press_at_once(application: TransferApplication, actors: list[Actor], **call: object) -> list:
    """Every actor performs the same call in a thread of its own, started together."""
    outcomes: list[object] = []
    barrier = threading.Barrier(len(actors))

    def press(by: Actor) -> None:
        try:
            barrier.wait()
            perform(application, by=by, **call)  # type: ignore[arg-type]
            outcomes.append("done")
        except (Stale, NotAllowed) as refusal:
            outcomes.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=(by,)) for by in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_version", [True, False])
def test_fifty_attempts_at_one_transition_make_one_event(with_version: bool) -> None:
    if connection.vendor != "postgresql" and connection.is_in_memory_db():
        pytest.fail("this race needs a database that threads can share")
    scene = Scene()
    application = scene.accepted()
    at = moment("2025-10-13")
    scene.do(application, "origin_clerk", Action.TRANSFER_OUT, at, mode="prepare", form=FORM)
    application = TransferApplication.objects.get(pk=application.pk)
    before = Event.objects.filter(application=application).count()
    checkers = [scene.actor("origin_checker" if n % 2 else "origin_supervisor")
                for n in range(PRESSES)]  # fmt: skip
    outcomes = press_at_once(
        application, checkers, verb=Action.TRANSFER_OUT, at=at, mode="confirm",
        hash=application.preparations.get().payload_hash,
        seen=application.version if with_version else None,
    )  # fmt: skip
    assert outcomes.count("done") == 1
    refusals = [each for each in outcomes if each != "done"]
    assert len(refusals) == PRESSES - 1
    expected = Stale if with_version else NotAllowed
    assert {type(each) for each in refusals} == {expected}
    assert all("测" in str(each) for each in refusals), "each is told who was quicker"
    after = TransferApplication.objects.get(pk=application.pk)
    assert after.state == State.TRANSFERRED_OUT
    assert Event.objects.filter(application=application).count() == before + 1
    assert Step.objects.filter(application=application, kind="transfer_in").count() == 1
    assert after.forms.count() == 1
