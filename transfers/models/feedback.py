"""What the applicant says at the end: a query of the credited amount, and a rating of the service."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from .applications import TransferApplication


class Dispute(models.Model):
    """The applicant queries a finished transfer within `dispute_days`; the destination answers."""

    class About(models.TextChoices):
        AMOUNT = "amount", _("The amount is not right")
        NOT_ARRIVED = "not_arrived", _("The money is not on my account")
        MONTHS = "months", _("Months are missing or wrong")
        OTHER = "other", _("Something else")

    application = models.ForeignKey(
        TransferApplication, models.CASCADE, related_name="disputes", verbose_name=_("application")
    )
    about = models.CharField(_("about"), max_length=12, choices=About)
    text = models.TextField(_("in the applicant's words"), max_length=500, blank=True)
    raised_at = models.DateTimeField(_("raised at"))
    answer_by = models.DateField(_("answer due on"))
    answer = models.TextField(_("answer"), max_length=1000, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("answered by"),
    )  # fmt: skip

    class Meta:
        ordering = ["-raised_at"]
        verbose_name = _("query of a result")
        verbose_name_plural = _("queries of results")
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(answered_at__isnull=True),
                name="one_open_query",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="answered_with_words_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.get_about_display()}"

    @property
    def raised_on(self) -> date:
        return localdate(self.raised_at)


class Rating(models.Model):
    """好差评: one rating a case, once it is closed. Source: the national rules on rating services."""

    class Level(models.IntegerChoices):
        VERY_GOOD = 5, _("Very satisfied")
        GOOD = 4, _("Satisfied")
        FAIR = 3, _("Fairly satisfied")
        BAD = 2, _("Dissatisfied")
        VERY_BAD = 1, _("Very dissatisfied")

    class Indicator(models.TextChoices):
        SPEED = "speed", _("Speed")
        GUIDANCE = "guidance", _("Clear guidance")
        CONVENIENCE = "convenience", _("Convenience")
        PLATFORM = "platform", _("The website")

    application = models.OneToOneField(
        TransferApplication, models.CASCADE, related_name="rating", verbose_name=_("application")
    )
    level = models.PositiveSmallIntegerField(_("level"), choices=Level)
    indicators = models.JSONField(_("indicators"), default=list, blank=True)
    text = models.TextField(_("words"), max_length=500, blank=True)
    rated_at = models.DateTimeField(_("rated at"))
    reply = models.TextField(_("reply"), max_length=500, blank=True)
    replied_at = models.DateTimeField(_("replied at"), null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("replied by"),
    )  # fmt: skip

    class Meta:
        ordering = ["-rated_at"]
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=5), name="rating_of_five"),
            models.CheckConstraint(
                condition=Q(replied_at__isnull=True, replied_by__isnull=True, reply="")
                | (Q(replied_at__isnull=False, replied_by__isnull=False) & ~Q(reply="")),
                name="replied_with_words_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.level}"

    @property
    def indicator_labels(self) -> list[str]:
        """What the rating rests on, in the reader's language."""
        return [str(each.label) for each in self.Indicator if each in self.indicators]
