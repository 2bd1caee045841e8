"""One month paid back: both shares, what it was owed for how long, the late fee and who bears it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from transfers.rules.states import Scheme

from .asked import Asked
from .money import late_fee_fen, share_fen
from .periods import Outstanding, Segment, by_rate, end_of
from .reasons import Cause
from .terms import Base, Terms


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


@dataclass(frozen=True, slots=True)
class Row:
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


def row_of(
    asked: Asked,
    month: date,
    terms: Terms,
    bases: Mapping[int, Base],
    paid: MonthPaid | None,
) -> Row:
    """What one month comes to. `paid`: what came in for it before; `bases`: by year.

    Raises TermMissing where the policy lacks a value that decides.
    """
    due = end_of(month)
    base = asked.base_fen if asked.base_fen is not None else fen_of(bases[month.year])
    received = paid.received if paid else ()
    by_employer = sum(one.employer_fen for one in received)
    by_person = sum(one.person_fen for one in received)
    fixed = paid.fixed_fee_fen if paid else None
    segments: tuple[Segment, ...] = ()
    if fixed is not None:
        days = max(0, (received[-1].on - due).days) if received else 0
        employer, person, fee = by_employer, by_person, fixed
    else:
        employer = share_fen(base, terms.source_of("contribution_rate_unit").value)
        person = share_fen(base, terms.source_of("contribution_rate_person").value)
        if asked.scheme == Scheme.FLEXIBLE:
            employer, person = 0, employer + person
        days, owed = _owed(employer + person, due, asked.paid_on, received)
        segments = tuple(part for each in owed for part in by_rate(each, terms.rates))
        fee = late_fee_fen(segments, terms.rates)
    employers, own, waived = _on_whom(asked, terms, fee)
    return Row(
        month=month,
        base_fen=base,
        principal_employer_fen=employer,
        principal_person_fen=person,
        due_on=due,
        days=days,
        segments=segments,
        late_fee_employer_fen=employers,
        late_fee_person_fen=own,
        late_fee_waived_fen=waived,
        paid_employer_fen=by_employer,
        paid_person_fen=by_person,
        paid_fee_fen=paid.fee_fen if paid else 0,
        fixed=fixed is not None,
    )


def _owed(
    principal: int, due: date, until: date, received: tuple[Received, ...]
) -> tuple[int, list[Outstanding]]:
    """How many days something was owed, and what was owed from when to when."""
    owed: list[Outstanding] = []
    start = due
    for one in received:
        end = min(one.on, until)
        if principal > 0 and start < end:
            owed.append(Outstanding(principal, start, end))
            start = end
        principal -= one.employer_fen + one.person_fen
    if principal > 0 and start < until:
        owed.append(Outstanding(principal, start, until))
    return (owed[-1].until_on - due).days if owed else 0, owed


def _on_whom(asked: Asked, terms: Terms, fee: int) -> tuple[int, int, int]:
    """A late fee as (on the employer, on the person, waived)."""
    if asked.cause == Cause.EMPLOYER:
        return fee, 0, 0
    if asked.cause == Cause.SYSTEM:
        return 0, 0, fee
    return 0, fee if terms.late_fee_on_person else 0, 0


def fen_of(base: Base) -> int:
    """The amount of a base. A base has whole fen."""
    return int(Decimal(base.amount.value) * 100)


def totals_of(rows: tuple[Row, ...]) -> Totals:
    """The sums."""
    return Totals(
        sum(row.principal_employer_fen for row in rows),
        sum(row.principal_person_fen for row in rows),
        sum(row.late_fee_employer_fen for row in rows),
        sum(row.late_fee_person_fen for row in rows),
        sum(row.late_fee_waived_fen for row in rows),
        sum(row.outstanding_fen for row in rows),
    )
