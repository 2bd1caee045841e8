"""The door for the lines of bank statements: what a person, or the job that books for one, decides.

Each decision is one transaction: the case (through `actions.perform`), the ledger and the line. What
matching proposed counts for nothing here; the case is asked again, under its claim. A decision that
cannot be made raises a `workflow.errors.Refused` with a sentence, and nothing is written.
"""

import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from ..models.applications import TransferApplication
from ..models.balances import BalanceTransfer
from ..models.ledger import Instruction, InstructionResolution
from ..models.statements import StatementLine
from ..models.users import User
from ..money import ledger
from ..money.statements import matching
from ..money.statements.lines import Problem
from ..policy import remembered
from ..rules.balances import BalanceAction, BalanceState, Resolution
from ..rules.ledger import Movement
from ..rules.money import yuan
from ..rules.states import Role, Side
from ..rules.steps import LatenessReason, Owner
from .actions import perform
from .actors import Actor
from .errors import Invalid, NotAllowed, Refused
from .relation import sentence

logger = logging.getLogger(__name__)

State, Outcome = StatementLine.State, StatementLine.Outcome


# What a person decides about one line


def accept(line: StatementLine, *, by: Actor, at: datetime) -> StatementLine:
    """Book a receipt on the case the line points at, or tie it to the booking it proves.

    At the destination the money is received, and matched or recorded as different; a line of the
    missing amount tops up what came short; a line at the origin is money that came back. A line in
    suspense leaves it by a reversal.
    """
    with _deciding():
        return _accept(_claim(line, by), by, at)


def _accept(held: StatementLine, by: Actor, at: datetime) -> StatementLine:
    if held.outcome not in ("", Outcome.SUSPENSE):
        raise _decided(held)
    _check_usable(held)
    if held.application is None:
        raise NotAllowed(_("Link the line to its case first."), code="no_case")
    if held.outcome == Outcome.SUSPENSE:
        assert held.instruction is not None, "the database keeps it with a line in suspense"
        ledger.reverse(held.instruction, by=_user(by), at=at)
    side = held.application.side_of(held.agency_id)
    if side is Side.DESTINATION:
        outcome, instruction = _arrived(held, held.application, by, at)
    elif side is Side.ORIGIN:
        outcome, instruction = _came_back(held, held.application, by, at)
    else:
        raise _foreign_case()
    return _decide(held, outcome, by, at, instruction=instruction)


def link(line: StatementLine, application: TransferApplication, *, by: Actor) -> StatementLine:
    """Point a line, perhaps one in suspense, at a case by hand; booking it is a second step."""
    with _deciding():
        held = _claim(line, by)
        if held.outcome not in ("", Outcome.SUSPENSE):
            raise _decided(held)
        _check_usable(held)
        if application.side_of(held.agency_id) is None:
            raise _foreign_case()
        given = matching.answer_for(held, application)
        if given.state == State.NO_MATCH:
            raise NotAllowed(Problem(given.problem).label, code=given.problem)
        if given.state == State.DUPLICATE and not _unproven(held, application):
            raise NotAllowed(Problem.RECEIVED.label, code=Problem.RECEIVED)
        held.application = application
        held.state = State.PROPOSED if given.state == State.MATCHED else given.state
        held.problem, held.reason = Problem.LINKED, ""
        held.save(update_fields=["application", "state", "problem", "reason"])
        return held


def to_suspense(line: StatementLine, *, by: Actor, at: datetime) -> StatementLine:
    """Take money in whose case nobody knows yet."""
    with _deciding():
        held = _undecided(line, by)
        _check_usable(held)
        return _decide(held, Outcome.SUSPENSE, by, at, instruction=_suspend(held, by, at))


def send_back(line: StatementLine, reason: str, *, by: Actor, at: datetime) -> StatementLine:
    """Record that the bank was told to return the money to whoever sent it."""
    with _deciding():
        held, why = _claim(line, by), _reason(reason)
        if held.outcome not in ("", Outcome.SUSPENSE):
            raise _decided(held)
        _check_usable(held)
        if not held.outcome:
            _suspend(held, by, at)
        returned = ledger.move(
            Movement.SEND_BACK, by=_user(by), at=at, amount_fen=_amount(held), line=held,
            bank_reference=held.bank_reference,
        )  # fmt: skip
        return _decide(held, Outcome.RETURNED, by, at, instruction=returned, reason=why)


def dismiss(line: StatementLine, reason: str, *, by: Actor, at: datetime) -> StatementLine:
    """Lay a repetition, or a row that nobody can read, aside: it moves nothing."""
    with _deciding():
        held, why = _undecided(line, by), _reason(reason)
        if held.state not in (State.DUPLICATE, State.ERROR):
            raise NotAllowed(
                _("This is money that arrived: book it, keep it in suspense or return it."),
                code="money",
            )
        return _decide(held, Outcome.DISMISSED, by, at, reason=why)


# Many lines


def ask_to_accept(lines: Collection[int], *, by: Actor, at: datetime) -> int:
    """Mark the exact ones among these lines to be booked by the job; returns how many. One UPDATE."""
    _check_role(by)
    exact = StatementLine.objects.filter(
        pk__in=lines, agency=by.agency_id, outcome="", state=State.MATCHED,
        application__isnull=False, accept_asked_at__isnull=True,
    )  # fmt: skip
    return exact.update(accept_asked_by=by.user, accept_asked_at=at, reason="")


@dataclass
class Run:
    """What one run of the booking did; `errors` are those that are no refusals."""

    booked: int = 0
    refused: int = 0
    errors: list[Exception] = field(default_factory=list)


def book_asked(at: datetime, *, seconds: float) -> Run:
    """Book lines that were asked for, one by one, each in its own transaction, for so long at most.

    May be killed at any point and run twice at once: a line that has its outcome is left alone. One
    that is refused goes back to a person, with the sentence.
    """
    run, actors = Run(), dict[int, Actor]()
    asked = StatementLine.objects.filter(outcome="", accept_asked_at__isnull=False)
    until = time.monotonic() + seconds
    for pk in list(asked.order_by("pk").values_list("pk", flat=True)):
        if time.monotonic() > until:
            break
        try:
            _book(pk, at, actors, run)
        except Exception as error:  # noqa: BLE001 - handed on; the other lines do not wait for it
            error.add_note(f"statement line {pk}")
            run.errors.append(error)
    return run


def _book(pk: int, at: datetime, actors: dict[int, Actor], run: Run) -> None:
    with transaction.atomic():
        line = (
            StatementLine.objects.select_for_update(
                skip_locked=connection.features.has_select_for_update_skip_locked,
                of=("self",), no_key=True,
            )
            .select_related("accept_asked_by", "application")
            .filter(pk=pk, outcome="", accept_asked_at__isnull=False)
            .first()
        )  # fmt: skip
        if line is None or line.accept_asked_by is None:
            return  # another run has it
        user = line.accept_asked_by
        by = actors.setdefault(user.pk, Actor.staff(user))
        try:
            with _deciding():
                _check_seat(line, by)
                _accept(line, by, at)
            run.booked += 1
        except Refused as refusal:
            with override(settings.LANGUAGE_CODE):
                said = str(refusal)[:200]
            StatementLine.objects.filter(pk=pk).update(
                accept_asked_by=None, accept_asked_at=None, reason=said
            )
            run.refused += 1


# How a receipt is booked


def _arrived(
    line: StatementLine, application: TransferApplication, by: Actor, at: datetime
) -> tuple[StatementLine.Outcome, Instruction]:
    balance = BalanceTransfer.objects.filter(application=application).first()
    amount = _amount(line)
    if balance is not None and balance.state != BalanceState.REMITTED:
        proven = _unproven(line, application)
        if proven is not None:
            return Outcome.PROVEN, proven
    _check_not_frozen(application)
    before = balance.received_fen or 0 if balance is not None else 0
    with override(settings.LANGUAGE_CODE):
        topped_up = _("The bank's statement shows the missing %(amount)s received.")
        differs = _("The bank's statement shows %(got)s received; the form says %(due)s.")
    if (
        balance is not None
        and balance.state == BalanceState.MISMATCHED
        and before + amount == balance.amount_fen
    ):
        perform(
            application, BalanceAction.RESOLVE, by=by, at=at, resolution=Resolution.TOP_UP,
            received_fen=before + amount, text=topped_up % {"amount": yuan(amount)},
            # Nobody is there to say why the origin was late, if it was.
            lateness=(LatenessReason.OTHER, Owner.ORIGIN),
        )  # fmt: skip
        perform(application, BalanceAction.MATCH, by=by, at=at)
    else:
        perform(
            application, BalanceAction.RECEIVE, by=by, at=at, received_fen=amount,
            bank_reference=line.bank_reference,
        )  # fmt: skip
        assert balance is not None, "a case without one receives nothing"
        if amount == balance.amount_fen:
            perform(application, BalanceAction.MATCH, by=by, at=at)
        else:
            text = differs % {"got": yuan(amount), "due": yuan(balance.amount_fen)}
            perform(application, BalanceAction.MISMATCH, by=by, at=at, text=text)
    return Outcome.ACCEPTED, _standing(application, Movement.RECEIVE)


def _came_back(
    line: StatementLine, application: TransferApplication, by: Actor, at: datetime
) -> tuple[StatementLine.Outcome, Instruction]:
    proven = _unproven(line, application)
    if proven is not None:
        return Outcome.PROVEN, proven
    _check_not_frozen(application)
    transit = ledger.held(application).transit
    if transit and _amount(line) != transit:
        raise NotAllowed(
            _("%(got)s came back, but %(sent)s is on its way: settle the difference first.")
            % {"got": yuan(_amount(line)), "sent": yuan(transit)},
            code="amount_differs",
        )
    with override(settings.LANGUAGE_CODE):
        text = _(
            "The bank's statement of %(day)s shows the money back in the origin's account."
        ) % {"day": line.booked_on}
    perform(application, BalanceAction.BOUNCE, by=by, at=at, text=text)
    return Outcome.ACCEPTED, _standing(application, Movement.BOUNCE)


def _standing(application: TransferApplication, movement: Movement) -> Instruction:
    found = ledger.standing(application, movement)
    assert found is not None, "it has just been posted"
    return found


def _unproven(line: StatementLine, application: TransferApplication) -> Instruction | None:
    """A movement booked by hand that the line would prove: the same amount, no line of its own."""
    arrived = application.side_of(line.agency_id) is Side.DESTINATION
    kinds = (Movement.RECEIVE,) if arrived else (Movement.BOUNCE, Movement.RETURN)
    posted = InstructionResolution.Outcome.POSTED
    standing = (
        Instruction.objects.select_for_update(of=("self",), no_key=True)
        .filter(
            application=application, kind__in=kinds, amount_fen=_amount(line),
            resolution__outcome=posted,
        )
        .exclude(reversed_by__resolution__outcome=posted)
        .order_by("pk")
    )  # fmt: skip
    tied = set(
        StatementLine.objects.filter(instruction__in=[each.pk for each in standing]).values_list(
            "instruction", flat=True
        )
    )
    return next((each for each in standing if each.pk not in tied), None)


def _suspend(line: StatementLine, by: Actor, at: datetime) -> Instruction:
    return ledger.move(
        Movement.SUSPEND, by=_user(by), at=at, amount_fen=_amount(line), line=line,
        bank_reference=line.bank_reference,
    )  # fmt: skip


# Who may, and what with


@contextmanager
def _deciding() -> Iterator[None]:
    """One transaction, in which the ledger's own refusals become sentences."""
    try:
        with remembered(), transaction.atomic():
            yield
    except ledger.Frozen:
        raise _frozen() from None
    except ledger.Short:
        raise NotAllowed(
            _("The case no longer holds this money. Look at it again."), code="short"
        ) from None


def _claim(line: StatementLine, by: Actor) -> StatementLine:
    """The line as it is now, held for this transaction; only for the finance of its agency."""
    _check_role(by)
    held = (
        StatementLine.objects.select_for_update(of=("self",), no_key=True)
        .select_related("application", "instruction", "decided_by")
        .get(pk=line.pk)
    )
    _check_seat(held, by)
    return held


def _check_seat(line: StatementLine, by: Actor) -> None:
    _check_role(by)
    if line.agency_id != by.agency_id:
        raise NotAllowed(_("This line belongs to another agency's account."), code="wrong_side")


def _undecided(line: StatementLine, by: Actor) -> StatementLine:
    held = _claim(line, by)
    if held.outcome:
        raise _decided(held)
    return held


def _check_role(by: Actor) -> None:
    if Role.FINANCE not in by.roles:
        raise NotAllowed(_("Bank statements are worked through by finance."), code="wrong_seat")


def _check_usable(line: StatementLine) -> None:
    if line.state == State.ERROR:
        raise NotAllowed(
            _("The row could not be read. Import a corrected statement, and lay this line aside."),
            code="unreadable",
        )
    if line.problem == Problem.SEEN:
        raise NotAllowed(
            _("This line repeats one that was read in before. It can only be laid aside."),
            code="repetition",
        )


def _decide(
    line: StatementLine,
    outcome: StatementLine.Outcome,
    by: Actor,
    at: datetime,
    *,
    instruction: Instruction | None = None,
    reason: str = "",
) -> StatementLine:
    line.outcome, line.instruction, line.reason = outcome, instruction, reason
    line.decided_by, line.decided_at = by.user, at
    line.save(update_fields=["outcome", "instruction", "reason", "decided_by", "decided_at"])
    return line


def _amount(line: StatementLine) -> int:
    assert line.amount_fen is not None, "the database keeps it with every line that was understood"
    return line.amount_fen


def _user(by: Actor) -> User:
    assert by.user is not None, "a role is held by a person"
    return by.user


def _reason(text: str) -> str:
    why = sentence(text)
    if len(why) > 200:
        raise Invalid("reason", _("Use at most 200 characters."))
    return why


def _decided(line: StatementLine) -> NotAllowed:
    return NotAllowed(
        _("This line is decided already: %(outcome)s, %(who)s, %(time)s.")
        % {
            "outcome": line.get_outcome_display(),
            "who": line.decided_by or _("the system"),
            "time": f"{localtime(line.decided_at):%m-%d %H:%M}",
        },
        code="decided",
    )


def _check_not_frozen(application: TransferApplication) -> None:
    """Asked before anything moves on the case; to prove what is booked moves nothing, and may be what
    the books wait for."""
    if ledger.is_frozen(application.pk):
        raise _frozen()


def _frozen() -> NotAllowed:
    return NotAllowed(
        _("The books of this case do not agree; nothing is booked on it until they do."),
        code="frozen",
    )


def _foreign_case() -> NotAllowed:
    return NotAllowed(Problem.UNKNOWN_CASE.label, code=Problem.UNKNOWN_CASE)
