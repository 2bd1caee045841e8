"""The balance's state machine as one table, and the rule that decides what is due. Amounts in fen.

The money runs on its own track beside the relation: it may arrive before or after the months do,
bounce, or not match the information form.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .states import FourEyes, Scheme, Seat


class BalanceState(TextChoices):
    NOT_DUE = "not_due", _("Nothing due")
    PENDING = "pending", _("To be remitted")
    REMITTED = "remitted", _("Remitted")
    RECEIVED = "received", _("Received")
    MATCHED = "matched", _("Matched")
    MISMATCHED = "mismatched", _("Does not match")
    BOUNCED = "bounced", _("Bounced")
    PAYING = "paying", _("Being paid to the person")
    CREDITED = "credited", _("Credited")
    PAID_OUT = "paid_out", _("Paid to the person")


class BalanceAction(TextChoices):
    DECIDE = "decide", _("Decide what is due")
    REMIT = "remit", _("Remit")
    RECEIVE = "receive", _("Record the receipt")
    MATCH = "match", _("Match to the form")
    MISMATCH = "mismatch", _("Record a difference")
    RESTATE = "restate", _("Correct the amount on the form")
    RESOLVE = "resolve", _("Resolve the difference")
    BOUNCE = "bounce", _("Record a bounce")
    RESEND = "resend", _("Send again")
    CREDIT = "credit", _("Credit")
    PAY_TO_PERSON = "pay_to_person", _("Pay to the person")
    CONFIRM_PAYOUT = "confirm_payout", _("Confirm the payout")


class Resolution(TextChoices):
    """How received money that did not match the form was put right."""

    TOP_UP = "top_up", _("The origin sent the missing amount")
    RETURN = "return", _("The excess, or all of it, was returned to the origin")
    NEW_FORM = "new_form", _("The origin issued a corrected form")
    RECORDED_WRONGLY = "recorded_wrongly", _("The receipt had been recorded wrongly")


@dataclass(frozen=True, slots=True)
class BalanceMove:
    action: BalanceAction
    sources: frozenset[BalanceState]
    targets: tuple[BalanceState, ...]
    seats: tuple[Seat, ...]
    needs_reason: bool = False
    four_eyes: FourEyes = FourEyes.NO


def _row(
    action: BalanceAction,
    sources: Iterable[BalanceState],
    target: BalanceState | tuple[BalanceState, ...],
    *seats: Seat,
    needs_reason: bool = False,
    four_eyes: FourEyes = FourEyes.NO,
) -> tuple[BalanceAction, BalanceMove]:
    targets = target if isinstance(target, tuple) else (target,)
    return action, BalanceMove(action, frozenset(sources), targets, seats, needs_reason, four_eyes)


B, A = BalanceState, BalanceAction
# fmt: off
BALANCE: dict[BalanceAction, BalanceMove] = dict([
    # At acceptance, and again when a form is sealed with another amount while the money is at home.
    _row(A.DECIDE, {B.NOT_DUE, B.PENDING, B.BOUNCED}, (B.NOT_DUE, B.PENDING), Seat.SYSTEM),
    _row(A.REMIT, {B.PENDING}, B.REMITTED, Seat.ORIGIN_FINANCE, four_eyes=FourEyes.SAME_SIDE),
    _row(A.RECEIVE, {B.REMITTED}, B.RECEIVED, Seat.DESTINATION_FINANCE),
    _row(A.MATCH, {B.RECEIVED}, B.MATCHED, Seat.DESTINATION_FINANCE),
    # Also of money that was matched by mistake: until it is credited, there is a way back.
    _row(A.MISMATCH, {B.RECEIVED, B.MATCHED}, B.MISMATCHED, Seat.DESTINATION_FINANCE, needs_reason=True),
    # The months are settled, so the relation's `correct` is over: only the amount is sealed anew.
    # If it then says what arrived, the difference is over.
    _row(A.RESTATE, {B.MISMATCHED}, (B.MISMATCHED, B.RECEIVED), Seat.ORIGIN_CLERK,
         four_eyes=FourEyes.SAME_SIDE),
    # All of it returned: it is at the origin again, as after a bounce.
    _row(A.RESOLVE, {B.MISMATCHED}, (B.RECEIVED, B.BOUNCED), Seat.DESTINATION_FINANCE, needs_reason=True),
    _row(A.BOUNCE, {B.REMITTED, B.PAYING}, B.BOUNCED, Seat.ORIGIN_FINANCE, needs_reason=True),
    _row(A.RESEND, {B.BOUNCED}, B.REMITTED, Seat.ORIGIN_FINANCE, four_eyes=FourEyes.SAME_SIDE),
    # Only as part of the relation's `credit_balance`, which brings the two pairs of eyes.
    _row(A.CREDIT, {B.MATCHED}, B.CREDITED, Seat.DESTINATION_FINANCE),
    # Also from bounced: a payout that came back is paid again, perhaps to another account.
    _row(A.PAY_TO_PERSON, {B.PENDING, B.BOUNCED}, B.PAYING, Seat.ORIGIN_FINANCE,
         needs_reason=True, four_eyes=FourEyes.SAME_SIDE),
    _row(A.CONFIRM_PAYOUT, {B.PAYING}, B.PAID_OUT, Seat.ORIGIN_FINANCE),
])
# fmt: on

# States in which no money has left the origin, or all of it is back there.
MONEY_AT_ORIGIN = frozenset({B.NOT_DUE, B.PENDING, B.BOUNCED})
SETTLED = frozenset({B.NOT_DUE, B.CREDITED, B.PAID_OUT})


class Disposition(TextChoices):
    TRANSFER = "transfer", _("Transfer to the destination")
    PAY_TO_PERSON = "pay_to_person", _("Pay to the person")
    NOT_DUE = "not_due", _("Nothing due")


class InProvinceMode(TextChoices):
    TRANSFER = "transfer", _("Balances are transferred inside the province")
    SHARED = "shared", _("Balances stay usable across the province")


class DueReason(TextChoices):
    NO_PERSONAL_ACCOUNT = "no_personal_account", _("The resident scheme has no personal account")
    SHARED_IN_PROVINCE = (
        "shared_in_province",
        _("The balance stays usable across the province without a transfer"),
    )
    ZERO_BALANCE = "zero_balance", _("The personal account is empty")
    DESTINATION_NOT_CONNECTED = (
        "destination_not_connected",
        _("The destination is not connected to the platform"),
    )
    RELOCATED_RETIREE = "relocated_retiree", _("A retiree settled in another province")
    LOCAL_RULE = "local_rule", _("The origin pays balances to the person's own bank account")
    ORDINARY = "ordinary", pgettext_lazy("why a balance is due", "The balance follows the person")


@dataclass(frozen=True, slots=True)
class Due:
    disposition: Disposition
    reason: DueReason


def what_is_due(
    *,
    scheme: Scheme,
    balance_fen: int,
    same_province: bool,
    in_province_mode: InProvinceMode,
    origin_disposition: Disposition,
    destination_connected: bool,
    relocated_retiree: bool,
) -> Due:
    """What happens to the balance, and why; the first rule that fits wins.

    `scheme` is the one left behind at the origin, `balance_fen` its personal account in fen.
    Raises ValueError for a negative balance.
    """
    if balance_fen < 0:
        raise ValueError(f"a personal account cannot hold {balance_fen} fen")
    if not scheme.has_personal_account:
        return Due(Disposition.NOT_DUE, DueReason.NO_PERSONAL_ACCOUNT)
    if same_province and in_province_mode is InProvinceMode.SHARED:
        return Due(Disposition.NOT_DUE, DueReason.SHARED_IN_PROVINCE)
    if balance_fen == 0:
        return Due(Disposition.NOT_DUE, DueReason.ZERO_BALANCE)
    if not destination_connected:
        return Due(Disposition.PAY_TO_PERSON, DueReason.DESTINATION_NOT_CONNECTED)
    if relocated_retiree:
        return Due(Disposition.PAY_TO_PERSON, DueReason.RELOCATED_RETIREE)
    if origin_disposition is Disposition.PAY_TO_PERSON:
        return Due(Disposition.PAY_TO_PERSON, DueReason.LOCAL_RULE)
    return Due(Disposition.TRANSFER, DueReason.ORDINARY)
