"""Gaps that go on while nothing is paid again: a case asks for every month that ends unpaid."""

from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import F

from transfers.rules.months import month_numbered, number

from .coverage import Coverage, coverage_of
from .models import Allocation, ArrearsCase, ArrearsMonth
from .rules.periods import first_of


def follow(cases: Sequence[ArrearsCase], today: date) -> list[ArrearsMonth]:
    """Cases nothing is paid again on: the gap has grown by every month that ended since.

    Where months are paid again, here or elsewhere, or another case asks for them, the gap ends there;
    months of the case that are on record as paid by now are let go, unless something is paid on them
    (`let_go` takes them out, once the case is stored). A person who has left the pool is asked for
    nothing after it. Four queries, none where every gap has ended. Returns the months to ask for.
    """
    growing = [case for case in cases if case.resumed_month is None]
    if not growing:
        return []
    known = coverage_of(
        [(case.person_id, case.pool_id, first_of(case.from_month, -1)) for case in growing],
        since=min(case.from_month for case in growing),
    )
    _shrink(growing, known)
    asked: dict[tuple[int, str], set[date]] = {}
    rows = ArrearsMonth.objects.filter(
        person__in={case.person_id for case in growing},
        pool__in={case.pool_id for case in growing},
        live=True,
    )
    for person, pool, month in rows.values_list("person", "pool", "month"):
        asked.setdefault((person, pool), set()).add(month)
    wanted = []
    for case in growing:
        if case.resumed_month is not None:
            continue
        key = case.person_id, case.pool_id
        for n in range(number(case.to_month) + 1, number(today)):
            month = month_numbered(n)
            if known[key].paid(month) or month in asked.get(key, ()):
                case.resumed_month = month
                break
            if known[key].asks(month):
                wanted.append(
                    ArrearsMonth(
                        case=case, person_id=case.person_id, pool_id=case.pool_id, month=month
                    )
                )
                case.to_month = month
    return wanted


def let_go(cases: Collection[ArrearsCase]) -> None:
    """Months that cases as they are stored ask for no longer. One statement."""
    ArrearsMonth.objects.filter(case__in=cases, month__gt=F("case__to_month")).delete()


def _shrink(cases: Sequence[ArrearsCase], known: dict[tuple[int, str], Coverage]) -> None:
    """Cases end before the first of their months that is on record as paid, if nothing is paid on it."""
    ends: dict[int, date] = {}
    for case in cases:
        there = known[case.person_id, case.pool_id]
        again = there.next_paid(case.from_month, case.to_month)
        if again is not None and again <= case.to_month and not there.paid(case.from_month):
            ends[case.pk] = again
    if not ends:
        return
    held = Allocation.objects.filter(payment__case__in=ends, payment__taken_back__isnull=True)
    paid = {
        case for case, month in held.values_list("payment__case", "month") if month >= ends[case]
    }
    for case in cases:
        if case.pk in ends and case.pk not in paid:
            case.resumed_month = ends[case.pk]
            case.to_month = first_of(ends[case.pk], -1)
