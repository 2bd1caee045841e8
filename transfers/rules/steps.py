"""The obligations with a clock: what they are called, who owes them, which policy value limits them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .working_days import WorkingCalendar


class Owner(TextChoices):
    """Who owes a step, and to whom a late one is charged."""

    ORIGIN = "origin", _("Origin")
    DESTINATION = "destination", _("Destination")
    APPLICANT = "applicant", _("Applicant")
    BANK = "bank", _("Bank")


class StepKind(TextChoices):
    CHECK_ORIGIN = "check_origin", _("Check at the origin")
    CHECK_DESTINATION = "check_destination", _("Check at the destination")
    SUPPLEMENT = "supplement", _("Missing materials")
    TRANSFER_OUT = "transfer_out", _("Transfer out")
    CORRECTION = "correction", _("Correction")
    TRANSFER_IN = "transfer_in", _("Transfer in")
    REMIT = "remit", _("Remittance")
    RESEND = "resend", _("Sending again")
    CREDIT = "credit", _("Crediting")
    DIFFERENCE = "difference", _("Difference in the amount")


class Outcome(TextChoices):
    """How a step ended."""

    DONE = "done", pgettext_lazy("step outcome", "Done")
    SUPERSEDED = "superseded", pgettext_lazy("step outcome", "Restarted")
    CANCELLED = "cancelled", pgettext_lazy("step outcome", "Case closed")


class LatenessReason(TextChoices):
    WORKLOAD = "workload", _("Workload at the agency")
    RECORDS_MISSING = "records_missing", _("Old records had to be searched")
    OTHER_AGENCY = "other_agency", _("Waited for the other agency")
    SYSTEM_OUTAGE = "system_outage", _("System outage")
    APPLICANT_LATE = "applicant_late", _("Waited for the applicant")
    BANK_DELAY = "bank_delay", _("Waited for the bank")
    CASE_ENDED = "case_ended", _("The case ended before it was done")
    OTHER = "other", pgettext_lazy("lateness reason", "Other")


@dataclass(frozen=True, slots=True)
class StepRule:
    owner: Owner
    limit: str  # name of the TransferPolicy field, in working days
    money: bool  # belongs to the money track


STEPS: dict[StepKind, StepRule] = {
    StepKind.CHECK_ORIGIN: StepRule(Owner.ORIGIN, "check_days", False),
    StepKind.CHECK_DESTINATION: StepRule(Owner.DESTINATION, "check_days", False),
    StepKind.SUPPLEMENT: StepRule(Owner.APPLICANT, "supplement_days", False),
    StepKind.TRANSFER_OUT: StepRule(Owner.ORIGIN, "transfer_out_days", False),
    StepKind.CORRECTION: StepRule(Owner.ORIGIN, "correction_days", False),
    StepKind.TRANSFER_IN: StepRule(Owner.DESTINATION, "transfer_in_days", False),
    StepKind.REMIT: StepRule(Owner.ORIGIN, "remit_days", True),
    StepKind.RESEND: StepRule(Owner.ORIGIN, "resend_days", True),
    StepKind.CREDIT: StepRule(Owner.DESTINATION, "credit_days", True),
    # The money cannot be credited meanwhile: the origin has to answer for the amount it sent.
    StepKind.DIFFERENCE: StepRule(Owner.ORIGIN, "resend_days", True),
}


def due_on(calendar: WorkingCalendar, since: date, left: int) -> date:
    """The day a step is due that has `left` working days and runs since `since` (day zero).

    With none left it is due on `since` itself, or the next working day; with fewer than none it
    was due that many working days before.
    """
    return calendar.next_working(since) if left == 0 else calendar.add(since, left)
