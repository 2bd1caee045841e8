"""Many people press the same button at once: one wins, every other is told who was quicker."""

import threading
import time

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from tests.scenes import FORM, Scene, moment
from transfers.deadlines import redate
from transfers.models import Event, Step, TransferApplication
from transfers.rules.states import Action, Side, State
from transfers.rules.steps import StepKind
from transfers.workflow.actions import perform
from transfers.workflow.actors import Actor
from transfers.workflow.case import Case
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


@pytest.mark.django_db(transaction=True)
def test_a_notice_loaded_in_the_middle_of_a_move_waits_and_dates_the_new_step_too() -> None:
    scene = Scene()
    application = scene.accepted("2026-09-24")  # Thursday; ten working days: Thursday 2026-10-15
    shipped = settings.BASE_DIR / "transfers" / "fixtures" / "calendar" / "2026.csv"
    amended = shipped.read_text("utf-8") + "2026-10-12,holiday,临时放假\n"
    claimed, failures = threading.Event(), []

    def move() -> None:
        try:
            with transaction.atomic():
                case = Case.claim(application, Actor.system(), moment("2026-09-25"))
                claimed.set()
                time.sleep(1.0)  # by now the load waits for the row of this case
                case.open(StepKind.CORRECTION, Side.ORIGIN)
                case.tell("uphold", from_state="", to_state="")
        except Exception as error:  # noqa: BLE001 - told to the test below
            failures.append(error)
        finally:
            connections.close_all()

    mover = threading.Thread(target=move)
    mover.start()
    assert claimed.wait(20)
    redate.load(amended, at=moment("2026-09-26"))
    mover.join(30)
    assert failures == []
    due = dict(application.steps.filter(closed_on=None).values_list("kind", "due_on"))
    assert str(due["transfer_out"]) == "2026-10-16"
    assert str(due["correction"]) == "2026-10-09"
