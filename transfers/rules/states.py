"""The relation's state machine as one table: which action leads from where to where, and who may do it.

Pure data. The model (`transfers.models.applications`) takes its django-fsm transitions from
`RELATION`, the workflow its permissions, the staff pages their buttons, and a test pins every row.
Source of the rules: the interim measures on transferring medical-insurance relations, and the
decisions recorded beside each row.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    """Where the relation stands. The money has its own states: `rules.balances`."""

    APPLIED = "applied", _("Applied")
    SUPPLEMENT_REQUESTED = "supplement_requested", _("Materials requested")
    VALIDATED = "validated", _("Validated")
    TRANSFERRED_OUT = "transferred_out", _("Transferred out")
    DISCREPANCY_RAISED = "discrepancy_raised", _("Discrepancy raised")
    TRANSFERRED_IN = "transferred_in", _("Transferred in")
    BALANCE_CREDITED = "balance_credited", _("Balance credited")
    CLOSED_WITHOUT_BALANCE = "closed_without_balance", _("Closed, no balance due")
    PAID_TO_PERSON = "paid_to_person", _("Balance paid to the person")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    RECALLED = "recalled", _("Recalled")


FINAL = frozenset(
    {
        State.BALANCE_CREDITED,
        State.CLOSED_WITHOUT_BALANCE,
        State.PAID_TO_PERSON,
        State.REJECTED,
        State.WITHDRAWN,
        State.RECALLED,
    }
)
OPEN = frozenset(set(State) - FINAL)


class Side(TextChoices):
    ORIGIN = "origin", _("Origin")
    DESTINATION = "destination", _("Destination")

    @property
    def other(self) -> "Side":
        return Side.DESTINATION if self is Side.ORIGIN else Side.ORIGIN


class Role(TextChoices):
    """What a member of staff may do; held as a Django group of the same name."""

    CLERK = "clerk", _("Clerk")
    FINANCE = "finance", _("Finance")
    SUPERVISOR = "supervisor", _("Supervisor")
    POLICY_EDITOR = "policy_editor", _("Policy editor")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("System administrator")


class Action(TextChoices):
    SUBMIT = "submit", _("Submit")
    PASS_CHECK = "pass_check", _("Pass the check")
    REJECT = "reject", _("Reject")
    REQUEST_SUPPLEMENT = "request_supplement", _("Request materials")
    SUPPLY = "supply", _("Take in the materials")
    LAPSE = "lapse", _("Lapse")
    WITHDRAW = "withdraw", _("Withdraw")
    REFUSE_LATE = "refuse_late", _("Refuse after acceptance")
    TRANSFER_OUT = "transfer_out", _("Transfer out")
    RAISE_DISCREPANCY = "raise_discrepancy", _("Raise a discrepancy")
    CORRECT = "correct", _("Correct the form")
    UPHOLD = "uphold", _("Uphold the form")
    RECALL = "recall", _("Recall")
    TRANSFER_IN = "transfer_in", _("Transfer in")
    CREDIT_BALANCE = "credit_balance", _("Credit the balance")
    CLOSE_WITHOUT_BALANCE = "close_without_balance", _("Close without balance")
    CLOSE_PAID_OUT = "close_paid_out", _("Close as paid out")


class Seat(TextChoices):
    """From which chair an action may be done."""

    APPLICANT = "applicant", _("The applicant")
    EMPLOYER = "employer", _("The employer")
    SUBMITTER = "submitter", _("Whoever submitted it")
    ORIGIN_CLERK = "origin_clerk", _("A clerk of the origin")
    DESTINATION_CLERK = "destination_clerk", _("A clerk of the destination")
    ORIGIN_FINANCE = "origin_finance", _("Finance of the origin")
    DESTINATION_FINANCE = "destination_finance", _("Finance of the destination")
    ORIGIN_SUPERVISOR = "origin_supervisor", _("A supervisor of the origin")
    DESTINATION_SUPERVISOR = "destination_supervisor", _("A supervisor of the destination")
    SYSTEM = "system", _("The system")


# The side and the roles that fill a seat of an agency. A supervisor can stand in for a clerk.
SEATED: dict[Seat, tuple[Side, frozenset[Role]]] = {
    Seat.ORIGIN_CLERK: (Side.ORIGIN, frozenset({Role.CLERK, Role.SUPERVISOR})),
    Seat.DESTINATION_CLERK: (Side.DESTINATION, frozenset({Role.CLERK, Role.SUPERVISOR})),
    Seat.ORIGIN_FINANCE: (Side.ORIGIN, frozenset({Role.FINANCE})),
    Seat.DESTINATION_FINANCE: (Side.DESTINATION, frozenset({Role.FINANCE})),
    Seat.ORIGIN_SUPERVISOR: (Side.ORIGIN, frozenset({Role.SUPERVISOR})),
    Seat.DESTINATION_SUPERVISOR: (Side.DESTINATION, frozenset({Role.SUPERVISOR})),
}

EITHER_CLERK = (Seat.ORIGIN_CLERK, Seat.DESTINATION_CLERK)


class FourEyes(TextChoices):
    """Whether one person prepares an action and another confirms it."""

    NO = "", ""
    SAME_SIDE = "same_side", _("A second person of the same agency confirms")
    BOTH_SIDES = "both_sides", _("A person of the other agency confirms")


class RejectCode(TextChoices):
    ORIGIN_NOT_STOPPED = "origin_not_stopped", _("Insurance at the origin has not been stopped")
    DESTINATION_NOT_ENROLLED = "destination_not_enrolled", _("Not enrolled at the destination")
    ORIGIN_ARREARS = "origin_arrears", _("Contributions at the origin are in arrears")
    DUPLICATE_COVERAGE = "duplicate_coverage", _("Insured twice for the same months")
    IDENTITY_MISMATCH = "identity_mismatch", _("Identity differs between the two agencies")
    ALREADY_RETIRED = "already_retired", _("Already draws retirement benefits")
    SAME_POOL = "same_pool", _("Origin and destination are the same pool")
    RESIDENT_CURRENT_YEAR = "resident_current_year", _("Resident cover is for the current year")
    NO_ORIGIN_RECORD = "no_origin_record", _("No insurance record at the origin")
    OPEN_APPLICATION_EXISTS = "open_application_exists", _("Another application is open")
    USE_OFFLINE_CHANNEL = "use_offline_channel", _("Must be handled at the counter")
    MATERIALS_INCOMPLETE = "materials_incomplete", _("Required materials are missing")
    DEATH = "death", _("The insured person has died")
    OTHER = "other", pgettext_lazy("reason code", "Other")


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table.

    `target` holds two states only for `pass_check`, where the second pass accepts the case.
    `reason_codes` non-empty: one of them is required; `needs_reason`: a sentence is required.
    """

    action: Action
    sources: frozenset[State]
    targets: tuple[State, ...]
    seats: tuple[Seat, ...]
    needs_reason: bool = False
    reason_codes: tuple[RejectCode, ...] = ()
    four_eyes: FourEyes = FourEyes.NO


def _row(
    action: Action,
    sources: Iterable[State],
    target: State | tuple[State, ...],
    *seats: Seat,
    needs_reason: bool = False,
    reason_codes: tuple[RejectCode, ...] = (),
    four_eyes: FourEyes = FourEyes.NO,
) -> tuple[Action, Move]:
    targets = target if isinstance(target, tuple) else (target,)
    return action, Move(
        action, frozenset(sources), targets, seats, needs_reason, reason_codes, four_eyes
    )


S = State
_REJECT_CODES = tuple(code for code in RejectCode if code is not RejectCode.DEATH)

# fmt: off
RELATION: dict[Action, Move] = dict([
    _row(Action.SUBMIT, (), S.APPLIED,
         Seat.APPLICANT, Seat.EMPLOYER, *EITHER_CLERK),
    _row(Action.PASS_CHECK, {S.APPLIED}, (S.APPLIED, S.VALIDATED), *EITHER_CLERK),
    _row(Action.REJECT, {S.APPLIED}, S.REJECTED, *EITHER_CLERK,
         needs_reason=True, reason_codes=_REJECT_CODES),
    _row(Action.REQUEST_SUPPLEMENT, {S.APPLIED}, S.SUPPLEMENT_REQUESTED, *EITHER_CLERK,
         needs_reason=True),
    _row(Action.SUPPLY, {S.SUPPLEMENT_REQUESTED}, S.APPLIED,
         Seat.APPLICANT, Seat.EMPLOYER, *EITHER_CLERK),
    _row(Action.LAPSE, {S.SUPPLEMENT_REQUESTED}, S.WITHDRAWN, Seat.SYSTEM),
    _row(Action.WITHDRAW, {S.APPLIED, S.SUPPLEMENT_REQUESTED, S.VALIDATED}, S.WITHDRAWN,
         Seat.SUBMITTER),
    _row(Action.REFUSE_LATE, {S.VALIDATED}, S.REJECTED, Seat.ORIGIN_SUPERVISOR,
         needs_reason=True,
         reason_codes=(RejectCode.DUPLICATE_COVERAGE, RejectCode.DEATH, RejectCode.OTHER)),
    _row(Action.TRANSFER_OUT, {S.VALIDATED}, S.TRANSFERRED_OUT, Seat.ORIGIN_CLERK,
         four_eyes=FourEyes.SAME_SIDE),
    _row(Action.RAISE_DISCREPANCY, {S.TRANSFERRED_OUT}, S.DISCREPANCY_RAISED,
         Seat.DESTINATION_CLERK, needs_reason=True),
    _row(Action.CORRECT, {S.DISCREPANCY_RAISED}, S.TRANSFERRED_OUT, Seat.ORIGIN_CLERK,
         four_eyes=FourEyes.SAME_SIDE),
    _row(Action.UPHOLD, {S.DISCREPANCY_RAISED}, S.TRANSFERRED_OUT, Seat.ORIGIN_CLERK,
         needs_reason=True),
    _row(Action.RECALL, {S.TRANSFERRED_OUT, S.DISCREPANCY_RAISED}, S.RECALLED,
         Seat.ORIGIN_SUPERVISOR, Seat.DESTINATION_SUPERVISOR,
         needs_reason=True, four_eyes=FourEyes.BOTH_SIDES),
    _row(Action.TRANSFER_IN, {S.TRANSFERRED_OUT}, S.TRANSFERRED_IN, Seat.DESTINATION_CLERK),
    _row(Action.CREDIT_BALANCE, {S.TRANSFERRED_IN}, S.BALANCE_CREDITED, Seat.DESTINATION_FINANCE,
         four_eyes=FourEyes.SAME_SIDE),
    _row(Action.CLOSE_WITHOUT_BALANCE, {S.TRANSFERRED_IN}, S.CLOSED_WITHOUT_BALANCE, Seat.SYSTEM),
    _row(Action.CLOSE_PAID_OUT, {S.TRANSFERRED_IN}, S.PAID_TO_PERSON, Seat.SYSTEM),
])
# fmt: on


class Scheme(TextChoices):
    """Insurance scheme. Flexible workers are insured in the employee scheme, paying both shares."""

    EMPLOYEE = "employee", _("Employee")
    FLEXIBLE = "flexible", _("Flexible employment")
    RESIDENT = "resident", _("Resident")

    @property
    def has_personal_account(self) -> bool:
        return self is not Scheme.RESIDENT
