"""The ledger attacked with SQL, past every model and every page."""

from dataclasses import dataclass

import pytest
from django.db import DatabaseError, connection, transaction

from tests.scenes import Scene, moment, money_at
from transfers.models import Account, Instruction, Preparation, TransferApplication
from transfers.money import ledger
from transfers.money.ledger import Holdings
from transfers.rules.balances import BalanceState
from transfers.rules.ledger import Movement

pytestmark = pytest.mark.django_db

AT = "2025-11-03 10:00:00+08:00"
RESOLVE = "INSERT INTO transfers_instructionresolution (instruction_id, outcome, by_id, at) VALUES "
INSTRUCT = (
    "INSERT INTO transfers_instruction (key, kind, application_id, attempt, source_id, target_id,"
    " amount_fen, reverses_id, bank_reference, made_by_id, made_at) VALUES "
)


@dataclass
class Books:
    """A case whose money is matched, with a crediting that waits for its second pair of eyes."""

    case: TransferApplication
    names: dict[str, int]


@pytest.fixture
def books() -> Books:
    scene = Scene()
    stranger = Scene("440300", "320500")
    case = money_at(scene, BalanceState.MATCHED)
    scene.do(case, "destination_clerk", "transfer_in", moment("2025-10-29"), merged_months=84,
             lateness=("workload", "destination"))  # fmt: skip
    scene.do(case, "destination_finance", "credit_balance", moment("2025-10-30"), mode="prepare")
    accounts = {each.kind: each.pk for each in Account.objects.filter(application=case)}
    by = scene.user("destination_finance")
    person = ledger.account("person", application=case)  # type: ignore[arg-type]
    return Books(
        case,
        {
            "case": case.pk,
            "other": money_at(scene, BalanceState.PENDING).pk,
            "pending": Instruction.objects.get(application=case, kind=Movement.CREDIT).pk,
            "receipt": Instruction.objects.get(application=case, kind=Movement.RECEIVE).pk,
            "transit": accounts["transit"],
            "suspense": accounts["suspense"],
            "person": person.pk,
            "maker": by.pk,
            "checker": scene.user("destination_finance2").pk,
            "clerk": scene.user("destination_clerk").pk,
            "origin": scene.user("origin_finance").pk,
            "foreign": stranger.user("destination_finance").pk,
            "preparation": Preparation.objects.get(outcome="", verb="credit_balance").pk,
        },
    )


def attempt(sql: str) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def key(number: int) -> str:
    digits = f"{number:032x}"
    if connection.vendor == "postgresql":
        return f"'{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}'"
    return f"'{digits}'"


ATTACKS = {
    "an entry beside its instruction":
        "INSERT INTO transfers_entry (instruction_id, account_id, amount_fen) VALUES ({receipt}, {person}, 5)",
    "an entry of another amount":
        "INSERT INTO transfers_entry (instruction_id, account_id, amount_fen) VALUES ({receipt}, {suspense}, 1)",
    "a leg twice":
        "INSERT INTO transfers_entry (instruction_id, account_id, amount_fen)"
        " SELECT instruction_id, account_id, amount_fen FROM transfers_entry WHERE instruction_id = {receipt}",
    "a leg of what is pending":
        "INSERT INTO transfers_entry (instruction_id, account_id, amount_fen) VALUES ({pending}, {person}, 123456)",
    "an edited leg": "UPDATE transfers_entry SET amount_fen = amount_fen * 2",
    "a deleted leg": "DELETE FROM transfers_entry WHERE amount_fen > 0",
    "an edited instruction": "UPDATE transfers_instruction SET amount_fen = 1 WHERE id = {pending}",
    "a deleted instruction": "DELETE FROM transfers_instruction WHERE id = {pending}",
    "an edited resolution":
        "UPDATE transfers_instructionresolution SET outcome = 'voided' WHERE instruction_id = {receipt}",
    "a deleted resolution":
        "DELETE FROM transfers_instructionresolution WHERE instruction_id = {receipt}",
    "a second resolution": RESOLVE + "({receipt}, 'voided', {checker}, '" + AT + "')",
    "a resolution by nobody": RESOLVE + "({pending}, 'posted', NULL, '" + AT + "')",
    "the maker confirming": RESOLVE + "({pending}, 'posted', {maker}, '" + AT + "')",
    "a clerk confirming": RESOLVE + "({pending}, 'posted', {clerk}, '" + AT + "')",
    "the other office confirming": RESOLVE + "({pending}, 'posted', {origin}, '" + AT + "')",
    "a third office confirming": RESOLVE + "({pending}, 'posted', {foreign}, '" + AT + "')",
    "a deleted event": "DELETE FROM transfers_event WHERE application_id = {case}",
    "an edited event": "UPDATE transfers_event SET reason = 'x' WHERE application_id = {case}",
    "a balance by hand": "UPDATE transfers_account SET balance_fen = 5 WHERE id = {person}",
    "a balance below zero": "UPDATE transfers_account SET balance_fen = -5 WHERE id = {person}",
    "a balance forgotten": "UPDATE transfers_account SET balance_fen = NULL WHERE id = {suspense}",
    "an account that changes hands":
        "UPDATE transfers_account SET kind = 'person' WHERE id = {suspense}",
    "an account with money from nowhere":
        "INSERT INTO transfers_account (kind, agency_id, application_id, balance_fen)"
        " SELECT 'paid_out', agency_id, application_id, 100 FROM transfers_account WHERE id = {transit}",
    "an edited proposal":
        "UPDATE transfers_preparation SET payload_hash = 'x' WHERE id = {preparation}",
    "an amount of nothing": INSTRUCT
        + "({key1}, 'receive', {case}, 2, {transit}, {suspense}, 0, NULL, '', {maker}, '" + AT + "')",
    "an amount below zero": INSTRUCT
        + "({key1}, 'receive', {case}, 2, {transit}, {suspense}, -1, NULL, '', {maker}, '" + AT + "')",
    "an amount beyond all bounds": INSTRUCT
        + "({key1}, 'receive', {case}, 2, {transit}, {suspense}, 10000000001, NULL, '', {maker}, '" + AT + "')",
    "money that stays where it is": INSTRUCT
        + "({key1}, 'bounce', {case}, 1, {suspense}, {suspense}, 1, NULL, '', {maker}, '" + AT + "')",
    "an attempt that was had": INSTRUCT
        + "({key1}, 'receive', {case}, 1, {transit}, {suspense}, 1, NULL, '', {maker}, '" + AT + "')",
    "an attempt ahead of its turn": INSTRUCT
        + "({key1}, 'receive', {case}, 3, {transit}, {suspense}, 1, NULL, '', {maker}, '" + AT + "')",
    "a second credit beside the first": INSTRUCT
        + "({key1}, 'credit', {case}, 2, {suspense}, {person}, 1, NULL, '', {maker}, '" + AT + "')",
    "a credit under the name of what one person may do": INSTRUCT
        + "({key1}, 'return', {case}, 1, {suspense}, {person}, 123456, NULL, '', {clerk}, '" + AT + "')",
    "a movement over the accounts of another case": INSTRUCT
        + "({key1}, 'receive', {other}, 1, {transit}, {suspense}, 1, NULL, '', {maker}, '" + AT + "')",
    "an account kept by the other office":
        "INSERT INTO transfers_account (kind, agency_id, application_id, balance_fen)"
        " SELECT 'paid_out', agency_id, application_id, 0 FROM transfers_account WHERE id = {suspense}",
    "a reversal of another amount": INSTRUCT
        + "({key1}, 'reverse', {case}, 1, {suspense}, {transit}, 5, {receipt}, '', {maker}, '" + AT + "')",
    "a reversal of what was not posted": INSTRUCT
        + "({key1}, 'reverse', {case}, 1, {person}, {suspense}, 123456, {pending}, '', {maker}, '" + AT + "')",
}  # fmt: skip


def test_the_database_refuses_every_attack_and_nothing_has_changed(books: Books) -> None:
    before = _everything()
    let_through = []
    for name, sql in ATTACKS.items():
        try:
            attempt(sql.format(**books.names, key1=key(1)))
            let_through.append(name)
        except DatabaseError:
            pass  # refused, as it should be
        assert _everything() == before, name
    assert let_through == []
    assert ledger.held(books.case) == Holdings(suspense=123_456)


@pytest.mark.parametrize("amount", [123_457, 10_000_000_000])
def test_suspense_cannot_go_below_zero(books: Books, amount: int) -> None:
    """Two of the right office, a well-formed instruction, and more than there is."""
    _void(books)
    sql = (
        INSTRUCT
        + "({key}, 'credit', {case}, 2, {suspense}, {person}, {amount}, NULL, '', {maker}, '{at}')"
    )
    attempt(sql.format(**books.names, key=key(2), amount=amount, at=AT))
    new = Instruction.objects.latest("pk").pk
    with pytest.raises(DatabaseError, match="account_not_below_zero"):
        attempt(RESOLVE + f"({new}, 'posted', {books.names['checker']}, '{AT}')")
    assert ledger.held(books.case) == Holdings(suspense=123_456)


def test_nor_can_transit(books: Books) -> None:
    """Nothing is in transit any more, so nothing more can be received."""
    sql = (
        INSTRUCT
        + "({key}, 'receive', {case}, 2, {transit}, {suspense}, 1, NULL, '', {maker}, '{at}')"
    )
    attempt(sql.format(**books.names, key=key(3), at=AT))
    new = Instruction.objects.latest("pk").pk
    with pytest.raises(DatabaseError, match="account_not_below_zero"):
        attempt(RESOLVE + f"({new}, 'posted', {books.names['maker']}, '{AT}')")


def test_the_second_of_the_right_office_may(books: Books) -> None:
    """The same statement that is refused to everybody else goes through for the checker."""
    attempt(RESOLVE + "({pending}, 'posted', {checker}, '".format(**books.names) + AT + "')")
    assert ledger.held(books.case) == Holdings(person=123_456)


@pytest.mark.parametrize("table", ["entry", "instruction", "instructionresolution", "event"])
def test_nothing_is_emptied_or_replaced(books: Books, table: str) -> None:
    if connection.vendor == "postgresql":
        attempt("SET CONSTRAINTS ALL IMMEDIATE")
        sql = f"TRUNCATE transfers_{table} CASCADE"
    else:
        sql = f"REPLACE INTO transfers_{table} SELECT * FROM transfers_{table}"
    before = _everything()
    with pytest.raises(DatabaseError, match="append-only"):
        attempt(sql)
    assert _everything() == before


def _void(books: Books) -> None:
    attempt(RESOLVE + "({pending}, 'voided', {maker}, '".format(**books.names) + AT + "')")


def _everything() -> dict[str, list[tuple[object, ...]]]:
    rows = {}
    tables = ("account", "instruction", "instructionresolution", "entry", "event", "preparation")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM transfers_{table} ORDER BY 1")
            rows[table] = [tuple(map(str, row)) for row in cursor.fetchall()]
    return rows


def test_on_postgresql_the_legs_are_counted_once_more_at_the_end(books: Books) -> None:
    """With every other rule off, a third leg is still found when the transaction ends."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no deferred trigger; the rule beside each row has to do")
    attempt("SET CONSTRAINTS ALL IMMEDIATE")
    attempt("ALTER TABLE transfers_entry DISABLE TRIGGER ledger_leg")
    with pytest.raises(DatabaseError, match="do not balance"):
        attempt(ATTACKS["an entry beside its instruction"].format(**books.names))
