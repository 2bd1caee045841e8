"""What a move needs besides the right state and seat. Asked by the buttons and again by the move.

Related rows are read with `.all()`, so a page that has prefetched them pays no further query.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ..models.applications import TransferApplication
from ..models.balances import BalanceTransfer
from ..rules.balances import MONEY_AT_ORIGIN, BalanceAction, BalanceState, Disposition
from ..rules.states import Action, Side, State

# The balance leaves the origin only on a sealed form, which says how much it is.
_FORM_SEALED = frozenset({State.TRANSFERRED_OUT, State.DISCREPANCY_RAISED, State.TRANSFERRED_IN})

# What moves money in the ledger.
_BOOKED = frozenset(
    {Action.CREDIT_BALANCE, *BalanceAction} - {BalanceAction.MISMATCH, BalanceAction.RESTATE}
)

_TO_DESTINATION = (BalanceAction.REMIT, BalanceAction.RESEND)
_LEAVES = (*_TO_DESTINATION, BalanceAction.PAY_TO_PERSON)


def obstacle(
    application: TransferApplication, balance: BalanceTransfer | None, verb: str, side: Side | None
) -> Any | None:
    """The sentence that says why `verb` cannot be done at `side` although the state allows it."""
    if verb in _BOOKED and any(each.cleared_at is None for each in application.breaks.all()):
        return _(
            "The books of this case do not agree; nothing is booked until finance has found out why."
        )
    if verb == Action.PASS_CHECK:
        if _passed(application, side):
            return _("Your side has already passed its check.")
    elif verb == Action.REQUEST_SUPPLEMENT:
        if _passed(application, side):
            return _("Your side has already passed its check.")
        if any(each.side == side for each in application.supplement_requests.all()):
            return _("Your side has already asked once; all materials must be asked for at once.")
    elif verb == Action.RECALL:
        if balance is not None and balance.state not in MONEY_AT_ORIGIN:
            return _("The money has left the origin; it must come back before a recall.")
    elif verb == Action.CREDIT_BALANCE:
        if balance is None or balance.state != BalanceState.MATCHED:
            return _("The money has not been matched to the form yet.")
    elif verb in BalanceAction.values:
        return _money_obstacle(application, balance, verb)
    return None


def _passed(application: TransferApplication, side: Side | None) -> bool:
    return any(each.side == side and each.passed_at for each in application.records.all())


def _money_obstacle(
    application: TransferApplication, balance: BalanceTransfer | None, verb: str
) -> Any | None:
    if balance is None:
        return _("What is due is decided when the case is accepted.")
    if verb in _LEAVES and application.state not in _FORM_SEALED:
        return _("The money leaves on a sealed form only.")
    if verb in _TO_DESTINATION and balance.disposition != Disposition.TRANSFER:
        return _("This balance is paid to the person, not to the destination.")
    if verb == BalanceAction.MATCH and balance.received_fen != balance.amount_fen:
        return _("The amount received differs from the form; record the difference instead.")
    return None
