"""One month paid back: both shares, what it was owed for how long, the late fee and who bears it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from transfers.rules.states import Scheme

from .asked import Asked
from .money import late_fee_fen, share_fen
from .periods import DueRule, Segment, by_rate, due_by
from .reasons import Cause
from .terms import Base, RatePeriod, Terms


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came in for a month's contribution on a day, by the share it was for."""

    on: date
    employer_fen: int
    person_fen: int


@dataclass(frozen=True, slots=True)
class MonthPaid:
    """What has been paid for one month so far: `received` in order of time, and of the late fee.

    `fixed_fee_fen`: the fee as it stood when the contribution was paid up. It does not change any
    more, and neither does the contribution, whatever the place's rules say later.
    """

    received: tuple[Received, ...]
    fee_fen: int = 0
    fixed_fee_fen: int | None = None

    @property
    def in_full(self) -> bool:
        """Whether nothing is owed for the month any more."""
        return self.fixed_fee_fen is not None and self.fee_fen >= self.fixed_fee_fen


class Row(NamedTuple):
    """One month paid back. The fee lies with one party, or is waived; `segments` are what it grew on.

    `fixed`: the contribution was paid up before and its fee stands. `days`: how long it was owed.
    """

    month: date
    base_fen: int
    principal_employer_fen: int
    principal_person_fen: int
    due_on: date
    days: int
    segments: tuple[Segment, ...]
    late_fee_employer_fen: int
    late_fee_person_fen: int
    late_fee_waived_fen: int
    paid_employer_fen: int = 0
    paid_person_fen: int = 0
    paid_fee_fen: int = 0
    fixed: bool = False

    @property
    def principal_fen(self) -> int:
        return self.principal_employer_fen + self.principal_person_fen

    @property
    def late_fee_fen(self) -> int:
        return self.late_fee_employer_fen + self.late_fee_person_fen

    @property
    def total_fen(self) -> int:
        return self.principal_fen + self.late_fee_fen

    @property
    def outstanding_employer_fen(self) -> int:
        """Of the contribution; the fee is told by itself."""
        return max(0, self.principal_employer_fen - self.paid_employer_fen)

    @property
    def outstanding_person_fen(self) -> int:
        return max(0, self.principal_person_fen - self.paid_person_fen)

    @property
    def outstanding_fee_fen(self) -> int:
        return max(0, self.late_fee_fen - self.paid_fee_fen)

    @property
    def outstanding_fen(self) -> int:
        return (
            self.outstanding_employer_fen + self.outstanding_person_fen + self.outstanding_fee_fen
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the rows."""

    principal_employer_fen: int
    principal_person_fen: int
    late_fee_employer_fen: int
    late_fee_person_fen: int
    late_fee_waived_fen: int
    outstanding_fen: int

    @property
    def principal_fen(self) -> int:
        return self.principal_employer_fen + self.principal_person_fen

    @property
    def late_fee_fen(self) -> int:
        return self.late_fee_employer_fen + self.late_fee_person_fen

    @property
    def employer_fen(self) -> int:
        return self.principal_employer_fen + self.late_fee_employer_fen

    @property
    def person_fen(self) -> int:
        return self.principal_person_fen + self.late_fee_person_fen

    @property
    def total_fen(self) -> int:
        return self.principal_fen + self.late_fee_fen


def rows_of(
    asked: Asked,
    months: Iterable[date],
    terms: Terms,
    bases: Mapping[int, Base],
    paid: Mapping[date, MonthPaid],
) -> tuple[Row, ...]:
    """What each month comes to. `bases`: by year; `paid`: by month, what came in for it before.

    Raises TermMissing where the policy lacks a value that decides.
    """
    unit = terms.source_of("contribution_rate_unit").value
    own = terms.source_of("contribution_rate_person").value
    rule = DueRule(terms.source_of("due_rule").value)
    flexible = asked.scheme == Scheme.FLEXIBLE
    bearer = _bearer(asked, terms)
    rows = []
    for month in months:
        base = asked.base_fen if asked.base_fen is not None else fen_of(bases[month.year])
        employer, person = share_fen(base, unit), share_fen(base, own)
        if flexible:
            employer, person = 0, employer + person
        due = due_by(rule, month)
        before = paid.get(month)
        if before is None:
            days = (asked.paid_on - due).days if employer + person else 0
            segments = by_rate(employer + person, due, asked.paid_on, terms.rates) if days else ()
            fee = late_fee_fen(segments, terms.rates)
            row = Row(month, base, employer, person, due, days, segments, *bearer(fee))
        else:
            row = _partly_paid(asked, month, base, (employer, person), due, terms, before, bearer)
        rows.append(row)
    return tuple(rows)


_Bearer = Callable[[int], tuple[int, int, int]]


def _bearer(asked: Asked, terms: Terms) -> _Bearer:
    """What makes of a late fee what is (on the employer, on the person, waived)."""
    if asked.cause == Cause.EMPLOYER:
        return lambda fee: (fee, 0, 0)
    if asked.cause == Cause.SYSTEM:
        return lambda fee: (0, 0, fee)
    if terms.late_fee_on_person:
        return lambda fee: (0, fee, 0)
    return lambda fee: (0, 0, 0)


def _partly_paid(
    asked: Asked,
    month: date,
    base: int,
    shares: tuple[int, int],
    due: date,
    terms: Terms,
    paid: MonthPaid,
    bearer: _Bearer,
) -> Row:
    by_employer = sum(one.employer_fen for one in paid.received)
    by_person = sum(one.person_fen for one in paid.received)
    fixed = paid.fixed_fee_fen
    segments: tuple[Segment, ...] = ()
    if fixed is not None:
        shares, fee = (by_employer, by_person), fixed
        days = max(0, (paid.received[-1].on - due).days) if paid.received else 0
    else:
        days, segments = _owed(sum(shares), due, asked.paid_on, paid.received, terms.rates)
        fee = late_fee_fen(segments, terms.rates)
    return Row(
        month, base, *shares, due, days, segments, *bearer(fee),
        paid_employer_fen=by_employer,
        paid_person_fen=by_person,
        paid_fee_fen=paid.fee_fen,
        fixed=fixed is not None,
    )  # fmt: skip


def _owed(
    principal: int,
    due: date,
    until: date,
    received: Iterable[Received],
    rates: Sequence[RatePeriod],
) -> tuple[int, tuple[Segment, ...]]:
    """How many days something was owed, and how much for how long."""
    segments: tuple[Segment, ...] = ()
    start = due
    for one in received:
        end = min(one.on, until)
        if principal > 0 and start < end:
            segments += by_rate(principal, start, end, rates)
            start = end
        principal -= one.employer_fen + one.person_fen
    if principal > 0 and start < until:
        segments += by_rate(principal, start, until, rates)
        start = until
    return (start - due).days, segments


def fen_of(base: Base) -> int:
    """The amount of a base. A base has whole fen."""
    return _whole_fen(base.amount.value)


@lru_cache(maxsize=4096)
def _whole_fen(yuan: Decimal) -> int:
    return int(yuan * 100)


def totals_of(rows: Iterable[Row]) -> Totals:
    """The sums."""
    employer = person = fee_employer = fee_person = waived = outstanding = 0
    for row in rows:
        employer += row.principal_employer_fen
        person += row.principal_person_fen
        fee_employer += row.late_fee_employer_fen
        fee_person += row.late_fee_person_fen
        waived += row.late_fee_waived_fen
        outstanding += row.outstanding_fen
    return Totals(employer, person, fee_employer, fee_person, waived, outstanding)
