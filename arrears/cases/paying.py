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
from ..rules.parts import PRINCIPAL, Owed, Party, by_part, payable
from ..rules.periods import first_of
from ..rules.states import State
from .assessing import claim_months, next_quote
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
    asked_until = case.to_month
    quote = _quote_of_the_day(claimed, paid_on)
    if paid_on <= end_of(case.to_month):
        raise Invalid(
            "paid_on",
            _("The payment cannot be before the missed months, which end with %(month)s.")
            % {"month": f"{case.to_month:%Y-%m}"},
            code="too_early",
        )
    most = payable(quoting.rest_of(case, quote), Party(payer))
    if not 0 < amount_fen <= most:
        raise Invalid("amount_fen", _too_much(most, payer), code="amount")
    try:
        anew, covered = quoting.covering_of(quote, Party(payer), amount_fen, paid_on)
    except quoting.MoreThanOwed as more:
        raise Invalid(
            "amount_fen",
            _("On that day %(owed)s was left to pay. Enter that, or the quoted %(quoted)s.")
            % {"owed": yuan(more.most_fen), "quoted": yuan(most)},
            code="amount",
        ) from more
    if anew is not None:
        quote = next_quote(claimed, anew, quote)
    number = _book(claimed, quote, covered, payer, method, amount_fen, paid_on, bank_reference)
    left = quoting.rest_of(case, quote)
    if left:
        case.to_month = max(case.to_month, asked_until)
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
    if older is None or _asks_the_same(older, newest):
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


def _asks_the_same(older: Quote, newest: Quote) -> bool:
    """Whether the newest is the older one, brought back or less what was paid since."""
    return older.terms_id == newest.terms_id and older.found["asked"] == newest.found["asked"]


def _bring_back(claimed: Claimed, older: Quote, newest: Quote) -> Quote:
    """The older quote as the newest version, for the months that it asked for.

    Since when months are paid again stays what the case says by now.
    """
    case = claimed.case
    asked = quoting.assessment_in(older).asked
    assert asked.months is not None, "a case names its months"
    if asked.months[-1] > case.to_month:  # let go since, because they are on record as paid
        claim_months(case, first_of(case.to_month, 1), asked.months[-1], field="paid_on")
    case.to_month = asked.months[-1]
    if case.resumed_month is not None and case.resumed_month <= case.to_month:
        case.resumed_month = asked.resumed
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
    """All is paid: benefits restart by the day of the last payment, as the quote has it, and the months
    are entered.

    The case stays open until the day after, even where the benefits restart at once, so that a slip of
    the keyboard can be taken back.
    """
    case = claimed.case
    settled_on = max(
        Payment.objects.filter(case=case, taken_back__isnull=True).values_list("paid_on", flat=True)
    )
    restart_on = quoting.assessment_by(quote, on=settled_on).restart_on or quote.restart_on
    case.pay(
        settled_on=settled_on,
        restart_on=restart_on,
        next_on=max(restart_on, claimed.on + timedelta(days=1)),
    )
    # Months that were asked for after the quote are let go: the next gap asks for them.
    ArrearsMonth.objects.filter(case=case, month__gt=case.to_month).delete()
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
    again = quoting.assessment_by(quote, on=quote.pay_by)
    if quoting.owed_of(again.rows) != quoting.owed_of(quoting.rows_of(quote)):
        quote = next_quote(claimed, again, quote)  # late fees that had ended go on
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
