"""What each place asks for missed months, and the wages its contributions are reckoned from.

Read through `arrears.policy.resolve`.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from transfers.models.policies import RegionPolicy, ValueStatus, ends_after_it_starts
from transfers.models.regions import Region

from ..rules.periods import DueRule
from ..rules.restart import RestartRule

_OPTIONAL = {"null": True, "blank": True}


def _number(label: Any, most: int, least: int = 0) -> Any:
    validators = [MinValueValidator(least), MaxValueValidator(most)]
    return models.PositiveSmallIntegerField(label, validators=validators, **_OPTIONAL)


def _yes_or_no(label: Any) -> Any:
    return models.BooleanField(label, **_OPTIONAL)


def _fraction(label: Any, most: str, places: int) -> Any:
    return models.DecimalField(
        label, max_digits=places + 1, decimal_places=places,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(most))], **_OPTIONAL,
    )  # fmt: skip


def day_of_year(text: str) -> None:
    """Refuses what is not a day of every year, written MM-DD."""
    try:
        if len(text) != 5 or text != date.fromisoformat(f"2001-{text}").strftime("%m-%d"):
            raise ValueError
    except ValueError:
        raise ValidationError(
            _("Write a day of the year as MM-DD, for example 09-15; 02-29 is not in every year."),
            code="day_of_year",
        ) from None


def _day(label: Any) -> Any:
    return models.CharField(label, max_length=5, blank=True, validators=[day_of_year])


class ArrearsPolicy(RegionPolicy):
    """How a place treats months that were missed. Rates are fractions: 0.08 is 8 %."""

    gap_free_months = _number(_("gap without waiting (months)"), 12)
    back_pay_allowed = _yes_or_no(_("missed months may be paid later"))
    back_pay_allowed_flexible = _yes_or_no(_("also by people in flexible employment"))
    max_gap_months = _number(_("longest gap that may be paid (months)"), 600)
    min_consecutive_months = _number(_("months in a row needed before the gap"), 600)
    switch_months = _number(_("months in a row that a change of scheme asks for"), 600)

    restart_rule = models.CharField(
        _("benefits restart"), max_length=15, blank=True, choices=RestartRule
    )
    restart_rule_over = models.CharField(
        _("benefits restart after a longer gap, instead of waiting"), max_length=15, blank=True,
        choices=RestartRule,
    )  # fmt: skip
    waiting_months_4_to_6 = _number(_("wait after a gap of up to 6 months"), 6)
    waiting_months_over_6 = _number(_("wait after a gap of more than 6 months"), 6)
    payment_month_counts = _yes_or_no(_("the month of payment counts as waited"))
    retroactive = _yes_or_no(_("costs of the gap are reimbursed afterwards"))

    contribution_rate_unit = _fraction(_("contribution rate of the employer"), "0.5", 4)
    contribution_rate_person = _fraction(_("contribution rate of the person"), "0.5", 4)
    due_rule = models.CharField(
        _("contributions are due"), max_length=10, blank=True, choices=DueRule
    )
    late_fee_daily_rate = _fraction(_("late fee a day"), "0.01", 6)
    late_fee_on_person = _yes_or_no(_("the person pays a late fee for own omissions"))

    window_from = _day(_("residents pay for the next year from"))
    window_to = _day(_("residents pay for the next year until"))
    repair_from = _day(_("residents make up missed years from"))
    repair_to = _day(_("residents make up missed years until"))
    fixed_wait_months = _number(_("residents: fixed wait (months)"), 12)
    wait_per_broken_year = _number(_("residents: more wait for each missed year (months)"), 12)
    repair_per_year = _number(_("residents: less wait for each year made up (months)"), 12)
    floor_from_4_years = _number(_("residents: least wait from 4 missed years (months)"), 24)
    first_year_free = _yes_or_no(_("residents: the first missed year adds no wait"))

    quote_days = _number(_("a quote is valid for (working days)"), 250, least=1)
    assess_days = _number(_("a case is assessed within (working days)"), 250, least=1)
    pay_at_zh = models.CharField(_("where to pay (Chinese)"), max_length=200, blank=True)
    pay_at_en = models.CharField(_("where to pay (English)"), max_length=200, blank=True)

    VALUES = (
        "gap_free_months", "back_pay_allowed", "back_pay_allowed_flexible", "max_gap_months",
        "min_consecutive_months", "switch_months", "restart_rule", "restart_rule_over",
        "waiting_months_4_to_6", "waiting_months_over_6", "payment_month_counts", "retroactive",
        "contribution_rate_unit", "contribution_rate_person", "due_rule", "late_fee_daily_rate",
        "late_fee_on_person", "window_from", "window_to", "repair_from", "repair_to",
        "fixed_wait_months", "wait_per_broken_year", "repair_per_year", "floor_from_4_years",
        "first_year_free", "quote_days", "assess_days", "pay_at_zh", "pay_at_en",
    )  # fmt: skip

    class Meta(RegionPolicy.Meta):
        verbose_name = _("arrears policy")
        verbose_name_plural = _("arrears policies")
        constraints = [ends_after_it_starts("arrears_policy_ends_after_it_starts")]

    def clean(self) -> None:
        """Besides the overlap: a span of days of the year needs both its ends."""
        super().clean()
        missing = {}
        for start, end in (("window_from", "window_to"), ("repair_from", "repair_to")):
            if bool(getattr(self, start)) is not bool(getattr(self, end)):
                empty = end if getattr(self, start) else start
                missing[empty] = ValidationError(
                    _("Give both the first and the last day, or neither."), code="half_a_span"
                )
        if missing:
            raise ValidationError(missing)


class WageBase(models.Model):
    """The monthly wage from which the contributions of one year are reckoned in a place, in fen.

    As a rule last year's local average wage, so `year` is the year of the contribution.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("region"))
    year = models.PositiveSmallIntegerField(
        _("year of the contributions"),
        validators=[MinValueValidator(1990), MaxValueValidator(2100)],
    )
    amount_fen = models.PositiveBigIntegerField(
        _("monthly base (fen)"),
        validators=[MinValueValidator(1), MaxValueValidator(100_000_000)],
    )
    status = models.CharField(
        _("how sure"), max_length=10, choices=ValueStatus, default=ValueStatus.OWN
    )
    source = models.CharField(_("source"), max_length=500)
    verified = models.BooleanField(_("verified"), default=False)

    class Meta:
        ordering = ["region_id", "-year"]
        verbose_name = _("wage base")
        verbose_name_plural = _("wage bases")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "year"],
                name="one_wage_base_a_year",
                violation_error_message=_("The region has a base for this year already."),
            ),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gte=1), name="wage_base_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.year}"
