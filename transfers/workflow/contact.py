"""How a case's applicant is reached: what makes the answers right, and changing them later."""

import re
import unicodedata
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..deadlines.mails import contact_mail, counter_code_mail
from ..models.alerts import OutboxMessage
from ..models.applications import NotifyBy, TransferApplication
from ..models.events import ActorKind, Event
from ..policy import remembered
from ..rules.hashing import digest_of
from ..rules.states import Role
from ..status import sms
from ..status.situation import query_period
from . import query_codes
from .actors import Actor
from .case import CODE, CONTACT, Case, Request
from .errors import Invalid, NotAllowed, Problems

CHANGES_A_DAY = 5  # of one case
# How long a fresh query code can be had again by asking the same page once more.
CODE_VISIBLE = timedelta(minutes=30)

_WRITTEN = {
    CONTACT: (contact_mail, sms.contact_text),
    CODE: (counter_code_mail, sms.counter_code_text),
}
_LONGEST_EMAIL = 254  # of the column; the shape alone would allow 320
_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def channels() -> list[tuple[str, Any]]:
    """The ways to be told that this installation offers, as choices. SMS needs a gateway."""
    return [each for each in NotifyBy.choices if each[0] != NotifyBy.SMS or settings.SMS_URL]


def phone_of(text: str) -> str:
    """A phone as it is kept: its digits, half-width, without the country. What else is a digit stays,
    for `problems_of` to refuse."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(each for each in plain if each.isdigit()).removeprefix("86")


def usual_channel(phone: str, email: str) -> NotifyBy:
    """How somebody is told who did not say: by e-mail if there is one, else by SMS if possible."""
    if email:
        return NotifyBy.EMAIL
    return NotifyBy.SMS if phone and settings.SMS_URL else NotifyBy.NONE


def problems_of(phone: str, email: str, notify_by: str) -> list[Invalid]:
    """Everything wrong with somebody's addresses and the channel that was chosen."""
    problems = []
    if len(email) > _LONGEST_EMAIL:
        problems.append(
            Invalid(
                "contact_email",
                _("The e-mail address is longer than %(n)d characters.") % {"n": _LONGEST_EMAIL},
                code="too_long",
            )
        )
    elif email:
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


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody is reached and wishes to be told; the fields are the application's."""

    contact_phone: str
    contact_email: str
    notify_by: str
    language: str

    @classmethod
    def of(cls, application: TransferApplication) -> "Contact":
        return cls(**{each.name: getattr(application, each.name) for each in fields(cls)})

    @property
    def address(self) -> str:
        """Where messages go; empty where none are wished."""
        if self.notify_by == NotifyBy.SMS:
            return self.contact_phone
        return self.contact_email if self.notify_by == NotifyBy.EMAIL else ""


def may_change(application: TransferApplication, at: datetime) -> bool:
    """While the case is open, and after that as long as its result may be queried.

    `application` comes with its agencies and balance.
    """
    if application.is_open:
        return True
    until = query_period(application).get("query_until")
    return until is not None and localdate(at) <= until


def change(
    application: TransferApplication,
    new: Contact,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    reason: str = "",
) -> Event | None:
    """Correct how the applicant is reached; None where nothing would change. `reason`: staff's, with how
    they saw who asks.

    An address that is given up, or no longer told of changes, is told so once: whoever it belongs to
    must learn of a change they did not make. The event names what changed, never the values. Raises
    Problems, Stale, or NotAllowed once the case is settled or after too many changes on one day.
    """
    problems = problems_of(new.contact_phone, new.contact_email, new.notify_by)
    if new.language not in dict(settings.LANGUAGES):
        problems.append(Invalid("language", _("Choose the language of the messages.")))
    if problems:
        raise Problems(problems)
    with remembered(), transaction.atomic():
        case = Case.claim(application, by, at, seen=seen)
        _at_a_counter(case)
        old = Contact.of(case.application)
        changed = [
            each.name
            for each in fields(Contact)
            if getattr(old, each.name) != getattr(new, each.name)
        ]
        if not changed:
            transaction.set_rollback(True)
            return None
        if not may_change(case.application, at):
            raise NotAllowed(_("The case is settled; nothing is sent any more."), code="settled")
        if _changes_on(case.application, localdate(at)) >= CHANGES_A_DAY:
            raise NotAllowed(
                _("The contact details were changed too often today. Try again tomorrow."),
                code="too_often",
            )
        for name in changed:
            setattr(case.application, name, getattr(new, name))
        case.save(*changed)
        state = str(case.application.state)
        event = case.tell(
            CONTACT,
            from_state=state,
            to_state=state,
            reason=reason,
            facts={"changed": changed, "notify_by": new.notify_by},
            message=False,
        )
        for address in _given_up(old, new):
            _write_to(case, event, address, old.language)
        case.application.claimed = False
    return event


def new_code(
    application: TransferApplication, *, by: Actor, at: datetime, reason: str, key: UUID
) -> str:
    """A new query code for somebody who came to an office; the old one no longer works.

    Every address on file is told that there is one, never the code. A request repeated under the same
    `key` is answered with the same code for half an hour. `reason` says how the clerk saw who asks.
    Raises NotAllowed for who is at the counter of neither office, and for a key that was used up.
    """
    plain = query_codes.code_of(f"counter:{application.reference}:{key}")
    request = Request(key, digest_of([application.reference, CODE]))
    with remembered(), transaction.atomic():
        case = Case.claim(application, by, at, request=request)
        _at_a_counter(case)
        done = request.answer()
        if done is not None:
            if at - done.at > CODE_VISIBLE or done.user != by.user:
                raise NotAllowed(_("This page is too old. Open it again."), code="key")
            transaction.set_rollback(True)
            return plain
        query_codes.keep(case.application, plain)
        state = str(case.application.state)
        event = case.tell(CODE, from_state=state, to_state=state, reason=reason, message=False)
        contact = Contact.of(case.application)
        addresses = [contact.contact_email, contact.contact_phone if settings.SMS_URL else ""]
        for address in filter(None, addresses):
            _write_to(case, event, address, contact.language)
        case.application.claimed = False
    return plain


def _at_a_counter(case: Case) -> None:
    """Staff do this for somebody who stands before them, at one of the two offices."""
    if case.by.kind is ActorKind.STAFF and not (
        case.side is not None and case.by.roles & {Role.CLERK, Role.SUPERVISOR}
    ):
        raise NotAllowed(_("Only the counters of the two offices may do this."), code="counter")


def _changes_on(application: TransferApplication, day: date) -> int:
    events = Event.objects.filter(application=application, verb=CONTACT)
    return sum(localdate(at) == day for at in events.values_list("at", flat=True))


def _given_up(old: Contact, new: Contact) -> list[str]:
    """The addresses that were replaced or stop being told, those that can be told at all."""
    addresses = []
    if old.contact_email and (
        old.contact_email != new.contact_email
        or (old.notify_by == NotifyBy.EMAIL and old.address != new.address)
    ):
        addresses.append(old.contact_email)
    if (
        old.contact_phone
        and settings.SMS_URL
        and (
            old.contact_phone != new.contact_phone
            or (old.notify_by == NotifyBy.SMS and old.address != new.address)
        )
    ):
        addresses.append(old.contact_phone)
    return addresses


def _write_to(case: Case, event: Event, address: str, language: str) -> None:
    """Queue word of what was changed to an address, in the language it is used to."""
    by_mail = "@" in address
    write, text = _WRITTEN[event.verb]
    with override(language):
        mail = write(case.application) if by_mail else None
        OutboxMessage.objects.create(
            key=f"{event.verb}:{case.application.reference}:{event.seq}:{'email' if by_mail else 'sms'}",
            kind=OutboxMessage.Kind.LETTER,
            application=case.application,
            address=address,
            subject=mail.subject if mail else event.verb,
            text=mail.text if mail else text(case.application),
            created_at=case.at,
            next_try_at=case.at,
        )
