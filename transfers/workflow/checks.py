"""The registry of conditions a case must meet before it may move.

An app adds a condition by registering a function in its own `transfer_checks` module; every installed
app's module is found by itself. All conditions are asked, all failures are told at once, and a
condition that crashes stops the move.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.module_loading import autodiscover_modules
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from ..models.applications import SideRecord, TransferApplication
from ..policy import TransferTerms, resolve
from ..rules.states import Side
from .errors import CheckCrashed, Failure

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What a condition may look at. `terms` are those of the asking side on the day of submission."""

    application: TransferApplication
    side: Side | None
    records: dict[Side, SideRecord]
    terms: TransferTerms
    on: date

    @property
    def record(self) -> SideRecord:
        """The asking side's own record."""
        assert self.side is not None, "only conditions of one side read its record"
        return self.records[self.side]


Condition = Callable[[Question], Any]


@dataclass(frozen=True, slots=True)
class _Registered:
    verb: str
    code: str
    side: Side | None
    overridable: bool
    condition: Condition


_registry: list[_Registered] = []


def register(
    verb: str, code: str, *, side: Side | None = None, overridable: bool = True
) -> Callable[[Condition], Condition]:
    """Add a condition for `verb` at `side` (None: at either).

    The function returns None when the condition holds, else the sentence to show.
    """

    def decorate(condition: Condition) -> Condition:
        _registry.append(_Registered(verb, code, side, overridable, condition))
        return condition

    return decorate


def discover() -> None:
    """Import every installed app's `transfer_checks` module; called once when the apps are ready."""
    autodiscover_modules("transfer_checks")


def failures(
    application: TransferApplication, verb: str, side: Side | None, on: date
) -> list[Failure]:
    """Every condition of `verb` at `side` that does not hold. Raises CheckCrashed if one crashes."""
    wanted = [
        each for each in _registry if each.verb == verb and (each.side is None or each.side is side)
    ]
    if not wanted:
        return []
    region = application.agency(side or Side.ORIGIN).region_id
    submitted = localdate(application.submitted_at)
    question = Question(
        application=application,
        side=side,
        records={Side(record.side): record for record in application.records.all()},
        terms=resolve(region, submitted),
        on=on,
    )
    found = []
    for each in wanted:
        try:
            sentence = each.condition(question)
        except Exception as error:
            logger.exception("check %s crashed for %s", each.code, application.reference)
            raise CheckCrashed(
                _("A check could not be carried out (%(code)s), so nothing was changed. "
                  "Please tell the administrator.") % {"code": each.code},
                code="check_crashed",
            ) from error  # fmt: skip
        if sentence is not None:
            found.append(Failure(each.code, sentence, each.overridable))
    return found
