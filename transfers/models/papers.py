"""The papers: what was issued, word for word, under a number and a seal that anybody can verify."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .applications import TransferApplication
from .forms import InformationForm
from .regions import Agency


class Paper(models.Model):
    """One issued paper. Only ever added; a newer one of the same case, kind and office replaces it.

    `content` is everything the paper says, as plain data with identifiers already masked, so that
    page, PDF and verification show the same and a stolen copy of this table names nobody in full.
    `content_hash` is the SHA-256 of its canonical spelling, `signature` the seal's over that hash,
    `signer` the seal's id.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("Receipt")
        CERTIFICATE = "certificate", _("Enrolment certificate")
        INFORMATION_FORM = "information_form", _("Information form")
        SUPPLEMENT_NOTICE = "supplement_notice", _("Notice of missing materials")
        REJECTION_NOTICE = "rejection_notice", _("Notice of rejection")
        COMPLETION_NOTICE = "completion_notice", _("Notice of completion")
        ARREARS_QUOTE = "arrears_quote", _("Arrears quote")
        PAYMENT_RECEIPT = "payment_receipt", _("Receipt for a payment")

    append_only = True

    number = models.CharField(_("number"), max_length=24, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    application = models.ForeignKey(
        TransferApplication, models.PROTECT, null=True, blank=True, related_name="papers",
        db_index=False,  # `one_paper_a_version` finds them
        verbose_name=_("application"),
    )  # fmt: skip
    # Of a paper that belongs to no transfer: the reference of what it belongs to.
    about = models.CharField(_("about"), max_length=24, blank=True)
    version = models.PositiveSmallIntegerField(_("version"))
    form = models.OneToOneField(
        InformationForm, models.PROTECT, null=True, blank=True, related_name="paper",
        verbose_name=_("information form"),
    )  # fmt: skip
    content = models.JSONField(_("content"))
    content_hash = models.CharField(_("content hash"), max_length=64)
    signer = models.CharField(_("seal"), max_length=40)
    signature = models.CharField(_("signature"), max_length=200)
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", db_index=False, verbose_name=_("issued by")
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("clerk"),
    )  # fmt: skip
    issued_at = models.DateTimeField(_("issued at"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        ordering = ["application_id", "pk"]
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "version"], name="one_paper_a_version"
            ),
            models.UniqueConstraint(
                fields=["about", "kind", "version"],
                condition=Q(application__isnull=True),
                name="one_paper_a_version_about_a_matter",
            ),
            models.CheckConstraint(
                condition=Q(application__isnull=False, about="")
                | (Q(application__isnull=True) & ~Q(about="")),
                name="paper_belongs_to_something",
            ),
            models.CheckConstraint(
                condition=Q(kind="information_form", form__isnull=False)
                | (~Q(kind="information_form") & Q(form__isnull=True)),
                name="paper_of_a_form_names_it",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def replacements(self) -> models.QuerySet["Paper"]:
        """The newer papers that replace this one. Both offices may ask for materials: neither's notice
        replaces the other's. A receipt for a payment is never replaced."""
        if self.kind == Paper.Kind.PAYMENT_RECEIPT:
            return Paper.objects.none()
        return Paper.objects.filter(
            application=self.application_id,
            about=self.about,
            kind=self.kind,
            agency=self.agency_id,
            version__gt=self.version,
        )
