"""The money on its own track: who sends it, what happens when it differs, and whose clock runs."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tests.scenes import FORM, Scene, moment, money_at, steps_of
from tests.statement_files import line, note_of, only_line, read_in
from transfers.models import (
    BalanceTransfer,
    BankAccount,
    BookProof,
    Break,
    InformationForm,
    Preparation,
    TransferApplication,
)
from transfers.money import ledger
from transfers.money.ledger import Holdings
from transfers.rules.balances import BalanceState
from transfers.rules.ledger import Movement
from transfers.rules.states import Action, Side, State
from transfers.workflow import receipts
from transfers.workflow.actions import offers
from transfers.workflow.errors import Invalid, NotAllowed, Problems

pytestmark = pytest.mark.django_db

AT = moment("2025-10-29")
LATE = ("bank_delay", "bank")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def fresh(application: TransferApplication) -> TransferApplication:
    return TransferApplication.objects.get(pk=application.pk)


def differing(scene: Scene, got: int = 123_000) -> TransferApplication:
    """A case whose months are counted and whose money came with another amount."""
    case = scene.arrived()
    scene.remit(case, AT, LATE)
    scene.do(case, "destination_finance", "receive", AT, received_fen=got, bank_reference="B1")
    scene.do(case, "destination_finance", "mismatch", moment("2025-10-30"), text="少于信息表金额")
    return case


def test_what_two_people_agree_on_is_the_case_the_amount_and_both_accounts(scene: Scene) -> None:
    case = scene.arrived()
    scene.do(case, "origin_finance", "remit", AT, mode="prepare")
    assert case.preparations.get(verb="remit").payload == {
        "case": case.reference,
        "amount_fen": 123_456,
        "from": {
            "holder": case.origin_agency.name_zh, "bank": "示例银行", "number": "999901000001",
        },
        "to": {
            "holder": case.destination_agency.name_zh, "bank": "示例银行", "number": "993505000001",
        },
    }  # fmt: skip


def test_one_pair_of_eyes_sends_nothing(scene: Scene) -> None:
    case = scene.arrived()
    scene.do(case, "origin_finance", "remit", AT, mode="prepare")
    assert ledger.held(case) == Holdings()
    with pytest.raises(NotAllowed) as refused:
        scene.do(case, "origin_finance", "remit", AT, mode="confirm", lateness=LATE)
    assert refused.value.code == "maker_is_checker"
    with pytest.raises(NotAllowed):
        scene.do(case, "destination_finance", "remit", AT, mode="confirm", lateness=LATE)
    assert ledger.held(case) == Holdings()


def test_an_account_that_changes_undoes_the_proposal(scene: Scene) -> None:
    case = scene.arrived()
    scene.do(case, "origin_finance", "remit", AT, mode="prepare")
    BankAccount.objects.filter(agency=case.destination_agency).update(number="8888888888")
    with pytest.raises(Invalid) as refused:
        scene.do(case, "origin_finance2", "remit", AT, mode="confirm", lateness=LATE)
    assert refused.value.field == "hash"
    assert ledger.held(case) == Holdings()
    scene.do(case, "origin_finance2", "remit", AT, mode="return", text="收款账户已变更")
    scene.remit(case, AT, LATE)
    assert ledger.held(case) == Holdings(transit=123_456)


def test_an_amount_that_changes_voids_what_waits(scene: Scene) -> None:
    case = scene.out()
    scene.do(case, "origin_finance", "remit", moment("2025-10-21", 15), mode="prepare")
    scene.do(case, "destination_clerk", Action.RAISE_DISCREPANCY, moment("2025-10-22"),
             fields=["balance_fen"], text="余额不符")  # fmt: skip
    scene.four_eyes(case, Action.CORRECT, "origin_clerk", "origin_checker", moment("2025-10-23"),
                    form=replace(FORM, balance_fen=99_999))  # fmt: skip
    waiting = Preparation.objects.get(application=case, verb="remit")
    assert waiting.outcome == Preparation.Outcome.VOID
    assert waiting.instruction is not None
    assert waiting.instruction.resolution.outcome == "voided"
    scene.remit(case, moment("2025-10-24"), LATE)
    assert ledger.held(case) == Holdings(transit=99_999)


def test_without_a_bank_account_on_file_nothing_can_be_sent(scene: Scene) -> None:
    case = scene.arrived()
    BankAccount.objects.filter(agency=case.destination_agency).update(in_use=False)
    with pytest.raises(NotAllowed) as refused:
        scene.do(case, "origin_finance", "remit", AT, mode="prepare")
    assert refused.value.code == "no_bank_account"
    assert case.destination_agency.name in str(refused.value)


def test_a_difference_stops_the_destinations_clock_and_starts_the_origins(scene: Scene) -> None:
    """Thursday 2025-10-30; five working days of the origin end on Thursday 2025-11-06."""
    case = differing(scene)
    steps = steps_of(case)
    assert steps["credit"].outcome == "superseded"
    assert (steps["difference"].owner, steps["difference"].agency) == (
        Side.ORIGIN,
        case.origin_agency,
    )
    assert steps["difference"].due_on == date(2025, 11, 6)


def test_the_missing_money_is_sent_and_the_crediting_clock_starts_anew(scene: Scene) -> None:
    case = differing(scene)
    scene.do(case, "destination_finance", "resolve", moment("2025-11-04"), resolution="top_up",
             received_fen=123_456, text="原参保地已补划")  # fmt: skip
    steps = steps_of(case)
    assert steps["difference"].outcome == "done"
    assert steps["credit"].due_on == date(2025, 11, 6)  # Quanzhou promises two days
    assert ledger.held(case) == Holdings(suspense=123_456)


def test_the_amount_on_the_form_is_corrected_after_the_months_are_settled(scene: Scene) -> None:
    case = differing(scene)
    at = moment("2025-11-03")
    scene.four_eyes(case, "restate", "origin_clerk", "origin_checker", at, balance_fen=123_000)
    balance = fresh(case).balance
    assert (balance.state, balance.amount_fen) == (BalanceState.RECEIVED, 123_000)
    first, second = InformationForm.objects.filter(application=case).order_by("version")
    assert (second.balance_fen, second.total_months) == (123_000, first.total_months)
    assert steps_of(case)["difference"].outcome == "done"
    scene.do(case, "destination_finance", "match", at)
    assert ledger.held(case) == Holdings(suspense=123_000, returned=456)
    scene.four_eyes(case, Action.CREDIT_BALANCE, "destination_finance", "destination_finance2", at)
    assert fresh(case).state == State.BALANCE_CREDITED
    assert ledger.held(case) == Holdings(person=123_000, returned=456)


@pytest.mark.parametrize("amount", [0, -1, 123_456])
def test_a_correction_that_corrects_nothing_is_refused(scene: Scene, amount: int) -> None:
    case = differing(scene)
    with pytest.raises(Invalid) as refused:
        scene.do(case, "origin_clerk", "restate", AT, mode="prepare", balance_fen=amount)
    assert refused.value.field == "balance_fen"


def test_more_than_was_sent_is_booked_as_sent_without_notice(scene: Scene) -> None:
    case = differing(scene, got=200_000)
    assert ledger.held(case) == Holdings(suspense=200_000)
    scene.do(case, "destination_finance", "resolve", moment("2025-10-31"), resolution="return",
             received_fen=123_456, text="多划部分已退回")  # fmt: skip
    assert ledger.held(case) == Holdings(suspense=123_456, returned=76_544)


def test_a_slip_of_the_keyboard_leaves_no_trace_in_the_sums(scene: Scene) -> None:
    case = differing(scene, got=1_234_560)
    scene.do(case, "destination_finance", "resolve", moment("2025-10-31"),
             resolution="recorded_wrongly", received_fen=123_456, text="录入多一个零")  # fmt: skip
    assert ledger.held(case) == Holdings(suspense=123_456)
    assert case.instructions.filter(kind="reverse").count() == 2


def test_a_receipt_beyond_all_bounds_is_refused(scene: Scene) -> None:
    case = money_at(scene, BalanceState.REMITTED)
    with pytest.raises(Invalid) as refused:
        scene.do(case, "destination_finance", "receive", AT, received_fen=10_000_000_001,
                 bank_reference="B1")  # fmt: skip
    assert refused.value.field == "received_fen"
    assert "¥100,000,000.00" in str(refused.value)


def test_money_that_bounced_is_sent_by_two_again(scene: Scene) -> None:
    case = money_at(scene, BalanceState.BOUNCED)
    assert ledger.held(case) == Holdings(returned=123_456)
    scene.remit(case, moment("2025-10-31"))
    assert ledger.held(case) == Holdings(transit=123_456, returned=123_456)
    assert steps_of(case)["resend"].outcome == "done"


def test_a_case_whose_books_do_not_agree_offers_no_movement(scene: Scene) -> None:
    case = money_at(scene, BalanceState.RECEIVED)
    finance = scene.actor("destination_finance")
    assert "match" in {offer.verb for offer in offers(fresh(case), finance)}
    proof = BookProof.objects.create(started_at=AT, finished_at=AT, figures={}, breaks_found=1)
    Break.objects.create(
        kind="state", application=case, agency=case.destination_agency, found_in=proof, found_at=AT
    )
    assert "match" not in {offer.verb for offer in offers(fresh(case), finance)}
    with pytest.raises(NotAllowed) as refused:
        scene.do(case, "destination_finance", "match", AT)
    assert "do not agree" in str(refused.value) or "不符" in str(refused.value)


def test_what_somebody_prepared_who_left_finance_is_refused_with_a_sentence(scene: Scene) -> None:
    case = money_at(scene, BalanceState.PENDING)
    scene.do(case, "origin_finance", "remit", AT, mode="prepare")
    scene.user("origin_finance").groups.clear()
    with pytest.raises(NotAllowed) as refused:
        scene.do(case, "origin_finance2", "remit", AT, mode="confirm", lateness=LATE)
    assert refused.value.code == "maker_left"
    scene.do(case, "origin_finance2", "remit", AT, mode="return", text="经办人已调离")
    assert ledger.held(case) == Holdings()


def test_a_corrected_form_voids_a_restatement_of_the_form_before_it(scene: Scene) -> None:
    """Or the months of the old form would come back with the new amount."""
    case = money_at(scene, BalanceState.MISMATCHED)
    scene.do(case, "origin_clerk", "restate", AT, mode="prepare", balance_fen=5)
    scene.do(case, "destination_clerk", "raise_discrepancy", AT, fields=["rows"], text="月数不符",
             lateness=("workload", "destination"))  # fmt: skip
    fewer = replace(FORM, rows=FORM.rows[1:])
    scene.four_eyes(case, "correct", "origin_clerk", "origin_checker", AT, form=fewer)
    assert case.preparations.get(verb="restate").outcome == Preparation.Outcome.VOID


def test_more_than_the_case_holds_is_refused_with_a_sentence(scene: Scene) -> None:
    case = money_at(scene, BalanceState.MISMATCHED)
    BalanceTransfer.objects.filter(application=case).update(received_fen=200_000)
    with pytest.raises(NotAllowed) as refused:
        scene.do(case, "destination_finance", "resolve", AT, resolution="return", received_fen=0,
                 text="已退回")  # fmt: skip
    assert refused.value.code == "books"
    assert ledger.held(case).suspense == 5


def test_a_receipt_on_the_banks_statement_was_not_recorded_wrongly(scene: Scene) -> None:
    case = money_at(scene, BalanceState.REMITTED)
    shown = only_line(read_in(scene.user("destination_finance"), line("1000.00", note_of(case))))
    receipts.accept(shown, by=scene.actor("destination_finance"), at=AT)
    with pytest.raises(Invalid) as refused:
        scene.do(case, "destination_finance", "resolve", AT, resolution="recorded_wrongly",
                 received_fen=123_456, text="录入有误")  # fmt: skip
    assert refused.value.field == "resolution"
    assert ledger.held(case).suspense == 100_000


def test_a_form_over_more_than_one_movement_may_carry_is_refused(scene: Scene) -> None:
    case = scene.accepted()
    with pytest.raises(Problems) as refused:
        scene.do(case, "origin_clerk", "transfer_out", AT, mode="prepare",
                 form=replace(FORM, balance_fen=10_000_000_001))  # fmt: skip
    assert [each.field for each in refused.value.problems] == ["balance_fen"]


def test_a_receipt_of_one_case_is_not_booked_on_another(scene: Scene) -> None:
    first, second = money_at(scene, BalanceState.RECEIVED), money_at(scene, BalanceState.REMITTED)
    reference = ledger.standing(first, Movement.RECEIVE).bank_reference  # type: ignore[union-attr]
    with pytest.raises(Invalid) as refused:
        scene.do(second, "destination_finance", "receive", AT, received_fen=123_456,
                 bank_reference=reference)  # fmt: skip
    assert refused.value.field == "bank_reference"
    assert ledger.held(second) == Holdings(transit=123_456)
    with (
        pytest.raises(IntegrityError, match="bank reference of another case"),
        transaction.atomic(),
    ):
        ledger.move(Movement.RECEIVE, by=scene.user("destination_finance"), at=AT, amount_fen=1,
                    application=second, bank_reference=reference)  # fmt: skip


def test_money_matched_by_mistake_has_a_way_back_until_it_is_credited(scene: Scene) -> None:
    case = scene.arrived()
    scene.money_matched(case)
    scene.do(case, "destination_finance", Action.CREDIT_BALANCE, moment("2025-10-30"),
             mode="prepare")  # fmt: skip
    scene.do(case, "destination_finance", "mismatch", moment("2025-10-30", 11), text="串户")
    assert Preparation.objects.get(application=case, verb="credit_balance").outcome == "void"
    assert steps_of(case)["difference"].due_on == date(2025, 11, 6)
    scene.do(case, "destination_finance", "resolve", moment("2025-10-31"), resolution="return",
             received_fen=0, text="退回原地")  # fmt: skip
    assert fresh(case).balance.state == BalanceState.BOUNCED
    assert ledger.held(case) == Holdings(returned=123_456)
