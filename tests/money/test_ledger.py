"""The ledger by itself: what each movement does, what a retry does, and what is refused with a name."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.scenes import Scene, moment, money_at
from transfers.models import Account, BookProof, Break, Entry, Instruction, TransferApplication
from transfers.money import ledger
from transfers.money.ledger import Holdings
from transfers.rules.balances import BalanceState
from transfers.rules.ledger import COLLECTED, KEEPER, ROUTES, UNBOUNDED, AccountKind, Movement

pytestmark = pytest.mark.django_db

AT = moment("2025-11-03")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def move(scene: Scene, movement: Movement, fen: int, case: TransferApplication, **more: Any) -> Any:
    return ledger.move(
        movement, by=scene.user("origin_finance"), at=AT, amount_fen=fen, application=case, **more
    )


@pytest.mark.parametrize(
    ("state", "holdings"),
    [
        (BalanceState.PENDING, Holdings()),
        (BalanceState.REMITTED, Holdings(transit=123_456)),
        (BalanceState.RECEIVED, Holdings(suspense=123_456)),
        (BalanceState.MATCHED, Holdings(suspense=123_456)),
        (BalanceState.MISMATCHED, Holdings(transit=123_451, suspense=5)),
        (BalanceState.BOUNCED, Holdings(returned=123_456)),
        (BalanceState.PAYING, Holdings(transit=123_456)),
        (BalanceState.CREDITED, Holdings(person=123_456)),
        (BalanceState.PAID_OUT, Holdings(paid_out=123_456)),
        (BalanceState.NOT_DUE, Holdings()),
    ],
)
def test_each_state_of_the_money_has_it_in_the_account_of_that_name(
    scene: Scene, state: BalanceState, holdings: Holdings
) -> None:
    assert ledger.held(money_at(scene, state)) == holdings


def test_posting_writes_two_legs_that_cancel_out_and_moves_the_balances(scene: Scene) -> None:
    case = money_at(scene, BalanceState.REMITTED)
    (instruction,) = Instruction.objects.filter(application=case)
    assert [(e.account.kind, e.amount_fen) for e in instruction.entries.order_by("amount_fen")] == [
        ("pool", -123_456),
        ("transit", 123_456),
    ]
    assert instruction.made_by == scene.user("origin_finance")
    assert instruction.resolution.by == scene.user("origin_finance2")


def test_the_books_of_a_pool_and_of_the_unknown_keep_no_balance(scene: Scene) -> None:
    money_at(scene, BalanceState.REMITTED)
    pool = Account.objects.get(kind=AccountKind.POOL)
    assert pool.balance_fen is None
    assert pool.application is None


def test_the_same_key_is_the_same_instruction_and_another_amount_is_an_error(scene: Scene) -> None:
    case, key = money_at(scene, BalanceState.REMITTED), uuid.uuid4()
    first = move(scene, Movement.RECEIVE, 100, case, key=key)
    assert move(scene, Movement.RECEIVE, 100, case, key=key) == first
    assert ledger.held(case).suspense == 100
    with pytest.raises(ledger.KeyReused):
        move(scene, Movement.RECEIVE, 101, case, key=key)
    with pytest.raises(ledger.KeyReused):
        move(scene, Movement.BOUNCE, 100, case, key=key)
    assert ledger.held(case).suspense == 100


def test_an_instruction_ends_once(scene: Scene) -> None:
    case = money_at(scene, BalanceState.REMITTED)
    by = scene.user("destination_finance")
    pending = ledger.instruct(Movement.RECEIVE, by=by, at=AT, amount_fen=7, application=case)
    assert ledger.held(case).suspense == 0
    ledger.post(pending, by=by, at=AT)
    ledger.post(pending, by=by, at=AT)
    assert ledger.held(case).suspense == 7
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.void(pending, by=by, at=AT)


def test_a_voided_instruction_moved_nothing_and_never_will(scene: Scene) -> None:
    case = money_at(scene, BalanceState.REMITTED)
    by = scene.user("destination_finance")
    pending = ledger.instruct(Movement.RECEIVE, by=by, at=AT, amount_fen=7, application=case)
    ledger.void(pending, by=by, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.post(pending, by=by, at=AT)
    assert not Entry.objects.filter(instruction=pending).exists()


def test_what_is_not_there_cannot_leave(scene: Scene) -> None:
    case = money_at(scene, BalanceState.REMITTED)
    with pytest.raises(ledger.Short):
        move(scene, Movement.RECEIVE, 123_457, case)
    assert ledger.held(case) == Holdings(transit=123_456)


def test_a_reversal_is_a_movement_of_its_own_and_happens_once(scene: Scene) -> None:
    case = money_at(scene, BalanceState.RECEIVED)
    receipt = ledger.standing(case, Movement.RECEIVE)
    assert receipt is not None
    by = scene.user("destination_finance")
    ledger.reverse(receipt, by=by, at=AT)
    assert ledger.held(case) == Holdings(transit=123_456)
    assert ledger.standing(case, Movement.RECEIVE) is None
    assert receipt.entries.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.reverse(receipt, by=by, at=AT)


def test_nothing_is_posted_while_the_books_of_the_case_do_not_agree(scene: Scene) -> None:
    case, other = money_at(scene, BalanceState.REMITTED), money_at(scene, BalanceState.REMITTED)
    proof = BookProof.objects.create(started_at=AT, finished_at=AT, figures={}, breaks_found=1)
    found = Break.objects.create(
        kind="state", application=case, agency=case.origin_agency, found_in=proof, found_at=AT
    )
    with pytest.raises(ledger.Frozen):
        move(scene, Movement.RECEIVE, 5, case)
    move(scene, Movement.RECEIVE, 5, other)
    found.cleared_at = AT
    found.save()
    case = TransferApplication.objects.get(pk=case.pk)
    ledger.post(Instruction.objects.filter(application=case).latest("pk"),
                by=scene.user("destination_finance"), at=AT)  # fmt: skip
    assert ledger.held(case).suspense == 5


def test_every_movement_but_the_reversal_has_a_route_and_every_account_a_keeper() -> None:
    assert set(ROUTES) == set(Movement) - {Movement.REVERSE}
    assert set(KEEPER) == set(AccountKind) - COLLECTED - {AccountKind.PAYER}
    assert {route.source for route in ROUTES.values()} >= UNBOUNDED
    with pytest.raises(ValueError, match="no route"):
        ledger.instruct(Movement.REVERSE, by=None, at=AT, amount_fen=1)  # type: ignore[arg-type]
