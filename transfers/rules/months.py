"""Contribution months: which months a record holds, and what a transfer adds to it.

How months are merged at the destination, each point [own] (the articles give only the values):

- A calendar month counts once, whoever has it on record. Months of the form that the destination
  holds already are named one by one and add nothing; cumulative months never fall.
- Within one kind of scheme months count as they are. Employee and flexible are one kind, since
  flexible workers are insured in the employee scheme.
- Resident months count towards employee months only where the destination says so
  (`resident_year_to_employee_months`; 3 in some places [seed]): every full 12 of those that are new
  count as that many, a rest of under 12 as none. Where the value is empty they count as none. They
  stay on record as resident months either way.
- Employee months brought into the resident scheme count as they are: nothing is converted downwards.
- A span may count fewer months than it is long, and does not say which are left out. It is then taken
  to cover all of its months wherever months could be counted twice, so such a month is never doubled,
  at worst left out until the span is split at its gaps.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .states import Scheme

YEAR = 12


@dataclass(frozen=True, slots=True)
class Span:
    """A row of months; both ends are firsts of their month. `months` None: every month of the span.

    Raises ValueError for a span that ends before it starts or counts no month or more than it has.
    """

    from_month: date
    to_month: date
    months: int | None = None
    kind: str = "actual"
    base_fen: int = 0

    def __post_init__(self) -> None:
        if self.from_month.day != 1 or self.to_month.day != 1:
            raise ValueError("a span's ends are firsts of months")
        if self.to_month < self.from_month:
            raise ValueError("a span ends before it starts")
        if not 1 <= self.counted <= self.length:
            raise ValueError("a span counts no month, or more than it has")

    @property
    def length(self) -> int:
        """Calendar months from the first to the last, both included."""
        return number(self.to_month) - number(self.from_month) + 1

    @property
    def counted(self) -> int:
        return self.length if self.months is None else self.months


def number(day: date) -> int:
    """The months since year 0: what months are counted and compared with."""
    return day.year * YEAR + day.month - 1


def month_numbered(n: int) -> date:
    """The inverse of `number`: the first day of the month."""
    return date(n // YEAR, n % YEAR + 1, 1)


def end_of(month: date) -> date:
    """The last day of a month."""
    return month_numbered(number(month) + 1) - timedelta(days=1)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the end of that month where it has no such day."""
    month = month_numbered(number(day) + months)
    return month.replace(day=min(day.day, end_of(month).day))


def months_of(span: Span) -> Iterator[date]:
    """Every calendar month a span touches, in order, counted or not."""
    return map(month_numbered, range(number(span.from_month), number(span.to_month) + 1))


def covered(spans: Iterable[Span]) -> set[date]:
    """Every calendar month that some span touches."""
    return {month for span in spans for month in months_of(span)}


def doubled(spans: Iterable[Span]) -> tuple[date, ...]:
    """The months that more than one span touches, in order."""
    times = Counter(month for span in spans for month in months_of(span))
    return tuple(sorted(month for month, n in times.items() if n > 1))


def count(spans: Iterable[Span], without: Iterable[date] = ()) -> int:
    """How many months the spans are worth, each calendar month once and none of `without`.

    Where spans leave months out this is the least it can be, whatever those months are.
    """
    taken = set(without)
    total = 0
    # Spans without gaps first: what they hold is certain. The order given makes no difference.
    for span in sorted(
        spans,
        key=lambda one: (one.counted < one.length, -one.counted, one.from_month, one.to_month),
    ):
        own = set(months_of(span))
        total += max(0, span.counted - len(own & taken))
        taken |= own
    return total


def same_kind(one: str, other: str) -> bool:
    """Whether months of two schemes are of one kind: employee and flexible are, resident is not."""
    return (one == Scheme.RESIDENT) == (other == Scheme.RESIDENT)


def conversion(scheme_from: str, scheme_to: str, year_is_worth: int | None) -> int | None:
    """What `merge` takes as `convert`; `year_is_worth` is the destination's policy value.

    None: months count as they are. Otherwise every full 12 months count as that many.
    """
    if scheme_from == Scheme.RESIDENT and not same_kind(scheme_from, scheme_to):
        return year_is_worth or 0
    return None


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What merging comes to. `worth` is what the form's months count at the destination by
    themselves, `added` what of it is new; `converted` None when months count as they are.

    `overlaps`: months both have; `doubled_held`, `doubled_on_form`: months one of them has twice.
    """

    held: int
    on_form: int
    worth: int
    added: int
    converted: int | None = None
    overlaps: tuple[date, ...] = ()
    doubled_held: tuple[date, ...] = ()
    doubled_on_form: tuple[date, ...] = ()

    @property
    def cumulative(self) -> int:
        return self.held + self.added


def merge(
    held: Sequence[Span],
    brought: Sequence[Span],
    *,
    convert: int | None = None,
    carried: int = 0,
    floor: int = 0,
) -> MergeReport:
    """Count the form's months (`brought`) on top of the destination's own (`held`).

    `convert`: see `conversion`. `carried`: months that earlier transfers were counted as and that
    belong to no calendar month, since they were converted. `floor`: what the person was told before;
    the record never counts less.
    """
    ours = covered(held)

    def worth(months: int) -> int:
        return months if convert is None else months // YEAR * convert

    on_form = count(brought)
    return MergeReport(
        held=max(count(held) + carried, floor),
        on_form=on_form,
        worth=worth(on_form),
        added=worth(count(brought, without=ours)),
        converted=convert,
        overlaps=tuple(sorted(ours & covered(brought))),
        doubled_held=doubled(held),
        doubled_on_form=doubled(brought),
    )


def stays_at_origin(brought: Sequence[Span]) -> MergeReport:
    """The report of a relation that stays where it is, as a relocated retiree's: nothing is counted."""
    return MergeReport(held=0, on_form=count(brought), worth=0, added=0)


def interrupted(spans: Sequence[Span]) -> bool:
    """Whether a month between the first and the last is missing."""
    months = covered(spans)
    if not months:
        return False
    whole = Span(min(months), max(months))
    return len(months) < whole.length or any(span.counted < span.length for span in spans)


def runs(months: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Months as (first, last) of each unbroken run, in order."""
    first = last = None
    for month in sorted(set(months)):
        if first is None or last is None or number(month) != number(last) + 1:
            if first is not None and last is not None:
                yield first, last
            first = month
        last = month
    if first is not None and last is not None:
        yield first, last


def spelled(months: Iterable[date]) -> str:
    """2023-05, 2023-07–2023-09: every month named, runs of three and more as such."""
    parts: list[str] = []
    for first, last in runs(months):
        length = number(last) - number(first)
        if length == 0:
            parts.append(f"{first:%Y-%m}")
        else:
            parts.append(f"{first:%Y-%m}{', ' if length == 1 else '–'}{last:%Y-%m}")
    return ", ".join(parts)


class MonthStatus(StrEnum):
    """What a record says of one month. `PARTLY`: in a span that leaves out some month of its own."""

    PAID = "paid"
    DEEMED = "deemed"
    PARTLY = "partly"
    DOUBLED = "doubled"
    MISSING = "missing"


def calendar(spans: Sequence[Span]) -> dict[int, tuple[MonthStatus | None, ...]]:
    """Twelve statuses for every year from the first month to the last; None outside of those two."""
    if not spans:
        return {}
    twice = set(doubled(spans))
    status: dict[date, MonthStatus] = {}
    for span in spans:
        own = MonthStatus.DEEMED if span.kind == "deemed" else MonthStatus.PAID
        if span.counted < span.length:
            own = MonthStatus.PARTLY
        for month in months_of(span):
            status[month] = MonthStatus.DOUBLED if month in twice else own
    first, last = min(status), max(status)
    return {
        year: tuple(
            status.get(month, MonthStatus.MISSING) if first <= month <= last else None
            for month in (date(year, number, 1) for number in range(1, YEAR + 1))
        )
        for year in range(first.year, last.year + 1)
    }
