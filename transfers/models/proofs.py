"""The nightly proof that the books agree, and each break it found until somebody cleared it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .applications import TransferApplication
from .ledger import Receivable
from .regions import Agency
from .statements import StatementLine


class BookProof(models.Model):
    """One run over all books. `figures`: the sums in fen, and what is in transit and suspense by age."""

    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"))
    figures = models.JSONField(_("figures"))
    breaks_found = models.PositiveIntegerField(_("breaks found"))

    class Meta:
        ordering = ["-finished_at", "-pk"]
        verbose_name = _("proof of the books")
        verbose_name_plural = _("proofs of the books")

    def __str__(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M}"


class Break(models.Model):
    """Something in the books that does not agree. While it is open, nothing is posted on its case.

    It is cleared by a later proof that no longer finds it, or released by a supervisor with a reason;
    a released one that a later proof still finds is a new break.
    """

    class Kind(models.TextChoices):
        LEGS = "legs", _("The legs of an instruction do not balance")
        BALANCE = "balance", _("An account's balance is not the sum of its entries")
        STATE = "state", _("The case's state does not agree with the ledger")
        LINE = "line", _("A statement line does not agree with what was booked")
        UNPROVEN = "unproven", _("A booked receipt is not on the bank's statement")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("owner"))
    application = models.ForeignKey(
        TransferApplication, models.PROTECT, null=True, blank=True, related_name="breaks",
        verbose_name=_("application"),
    )  # fmt: skip
    line = models.ForeignKey(
        StatementLine, models.PROTECT, null=True, blank=True, related_name="breaks",
        verbose_name=_("statement line"),
    )  # fmt: skip
    receivable = models.ForeignKey(
        Receivable, models.PROTECT, null=True, blank=True, related_name="breaks",
        verbose_name=_("receivable"),
    )  # fmt: skip
    facts = models.JSONField(_("facts"), default=dict)
    found_in = models.ForeignKey(
        BookProof, models.PROTECT, related_name="breaks", verbose_name=_("found in")
    )
    found_at = models.DateTimeField(_("found at"))
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("released by"),
    )  # fmt: skip
    release_reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        ordering = ["-found_at", "-pk"]
        verbose_name = _("break in the books")
        verbose_name_plural = _("breaks in the books")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "application"],
                condition=Q(cleared_at__isnull=True, application__isnull=False, line__isnull=True),
                name="one_open_break_a_case",
            ),
            models.UniqueConstraint(
                fields=["kind", "line"],
                condition=Q(cleared_at__isnull=True, line__isnull=False),
                name="one_open_break_a_line",
            ),
            models.UniqueConstraint(
                fields=["kind", "receivable"],
                condition=Q(cleared_at__isnull=True, receivable__isnull=False),
                name="one_open_break_a_receivable",
            ),
            models.CheckConstraint(
                condition=Q(application__isnull=False)
                | Q(line__isnull=False)
                | Q(receivable__isnull=False),
                name="break_has_its_subject",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True)
                | (Q(cleared_at__isnull=False) & ~Q(release_reason="")),
                name="release_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.application or self.line or self.receivable}"
