"""The money track of an application. Amounts in fen."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, transition

from ..rules.balances import (
    BALANCE,
    SETTLED,
    BalanceAction,
    BalanceState,
    Disposition,
    Due,
    DueReason,
    Resolution,
)
from .applications import TransferApplication


def _claimed(balance: "BalanceTransfer") -> bool:
    return balance.application.claimed


def _move(method: Callable[..., Any]) -> Callable[..., Any]:
    """A django-fsm transition whose sources and target stand in `rules.balances.BALANCE`.

    Only the balance of a case that `workflow` has claimed may take it.
    """
    row = BALANCE[BalanceAction(method.__name__)]
    target = row.targets[0] if len(row.targets) == 1 else RETURN_VALUE(*row.targets)
    return transition(
        field="state", source=sorted(row.sources), target=target, conditions=[_claimed]
    )(method)


class BalanceTransfer(models.Model):
    """What is due of the personal account, and where the money is. Made when the case is accepted.

    `amount_fen` is what the newest sealed form says (before that, the origin's record);
    `received_fen` what arrived at the destination.
    """

    application = models.OneToOneField(
        TransferApplication, models.CASCADE, related_name="balance", verbose_name=_("application")
    )
    state = FSMField(
        _("state"), default=BalanceState.PENDING, choices=BalanceState.choices, protected=True
    )
    disposition = models.CharField(_("disposition"), max_length=15, choices=Disposition)
    due_reason = models.CharField(_("why"), max_length=30, choices=DueReason)
    amount_fen = models.PositiveBigIntegerField(_("amount (fen)"))
    received_fen = models.PositiveBigIntegerField(_("received (fen)"), null=True, blank=True)
    payee = models.CharField(_("account holder"), max_length=60, blank=True)
    payee_account = models.CharField(_("account number"), max_length=32, blank=True)
    bank_reference = models.CharField(_("bank reference"), max_length=40, blank=True)
    resolution = models.CharField(_("resolution"), max_length=20, blank=True, choices=Resolution)
    remitted_at = models.DateTimeField(_("remitted at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("balance transfer")
        verbose_name_plural = _("balance transfers")
        indexes = [
            # The finance queue reads what is unsettled, a small part of all there ever was.
            models.Index(
                fields=["state", "application"], name="money_that_waits",
                condition=~Q(state__in=sorted(SETTLED)),
            )
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=sorted(BalanceState.values)), name="balance_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=BalanceState.NOT_DUE, disposition=Disposition.NOT_DUE)
                | (~Q(state=BalanceState.NOT_DUE) & ~Q(disposition=Disposition.NOT_DUE)),
                name="not_due_iff_nothing_due",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[BalanceState.MATCHED, BalanceState.CREDITED])
                | Q(received_fen=F("amount_fen"), received_fen__isnull=False),
                name="amounts_agree_before_credit",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[BalanceState.REMITTED, BalanceState.RECEIVED,
                                        BalanceState.PAYING])
                | Q(amount_fen__gt=0),
                name="money_moves_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(
                    settled_at__isnull=False,
                    state__in=[BalanceState.CREDITED, BalanceState.PAID_OUT],
                )
                | (
                    Q(settled_at__isnull=True)
                    & ~Q(state__in=[BalanceState.CREDITED, BalanceState.PAID_OUT])
                ),
                name="settled_at_iff_settled",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[BalanceState.PAYING, BalanceState.PAID_OUT])
                | (Q(disposition=Disposition.PAY_TO_PERSON) & ~Q(payee="")),
                name="payout_names_its_payee",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.application} {self.get_state_display()}"

    # The transitions. Each touches its own fields; `workflow.balance` calls them.

    @_move
    def decide(self, *, due: Due, amount_fen: int) -> BalanceState:
        self.disposition, self.due_reason = due.disposition, due.reason
        self.amount_fen = amount_fen
        nothing = due.disposition is Disposition.NOT_DUE
        return BalanceState.NOT_DUE if nothing else BalanceState.PENDING

    @_move
    def remit(self, *, at: datetime) -> None:
        self.remitted_at = at

    @_move
    def receive(self, *, received_fen: int, bank_reference: str, at: datetime) -> None:
        self.received_fen, self.bank_reference, self.received_at = received_fen, bank_reference, at

    @_move
    def match(self) -> None: ...

    @_move
    def mismatch(self) -> None: ...

    @_move
    def restate(self, *, amount_fen: int) -> BalanceState:
        self.amount_fen = amount_fen
        agrees = amount_fen == self.received_fen
        return BalanceState.RECEIVED if agrees else BalanceState.MISMATCHED

    @_move
    def resolve(self, *, resolution: str, received_fen: int) -> BalanceState:
        self.resolution = resolution
        if received_fen == 0:
            self.received_fen = self.received_at = self.remitted_at = None
            return BalanceState.BOUNCED
        self.received_fen = received_fen
        return BalanceState.RECEIVED

    @_move
    def bounce(self) -> None:
        self.remitted_at = None

    @_move
    def resend(self, *, at: datetime) -> None:
        self.remitted_at = at

    @_move
    def credit(self, *, at: datetime) -> None:
        self.settled_at = at

    @_move
    def pay_to_person(self, *, payee: str, payee_account: str, at: datetime) -> None:
        self.disposition = Disposition.PAY_TO_PERSON
        self.payee, self.payee_account, self.remitted_at = payee, payee_account, at

    @_move
    def confirm_payout(self, *, bank_reference: str, at: datetime) -> None:
        self.bank_reference, self.settled_at = bank_reference, at
