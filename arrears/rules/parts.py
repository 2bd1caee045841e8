"""What is owed of each month, part by part, and how a payment is spread over it. Amounts in fen.

Oldest month first, principal before late fee (domain: arrears, partial payment). A person never pays
the employer's late fee: the employer may not pass it on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Party(TextChoices):
    EMPLOYER = "employer", _("Employer")
    PERSON = "person", _("The insured person")


class Part(TextChoices):
    """In the order in which a payment covers them."""

    PRINCIPAL_EMPLOYER = "principal_employer", _("Contribution, employer's share")
    PRINCIPAL_PERSON = "principal_person", _("Contribution, personal share")
    FEE_EMPLOYER = "fee_employer", _("Late fee of the employer")
    FEE_PERSON = "fee_person", _("Late fee of the person")


PRINCIPAL = frozenset({Part.PRINCIPAL_EMPLOYER, Part.PRINCIPAL_PERSON})
FEES = frozenset(set(Part) - PRINCIPAL)

# What a payer may be charged with.
PAYABLE: dict[Party, tuple[Part, ...]] = {
    Party.EMPLOYER: tuple(Part),
    Party.PERSON: tuple(part for part in Part if part is not Part.FEE_EMPLOYER),
}


@dataclass(frozen=True, slots=True)
class Owed:
    """One part of one month, in fen."""

    month: date
    part: Part
    fen: int


def left(owed: Iterable[Owed], paid: Mapping[tuple[date, Part], int]) -> list[Owed]:
    """What is still owed, in the order in which it is covered."""
    order = list(Part)
    rest = [
        Owed(each.month, each.part, each.fen - paid.get((each.month, each.part), 0))
        for each in owed
    ]
    return sorted(
        (each for each in rest if each.fen > 0),
        key=lambda each: (each.month, order.index(each.part)),
    )


def by_part(rest: Iterable[Owed]) -> dict[Part, int]:
    """How much is owed of each part, over all months, in fen."""
    sums: dict[Part, int] = {}
    for each in rest:
        sums[each.part] = sums.get(each.part, 0) + each.fen
    return sums


def payable(rest: Iterable[Owed], by: Party) -> int:
    """The most that this payer can pay now, in fen."""
    return sum(each.fen for each in rest if each.part in PAYABLE[by])


def spread(amount_fen: int, rest: Sequence[Owed], by: Party) -> list[Owed]:
    """The parts that an amount covers, oldest month first, principal before fee.

    Raises ValueError for an amount of nothing or one above what the payer can be charged with.
    """
    if not 0 < amount_fen <= payable(rest, by):
        raise ValueError("an amount between 1 fen and what the payer owes")
    covered = []
    for each in rest:
        if each.part not in PAYABLE[by] or not amount_fen:
            continue
        fen = min(amount_fen, each.fen)
        covered.append(Owed(each.month, each.part, fen))
        amount_fen -= fen
    return covered
