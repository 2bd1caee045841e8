"""Which months a pool's record of a person misses, and which case asks for them."""

from dataclasses import dataclass
from datetime import date

from transfers.models.contributions import Contribution
from transfers.models.people import Person
from transfers.rules import months
from transfers.rules.months import Span, number
from transfers.rules.states import Scheme
from transfers.workflow.merging import spans_of

from .models import ArrearsCase, ArrearsMonth
from .rules.periods import first_of


@dataclass(frozen=True, slots=True)
class Gap:
    """Missed months in a row. `case`: the one that asks for the first of them, if one does.

    `resumed_month` None: nothing is on record since. `consecutive_before`: months on record in a row
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


def gaps_of(person: Person, pool: str, *, until: date) -> list[Gap]:
    """The gaps of a record, in order; after the last month on record up to the month before `until`.

    Two queries, or one where nothing is missed.
    """
    covered = months.covered(spans(person, pool))
    if not covered:
        return []
    runs = list(months.runs(covered))
    found: list[tuple[date, date, date | None, int]] = []
    for (start, end), following in zip(runs, [*runs[1:], None], strict=True):
        length = number(end) - number(start) + 1
        first = first_of(end, 1)
        if following is not None:
            found.append((first, first_of(following[0], -1), following[0], length))
        elif number(first) < number(until):
            found.append((first, first_of(until, -1), None, length))
    if not found:
        return []
    asked = {
        row.month: row.case
        for row in ArrearsMonth.objects.filter(person=person, pool=pool, live=True).select_related(
            "case"
        )
    }
    return [Gap(first, last, back, length, asked.get(first)) for first, last, back, length in found]
