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


class StatisticsProgress(models.Model):
    """How far the public statistics have come; the one row of a job that looks every minute.

    Cases change only with an event, so events tell which months changed. Numbers of events are given
    out before they become visible, so one that is seen later may carry a smaller number: all up to
    `counted_to` have been looked at, and no more of those can come; `beyond` is how many after it have
    been. `next_to` becomes `counted_to` once every transaction before `next_transaction` is over.
    """

    counted_to = models.BigIntegerField(default=0)
    beyond = models.PositiveIntegerField(default=0)
    next_to = models.BigIntegerField(default=0)
    next_transaction = models.BigIntegerField(default=0)
    # The sum of the calendars' versions: a corrected calendar changes what days were counted.
    calendars = models.PositiveIntegerField(default=0)
    # Months yet to be worked out ("2025-10"), with whether all measures are or only the arrival.
    months = models.JSONField(default=dict)
    # The figures held everything that was written by then.
    as_of = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("progress of the statistics")
        verbose_name_plural = _("progress of the statistics")

    def __str__(self) -> str:
        return f"{self.counted_to}"
