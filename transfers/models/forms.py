"""The information form 《信息表》 that carries the relation, version by version."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .applications import TransferApplication


class InformationForm(models.Model):
    """One version of the form: prepared by a maker, sealed by a different checker, never changed.

    `content_hash` is the SHA-256 of the canonical content (`workflow.forms.content_of`), which is what
    the checker confirmed.
    """

    append_only = True

    application = models.ForeignKey(
        TransferApplication, models.PROTECT, related_name="forms", verbose_name=_("application")
    )
    version = models.PositiveSmallIntegerField(_("version"))
    last_paid_month = models.DateField(
        _("last paid month"), help_text=_("Stored as the first day of the month.")
    )
    benefits_end_on = models.DateField(_("benefits end on"))
    interrupted = models.BooleanField(_("interrupted"), default=False)
    balance_fen = models.PositiveBigIntegerField(_("personal account (fen)"))
    content_hash = models.CharField(_("content hash"), max_length=64)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    prepared_at = models.DateTimeField(_("prepared at"))
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("sealed by")
    )
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        ordering = ["application_id", "version"]
        verbose_name = _("information form")
        verbose_name_plural = _("information forms")
        constraints = [
            models.UniqueConstraint(fields=["application", "version"], name="one_form_a_version"),
            models.CheckConstraint(
                condition=~Q(sealed_by=F("prepared_by")),
                name="form_sealed_by_another",
                violation_error_message=_("The person who prepared the form cannot seal it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} v{self.version}"

    @property
    def total_months(self) -> int:
        return sum(row.months for row in self.rows.all())


class ContributionRow(models.Model):
    """A span of contribution months at the origin, each end the first day of its month."""

    append_only = True

    class Kind(models.TextChoices):
        ACTUAL = "actual", _("Actual")
        DEEMED = "deemed", _("Deemed")

    form = models.ForeignKey(
        InformationForm, models.PROTECT, related_name="rows", verbose_name=_("form")
    )
    from_month = models.DateField(_("from month"))
    to_month = models.DateField(_("to month"))
    months = models.PositiveSmallIntegerField(_("months"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.ACTUAL)
    base_fen = models.PositiveBigIntegerField(_("contribution base (fen)"), default=0)

    class Meta:
        ordering = ["from_month"]
        verbose_name = _("contribution row")
        verbose_name_plural = _("contribution rows")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_month__gte=F("from_month")), name="row_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(months__gte=1), name="row_has_months"),
        ]

    def __str__(self) -> str:
        return f"{self.from_month:%Y-%m}–{self.to_month:%Y-%m}"
