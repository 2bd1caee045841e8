"""What a result rests on, as rows: days compared, shares, months, figures explained, sources.

Pure, in the active language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from transfers.rules.money import yuan
from transfers.rules.states import Scheme
from transfers.status.words import long_date, long_month

from ..rules.assessment import Assessment
from ..rules.figures import Figure, label, shown, sources, spell
from ..rules.rows import Row
from .reckoning import Reckoning, Way

MOST_MONTHS = 12  # beyond them the years are told, each in one row


@dataclass(frozen=True, slots=True)
class WayRow:
    """One day of paying as it is compared with the others."""

    label: str
    day: str
    amount: str
    fee: str
    benefits: str
    wait: str
    chosen: bool


def ways(r: Reckoning) -> list[WayRow]:
    """Empty where there is nothing to compare."""
    costs = any(way.found.totals is not None for way in r.ways)
    rows = [_way(r, way, costs=costs) for way in r.ways]
    return rows if len(rows) > 1 else []


def _way(r: Reckoning, way: Way, *, costs: bool) -> WayRow:
    """`costs`: on one of the days at least there is an amount to compare."""
    found = way.found
    amount, fee = (_("cannot be paid back"), "–") if costs else ("", "")
    if found.totals is not None:
        amount, fee = yuan(found.totals.total_fen), yuan(found.totals.late_fee_fen)
    return WayRow(
        label={
            "named": _("The day you named"),
            "today": _("Today"),
            "deadline": _("The last day in time"),
            "too_late": _("One day too late"),
            "month_later": _("A month later"),
        }[way.kind],
        day=long_date(way.on),
        amount=amount,
        fee=fee,
        benefits=long_date(found.restart_on) if found.restart_on else "",
        wait=_wait(found.waiting_months or 0),
        chosen=way.on == r.asked.paid_on,
    )


def _wait(months: int) -> str:
    if not months:
        return pgettext("waiting period", "none")
    return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of money, by who pays it. `employer` is empty where the person bears everything."""

    what: str
    employer: str
    person: str
    both: str


def shares(found: Assessment) -> list[Share]:
    totals = found.totals
    if totals is None or not found.rows:
        return []
    alone = not totals.employer_fen
    rows = [
        (
            _("Contributions"),
            totals.principal_employer_fen,
            totals.principal_person_fen,
            totals.principal_fen,
        ),
        (
            _("Late fee"),
            totals.late_fee_employer_fen,
            totals.late_fee_person_fen,
            totals.late_fee_fen,
        ),
        (_("Together"), totals.employer_fen, totals.person_fen, totals.total_fen),
    ]
    return [
        Share(what, "" if alone else yuan(employer), yuan(person), yuan(both))
        for what, employer, person, both in rows
    ]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month, or one year of them. `employer` is empty where the person bears everything."""

    when: str
    employer: str
    person: str
    fee: str
    total: str


def months(found: Assessment, told: Sequence[Figure]) -> list[MonthRow]:
    """Each month with its formulas; more than a year of them by the year. `told`: all figures."""
    if len(found.rows) > MOST_MONTHS:
        return [
            _year(year, list(rows), found)
            for year, rows in groupby(found.rows, key=lambda row: row.month.year)
        ]
    by_key = {figure.key: figure for figure in told}
    return [_month(row, by_key, found) for row in found.rows]


def _month(row: Row, by_key: Mapping[str, Figure], found: Assessment) -> MonthRow:
    def formula(name: str) -> str:
        figure = by_key.get(f"{row.month:%Y-%m}.{name}")
        return spell(figure) if figure is not None else ""

    fee = formula("late_fee") or _("%(formula)s (waived)") % {"formula": formula("late_fee_waived")}
    return MonthRow(
        when=long_month(row.month),
        employer=formula("principal_employer"),
        person=formula("principal_person"),
        fee=fee,
        total=yuan(row.total_fen),
    )


def _year(year: int, rows: list[Row], found: Assessment) -> MonthRow:
    when = ngettext("%(year)d: %(n)d month", "%(year)d: %(n)d months", len(rows))
    flexible = found.asked.scheme == Scheme.FLEXIBLE
    employer = sum(row.principal_employer_fen for row in rows)
    return MonthRow(
        when=when % {"year": year, "n": len(rows)},
        employer="" if flexible else yuan(employer),
        person=yuan(sum(row.principal_person_fen for row in rows)),
        fee=yuan(sum(row.late_fee_fen for row in rows)),
        total=yuan(sum(row.total_fen for row in rows)),
    )


@dataclass(frozen=True, slots=True)
class Explained:
    """A figure with the way it comes about."""

    what: str
    value: str
    formula: str


def explained(told: Iterable[Figure]) -> list[Explained]:
    """Every figure but sums of nothing and those of single months, whose formulas stand beside them."""
    return [
        Explained(label(figure.key), shown(figure.key, figure.value), spell(figure))
        for figure in told
        if "." not in figure.key and (figure.formula, figure.value) != ("sum", "0.00")
    ]


def rules(told: Iterable[Figure], places: Mapping[str, str]) -> list[str]:
    """A sentence for every policy value that the figures rest on. `places`: names by code."""
    return list(dict.fromkeys(line for figure in told for line in sources(figure, places)))
