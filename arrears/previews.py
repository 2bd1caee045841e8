"""What an edited policy or wage base does to the quotes that are out, before it is published.

Nothing is stored: each case that owes under a quote is assessed twice as if paid on its pay-by date, by
what applies now and by what would apply with the edit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from transfers.models.regions import Region

from . import quoting
from .models import ArrearsCase
from .policy import NotInForce, Supposed, Tables, tables_for
from .rules.asked import Refused
from .rules.assessment import Assessment, assess
from .rules.rows import MonthPaid
from .rules.states import QUOTED
from .rules.terms import Terms

MOST_CASES = 5_000  # so that the page comes within its time
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case comes to. `total_fen` and `restart_on` are None where nothing can be paid back."""

    total_fen: int | None = None
    restart_on: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One case whose quote would come out differently."""

    reference: str
    pool: Region
    pay_by: date
    before: Outcome
    after: Outcome


@dataclass
class Preview:
    """`cases`: how many owe under a quote in the region; `looked_at`: how many of them were assessed.

    Sums are of the cases that change. `refused`: those that could no longer be paid back.
    """

    cases: int = 0
    looked_at: int = 0
    changed: int = 0
    before_fen: int = 0
    after_fen: int = 0
    earlier: int = 0
    later: int = 0
    refused: int = 0
    first: list[Change] = field(default_factory=list)

    @property
    def difference_fen(self) -> int:
        return self.after_fen - self.before_fen

    def add(self, change: Change) -> None:
        self.changed += 1
        if len(self.first) < SHOWN:
            self.first.append(change)
        before, after = change.before, change.after
        if after.total_fen is None:
            self.refused += 1
        self.before_fen += before.total_fen or 0
        self.after_fen += after.total_fen or 0
        if before.restart_on and after.restart_on and before.restart_on != after.restart_on:
            if after.restart_on < before.restart_on:
                self.earlier += 1
            else:
                self.later += 1


def preview(draft: Supposed) -> Preview:
    """What the draft would change, the quotes that lapse first looked at first. Ten queries at most."""
    quoted = _quoted(draft.region_id)
    cases = list(quoted.order_by("next_on", "pk").select_related("pool")[:MOST_CASES])
    found = Preview(cases=quoted.count(), looked_at=len(cases))
    for change in _changes(cases, draft):
        found.add(change)
    return found


def _quoted(region: str) -> QuerySet[ArrearsCase]:
    """Cases with a quote out in a region and all that is part of it."""
    below = Q(pk=region)
    for steps in ("parent", "parent__parent", "parent__parent__parent"):
        below |= Q(**{steps: region})
    pools = Region.objects.filter(below).values("pk")
    return ArrearsCase.objects.filter(state__in=sorted(QUOTED), pool__in=pools)


def _changes(cases: list[ArrearsCase], draft: Supposed) -> Iterator[Change]:
    now = tables_for({case.pool_id for case in cases})
    then = {code: tables.supposing(draft) for code, tables in now.items()}
    terms: dict[tuple[str, date], tuple[Terms | None, Terms | None]] = {}
    touched: list[ArrearsCase] = []
    for case in cases:
        key = case.pool_id, _pay_by(case)
        if key not in terms:
            terms[key] = _terms(now[key[0]], key[1]), _terms(then[key[0]], key[1])
        if terms[key][0] != terms[key][1]:
            touched.append(case)
    paid = _paid(touched)
    for case in touched:
        pay_by = _pay_by(case)
        before, after = (
            _outcome(case, pay_by, each, paid.get(case.pk, {}))
            for each in terms[case.pool_id, pay_by]
        )
        if before != after:
            yield Change(case.reference, case.pool, pay_by, before, after)


def _pay_by(case: ArrearsCase) -> date:
    assert case.next_on is not None, "an open case has a next day"
    return case.next_on


def _terms(tables: Tables, on: date) -> Terms | None:
    try:
        return tables.terms(on)
    except NotInForce:
        return None


def _paid(cases: list[ArrearsCase]) -> dict[int, dict[date, MonthPaid]]:
    covered = quoting.covered_by(cases)
    under = {each.quote_id for parts in covered.values() for each in parts}
    quotes = quoting.rows_of_quotes(under)
    return {case: quoting.paid_of(parts, quotes) for case, parts in covered.items()}


def _outcome(
    case: ArrearsCase, on: date, terms: Terms | None, paid: dict[date, MonthPaid]
) -> Outcome:
    if terms is None:
        return Outcome()
    try:
        found: Assessment = assess(quoting.asked_of(case, on), terms, paid)
    except Refused:
        return Outcome()
    total = None if found.totals is None else found.totals.total_fen
    return Outcome(total, found.restart_on if total is not None else None)
