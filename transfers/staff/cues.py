"""How a clock is shown: a shape, words and a bar. The colour comes last and never alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext

from ..deadlines.calendars import calendar_of
from ..models import Step
from ..rules.steps import Outcome
from ..rules.working_days import WorkingCalendar

SOON = 2  # working days left from which a step stands out


@dataclass(frozen=True, slots=True)
class Cue:
    """`tone` names the style; days are working days; `used` of `limit` is the bar."""

    tone: str
    shape: str
    words: str
    used: int
    limit: int
    left: int
    due_on: date | None = None
    provisional: bool = False

    @property
    def closed(self) -> bool:
        return self.tone in ("done", "done-late", "ended")

    @property
    def bar(self) -> int:
        """The filled part of the bar: never more than the whole."""
        return max(0, min(self.used, self.limit))


def cue_of(step: Step, today: date) -> Cue:
    """The cue of a step, open or closed. No query when `step.calendar` is at hand and known."""
    calendar = calendar_of(step.calendar)
    if step.closed_on is not None:
        return _closed(step, calendar)
    if step.paused_on is not None:
        return _paused(step)
    return _running(step, calendar, today)


def _running(step: Step, calendar: WorkingCalendar, today: date) -> Cue:
    if step.due_on is None:
        raise ValueError(f"{step} runs without a due day")
    used = step.used_days + calendar.count(step.running_since, max(today, step.running_since))
    return cue_until(
        step.due_on, used, step.limit_days, calendar, today, provisional=step.provisional
    )


def cue_until(
    due_on: date,
    used: int,
    limit: int,
    calendar: WorkingCalendar,
    today: date,
    *,
    provisional: bool = False,
) -> Cue:
    """The cue of something that is to be done by a day and is not done yet."""
    left = calendar.remaining(today, due_on)
    if due_on < today:
        tone, shape, words = "late", "▲", _overdue(-left)
    elif left == 0:
        tone, shape, words = "today", "◆", pgettext("cue", "Due today")
    else:
        words = npgettext("cue", "%(n)d working day left", "%(n)d working days left", left) % {
            "n": left
        }
        tone, shape = ("soon", "◇") if left <= SOON else ("ahead", "○")
    return Cue(tone, shape, words, used, limit, left, due_on, provisional)


def _overdue(days: int) -> str:
    if days == 0:  # the due day was followed by days off only
        return _("Overdue, less than a working day")
    text = ngettext("%(n)d working day overdue", "%(n)d working days overdue", days)
    return text % {"n": days}


def _paused(step: Step) -> Cue:
    left = step.limit_days - step.used_days
    words = _("Paused, %(n)d left (awaiting materials)")
    return Cue("paused", "‖", words % {"n": left}, step.used_days, step.limit_days, left)


def _closed(step: Step, calendar: WorkingCalendar) -> Cue:
    used = step.used_days
    if step.paused_on is None and step.closed_on is not None:
        used += calendar.count(step.running_since, step.closed_on)
    left = step.limit_days - used
    if step.outcome != Outcome.DONE:
        shape, tone, words = "–", "ended", step.get_outcome_display()
    elif step.late_days:
        late = ngettext("%(late)d day late", "%(late)d days late", step.late_days)
        shape, tone, words = "✗", "done-late", late % {"late": step.late_days}
    else:
        words = pgettext("step outcome", "On time, %(n)d used") % {"n": used}
        shape, tone = "✓", "done"
    return Cue(tone, shape, words, used, step.limit_days, left, step.due_on, step.provisional)
