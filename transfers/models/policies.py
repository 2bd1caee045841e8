"""What each place promises, row by row and year by year. Read through `transfers.policy.resolve`."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..rules.balances import Disposition, InProvinceMode
from .regions import Region

_DAYS = {
    "null": True,
    "blank": True,
    "validators": [MinValueValidator(1), MaxValueValidator(250)],
}


class ValueStatus(models.TextChoices):
    """How sure a policy value is."""

    LAW = "law", _("National text")
    ARTICLE = "article", _("Reported by an article")
    OWN = "own", _("Default of this product, to be confirmed")


def ends_after_it_starts(name: str) -> models.CheckConstraint:
    """The constraint every policy table has. `name` is the database's, so each table brings its own."""
    return models.CheckConstraint(
        condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
        name=name,
        violation_error_message=_("A policy cannot end before it starts."),
    )


class RegionPolicy(models.Model):
    """One region's values for one span of days. An empty value falls back to the region above.

    `VALUES` names the columns that are values; `provenance` tells for each one given
    {"status", "source", "verified"}. That two rows of a region never share a day is held by
    `guards.no_overlap`, which the migration of each table puts up.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("region"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    provenance = models.JSONField(_("where the values come from"), default=dict)

    VALUES: tuple[str, ...] = ()

    class Meta:
        abstract = True
        ordering = ["region_id", "-valid_from"]

    def __str__(self) -> str:
        return f"{self.region} {self.valid_from}"

    def covers(self, on: date) -> bool:
        """Whether the row is in force on a day."""
        return self.valid_from <= on <= (self.valid_to or on)

    def given(self) -> dict[str, Any]:
        """The values this row sets itself."""
        values = {name: getattr(self, name) for name in self.VALUES}
        return {name: value for name, value in values.items() if value not in (None, "")}

    def clean(self) -> None:
        """Refuses a span that overlaps another row of the region; the database does so too."""
        super().clean()
        if self.region_id is None or self.valid_from is None:
            return
        others = type(self).objects.filter(region=self.region_id).exclude(pk=self.pk)
        clash = others.filter(
            models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=self.valid_from)
        )
        if self.valid_to is not None:
            clash = clash.filter(valid_from__lte=self.valid_to)
        first = clash.order_by("valid_from").first()
        if first is not None:
            raise ValidationError(
                {
                    "valid_from": ValidationError(
                        _("%(region)s already has a policy from %(start)s to %(end)s."),
                        code="overlap",
                        params={
                            "region": self.region,
                            "start": first.valid_from,
                            "end": first.valid_to or "…",
                        },
                    )
                }
            )


class TransferPolicy(RegionPolicy):
    """How long each step of a transfer may take in a place, and how the place works.

    All `*_days` are working days.
    """

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="transfer_policies", verbose_name=_("region")
    )

    transfer_out_days = models.PositiveSmallIntegerField(_("transfer out (days)"), **_DAYS)
    transfer_in_days = models.PositiveSmallIntegerField(_("transfer in (days)"), **_DAYS)
    check_days = models.PositiveSmallIntegerField(_("check (days)"), **_DAYS)
    supplement_days = models.PositiveSmallIntegerField(_("missing materials (days)"), **_DAYS)
    correction_days = models.PositiveSmallIntegerField(_("correction (days)"), **_DAYS)
    credit_days = models.PositiveSmallIntegerField(_("crediting (days)"), **_DAYS)
    remit_days = models.PositiveSmallIntegerField(_("remittance (days)"), **_DAYS)
    resend_days = models.PositiveSmallIntegerField(_("sending again (days)"), **_DAYS)
    dispute_days = models.PositiveSmallIntegerField(_("query by the applicant (days)"), **_DAYS)
    balance_expected_days = models.PositiveSmallIntegerField(
        _("balance usually arrives within (days)"), **_DAYS
    )
    connected = models.BooleanField(_("connected to the platform"), null=True, blank=True)
    in_province_mode = models.CharField(
        _("balances inside the province"), max_length=10, blank=True, choices=InProvinceMode
    )
    balance_disposition = models.CharField(
        _("balances leaving the pool"), max_length=15, blank=True,
        choices=[d for d in Disposition.choices if d[0] != Disposition.NOT_DUE],
    )  # fmt: skip
    resident_year_to_employee_months = models.PositiveSmallIntegerField(
        _("months of employee cover a resident year counts as"), null=True, blank=True,
        validators=[MaxValueValidator(12)],
    )  # fmt: skip
    minimum_years_male = models.PositiveSmallIntegerField(
        _("minimum years, men"), null=True, blank=True, validators=[MaxValueValidator(60)]
    )
    minimum_years_female = models.PositiveSmallIntegerField(
        _("minimum years, women"), null=True, blank=True, validators=[MaxValueValidator(60)]
    )
    hotline = models.CharField(_("hotline"), max_length=20, blank=True)

    VALUES = (
        "transfer_out_days", "transfer_in_days", "check_days", "supplement_days",
        "correction_days", "credit_days", "remit_days", "resend_days", "dispute_days",
        "balance_expected_days", "connected", "in_province_mode", "balance_disposition",
        "resident_year_to_employee_months", "minimum_years_male", "minimum_years_female",
        "hotline",
    )  # fmt: skip

    class Meta(RegionPolicy.Meta):
        verbose_name = _("transfer policy")
        verbose_name_plural = _("transfer policies")
        constraints = [ends_after_it_starts("policy_ends_after_it_starts")]
