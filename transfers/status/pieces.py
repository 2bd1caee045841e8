"""The parts that the sentences about a case are made of. Pure; in the active language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from ..models.applications import NotifyBy
from .holidays import explanations, provisional_years
from .situation import Clock, Office, Situation
from .words import chinese, listing, long_date

STAGES = 5
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Described:
    """What the box says. `tone`: going, act, late, done or stopped. `quote`: an office's own words."""

    key: str
    stage: int
    stages: int
    stage_name: str
    tone: str
    title: str
    happening: str
    you: str
    must_act: bool
    by: str
    notes: tuple[str, ...]
    next_: str
    quote: str = ""
    quote_by: str = ""
    quote_lang: str = ""
    items: tuple[str, ...] = ()
    where: Office | None = None

    @property
    def late(self) -> bool:
        return self.tone == "late"


def stage_names(*, stays: bool = False) -> tuple[str, ...]:
    """The five steps, in the active language. `stays`: of a relation that does not move."""
    return (
        pgettext("step", "Apply"),
        pgettext("step", "Check"),
        pgettext("step", "Form issued") if stays else pgettext("step", "Transfer out"),
        pgettext("step", "Form checked") if stays else pgettext("step", "Transfer in"),
        pgettext("step", "Balance arrives"),
    )


_TOLD_BY: dict[NotifyBy, Any] = {
    NotifyBy.SMS: gettext_lazy(
        "You don't need to do anything now. We'll tell you by SMS when something changes."
    ),
    NotifyBy.EMAIL: gettext_lazy(
        "You don't need to do anything now. We'll tell you by e-mail when something changes."
    ),
    NotifyBy.NONE: gettext_lazy(
        "You don't need to do anything now. This page will show when something changes."
    ),
}


def channel(s: Situation) -> str:
    return str(_TOLD_BY[s.notify_by])


def names(s: Situation) -> dict[str, str]:
    return {"in": s.destination.name, "out": s.origin.name}


def remaining(clock: Clock, today: date) -> str:
    """还剩6个工作日; nothing where no calendar came with the clock."""
    if clock.late(today):
        return _("the date has passed")
    if clock.due_on == today:
        return _("today is the last day")
    if clock.calendar is None:
        return ""
    left = clock.calendar.remaining(today, clock.due_on)
    return ngettext("%(n)d working day left", "%(n)d working days left", left) % {"n": left}


def day_of(clock: Clock) -> str:
    """The due day, called an estimate while its year's holidays are not published."""
    if clock.provisional:
        return _("About %(day)s") % {"day": long_date(clock.due_on)}
    return long_date(clock.due_on)


def by_when(clock: Clock | None, s: Situation) -> str:
    if clock is None:
        return ""
    day = long_date(clock.due_on)
    left = remaining(clock, s.today)
    if clock.provisional:
        text = _("By about %(day)s") % {"day": day}
    else:
        text = _("By %(day)s") % {"day": day}
    return _("%(date)s, %(left)s") % {"date": text, "left": left} if left else text


def once_paid(clock: Clock) -> str:
    """The promise of a check that waits for a payment: a day cannot be named before."""
    return ngettext(
        "Once it is paid, within %(n)d working day",
        "Once it is paid, within %(n)d working days",
        clock.days,
    ) % {"n": clock.days}


def notes_of(clock: Clock | None) -> tuple[str, ...]:
    """What lies below the date: the days skipped and counted, and whether it may still move."""
    if clock is None or clock.calendar is None:
        return ()
    notes = []
    if clock.since is not None and clock.days > 0:
        clauses = explanations(clock.calendar, clock.since, clock.days)
        if clauses:
            text = _("; ").join(clauses)
            notes.append(_("%(text)s.") % {"text": text[0].upper() + text[1:]})
    if clock.provisional:
        years = provisional_years(clock.calendar, clock.due_on)
        notes.append(
            _("May move when %(year)s holidays are published.")
            % {"year": listing([str(year) for year in years])}
        )
    return tuple(notes)


def quoted(text: str, by: Office) -> dict[str, str]:
    if not text:
        return {}
    return {
        "quote": text,
        "quote_by": by.name,
        "quote_lang": "zh-Hans" if _CJK.search(text) else "en",
    }


def readable(text: str) -> bool:
    """Whether an office's words can stand inside a sentence of the reader's language."""
    return bool(text) and (chinese() or not _CJK.search(text))


def told(s: Situation, key: str, stage: int, tone: str, **rest: Any) -> Described:
    values: dict[str, Any] = {
        "you": channel(s), "must_act": False, "by": "", "notes": (), "next_": ""
    }  # fmt: skip
    values.update(rest)
    return Described(
        key=key,
        stage=stage,
        stages=STAGES,
        stage_name=stage_names(stays=s.stays)[stage - 1],
        tone=tone,
        **values,
    )


def usual(s: Situation) -> str:
    if s.usual_days is None:
        return _("No time limit is set; hospital cover unaffected")
    return ngettext(
        "Usually %(n)d working day; hospital cover unaffected",
        "Usually %(n)d working days; hospital cover unaffected",
        s.usual_days,
    ) % {"n": s.usual_days}
