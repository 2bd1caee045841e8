"""The arrears case's state machine as one table: which action leads from where to where, and who may.

Pure data. The model takes its django-fsm transitions from `MOVES`, the door (`arrears.cases`) its
permissions, the pages their buttons, and a test pins every row.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from transfers.rules.states import Role

from .reasons import Cause


class State(TextChoices):
    OPENED = "opened", pgettext_lazy("arrears", "Opened")
    ASSESSED = "assessed", pgettext_lazy("arrears", "Assessed, waiting for payment")
    PARTLY_PAID = "partly_paid", pgettext_lazy("arrears", "Partly paid")
    SETTLED = "settled", pgettext_lazy("arrears", "Settled, benefits to restart")
    REINSTATED = "reinstated", pgettext_lazy("arrears", "Benefits restarted")
    INELIGIBLE = "ineligible", pgettext_lazy("arrears", "Cannot be paid back")
    WAIVED = "waived", pgettext_lazy("arrears", "Waived")
    CANCELLED = "cancelled", pgettext_lazy("arrears", "Cancelled")


# Something is owed, or may be: a transfer waits.
OWING = frozenset({State.OPENED, State.ASSESSED, State.PARTLY_PAID})
# A quote is out.
QUOTED = frozenset({State.ASSESSED, State.PARTLY_PAID})
FINAL = frozenset({State.REINSTATED, State.INELIGIBLE, State.WAIVED, State.CANCELLED})
OPEN = frozenset(set(State) - FINAL)
# Their months may be asked for anew.
GIVEN_UP = frozenset({State.INELIGIBLE, State.WAIVED, State.CANCELLED})


class Action(TextChoices):
    OPEN = "open", pgettext_lazy("arrears action", "Open the case")
    TAKE_MATERIALS = "take_materials", pgettext_lazy("arrears action", "Take in materials")
    ASSESS = "assess", pgettext_lazy("arrears action", "Assess and quote")
    REQUOTE = "requote", pgettext_lazy("arrears action", "Quote anew after the pay-by date")
    REFUSE = "refuse", pgettext_lazy("arrears action", "Close: cannot be paid back")
    PAY = "pay", pgettext_lazy("arrears action", "Record a payment")
    TAKE_BACK = "take_back", pgettext_lazy("arrears action", "Take a payment back")
    WAIVE = "waive", pgettext_lazy("arrears action", "Waive what is owed")
    CANCEL = "cancel", pgettext_lazy("arrears action", "Cancel the case")
    REINSTATE = "reinstate", pgettext_lazy("arrears action", "Restart the benefits")
    REDATE = "redate", pgettext_lazy("arrears action", "New date after a holiday notice")


@dataclass(frozen=True, slots=True)
class Move:
    """One row: `roles` empty means the system alone. `needs_reason`: a sentence is required."""

    sources: frozenset[State]
    targets: tuple[State, ...]
    roles: frozenset[Role]
    needs_reason: bool = False


CLERKS = frozenset({Role.CLERK, Role.SUPERVISOR})
SUPERVISORS = frozenset({Role.SUPERVISOR})
FINANCE = frozenset({Role.FINANCE})
SYSTEM: frozenset[Role] = frozenset()

S, A = State, Action
MOVES: dict[Action, Move] = {
    A.OPEN: Move(frozenset(), (S.OPENED,), CLERKS),
    A.TAKE_MATERIALS: Move(OWING, tuple(sorted(OWING)), CLERKS),
    A.ASSESS: Move(OWING, (S.ASSESSED, S.PARTLY_PAID), CLERKS),
    A.REQUOTE: Move(QUOTED, (S.ASSESSED, S.PARTLY_PAID), SYSTEM),
    A.REFUSE: Move(frozenset({S.OPENED, S.ASSESSED}), (S.INELIGIBLE,), CLERKS, needs_reason=True),
    A.PAY: Move(QUOTED, (S.PARTLY_PAID, S.SETTLED), FINANCE),
    A.TAKE_BACK: Move(
        frozenset({S.PARTLY_PAID, S.SETTLED}),
        (S.ASSESSED, S.PARTLY_PAID), FINANCE, needs_reason=True,
    ),
    A.WAIVE: Move(OWING, (S.WAIVED,), SUPERVISORS, needs_reason=True),
    A.CANCEL: Move(frozenset({S.OPENED, S.ASSESSED}), (S.CANCELLED,), CLERKS, needs_reason=True),
    A.REINSTATE: Move(frozenset({S.SETTLED}), (S.REINSTATED,), SYSTEM),
    A.REDATE: Move(frozenset({S.OPENED}), (S.OPENED,), SYSTEM),
}  # fmt: skip


class MaterialKind(TextChoices):
    """What is handed in, as the guides of the agencies name it."""

    ID_CARD = "id_card", _("Identity card")
    SOCIAL_CARD = "social_card", _("Social security card")
    LABOUR_CONTRACT = "labour_contract", _("Labour contract")
    WAGE_PROOF = "wage_proof", _("Proof of wages")
    BANK_RECORD = "bank_record", _("Bank record of the payment attempts")
    ERROR_PROOF = "error_proof", _("Proof of the system error")


M = MaterialKind
REQUIRED: dict[Cause, tuple[MaterialKind, ...]] = {
    Cause.EMPLOYER: (M.ID_CARD, M.LABOUR_CONTRACT, M.WAGE_PROOF),
    Cause.INDIVIDUAL: (M.ID_CARD, M.SOCIAL_CARD, M.BANK_RECORD),
    Cause.SYSTEM: (M.ID_CARD, M.ERROR_PROOF),
}
