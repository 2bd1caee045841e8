"""Which form each action of the two tables has. An action that nobody does by hand has none."""

from __future__ import annotations

from collections.abc import Mapping

from ..rules.balances import BalanceAction
from ..rules.states import Action
from .contributions import InformationFormForm, MergeForm
from .forms import (
    AmountForm,
    AskForm,
    BankForm,
    DiscrepancyForm,
    MoveForm,
    PayoutForm,
    ReasonCodeForm,
    ReasonForm,
    ReceiptForm,
    RecordForm,
    ResolveForm,
    SupplyForm,
)

FORMS: Mapping[str, type[MoveForm]] = {
    Action.PASS_CHECK: RecordForm,
    Action.REJECT: ReasonCodeForm,
    Action.REFUSE_LATE: ReasonCodeForm,
    Action.REQUEST_SUPPLEMENT: AskForm,
    Action.SUPPLY: SupplyForm,
    Action.WITHDRAW: MoveForm,
    Action.TRANSFER_OUT: InformationFormForm,
    Action.CORRECT: InformationFormForm,
    Action.RAISE_DISCREPANCY: DiscrepancyForm,
    Action.UPHOLD: ReasonForm,
    Action.RECALL: ReasonForm,
    Action.TRANSFER_IN: MergeForm,
    Action.CREDIT_BALANCE: MoveForm,
    BalanceAction.REMIT: MoveForm,
    BalanceAction.RECEIVE: ReceiptForm,
    BalanceAction.MATCH: MoveForm,
    BalanceAction.MISMATCH: ReasonForm,
    BalanceAction.RESTATE: AmountForm,
    BalanceAction.RESOLVE: ResolveForm,
    BalanceAction.BOUNCE: ReasonForm,
    BalanceAction.RESEND: MoveForm,
    BalanceAction.PAY_TO_PERSON: PayoutForm,
    BalanceAction.CONFIRM_PAYOUT: BankForm,
}
