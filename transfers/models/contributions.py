"""What a pool has on record of a person's contributions, and what a transfer added to it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..rules.states import Scheme
from .applications import TransferApplication
from .forms import ContributionRow, InformationForm
from .ledger import Receivable
from .people import Person
from .regions import Region


class Contribution(models.Model):
    """A span of contribution months in a pool's record of a person; ends are firsts of months.

    `brought_by`: the information form that brought the span from elsewhere, if one did.
    `paid_back_under`: what was owed for it, where it was missed and paid back.
    """

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="contributions", verbose_name=_("person")
    )
    pool = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("pool")
    )
    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme)
    from_month = models.DateField(_("from month"))
    to_month = models.DateField(_("to month"))
    months = models.PositiveSmallIntegerField(_("months"))
    kind = models.CharField(
        _("kind"), max_length=6, choices=ContributionRow.Kind, default=ContributionRow.Kind.ACTUAL
    )
    base_fen = models.PositiveBigIntegerField(_("contribution base (fen)"), default=0)
    brought_by = models.ForeignKey(
        InformationForm, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("brought by"),
    )  # fmt: skip
    paid_back_under = models.ForeignKey(
        Receivable, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("paid back under"),
    )  # fmt: skip
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("recorded by"),
    )  # fmt: skip
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        ordering = ["from_month", "pk"]
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_month__gte=F("from_month")), name="contribution_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(months__gte=1), name="contribution_has_months"),
        ]

    def __str__(self) -> str:
        return f"{self.from_month:%Y-%m}–{self.to_month:%Y-%m}"


class Merge(models.Model):
    """What counting the months at the destination came to. Cumulative months never fall.

    `overlaps`: the months both pools have, as YYYY-MM, each counted once. `on_form_months` is what
    the form brought, `converted_months` what that is worth at the destination (the same, unless
    resident years convert), `added_months` what of it was new.
    """

    append_only = True

    application = models.OneToOneField(
        TransferApplication, models.PROTECT, related_name="merge", verbose_name=_("application")
    )
    form = models.ForeignKey(
        InformationForm, models.PROTECT, related_name="+", verbose_name=_("information form")
    )
    held_months = models.PositiveSmallIntegerField(_("months held before"))
    on_form_months = models.PositiveSmallIntegerField(_("months on the form"))
    converted_months = models.PositiveSmallIntegerField(_("worth at the destination"))
    added_months = models.PositiveSmallIntegerField(_("months added"))
    cumulative_months = models.PositiveSmallIntegerField(_("cumulative months"))
    overlaps = models.JSONField(_("months insured twice"), default=list)
    reason = models.TextField(_("how the overlap was resolved"), blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("merge of contribution months")
        verbose_name_plural = _("merges of contribution months")
        constraints = [
            models.CheckConstraint(
                condition=Q(cumulative_months=F("held_months") + F("added_months")),
                name="cumulative_never_falls",
            ),
            models.CheckConstraint(
                condition=Q(added_months__lte=F("converted_months")),
                name="no_more_added_than_brought",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} +{self.added_months}"
