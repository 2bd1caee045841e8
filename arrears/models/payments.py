"""What was paid on a case, which month and part it covers, and what was taken back. Amounts in fen."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from transfers.models.ledger import Instruction
from transfers.rules.ledger import MOST_FEN

from ..rules.parts import Part, Party
from .cases import ArrearsCase
from .quotes import Quote


class Method(models.TextChoices):
    COUNTER = "counter", pgettext_lazy("way of paying", "At the counter")
    BANK = "bank", pgettext_lazy("way of paying", "Bank transfer")
    TAX_OFFICE = "tax_office", pgettext_lazy("way of paying", "At the tax office")
    ONLINE = "online", pgettext_lazy("way of paying", "Online")


class Payment(models.Model):
    """One payment under a quote. Only ever added; a mistake is taken back by a row of its own.

    The ledger has it as up to two movements, of contributions and of late fee.
    """

    append_only = True

    case = models.ForeignKey(
        ArrearsCase, models.PROTECT, related_name="payments",
        db_index=False,  # `one_payment_a_number` finds them
        verbose_name=_("arrears case"),
    )  # fmt: skip
    number = models.PositiveSmallIntegerField(_("number"))
    quote = models.ForeignKey(
        Quote, models.PROTECT, related_name="+", db_index=False, verbose_name=_("quote")
    )
    payer = models.CharField(_("paid by"), max_length=10, choices=Party)
    method = models.CharField(_("way of paying"), max_length=10, choices=Method)
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    paid_on = models.DateField(_("paid on"))
    bank_reference = models.CharField(_("bank reference"), max_length=40, blank=True)
    principal = models.OneToOneField(
        Instruction, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("movement of contributions"),
    )  # fmt: skip
    late_fee = models.OneToOneField(
        Instruction, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("movement of late fee"),
    )  # fmt: skip
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False,
        verbose_name=_("recorded by"),
    )  # fmt: skip
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        ordering = ["case_id", "number"]
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="one_payment_a_number"),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=1, amount_fen__lte=MOST_FEN),
                name="payment_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(principal__isnull=False) | Q(late_fee__isnull=False),
                name="payment_is_in_the_ledger",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.case} {self.number}"


class Allocation(models.Model):
    """How much of a payment covers one part of one month. Only ever added."""

    append_only = True

    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="allocations",
        db_index=False,  # `one_allocation_a_part` finds them
        verbose_name=_("payment"),
    )  # fmt: skip
    month = models.DateField(_("month"))
    part = models.CharField(_("part"), max_length=20, choices=Part)
    amount_fen = models.BigIntegerField(_("amount (fen)"))

    class Meta:
        ordering = ["payment_id", "month", "pk"]
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "month", "part"], name="one_allocation_a_part"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=1), name="allocation_covers_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment} {self.month:%Y-%m} {self.part}"


class TakenBack(models.Model):
    """A payment that did not hold: bounced, or recorded by mistake. Only ever added, once a payment."""

    append_only = True

    payment = models.OneToOneField(
        Payment, models.PROTECT, primary_key=True, related_name="taken_back",
        verbose_name=_("payment"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False,
        verbose_name=_("by"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("payment taken back")
        verbose_name_plural = _("payments taken back")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="taking_back_has_reason")
        ]

    def __str__(self) -> str:
        return f"{self.payment} ×"
