"""What each action on the money does, once it is known to be legal. Called by `workflow.actions`.

Crediting stands in `workflow.relation`: it ends both tracks at once.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..models.balances import BalanceTransfer
from ..models.events import Preparation
from ..rules.balances import BalanceAction, BalanceState, Resolution
from ..rules.states import Side, State
from ..rules.steps import StepKind
from .case import Case
from .errors import Invalid
from .relation import Said, sentence


def _balance(case: Case) -> BalanceTransfer:
    assert case.balance is not None, "conditions.obstacle has asked for one"
    return case.balance


def _speaks_of_money(case: Case) -> bool:
    """Whether what the applicant is told is about the money; before, it is about the months."""
    return bool(case.application.state == State.TRANSFERRED_IN)


def _required(value: str, field: str) -> str:
    if not value.strip():
        raise Invalid(field, _("Enter the bank's reference."), code="required")
    return value.strip()


def remit(case: Case, *, bank_reference: str) -> Said:
    balance, reference = _balance(case), _required(bank_reference, "bank_reference")
    balance.remit(bank_reference=reference, at=case.at)
    case.save_balance("bank_reference", "remitted_at")
    case.finish(StepKind.REMIT)
    return Said(facts={"amount_fen": balance.amount_fen, "bank_reference": reference})


def receive(case: Case, *, received_fen: int, bank_reference: str) -> Said:
    balance, reference = _balance(case), _required(bank_reference, "bank_reference")
    if received_fen <= 0:
        raise Invalid("received_fen", _("Enter an amount above zero."))
    balance.receive(received_fen=received_fen, at=case.at)
    case.save_balance("received_fen", "received_at")
    # Crediting can only be owed once the months are there too; `transfer_in` opens it otherwise.
    if case.application.state == State.TRANSFERRED_IN:
        case.open(StepKind.CREDIT, Side.DESTINATION)
    return Said(facts={"received_fen": received_fen, "bank_reference": reference})


def match(case: Case) -> Said:
    balance = _balance(case)
    balance.match()
    case.save_balance()
    return Said(facts={"amount_fen": balance.amount_fen})


def mismatch(case: Case, *, text: str) -> Said:
    balance, text = _balance(case), sentence(text)
    balance.mismatch()
    case.save_balance()
    facts = {"amount_fen": balance.amount_fen, "received_fen": balance.received_fen}
    return Said(reason=text, facts=facts, message=_speaks_of_money(case))


def resolve(case: Case, *, resolution: str, received_fen: int, text: str) -> Said:
    """Put a difference right; whether the amounts now agree is asked again when matching.

    Money that went back whole is at the origin again, which owes the sending anew.
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
    balance.resolve(resolution=resolution, received_fen=received_fen)
    case.save_balance("resolution", "received_fen", "received_at", "remitted_at")
    if balance.state == BalanceState.BOUNCED:
        case.drop(StepKind.CREDIT)
        case.open(StepKind.RESEND, Side.ORIGIN)
    facts = {"resolution": resolution, "before_fen": before, "received_fen": received_fen}
    return Said(reason=text, facts=facts)


def bounce(case: Case, *, text: str) -> Said:
    balance, text = _balance(case), sentence(text)
    balance.bounce()
    case.save_balance("remitted_at")
    case.open(StepKind.RESEND, Side.ORIGIN)
    return Said(
        reason=text, facts={"amount_fen": balance.amount_fen}, message=_speaks_of_money(case)
    )


def resend(case: Case, *, bank_reference: str) -> Said:
    balance, reference = _balance(case), _required(bank_reference, "bank_reference")
    balance.resend(bank_reference=reference, at=case.at)
    case.save_balance("bank_reference", "remitted_at")
    case.finish(StepKind.RESEND)
    return Said(facts={"amount_fen": balance.amount_fen, "bank_reference": reference})


def propose_payout(case: Case, *, payee: str, payee_account: str, text: str) -> dict[str, Any]:
    """The account must be the insured person's own."""
    if payee.strip() != case.application.applicant_name:
        raise Invalid("payee", _("The account holder must be the insured person."))
    account = payee_account.replace(" ", "")
    if not (account.isascii() and account.isdigit() and 10 <= len(account) <= 32):
        raise Invalid("payee_account", _("Enter the account number, 10 to 32 digits."))
    return {
        "amount_fen": _balance(case).amount_fen,
        "payee": payee.strip(),
        "payee_account": account,
        "text": sentence(text),
    }


def pay_to_person(case: Case, preparation: Preparation) -> Said:
    balance, payload = _balance(case), preparation.payload
    if payload["amount_fen"] != balance.amount_fen:
        raise Invalid("hash", _("What was prepared has changed since you read it."), code="hash")
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
    balance.confirm_payout(bank_reference=reference, at=case.at)
    case.save_balance("bank_reference", "settled_at")
    return Said(facts={"amount_fen": balance.amount_fen, "bank_reference": reference})


HANDLERS: dict[str, Callable[..., Said]] = {
    BalanceAction.REMIT: remit,
    BalanceAction.RECEIVE: receive,
    BalanceAction.MATCH: match,
    BalanceAction.MISMATCH: mismatch,
    BalanceAction.RESOLVE: resolve,
    BalanceAction.BOUNCE: bounce,
    BalanceAction.RESEND: resend,
    BalanceAction.PAY_TO_PERSON: pay_to_person,
    BalanceAction.CONFIRM_PAYOUT: confirm_payout,
}
PROPOSALS: dict[str, Callable[..., dict[str, Any]]] = {BalanceAction.PAY_TO_PERSON: propose_payout}

CLOSES: dict[str, Callable[[Side | None], tuple[StepKind, ...]]] = {
    BalanceAction.REMIT: lambda _side: (StepKind.REMIT,),
    BalanceAction.RESEND: lambda _side: (StepKind.RESEND,),
    BalanceAction.PAY_TO_PERSON: lambda _side: (StepKind.REMIT, StepKind.RESEND),
}
