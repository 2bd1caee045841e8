"""Payments on a case: what they cover, in the ledger, until all is paid; and those that did not hold."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from transfers.money import ledger
from transfers.rules.ledger import Movement
from transfers.rules.money import yuan
from transfers.rules.months import end_of
from transfers.workflow.errors import Invalid

from .. import letters, quoting, record
from ..letters import Facts
from ..models import Allocation, ArrearsMonth, Method, Payment, Quote, TakenBack
from ..policy import NotInForce
from ..rules.asked import Refused
from ..rules.assessment import Assessment
from ..rules.parts import PRINCIPAL, Owed, Party, by_part, payable, spread
from ..rules.states import State
from .assessing import quote as make_quote
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
    """Record a payment under the quote of its day: ledger, what it covers, whether all is paid now."""
    case = claimed.case
    _check_payment(claimed, payer, method, amount_fen, paid_on, bank_reference)
    quote = _quote_of_the_day(claimed, paid_on)
    if paid_on <= end_of(case.to_month):
        raise Invalid(
            "paid_on",
            _("The payment cannot be before the missed months, which end with %(month)s.")
            % {"month": f"{case.to_month:%Y-%m}"},
            code="too_early",
        )
    rest = quoting.rest_of(case, quote)
    if amount_fen < sum(part.fen for part in rest) and paid_on < quote.pay_by:
        quote, rest = _to_the_day(claimed, quote, rest, amount_fen, paid_on)
    most = payable(rest, Party(payer))
    if not 0 < amount_fen <= most:
        raise Invalid("amount_fen", _too_much(most, payer), code="amount")
    covered = spread(amount_fen, rest, Party(payer))
    number = _book(claimed, quote, covered, payer, method, amount_fen, paid_on, bank_reference)
    left = quoting.rest_of(case, quote)
    if left:
        case.pay(settled_on=None, restart_on=None, next_on=quote.pay_by)
    else:
        _settle(claimed, quote)
    claimed.save("to_month", "resumed_month")
    left_fen = sum(part.fen for part in left)
    claimed.facts = Facts(
        case, quote=quote, left_fen=left_fen, left=by_part(left), amount_fen=amount_fen,
        where=letters.where_of(case, quote.pay_by), lapsed=quote.pay_by < claimed.on,
    )  # fmt: skip
    claimed.figures = {
        "payment": number, "amount_fen": amount_fen, "paid_on": paid_on.isoformat(),
        "left_fen": left_fen,
    }  # fmt: skip


def _quote_of_the_day(claimed: Claimed, paid_on: date) -> Quote:
    """The quote that a payment counts under. One entered after its quote lapsed brings that one back.

    Raises Invalid beside the day where no quote was good on it.
    """
    case = claimed.case
    newest = quoting.current_quote(case)
    assert newest is not None, "a case in this state has a quote"
    if paid_on > newest.pay_by:
        raise Invalid(
            "paid_on",
            _("The quote was good until %(day)s. Assess the case anew; the late fee has grown.")
            % {"day": newest.pay_by.isoformat()},
            code="lapsed",
        )
    older = quoting.good_on(case, paid_on)
    if older is None or older.found == newest.found:
        return newest
    since = Payment.objects.filter(
        case=case, taken_back__isnull=True, quote__version__gt=older.version
    )
    if since.exists():
        raise Invalid(
            "paid_on",
            _("A payment is recorded under a later quote; take it back first."),
            code="order",
        )
    return _bring_back(claimed, older, newest)


def _bring_back(claimed: Claimed, older: Quote, newest: Quote) -> Quote:
    """The older quote as the newest version; months that were asked for after it are let go."""
    case = claimed.case
    asked = quoting.assessment_in(older).asked
    assert asked.months is not None, "a case names its months"
    case.to_month, case.resumed_month = asked.months[-1], asked.resumed
    ArrearsMonth.objects.filter(case=case, month__gt=case.to_month).delete()
    terms = older.terms
    values = {
        field.attname: getattr(older, field.attname)
        for field in Quote._meta.concrete_fields
        if field.attname not in ("id", "version", "made_at", "made_by_id")
    }
    again = Quote.objects.create(
        **values, version=newest.version + 1, made_at=claimed.at, made_by=claimed.user
    )
    again.terms = terms
    return again


def _to_the_day(
    claimed: Claimed, quote: Quote, rest: list[Owed], amount_fen: int, paid_on: date
) -> tuple[Quote, list[Owed]]:
    """A quote for the very day, where the amount is all that was owed on it: the late fee ends there."""
    case = claimed.case
    found = _if_in_force(claimed, paid_on)
    if found is None or found.totals is None or found.totals.outstanding_fen != amount_fen:
        return quote, rest
    exact = make_quote(claimed, paid_on)
    return exact, quoting.rest_of(case, exact)


def _if_in_force(claimed: Claimed, on: date) -> Assessment | None:
    """The case assessed for a day; None where no policy covers it: then the quote's word counts."""
    try:
        return quoting.assessment_of(claimed.case, on=on)
    except (NotInForce, Refused):
        return None


def _book(
    claimed: Claimed,
    quote: Quote,
    covered: list[Owed],
    payer: str,
    method: str,
    amount_fen: int,
    paid_on: date,
    bank_reference: str,
) -> int:
    """The payment in the ledger and in what it covers; returns its number."""
    case = claimed.case
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
    return number


def _settle(claimed: Claimed, quote: Quote) -> None:
    """All is paid: benefits restart by the day of the last payment, and the months are entered.

    The case stays open until the day after, even where the benefits restart at once, so that a slip of
    the keyboard can be taken back.
    """
    case = claimed.case
    settled_on = max(
        Payment.objects.filter(case=case, taken_back__isnull=True).values_list("paid_on", flat=True)
    )
    found = _if_in_force(claimed, settled_on)
    restart_on = (found and found.restart_on) or quote.restart_on
    case.pay(
        settled_on=settled_on,
        restart_on=restart_on,
        next_on=max(restart_on, claimed.on + timedelta(days=1)),
    )
    record.enter(case, quoting.rows_of(quote), by=claimed.user, at=claimed.at)


def _too_much(most: int, payer: str) -> Any:
    if payer == Party.PERSON:
        return _("The person can pay at most %(most)s; the late fee of the employer is the employer's.") % {"most": yuan(most)}  # fmt: skip
    return _("At most %(most)s is left to pay.") % {"most": yuan(most)}


def _check_payment(
    claimed: Claimed,
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
        record.take_out(case)
    for instruction in (payment.principal, payment.late_fee):
        if instruction is not None:
            ledger.reverse(instruction, by=claimed.user, at=claimed.at)
    TakenBack.objects.create(payment=payment, reason=claimed.reason, by=claimed.user, at=claimed.at)
    quote = quoting.current_quote(case)
    assert quote is not None
    others = Payment.objects.filter(case=case, taken_back__isnull=True).exists()
    case.take_back(something_paid=others, pay_by=quote.pay_by)
    claimed.save()
    rest = quoting.rest_of(case, quote)
    left_fen = sum(part.fen for part in rest)
    claimed.facts = Facts(
        case, quote=quote, left_fen=left_fen, left=by_part(rest), amount_fen=payment.amount_fen,
        text=claimed.reason, where=letters.where_of(case, quote.pay_by),
        lapsed=quote.pay_by < claimed.on,
    )  # fmt: skip
    claimed.figures = {
        "payment": number, "amount_fen": payment.amount_fen, "left_fen": left_fen,
    }  # fmt: skip
