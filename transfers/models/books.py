"""What the database itself holds of the ledger, on PostgreSQL and on SQLite.

Every movement has one subject, and its accounts are that subject's own or its office's: `owners` names
the columns that can hold it, so that an older migration can put up the rules of its time.

Posting a resolution makes the database write both legs and move the cached balances, so no program can
write half of it. Besides that it refuses: a leg that is not its instruction's, a balance that is not
the sum of its entries, an attempt out of turn, a movement off its route or over the accounts of another
case, and a posting that needs two pairs of eyes and has one, or whose pairs do not belong to the finance
of the right office. PostgreSQL checks the legs once more
when the transaction ends, which SQLite cannot.
"""

from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper

from ..rules.ledger import FOUR_EYES, KEEPER, ROUTES, UNBOUNDED, AccountKind, Movement
from ..rules.states import Role, Side

OWNERS = ("application_id", "line_id", "receivable_id")

_ACCOUNT, _ENTRY = "transfers_account", "transfers_entry"
_INSTRUCTION, _RESOLUTION = "transfers_instruction", "transfers_instructionresolution"

_TWO = ", ".join(f"'{movement.value}'" for movement in sorted(FOUR_EYES))
_FROM_POOL = ", ".join(
    f"'{movement.value}'"
    for movement in sorted(FOUR_EYES)
    if ROUTES[movement].source is AccountKind.POOL
)
_ROUTES = ", ".join(
    f"'{movement.value} {route.source.value} {route.target.value}'"
    for movement, route in ROUTES.items()
)
_SHARED = ", ".join(f"'{kind.value}'" for kind in sorted(UNBOUNDED))
_AT_ORIGIN = ", ".join(f"'{kind.value}'" for kind, side in KEEPER.items() if side is Side.ORIGIN)

# Conditions that refuse the row NEW, in SQL that both databases read.
# The attempt before must have ended; a crediting that was posted must have been reversed as well. Of a
# case or of a line: one subquery each, because an index serves one, and "or" would serve none.
_ENDED = f"""
  SELECT 1 FROM transfers_instruction e
    JOIN transfers_instructionresolution r ON r.instruction_id = e.id
    WHERE e.kind = NEW.kind AND e.attempt = NEW.attempt - 1
      AND (NEW.kind <> '{Movement.CREDIT.value}' OR r.outcome = 'voided' OR EXISTS (
        SELECT 1 FROM transfers_instruction b
        JOIN transfers_instructionresolution s ON s.instruction_id = b.id AND s.outcome = 'posted'
        WHERE b.reverses_id = e.id))
"""


def _attempt_out_of_turn(owners: Sequence[str]) -> str:
    ended = " ".join(f"AND NOT EXISTS ({_ENDED} AND e.{owner} = NEW.{owner})" for owner in owners)
    return f"NEW.attempt < 1 OR (NEW.attempt > 1 {ended})"


def _same_owner(row: str, other: str, owners: Sequence[str]) -> str:
    return " AND ".join(
        f"COALESCE({row}.{owner}, 0) = COALESCE({other}.{owner}, 0)" for owner in owners
    )


def _reversal_is_another(owners: Sequence[str]) -> str:
    return f"""
  NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM transfers_instruction e
    JOIN transfers_instructionresolution r ON r.instruction_id = e.id AND r.outcome = 'posted'
    WHERE e.id = NEW.reverses_id AND e.source_id = NEW.target_id AND e.target_id = NEW.source_id
      AND e.amount_fen = NEW.amount_fen AND e.reverses_id IS NULL
      AND {_same_owner("e", "NEW", owners)})
"""


def _own(account: str, other: str, owners: Sequence[str]) -> str:
    """That an account is the movement's own, or shared by the office that keeps the other."""
    return (
        f"({account}.kind IN ({_SHARED}) AND {account}.agency_id = {other}.agency_id"
        f" OR {_same_owner(account, 'NEW', owners)})"
    )


# What a movement is called decides whether it needs two: so the name must fit the accounts.
def _off_its_route(owners: Sequence[str]) -> str:
    return f"""
  NEW.reverses_id IS NULL AND NOT EXISTS (SELECT 1
    FROM transfers_account s JOIN transfers_account t ON t.id = NEW.target_id
    WHERE s.id = NEW.source_id AND NEW.kind || ' ' || s.kind || ' ' || t.kind IN ({_ROUTES})
      AND {_own("s", "t", owners)} AND {_own("t", "s", owners)})
"""


_ONE_PAIR_OF_EYES = f"""
  NEW.outcome = 'posted' AND EXISTS (SELECT 1 FROM transfers_instruction i
    JOIN transfers_account a ON a.id =
      CASE WHEN i.kind IN ({_FROM_POOL})
        THEN i.source_id ELSE i.target_id END
    WHERE i.id = NEW.instruction_id AND i.kind IN ({_TWO})
      AND (i.made_by_id = NEW.by_id OR 2 <> (SELECT COUNT(*) FROM transfers_user u
        WHERE u.id IN (i.made_by_id, NEW.by_id) AND u.agency_id = a.agency_id
          AND EXISTS (SELECT 1 FROM transfers_user_groups m JOIN auth_group g ON g.id = m.group_id
            WHERE m.user_id = u.id AND g.name = '{Role.FINANCE.value}'))))
"""
_FOREIGN_LEG = """
  NOT EXISTS (SELECT 1 FROM transfers_instruction i
    JOIN transfers_instructionresolution r ON r.instruction_id = i.id AND r.outcome = 'posted'
    WHERE i.id = NEW.instruction_id
      AND ((NEW.account_id = i.source_id AND NEW.amount_fen = -i.amount_fen)
        OR (NEW.account_id = i.target_id AND NEW.amount_fen = i.amount_fen)))
"""


def _balance_not_its_entries(owners: Sequence[str]) -> str:
    return f"""
  NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.agency_id <> OLD.agency_id
  OR NOT ({_same_owner("NEW", "OLD", owners)})
  OR (NEW.balance_fen IS NULL) <> (OLD.balance_fen IS NULL)
  OR (NEW.balance_fen IS NOT NULL AND NEW.balance_fen <>
      (SELECT COALESCE(SUM(e.amount_fen), 0) FROM transfers_entry e WHERE e.account_id = NEW.id))
"""


_BORN_WITH_MONEY = "NEW.balance_fen IS NOT NULL AND NEW.balance_fen <> 0"


# Whose finance may move the money is read from the account.
def _kept_elsewhere(owners: Sequence[str]) -> str:
    sql = f"""
  EXISTS (SELECT 1 FROM transfers_transferapplication c
    WHERE c.id = NEW.application_id AND NEW.agency_id <> CASE WHEN NEW.kind IN ({_AT_ORIGIN})
      THEN c.origin_agency_id ELSE c.destination_agency_id END)
  OR EXISTS (SELECT 1 FROM transfers_statementline l
    WHERE l.id = NEW.line_id AND l.agency_id <> NEW.agency_id)
"""
    if "receivable_id" in owners:
        sql += """
  OR EXISTS (SELECT 1 FROM transfers_receivable r
    WHERE r.id = NEW.receivable_id AND r.agency_id <> NEW.agency_id)
"""
    return sql


# A bank's reference stands for one receipt of an office, so for one case, unless it was taken back.
_REFERENCE_OF_ANOTHER_CASE = f"""
  NEW.kind = '{Movement.RECEIVE.value}' AND NEW.bank_reference <> '' AND EXISTS (
    SELECT 1 FROM transfers_instruction e
    JOIN transfers_account a ON a.id = e.target_id
    JOIN transfers_account n ON n.id = NEW.target_id AND n.agency_id = a.agency_id
    WHERE e.kind = '{Movement.RECEIVE.value}' AND e.bank_reference = NEW.bank_reference
      AND e.application_id <> NEW.application_id AND NOT EXISTS (
        SELECT 1 FROM transfers_instruction b
        JOIN transfers_instructionresolution s ON s.instruction_id = b.id AND s.outcome = 'posted'
        WHERE b.reverses_id = e.id))
"""


def _refusals(owners: Sequence[str]) -> dict[str, tuple[str, str, str, str]]:
    """Name → table, event, condition, what it says."""
    return {
        "attempt": (_INSTRUCTION, "INSERT", _attempt_out_of_turn(owners), "attempt out of turn"),
        "route": (_INSTRUCTION, "INSERT", _off_its_route(owners), "not a route of this movement"),
        "reversal": (
            _INSTRUCTION, "INSERT", _reversal_is_another(owners), "reverses another movement",
        ),
        "reference": (
            _INSTRUCTION, "INSERT", _REFERENCE_OF_ANOTHER_CASE, "bank reference of another case",
        ),
        "eyes": (
            _RESOLUTION, "INSERT", _ONE_PAIR_OF_EYES, "needs two of the finance of its office",
        ),
        "leg": (_ENTRY, "INSERT", _FOREIGN_LEG, "not a leg of a posted instruction"),
        "balance": (
            _ACCOUNT, "UPDATE", _balance_not_its_entries(owners), "not the sum of its entries",
        ),
        "empty": (_ACCOUNT, "INSERT", _BORN_WITH_MONEY, "an account starts empty"),
        "keeper": (_ACCOUNT, "INSERT", _kept_elsewhere(owners), "kept by the wrong office"),
    }  # fmt: skip


# In one statement, so that the legs are complete whenever somebody looks.
_WRITE_LEGS = """
  INSERT INTO transfers_entry (instruction_id, account_id, amount_fen)
    SELECT i.id, i.source_id, -i.amount_fen FROM transfers_instruction i
      WHERE i.id = NEW.instruction_id
    UNION ALL
    SELECT i.id, i.target_id, i.amount_fen FROM transfers_instruction i
      WHERE i.id = NEW.instruction_id;
"""
_MOVE_BALANCE = """
  UPDATE transfers_account SET balance_fen = balance_fen + NEW.amount_fen
    WHERE id = NEW.account_id AND balance_fen IS NOT NULL;
"""

# name → table, condition, statements
_CONSEQUENCES = {
    "legs": (_RESOLUTION, "NEW.outcome = 'posted'", _WRITE_LEGS),
    "moved": (_ENTRY, "NEW.amount_fen <> 0", _MOVE_BALANCE),
}
_COMPLETE = (_RESOLUTION, _ENTRY)

_LEGS_COMPLETE = """
CREATE OR REPLACE FUNCTION jiexu_legs_complete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE legs int; total bigint; posted boolean;
BEGIN
  SELECT COUNT(*), COALESCE(SUM(amount_fen), 0) INTO legs, total
    FROM transfers_entry WHERE instruction_id = NEW.instruction_id;
  posted := EXISTS (SELECT 1 FROM transfers_instructionresolution
    WHERE instruction_id = NEW.instruction_id AND outcome = 'posted');
  IF total <> 0 OR legs <> (CASE WHEN posted THEN 2 ELSE 0 END) THEN
    RAISE EXCEPTION 'ledger: the legs of instruction % do not balance', NEW.instruction_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""


def install(connection: BaseDatabaseWrapper, owners: Sequence[str] = OWNERS) -> None:
    """Put up every rule of the ledger. `owners`: the columns that exist by now."""
    put_up = _on_postgres if connection.vendor == "postgresql" else _on_sqlite
    with connection.cursor() as cursor:
        for statement in put_up(owners):
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take every rule of the ledger down again."""
    with connection.cursor() as cursor:
        for name, table in _names(connection.vendor):
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def _on_postgres(owners: Sequence[str]) -> Iterator[str]:
    for name, (table, event, condition, words) in _refusals(owners).items():
        yield (
            f"CREATE OR REPLACE FUNCTION jiexu_ledger_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {condition} THEN RAISE EXCEPTION 'ledger: {words}'"
            " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER ledger_{name} BEFORE {event} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION jiexu_ledger_{name}()"
        )
    for name, (table, when, body) in _CONSEQUENCES.items():
        yield (
            f"CREATE OR REPLACE FUNCTION jiexu_ledger_{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN {body} RETURN NULL; END $$"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER ledger_{name} AFTER INSERT ON {table} "
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION jiexu_ledger_{name}()"
        )
    yield _LEGS_COMPLETE
    # Triggers of a row fire by name: this one after `ledger_legs`.
    for table in _COMPLETE:
        yield (
            f"CREATE CONSTRAINT TRIGGER ledger_whole AFTER INSERT ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION jiexu_legs_complete()"
        )


def _on_sqlite(owners: Sequence[str]) -> Iterator[str]:
    for name, (table, event, condition, words) in _refusals(owners).items():
        yield (
            f"CREATE TRIGGER ledger_{name} BEFORE {event} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, 'ledger: {words}'); END"
        )
    for name, (table, when, body) in _CONSEQUENCES.items():
        yield f"CREATE TRIGGER ledger_{name} AFTER INSERT ON {table} WHEN {when} BEGIN {body} END"


def _names(vendor: str) -> Iterator[tuple[str, str]]:
    for name, (table, *_rest) in {**_refusals(OWNERS), **_CONSEQUENCES}.items():
        yield f"ledger_{name}", table
    if vendor == "postgresql":
        for table in _COMPLETE:
            yield "ledger_whole", table
