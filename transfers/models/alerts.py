"""Deadline alerts, the messages on their way out, and the pulse of the jobs."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .applications import TransferApplication
from .events import Event
from .proofs import Break
from .steps import Step


class Audience(models.TextChoices):
    HANDLER = "handler", _("The handler")
    HEAD = "head", _("The head of the agency")
    SUPERVISING = "supervising", _("The supervising agency")
    HEAD_AND_SUPERVISING = "head_and_supervising", _("The head and the supervising agency")


class AlertRung(models.Model):
    """One rung of the ladder: so many working days from the due day (before: negative), so told."""

    key = models.CharField(_("rung"), max_length=12, primary_key=True)
    offset_days = models.SmallIntegerField(_("working days after the due day"), unique=True)
    audience = models.CharField(_("tells"), max_length=20, choices=Audience)
    digest_only = models.BooleanField(_("in the digest only"), default=False)
    tells_applicant = models.BooleanField(_("tells the applicant too"), default=False)

    class Meta:
        ordering = ["offset_days"]
        verbose_name = _("alert rung")
        verbose_name_plural = _("alert ladder")

    def __str__(self) -> str:
        return self.key


class Alert(models.Model):
    """A rung that a step has reached. Each rung of each step once, ever.

    `skipped`: passed during an outage and told by a higher rung.
    """

    # `each_rung_once` finds a step's alerts; a rung's are never asked for.
    step = models.ForeignKey(
        Step, models.CASCADE, related_name="alerts", db_index=False, verbose_name=_("step")
    )
    rung = models.ForeignKey(
        AlertRung, models.PROTECT, related_name="+", db_index=False, verbose_name=_("rung")
    )
    raised_at = models.DateTimeField(_("raised at"))
    due_on = models.DateField(_("due day it was raised for"))
    skipped = models.BooleanField(_("skipped"), default=False)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("acknowledged by"),
    )  # fmt: skip

    class Meta:
        ordering = ["-raised_at", "-pk"]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(fields=["step", "rung"], name="each_rung_once"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="acknowledged_at_iff_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.rung_id}"


class OutboxMessage(models.Model):
    """Something to tell somebody. Written in the transaction that gave the reason to tell it.

    `key` is unique and goes with the message, so that a receiver can drop a repeat. An `alert` row is
    a line in its recipient's inbox at once and waits for the recipient's next `digest`; all others are
    sent by themselves. A `letter` is for somebody who has no account here. A `code` brings the applicant
    a new query code, which is drawn when it is sent and stored nowhere.
    """

    class Kind(models.TextChoices):
        ALERT = "alert", _("Alert")
        DIGEST = "digest", _("Digest")
        APPLICANT = "applicant", _("Message to the applicant")
        BREAK = "break", _("Break in the books")
        LETTER = "letter", _("Letter")
        CODE = "code", _("New query code")

    key = models.CharField(_("key"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    alert = models.ForeignKey(
        Alert, models.CASCADE, null=True, blank=True, related_name="messages",
        verbose_name=_("alert"),
    )  # fmt: skip
    event = models.ForeignKey(
        Event, models.PROTECT, null=True, blank=True, related_name="messages",
        verbose_name=_("event"),
    )  # fmt: skip
    application = models.ForeignKey(
        TransferApplication, models.CASCADE, null=True, blank=True, related_name="messages",
        verbose_name=_("application"),
    )  # fmt: skip
    book_break = models.ForeignKey(
        Break, models.CASCADE, null=True, blank=True, related_name="messages",
        verbose_name=_("break in the books"),
    )  # fmt: skip
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="messages",
        verbose_name=_("recipient"),
    )  # fmt: skip
    # A letter says everything itself; like every message, without names and identity numbers.
    address = models.EmailField(_("address"), blank=True, db_default="")
    subject = models.CharField(_("subject"), max_length=120, blank=True, db_default="")
    text = models.TextField(_("text"), blank=True, db_default="")
    digest = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="lines",
        verbose_name=_("digest"),
    )  # fmt: skip
    # What it was really sent by; what the applicant wishes is asked when it is sent.
    channel = models.CharField(
        _("sent by"), max_length=5, choices=[("email", _("E-mail")), ("sms", _("SMS"))],
        blank=True, db_default="",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"))
    next_try_at = models.DateTimeField(_("next try at"), null=True, blank=True)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    dead_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="message_to_send",
                condition=Q(sent_at__isnull=True, dead_at__isnull=True, next_try_at__isnull=False),
            ),
            models.Index(
                fields=["recipient", "id"], name="message_awaiting_digest",
                condition=Q(kind="alert", digest__isnull=True),
            ),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="alert", alert__isnull=False, recipient__isnull=False)
                | Q(kind="digest", recipient__isnull=False)
                | Q(kind__in=["applicant", "code"], application__isnull=False)
                | Q(kind="break", book_break__isnull=False, recipient__isnull=False)
                | (Q(kind="letter") & ~Q(address="") & ~Q(subject="") & ~Q(text="")),
                name="message_has_addressee",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dead_at__isnull=True),
                name="sent_or_given_up",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When a job last finished its work, and how many rows it touched."""

    job = models.CharField(_("job"), max_length=40, primary_key=True)
    finished_at = models.DateTimeField(_("finished at"))
    rows = models.PositiveIntegerField(_("rows"), default=0)

    class Meta:
        ordering = ["job"]
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.job


class LookupThrottle(models.Model):
    """Failed look-ups of one address or one reference (keyed hash), and until when it must wait.

    `misses` fade with time, those that are left from `last_miss_at` on.
    Or how much of its share of an hour an address took, as `misses`.
    """

    key = models.CharField(max_length=64, primary_key=True)
    misses = models.PositiveIntegerField(default=0)
    last_miss_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("throttled look-up")
        verbose_name_plural = _("throttled look-ups")

    def __str__(self) -> str:
        return self.key[:8]
