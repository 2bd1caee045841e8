"""What a case costs until a day: the quote, word for word as it was explained. Amounts in fen."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .cases import ArrearsCase


class QuoteTerms(models.Model):
    """The terms of a place as quotes were made with them, stored once for all that share them.

    `digest` is the hash of `content`. Only ever added: a quote is explained by the terms of its day,
    whatever the policy says later.
    """

    append_only = True

    digest = models.CharField(_("hash"), max_length=64, unique=True)
    content = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("terms of quotes")
        verbose_name_plural = _("terms of quotes")

    def __str__(self) -> str:
        return self.digest[:8]


class Quote(models.Model):
    """One version of what is owed, good for payments up to `pay_by`. Only ever added.

    The amounts are of the whole case, what is paid already included; late fees count to `pay_by`, those
    of paid-up months to the quote they were paid under. `restart_on`: if all is paid on `pay_by`.
    `found` and `terms` together are `arrears.rules.assessment.Assessment` as data, from which every
    figure is explained with its formula, inputs and source.
    """

    append_only = True

    case = models.ForeignKey(
        ArrearsCase, models.PROTECT, related_name="quotes",
        db_index=False,  # `one_quote_a_version` finds them
        verbose_name=_("arrears case"),
    )  # fmt: skip
    version = models.PositiveSmallIntegerField(_("version"))
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("made by"),
    )  # fmt: skip
    pay_by = models.DateField(_("pay by"))
    principal_employer_fen = models.BigIntegerField(_("contribution, employer's share (fen)"))
    principal_person_fen = models.BigIntegerField(_("contribution, personal share (fen)"))
    fee_employer_fen = models.BigIntegerField(_("late fee of the employer (fen)"))
    fee_person_fen = models.BigIntegerField(_("late fee of the person (fen)"))
    total_fen = models.BigIntegerField(_("total (fen)"))
    restart_on = models.DateField(_("benefits restart on"))
    waiting_months = models.PositiveSmallIntegerField(_("waiting months"))
    terms = models.ForeignKey(
        QuoteTerms,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("terms of quotes"),
    )
    found = models.JSONField(_("assessment"))

    class Meta:
        ordering = ["case_id", "version"]
        verbose_name = _("arrears quote")
        verbose_name_plural = _("arrears quotes")
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="one_quote_a_version"),
            models.CheckConstraint(
                condition=Q(
                    principal_employer_fen__gte=0,
                    principal_person_fen__gte=0,
                    fee_employer_fen__gte=0,
                    fee_person_fen__gte=0,
                ),
                name="quote_owes_nothing_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_fen=F("principal_employer_fen")
                    + F("principal_person_fen")
                    + F("fee_employer_fen")
                    + F("fee_person_fen")
                ),
                name="quote_parts_make_the_total",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.version}"

    @property
    def assessment(self) -> dict[str, Any]:
        """What `arrears.rules.stored.from_json` reads. A query, unless the terms came along."""
        return {**self.found, "used": self.terms.content}
