"""The whole transition table, pinned, and every pair that is not in it, refused."""

import pytest

from tests.scenes import Scene, moment, money_at
from transfers.models import Event, TransferApplication
from transfers.rules.balances import BALANCE, BalanceAction, BalanceState
from transfers.rules.states import FINAL, RELATION, SEATED, Action, State
from transfers.workflow.actions import perform
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed

TABLE = """
submit | - | applied | applicant employer origin_clerk destination_clerk
pass_check | applied | applied validated | origin_clerk destination_clerk
reject | applied | rejected | origin_clerk destination_clerk
request_supplement | applied | supplement_requested | origin_clerk destination_clerk
supply | supplement_requested | applied | applicant employer origin_clerk destination_clerk
lapse | supplement_requested | withdrawn | system
withdraw | applied supplement_requested validated | withdrawn | submitter
refuse_late | validated | rejected | origin_supervisor
transfer_out | validated | transferred_out | origin_clerk | same_side
raise_discrepancy | transferred_out | discrepancy_raised | destination_clerk
correct | discrepancy_raised | transferred_out | origin_clerk | same_side
uphold | discrepancy_raised | transferred_out | origin_clerk
recall | discrepancy_raised transferred_out | recalled | origin_supervisor destination_supervisor | both_sides
transfer_in | transferred_out | transferred_in | destination_clerk
credit_balance | transferred_in | balance_credited | destination_finance | same_side
close_without_balance | transferred_in | closed_without_balance | system
close_paid_out | transferred_in | paid_to_person | system
"""

MONEY = """
decide | bounced not_due pending | not_due pending | system
remit | pending | remitted | origin_finance | same_side
receive | remitted | received | destination_finance
match | received | matched | destination_finance
mismatch | matched received | mismatched | destination_finance
restate | mismatched | mismatched received | origin_clerk | same_side
resolve | mismatched | received bounced | destination_finance
bounce | paying remitted | bounced | origin_finance
resend | bounced | remitted | origin_finance | same_side
credit | matched | credited | destination_finance
pay_to_person | bounced pending | paying | origin_finance | same_side
confirm_payout | paying | paid_out | origin_finance
"""


SEATS = """
origin_clerk | origin | clerk supervisor
destination_clerk | destination | clerk supervisor
origin_finance | origin | finance
destination_finance | destination | finance
origin_supervisor | origin | supervisor
destination_supervisor | destination | supervisor
"""

# Who of the crew of `tests.scenes` may sit where, written out.
SITS = {
    "origin_clerk": {"origin_clerk"},
    "origin_checker": {"origin_clerk"},
    "origin_finance": {"origin_finance"},
    "origin_finance2": {"origin_finance"},
    "origin_supervisor": {"origin_clerk", "origin_supervisor"},
    "destination_clerk": {"destination_clerk"},
    "destination_checker": {"destination_clerk"},
    "destination_finance": {"destination_finance"},
    "destination_finance2": {"destination_finance"},
    "destination_supervisor": {"destination_clerk", "destination_supervisor"},
    "system": {"system"},
    "applicant": {"applicant", "submitter"},
}


def _written(table: dict) -> list[str]:
    lines = []
    for action, row in table.items():
        cells = [
            str(action),
            " ".join(sorted(row.sources)) or "-",
            " ".join(row.targets),
            " ".join(row.seats),
        ]
        if row.four_eyes:
            cells.append(str(row.four_eyes))
        lines.append(" | ".join(cells))
    return lines


def test_the_relation_table_is_as_agreed() -> None:
    assert _written(RELATION) == TABLE.strip().splitlines()


def test_the_money_table_is_as_agreed() -> None:
    assert _written(BALANCE) == MONEY.strip().splitlines()


def test_the_seats_are_as_agreed() -> None:
    lines = [
        f"{seat} | {side} | {' '.join(sorted(roles))}" for seat, (side, roles) in SEATED.items()
    ]
    assert lines == SEATS.strip().splitlines()


def test_everybody_sits_where_they_belong(scene: Scene) -> None:
    application = scene.submit().application
    assert {who: set(scene.actor(who).seats(application)) for who in SITS} == SITS


def test_the_machine_takes_its_transitions_from_the_table() -> None:
    transitions = {
        (transition.name, transition.source)
        for transition in TransferApplication._meta.get_field("state").get_all_transitions(
            TransferApplication
        )
    }
    expected = {
        (str(action), str(source)) for action, row in RELATION.items() for source in row.sources
    }
    assert transitions == expected


def test_a_final_state_has_no_way_out() -> None:
    assert not [row.action for row in RELATION.values() if row.sources & FINAL]


REFUSED = [
    (state, action)
    for state in State
    for action, row in RELATION.items()
    if action is not Action.SUBMIT and state not in row.sources
]


def everybody(scene: Scene) -> dict[str, Actor]:
    """Everybody who may sit somewhere, loaded once: nobody's roles change in these tests."""
    return {who: scene.actor(who) for who in SITS}


@pytest.mark.parametrize("state", list(State))
def test_every_action_that_is_not_in_the_table_is_refused(scene: Scene, state: State) -> None:
    application, actors = scene.in_state(state), everybody(scene)
    before = Event.objects.filter(application=application).count()
    refused = [action for at, action in REFUSED if at is state]
    assert refused, "every state refuses something"
    for action in refused:
        mode = "prepare" if RELATION[action].four_eyes else "do"
        for who in ("system", "applicant", *scene.crew):
            with pytest.raises(NotAllowed) as refusal:
                perform(application, action, by=actors[who], at=moment("2025-10-31"), mode=mode)
            assert refusal.value.code == "wrong_state"
    application = TransferApplication.objects.get(pk=application.pk)
    assert application.state == state
    assert Event.objects.filter(application=application).count() == before


@pytest.mark.parametrize("state", list(State))
def test_every_seat_that_is_not_in_the_table_is_refused(scene: Scene, state: State) -> None:
    application, actors = scene.in_state(state), everybody(scene)
    application = TransferApplication.objects.get(pk=application.pk)
    tried = 0
    for action, row in RELATION.items():
        if state not in row.sources:
            continue
        for who in ("system", "applicant", *scene.crew):
            actor = actors[who]
            if SITS[who] & set(row.seats):
                continue
            tried += 1
            with pytest.raises(NotAllowed) as refusal:
                perform(
                    application, action, by=actor, at=moment("2025-10-31"),
                    mode="prepare" if row.four_eyes else "do",
                )  # fmt: skip
            assert refusal.value.code == "wrong_seat"
    assert bool(tried) == (state not in FINAL)


@pytest.mark.parametrize("state", list(BalanceState))
def test_every_money_move_that_is_not_in_the_table_is_refused(
    scene: Scene, state: BalanceState
) -> None:
    application, actors = money_at(scene, state), everybody(scene)
    application = TransferApplication.objects.get(pk=application.pk)
    assert application.balance.state == state
    for action, row in BALANCE.items():
        if state in row.sources or action in (BalanceAction.DECIDE, BalanceAction.CREDIT):
            continue
        for who in ("system", *scene.crew):
            with pytest.raises(NotAllowed):
                perform(
                    application, action, by=actors[who], at=moment("2025-10-31"),
                    mode="prepare" if row.four_eyes else "do",
                )  # fmt: skip
    for action, row in BALANCE.items():
        if state not in row.sources or action in (BalanceAction.DECIDE, BalanceAction.CREDIT):
            continue
        for who in SITS.keys() - {who for who, seats in SITS.items() if seats & set(row.seats)}:
            with pytest.raises(NotAllowed) as refusal:
                perform(
                    application, action, by=actors[who], at=moment("2025-10-31"),
                    mode="prepare" if row.four_eyes else "do",
                )  # fmt: skip
            assert refusal.value.code == "wrong_seat"
    application = TransferApplication.objects.get(pk=application.pk)
    assert application.balance.state == state


@pytest.mark.parametrize("action", [BalanceAction.DECIDE, BalanceAction.CREDIT])
def test_what_only_happens_as_part_of_another_action_has_no_door(
    scene: Scene, action: BalanceAction
) -> None:
    application = scene.out()
    for who in ("system", *scene.crew):
        with pytest.raises(ValueError, match="part of another action"):
            perform(application, action, by=scene.actor(who), at=moment("2025-10-31"))
