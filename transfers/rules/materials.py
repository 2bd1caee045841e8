"""Which materials must be there when an application comes in: by scheme, reason and channel.

Pure data. Kinds, reasons and channels are the values of `models.applications.MaterialKind`,
`MoveReason` and `Channel`. `status` says how sure a row is, as with every policy value: "article"
(reported by an article) or "own" (a default of this product, to be confirmed). No national list of
materials was available, so none is "law". The list is kept short on purpose: what the two offices
read in their own records nobody has to bring.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .states import Scheme

# An employer's batch: the employer declares for its own staff and keeps the papers.
_DECLARED = "batch"
_COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the answer depends on. `connected`: both pools are on the platform; `by_employer`: the
    person's employer hands the application in at a counter."""

    scheme_from: str
    scheme_to: str
    reason: str
    channel: str
    connected: bool = True
    by_employer: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the table: a kind of material, when it is required, and why, for the applicant."""

    kind: str
    status: str
    why: Any
    applies: Callable[[Facts], bool]


TABLE: tuple[Requirement, ...] = (
    Requirement(
        "id_card", "own",
        _("It shows that the application is yours."),
        lambda facts: True,
    ),
    Requirement(
        "certificate", "article",
        _("The two places are not connected, so the office reads your months and your balance from it."),
        lambda facts: facts.channel == _COUNTER and not facts.connected,
    ),
    Requirement(
        "residence_proof", "own",
        _("You are insured as a resident or pay for yourself, so the new place checks that you live there."),
        lambda facts: facts.reason == "moved"
        and facts.scheme_to in (Scheme.RESIDENT, Scheme.FLEXIBLE),
    ),
    Requirement(
        "residence_proof", "own",
        _("Only who has settled in another province gets the balance paid out."),
        lambda facts: facts.reason == "retired",
    ),
    Requirement(
        "authorisation", "own",
        _("Your employer applies for you, so it shows that you agreed."),
        lambda facts: facts.by_employer,
    ),
)  # fmt: skip


def required(facts: Facts) -> tuple[Requirement, ...]:
    """The materials that must be there, in the order they are asked for, each kind once."""
    if facts.channel == _DECLARED:
        return ()
    found: dict[str, Requirement] = {}
    for row in TABLE:
        if row.applies(facts):
            found.setdefault(row.kind, row)
    return tuple(found.values())
