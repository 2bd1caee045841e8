"""The words of an assessment: who caused the gap, why nothing can be paid back, what to watch for."""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Cause(TextChoices):
    """Who caused the gap: whoever did bears the late fee."""

    EMPLOYER = "employer", _("The employer did not pay")
    INDIVIDUAL = "individual", _("The person did not pay")
    SYSTEM = "system", _("A fault of the system or the agency")


class Reason(TextChoices):
    """Why there is nothing to pay back. The first three of a refusal come before any other."""

    NOT_ALLOWED = "not_allowed", _("Missed months cannot be paid back here.")
    NOT_ALLOWED_FLEXIBLE = (
        "not_allowed_flexible",
        _("Missed months of flexible employment cannot be paid back here."),
    )
    GAP_TOO_LONG = "gap_too_long", _("More months were missed than may be paid back here.")
    TOO_FEW_CONSECUTIVE = (
        "too_few_consecutive",
        _("Too few months in a row were paid before the gap to pay it back here."),
    )
    OUTSIDE_REPAIR_WINDOW = (
        "outside_repair_window",
        _("Missed years can only be made up at certain times of the year here."),
    )
    NO_GAP = "no_gap", _("Nothing was missed; there is nothing to pay back.")
    LATE_ONLY = "late_only", _("No year was missed; this year is only paid late.")


INSTEAD: dict[str, Promise] = {
    Reason.NOT_ALLOWED: _(
        "Pay from this month on without a break. The waiting period is counted from the payment."
    ),
    Reason.NOT_ALLOWED_FLEXIBLE: _(
        "Pay from this month on without a break. The waiting period is counted from the payment."
    ),
    Reason.GAP_TOO_LONG: _(
        "Pay from this month on without a break. The waiting period is counted from the payment."
    ),
    Reason.TOO_FEW_CONSECUTIVE: _(
        "Pay from this month on without a break. The waiting period is counted from the payment."
    ),
    Reason.OUTSIDE_REPAIR_WINDOW: _(
        "Pay for the coming cover now, or make up missed years in the time set for it."
    ),
    Reason.NO_GAP: _("Go on paying every month."),
    Reason.LATE_ONLY: _("Pay within the enrolment window next time to have no waiting period."),
}
"""What to do where there is nothing to pay back, by reason."""


class Caution(TextChoices):
    """What a reader of an assessment must know beside its figures."""

    FEE_OVER_PRINCIPAL = (
        "fee_over_principal",
        _(
            "The late fee of a month is higher than the contribution itself. Check it before asking for it."
        ),
    )
    PROVISIONAL_BASE = (
        "provisional_base",
        _("The wage base of a year is not known yet; an earlier year's stands in for it."),
    )
    NATIONAL_BASE = (
        "national_base",
        _("No local wage base is known; a national average stands in for it."),
    )
    FEE_ON_PERSON = (
        "fee_on_person",
        _(
            "No national rule was found that charges a person a late fee. Have it confirmed locally."
        ),
    )
    NO_LOCAL_POLICY = (
        "no_local_policy",
        _("The place has no rules of its own on record; those of the nation are used."),
    )
