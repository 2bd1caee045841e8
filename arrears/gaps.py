"""Which months a pool's record of a person misses, and which case asks for them."""

from dataclasses import dataclass
from datetime import date

from transfers.models.contributions import Contribution
from transfers.models.people import Person
from transfers.rules.months import Span, month_numbered, number
from transfers.rules.states import Scheme
from transfers.workflow.merging import spans_of

from .coverage import Coverage, coverage_of
from .models import ArrearsCase, ArrearsMonth
from .rules.periods import first_of


@dataclass(frozen=True, slots=True)
class Gap:
    """Missed months in a row. `case`: the one that asks for the first of them, if one does.

    `resumed_month`: the first month paid again, here or elsewhere; None: nothing is on record since. `consecutive_before`: months on record in a row
    before the gap.
    """

    from_month: date
    to_month: date
    resumed_month: date | None
    consecutive_before: int
    case: ArrearsCase | None

    @property
    def months(self) -> int:
        return number(self.to_month) - number(self.from_month) + 1

    @property
    def last_paid_month(self) -> date:
        return first_of(self.from_month, -1)


def spans(person: Person, pool: str) -> list[Span]:
    """What the pool has on record of the person in the employee scheme, which is paid by the month."""
    rows = Contribution.objects.filter(person=person, pool=pool).exclude(scheme=Scheme.RESIDENT)
    return spans_of(rows.order_by("from_month", "pk"))


def coverage(person: Person, pool: str) -> Coverage:
    """What is known of the person's months here and elsewhere. Two queries."""
    return coverage_of([(person.pk, pool, None)])[person.pk, pool]


def gaps_of(person: Person, pool: str, *, until: date, known: Coverage | None = None) -> list[Gap]:
    """The gaps of a record, in order; after the last month on record up to the month before `until`.

    A gap is the pool's where the month before it is on its record, and ends where months are paid
    again, here or elsewhere, or with the month in which the person left. One query, and none where
    nothing is missed; two more where it is not `known` what there is.
    """
    known = known or coverage(person, pool)
    if not known.own:
        return []
    last = max(number(until) - 1, number(max(known.own)))
    found: list[tuple[date, date, date | None, int]] = []
    missed: list[date] = []
    run, own = 0, False
    for month in map(month_numbered, range(number(min(known.own)), last + 1)):
        if known.paid(month):
            if missed:
                found.append((missed[0], missed[-1], month, run))
                missed = []
            own = month in known.own
            run = 0 if not own else 1 if first_of(month, -1) not in known.own else run + 1
        elif own and known.asks(month):
            missed.append(month)
    if missed:
        found.append((missed[0], missed[-1], known.next_paid(missed[-1], until), run))
    if not found:
        return []
    asked = {
        row.month: row.case
        for row in ArrearsMonth.objects.filter(person=person, pool=pool, live=True).select_related(
            "case"
        )
    }
    return [Gap(first, last, back, length, asked.get(first)) for first, last, back, length in found]
