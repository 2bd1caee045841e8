"""Amounts of arrears in whole fen: shares of a contribution and late fees, rounded half up.

Rates are Decimals and are multiplied as the exact fractions they are, so no rounding happens but
the one that is meant.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache

from .periods import Segment
from .terms import RatePeriod


@lru_cache(maxsize=256)
def _fraction(rate: Decimal) -> tuple[int, int]:
    return rate.as_integer_ratio()


def _half_up(over: int, under: int) -> int:
    return (2 * over + under) // (2 * under)


@lru_cache(maxsize=4096)  # the same few bases and rates all night long
def share_fen(base_fen: int, rate: Decimal) -> int:
    """One party's contribution for one month: the base times its rate."""
    over, under = _fraction(rate)
    return _half_up(base_fen * over, under)


def late_fee_fen(segments: Iterable[Segment], rates: Sequence[RatePeriod]) -> int:
    """The simple late fee of one month over all of its segments, rounded once."""
    total, scale = 0, 1
    for segment in segments:
        over, under = _fraction(rates[segment.period].rate.value)
        total = total * under + segment.amount_fen * segment.days * over * scale
        scale *= under
    return _half_up(total, scale)


def text(fen: int) -> str:
    """An amount for scripts and for storing: 123456 → 1234.56."""
    whole, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{cents:02d}"


def from_text(amount: str) -> int:
    """The inverse of `text`."""
    whole, cents = amount.lstrip("-").split(".")
    fen = int(whole) * 100 + int(cents)
    return -fen if amount.startswith("-") else fen
