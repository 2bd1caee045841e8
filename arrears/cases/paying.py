"""Payments on a case: what they cover, in the ledger, until all is paid; and those that did not hold."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from transfers.money import ledger
from transfers.rules.ledger import Movement
from transfers.rules.money import yuan
from transfers.workflow.errors import Invalid

from .. import letters, quoting, record
from ..letters import Facts
from ..models import Allocation, ArrearsEvent, Method, Payment, Quote, TakenBack
from ..rules.parts import PRINCIPAL, Party, payable, spread
from ..rules.periods import end_of
from ..rules.states import State
from .assessing import assessed
from .claimed import Claimed, needed


def pay(
    claimed: Claimed,
    *,
    payer: str,
    method: str,
    amount_fen: int,
    paid_on: date,
    bank_reference: str = "",
) -> None:
    """Record a payment under the newest quote: ledger, what it covers, and whether all is paid now."""
    case = claimed.case
    quote = quoting.current_quote(case)
    assert quote is not None, "a case in this state has a quote"
    _check_payment(claimed, quote, payer, method, amount_fen, paid_on, bank_reference)
    rest = quoting.rest_of(case, quote)
    most = payable(rest, Party(payer))
    if not 0 < amount_fen <= most:
        raise Invalid("amount_fen", _too_much(most, payer), code="amount")
    covered = spread(amount_fen, rest, Party(payer))
    sums = {False: 0, True: 0}
    for part in covered:
        sums[part.part in PRINCIPAL] += part.fen
    booked = {
        name: ledger.move(
            movement, by=claimed.user, at=claimed.at, amount_fen=fen,
            receivable=case.receivable, bank_reference=bank_reference,
        )
        for name, movement, fen in (
            ("principal", Movement.PAY_PRINCIPAL, sums[True]),
            ("late_fee", Movement.PAY_LATE_FEE, sums[False]),
        )
        if fen
    }  # fmt: skip
    number = Payment.objects.filter(case=case).count() + 1
    payment = Payment.objects.create(
        case=case, number=number, quote=quote, payer=payer, method=method, amount_fen=amount_fen,
        paid_on=paid_on, bank_reference=bank_reference, recorded_by=claimed.user,
        recorded_at=claimed.at, **booked,
    )  # fmt: skip
    Allocation.objects.bulk_create(
        Allocation(payment=payment, month=part.month, part=part.part, amount_fen=part.fen)
        for part in covered
    )
    left_fen = sum(part.fen for part in rest) - amount_fen
    if left_fen:
        case.pay(settled_on=None, restart_on=None)
    else:
        _settle(claimed, quote)
    claimed.save()
    claimed.facts = Facts(
        case, quote=quote, left_fen=left_fen, amount_fen=amount_fen,
        where=letters.where_of(claimed.terms(quote.pay_by)),
    )  # fmt: skip
    claimed.figures = {
        "payment": number, "amount_fen": amount_fen, "paid_on": paid_on.isoformat(),
        "left_fen": left_fen,
    }  # fmt: skip


def _settle(claimed: Claimed, quote: Quote) -> None:
    """All is paid: benefits restart by the day of the last payment, and the months are entered."""
    case = claimed.case
    settled_on = max(
        Payment.objects.filter(case=case, taken_back__isnull=True).values_list("paid_on", flat=True)
    )
    found = assessed(claimed, settled_on)
    case.pay(settled_on=settled_on, restart_on=found.restart_on or quote.restart_on)
    record.enter(case, quoting.rows_of(quote), by=claimed.user, at=claimed.at)


def _too_much(most: int, payer: str) -> Any:
    if payer == Party.PERSON:
        return _("The person can pay at most %(most)s; the late fee of the employer is the employer's.") % {"most": yuan(most)}  # fmt: skip
    return _("At most %(most)s is left to pay.") % {"most": yuan(most)}


def _check_payment(
    claimed: Claimed,
    quote: Quote,
    payer: str,
    method: str,
    amount_fen: int,
    paid_on: date,
    bank_reference: str,
) -> None:
    case = claimed.case
    if payer not in Party.values or (payer == Party.EMPLOYER and not case.employer_name):
        raise Invalid("payer", _("Choose who paid."), code="required")
    if method not in Method.values:
        raise Invalid("method", _("Choose how it was paid."), code="required")
    if method == Method.BANK and not bank_reference:
        raise Invalid(
            "bank_reference", _("Give the bank's reference of the transfer."), code="required"
        )
    if amount_fen <= 0:
        raise Invalid("amount_fen", _("The amount must be above 0."), code="amount")
    if paid_on > claimed.on:
        raise Invalid("paid_on", _("The payment cannot lie in the future."), code="future")
    if paid_on > quote.pay_by:
        raise Invalid(
            "paid_on",
            _("The quote was good until %(day)s. Assess the case anew; the late fee has grown.")
            % {"day": quote.pay_by.isoformat()},
            code="lapsed",
        )
    if paid_on <= end_of(case.to_month):
        raise Invalid(
            "paid_on",
            _("The payment cannot be before the missed months, which end with %(month)s.")
            % {"month": f"{case.to_month:%Y-%m}"},
            code="too_early",
        )
    if (
        bank_reference
        and Payment.objects.filter(
            case=case, bank_reference=bank_reference, taken_back__isnull=True
        ).exists()
    ):
        raise Invalid(
            "bank_reference",
            _("A payment with this bank reference is recorded already."),
            code="repeated",
        )


def take_back(claimed: Claimed, *, number: int, text: str) -> None:
    """A payment did not hold: the ledger is reversed, what it covered is owed again."""
    case = claimed.case
    claimed.reason = needed(text)
    payment = Payment.objects.filter(case=case, number=number, taken_back__isnull=True).first()
    if payment is None:
        raise Invalid("number", _("Choose a payment that holds."), code="required")
    if case.state == State.SETTLED:
        settled = ArrearsEvent.objects.filter(case=case, to_state=State.SETTLED).latest("seq")
        record.take_out(case, entered_at=settled.at)
    for instruction in (payment.principal, payment.late_fee):
        if instruction is not None:
            ledger.reverse(instruction, by=claimed.user, at=claimed.at)
    TakenBack.objects.create(payment=payment, reason=claimed.reason, by=claimed.user, at=claimed.at)
    quote = quoting.current_quote(case)
    assert quote is not None
    others = Payment.objects.filter(case=case, taken_back__isnull=True).exists()
    case.take_back(something_paid=others, pay_by=quote.pay_by)
    claimed.save()
    left_fen = sum(part.fen for part in quoting.rest_of(case, quote))
    claimed.facts = Facts(
        case, quote=quote, left_fen=left_fen, amount_fen=payment.amount_fen, text=claimed.reason,
        where=letters.where_of(claimed.terms(quote.pay_by)),
    )  # fmt: skip
    claimed.figures = {
        "payment": number, "amount_fen": payment.amount_fen, "left_fen": left_fen,
    }  # fmt: skip
