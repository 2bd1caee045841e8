"""What the public statistics show, worked out by a job so that no page counts cases."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..rules.suppression import Withheld
from .regions import Region


class Measure(models.TextChoices):
    CHECK = "check", _("Check")
    TRANSFER_OUT = "transfer_out", _("Transfer out")
    TRANSFER_IN = "transfer_in", _("Transfer in")
    RELATION = "relation", _("From application to transfer in")
    BALANCE = "balance", _("From transfer in to balance credited")
    ARRIVAL = "arrival", _("Balances that have arrived")


class MonthFigure(models.Model):
    """How one measure went in one place and month: what was finished in it, and how long it took.

    Days are working days by the pool's calendar. `on_time` is None where nobody set a limit. The
    figures are exact; where `withheld` says so, none of them may be shown (`rules.suppression`).
    """

    region = models.ForeignKey(
        Region, models.CASCADE, related_name="+", db_index=False, verbose_name=_("place")
    )
    month = models.DateField(_("month"))
    measure = models.CharField(_("measure"), max_length=12, choices=Measure)
    cases = models.PositiveIntegerField(_("cases"))
    on_time = models.PositiveIntegerField(_("on time"), null=True, blank=True)
    median_days = models.DecimalField(
        _("median (working days)"), max_digits=6, decimal_places=1, null=True, blank=True
    )
    p90_days = models.DecimalField(
        _("90 % within (working days)"), max_digits=6, decimal_places=1, null=True, blank=True
    )
    withheld = models.CharField(
        _("not shown"), max_length=5, blank=True,
        choices=[(why.value, why.value) for why in Withheld if why],
    )  # fmt: skip
    worked_out_at = models.DateTimeField(_("worked out at"))

    class Meta:
        ordering = ["-month", "region", "measure"]
        verbose_name = _("figure of a month")
        verbose_name_plural = _("figures of months")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "month", "measure"], name="one_figure_a_month_and_measure"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.month:%Y-%m} {self.measure}"
