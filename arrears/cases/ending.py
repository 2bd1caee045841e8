"""How a case ends: refused, waived, cancelled, or with its benefits running again."""

from django.utils.translation import gettext_lazy as _

from transfers.rules.months import spelled
from transfers.workflow.errors import NotAllowed

from .. import quoting, record
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
    claimed.facts = Facts(
        claimed.case,
        quote=quoting.current_quote(claimed.case),
        text=claimed.reason,
        reason=reason,
        restart_on=restart_on,
    )
    claimed.case.refuse(at=claimed.at, text=claimed.reason)
    _give_up(claimed)


def waive(claimed: Claimed, *, text: str) -> None:
    """What is owed is let go. Months that are paid in full stay paid and are entered in the record."""
    case = claimed.case
    claimed.reason = needed(text)
    newest = quoting.current_quote(case)
    waived = kept = ""
    if newest is not None:
        owed = {part.month for part in quoting.rest_of(case, newest)}
        paid = tuple(row for row in quoting.rows_of(newest) if row.month not in owed)
        if paid:
            record.enter(case, paid, by=claimed.user, at=claimed.at)
            waived, kept = spelled(owed), spelled(row.month for row in paid)
    claimed.facts = Facts(case, quote=newest, text=claimed.reason, waived=waived, kept=kept)
    case.waive(at=claimed.at, text=claimed.reason)
    _give_up(claimed)


def cancel(claimed: Claimed, *, text: str) -> None:
    claimed.reason = needed(text)
    claimed.facts = Facts(
        claimed.case, quote=quoting.current_quote(claimed.case), text=claimed.reason
    )
    claimed.case.cancel(at=claimed.at, text=claimed.reason)
    _give_up(claimed)


def _give_up(claimed: Claimed) -> None:
    claimed.save()
    assert claimed.case.state in GIVEN_UP
    ArrearsMonth.objects.filter(case=claimed.case).update(live=False)


def reinstate(claimed: Claimed) -> None:
    """Benefits restart. On its day, by the schedule."""
    case = claimed.case
    if case.next_on is None or case.next_on > claimed.on:
        raise NotAllowed(_("The day of the restart has not come yet."), code="too_early")
    case.reinstate(at=claimed.at)
    claimed.save()
