"""The working calendar as data: which day counts, why, and by which notice."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..rules.working_days import DayKind
from .regions import Region

DAY_KINDS = [
    (DayKind.WORKDAY.value, _("Working day")),
    (DayKind.WEEKEND.value, _("Weekend")),
    (DayKind.HOLIDAY.value, _("Public holiday")),
    (DayKind.MAKEUP.value, _("Make-up working day")),
    (DayKind.CLOSURE.value, _("Closure of the agency")),
]


class Calendar(models.Model):
    """The nation's calendar, or that of a pool which adds closures. `version` grows with each load."""

    region = models.OneToOneField(
        Region, models.PROTECT, primary_key=True, verbose_name=_("region")
    )
    published_until = models.DateField(
        _("published until"),
        help_text=_("Later days are Mon–Fri guesses and shown as provisional."),
    )
    version = models.PositiveIntegerField(_("version"), default=1)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")

    def __str__(self) -> str:
        return str(self.region)


class CalendarNotice(models.Model):
    """The notice that fixed one year of a calendar."""

    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="notices", verbose_name=_("calendar")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.CharField(_("notice number"), max_length=80)
    title = models.CharField(_("title"), max_length=200)
    published_on = models.DateField(_("published on"))
    source = models.CharField(_("source"), max_length=300, blank=True)
    verified = models.BooleanField(_("number and date verified"), default=False)
    checksum = models.CharField(_("checksum"), max_length=64, editable=False)
    loaded_at = models.DateTimeField(_("loaded at"))

    class Meta:
        ordering = ["-year"]
        verbose_name = _("calendar notice")
        verbose_name_plural = _("calendar notices")
        constraints = [
            models.UniqueConstraint(fields=["calendar", "year"], name="one_notice_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.number}"


class CalendarDay(models.Model):
    """One day of a calendar.

    `ordinal` counts the working days up to and including this one, so that in SQL the n-th working
    day after d is the working day whose ordinal is d's plus n.
    """

    calendar = models.ForeignKey(
        Calendar, models.CASCADE, related_name="days", verbose_name=_("calendar")
    )
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=10, choices=DAY_KINDS)
    name = models.CharField(_("name"), max_length=40, blank=True)
    notice = models.CharField(_("notice number"), max_length=80, blank=True)
    working = models.BooleanField(_("working"))
    ordinal = models.PositiveIntegerField(_("ordinal"))

    class Meta:
        ordering = ["calendar_id", "day"]
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        constraints = [
            models.UniqueConstraint(fields=["calendar", "day"], name="one_row_a_day"),
            models.UniqueConstraint(
                fields=["calendar", "ordinal"],
                condition=models.Q(working=True),
                name="one_working_day_an_ordinal",
            ),
            models.CheckConstraint(
                condition=models.Q(working=models.Q(kind__in=["workday", "makeup"])),
                name="working_follows_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.day.isoformat()
