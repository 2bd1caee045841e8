"""Why an application was not accepted, by which rule, and what the applicant can do about it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..rules.balances import DueReason
from ..rules.states import RejectCode

MEASURES = _(
    "the interim measures on transferring basic medical insurance relations (No. 43, 2021)"
)


@dataclass(frozen=True, slots=True)
class Reason:
    """`rule` is empty where no national text was found that says it; `again`: applying anew helps."""

    why: Any
    fix: Any
    rule: Any = ""
    again: bool = True


R = RejectCode
REASONS: dict[RejectCode, Reason] = {
    R.ORIGIN_NOT_STOPPED: Reason(
        _("your insurance at the old place has not been stopped"),
        _("Ask your old employer or the old office to stop it"),
        MEASURES,
    ),
    R.DESTINATION_NOT_ENROLLED: Reason(
        _("you are not enrolled at the new place yet, or have not paid there yet"),
        _("Enrol at the new place and pay the first contribution"),
        MEASURES,
    ),
    R.ORIGIN_ARREARS: Reason(
        _("contributions at the old place are unpaid"),
        _("Ask the old office how much is unpaid, and pay it"),
    ),
    R.DUPLICATE_COVERAGE: Reason(
        _("you were insured in both places for the same months"),
        _("Ask the offices to settle the double months"),
        MEASURES,
    ),
    R.IDENTITY_MISMATCH: Reason(
        _("your name or ID number differs between the two offices"),
        _("Take your ID card to the office whose record is wrong and have it corrected"),
    ),
    R.ALREADY_RETIRED: Reason(
        _("you already draw retirement benefits, and a retired relation does not move"),
        _("Ask the old office about using your insurance in another place"),
        MEASURES,
        again=False,
    ),
    R.SAME_POOL: Reason(
        _("both places belong to the same pool, so there is nothing to transfer"),
        _("Nothing needs to be done; check the place if it was meant to be another"),
        MEASURES,
        again=False,
    ),
    R.RESIDENT_CURRENT_YEAR: Reason(
        _("between resident schemes a transfer is possible only for next year's cover"),
        _("Enrol at the new place for next year"),
    ),
    R.NO_ORIGIN_RECORD: Reason(
        _("the old place has no insurance record of yours"),
        _("Check the place, or take your old insurance papers to the old office"),
    ),
    R.OPEN_APPLICATION_EXISTS: Reason(
        _("another application of yours is still open"),
        _("Look up that application, or withdraw it"),
    ),
    R.USE_OFFLINE_CHANNEL: Reason(
        _("this case can only be handled at the counter"),
        _("Take your ID card to the counter of the new place's office"),
    ),
    R.MATERIALS_INCOMPLETE: Reason(
        _("required materials are missing"),
        _("Get the missing materials ready"),
    ),
    R.DEATH: Reason(
        _("the insured person is recorded as deceased"),
        _("The family can ask the old office what happens to the balance"),
        again=False,
    ),
    R.OTHER: Reason(
        _("the office gave the reason in its own words, below"),
        _("Ask the office what is needed"),
    ),
}

NO_BALANCE: dict[DueReason, Any] = {
    DueReason.NO_PERSONAL_ACCOUNT: _("The resident scheme has no personal account"),
    DueReason.SHARED_IN_PROVINCE: _(
        "Inside the province your balance stays usable without being moved"
    ),
    DueReason.ZERO_BALANCE: _("Your personal account at the old place holds nothing"),
}
