"""Applications being filled in, and the files handed in with them."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .applications import MaterialKind, TransferApplication


class Draft(models.Model):
    """An application that was not handed in yet: saved at every Continue, deleted on `expires_on`.

    Found again like a case, by reference and code, of which only the hash is kept. Once it became a
    case its answers are gone, and its reference and code lead to that case until it is deleted.
    """

    reference = models.CharField(_("reference number"), max_length=20, unique=True)
    code_hash = models.CharField(max_length=160, editable=False)
    # Names the draft in a signed form field, so that a page sent after the session ended is kept.
    token = models.UUIDField(default=uuid4, unique=True, editable=False)
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    reached = models.PositiveSmallIntegerField(_("pages answered"), default=0)
    language = models.CharField(
        _("language of messages"), max_length=10, choices=settings.LANGUAGES, default="zh-hans"
    )
    follows = models.ForeignKey(
        TransferApplication, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("applied before as"),
    )  # fmt: skip
    application = models.ForeignKey(
        TransferApplication, models.CASCADE, null=True, blank=True, related_name="drafts",
        verbose_name=_("handed in as"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"))
    saved_at = models.DateTimeField(_("saved at"))
    expires_on = models.DateField(_("deleted after"), db_index=True)

    class Meta:
        ordering = ["-saved_at"]
        verbose_name = _("unsent application")
        verbose_name_plural = _("unsent applications")
        constraints = [
            models.CheckConstraint(
                condition=Q(application__isnull=True) | Q(answers={}),
                name="answers_go_with_the_draft",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class FileType(models.TextChoices):
    JPEG = "image/jpeg", "JPG"
    PNG = "image/png", "PNG"
    PDF = "application/pdf", "PDF"


class Upload(models.Model):
    """A file handed in as a material, cleaned, stored outside the web root.

    `token` is its address; who may open it is asked each time. It belongs to a draft, and to the case
    once that is handed in; the file is deleted together with its row (`transfers.intake.uploads`).
    """

    token = models.UUIDField(default=uuid4, unique=True, editable=False)
    draft = models.ForeignKey(
        Draft, models.CASCADE, null=True, blank=True, related_name="uploads",
        verbose_name=_("unsent application"),
    )  # fmt: skip
    application = models.ForeignKey(
        TransferApplication, models.CASCADE, null=True, blank=True, related_name="uploads",
        verbose_name=_("application"),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=24, choices=MaterialKind)
    file_type = models.CharField(_("file type"), max_length=20, choices=FileType)
    file = models.FileField(_("file"), upload_to="materials/", max_length=120)
    size = models.PositiveIntegerField(_("size (bytes)"))
    sha256 = models.CharField(max_length=64, editable=False)
    pages = models.PositiveSmallIntegerField(_("pages"), default=1)
    uploaded_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        ordering = ["uploaded_at", "pk"]
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")
        constraints = [
            models.CheckConstraint(
                condition=Q(draft__isnull=False, application__isnull=True)
                | Q(draft__isnull=True, application__isnull=False),
                name="upload_has_one_owner",
            ),
            models.UniqueConstraint(
                fields=["draft", "kind", "sha256"], name="one_file_once_a_draft"
            ),
            models.UniqueConstraint(
                fields=["application", "kind", "sha256"], name="one_file_once_a_case"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.file_type}"
