"""The one way into the ledger. Amounts in fen; the caller holds the subject and the transaction.

Every movement has one subject: a case, a line of a bank statement, or a receivable.

An instruction is made pending, then posted or voided, once. Posting is one INSERT: the database writes
the legs and the balances (`models.books`). The rules a person could break get a sentence here; the
database refuses the rest.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from ..models.applications import TransferApplication
from ..models.ledger import Account, Instruction, InstructionResolution, Receivable
from ..models.proofs import Break
from ..models.regions import Agency
from ..rules.ledger import KEEPER, ROUTES, UNBOUNDED, AccountKind, Movement
from ..rules.states import Side

if TYPE_CHECKING:
    from ..models.statements import StatementLine
    from ..models.users import User

# Keys of instructions that come from no request are derived from what they are.
_NAMESPACE = uuid.UUID("6f3b1a54-7a27-5f0e-9d0c-3c6f7f0b8a11")

Posted, Voided = InstructionResolution.Outcome.POSTED, InstructionResolution.Outcome.VOIDED


class KeyReused(Exception):  # noqa: N818 - what happened, in two words
    """A key that stands for one instruction was used for another."""


class Frozen(Exception):  # noqa: N818
    """The books of this case do not agree; nothing is posted on it until they do."""


class Short(Exception):  # noqa: N818
    """The account does not hold what should leave it."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the accounts of one case hold, in fen."""

    transit: int = 0
    suspense: int = 0
    person: int = 0
    returned: int = 0
    paid_out: int = 0


def held(application: TransferApplication) -> Holdings:
    """What the ledger says of a case. One query."""
    rows = Account.objects.filter(application=application).values_list("kind", "balance_fen")
    return Holdings(**{kind: fen for kind, fen in rows if fen is not None})


def account(
    kind: AccountKind,
    *,
    application: TransferApplication | None = None,
    line: "StatementLine | None" = None,
    receivable: Receivable | None = None,
) -> Account:
    """The account of a kind that serves a subject; opened when first asked for."""
    agency: Agency | int
    if application is not None:
        own = KEEPER[kind] is Side.ORIGIN
        agency = application.origin_agency_id if own else application.destination_agency_id
    elif receivable is not None:
        agency = receivable.agency_id
    else:
        assert line is not None, "an account belongs to a case, a line or a receivable"
        agency = line.agency_id
    if kind in UNBOUNDED:
        found, _made = Account.objects.get_or_create(
            kind=kind, agency_id=agency, application=None, line=None, receivable=None,
            defaults={"balance_fen": None},
        )  # fmt: skip
    elif receivable is not None:
        found, _made = Account.objects.get_or_create(
            kind=kind, receivable=receivable, defaults={"agency_id": agency}
        )
    elif application is not None:
        found, _made = Account.objects.get_or_create(
            kind=kind, application=application, defaults={"agency_id": agency}
        )
    else:
        found, _made = Account.objects.get_or_create(
            kind=kind, line=line, defaults={"agency_id": agency}
        )
    return found


def instruct(
    movement: Movement,
    *,
    by: "User",
    at: datetime,
    amount_fen: int,
    application: TransferApplication | None = None,
    line: "StatementLine | None" = None,
    receivable: Receivable | None = None,
    key: uuid.UUID | None = None,
    bank_reference: str = "",
) -> Instruction:
    """A pending instruction along its route; with a `key` used before, the very instruction it made.

    Raises KeyReused when the key stands for another movement or amount, ValueError for a movement
    that has no route.
    """
    if movement not in ROUTES:
        raise ValueError(f"{movement} has no route of its own")
    route = ROUTES[movement]
    if key is not None:
        earlier = Instruction.objects.filter(key=key).first()
        if earlier is not None:
            return _same(earlier, movement, amount_fen, application, line, receivable)
    source = account(route.source, application=application, line=line, receivable=receivable)
    target = account(route.target, application=application, line=line, receivable=receivable)
    return _write(movement, source, target, by=by, at=at, amount_fen=amount_fen, key=key,
                  application=application, line=line, receivable=receivable,
                  bank_reference=bank_reference)  # fmt: skip


def _same(
    earlier: Instruction,
    movement: Movement,
    amount_fen: int,
    application: TransferApplication | None,
    line: "StatementLine | None",
    receivable: Receivable | None,
) -> Instruction:
    wanted = (movement, amount_fen, application and application.pk, line and line.pk,
              receivable and receivable.pk)  # fmt: skip
    if wanted != (earlier.kind, earlier.amount_fen, earlier.application_id, earlier.line_id,
                  earlier.receivable_id):  # fmt: skip
        raise KeyReused(str(earlier.key))
    return earlier


def _write(
    movement: Movement,
    source: Account,
    target: Account,
    *,
    by: "User",
    at: datetime,
    amount_fen: int,
    application: TransferApplication | None,
    line: "StatementLine | None",
    receivable: Receivable | None = None,
    key: uuid.UUID | None = None,
    bank_reference: str = "",
    reverses: Instruction | None = None,
) -> Instruction:
    past = Instruction.objects.filter(
        kind=movement, application=application, line=line, receivable=receivable
    ).count()
    if application is not None:
        subject = f"case:{application.pk}"
    elif receivable is not None:
        subject = f"receivable:{receivable.pk}"
    else:
        subject = f"line:{line and line.pk}"
    return Instruction.objects.create(
        key=key or uuid.uuid5(_NAMESPACE, f"{subject}:{movement}:{past + 1}"),
        kind=movement,
        application=application,
        line=line,
        receivable=receivable,
        attempt=past + 1,
        source=source,
        target=target,
        amount_fen=amount_fen,
        reverses=reverses,
        bank_reference=bank_reference,
        made_by=by,
        made_at=at,
    )


def post(instruction: Instruction, *, by: "User", at: datetime) -> None:
    """Carry an instruction out. Posting again what is posted does nothing.

    Raises Frozen, Short, or IntegrityError where the database holds a rule that no page offers to
    break (a maker who confirms, a voided instruction).
    """
    ended = InstructionResolution.objects.filter(instruction=instruction).first()
    if ended is not None and ended.outcome == Posted:
        return
    if is_frozen(instruction.application_id, instruction.receivable_id):
        raise Frozen(str(instruction.application_id or instruction.receivable_id))
    source = Account.objects.get(pk=instruction.source_id)
    if source.balance_fen is not None and source.balance_fen < instruction.amount_fen:
        raise Short(f"{source.kind}: {source.balance_fen} < {instruction.amount_fen}")
    with transaction.atomic():
        InstructionResolution.objects.create(instruction=instruction, outcome=Posted, by=by, at=at)


def void(instruction: Instruction, *, by: "User | None", at: datetime) -> None:
    """End a pending instruction without moving anything; `by` None: the system did."""
    InstructionResolution.objects.create(instruction=instruction, outcome=Voided, by=by, at=at)


def move(
    movement: Movement,
    *,
    by: "User",
    at: datetime,
    amount_fen: int,
    application: TransferApplication | None = None,
    line: "StatementLine | None" = None,
    receivable: Receivable | None = None,
    key: uuid.UUID | None = None,
    bank_reference: str = "",
) -> Instruction:
    """Instruct and post in one go, for movements that one person may make."""
    instruction = instruct(
        movement, by=by, at=at, amount_fen=amount_fen, application=application, line=line,
        receivable=receivable, key=key, bank_reference=bank_reference,
    )  # fmt: skip
    post(instruction, by=by, at=at)
    return instruction


def reverse(instruction: Instruction, *, by: "User", at: datetime) -> Instruction:
    """Take a posted instruction back by its mirror image. Raises IntegrityError the second time."""
    mirror = _write(
        Movement.REVERSE, instruction.target, instruction.source, by=by, at=at,
        amount_fen=instruction.amount_fen, application=instruction.application,
        line=instruction.line, receivable=instruction.receivable, reverses=instruction,
        bank_reference=instruction.bank_reference,
    )  # fmt: skip
    post(mirror, by=by, at=at)
    return mirror


def standing(application: TransferApplication, movement: Movement) -> Instruction | None:
    """The newest posted instruction of a kind that has not been reversed."""
    return (
        Instruction.objects.filter(
            application=application, kind=movement, resolution__outcome=Posted
        )
        .exclude(reversed_by__resolution__outcome=Posted)
        .order_by("attempt")
        .last()
    )


def reference_taken(application: TransferApplication, bank_reference: str) -> bool:
    """Whether the bank's reference stands for a receipt of the same office on another case."""
    return (
        Instruction.objects.filter(
            kind=Movement.RECEIVE,
            bank_reference=bank_reference,
            target__agency=application.destination_agency_id,
        )
        .exclude(application=application)
        .exclude(reversed_by__resolution__outcome=Posted)
        .exists()
    )


def is_frozen(application_id: int | None, receivable_id: int | None = None) -> bool:
    """Whether an open break keeps a case or a receivable from being posted on."""
    if application_id is None and receivable_id is None:
        return False
    return Break.objects.filter(
        application=application_id, receivable=receivable_id, cleared_at__isnull=True
    ).exists()
