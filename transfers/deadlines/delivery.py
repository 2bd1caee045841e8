"""Sending what the outbox holds: lease, send, mark. At least once, and recognisable as the same.

Each message is sent with its key as Message-ID. A process that dies between sending and marking sends
it again once the lease has run out, with the same Message-ID, so that a mail server or reader can
drop the repeat; nothing is ever marked before it was handed over.

A message that cannot be sent is tried again after 1, 2, 4, 8 … minutes, at most an hour apart, and
given up after eight attempts. An attempt is counted when the lease is taken, so a message that kills
its worker ends as well, after 24; since one whose lease ran out is leased alone, it takes no other
along.
"""

import logging
import re
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import F, QuerySet

from ..models.alerts import OutboxMessage
from .mails import LateWords, Mail, applicant_mail, break_mail, digest_mail

logger = logging.getLogger(__name__)

BATCH = 100  # messages
LEASE = timedelta(minutes=5)
SECONDS = 200.0  # of one run; with one more send it stays below LEASE and the task's time limit
ATTEMPTS = 8
LEASES = 24  # far more than restarts can explain
LONGEST_WAIT = timedelta(hours=1)
REFUSALS = 3  # of the mail server in a row, after which a run ends

_PERSONAL = re.compile(r"\S*@\S*|\d{7,}[\dXx]?")


@dataclass
class Delivered:
    """What a run did with the messages it leased.

    `dropped`: there was nothing left to tell, and nothing was sent.
    """

    sent: int = 0
    dropped: int = 0
    failed: int = 0
    dead: int = 0

    @property
    def rows(self) -> int:
        return self.sent + self.dropped + self.failed + self.dead


class Undeliverable(Exception):  # noqa: N818 - a name callers read as a sentence
    """Trying again cannot help."""


@dataclass
class _Post:
    """The connection to the mail server: opened when first needed, and anew after an error."""

    backend: BaseEmailBackend = field(default_factory=get_connection)
    is_open: bool = False
    refusals: int = 0

    @property
    def is_down(self) -> bool:
        return self.refusals >= REFUSALS

    def send(self, message: OutboxMessage, to: str, mail: Mail) -> None:
        if not self.is_open:
            self.refusals += 1
            self.backend.open()
            self.is_open, self.refusals = True, 0
        letter = EmailMultiAlternatives(
            mail.subject,
            mail.text,
            to=[to],
            headers={"Message-ID": message_id(message.key), "Auto-Submitted": "auto-generated"},
            connection=self.backend,
        )
        if mail.html:
            letter.attach_alternative(mail.html, "text/html")
        try:
            letter.send()
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.backend.close()


def message_id(key: str) -> str:
    """The Message-ID of a message, the same on every attempt."""
    return f"<{re.sub('[^A-Za-z0-9.-]', '.', key)}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def deliver(now: datetime, *, words: LateWords, limit: int = 5_000) -> Delivered:
    """Send up to `limit` messages that are due at `now`; `words` tells how late a case is.

    One bad message never stops the others: its row says what happened. Stops early when the mail
    server refuses connections, and leaves the rest as if untouched.
    """
    done = Delivered()
    until = time.monotonic() + SECONDS
    post = _Post()
    try:
        while done.rows < limit and time.monotonic() < until and not post.is_down:
            leased = _lease(now, min(BATCH, limit - done.rows))
            if not leased:
                break
            waiting = _loaded(leased)
            while waiting and time.monotonic() < until and not post.is_down:
                message, lines = waiting.pop(0)
                _handle(message, lines, now, words, post, done)
            _release(message for message, _ in waiting)
    finally:
        post.close()
    return done


def _due(now: datetime) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(
        sent_at__isnull=True, dead_at__isnull=True, next_try_at__lte=now
    ).order_by("next_try_at", "pk")


def _lease(now: datetime, count: int) -> list[int]:
    """Take messages that nobody else works on: fresh ones together, or one whose lease ran out."""
    with transaction.atomic():
        skip_locked = connection.features.has_select_for_update_skip_locked
        due = _due(now).select_for_update(skip_locked=skip_locked).values_list("pk", flat=True)
        leased = list(due.filter(leased_until__isnull=True)[:count])
        leased = leased or list(due.filter(leased_until__lte=now)[:1])
        OutboxMessage.objects.filter(pk__in=leased).update(
            leased_until=now + LEASE, attempts=F("attempts") + 1
        )
    return leased


def _release(messages: Iterable[OutboxMessage]) -> None:
    """Give back leases of messages that were not tried."""
    ids = [message.pk for message in messages]
    if ids:
        OutboxMessage.objects.filter(pk__in=ids).update(
            leased_until=None, attempts=F("attempts") - 1
        )


def _loaded(ids: list[int]) -> list[tuple[OutboxMessage, list[OutboxMessage]]]:
    """The messages as they stand, each with its digest's lines. Two queries."""
    messages = (
        OutboxMessage.objects.filter(pk__in=ids)
        .select_related(
            "recipient",
            "event",
            "book_break__application",
            "book_break__line__statement",
            "book_break__receivable",
        )
        .select_related("application__origin_agency", "application__destination_agency")
        .order_by("next_try_at", "pk")
    )
    lines: dict[int | None, list[OutboxMessage]] = defaultdict(list)
    for line in OutboxMessage.objects.filter(digest__in=ids).select_related(
        "alert__step__application", "alert__step__agency", "alert__step__calendar"
    ):
        lines[line.digest_id].append(line)
    return [(message, lines[message.pk]) for message in messages]


def _handle(
    message: OutboxMessage,
    lines: list[OutboxMessage],
    now: datetime,
    words: LateWords,
    post: _Post,
    done: Delivered,
) -> None:
    """Send one message and write down how it went."""
    try:
        if message.attempts > LEASES:
            raise Undeliverable("every attempt ended without an answer")
        if message.kind == OutboxMessage.Kind.DIGEST:
            mail = digest_mail(lines, now)
        elif message.kind == OutboxMessage.Kind.BREAK:
            mail = break_mail(message)
        elif message.kind == OutboxMessage.Kind.LETTER:
            mail = Mail(message.subject, message.text)
        else:
            mail = applicant_mail(message, now, words)
        if mail is not None:
            post.send(message, _address(message), mail)
    except Exception as error:  # noqa: BLE001 - one bad message must not stop the others; it is kept
        _failed(message, error, now, done)
        return
    _mark(message, mail, now)
    if mail is None:
        done.dropped += 1
    else:
        done.sent += 1


def _address(message: OutboxMessage) -> str:
    """Where a message goes. Raises Undeliverable if that is nowhere."""
    if message.kind == OutboxMessage.Kind.LETTER:
        address = message.address
    elif message.kind == OutboxMessage.Kind.APPLICANT:
        assert message.application is not None, "the database keeps applicants' messages with them"
        address = message.application.contact_email
    else:
        assert message.recipient is not None, "the database keeps staff messages with a recipient"
        if not message.recipient.is_active:
            raise Undeliverable("the recipient has left")
        address = message.recipient.email
    if not address:
        raise Undeliverable("the recipient has no e-mail address")
    return address


def _mark(message: OutboxMessage, mail: Mail | None, now: datetime) -> None:
    """Mark as sent: the message, and of a digest the lines it really contained."""
    note = "" if mail is not None else "not sent: nothing left to tell"
    row = OutboxMessage.objects.filter(pk=message.pk)
    if mail is None or not mail.told:
        row.update(sent_at=now, leased_until=None, last_error=note)
        return
    with transaction.atomic():
        row.update(sent_at=now, leased_until=None, last_error=note)
        OutboxMessage.objects.filter(pk__in=mail.told).update(sent_at=now)


def _failed(message: OutboxMessage, error: Exception, now: datetime, done: Delivered) -> None:
    """Put a message back for later, or give it up, with the reason, free of personal data."""
    reason = _PERSONAL.sub("…", f"{type(error).__name__}: {error}")[:200]
    logger.error("Message %s, attempt %s: %s", message.pk, message.attempts, reason)
    row = OutboxMessage.objects.filter(pk=message.pk)
    if isinstance(error, Undeliverable) or message.attempts >= ATTEMPTS:
        row.update(dead_at=now, leased_until=None, last_error=reason)
        done.dead += 1
        return
    wait = min(timedelta(minutes=2 ** (message.attempts - 1)), LONGEST_WAIT)
    row.update(next_try_at=now + wait, leased_until=None, last_error=reason)
    done.failed += 1
