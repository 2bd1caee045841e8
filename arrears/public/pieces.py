"""The parts every answer of the calculator is made of. Pure, in the active language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from transfers.status.words import long_date

from ..rules.assessment import Assessment
from ..rules.reasons import Caution


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the box. `act`: it tells what to do."""

    what: str
    text: str
    notes: tuple[str, ...] = ()
    act: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The box. `tone`: act, late, done, going or stopped, as on the status page."""

    tone: str
    title: str
    lines: tuple[Line, ...]
    effects: tuple[Line, ...] = ()
    cautions: tuple[str, ...] = ()


def waiting(months: int) -> str:
    """A waiting period as words: none, 1 month, 6 months."""
    if not months:
        return _("no waiting period")
    return ngettext("waiting period %(n)d month", "waiting period %(n)d months", months) % {
        "n": months
    }


def _left(deadline: date, as_of: date) -> str:
    days = (deadline - as_of).days
    if not days:
        return _("today is the last day")
    return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}


def until(deadline: date, as_of: date) -> str:
    return _("Up to and including %(day)s; %(left)s") % {
        "day": long_date(deadline),
        "left": _left(deadline, as_of),
    }


def where_to_pay(where: str) -> list[Line]:
    return [Line(_("Where to pay"), where)] if where else []


def cautions_of(found: Assessment, *, own_figures: bool = True) -> tuple[str, ...]:
    known = (Caution(each) for each in found.cautions)
    return tuple(str(each.label) for each in known if own_figures or each != Caution.FEE_ON_PERSON)
