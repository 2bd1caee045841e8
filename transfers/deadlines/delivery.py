"""Sending what the outbox holds: lease, send, mark. At least once, and recognisable as the same.

A message goes out once, by the channel that its reader wishes when it is sent. It carries its key: as
Message-ID of a mail, as idempotency key of a text message. A process that dies between sending and
marking sends it again once the lease has run out, with the same key, so that whoever receives it can
drop the repeat; nothing is ever marked before it was handed over.

A message that cannot be sent is tried again after 1, 2, 4, 8 … minutes, at most an hour apart, and
given up after eight attempts. An attempt is counted when the lease is taken, so a message that kills
its worker ends as well, after 24; since one whose lease ran out is leased alone, it takes no other
along.

A new query code is made from the key of its message, so that a repeat brings the same one, and opens
the case from the moment it was handed over; until then the old one does. The code itself is kept
nowhere.
"""

import logging
import re
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from ..models.alerts import OutboxMessage
from ..models.applications import NotifyBy, TransferApplication
from .mails import Mail, Words, applicant_mail, break_mail, code_mail, digest_mail
from .posts import EMAIL, SMS, Posts
from .sms.gateway import Undeliverable

logger = logging.getLogger(__name__)

BATCH = 100  # messages
LEASE = timedelta(minutes=5)
SECONDS = 200.0  # of one run; with one more send it stays below LEASE and the task's time limit
ATTEMPTS = 8
LEASES = 24  # far more than restarts can explain
LONGEST_WAIT = timedelta(hours=1)

_PERSONAL = re.compile(r"\S*@\S*|\d{7,}[\dXx]?")

Kind = OutboxMessage.Kind


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


class Route(NamedTuple):
    """Where a message goes. No channel: its reader wishes none. No address: there is none."""

    channel: str
    address: str


def route_of(message: OutboxMessage) -> Route:
    """The channel and the address of a message, as its reader wishes now."""
    if message.kind == Kind.LETTER:
        return Route(EMAIL if "@" in message.address else SMS, message.address)
    if message.kind in (Kind.APPLICANT, Kind.CODE):
        application = message.application
        assert application is not None, "the database keeps applicants' messages with them"
        wished = NotifyBy(application.notify_by)
        if wished is NotifyBy.NONE and message.kind == Kind.CODE:
            wished = code_channel(application)
        if wished is NotifyBy.NONE:
            return Route("", "")
        if wished is NotifyBy.EMAIL:
            return Route(EMAIL, application.contact_email)
        return Route(SMS, application.contact_phone)
    assert message.recipient is not None, "the database keeps staff messages with a recipient"
    return Route(EMAIL, message.recipient.email)


def code_channel(application: TransferApplication) -> NotifyBy:
    """How a new query code reaches somebody: as they wish, and if they wish nothing, wherever it can."""
    if application.notify_by != NotifyBy.NONE:
        return NotifyBy(application.notify_by)
    if application.contact_email:
        return NotifyBy.EMAIL
    return NotifyBy.SMS if application.contact_phone and settings.SMS_URL else NotifyBy.NONE


def deliver(now: datetime, *, words: Words, limit: int = 5_000) -> Delivered:
    """Send up to `limit` messages that are due at `now`.

    One bad message never stops the others: its row says what happened. Where the mail server or the
    SMS gateway refuses to work, the rest of its messages stay as if untouched; the others go out.
    """
    done = Delivered()
    until = time.monotonic() + SECONDS
    posts = Posts()
    try:
        while done.rows < limit and time.monotonic() < until and not posts.all_down:
            leased = _lease(now, min(BATCH, limit - done.rows), posts.down)
            if not leased:
                break
            untried = []
            for message, lines in _loaded(leased):
                if time.monotonic() >= until or route_of(message).channel in posts.down:
                    untried.append(message)
                else:
                    _handle(message, lines, now, words, posts, done)
            _release(untried)
    finally:
        posts.close()
    return done


def _due(now: datetime, down: Iterable[str] = ()) -> QuerySet[OutboxMessage]:
    """What waits to be sent, without the messages of channels that are down."""
    due = OutboxMessage.objects.filter(
        sent_at__isnull=True, dead_at__isnull=True, next_try_at__lte=now
    )
    if down:
        cases = TransferApplication.objects.values("pk")
        wish_sms = cases.filter(notify_by=NotifyBy.SMS)
        have_sms = cases.filter(notify_by=NotifyBy.NONE, contact_email="")
        by_sms = Q(kind__in=[Kind.APPLICANT, Kind.CODE], application__in=wish_sms)
        by_sms |= Q(kind=Kind.CODE, application__in=have_sms)
        by_sms |= Q(kind=Kind.LETTER) & ~Q(address__contains="@")
        due = due.exclude(by_sms) if SMS in down else due.filter(by_sms)
    return due.order_by("next_try_at", "pk")


def _lease(now: datetime, count: int, down: Iterable[str] = ()) -> list[int]:
    """Take messages that nobody else works on: fresh ones together, or one whose lease ran out."""
    with transaction.atomic():
        skip_locked = connection.features.has_select_for_update_skip_locked
        due = (
            _due(now, down).select_for_update(skip_locked=skip_locked).values_list("pk", flat=True)
        )
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
            "event__agency",
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
    words: Words,
    posts: Posts,
    done: Delivered,
) -> None:
    """Send one message and write down how it went."""
    route = route_of(message)
    try:
        if message.attempts > LEASES:
            raise Undeliverable("every attempt ended without an answer")
        if message.recipient is not None and not message.recipient.is_active:
            raise Undeliverable("the recipient has left")
        mail = _written(message, lines, now, words, route.channel) if route.channel else None
        if mail is not None:
            if not route.address:
                what = "phone number" if route.channel == SMS else "e-mail address"
                raise Undeliverable(f"the recipient has no {what}")
            posts.send(route.channel, message.key, route.address, mail)
    except Exception as error:  # noqa: BLE001 - one bad message must not stop the others; it is kept
        _failed(message, error, route.channel, now, done)
        return
    _mark(message, mail, route.channel, now, words)
    if mail is None:
        done.dropped += 1
    else:
        done.sent += 1


def _written(
    message: OutboxMessage,
    lines: list[OutboxMessage],
    now: datetime,
    words: Words,
    channel: str,
) -> Mail | None:
    """What the message says now; None where nothing is left to tell."""
    if message.kind == Kind.DIGEST:
        return digest_mail(lines, now)
    if message.kind == Kind.BREAK:
        return break_mail(message)
    if message.kind == Kind.LETTER:
        return Mail(message.subject, message.text)
    assert message.application is not None, "the database keeps applicants' messages with them"
    if message.kind == Kind.CODE:
        code = words.new_code(message.key)
        if channel == SMS:
            return Mail("", words.code_sms(message.application, code), code=code)
        return code_mail(message.application, code)
    if channel == SMS:
        text = words.sms(message, now)
        return None if text is None else Mail("", text)
    return applicant_mail(message, now, words.late)


def _mark(
    message: OutboxMessage, mail: Mail | None, channel: str, now: datetime, words: Words
) -> None:
    """Mark as sent: the message, of a digest the lines it really contained, and the code it brought."""
    row = OutboxMessage.objects.filter(pk=message.pk)
    if mail is None:
        row.update(sent_at=now, leased_until=None, last_error="not sent: nothing left to tell")
        return
    with transaction.atomic():
        row.update(sent_at=now, leased_until=None, last_error="", channel=channel)
        if mail.told:
            OutboxMessage.objects.filter(pk__in=mail.told).update(sent_at=now)
        if mail.code:
            assert message.application is not None, "a code is for a case"
            words.keep_code(message.application, mail.code)


def _failed(
    message: OutboxMessage, error: Exception, channel: str, now: datetime, done: Delivered
) -> None:
    """Put a message back for later, or give it up, with the reason, free of personal data.

    One that was given up also says by which channel it was last tried.
    """
    reason = _PERSONAL.sub("…", f"{type(error).__name__}: {error}")[:200]
    logger.error("Message %s, attempt %s: %s", message.pk, message.attempts, reason)
    row = OutboxMessage.objects.filter(pk=message.pk)
    if isinstance(error, Undeliverable) or message.attempts >= ATTEMPTS:
        row.update(dead_at=now, leased_until=None, last_error=reason, channel=channel)
        done.dead += 1
        return
    wait = min(timedelta(minutes=2 ** (message.attempts - 1)), LONGEST_WAIT)
    row.update(next_try_at=now + wait, leased_until=None, last_error=reason)
    done.failed += 1
