"""What a person decides about the lines of a bank statement, and what the job books for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.scenes import Scene, money_at, money_state, staff
from tests.statement_files import AT, line, note_of, office, only_line, read_in
from transfers.models import (
    Account,
    BookProof,
    Break,
    Event,
    Instruction,
    StatementLine,
    TransferApplication,
)
from transfers.money import ledger
from transfers.money.statements.matching import rematch
from transfers.rules.balances import BalanceState
from transfers.rules.states import Role
from transfers.workflow import receipts
from transfers.workflow.actors import Actor
from transfers.workflow.errors import Invalid, NotAllowed, Refused

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=10)
FINANCE = "destination_finance"


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def sent(scene: Scene) -> TransferApplication:
    return money_at(scene, BalanceState.REMITTED)


def read(scene: Scene, row: str, who: str = FINANCE) -> StatementLine:
    return only_line(read_in(scene.user(who), row))


def arrived(scene: Scene, case: TransferApplication, amount: str = "1234.56") -> StatementLine:
    return read(scene, line(amount, note_of(case)))


def unreadable_line(scene: Scene) -> StatementLine:
    statement = read_in(scene.user(FINANCE), line("abc"), line("1.00"))
    return statement.lines.get(state="error")


def refused(code: str, decide: Callable[[], Any]) -> None:
    """The decision is refused with a sentence, and nothing at all is written."""
    before = state_of_everything()
    with pytest.raises(Refused) as caught:
        decide()
    assert caught.value.code == code
    assert str(caught.value).rstrip("。.")
    assert state_of_everything() == before


def state_of_everything() -> Any:
    return (
        list(StatementLine.objects.order_by("pk").values()),
        Event.objects.count(),
        Instruction.objects.count(),
        list(Account.objects.order_by("pk").values("kind", "balance_fen")),
    )


def suspense_of(found: StatementLine) -> int:
    return sum(
        Account.objects.filter(line=found, kind="suspense").values_list("balance_fen", flat=True)
    )


# Accepting


def test_an_exact_receipt_is_booked_and_matched(scene: Scene, sent: TransferApplication) -> None:
    found = arrived(scene, sent)
    decided = receipts.accept(found, by=scene.actor(FINANCE), at=LATER)
    assert money_state(sent) == "matched"
    assert ledger.held(sent).suspense == 123_456
    assert (decided.outcome, decided.decided_by, decided.decided_at) == (
        "accepted", scene.user(FINANCE), LATER,
    )  # fmt: skip
    assert decided.instruction == ledger.standing(sent, "receive")
    assert decided.instruction.bank_reference == found.bank_reference
    assert [event.verb for event in sent.events.order_by("-seq")[:2]] == ["match", "receive"]


def test_another_amount_is_booked_and_recorded_as_different(
    scene: Scene, sent: TransferApplication
) -> None:
    receipts.accept(arrived(scene, sent, "1000.00"), by=scene.actor(FINANCE), at=LATER)
    assert money_state(sent) == "mismatched"
    assert (ledger.held(sent).suspense, ledger.held(sent).transit) == (100_000, 23_456)
    told = sent.events.get(verb="mismatch")
    assert "1,000.00" in told.reason
    assert "1,234.56" in told.reason


def test_more_than_was_sent_is_booked_as_different(scene: Scene, sent: TransferApplication) -> None:
    receipts.accept(arrived(scene, sent, "2000.00"), by=scene.actor(FINANCE), at=LATER)
    assert money_state(sent) == "mismatched"
    assert ledger.held(sent).suspense == 200_000


def test_the_missing_amount_tops_up_and_matches(scene: Scene, sent: TransferApplication) -> None:
    by = scene.actor(FINANCE)
    receipts.accept(arrived(scene, sent, "1000.00"), by=by, at=LATER)
    rest = arrived(scene, sent, "234.56")
    decided = receipts.accept(rest, by=by, at=LATER + timedelta(hours=1))
    assert money_state(sent) == "matched"
    assert ledger.held(sent).suspense == 123_456
    assert decided.instruction.amount_fen == 23_456


def test_a_second_receipt_is_refused(scene: Scene, sent: TransferApplication) -> None:
    by = scene.actor(FINANCE)
    first, second = arrived(scene, sent), arrived(scene, sent)
    receipts.accept(first, by=by, at=LATER)
    refused("wrong_state", lambda: receipts.accept(second, by=by, at=LATER))
    refused("decided", lambda: receipts.accept(first, by=by, at=LATER))
    rematch(second.statement, at=LATER)
    second.refresh_from_db()
    assert (second.state, second.problem) == ("duplicate", "received")


def test_a_receipt_booked_under_a_wrong_bank_reference_is_proven_by_hand(scene: Scene) -> None:
    case = money_at(scene, BalanceState.MATCHED)
    found = arrived(scene, case)
    assert found.state == "duplicate"
    before = Instruction.objects.count()
    decided = receipts.accept(found, by=scene.actor(FINANCE), at=LATER)
    assert (decided.outcome, decided.instruction.kind) == ("proven", "receive")
    assert Instruction.objects.count() == before
    again = arrived(scene, case)
    refused("wrong_state", lambda: receipts.accept(again, by=scene.actor(FINANCE), at=LATER))


def test_money_that_came_back_is_a_bounce(scene: Scene, sent: TransferApplication) -> None:
    found = read(scene, line("1234.56", f"退汇 {sent.reference}"), "origin_finance")
    decided = receipts.accept(found, by=scene.actor("origin_finance"), at=LATER)
    assert money_state(sent) == "bounced"
    assert (ledger.held(sent).returned, ledger.held(sent).transit) == (123_456, 0)
    assert decided.instruction.kind == "bounce"
    assert "2025-10-29" in sent.events.get(verb="bounce").reason


def test_a_payout_that_came_back_is_a_bounce(scene: Scene) -> None:
    case = money_at(scene, BalanceState.PAYING)
    found = read(scene, line("1234.56", f"退汇 {case.reference}"), "origin_finance")
    assert found.state == "matched"
    receipts.accept(found, by=scene.actor("origin_finance"), at=LATER)
    assert money_state(case) == "bounced"


def test_part_of_it_coming_back_is_refused(scene: Scene, sent: TransferApplication) -> None:
    found = read(scene, line("34.56", f"退汇 {sent.reference}"), "origin_finance")
    by = scene.actor("origin_finance")
    refused("amount_differs", lambda: receipts.accept(found, by=by, at=LATER))


def test_only_the_finance_of_the_agency_decides(scene: Scene, sent: TransferApplication) -> None:
    found = arrived(scene, sent)
    clerk, other = scene.actor("destination_clerk"), scene.actor("origin_finance")
    for by, code in ((clerk, "wrong_seat"), (other, "wrong_side")):
        refused(code, lambda by=by: receipts.accept(found, by=by, at=LATER))
        refused(code, lambda by=by: receipts.to_suspense(found, by=by, at=LATER))
        refused(code, lambda by=by: receipts.send_back(found, "x", by=by, at=LATER))
        refused(code, lambda by=by: receipts.dismiss(found, "x", by=by, at=LATER))
        refused(code, lambda by=by: receipts.link(found, sent, by=by))


def test_nothing_is_booked_on_a_case_whose_books_do_not_agree(
    scene: Scene, sent: TransferApplication
) -> None:
    found = arrived(scene, sent)
    freeze(sent)
    refused("frozen", lambda: receipts.accept(found, by=scene.actor(FINANCE), at=LATER))


def test_a_line_that_proves_what_is_booked_is_tied_although_the_books_do_not_agree(
    scene: Scene,
) -> None:
    """It may be the very line that the books wait for."""
    case = money_at(scene, BalanceState.RECEIVED)
    found = receipts.link(arrived(scene, case), case, by=scene.actor(FINANCE))
    freeze(case)
    assert receipts.accept(found, by=scene.actor(FINANCE), at=LATER).outcome == "proven"


def freeze(case: TransferApplication) -> None:
    """Leave an open break on a case."""
    proof = BookProof.objects.create(started_at=AT, finished_at=AT, figures={}, breaks_found=1)
    Break.objects.create(
        kind=Break.Kind.BALANCE, agency=case.destination_agency, application=case,
        found_in=proof, found_at=AT,
    )  # fmt: skip


def test_a_line_without_a_case_has_to_be_linked_first(scene: Scene) -> None:
    found = read(scene, line("1234.56", "什么也没有"))
    refused("no_case", lambda: receipts.accept(found, by=scene.actor(FINANCE), at=LATER))


# Linking


def test_a_line_is_linked_by_hand_and_then_booked(scene: Scene, sent: TransferApplication) -> None:
    by = scene.actor(FINANCE)
    found = read(scene, line("1234.56", "附言写错了"))
    linked = receipts.link(found, sent, by=by)
    assert (linked.state, linked.problem, linked.application) == ("proposed", "linked", sent)
    assert rematch(found.statement, at=LATER) == 0
    receipts.accept(found, by=by, at=LATER)
    assert money_state(sent) == "matched"


def test_a_line_of_another_amount_can_be_linked(scene: Scene, sent: TransferApplication) -> None:
    found = read(scene, line("1000.00", "附言写错了"))
    assert receipts.link(found, sent, by=scene.actor(FINANCE)).state == "amount_differs"


def test_a_case_that_cannot_take_the_money_is_not_linked(
    scene: Scene, sent: TransferApplication
) -> None:
    by = scene.actor(FINANCE)
    found = read(scene, line("1234.56", "附言写错了"))
    pending = scene.out()
    refused("not_remitted", lambda: receipts.link(found, pending, by=by))
    elsewhere = Scene(origin="420100", destination="430100").submit().application
    refused("unknown_case", lambda: receipts.link(found, elsewhere, by=by))
    receipts.accept(arrived(scene, sent), by=by, at=LATER)
    refused("received", lambda: receipts.link(found, sent, by=by))


# Suspense, return, dismissal


def test_unknown_money_goes_into_suspense_and_back_to_the_bank(scene: Scene) -> None:
    by = scene.actor(FINANCE)
    found = read(scene, line("88.00", "不明款项"))
    held = receipts.to_suspense(found, by=by, at=LATER)
    assert (held.outcome, held.instruction.kind, suspense_of(found)) == (
        "suspense",
        "suspend",
        8800,
    )
    refused("decided", lambda: receipts.to_suspense(found, by=by, at=LATER))
    refused("required", lambda: receipts.send_back(found, " ", by=by, at=LATER))
    gone = receipts.send_back(found, "付款人要求退回", by=by, at=LATER)
    assert (gone.outcome, gone.instruction.kind, suspense_of(found)) == ("returned", "send_back", 0)
    assert gone.reason == "付款人要求退回"
    refused("decided", lambda: receipts.send_back(found, "x", by=by, at=LATER))


def test_unknown_money_is_returned_at_once(scene: Scene) -> None:
    found = read(scene, line("88.00", "不明款项"))
    receipts.send_back(found, "查无此案", by=scene.actor(FINANCE), at=LATER)
    assert Instruction.objects.filter(line=found).count() == 2
    assert suspense_of(found) == 0


def test_money_in_suspense_whose_case_is_found_later(scene: Scene) -> None:
    by = scene.actor(FINANCE)
    case = scene.out()
    found = arrived(scene, case)
    receipts.to_suspense(found, by=by, at=LATER)
    refused("wrong_state", lambda: receipts.accept(found, by=by, at=LATER))
    refused("not_remitted", lambda: receipts.link(found, case, by=by))
    scene.remit(case, AT, ("bank_delay", "bank"))
    receipts.link(found, case, by=by)
    decided = receipts.accept(found, by=by, at=LATER)
    assert (decided.outcome, decided.instruction.kind) == ("accepted", "receive")
    assert suspense_of(found) == 0
    assert ledger.held(case).suspense == 123_456
    assert money_state(case) == "matched"


def test_only_repetitions_and_unreadable_rows_are_dismissed(
    scene: Scene, sent: TransferApplication
) -> None:
    by = scene.actor(FINANCE)
    found = arrived(scene, sent)
    refused("money", lambda: receipts.dismiss(found, "不要了", by=by, at=LATER))
    row = line("1234.56", "重复", reference=found.bank_reference)
    repeated, unreadable = read(scene, row), unreadable_line(scene)
    for each in (repeated, unreadable):
        refused("required", lambda each=each: receipts.dismiss(each, "", by=by, at=LATER))
        with pytest.raises(Invalid):
            receipts.dismiss(each, "x" * 201, by=by, at=LATER)
        assert receipts.dismiss(each, "重复", by=by, at=LATER).outcome == "dismissed"
        refused("decided", lambda each=each: receipts.dismiss(each, "x", by=by, at=LATER))


def test_a_repetition_and_an_unreadable_row_move_nothing(
    scene: Scene, sent: TransferApplication
) -> None:
    by = scene.actor(FINANCE)
    found = arrived(scene, sent)
    row = line("1234.56", "重复", reference=found.bank_reference)
    for each, code in ((read(scene, row), "repetition"), (unreadable_line(scene), "unreadable")):
        refused(code, lambda each=each: receipts.accept(each, by=by, at=LATER))
        refused(code, lambda each=each: receipts.to_suspense(each, by=by, at=LATER))
        refused(code, lambda each=each: receipts.send_back(each, "x", by=by, at=LATER))
        refused(code, lambda each=each: receipts.link(each, sent, by=by))


# Many lines


def statement_of(scene: Scene, number: int) -> tuple[list[TransferApplication], list[int]]:
    """So many cases on their way, and the lines of their receipts in one statement."""
    cases = [money_at(scene, BalanceState.REMITTED) for _ in range(number)]
    rows = [line("1234.56", note_of(case)) for case in cases]
    statement = read_in(scene.user(FINANCE), *rows)
    return cases, list(statement.lines.values_list("pk", flat=True))


def test_the_exact_ones_are_asked_for_and_booked_by_the_job(
    scene: Scene, django_assert_num_queries: Any
) -> None:
    cases, lines = statement_of(scene, 2)
    other = read(scene, line("5.00", "无"))
    by = scene.actor(FINANCE)
    with django_assert_num_queries(1):
        assert receipts.ask_to_accept([*lines, other.pk], by=by, at=AT) == 2
    assert receipts.ask_to_accept(lines, by=by, at=AT) == 0
    run = receipts.book_asked(LATER, seconds=60)
    assert (run.booked, run.refused, run.errors) == (2, 0, [])
    assert [money_state(case) for case in cases] == ["matched", "matched"]
    for found in StatementLine.objects.filter(pk__in=lines):
        assert (found.outcome, found.decided_by, found.decided_at) == (
            "accepted", scene.user(FINANCE), LATER,
        )  # fmt: skip
    assert receipts.book_asked(LATER, seconds=60).booked == 0
    other.refresh_from_db()
    assert (other.outcome, other.accept_asked_at) == ("", None)


def test_other_agencies_lines_are_not_asked_for(scene: Scene, sent: TransferApplication) -> None:
    found = arrived(scene, sent)
    stranger = Actor.staff(staff("far", office("420100"), Role.FINANCE))
    assert receipts.ask_to_accept([found.pk], by=stranger, at=AT) == 0
    with pytest.raises(NotAllowed):
        receipts.ask_to_accept([found.pk], by=scene.actor("destination_clerk"), at=AT)


def test_a_line_that_is_refused_goes_back_to_a_person_and_keeps_no_other(scene: Scene) -> None:
    cases, lines = statement_of(scene, 2)
    receipts.ask_to_accept(lines, by=scene.actor(FINANCE), at=AT)
    scene.do(cases[0], "origin_finance", "bounce", LATER, text="退汇")
    run = receipts.book_asked(LATER, seconds=60)
    assert (run.booked, run.refused) == (1, 1)
    back = StatementLine.objects.get(pk=lines[0])
    assert (back.outcome, back.accept_asked_at, back.accept_asked_by) == ("", None, None)
    assert back.reason
    assert money_state(cases[1]) == "matched"


def test_whoever_lost_the_role_meanwhile_books_nothing(
    scene: Scene, sent: TransferApplication
) -> None:
    found = arrived(scene, sent)
    receipts.ask_to_accept([found.pk], by=scene.actor(FINANCE), at=AT)
    scene.user(FINANCE).groups.clear()
    assert receipts.book_asked(LATER, seconds=60).refused == 1
    assert money_state(sent) == "remitted"


def test_a_line_that_breaks_keeps_no_other(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cases, lines = statement_of(scene, 2)
    receipts.ask_to_accept(lines, by=scene.actor(FINANCE), at=AT)
    real = receipts.perform

    def perform(application: TransferApplication, *arguments: Any, **options: Any) -> Any:
        if application.pk == cases[0].pk:
            raise KeyError("broken")
        return real(application, *arguments, **options)

    monkeypatch.setattr(receipts, "perform", perform)
    run = receipts.book_asked(LATER, seconds=60)
    assert run.booked == 1
    assert [type(error) for error in run.errors] == [KeyError]
    monkeypatch.undo()
    assert receipts.book_asked(LATER, seconds=60).booked == 1
    assert [money_state(case) for case in cases] == ["matched", "matched"]


def test_a_run_ends_after_its_time_and_the_next_goes_on(scene: Scene) -> None:
    _cases, lines = statement_of(scene, 2)
    receipts.ask_to_accept(lines, by=scene.actor(FINANCE), at=AT)
    assert receipts.book_asked(LATER, seconds=-1).booked == 0
    assert receipts.book_asked(LATER, seconds=60).booked == 2
    assert Break.objects.count() == 0
