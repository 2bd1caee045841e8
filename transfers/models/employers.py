"""Employers who apply for their own staff, and the files they hand in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .regions import Agency


class Employer(models.Model):
    """An employer with an account. It sees its own batches only."""

    uscc = models.CharField(_("unified social credit code"), max_length=18, unique=True)
    name = models.CharField(pgettext_lazy("of an employer", "name"), max_length=120)
    contact_phone = models.CharField(_("phone"), max_length=20, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    # The office that checked the business licence; without one, an administrator of no agency did.
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        editable=False, verbose_name=_("account kept by"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("employer")
        verbose_name_plural = _("employers")

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """A spreadsheet of up to 5,000 people: read in and checked by a job, then handed in by a job.

    A job holds a batch by `leased_until`; whoever finds an expired lease goes on where the rows say.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be checked")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        UNREADABLE = "unreadable", _("Not readable")
        SUBMITTING = "submitting", _("Being handed in")
        DONE = "done", _("Handed in")
        DISCARDED = "discarded", _("Discarded")

    employer = models.ForeignKey(
        Employer, models.PROTECT, related_name="batches", verbose_name=_("employer")
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    reference = models.CharField(_("batch number"), max_length=20, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    file = models.FileField(_("file"), upload_to="batches/", max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.PositiveIntegerField(_("size (bytes)"))
    # The names of the columns that were read, as the file has them, for the annotated file.
    header = models.JSONField(_("columns"), default=list, blank=True)
    # What is wrong with the file as a whole, as `transfers.intake.batches` writes it.
    problems = models.JSONField(_("problems"), default=list, blank=True)
    rows_total = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"))
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    submit_asked_at = models.DateTimeField(_("handed in at"), null=True, blank=True)
    done_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = [
            models.Index(
                fields=["uploaded_at"], name="batch_to_work_on",
                condition=Q(state__in=["waiting", "checking", "submitting"]),
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "sha256"],
                condition=~Q(state__in=["discarded", "unreadable"]),
                name="one_file_once_an_employer",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class BatchRow(models.Model):
    """One row of a batch, as it was read (`cells`, under the batch's `header`) and understood (`values`).

    `problems`: a list of {"field", "code", "zh", "en"}; a row with one is bad and never handed in.
    """

    class State(models.TextChoices):
        GOOD = "good", _("Good")
        BAD = "bad", _("To be corrected")
        SUBMITTED = "submitted", _("Handed in")
        REFUSED = "refused", _("Refused when handed in")

    batch = models.ForeignKey(
        Batch, models.CASCADE, related_name="rows", db_index=False, verbose_name=_("batch")
    )
    number = models.PositiveIntegerField(_("row of the sheet"))
    state = models.CharField(_("state"), max_length=10, choices=State)
    cells = models.JSONField(_("as read"), default=list)
    values = models.JSONField(_("as understood"), default=dict)
    problems = models.JSONField(_("problems"), default=list)
    application = models.OneToOneField(
        "TransferApplication", models.PROTECT, null=True, blank=True, related_name="batch_row",
        verbose_name=_("application"),
    )  # fmt: skip

    class Meta:
        ordering = ["number"]
        verbose_name = _("row of a batch")
        verbose_name_plural = _("rows of batches")
        indexes = [models.Index(fields=["batch", "state", "number"], name="batch_rows_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="each_row_once"),
            models.CheckConstraint(
                condition=Q(state="submitted", application__isnull=False)
                | (~Q(state="submitted") & Q(application__isnull=True)),
                name="submitted_iff_it_is_a_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.number}"
