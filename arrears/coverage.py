"""What is on record of people's months at a pool and elsewhere: paid there, a month is nobody's arrears."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from transfers.models.applications import SideRecord
from transfers.models.contributions import Contribution
from transfers.rules import months
from transfers.rules.months import Span
from transfers.rules.states import OPEN, Scheme, Side, State

from .rules.periods import first_of, month_of

_CAME_TO_NOTHING = (State.REJECTED, State.WITHDRAWN, State.RECALLED)


@dataclass(slots=True)
class _Move:
    """A transfer out of the pool: the last month here, and the first at the destination, if known."""

    is_open: bool
    stopped_in: date | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The months of one person as one pool sees them; residents' years aside.

    `own`: on the pool's record; `elsewhere`: on another's. `stopped_in`: the last month that the pool
    asks for, because the person has left; `since`: from then on insured at the destination.
    """

    own: frozenset[date]
    elsewhere: frozenset[date]
    stopped_in: date | None = None
    since: date | None = None

    def away(self, month: date) -> bool:
        """Whether a month is paid elsewhere and not here."""
        if month in self.own:
            return False
        return month in self.elsewhere or (self.since is not None and month >= self.since)

    def paid(self, month: date) -> bool:
        return month in self.own or self.away(month)

    def asks(self, month: date) -> bool:
        """Whether the pool asks for a month that nobody paid."""
        return self.stopped_in is None or month <= self.stopped_in

    def next_paid(self, after: date, until: date) -> date | None:
        """The first month paid after one, here or elsewhere, up to the month of a day."""
        month = first_of(after, 1)
        last = max(until, *self.own, *self.elsewhere) if self.own | self.elsewhere else until
        while month <= last:
            if self.paid(month):
                return month
            month = first_of(month, 1)
        return None

    def months_away(self, until: date) -> set[date]:
        """The months paid elsewhere and not here, before the month of a day."""
        found = {month for month in self.elsewhere if self.away(month)}
        month = self.since
        while month is not None and month < month_of(until):
            if self.away(month):
                found.add(month)
            month = first_of(month, 1)
        return found


@dataclass(slots=True)
class _Known:
    own: set[date] = field(default_factory=set)
    elsewhere: set[date] = field(default_factory=set)
    moves: list[_Move] = field(default_factory=list)


def coverage_of(
    asked: Collection[tuple[int, str, date | None]], *, since: date | None = None
) -> dict[tuple[int, str], Coverage]:
    """By person and pool, what is known. Two queries.

    `asked`: person, pool, and the last month known to be paid there, if one is. `since`: rows that end
    before it are left out.
    """
    people = {person for person, _pool, _last in asked}
    known: dict[tuple[int, str], _Known] = defaultdict(_Known)
    rows = Contribution.objects.filter(person__in=people).exclude(scheme=Scheme.RESIDENT)
    if since is not None:
        rows = rows.filter(to_month__gte=since)
    by_person: dict[int, list[tuple[str, set[date]]]] = defaultdict(list)
    for person, pool, first, last in rows.values_list(
        "person_id", "pool_id", "from_month", "to_month"
    ):
        by_person[person].append((pool, months.covered([Span(first, last)])))
    moves = _moves(people, {pool for _person, pool, _last in asked})
    found = {}
    for person, pool, last_paid in asked:
        each = known[person, pool]
        for where, covered in by_person[person]:
            (each.own if where == pool else each.elsewhere).update(covered)
        last = max((*each.own, *([last_paid] if last_paid else ())), default=None)
        found[person, pool] = _seen(each, moves.get((person, pool), []), last)
    return found


def _seen(known: _Known, moves: list[_Move], last: date | None) -> Coverage:
    """The coverage, with the moves that still stand: who paid here again after one has come back."""
    stops, begins = [], []
    for move in moves:
        left = move.stopped_in is not None and (last is None or move.stopped_in >= last)
        if left:
            stops.append(move.stopped_in)
        if move.since is not None and (left or move.is_open):
            begins.append(move.since if last is None else max(move.since, first_of(last, 1)))
    return Coverage(
        frozenset(known.own),
        frozenset(known.elsewhere),
        max((stop for stop in stops if stop is not None), default=None),
        min(begins, default=None),
    )


def _moves(people: Collection[int], pools: Collection[str]) -> dict[tuple[int, str], list[_Move]]:
    """The transfers out of the pools, but for those that came to nothing. One query."""
    records = (
        SideRecord.objects.filter(application__person__in=people, application__origin__in=pools)
        .exclude(application__state__in=_CAME_TO_NOTHING)
        .exclude(application__scheme_from=Scheme.RESIDENT)
        .select_related("application")
    )
    moves: dict[int, _Move] = {}
    found: dict[tuple[int, str], list[_Move]] = defaultdict(list)
    for record in records:
        case = record.application
        move = moves.get(case.pk)
        if move is None:
            move = moves[case.pk] = _Move(case.state in OPEN)
            found[case.person_id, case.origin_id].append(move)
        if record.side == Side.ORIGIN:
            move.stopped_in = record.stopped_on and month_of(record.stopped_on)
        elif case.scheme_to != Scheme.RESIDENT:
            move.since = record.enrolled_on and month_of(record.enrolled_on)
    return found
