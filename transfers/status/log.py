"""The case's log as the applicant may read it: what happened, when, at which office."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..models.applications import TransferApplication
from ..models.events import ActorKind, Event
from ..models.regions import in_language
from ..rules.balances import BalanceAction
from ..rules.states import Action, State

A, B = Action, BalanceAction

# Said of every action. What a clerk only prepares, or sends back inside the office, is not said.
SENTENCES: dict[str, Any] = {
    A.SUBMIT: _("Application received"),
    A.PASS_CHECK: _("Check passed"),
    A.REJECT: _("Not accepted"),
    A.REQUEST_SUPPLEMENT: _("Materials asked for; the clock stopped"),
    A.SUPPLY: _("Materials received; the clock runs again"),
    A.LAPSE: _("Ended, because the materials did not come in time"),
    A.WITHDRAW: _("Withdrawn"),
    A.REFUSE_LATE: _("Not accepted after a new fact came up"),
    A.TRANSFER_OUT: _("Transfer out completed, information form handed over"),
    A.RAISE_DISCREPANCY: _("Information form sent back to be corrected"),
    A.CORRECT: _("Corrected information form handed over"),
    A.UPHOLD: _("Information form confirmed as it was"),
    A.RECALL: _("Transfer called back by both offices"),
    A.TRANSFER_IN: _("Transfer in completed, months counted"),
    A.CREDIT_BALANCE: _("Balance credited, case complete"),
    A.CLOSE_WITHOUT_BALANCE: _("Case complete, no balance to move"),
    A.CLOSE_PAID_OUT: _("Balance paid to you, case complete"),
    B.DECIDE: _("Decided whether a balance is due"),
    B.REMIT: _("Balance sent"),
    B.RECEIVE: _("Balance received"),
    B.MATCH: _("Balance checked, the amount is right"),
    B.MISMATCH: _("The amount received differs, being checked"),
    B.RESTATE: _("The amount on the record was corrected"),
    B.RESOLVE: _("The difference was put right"),
    B.BOUNCE: _("The bank sent the balance back"),
    B.RESEND: _("Balance sent again"),
    B.CREDIT: _("Balance credited"),
    B.PAY_TO_PERSON: _("Payment to your own bank account ordered"),
    B.CONFIRM_PAYOUT: _("The bank confirmed the payment"),
    "contact": _("Contact details changed"),
    "code": _("New query code at the counter"),
    "redate": _("Dates moved, because the holidays were published"),
    "dispute": _("You queried the result"),
    "answer": _("Your query was answered"),
    "news": _("You were told something about the case"),
}

# Of a relocated retiree, whose relation stays where it is.
_STAYS: dict[str, Any] = {
    A.TRANSFER_OUT: _("Information form handed over"),
    A.TRANSFER_IN: _("Information form checked; the insurance stays where it is"),
}

LONGEST = 50


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    text: Any
    office: Any


def lines(application: TransferApplication) -> list[Line]:
    """The newest fifty entries, newest first. One query."""
    rows = (
        Event.objects.filter(application=application, verb__in=list(SENTENCES))
        .order_by("-seq")
        .values_list(
            "at", "verb", "to_state", "actor", "agency__name_zh", "agency__name_en",
            "shown_zh", "shown_en", named=True,
        )[:LONGEST]
    )  # fmt: skip
    stays = application.relocated_retiree
    return [Line(row.at, _text(row, stays=stays), _office(row)) for row in rows]


def _text(row: Any, *, stays: bool) -> Any:
    if row.verb == Action.PASS_CHECK and row.to_state == State.VALIDATED:
        return _("Both checks passed, application accepted")
    if row.verb == "news":
        return in_language(row.shown_zh, row.shown_en)
    return (_STAYS if stays else {}).get(row.verb, SENTENCES[row.verb])


def _office(row: Any) -> Any:
    if row.actor == ActorKind.APPLICANT:
        return pgettext_lazy("log", "You")
    if row.actor == ActorKind.EMPLOYER:
        return _("Your employer")
    if row.agency__name_zh:
        return in_language(row.agency__name_zh, row.agency__name_en)
    return pgettext_lazy("log", "System")
