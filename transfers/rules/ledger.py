"""The ledger's accounts and the movements between them, as one table. Amounts in fen.

Every yuan that leaves an origin's pool ends credited, paid out or returned, or is visibly in transit
or in suspense; every yuan an office collects is contributions or late fee of one receivable. A case and
a receivable have their own account of each kind, so that their money has an age and an owner; only the
pool and the outside world are shared, and only they may stand below zero.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .states import Side

# One movement carries at most 100 million yuan; a slip of the keyboard is refused, not booked.
MOST_FEN = 10_000_000_000


class AccountKind(TextChoices):
    POOL = "pool", _("Pool of the origin")
    TRANSIT = "transit", _("In transit")
    SUSPENSE = "suspense", _("In suspense")
    PERSON = "person", _("Credited to the personal account")
    RETURNED = "returned", _("Returned to the origin")
    PAID_OUT = "paid_out", _("Paid out to the person")
    OUTSIDE = "outside", _("Received, owner unknown")
    PAYER = "payer", _("Paid in by payers")
    PRINCIPAL = "principal", _("Contributions paid in")
    LATE_FEE = "late_fee", _("Late fees paid in")


# Accounts that are only the other end of something: no balance is kept, and they may be negative.
UNBOUNDED = frozenset({AccountKind.POOL, AccountKind.OUTSIDE, AccountKind.PAYER})

# Accounts of a receivable: what an office is owed and collects.
COLLECTED = frozenset({AccountKind.PRINCIPAL, AccountKind.LATE_FEE})


class Movement(TextChoices):
    REMIT = "remit", _("Remittance")
    TOP_UP = "top_up", _("Sent beyond the first remittance")
    PAYOUT = "payout", _("Payout to the person")
    RECEIVE = "receive", pgettext_lazy("movement of money", "Receipt")
    CREDIT = "credit", _("Crediting")
    BOUNCE = "bounce", _("Bounce")
    RETURN = "return", _("Return to the origin")
    PAY_OUT = "pay_out", _("Payout confirmed by the bank")
    SUSPEND = "suspend", _("Unknown receipt taken in")
    SEND_BACK = "send_back", _("Unknown receipt sent back")
    PAY_PRINCIPAL = "principal", _("Contributions paid in")
    PAY_LATE_FEE = "late_fee", _("Late fee paid in")
    REVERSE = "reverse", _("Reversal")


@dataclass(frozen=True, slots=True)
class Route:
    """From which account to which; `side`: whose money it is to move, and, with `four_eyes`, whose
    finance brings both the maker and the checker."""

    source: AccountKind
    target: AccountKind
    side: Side
    four_eyes: bool = False


K, M = AccountKind, Movement
ROUTES: dict[Movement, Route] = {
    M.REMIT: Route(K.POOL, K.TRANSIT, Side.ORIGIN, four_eyes=True),
    M.TOP_UP: Route(K.POOL, K.TRANSIT, Side.ORIGIN),
    M.PAYOUT: Route(K.POOL, K.TRANSIT, Side.ORIGIN, four_eyes=True),
    M.RECEIVE: Route(K.TRANSIT, K.SUSPENSE, Side.DESTINATION),
    M.CREDIT: Route(K.SUSPENSE, K.PERSON, Side.DESTINATION, four_eyes=True),
    M.BOUNCE: Route(K.TRANSIT, K.RETURNED, Side.ORIGIN),
    M.RETURN: Route(K.SUSPENSE, K.RETURNED, Side.DESTINATION),
    M.PAY_OUT: Route(K.TRANSIT, K.PAID_OUT, Side.ORIGIN),
    # Receipts whose case nobody knows: the account belongs to the line of the bank statement.
    M.SUSPEND: Route(K.OUTSIDE, K.SUSPENSE, Side.DESTINATION),
    M.SEND_BACK: Route(K.SUSPENSE, K.OUTSIDE, Side.DESTINATION),
    # What an office collects itself: the accounts belong to the receivable.
    M.PAY_PRINCIPAL: Route(K.PAYER, K.PRINCIPAL, Side.ORIGIN),
    M.PAY_LATE_FEE: Route(K.PAYER, K.LATE_FEE, Side.ORIGIN),
    # REVERSE has no route of its own: it is the reversed movement's, the other way round.
}
FOUR_EYES = frozenset(movement for movement, route in ROUTES.items() if route.four_eyes)

# Whose office keeps an account of a case; a receivable has one office.
KEEPER: dict[AccountKind, Side] = {
    K.POOL: Side.ORIGIN,
    K.TRANSIT: Side.ORIGIN,
    K.SUSPENSE: Side.DESTINATION,
    K.PERSON: Side.DESTINATION,
    K.RETURNED: Side.ORIGIN,
    K.PAID_OUT: Side.ORIGIN,
    K.OUTSIDE: Side.DESTINATION,
}
