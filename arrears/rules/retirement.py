"""Months short of the minimum at retirement, payable in one sum where the place sets a minimum."""

from dataclasses import dataclass
from decimal import Decimal

from transfers.rules.months import YEAR

from .money import share_fen


@dataclass(frozen=True, slots=True)
class Retirement:
    """`lump_fen` is all on the person: months short times both shares of one month."""

    minimum_years: int
    cumulative_months: int
    base_fen: int
    months_short: int
    share_employer_fen: int
    share_person_fen: int
    lump_fen: int


def retirement(
    minimum_years: int, cumulative_months: int, base_fen: int, unit: Decimal, person: Decimal
) -> Retirement:
    """What somebody who retires is short of, and what it costs. Source: domain.md §6, rule 9."""
    short = max(0, minimum_years * YEAR - cumulative_months)
    employers, own = share_fen(base_fen, unit), share_fen(base_fen, person)
    lump = short * (employers + own)
    return Retirement(minimum_years, cumulative_months, base_fen, short, employers, own, lump)
