"""The proof of the books: silent over honest books, and not one planted break overlooked."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from tests.scenes import Scene, moment, money_at
from tests.statement_files import line as statement_row
from tests.statement_files import note_of, only_line, read_in
from transfers import tasks
from transfers.deadlines.mails import break_mail
from transfers.models import (
    BalanceTransfer,
    BookProof,
    Break,
    Heartbeat,
    OutboxMessage,
    Statement,
    StatementLine,
    TransferApplication,
)
from transfers.money import ledger
from transfers.money.proof import Age, Found, money_by_age, prove, release, sums
from transfers.rules.balances import BalanceState
from transfers.rules.ledger import AccountKind, Movement
from transfers.rules.states import State
from transfers.workflow.errors import NotAllowed

pytestmark = pytest.mark.django_db

NIGHT = moment("2025-11-03", 2, 30)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@contextmanager
def without_guards() -> Iterator[Callable[..., None]]:
    """The database as somebody has it who may switch its triggers off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield lambda sql, *values: cursor.execute(sql, values)
            cursor.execute("SET LOCAL session_replication_role = origin")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield lambda sql, *values: cursor.execute(sql, values)
        for _name, sql in triggers:
            cursor.execute(sql)


def statement(scene: Scene, first: str = "2025-10-20", last: str = "2025-11-02") -> Statement:
    case_agency = scene.user("destination_finance").agency
    assert case_agency is not None
    return Statement.objects.create(
        agency=case_agency, bank="示例银行", file_name="a.csv", checksum=f"{first}{last}",
        first_on=date.fromisoformat(first), last_on=date.fromisoformat(last),
        imported_by=scene.user("destination_finance"), imported_at=NIGHT,
    )  # fmt: skip


def line(of: Statement, case: TransferApplication, **fields: object) -> StatementLine:
    given = {
        "statement": of, "agency": of.agency, "number": of.lines.count() + 1,
        "booked_on": date(2025, 10, 29), "amount_fen": 123_456, "state": "matched",
        "application": case, "bank_reference": f"B{case.pk}",
    }  # fmt: skip
    return StatementLine.objects.create(**given | fields)


def proven(scene: Scene, case: TransferApplication, of: Statement) -> StatementLine:
    return line(of, case, outcome="proven", decided_at=NIGHT,
                instruction=ledger.standing(case, Movement.RECEIVE))  # fmt: skip


@pytest.mark.parametrize("state", list(BalanceState))
def test_honest_books_agree_in_every_state_of_the_money(scene: Scene, state: BalanceState) -> None:
    money_at(scene, state)
    proof = prove(NIGHT)
    assert list(proof.breaks.all()) == []
    assert proof.breaks_found == 0
    assert proof.figures["difference_fen"] == 0


def test_the_sums_say_where_every_fen_is(scene: Scene) -> None:
    for state in (BalanceState.REMITTED, BalanceState.MISMATCHED, BalanceState.CREDITED,
                  BalanceState.BOUNCED, BalanceState.PAID_OUT, BalanceState.PENDING):  # fmt: skip
        money_at(scene, state)
    assert sums() == {
        "remitted_fen": 5 * 123_456,
        "unknown_fen": 0,
        "paid_in_fen": 0,
        "transit_fen": 123_456 + 123_451,
        "suspense_fen": 5,
        "person_fen": 123_456,
        "returned_fen": 123_456,
        "paid_out_fen": 123_456,
        "principal_fen": 0,
        "late_fee_fen": 0,
        "difference_fen": 0,
    }


def test_money_is_told_by_its_age(scene: Scene) -> None:
    money_at(scene, BalanceState.REMITTED)
    money_at(scene, BalanceState.MISMATCHED)
    assert money_by_age(AccountKind.TRANSIT, date(2025, 11, 3)) == [
        Age(2, 0, 0), Age(10, 2, 123_456 + 123_451), Age(30, 0, 0), Age(90, 0, 0), Age(None, 0, 0),
    ]  # fmt: skip
    assert money_by_age(AccountKind.TRANSIT, date(2026, 1, 27))[3].count == 2
    assert money_by_age(AccountKind.TRANSIT, date(2026, 1, 28))[4].count == 2
    foreign = Scene("440300", "320500").user("origin_finance").agency_id
    assert foreign is not None
    ages = money_by_age(AccountKind.TRANSIT, date(2025, 11, 3), agencies=[foreign])
    assert {age.count for age in ages} == {0}


Plant = Callable[[Scene, TransferApplication, Callable[..., None]], None]


def _of(case: TransferApplication, kind: str) -> int:
    return case.accounts.get(kind=kind).pk


def _leg_gone(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    sql("DELETE FROM transfers_entry WHERE account_id = %s", _of(case, "suspense"))


def _leg_grown(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    sql("UPDATE transfers_entry SET amount_fen = 5 WHERE account_id = %s", _of(case, "suspense"))


def _leg_moved(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    other = ledger.account(AccountKind.PERSON, application=case).pk
    sql("UPDATE transfers_entry SET account_id = %s WHERE account_id = %s", other,
        _of(case, "suspense"))  # fmt: skip


def _legs_of_nothing(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    receipt = ledger.standing(case, Movement.RECEIVE)
    assert receipt is not None
    sql("DELETE FROM transfers_instructionresolution WHERE instruction_id = %s", receipt.pk)


def _balance(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    sql("UPDATE transfers_account SET balance_fen = 1 WHERE id = %s", _of(case, "transit"))


def _credited(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    sql("UPDATE transfers_balancetransfer SET state = 'credited', settled_at = received_at"
        " WHERE application_id = %s", case.pk)  # fmt: skip


def _received_more(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    sql("UPDATE transfers_balancetransfer SET received_fen = 5 WHERE application_id = %s", case.pk)


def _closed(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    sql("UPDATE transfers_transferapplication SET state = 'balance_credited', closed_at ="
        " submitted_at, transferred_in_at = submitted_at, merged_months = 0 WHERE id = %s", case.pk)  # fmt: skip


def _line_changed(_s: Scene, case: TransferApplication, sql: Callable[..., None]) -> None:
    sql("UPDATE transfers_statementline SET amount_fen = 7 WHERE application_id = %s", case.pk)


def _line_of_another(s: Scene, case: TransferApplication, _sql: Callable[..., None]) -> None:
    other = money_at(s, BalanceState.PENDING)
    StatementLine.objects.filter(application=case).update(application=other)


def _received_unknown(_s: Scene, case: TransferApplication, _sql: Callable[..., None]) -> None:
    BalanceTransfer.objects.filter(application=case).update(received_fen=None)


def _line_of_nobody(_s: Scene, case: TransferApplication, _sql: Callable[..., None]) -> None:
    StatementLine.objects.filter(application=case).update(application=None)


PLANTED: dict[str, tuple[Plant, set[str]]] = {
    "a leg is gone": (_leg_gone, {"legs", "balance"}),
    "a leg has another amount": (_leg_grown, {"legs", "balance"}),
    "a leg lies on another account": (_leg_moved, {"legs", "balance"}),
    "legs nobody posted": (_legs_of_nothing, {"legs", "line"}),
    "a balance of its own": (_balance, {"balance"}),
    "credited without crediting": (_credited, {"state"}),
    "received something else": (_received_more, {"state"}),
    "closed as credited": (_closed, {"state"}),
    "a statement line that changed": (_line_changed, {"line"}),
    "a statement line of another case": (_line_of_another, {"line"}),
    "received nobody knows how much": (_received_unknown, {"state"}),
    "a statement line of no case": (_line_of_nobody, {"line"}),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_break_is_found_with_its_owner(scene: Scene, name: str) -> None:
    case, honest = money_at(scene, BalanceState.RECEIVED), money_at(scene, BalanceState.RECEIVED)
    read_in = statement(scene)
    proven(scene, case, read_in)
    proven(scene, honest, read_in)
    assert prove(NIGHT).breaks_found == 0
    plant, kinds = PLANTED[name]
    with without_guards() as sql:
        plant(scene, case, sql)
    proof = prove(NIGHT)
    found = list(proof.breaks.all())
    assert {each.kind for each in found} == kinds
    assert honest.pk not in {each.application_id for each in found}
    assert {each.agency for each in found} <= {case.origin_agency, case.destination_agency}
    assert all(each.facts for each in found)


def test_a_receipt_that_the_statement_of_its_day_does_not_show_is_found(scene: Scene) -> None:
    """Received on 2025-10-29; found once statements reach three days further."""
    case = money_at(scene, BalanceState.RECEIVED)
    statement(scene, last="2025-10-31")
    assert prove(NIGHT).breaks_found == 0
    later = statement(scene, first="2025-11-01", last="2025-11-02")
    (found,) = prove(NIGHT).breaks.all()
    assert (found.kind, found.application, found.agency) == (
        "unproven", case, case.destination_agency,
    )  # fmt: skip
    proven(scene, case, later)
    assert prove(NIGHT).breaks_found == 0
    found.refresh_from_db()
    assert found.cleared_at == NIGHT


def test_unknown_money_in_suspense_agrees_with_its_line(scene: Scene) -> None:
    case = money_at(scene, BalanceState.PENDING)
    unknown = line(statement(scene), case, application=None, state="no_match")
    by = scene.user("destination_finance")
    taken = ledger.move(Movement.SUSPEND, by=by, at=NIGHT, amount_fen=123_456, line=unknown)
    assert {each.kind for each in prove(NIGHT).breaks.all()} == {"line"}
    StatementLine.objects.filter(pk=unknown.pk).update(
        outcome="suspense", decided_at=NIGHT, instruction=taken
    )
    assert prove(NIGHT).breaks_found == 0
    assert sums()["unknown_fen"] == sums()["suspense_fen"] == 123_456


def test_a_line_tied_to_a_receipt_that_was_reversed_is_found(scene: Scene) -> None:
    case, by = money_at(scene, BalanceState.RECEIVED), scene.user("destination_finance")
    proven(scene, case, statement(scene))
    receipt = ledger.standing(case, Movement.RECEIVE)
    assert receipt is not None
    ledger.reverse(receipt, by=by, at=NIGHT)
    ledger.move(Movement.RECEIVE, by=by, at=NIGHT, amount_fen=123_456, application=case)
    assert {each.kind for each in prove(NIGHT).breaks.all()} == {"line"}


def test_money_sent_back_that_the_origins_statement_shows_is_no_break(scene: Scene) -> None:
    case = money_at(scene, BalanceState.MISMATCHED)
    scene.do(case, "destination_finance", "resolve", moment("2025-10-29"), resolution="return",
             received_fen=0, text="已退回")  # fmt: skip
    row = statement_row("0.05", note_of(case))
    back = only_line(read_in(scene.user("origin_finance"), row))
    assert (back.outcome, back.instruction and back.instruction.kind) == ("proven", "return")
    assert prove(NIGHT).breaks_found == 0


def broken(scene: Scene) -> TransferApplication:
    case = money_at(scene, BalanceState.RECEIVED)
    with without_guards() as sql:
        _received_more(scene, case, sql)
    return case


def test_a_break_freezes_its_case_alone_until_a_proof_no_longer_finds_it(scene: Scene) -> None:
    case, other = broken(scene), money_at(scene, BalanceState.RECEIVED)
    prove(NIGHT)
    with pytest.raises(NotAllowed, match=r"agree|不符"):
        scene.do(case, "destination_finance", "match", NIGHT)
    scene.do(other, "destination_finance", "match", NIGHT)
    BalanceTransfer.objects.filter(application=case).update(received_fen=123_456)
    assert prove(NIGHT).breaks_found == 0
    scene.do(case, "destination_finance", "match", NIGHT)


def test_a_break_is_told_once_to_everybody_in_the_finance_of_its_owner(scene: Scene) -> None:
    case = broken(scene)
    prove(NIGHT)
    prove(moment("2025-11-04", 2, 30))
    messages = OutboxMessage.objects.filter(kind="break")
    assert {message.recipient for message in messages} == {
        scene.user("destination_finance"), scene.user("destination_finance2"),
    }  # fmt: skip
    assert messages.count() == 2
    mail = break_mail(messages[0])
    assert mail is not None
    assert case.reference in mail.subject
    assert case.applicant_name not in mail.text
    Break.objects.update(cleared_at=NIGHT)
    assert break_mail(OutboxMessage.objects.filter(kind="break")[0]) is None


def test_a_released_break_lets_the_case_go_on_until_the_next_proof(scene: Scene) -> None:
    case = broken(scene)
    (found,) = prove(NIGHT).breaks.all()
    with pytest.raises(ValueError, match="reason"):
        release(found, by=scene.user("destination_supervisor"), reason=" ", at=NIGHT)
    release(found, by=scene.user("destination_supervisor"), reason="已核实", at=NIGHT)
    assert not ledger.is_frozen(case.pk)
    with pytest.raises(ValueError, match="cleared"):
        release(found, by=scene.user("destination_supervisor"), reason="再来", at=NIGHT)
    (again,) = prove(NIGHT).breaks.all()
    assert again != found
    assert ledger.is_frozen(case.pk)


def test_the_command_prints_the_report_and_fails_on_a_break(scene: Scene) -> None:
    out = StringIO()
    money_at(scene, BalanceState.CREDITED)
    call_command("prove_books", stdout=out)
    assert "0 breaks" in out.getvalue()
    assert "¥1,234.56" in out.getvalue()
    case = broken(scene)
    out = StringIO()
    with pytest.raises(CommandError, match="1 breaks"):
        call_command("prove_books", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert [each["subject"] for each in report["new_breaks"]] == [case.reference]
    assert BookProof.objects.count() == 2


def test_a_proof_may_take_longer_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite ends no statement early")
    allowed = []

    def ask() -> list[Found]:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            allowed.append(cursor.fetchone())
        return []

    ask()
    monkeypatch.setattr("transfers.money.proof.CHECKS", (ask,))
    prove(NIGHT)
    assert allowed == [("30s",), ("0",)]


def test_the_job_keeps_its_pulse(scene: Scene) -> None:
    broken(scene)
    assert tasks.prove_books() == 1
    assert Heartbeat.objects.get(pk="prove_books").rows == 1


def test_a_case_that_is_paid_out_before_its_months_arrive_is_no_break(scene: Scene) -> None:
    case = money_at(scene, BalanceState.PAID_OUT)
    assert TransferApplication.objects.get(pk=case.pk).state == State.TRANSFERRED_OUT
    assert prove(NIGHT).breaks_found == 0
