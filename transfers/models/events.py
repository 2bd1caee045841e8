"""What happened, in order, for ever."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..rules.states import RejectCode, Side
from .applications import MaterialKind, TransferApplication
from .ledger import Instruction
from .regions import Agency


class ActorKind(models.TextChoices):
    APPLICANT = "applicant", _("Applicant")
    EMPLOYER = "employer", _("Employer")
    STAFF = "staff", _("Staff")
    SYSTEM = "system", _("System")


class Track(models.TextChoices):
    RELATION = "relation", _("Relation")
    MONEY = "money", _("Money")


class Event(models.Model):
    """One thing that happened to a case: who, when, from, to, why, and what the applicant was shown.

    Only ever added: the database refuses UPDATE, DELETE and TRUNCATE. `seq` is the version of the
    case it made. `verb` names the action; one that prepares or sends back a four-eyes action carries
    `prepare:` or `return:` in front of it. `facts` holds figures and dates, never identity numbers.
    """

    append_only = True

    application = models.ForeignKey(
        TransferApplication, models.PROTECT, related_name="events",
        db_index=False,  # `one_event_a_version` finds them
        verbose_name=_("application"),
    )  # fmt: skip
    seq = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    track = models.CharField(_("track"), max_length=8, choices=Track)
    verb = models.CharField(_("action"), max_length=40)
    from_state = models.CharField(_("from"), max_length=30, blank=True)
    to_state = models.CharField(_("to"), max_length=30, blank=True)
    actor = models.CharField(_("done by"), max_length=10, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("user"),
    )  # fmt: skip
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agency")
    )
    side = models.CharField(_("side"), max_length=11, blank=True, choices=Side)
    reason_code = models.CharField(
        _("reason code"), max_length=40, blank=True, choices=RejectCode.choices
    )
    reason = models.TextField(_("reason"), blank=True)
    note = models.TextField(_("internal note"), blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    policy = models.JSONField(_("policy in force"), default=dict)
    # A request that names a key is carried out once; `asked` is the hash of what it asked for.
    key = models.UUIDField(_("key of the request"), null=True, blank=True, unique=True)
    asked = models.CharField(max_length=64, blank=True, editable=False)
    shown_zh = models.TextField(_("shown to the applicant (Chinese)"), blank=True)
    shown_en = models.TextField(_("shown to the applicant (English)"), blank=True)

    class Meta:
        ordering = ["application_id", "seq"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["application", "seq"], name="one_event_a_version"),
            models.CheckConstraint(
                condition=Q(actor=ActorKind.STAFF, user__isnull=False)
                | (~Q(actor=ActorKind.STAFF) & Q(user__isnull=True)),
                name="staff_events_name_the_user",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} #{self.seq} {self.verb}"


class Preparation(models.Model):
    """A four-eyes action that one person prepared and another has yet to confirm, or did.

    The checker confirms `payload_hash`; a payload is never edited (the database refuses it), only sent
    back and prepared anew.
    """

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmed")
        RETURNED = "returned", _("Sent back")
        VOID = "void", _("Void")

    application = models.ForeignKey(
        TransferApplication, models.CASCADE, related_name="preparations",
        verbose_name=_("application"),
    )  # fmt: skip
    verb = models.CharField(_("action"), max_length=40)
    side = models.CharField(_("prepared at"), max_length=11, choices=Side)
    payload = models.JSONField(_("content"))
    payload_hash = models.CharField(_("content hash"), max_length=64)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    prepared_at = models.DateTimeField(_("prepared at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, blank=True, choices=Outcome)
    # Where it is money that waits: the pending movement of the ledger.
    instruction = models.OneToOneField(
        Instruction, models.PROTECT, null=True, blank=True, related_name="preparation",
        verbose_name=_("instruction"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("preparation")
        verbose_name_plural = _("preparations")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "verb"],
                condition=Q(outcome=""),
                name="one_pending_preparation",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="confirmed")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("prepared_by"))),
                name="confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="decided_at_iff_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.verb}"


class Disclosure(models.Model):
    """Somebody looked at a full identity number, and why, or opened an uploaded file, which may show
    one. Only ever added."""

    append_only = True

    application = models.ForeignKey(
        TransferApplication, models.PROTECT, related_name="disclosures",
        verbose_name=_("application"),
    )  # fmt: skip
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("user")
    )
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=200)
    material = models.CharField(
        _("file opened"), max_length=24, choices=MaterialKind, null=True, blank=True
    )

    class Meta:
        ordering = ["-at"]
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="disclosure_has_reason")
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.at:%Y-%m-%d}"
