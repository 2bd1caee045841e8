"""What each action on the money does, once it is known to be legal. Called by `workflow.actions`.

Each moves the balance's state and the ledger together. Crediting stands in `workflow.relation`: it
ends both tracks at once.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..models.applications import TransferApplication
from ..models.balances import BalanceTransfer
from ..models.events import Preparation
from ..models.forms import InformationForm
from ..models.statements import BankAccount
from ..models.users import User
from ..money import ledger
from ..rules.balances import BalanceAction, BalanceState, Resolution
from ..rules.ledger import MOST_FEN, Movement
from ..rules.money import yuan
from ..rules.states import Action, Side, State
from ..rules.steps import Outcome, StepKind
from .case import Case
from .errors import Invalid, NotAllowed
from .forms import FormDraft, RowDraft, content_of
from .relation import Said, amounts, seal, sentence


def _balance(case: Case) -> BalanceTransfer:
    assert case.balance is not None, "conditions.obstacle has asked for one"
    return case.balance


def _staff(case: Case) -> User:
    assert case.by.user is not None, "money is moved by staff"
    return case.by.user


def _speaks_of_money(case: Case) -> bool:
    """Whether what the applicant is told is about the money; before, it is about the months."""
    return bool(case.application.state == State.TRANSFERRED_IN)


def _required(value: str, field: str) -> str:
    if not value.strip():
        raise Invalid(field, _("Enter the bank's reference."), code="required")
    return value.strip()


def _in_bounds(received_fen: int) -> int:
    if received_fen <= 0:
        raise Invalid("received_fen", _("Enter an amount above zero."))
    if received_fen > MOST_FEN:
        raise Invalid(
            "received_fen", _("More than %(most)s at once is refused.") % {"most": yuan(MOST_FEN)}
        )
    return received_fen


def _move(case: Case, movement: Movement, amount_fen: int, bank_reference: str = "") -> None:
    """One posted movement of the case's money; none at all where there is nothing to move."""
    if amount_fen:
        ledger.move(
            movement, by=_staff(case), at=case.at, amount_fen=amount_fen,
            application=case.application, bank_reference=bank_reference,
        )  # fmt: skip


def _take_in(case: Case, amount_fen: int, bank_reference: str) -> None:
    """What reached the destination, out of transit. The origin sent the rest without saying so."""
    unannounced = amount_fen - ledger.held(case.application).transit
    _move(case, Movement.TOP_UP, max(0, unannounced), bank_reference)
    _move(case, Movement.RECEIVE, amount_fen, bank_reference)


def _give_back_transit(case: Case) -> None:
    """What never arrived, once both offices agree that nothing more will."""
    _move(case, Movement.BOUNCE, ledger.held(case.application).transit)


# Sending it off


def _bank_account(application: TransferApplication, side: Side) -> dict[str, str]:
    agency = application.agency(side)
    account = BankAccount.objects.filter(agency=agency, in_use=True).first()
    if account is None:
        raise NotAllowed(
            _("No bank account of %(agency)s is on file. An administrator enters it.")
            % {"agency": agency.name},
            code="no_bank_account",
        )
    return {"holder": account.holder, "bank": account.bank, "number": account.number}


def _remittance(case: Case) -> dict[str, Any]:
    """What both pairs of eyes must have seen the same of before money is sent to the destination."""
    return {
        "case": case.application.reference,
        "amount_fen": _balance(case).amount_fen,
        "from": _bank_account(case.application, Side.ORIGIN),
        "to": _bank_account(case.application, Side.DESTINATION),
    }


def _unchanged(preparation: Preparation, current: dict[str, Any]) -> None:
    """Raises Invalid unless the case, amount and accounts are still those that were prepared."""
    payload = preparation.payload
    if any(payload[name] != value for name, value in current.items()):
        raise Invalid("hash", _("What was prepared has changed since you read it."), code="hash")


def remit(case: Case, preparation: Preparation) -> Said:
    _unchanged(preparation, _remittance(case))
    _balance(case).remit(at=case.at)
    return _sent(case, StepKind.REMIT)


def resend(case: Case, preparation: Preparation) -> Said:
    _unchanged(preparation, _remittance(case))
    _balance(case).resend(at=case.at)
    return _sent(case, StepKind.RESEND)


def _sent(case: Case, owed: StepKind) -> Said:
    case.save_balance("remitted_at")
    case.finish(owed)
    return Said(facts={"amount_fen": _balance(case).amount_fen})


def bounce(case: Case, *, text: str) -> Said:
    balance, text = _balance(case), sentence(text)
    _give_back_transit(case)
    balance.bounce()
    case.save_balance("remitted_at")
    case.open(StepKind.RESEND, Side.ORIGIN)
    return Said(
        reason=text, facts={"amount_fen": balance.amount_fen}, message=_speaks_of_money(case)
    )


# At the destination


def receive(case: Case, *, received_fen: int, bank_reference: str) -> Said:
    balance, reference = _balance(case), _required(bank_reference, "bank_reference")
    if ledger.reference_taken(case.application, reference):
        raise Invalid(
            "bank_reference", _("The receipt with this reference is booked on another case.")
        )
    _take_in(case, _in_bounds(received_fen), reference)
    balance.receive(received_fen=received_fen, bank_reference=reference, at=case.at)
    case.save_balance("received_fen", "bank_reference", "received_at")
    _owe_crediting(case)
    return Said(facts={"received_fen": received_fen, "bank_reference": reference})


def _owe_crediting(case: Case) -> None:
    """Crediting can only be owed once the months are there too; `transfer_in` opens it otherwise."""
    if case.application.state == State.TRANSFERRED_IN:
        case.open(StepKind.CREDIT, Side.DESTINATION)


def match(case: Case) -> Said:
    balance = _balance(case)
    _give_back_transit(case)
    balance.match()
    case.save_balance()
    return Said(facts={"amount_fen": balance.amount_fen})


def mismatch(case: Case, *, text: str) -> Said:
    """Money that differs cannot be credited: that clock ends, and the origin has to answer."""
    balance, text = _balance(case), sentence(text)
    balance.mismatch()
    case.save_balance()
    case.finish(StepKind.CREDIT, outcome=Outcome.SUPERSEDED)
    case.open(StepKind.DIFFERENCE, Side.ORIGIN)
    facts = {"amount_fen": balance.amount_fen, "received_fen": balance.received_fen}
    return Said(reason=text, facts=facts, message=_speaks_of_money(case))


def propose_restatement(case: Case, *, balance_fen: int) -> dict[str, Any]:
    """The newest form once more, with another balance: the content of its next version."""
    form = InformationForm.objects.filter(application=case.application).latest("version")
    if balance_fen <= 0:
        raise Invalid("balance_fen", _("Enter an amount above zero."))
    if balance_fen == form.balance_fen:
        raise Invalid("balance_fen", _("This is the amount the form says already."))
    rows = [
        RowDraft(row.from_month, row.to_month, row.kind, row.base_fen, row.months)
        for row in form.rows.all()
    ]
    return content_of(
        FormDraft(form.last_paid_month, form.benefits_end_on, balance_fen, rows, form.interrupted)
    )


def restate(case: Case, preparation: Preparation) -> Said:
    """Seal the form with the amount corrected; the months are settled and stay as they are."""
    balance, form = _balance(case), seal(case, preparation)
    balance.restate(amount_fen=form.balance_fen)
    case.save_balance("amount_fen")
    if balance.state == BalanceState.RECEIVED:
        case.finish(StepKind.DIFFERENCE)
        _owe_crediting(case)
    return Said(
        facts={
            "form": form.version,
            "hash": form.content_hash,
            "balance_fen": form.balance_fen,
            "received_fen": balance.received_fen,
        }
    )


def resolve(case: Case, *, resolution: str, received_fen: int, text: str) -> Said:
    """Put a difference right; whether the amounts now agree is asked again when matching.

    `received_fen`: what is there now. Money that went back whole is at the origin again, which owes
    the sending anew.
    """
    balance, text = _balance(case), sentence(text)
    before = balance.received_fen or 0
    fits = {
        Resolution.TOP_UP: received_fen > before,
        Resolution.RETURN: 0 <= received_fen < before,
        Resolution.RECORDED_WRONGLY: 0 < received_fen != before,
        Resolution.NEW_FORM: received_fen == before == balance.amount_fen,
    }
    if resolution not in Resolution.values:
        raise Invalid("resolution", _("Choose how the difference was put right."), code="required")
    if not fits[Resolution(resolution)]:
        raise Invalid("received_fen", _("This amount does not fit what was done."))
    _book_resolution(case, Resolution(resolution), before, received_fen)
    balance.resolve(resolution=resolution, received_fen=received_fen)
    case.save_balance("resolution", "received_fen", "received_at", "remitted_at")
    case.finish(StepKind.DIFFERENCE)
    if balance.state == BalanceState.BOUNCED:
        case.open(StepKind.RESEND, Side.ORIGIN)
    else:
        _owe_crediting(case)
    facts = {"resolution": resolution, "before_fen": before, "received_fen": received_fen}
    return Said(reason=text, facts=facts)


def _book_resolution(case: Case, resolution: Resolution, before: int, received_fen: int) -> None:
    reference = _balance(case).bank_reference
    if resolution is Resolution.TOP_UP:
        _take_in(case, _in_bounds(received_fen - before), reference)
    elif resolution is Resolution.RETURN:
        _move(case, Movement.RETURN, before - received_fen)
        if received_fen == 0:
            _give_back_transit(case)
    elif resolution is Resolution.RECORDED_WRONGLY:
        _in_bounds(received_fen)
        _unreceive(case, received_fen)
        there = ledger.held(case.application).suspense
        if there < received_fen:
            _take_in(case, received_fen - there, reference)


def _unreceive(case: Case, received_fen: int) -> None:
    """Reverse the newest receipt, and those before it while more stands than `received_fen`.

    With each goes what had to be booked as sent without notice for it.
    """
    while True:
        receipt = ledger.standing(case.application, Movement.RECEIVE)
        held = ledger.held(case.application)
        if receipt is None or held.suspense < receipt.amount_fen:
            raise Invalid(
                "received_fen", _("Part of this money was returned since; say what is there now.")
            )
        if receipt.statement_lines.exists():
            raise Invalid(
                "resolution",
                _("The bank's statement shows this receipt: it was not recorded wrongly."),
            )
        ledger.reverse(receipt, by=_staff(case), at=case.at)
        extra = ledger.standing(case.application, Movement.TOP_UP)
        if extra is not None and extra.made_at == receipt.made_at:
            ledger.reverse(extra, by=_staff(case), at=case.at)
        if ledger.held(case.application).suspense <= received_fen:
            return


# To the person


def propose_payout(case: Case, *, payee: str, payee_account: str, text: str) -> dict[str, Any]:
    """The account must be the insured person's own."""
    if payee.strip() != case.application.applicant_name:
        raise Invalid("payee", _("The account holder must be the insured person."))
    account = payee_account.replace(" ", "")
    if not (account.isascii() and account.isdigit() and 10 <= len(account) <= 32):
        raise Invalid("payee_account", _("Enter the account number, 10 to 32 digits."))
    return _payout(case) | {
        "payee": payee.strip(),
        "payee_account": account,
        "text": sentence(text),
    }


def _payout(case: Case) -> dict[str, Any]:
    return {
        "case": case.application.reference,
        "amount_fen": _balance(case).amount_fen,
        "from": _bank_account(case.application, Side.ORIGIN),
    }


def pay_to_person(case: Case, preparation: Preparation) -> Said:
    _unchanged(preparation, _payout(case))
    balance, payload = _balance(case), preparation.payload
    balance.pay_to_person(
        payee=payload["payee"], payee_account=payload["payee_account"], at=case.at
    )
    case.save_balance("disposition", "payee", "payee_account", "remitted_at")
    case.finish(StepKind.REMIT, StepKind.RESEND)
    return Said(
        reason=payload["text"],
        facts={"amount_fen": balance.amount_fen},
        message=_speaks_of_money(case),
    )


def confirm_payout(case: Case, *, bank_reference: str) -> Said:
    balance, reference = _balance(case), _required(bank_reference, "bank_reference")
    _move(case, Movement.PAY_OUT, balance.amount_fen, reference)
    balance.confirm_payout(bank_reference=reference, at=case.at)
    case.save_balance("bank_reference", "settled_at")
    return Said(facts={"amount_fen": balance.amount_fen, "bank_reference": reference})


# What ends in the next version of the form.
_FORMS = (Action.CORRECT, BalanceAction.RESTATE)


def still_so(case: Case, preparation: Preparation) -> bool:
    """Whether what waits for its second pair of eyes still names the amounts as they are, and, where
    it is a form, still follows the one it was written after."""
    balance, payload = case.balance, preparation.payload
    if preparation.verb in _FORMS:
        return not case.sealed
    if balance is None or preparation.instruction_id is None:
        return True
    if preparation.verb == Action.CREDIT_BALANCE:
        return balance.state == BalanceState.MATCHED and bool(payload == amounts(case))
    return bool(payload["amount_fen"] == balance.amount_fen)


HANDLERS: dict[str, Callable[..., Said]] = {
    BalanceAction.REMIT: remit,
    BalanceAction.RECEIVE: receive,
    BalanceAction.MATCH: match,
    BalanceAction.MISMATCH: mismatch,
    BalanceAction.RESTATE: restate,
    BalanceAction.RESOLVE: resolve,
    BalanceAction.BOUNCE: bounce,
    BalanceAction.RESEND: resend,
    BalanceAction.PAY_TO_PERSON: pay_to_person,
    BalanceAction.CONFIRM_PAYOUT: confirm_payout,
}
PROPOSALS: dict[str, Callable[..., dict[str, Any]]] = {
    BalanceAction.REMIT: _remittance,
    BalanceAction.RESEND: _remittance,
    BalanceAction.RESTATE: propose_restatement,
    BalanceAction.PAY_TO_PERSON: propose_payout,
}

CLOSES: dict[str, Callable[[Side | None], tuple[StepKind, ...]]] = {
    BalanceAction.REMIT: lambda _side: (StepKind.REMIT,),
    BalanceAction.RESEND: lambda _side: (StepKind.RESEND,),
    BalanceAction.MISMATCH: lambda _side: (StepKind.CREDIT,),
    BalanceAction.RESTATE: lambda _side: (StepKind.DIFFERENCE,),
    BalanceAction.RESOLVE: lambda _side: (StepKind.DIFFERENCE,),
    BalanceAction.PAY_TO_PERSON: lambda _side: (StepKind.REMIT, StepKind.RESEND),
}
