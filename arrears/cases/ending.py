"""How a case ends: refused, waived, cancelled, or with its benefits running again."""

from django.utils.translation import gettext_lazy as _

from transfers.workflow.errors import NotAllowed

from ..letters import Facts
from ..models import ArrearsMonth
from ..rules.states import GIVEN_UP
from .assessing import assessed, missing_materials
from .claimed import Claimed, needed


def refuse(claimed: Claimed, *, text: str) -> None:
    """Close a case that the place's rules do not let be paid back, with what to do instead."""
    claimed.reason = needed(text)
    reason, restart_on = "", None
    if not missing_materials(claimed.case):
        found = assessed(claimed, claimed.on)
        reason, restart_on = str(found.reason or ""), found.restart_on
    claimed.facts = Facts(claimed.case, text=claimed.reason, reason=reason, restart_on=restart_on)
    claimed.case.refuse(at=claimed.at, text=claimed.reason)
    _give_up(claimed)


def waive(claimed: Claimed, *, text: str) -> None:
    claimed.reason = needed(text)
    claimed.facts = Facts(claimed.case, text=claimed.reason)
    claimed.case.waive(at=claimed.at, text=claimed.reason)
    _give_up(claimed)


def cancel(claimed: Claimed, *, text: str) -> None:
    claimed.reason = needed(text)
    claimed.facts = Facts(claimed.case, text=claimed.reason)
    claimed.case.cancel(at=claimed.at, text=claimed.reason)
    _give_up(claimed)


def _give_up(claimed: Claimed) -> None:
    claimed.save()
    assert claimed.case.state in GIVEN_UP
    ArrearsMonth.objects.filter(case=claimed.case).update(live=False)


def reinstate(claimed: Claimed) -> None:
    """Benefits restart. On its day, by the schedule."""
    case = claimed.case
    if case.restart_on is None or case.restart_on > claimed.on:
        raise NotAllowed(_("The day of the restart has not come yet."), code="too_early")
    case.reinstate(at=claimed.at)
    claimed.save()
