"""The whole transition table, pinned, and every pair that is not in it, refused."""

import pytest

from tests.scenes import Scene, moment
from transfers.models import Event, TransferApplication
from transfers.rules.balances import BALANCE, BalanceAction, BalanceState
from transfers.rules.states import FINAL, RELATION, Action, State
from transfers.workflow.actions import perform
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
decide | not_due pending | not_due pending | system
remit | pending | remitted | origin_finance
receive | remitted | received | destination_finance
match | received | matched | destination_finance
mismatch | received | mismatched | destination_finance
resolve | mismatched | received | destination_finance
bounce | paying remitted | bounced | origin_finance
resend | bounced | remitted | origin_finance
credit | matched | credited | destination_finance
pay_to_person | bounced pending | paying | origin_finance | same_side
confirm_payout | paying | paid_out | origin_finance
"""


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


@pytest.mark.parametrize("state", list(State))
def test_every_action_that_is_not_in_the_table_is_refused(scene: Scene, state: State) -> None:
    application = scene.in_state(state)
    before = Event.objects.filter(application=application).count()
    refused = [action for at, action in REFUSED if at is state]
    assert refused, "every state refuses something"
    for action in refused:
        mode = "prepare" if RELATION[action].four_eyes else "do"
        for who in ("system", "applicant", *scene.crew):
            with pytest.raises(NotAllowed) as refusal:
                perform(
                    application, action, by=scene.actor(who), at=moment("2025-10-31"), mode=mode
                )
            assert refusal.value.code == "wrong_state"
    application = TransferApplication.objects.get(pk=application.pk)
    assert application.state == state
    assert Event.objects.filter(application=application).count() == before


@pytest.mark.parametrize("state", list(State))
def test_every_seat_that_is_not_in_the_table_is_refused(scene: Scene, state: State) -> None:
    application = scene.in_state(state)
    application = TransferApplication.objects.get(pk=application.pk)
    tried = 0
    for action, row in RELATION.items():
        if state not in row.sources:
            continue
        for who in ("system", "applicant", *scene.crew):
            actor = scene.actor(who)
            if actor.seats(application) & set(row.seats):
                continue
            tried += 1
            with pytest.raises(NotAllowed) as refusal:
                perform(
                    application, action, by=actor, at=moment("2025-10-31"),
                    mode="prepare" if row.four_eyes else "do",
                )  # fmt: skip
            assert refusal.value.code == "wrong_seat"
    assert bool(tried) == (state not in FINAL)


def _money_at(scene: Scene, state: BalanceState) -> TransferApplication:
    at = moment("2025-10-29")
    if state is BalanceState.NOT_DUE:
        return scene.out(scheme_from="resident", scheme_to="resident")
    application = scene.out()
    late = ("bank_delay", "bank")
    remit = [("origin_finance", "remit", {"bank_reference": "B1", "lateness": late})]
    wrong = [("destination_finance", "receive", {"received_fen": 5, "bank_reference": "B1"})]
    right = [("destination_finance", "receive", {"received_fen": 123_456, "bank_reference": "B1"})]
    roads = {
        BalanceState.PENDING: [],
        BalanceState.REMITTED: remit,
        BalanceState.RECEIVED: remit + right,
        BalanceState.MATCHED: [*remit, *right, ("destination_finance", "match", {})],
        BalanceState.MISMATCHED: [
            *remit, *wrong, ("destination_finance", "mismatch", {"text": "少了"}),
        ],
        BalanceState.BOUNCED: [*remit, ("origin_finance", "bounce", {"text": "账号有误"})],
    }  # fmt: skip
    if state in roads:
        for who, verb, data in roads[state]:
            scene.do(application, who, verb, at, **data)
        return application
    if state is BalanceState.CREDITED:
        return scene.in_state(State.BALANCE_CREDITED)
    scene.four_eyes(application, "pay_to_person", "origin_finance", "origin_finance2", at,
                    lateness=late, payee="张示例", payee_account="6200000000000000",
                    text="转入地无法接收")  # fmt: skip
    if state is BalanceState.PAID_OUT:
        scene.do(application, "origin_finance", "confirm_payout", at, bank_reference="B2")
    return application


@pytest.mark.parametrize("state", list(BalanceState))
def test_every_money_move_that_is_not_in_the_table_is_refused(
    scene: Scene, state: BalanceState
) -> None:
    application = _money_at(scene, state)
    application = TransferApplication.objects.get(pk=application.pk)
    assert application.balance.state == state
    for action, row in BALANCE.items():
        if state in row.sources or action in (BalanceAction.DECIDE, BalanceAction.CREDIT):
            continue
        for who in ("system", *scene.crew):
            with pytest.raises(NotAllowed):
                perform(
                    application, action, by=scene.actor(who), at=moment("2025-10-31"),
                    mode="prepare" if row.four_eyes else "do",
                )  # fmt: skip
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
