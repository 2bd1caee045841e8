"""What the applicant reads about a case, and what was or would be read: a pure function of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from ..rules.states import State
from ..rules.steps import STEPS, StepKind
from .pieces import Described
from .situation import Clock, Situation
from .states import WORDS, late
from .words import sentences

__all__ = ["Described", "describe", "preview", "shown"]


def describe(situation: Situation) -> Described:
    """What the applicant reads now, in the active language."""
    if situation.late_clocks and situation.state is not State.SUPPLEMENT_REQUESTED:
        return late(situation)
    return WORDS[situation.state](situation)


def shown(situation: Situation) -> tuple[str, str]:
    """The same as one short paragraph, (Chinese, English), whatever language is active."""
    told = []
    for language in ("zh-hans", "en"):
        with override(language):
            words = describe(situation)
            quote = ""
            if words.quote:
                quote = _("%(office)s says: “%(text)s”") % {
                    "office": words.quote_by,
                    "text": words.quote,
                }
            title = _("%(title)s.") % {"title": words.title}
            by = _("%(by)s.") % {"by": words.by} if words.by else ""
            told.append(sentences(title, words.happening, words.you, by, quote))
    return told[0], told[1]


_OPENS = {
    State.VALIDATED: StepKind.TRANSFER_OUT,
    State.TRANSFERRED_OUT: StepKind.TRANSFER_IN,
    State.DISCREPANCY_RAISED: StepKind.CORRECTION,
    State.SUPPLEMENT_REQUESTED: StepKind.SUPPLEMENT,
}


def preview(
    situation: Situation,
    *,
    state: State | str,
    due_on: date | None = None,
    provisional: bool = False,
    **changes: Any,
) -> tuple[str, str]:
    """What the applicant would read after an action, (Chinese, English).

    `due_on` is the due day of the step the new state opens; `changes` are fields of Situation, such
    as close_code and close_text, asked, or discrepancy. Nothing is written.
    """
    target = State(state)
    clocks: tuple[Clock, ...] = ()
    if due_on is not None:
        kind = _OPENS.get(target, StepKind.CHECK_DESTINATION)
        rule = STEPS[kind]
        clocks = (Clock(kind, rule.owner, due_on, provisional, money=rule.money),)
        known = next((each.calendar for each in situation.clocks if each.calendar), None)
        clocks = tuple(replace(clock, calendar=known) for clock in clocks)
    changes.setdefault("closed_on", situation.today)
    changes.setdefault("merged_months", situation.merged_months or 0)
    return shown(replace(situation, state=target, clocks=clocks, **changes))
