"""Double entry in fen: accounts, instructions, how each ended, and the entries of those posted.

An instruction is pending until its one resolution posts or voids it. Posting writes the two legs: the
database does it, in the same statement (`models.books`), so that no leg can be missing. Nothing here is
ever changed; a mistake is reversed by an instruction of its own.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..rules.ledger import COLLECTED, MOST_FEN, UNBOUNDED, AccountKind, Movement
from .applications import TransferApplication
from .regions import Agency

_SHARED = sorted(UNBOUNDED)
_COLLECTED = sorted(COLLECTED)


class Receivable(models.Model):
    """Money that an office is owed and collects itself. `reference` names the matter it is about."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    reference = models.CharField(_("reference number"), max_length=24, unique=True)

    class Meta:
        verbose_name = _("receivable")
        verbose_name_plural = _("receivables")

    def __str__(self) -> str:
        return self.reference


class Account(models.Model):
    """An account of the ledger: of a case, of a bank statement's line, of a receivable, or of an office.

    `balance_fen` is kept by the database from the entries and never below zero; accounts that may be
    keep none.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=AccountKind)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("agency"))
    application = models.ForeignKey(
        TransferApplication, models.PROTECT, null=True, blank=True, related_name="accounts",
        db_index=False, verbose_name=_("application"),
    )  # fmt: skip
    line = models.ForeignKey(
        "transfers.StatementLine", models.PROTECT, null=True, blank=True, related_name="accounts",
        db_index=False, verbose_name=_("statement line"),
    )  # fmt: skip
    receivable = models.ForeignKey(
        Receivable, models.PROTECT, null=True, blank=True, related_name="accounts",
        db_index=False, verbose_name=_("receivable"),
    )  # fmt: skip
    balance_fen = models.BigIntegerField(_("balance (fen)"), null=True, default=0)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        indexes = [
            # What is on its way by age: a small part of all accounts there ever were.
            models.Index(
                fields=["kind", "application", "line"],
                name="money_by_age",
                condition=Q(
                    kind__in=[AccountKind.TRANSIT, AccountKind.SUSPENSE], balance_fen__gt=0
                ),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind"], condition=Q(application__isnull=False),
                name="one_account_a_case_and_kind",
            ),
            models.UniqueConstraint(
                fields=["line", "kind"], condition=Q(line__isnull=False),
                name="one_account_a_line_and_kind",
            ),
            models.UniqueConstraint(
                fields=["receivable", "kind"], condition=Q(receivable__isnull=False),
                name="one_account_a_receivable_and_kind",
            ),
            models.UniqueConstraint(
                fields=["agency", "kind"],
                condition=Q(application__isnull=True, line__isnull=True, receivable__isnull=True),
                name="one_account_an_agency_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_SHARED, application__isnull=True, line__isnull=True,
                            receivable__isnull=True)
                | Q(kind=AccountKind.SUSPENSE, application__isnull=True, line__isnull=False,
                    receivable__isnull=True)
                | Q(kind__in=_COLLECTED, application__isnull=True, line__isnull=True,
                    receivable__isnull=False)
                | (~Q(kind__in=[*_SHARED, *_COLLECTED])
                   & Q(application__isnull=False, line__isnull=True, receivable__isnull=True)),
                name="account_has_its_owner",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_SHARED, balance_fen__isnull=True)
                | (~Q(kind__in=_SHARED) & Q(balance_fen__isnull=False, balance_fen__gte=0)),
                name="account_not_below_zero",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        owner = self.application or self.line or self.receivable or self.agency
        return f"{self.get_kind_display()} {owner}"


class Instruction(models.Model):
    """One movement of money that somebody asked for. Pending until it has its resolution.

    `key` makes a retry harmless: the same key with the same facts is the same instruction. Each case
    has one sequence of attempts a kind; the next attempt waits for the end of the one before, and
    crediting again for its reversal.
    """

    append_only = True

    key = models.UUIDField(_("key"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Movement)
    application = models.ForeignKey(
        TransferApplication, models.PROTECT, null=True, blank=True, related_name="instructions",
        db_index=False,  # `one_attempt_a_number` finds them
        verbose_name=_("application"),
    )  # fmt: skip
    line = models.ForeignKey(
        "transfers.StatementLine", models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("statement line of an unknown receipt"),
    )  # fmt: skip
    receivable = models.ForeignKey(
        Receivable, models.PROTECT, null=True, blank=True, related_name="instructions",
        db_index=False,  # `one_attempt_a_number_on_a_receivable` finds them
        verbose_name=_("receivable"),
    )  # fmt: skip
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    source = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("from")
    )
    target = models.ForeignKey(
        Account, models.PROTECT, related_name="+", db_index=False, verbose_name=_("to")
    )
    amount_fen = models.BigIntegerField(_("amount (fen)"))
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by",
        verbose_name=_("reverses"),
    )  # fmt: skip
    bank_reference = models.CharField(_("bank reference"), max_length=40, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False,
        verbose_name=_("made by"),
    )  # fmt: skip
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("instruction")
        verbose_name_plural = _("instructions")
        indexes = [
            models.Index(
                fields=["bank_reference"], name="receipt_by_reference",
                condition=Q(kind=Movement.RECEIVE) & ~Q(bank_reference=""),
            )
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen__gte=1, amount_fen__lte=MOST_FEN), name="amount_in_bounds"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="money_moves"),
            models.CheckConstraint(
                condition=Q(application__isnull=False, line__isnull=True, receivable__isnull=True)
                | Q(application__isnull=True, line__isnull=False, receivable__isnull=True)
                | Q(application__isnull=True, line__isnull=True, receivable__isnull=False),
                name="instruction_has_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(kind=Movement.REVERSE, reverses__isnull=False)
                | (~Q(kind=Movement.REVERSE) & Q(reverses__isnull=True)),
                name="reversal_names_what_it_reverses",
            ),
            models.UniqueConstraint(
                fields=["application", "kind", "attempt"],
                condition=Q(application__isnull=False),
                name="one_attempt_a_number",
            ),
            models.UniqueConstraint(
                fields=["line", "kind", "attempt"],
                condition=Q(line__isnull=False),
                name="one_attempt_a_number_on_a_line",
            ),
            models.UniqueConstraint(
                fields=["receivable", "kind", "attempt"],
                condition=Q(receivable__isnull=False),
                name="one_attempt_a_number_on_a_receivable",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application or self.line or self.receivable} {self.kind} {self.attempt}"


class InstructionResolution(models.Model):
    """How an instruction ended, once and for all. Posting it makes the database write its two legs."""

    class Outcome(models.TextChoices):
        POSTED = "posted", _("Posted")
        VOIDED = "voided", _("Voided")

    append_only = True

    instruction = models.OneToOneField(
        Instruction, models.PROTECT, primary_key=True, related_name="resolution",
        verbose_name=_("instruction"),
    )  # fmt: skip
    outcome = models.CharField(_("outcome"), max_length=6, choices=Outcome)
    # Empty only for a void by the system, when the case has moved past what was prepared.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("by"),
    )  # fmt: skip
    at = models.DateTimeField(_("at"))

    class Meta:
        indexes = [models.Index(fields=["at"], name="resolved_by_day")]
        verbose_name = _("resolution of an instruction")
        verbose_name_plural = _("resolutions of instructions")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="voided") | Q(outcome="posted", by__isnull=False),
                name="posting_names_who",
            )
        ]

    def __str__(self) -> str:
        return f"{self.instruction} {self.outcome}"


class Entry(models.Model):
    """One leg of a posted instruction: below zero what leaves an account, above zero what reaches one."""

    append_only = True

    instruction = models.ForeignKey(
        Instruction, models.PROTECT, related_name="entries",
        db_index=False,  # `one_leg_an_account` finds them
        verbose_name=_("instruction"),
    )  # fmt: skip
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="entries", verbose_name=_("account")
    )
    amount_fen = models.BigIntegerField(_("amount (fen)"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["instruction", "account"], name="one_leg_an_account"),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="entry_moves_something"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_fen:+}"
