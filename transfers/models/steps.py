"""Obligations with a clock."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..rules.steps import STEPS, LatenessReason, Outcome, Owner, StepKind
from .applications import TransferApplication
from .calendar import Calendar
from .regions import Agency

if TYPE_CHECKING:
    from .users import User


class StepQuerySet(models.QuerySet["Step"]):
    def open(self) -> StepQuerySet:
        return self.filter(closed_on__isnull=True)

    def running(self) -> StepQuerySet:
        return self.open().filter(paused_on__isnull=True)

    def overdue(self, today: date) -> StepQuerySet:
        """Running steps whose due day is over. Derived, never stored."""
        return self.running().filter(due_on__lt=today)

    def visible_to(self, user: User) -> StepQuerySet:
        """Steps owed by the agencies in the user's scope."""
        return self.filter(agency__in=Agency.objects.filter(user.scope).values("pk"))


class Step(models.Model):
    """One obligation: who owes it, since when, and when it is due.

    Day zero is `running_since`; the step is due `limit_days - used_days` working days after it, by
    the calendar pinned here. `limit_days` is what the pool promises, `statutory_days` what the law
    allows. While paused there is no due day, so a paused step cannot be overdue.
    """

    application = models.ForeignKey(
        TransferApplication, models.CASCADE, related_name="steps", verbose_name=_("application")
    )
    kind = models.CharField(_("step"), max_length=20, choices=StepKind)
    owner = models.CharField(_("owed by"), max_length=11, choices=Owner)
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="steps", verbose_name=_("agency"),
        help_text=_("The agency that owes the step, or watches the applicant who does."),
    )  # fmt: skip
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="steps",
        verbose_name=_("handled by"),
    )  # fmt: skip
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="+", db_index=False, verbose_name=_("calendar")
    )
    policy = models.JSONField(_("policy in force"), help_text=_("Where the limits come from."))

    opened_on = models.DateField(_("opened on"))
    running_since = models.DateField(_("running since"))
    limit_days = models.PositiveSmallIntegerField(_("limit (working days)"))
    statutory_days = models.PositiveSmallIntegerField(_("statutory limit (working days)"))
    used_days = models.SmallIntegerField(_("used before the last pause"), default=0)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    statutory_due_on = models.DateField(_("statutory due day"), null=True, blank=True)
    provisional = models.BooleanField(_("provisional"), default=False)
    paused_on = models.DateField(_("paused on"), null=True, blank=True)

    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, blank=True, choices=Outcome)
    late_days = models.PositiveSmallIntegerField(_("late (working days)"), default=0)
    lateness_reason = models.CharField(
        _("why late"), max_length=20, blank=True, choices=LatenessReason
    )
    charged_to = models.CharField(_("charged to"), max_length=11, blank=True, choices=Owner)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["opened_on", "pk"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        indexes = [
            models.Index(
                fields=["due_on", "id"], name="step_due",
                condition=Q(closed_on__isnull=True, paused_on__isnull=True),
            ),
            models.Index(
                fields=["agency", "due_on", "id"], name="step_queue",
                condition=Q(closed_on__isnull=True),
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=Q(closed_on__isnull=True),
                name="one_open_step_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=False)
                | Q(paused_on__isnull=True, due_on__isnull=False, statutory_due_on__isnull=False)
                | Q(paused_on__isnull=False, due_on__isnull=True, statutory_due_on__isnull=True),
                name="paused_without_due_day",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True, outcome="")
                | (Q(closed_on__isnull=False) & ~Q(outcome="")),
                name="closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(late_days=0) | (~Q(lateness_reason="") & ~Q(charged_to="")),
                name="late_step_charged",
            ),
            models.CheckConstraint(
                condition=Q(limit_days__lte=F("statutory_days")), name="promise_within_statute"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.get_kind_display()}"

    @property
    def on_money_track(self) -> bool:
        return STEPS[StepKind(self.kind)].money
