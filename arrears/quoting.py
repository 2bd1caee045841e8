"""What a case costs: assessed by the terms of its place, kept as quotes, reduced by what was paid.

Amounts in fen. A quote is computed as if everything were paid on its pay-by date, so one amount is good
until then; when it has lapsed the case is quoted anew.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from transfers.deadlines.calendars import calendar_of
from transfers.policy import once
from transfers.rules.hashing import digest_of
from transfers.rules.months import end_of, month_numbered, months_after, number

from .models import Allocation, ArrearsCase, Quote, QuoteTerms
from .policy import resolve
from .rules.asked import Asked
from .rules.assessment import Assessment, assess
from .rules.parts import PRINCIPAL, Owed, Part, Party, left, payable, spread
from .rules.periods import first_of
from .rules.rows import MonthPaid, Received, Row
from .rules.stored import found_json, from_json, rows_from, terms_json
from .rules.terms import Terms
from .storing import insert

LONGEST_QUOTE = 3  # months


def months_of(case: ArrearsCase) -> tuple[date, ...]:
    """The missed months that a case asks for, in order."""
    return tuple(map(month_numbered, range(number(case.from_month), number(case.to_month) + 1)))


def asked_of(case: ArrearsCase, paid_on: date) -> Asked:
    """The case as the rules ask for it, if it is paid on a day."""
    return Asked(
        scheme=case.scheme,
        cause=case.cause,
        last_paid=first_of(case.from_month, -1),
        paid_on=paid_on,
        months=months_of(case),
        resumed=case.resumed_month,
        base_fen=case.base_fen,
        consecutive_months_before=case.consecutive_before,
        switched=case.switched,
    )


@dataclass(frozen=True, slots=True)
class Covered:
    """What one allocation covers: how much of which part of which month, when, under which quote."""

    month: date
    part: Part
    fen: int
    paid_on: date
    quote_id: int

    @classmethod
    def of(cls, row: Allocation) -> "Covered":
        payment = row.payment
        return cls(row.month, Part(row.part), row.amount_fen, payment.paid_on, payment.quote_id)


def covered_by(cases: Iterable[ArrearsCase | int]) -> dict[int, list[Covered]]:
    """What the payments that hold cover, by case, in order of time. One query."""
    rows = (
        Allocation.objects.filter(payment__case__in=cases, payment__taken_back__isnull=True)
        .select_related("payment")
        .order_by("payment__case", "payment__paid_on", "payment__number", "month", "pk")
    )
    found: dict[int, list[Covered]] = {}
    for row in rows:
        found.setdefault(row.payment.case_id, []).append(Covered.of(row))
    return found


def sums_of(covered: Iterable[Covered]) -> dict[tuple[date, Part], int]:
    """How much of each part of each month is paid, in fen."""
    sums: dict[tuple[date, Part], int] = {}
    for each in covered:
        key = (each.month, each.part)
        sums[key] = sums.get(key, 0) + each.fen
    return sums


def paid_of(
    covered: Iterable[Covered], quotes: Mapping[int, Sequence[Row]]
) -> dict[date, MonthPaid]:
    """By month, what came in, as the rules take it. `quotes`: the rows of each quote paid under.

    Once the contribution of a month is paid up, its late fee stays what the newest of them said.
    """
    by_month: dict[date, list[Covered]] = {}
    for each in covered:
        by_month.setdefault(each.month, []).append(each)
    paid = {}
    for month, parts in by_month.items():
        principal = [each for each in parts if each.part in PRINCIPAL]
        fixed: int | None = None
        if principal:
            newest = max(each.quote_id for each in principal)
            row = next(row for row in quotes[newest] if row.month == month)
            if sum(each.fen for each in principal) >= row.principal_fen:
                fixed = row.late_fee_fen
        paid[month] = MonthPaid(
            tuple(
                Received(
                    each.paid_on,
                    each.fen if each.part == Part.PRINCIPAL_EMPLOYER else 0,
                    each.fen if each.part == Part.PRINCIPAL_PERSON else 0,
                )
                for each in principal
            ),
            sum(each.fen for each in parts if each.part not in PRINCIPAL),
            fixed,
        )
    return paid


def assessment_in(quote: Quote) -> Assessment:
    """The assessment that a quote was made of."""
    return from_json(quote.assessment)


def rows_of(quote: Quote) -> tuple[Row, ...]:
    """What the quote says of each month."""
    return rows_from(quote.found["rows"])


def rows_of_quotes(ids: Iterable[int]) -> dict[int, tuple[Row, ...]]:
    """The rows of quotes. One query, none without ids."""
    wanted = list(ids)
    if not wanted:
        return {}
    quotes = Quote.objects.filter(pk__in=wanted)
    return {pk: rows_from(found["rows"]) for pk, found in quotes.values_list("pk", "found")}


def owed_of(rows: Iterable[Row]) -> list[Owed]:
    """Every part of every month as the quote has it, what is paid already included."""
    return [
        Owed(row.month, part, fen)
        for row in rows
        for part, fen in (
            (Part.PRINCIPAL_EMPLOYER, row.principal_employer_fen),
            (Part.PRINCIPAL_PERSON, row.principal_person_fen),
            (Part.FEE_EMPLOYER, row.late_fee_employer_fen),
            (Part.FEE_PERSON, row.late_fee_person_fen),
        )
    ]


def current_quote(case: ArrearsCase) -> Quote | None:
    """The newest version, whether or not its pay-by date has passed. One query."""
    return Quote.objects.filter(case=case).select_related("terms").order_by("version").last()


def rest_of(case: ArrearsCase, quote: Quote | None = None) -> list[Owed]:
    """What is still owed under the newest quote, in the order in which it is covered."""
    quote = quote or current_quote(case)
    if quote is None:
        return []
    return left(owed_of(rows_of(quote)), sums_of(covered_by([case]).get(case.pk, [])))


def left_of(case: ArrearsCase, found: Assessment) -> list[Owed]:
    """What of an assessment is not paid yet, in the order in which it is covered. One query."""
    return left(owed_of(found.rows), sums_of(covered_by([case]).get(case.pk, [])))


def assessment_of(case: ArrearsCase, *, on: date, terms: Terms | None = None) -> Assessment:
    """What the case comes to if all that is left is paid on a day.

    Raises `rules.asked.Refused` with the problems, `policy.NotInForce` where no policy covers the day.
    """
    covered = covered_by([case]).get(case.pk, [])
    under = {each.quote_id for each in covered}
    return assess(
        asked_of(case, on),
        terms or resolve(case.pool_id, on),
        paid_of(covered, rows_of_quotes(under)),
    )


def assessment_by(quote: Quote, *, on: date) -> Assessment:
    """What the months of a quote come to by its own terms, if all that is left is paid on a day.

    What is quoted holds, whatever the place's rules have become since. Two queries at most.
    """
    covered = covered_by([quote.case_id]).get(quote.case_id, [])
    return _anew(assessment_in(quote), covered, _rows_under(covered), on)


def _rows_under(covered: Iterable[Covered]) -> dict[int, tuple[Row, ...]]:
    return rows_of_quotes({each.quote_id for each in covered})


def _anew(
    said: Assessment,
    covered: Sequence[Covered],
    quotes: Mapping[int, Sequence[Row]],
    on: date,
) -> Assessment:
    return assess(replace(said.asked, paid_on=on), said.used, paid_of(covered, quotes))


class MoreThanOwed(ValueError):  # noqa: N818 - what is wrong with the amount
    """`most_fen`: what was left to pay on the day of the payment."""

    def __init__(self, most_fen: int) -> None:
        super().__init__(most_fen)
        self.most_fen = most_fen


NOT_STORED = sys.maxsize  # stands for the quote that a payment makes


def covering(
    said: Assessment,
    covered: Sequence[Covered],
    quotes: Mapping[int, Sequence[Row]],
    payer: Party,
    amount_fen: int,
    paid_on: date,
) -> tuple[Assessment | None, list[Owed]]:
    """What a payment under a quote covers, and what the case comes to from then on, where that differs.

    A contribution that is paid up before the quote's pay-by date has its late fee end that day. Who
    pays just what was quoted pays as quoted. Raises MoreThanOwed for an amount between.
    """
    sums = sums_of(covered)
    rest = left(owed_of(said.rows), sums)
    pay_by = said.asked.paid_on
    asked = {each.month for each in rest}
    # A month that is paid in part until a later day is paid up on that day at the earliest.
    day = max([paid_on, *(each.paid_on for each in covered if each.month in asked)])
    if day >= pay_by:
        return None, spread(amount_fen, rest, payer)
    then = _anew(said, covered, quotes, day)
    owed = left(owed_of(then.rows), sums)
    most = payable(owed, payer)
    if amount_fen > most:
        if amount_fen != payable(rest, payer):
            raise MoreThanOwed(most)
        return None, spread(amount_fen, rest, payer)
    parts = spread(amount_fen, owed, payer)
    if amount_fen == sum(each.fen for each in owed):
        return then, parts
    paid = [Covered(each.month, each.part, each.fen, paid_on, NOT_STORED) for each in parts]
    return _anew(said, [*covered, *paid], {**quotes, NOT_STORED: then.rows}, pay_by), parts


def covering_of(
    quote: Quote, payer: Party, amount_fen: int, paid_on: date
) -> tuple[Assessment | None, list[Owed]]:
    """`covering` of a quote as the payments on its case are now. Two queries at most."""
    covered = covered_by([quote.case_id]).get(quote.case_id, [])
    return covering(assessment_in(quote), covered, _rows_under(covered), payer, amount_fen, paid_on)


def half_paid(case: ArrearsCase) -> bool:
    """Whether something, but not all, is paid of some month. Two queries."""
    paid = {month for month, _part in sums_of(covered_by([case]).get(case.pk, []))}
    return bool(paid & {each.month for each in rest_of(case)})


def surplus_of(found: Assessment) -> date | None:
    """A month whose contribution costs less by now than is paid for it, if there is one."""
    return next(
        (
            row.month
            for row in found.rows
            if row.paid_employer_fen > row.principal_employer_fen
            or row.paid_person_fen > row.principal_person_fen
        ),
        None,
    )


def good_on(case: ArrearsCase, day: date) -> Quote | None:
    """The quote that a payment of that day was made under: the newest there was that was still good."""
    quotes = Quote.objects.filter(case=case, made_at__date__lte=day, pay_by__gte=day)
    return quotes.select_related("terms").order_by("version").last()


def pay_by_of(case: ArrearsCase, today: date, terms: Terms) -> date:
    """Until when a quote of today is good: so many working days, but, while nothing is paid again, not
    into the next month, because one more month is missing then."""
    days = int(terms.source_of("quote_days").value)
    latest = calendar_of(case.pool_id).add(today, days)
    return latest if case.resumed_month else min(latest, end_of(today.replace(day=1)))


def latest_pay_by(case: ArrearsCase, today: date) -> date:
    """The last day that a clerk may give a quote."""
    if case.resumed_month is None:
        return end_of(today.replace(day=1))
    return months_after(today, LONGEST_QUOTE)


class Quoted(NamedTuple):
    """What a quote says, not stored yet. `found`: the assessment as it is stored."""

    case_id: int
    version: int
    pay_by: date
    principal_employer_fen: int
    principal_person_fen: int
    fee_employer_fen: int
    fee_person_fen: int
    total_fen: int
    restart_on: date
    waiting_months: int
    terms: QuoteTerms
    found: dict[str, Any]


def quote_of(case: ArrearsCase, found: Assessment, *, version: int) -> Quoted:
    """The assessment of a case as a quote for `store`."""
    totals = found.totals
    assert totals is not None, "only what may be paid back is quoted"
    assert found.restart_on is not None
    assert found.waiting_months is not None
    return Quoted(
        case.pk,
        version,
        found.asked.paid_on,
        totals.principal_employer_fen,
        totals.principal_person_fen,
        totals.late_fee_employer_fen,
        totals.late_fee_person_fen,
        totals.total_fen,
        found.restart_on,
        found.waiting_months,
        _terms_of(found.used),
        found_json(found),
    )


def store(quoted: Quoted, *, by: Any, at: datetime) -> Quote:
    """Store a quote, and its terms if they are not stored yet."""
    terms = quoted.terms
    terms.pk = _kept([terms])[terms.digest]
    return Quote.objects.create(**quoted._asdict(), made_by=by, made_at=at)


def store_all(quotes: Sequence[Quoted], *, at: datetime) -> None:
    """Store quotes of the system's. Four statements at most."""
    kept = _kept([quoted.terms for quoted in quotes])
    spell = json.JSONEncoder(separators=(",", ":")).encode
    insert(
        Quote(made_at=at),
        (*Quoted._fields[:-2], "terms_id", "found"),
        ((*one[:-2], kept[one.terms.digest], spell(one.found)) for one in quotes),
    )


def _kept(terms: Iterable[QuoteTerms]) -> dict[str, int]:
    """The keys of terms by their hash; what is not stored yet is."""
    wanted = {each.digest: each for each in terms}
    known = QuoteTerms.objects.filter(digest__in=wanted).values_list("digest", "pk")
    kept = dict(known)
    missing = [each for digest, each in wanted.items() if digest not in kept]
    if missing:
        QuoteTerms.objects.bulk_create(missing, ignore_conflicts=True)
        kept = dict(known.all())
    return kept


def _terms_of(used: Terms) -> QuoteTerms:
    """The terms for `store`. Within `remembered` they are spelled once for all that share them."""

    def spelled() -> QuoteTerms:
        content = terms_json(used)
        return QuoteTerms(digest=digest_of(content), content=content)

    return once(("quote terms", used.region, used.on, tuple(used.bases)), spelled)
