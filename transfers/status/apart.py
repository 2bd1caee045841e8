"""The words where no situation can be told: an application not handed in yet, and a case whose
situation cannot be read at the moment. In the active language."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from ..rules.states import FINAL, State
from .pieces import STAGES, Described, stage_names
from .situation import Office
from .words import long_date, moment


def describe_unsent(expires_on: date) -> Described:
    """An application that was saved and not submitted; deleted after `expires_on`."""
    return _described(
        "draft", 1, "act",
        title=_("Not submitted yet"),
        happening=_("We have not received this."),
        you=_("Continue and submit."),
        by=_("Deleted after %(day)s") % {"day": long_date(expires_on)},
        must_act=True,
    )  # fmt: skip


# The step a case is at, by its state alone.
_STAGES = {
    State.APPLIED: 2, State.SUPPLEMENT_REQUESTED: 2, State.VALIDATED: 3,
    State.DISCREPANCY_RAISED: 3, State.TRANSFERRED_OUT: 4, State.TRANSFERRED_IN: 5,
    State.REJECTED: 2, State.WITHDRAWN: 2, State.RECALLED: 4,
}  # fmt: skip


def describe_stale(
    state: State, office: Office, last: str, at: datetime | None, *, stays: bool = False
) -> Described:
    """A case whose situation cannot be told: what its applicant was last told, and when.

    `last`: the heading then shown, empty if there are none; `office`: whom to call;
    `stays`: the relation does not move.
    """
    if last and at is not None:
        happening = _("Nothing is lost. Last known %(time)s: %(text)s.") % {
            "time": moment(at), "text": last.strip().rstrip("。."),
        }  # fmt: skip
    else:
        happening = _("Nothing is lost.")
    return _described(
        "stale", _STAGES.get(state, STAGES), "stopped" if state in FINAL else "going",
        title=_("Can't show the latest"),
        happening=happening,
        you=_("Try later or call %(phone)s (%(office)s).")
        % {"phone": office.phone, "office": office.name},
        where=office, stays=stays,
    )  # fmt: skip


def _described(
    key: str, stage: int, tone: str, *, title: str, happening: str, you: str, by: str = "",
    must_act: bool = False, where: Office | None = None, stays: bool = False,
) -> Described:  # fmt: skip
    return Described(
        key=key, stage=stage, stages=STAGES, stage_name=stage_names(stays=stays)[stage - 1],
        tone=tone, title=title, happening=happening, you=you, must_act=must_act, by=by, notes=(), next_="",
        where=where,
    )  # fmt: skip
