"""How a case's applicant is reached: what makes the answers right."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from ..models.applications import NotifyBy
from .errors import Invalid

_MOBILE = re.compile(r"1[3-9]\d{9}")


def channels() -> list[tuple[str, Any]]:
    """The ways to be told that this installation offers, as choices. SMS needs a gateway."""
    return [each for each in NotifyBy.choices if each[0] != NotifyBy.SMS or settings.SMS_URL]


def usual_channel(phone: str, email: str) -> NotifyBy:
    """How somebody is told who did not say: by e-mail if there is one, else by SMS if possible."""
    if email:
        return NotifyBy.EMAIL
    return NotifyBy.SMS if phone and settings.SMS_URL else NotifyBy.NONE


def problems_of(phone: str, email: str, notify_by: str) -> list[Invalid]:
    """Everything wrong with somebody's addresses and the channel that was chosen."""
    problems = []
    if email:
        try:
            validate_email(email)
        except ValidationError:
            problems.append(Invalid("contact_email", _("This is not an e-mail address.")))
    elif notify_by == NotifyBy.EMAIL:
        problems.append(
            Invalid(
                "contact_email",
                _("Enter an e-mail address, or choose another way to be told."),
                code="required",
            )
        )
    if phone:
        if not _MOBILE.fullmatch(phone):
            problems.append(Invalid("contact_phone", _("Enter the 11 digits of a mobile phone.")))
    elif notify_by == NotifyBy.SMS:
        problems.append(
            Invalid(
                "contact_phone",
                _("Enter a mobile phone, or choose another way to be told."),
                code="required",
            )
        )
    if notify_by not in dict(channels()):
        problems.append(Invalid("notify_by", _("Choose how you want to be told of changes.")))
    return problems
