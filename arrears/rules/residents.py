"""The resident scheme: paid by the year, in a window; late or after missed years there is a wait.

Source: domain.md §6, rule 7. What it leaves open, [own]: a payment from the window's first day on is
for the next year, one before it for the year it is made in. So where the window runs over the new
year, its second half is for the year that has just begun. A window that opens in the first half of a
year is for that year.
"""

from dataclasses import dataclass
from datetime import date

from transfers.rules.months import months_after

from .terms import Terms

SECOND_HALF = "07-01"
FLOOR_FROM = 4  # missed years from which on the place's least wait applies


@dataclass(frozen=True, slots=True)
class ResidentRestart:
    """`repaired`: the missed years that were counted as paid for."""

    cover_year: int
    in_window: bool
    repaired: int
    waiting_months: int
    restart_on: date


def within(day: date, start: str | None, end: str | None) -> bool:
    """Whether a day lies in a yearly span of "MM-DD", which may run over the new year."""
    if not start or not end:
        return False
    end = "02-29" if end == "02-28" else end  # the end of February, whatever the year
    spelled = f"{day:%m-%d}"
    if start <= end:
        return start <= spelled <= end
    return spelled >= start or spelled <= end


def in_window(day: date, terms: Terms) -> bool:
    """Whether a payment on that day is made in the enrolment window."""
    return within(day, terms.window_from, terms.window_to)


def may_repair(day: date, terms: Terms) -> bool:
    """Whether missed years may be paid for on that day: always where the place has no time for it."""
    if not terms.repair_from or not terms.repair_to:
        return True
    return in_window(day, terms) or within(day, terms.repair_from, terms.repair_to)


def opens_for_next_year(window_from: str | None) -> bool:
    """Whether payments from the window's first day on are for the next year."""
    return bool(window_from) and str(window_from) >= SECOND_HALF


def cover_year(paid_on: date, window_from: str | None) -> int:
    """The year that a payment is for."""
    later = opens_for_next_year(window_from) and f"{paid_on:%m-%d}" >= str(window_from)
    return paid_on.year + later


def missed_years(last_paid: date, covered: int) -> int:
    """The whole years between the last one paid and the one now covered."""
    return max(0, covered - last_paid.year - 1)


def variable_wait(missed: int, repaired: int, per_year: int, repair: int, free: bool) -> int:
    """The months of waiting that missed years add and repaired ones take off."""
    return max(0, per_year * max(0, missed - free) - repair * repaired)


def restart(
    paid_on: date, missed: int, repaired: int, exempt: bool, terms: Terms
) -> ResidentRestart:
    """When benefits start after a resident's payment.

    Raises TermMissing where the policy lacks the value that decides.
    """
    covered = cover_year(paid_on, terms.window_from)
    timely = in_window(paid_on, terms)
    waiting = 0
    if not exempt and (missed or not timely):
        waiting = terms.source_of("fixed_wait_months").value + variable_wait(
            missed,
            repaired,
            terms.source_of("wait_per_broken_year").value,
            terms.source_of("repair_per_year").value,
            bool(terms.first_year_free),
        )
        if missed >= FLOOR_FROM:
            waiting = max(waiting, terms.floor_from_4_years or 0)
    start = months_after(max(paid_on, date(covered, 1, 1)), waiting)
    return ResidentRestart(covered, timely, repaired, waiting, start)
