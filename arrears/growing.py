"""Gaps that go on while nothing is paid again: a case asks for every month that ends unpaid."""

from collections.abc import Sequence
from datetime import date

from transfers.models.contributions import Contribution
from transfers.rules import months
from transfers.rules.months import month_numbered, number
from transfers.rules.states import Scheme

from .models import ArrearsCase, ArrearsMonth
from .rules.periods import first_of


def follow(cases: Sequence[ArrearsCase], today: date) -> list[ArrearsMonth]:
    """Cases nothing is paid again on: the gap has grown by every month that ended since.

    Where the pool's record has later months, or another case asks for them, the gap ends there. Two
    queries, none where no month has ended. Returns the months to ask for.
    """
    this_month = today.replace(day=1)
    growing = [
        case
        for case in cases
        if case.resumed_month is None and first_of(case.to_month, 1) < this_month
    ]
    if not growing:
        return []
    people = {case.person_id for case in growing}
    pools = {case.pool_id for case in growing}
    taken: dict[tuple[int, str], set[date]] = {}
    rows = Contribution.objects.filter(
        person__in=people, pool__in=pools, to_month__gte=min(case.to_month for case in growing)
    ).exclude(scheme=Scheme.RESIDENT)
    for row in rows:
        taken.setdefault((row.person_id, row.pool_id), set()).update(
            months.months_of(months.Span(row.from_month, row.to_month))
        )
    asked = ArrearsMonth.objects.filter(person__in=people, pool__in=pools, live=True)
    for person, pool, month in asked.values_list("person", "pool", "month"):
        taken.setdefault((person, pool), set()).add(month)
    wanted = []
    for case in growing:
        for n in range(number(case.to_month) + 1, number(this_month)):
            month = month_numbered(n)
            if month in taken.get((case.person_id, case.pool_id), ()):
                case.resumed_month = month
                break
            wanted.append(
                ArrearsMonth(case=case, person_id=case.person_id, pool_id=case.pool_id, month=month)
            )
            case.to_month = month
    return wanted
