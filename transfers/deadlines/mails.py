"""What a message says, decided when it is sent: who is it for, is there still something to tell.

No message carries a name or an identity number; the reference leads to the case, behind its door.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from ..models.alerts import OutboxMessage
from ..models.applications import TransferApplication
from ..models.steps import Step
from .calendars import calendar_of

# What the applicant reads about a case that is late at a moment: (Chinese, English). None if the
# status page does not call it late: then there is nothing to tell.
LateWords = Callable[[TransferApplication, datetime], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Words:
    """What is written above this layer.

    `late`: see LateWords. `sms`: what a message says in 70 characters, None where nothing is left to
    tell; `code_sms` the same for a new query code. `new_code` makes the code that a message's key
    stands for, the same on every attempt; `keep_code` makes it the one that opens the case.
    """

    late: LateWords
    sms: Callable[[OutboxMessage, datetime], str | None]
    code_sms: Callable[[TransferApplication, str], str]
    new_code: Callable[[str], str]
    keep_code: Callable[[TransferApplication, str], None]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to go, or without subject a text message; applicants get plain text.

    `told` are the digest's lines it contains, `code` the new query code.
    """

    subject: str
    text: str
    html: str = ""
    told: tuple[int, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A step in a digest. `days`: working days left, negative when over."""

    reference: str
    step: str
    agency: str
    due: str
    days: int
    provisional: bool
    link: str

    @property
    def days_over(self) -> int:
        return -self.days


def digest_mail(lines: Sequence[OutboxMessage], now: datetime) -> Mail | None:
    """The digest of these lines as things stand; None if none of them is still of use.

    Left out: alerts acknowledged since, steps that are closed or paused by now.
    """
    today = localdate(now)
    live = [line for line in lines if _is_live(line)]
    if not live:
        return None
    steps = {line.alert.step_id: line.alert.step for line in live if line.alert is not None}
    with translation.override(settings.LANGUAGE_CODE):
        late: list[_Line] = []
        due: list[_Line] = []
        soon: list[_Line] = []
        for step in sorted(steps.values(), key=lambda step: (step.due_on, step.pk)):
            assert step.due_on is not None, "a running step has a due day"
            group = late if step.due_on < today else due if step.due_on == today else soon
            group.append(_line(step, now))
        groups = [
            (title, count % {"n": len(group)}, group)
            for title, count, group in (
                (_("Overdue"), _("%(n)d overdue"), late),
                (_("Due today"), _("%(n)d today"), due),
                (_("Due soon"), _("%(n)d soon"), soon),
            )
            if group
        ]
        subject = _("[%(counts)s] Jiexu deadlines") % {
            "counts": " ".join(count for _title, count, _group in groups)
        }
        context = {
            "groups": [(title, group) for title, _count, group in groups],
            "inbox": settings.PUBLIC_URL + reverse("admin:inbox"),
        }
        return Mail(
            subject,
            render_to_string("email/digest.txt", context),
            render_to_string("email/digest.html", context),
            tuple(line.pk for line in live),
        )


def _is_live(line: OutboxMessage) -> bool:
    alert = line.alert
    if alert is None or alert.acknowledged_at is not None:
        return False
    return alert.step.closed_on is None and alert.step.paused_on is None


def _line(step: Step, now: datetime) -> _Line:
    assert step.due_on is not None, "a running step has a due day"
    reference = step.application.reference
    return _Line(
        reference=reference,
        step=str(step.get_kind_display()),
        agency=step.agency.name,
        due=step.due_on.isoformat(),
        days=calendar_of(step.calendar).remaining(localdate(now), step.due_on),
        provisional=step.provisional,
        link=settings.PUBLIC_URL + reverse("admin:case", args=[reference]),
    )


def break_mail(message: OutboxMessage) -> Mail | None:
    """The mail that says the books of a case do not agree; None once that is cleared."""
    found = message.book_break
    assert found is not None, "the database keeps such a message with its break"
    if found.cleared_at is not None:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        subject = str(found.application or found.line or found.receivable)
        context = {
            "what": found.get_kind_display(),
            "subject": subject,
            "link": settings.PUBLIC_URL + reverse("admin:books"),
        }
        return Mail(
            _("[Books] %(subject)s does not agree") % {"subject": subject},
            render_to_string("email/break.txt", context),
        )


def applicant_mail(message: OutboxMessage, now: datetime, words: LateWords) -> Mail | None:
    """The mail to an applicant: what the event showed then, or how late the case is now.

    None for "this is late" about a case that is not, by now.
    """
    application = message.application
    assert application is not None, "the database keeps applicants' messages with their case"
    shown: tuple[str, str] | None
    if message.event is not None:
        shown = (message.event.shown_zh, message.event.shown_en)
    else:
        shown = words(application, now)
    if shown is None:
        return None
    with translation.override(application.language):
        context = {
            "shown": shown[0] if application.language.startswith("zh") else shown[1],
            "reference": application.reference,
            "link": settings.PUBLIC_URL + reverse("status", args=[application.reference]),
        }
        return Mail(
            _("Your medical-insurance transfer %(reference)s: progress")
            % {"reference": application.reference},
            render_to_string("email/applicant.txt", context),
        )


def code_mail(application: TransferApplication, code: str) -> Mail:
    """The mail that brings an applicant a new query code."""
    with translation.override(application.language):
        context = {
            "code": spaced(code),
            "reference": application.reference,
            "link": settings.PUBLIC_URL + reverse("lookup"),
        }
        return Mail(
            _("Your medical-insurance transfer %(reference)s: new query code")
            % {"reference": application.reference},
            render_to_string("email/code.txt", context),
            code=code,
        )


def contact_mail(application: TransferApplication) -> Mail:
    """The last mail to an address that is told nothing more, in the active language."""
    subject = _("Your medical-insurance transfer %(reference)s: contact details changed")
    return _office_mail(application, subject, "email/contact.txt")


def counter_code_mail(application: TransferApplication) -> Mail:
    """The mail that says an office made a new query code, without it, in the active language."""
    subject = _("Your medical-insurance transfer %(reference)s: new query code")
    return _office_mail(application, subject, "email/counter_code.txt")


def _office_mail(application: TransferApplication, subject: str, template: str) -> Mail:
    agency = application.destination_agency
    context = {
        "reference": application.reference,
        "office": agency.name,
        "phone": agency.phone,
    }
    return Mail(subject % context, render_to_string(template, context))


def spaced(code: str) -> str:
    """A query code as people read it: ABCD EFGH."""
    return f"{code[:4]} {code[4:]}"
