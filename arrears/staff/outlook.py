"""What an action would come to: the amounts it would quote or cover, and what the person would read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.timezone import localdate

from transfers.staff.desk import Desk

from .. import letters, quoting
from ..growing import follow
from ..letters import Facts, Told
from ..models import ArrearsCase, Quote
from ..policy import NotInForce, resolve
from ..rules import asked
from ..rules.parts import Owed, Party, by_part, payable
from ..rules.reasons import INSTEAD, Reason
from ..rules.states import Action, State
from ..rules.terms import TermMissing, Terms
from .explained import Explained, explained_by

GAP = "…"  # stands for a sentence that nobody has typed yet


@dataclass(frozen=True, slots=True)
class Share:
    """What one party has left to pay of its own, and the most it can be charged with."""

    party: Any
    own_fen: int
    most_fen: int


@dataclass
class Outlook:
    """What an action page shows beside its form. `covers`: parts that the typed amount would pay.

    `exact_fen`: what paying everything on `exact_on` comes to, where that is less than the quote.

    `problem`: why the figures cannot be reckoned yet. `refused`, `instead`: why the place's rules do
    not let the months be paid back, and what the person can do.
    """

    told: Told = ("", "")
    problem: str = ""
    refused: str = ""
    instead: str = ""
    explained: Explained | None = None
    pay_by: date | None = None
    rest: list[Owed] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    covers: list[Owed] = field(default_factory=list)
    left_fen: int = 0
    exact_fen: int | None = None
    exact_on: date | None = None


def supposing(case: ArrearsCase, **changes: Any) -> ArrearsCase:
    """The case with other values; not to be stored."""
    names = [column.attname for column in ArrearsCase._meta.concrete_fields]
    found = ArrearsCase(**{name: getattr(case, name) for name in names} | changes)
    found.pool, found.agency = case.pool, case.agency
    return found


def outlook_of(case: ArrearsCase, verb: Action, given: dict[str, Any], desk: Desk) -> Outlook:
    """The outlook of an action with what has been typed so far."""
    text = given.get("text") or GAP
    if verb is Action.ASSESS:
        return _assess(case, given, desk)
    if verb is Action.REFUSE:
        return _refuse(case, text, desk)
    if verb is Action.PAY:
        return _pay(case, given, desk)
    if verb is Action.TAKE_BACK:
        return _take_back(case, given, text)
    return Outlook(told=letters.told(verb, Facts(case, text=text)))


def _terms(case: ArrearsCase, on: date) -> Terms:
    return resolve(case.pool_id, on)


def _assess(case: ArrearsCase, given: dict[str, Any], desk: Desk) -> Outlook:
    names = ("resumed_month", "base_fen", "consecutive_before", "switched")
    changes = {name: given[name] for name in names if name in given}
    supposed = supposing(case, **changes, to_month=given.get("to_month") or case.to_month)
    try:
        follow([supposed], desk.today)
        terms = _terms(case, desk.today)
        pay_by = given.get("pay_by") or quoting.pay_by_of(supposed, desk.today, terms)
        found = quoting.assessment_of(supposed, on=pay_by)
    except asked.Refused as refusal:
        return Outlook(problem=refusal.sentences[0][1])
    except NotInForce as missing:
        return Outlook(problem=str(missing))
    if not found.back_pay_allowed or found.totals is None:
        reason = Reason(found.reason) if found.reason else Reason.NOT_ALLOWED
        return Outlook(refused=str(reason.label), instead=str(INSTEAD.get(reason, "")))
    quote = quoting.quote_of(supposed, found, version=1)
    facts = Facts(
        supposed, quote=quote, left_fen=found.totals.outstanding_fen,
        left=by_part(quoting.left_of(case, found)), where=letters.where_of(case, pay_by),
    )  # fmt: skip
    return Outlook(
        told=letters.told(Action.ASSESS, facts),
        explained=explained_by(found),
        pay_by=pay_by,
        left_fen=found.totals.outstanding_fen,
    )


def _refuse(case: ArrearsCase, text: str, desk: Desk) -> Outlook:
    try:
        found = quoting.assessment_of(case, on=desk.today)
    except (asked.Refused, NotInForce, TermMissing):
        return Outlook(told=letters.told(Action.REFUSE, Facts(case, text=text)))
    reason = str(found.reason or "")
    facts = Facts(case, text=text, reason=reason, restart_on=found.restart_on)
    return Outlook(
        told=letters.told(Action.REFUSE, facts),
        refused="" if found.back_pay_allowed else str(Reason(reason).label),
    )


def shares_of(rest: list[Owed], case: ArrearsCase) -> list[Share]:
    """What is left by party; of an employer only where there is one."""
    return [
        Share(
            party.label,
            sum(each.fen for each in rest if each.part.value.endswith(party.value)),
            payable(rest, party),
        )
        for party in Party
        if party is Party.PERSON or case.employer_name
    ]


def _pay(case: ArrearsCase, given: dict[str, Any], desk: Desk) -> Outlook:
    quote = quoting.current_quote(case)
    if quote is None:
        return Outlook()
    rest = quoting.rest_of(case, quote)
    all_fen = sum(each.fen for each in rest)
    made = Outlook(rest=rest, shares=shares_of(rest, case), pay_by=quote.pay_by, left_fen=all_fen)
    on = given.get("paid_on") or desk.today
    made.exact_fen, made.exact_on = exact_fen(case, quote, on), on
    amount, payer = given.get("amount_fen"), given.get("payer")
    if amount and amount == made.exact_fen:
        made.left_fen = 0
        made.told = letters.told(Action.PAY, _settled(case, quote, amount, on))
        return made
    if not amount or payer not in Party.values or amount > payable(rest, Party(payer)):
        return made
    try:
        anew, made.covers = quoting.covering_of(quote, Party(payer), amount, on)
    except quoting.MoreThanOwed:
        return made
    made.left_fen = all_fen - amount
    if anew is not None and anew.totals is not None:
        made.left_fen = anew.totals.outstanding_fen
    facts = Facts(
        case, quote=quote, left_fen=made.left_fen, amount_fen=amount,
        where=letters.where_of(case, quote.pay_by),
    )  # fmt: skip
    if not made.left_fen:
        facts = _settled(case, quote, amount, on)
    made.told = letters.told(Action.PAY, facts)
    return made


def _settled(case: ArrearsCase, quote: Quote, amount_fen: int, on: date) -> Facts:
    """What there is to tell once everything is paid."""
    after = supposing(case, state=State.SETTLED, restart_on=_restart(quote, on))
    return Facts(after, quote=quote, amount_fen=amount_fen)


def exact_fen(case: ArrearsCase, quote: Quote, on: date) -> int | None:
    """What paying everything on a day before the quote's comes to; None where it is no less."""
    if not localdate(quote.made_at) <= on < quote.pay_by:
        return None
    try:
        totals = quoting.assessment_by(quote, on=on).totals
    except asked.Refused:
        return None
    exact = totals.outstanding_fen if totals is not None else 0
    quoted = sum(each.fen for each in quoting.rest_of(case, quote))
    return exact if 0 < exact < quoted else None


def _restart(quote: Quote, on: date) -> date:
    try:
        return quoting.assessment_by(quote, on=on).restart_on or quote.restart_on
    except asked.Refused:
        return quote.restart_on


def _take_back(case: ArrearsCase, given: dict[str, Any], text: str) -> Outlook:
    quote = quoting.current_quote(case)
    payments = {each.number: each for each in case.payments.filter(taken_back__isnull=True)}
    payment = payments.get(given.get("number") or 0)
    if quote is None or payment is None:
        return Outlook()
    left = sum(each.fen for each in quoting.rest_of(case, quote)) + payment.amount_fen
    facts = Facts(
        case, quote=quote, left_fen=left, amount_fen=payment.amount_fen, text=text,
        where=letters.where_of(case, quote.pay_by),
    )  # fmt: skip
    return Outlook(told=letters.told(Action.TAKE_BACK, facts), left_fen=left)
