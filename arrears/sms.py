"""What a person without e-mail is told by text message: at most 70 characters in either language.

No name, no identity number, no amount: the office tells it on the phone. Of the wordings of one kind of
news the first that fits beside the office's name is taken.
"""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from transfers.models.regions import Agency
from transfers.status.sms import When, written

from .models import ArrearsCase
from .rules.states import Action

REMINDER = "reminder"

TEXTS: dict[str, tuple[Any, ...]] = {
    Action.OPEN: (
        _("Contributions are missing, …%(tail)s. We tell you the amount %(by)s."),
        _("Months missing, …%(tail)s. Amount %(by)s."),
    ),
    Action.ASSESS: (
        _("Missing months are to be paid %(by)s, …%(tail)s. Amount: call %(phone)s."),
        _("Missing months to be paid %(by)s, …%(tail)s."),
    ),
    Action.REQUOTE: (
        _("The amount has changed; to be paid %(by)s, …%(tail)s. Call %(phone)s."),
        _("New amount to be paid %(by)s, …%(tail)s. Call us."),
    ),
    REMINDER: (
        _("Reminder: missing months to be paid %(by)s, …%(tail)s. Amount: call %(phone)s."),
        _("Reminder: missing months, pay %(by)s, …%(tail)s."),
    ),
    Action.PAY: (
        _("Payment received, …%(tail)s. The rest is to be paid %(by)s. Call %(phone)s."),
        _("Payment received, …%(tail)s. Rest %(by)s."),
    ),
    "paid, lapsed": (_("Payment received, …%(tail)s. The rest is worked out anew."),),
    "settled": (
        _("Everything is paid, …%(tail)s. Benefits restart on %(day)s."),
        _("All paid, …%(tail)s. Benefits restart %(day)s."),
    ),
    Action.TAKE_BACK: (
        _("A payment did not hold, …%(tail)s. To be paid %(by)s. Call %(phone)s."),
        _("A payment did not hold, …%(tail)s. Pay %(by)s."),
    ),
    "taken back, lapsed": (_("A payment did not hold, …%(tail)s. Amount to follow."),),
    Action.REFUSE: (
        _("The missing months cannot be paid back, …%(tail)s. Why: call %(phone)s."),
        _("Months cannot be paid back, …%(tail)s. Call us."),
    ),
    Action.WAIVE: (
        _("What was owed is waived, …%(tail)s. The months stay missing."),
        _("Waived, …%(tail)s; the months stay missing."),
    ),
    Action.CANCEL: (_("The case …%(tail)s is closed: nothing is owed."),),
    Action.REINSTATE: (_("Benefits are running again since %(day)s, …%(tail)s."),),
}
_SETTLED = {str(Action.PAY): "settled"}
_LAPSED = {str(Action.PAY): "paid, lapsed", str(Action.TAKE_BACK): "taken back, lapsed"}


def text_of(
    about: str, case: ArrearsCase, agency: Agency, *, pay_by: date | None, lapsed: bool = False
) -> str:
    """The text about an action or a reminder, in the language of the case.

    `pay_by`: of the quote that it speaks of, if there is one; `lapsed`: that quote is not good any more.
    """
    key, when = str(about), When(pay_by) if pay_by is not None else None
    if key == Action.OPEN and case.next_on is not None:
        when = When(case.next_on, case.next_provisional)
    elif case.restart_on is not None:  # only what is paid in full has it
        key, when = _SETTLED.get(key, key), When(case.restart_on)
    elif lapsed:
        key = _LAPSED.get(key, key)
    with override(case.language):
        return written(
            key, agency, case.reference, when, {"phone": agency.phone}, wordings=TEXTS[key]
        )
