"""Bank accounts of the agencies, and the bank statements that were read in, line by line."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .applications import TransferApplication
from .ledger import Instruction
from .regions import Agency


class BankAccount(models.Model):
    """Where an agency keeps the money that it remits and receives. One of them is in use."""

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="bank_accounts", verbose_name=_("agency")
    )
    holder = models.CharField(_("account holder"), max_length=80)
    bank = models.CharField(_("bank"), max_length=80)
    number = models.CharField(_("account number"), max_length=32, unique=True)
    in_use = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["agency_id", "-in_use", "pk"]
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["agency"], condition=Q(in_use=True), name="one_bank_account_in_use",
                violation_error_message=_("This agency already has a bank account in use."),
            ),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[0-9]{8,32}$"), name="bank_account_number_is_digits",
                violation_error_message=_("Enter the account number, 8 to 32 digits."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.bank} …{self.number[-4:]}"


class StatementLayout(models.Model):
    """Which column of a bank's statement holds what, as an agency once said.

    `columns` maps a field of `money.statements.layouts` to the header above its column.
    """

    agency = models.ForeignKey(
        Agency, models.CASCADE, related_name="statement_layouts", verbose_name=_("agency")
    )
    bank = models.CharField(_("bank"), max_length=80)
    columns = models.JSONField(_("columns"))

    class Meta:
        ordering = ["bank"]
        verbose_name = _("statement layout")
        verbose_name_plural = _("statement layouts")
        constraints = [models.UniqueConstraint(fields=["agency", "bank"], name="one_layout_a_bank")]

    def __str__(self) -> str:
        return self.bank


class Statement(models.Model):
    """A bank statement that was read in. The same file, known by its SHA-256, is read in once."""

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="statements", verbose_name=_("agency")
    )
    bank = models.CharField(_("bank"), max_length=80)
    file_name = models.CharField(_("file"), max_length=120)
    checksum = models.CharField(_("checksum"), max_length=64)
    first_on = models.DateField(_("first day"), null=True, blank=True)
    last_on = models.DateField(_("last day"), null=True, blank=True)
    left_out = models.PositiveIntegerField(_("outgoing lines left out"), default=0)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("read in by")
    )
    imported_at = models.DateTimeField(_("read in at"))

    class Meta:
        ordering = ["-imported_at", "-pk"]
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [
            models.UniqueConstraint(fields=["agency", "checksum"], name="one_import_a_file")
        ]

    def __str__(self) -> str:
        return self.file_name


class StatementLine(models.Model):
    """One receipt on a bank statement: what matching made of it, and what became of it.

    `state` is matching's answer and `application` the case it points at; `outcome` is empty while
    somebody still has to decide. `instruction` is the movement that the line led to or proves.
    `cells` keeps the row as it was read where it could not be understood.
    """

    class State(models.TextChoices):
        MATCHED = "matched", pgettext_lazy("statement line", "Matched")
        PROPOSED = "proposed", pgettext_lazy("statement line", "Proposed")
        NO_MATCH = "no_match", pgettext_lazy("statement line", "No match")
        DUPLICATE = "duplicate", pgettext_lazy("statement line", "Duplicate")
        AMOUNT_DIFFERS = "amount_differs", pgettext_lazy("statement line", "Amount differs")
        ERROR = "error", pgettext_lazy("statement line", "Error")

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", pgettext_lazy("statement line", "Booked on the case")
        PROVEN = "proven", pgettext_lazy("statement line", "Proves what was booked by hand")
        SUSPENSE = "suspense", pgettext_lazy("statement line", "In suspense")
        RETURNED = "returned", pgettext_lazy("statement line", "Returned to the bank")
        DISMISSED = "dismissed", pgettext_lazy("statement line", "Dismissed")

    statement = models.ForeignKey(
        Statement, models.CASCADE, related_name="lines", verbose_name=_("statement")
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", db_index=False, verbose_name=_("agency")
    )
    number = models.PositiveIntegerField(_("line"))
    booked_on = models.DateField(_("booked on"), null=True, blank=True)
    amount_fen = models.BigIntegerField(_("amount (fen)"), null=True, blank=True)
    payer = models.CharField(_("payer"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=250, blank=True)
    bank_reference = models.CharField(_("bank reference"), max_length=40, blank=True)
    cells = models.JSONField(_("as it was read"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=15, choices=State)
    problem = models.CharField(_("what is wrong"), max_length=40, blank=True)
    application = models.ForeignKey(
        TransferApplication, models.PROTECT, null=True, blank=True, related_name="statement_lines",
        verbose_name=_("application"),
    )  # fmt: skip
    # Asked for in one go; a job then books the lines one by one.
    accept_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("accepted by"),
    )  # fmt: skip
    accept_asked_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, blank=True, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    instruction = models.ForeignKey(
        Instruction, models.PROTECT, null=True, blank=True, related_name="statement_lines",
        verbose_name=_("instruction"),
    )  # fmt: skip
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("decided by"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        ordering = ["statement_id", "number"]
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        indexes = [
            models.Index(
                fields=["agency", "booked_on", "id"], name="line_to_work_through",
                condition=Q(outcome=""),
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="one_line_a_number"),
            # A bank's reference stands for one receipt, on whatever statement it appears.
            models.UniqueConstraint(
                fields=["agency", "bank_reference"],
                condition=~Q(state="duplicate") & ~Q(bank_reference=""),
                name="one_receipt_a_bank_reference",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="line_decided_at_iff_decided",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["accepted", "proven", "suspense", "returned"])
                | Q(instruction__isnull=False),
                name="booked_line_names_its_instruction",
            ),
            models.CheckConstraint(
                condition=Q(state="error") | Q(amount_fen__gte=1, booked_on__isnull=False),
                name="understood_line_has_its_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement} {self.number}"

    @property
    def shown(self) -> str:
        """What there was in a row that could not be understood."""
        return " · ".join(str(cell) for cell in self.cells if cell)
