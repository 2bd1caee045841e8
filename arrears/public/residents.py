"""The answer to residents, who pay by the year. Pure, in the active language."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from transfers.status.words import long_date, sentences

from ..rules.assessment import assess
from ..rules.reasons import INSTEAD, Reason
from .pieces import Answer, Line, cautions_of, until, waiting, where_to_pay
from .reckoning import Reckoning
from .windows import next_window


def resident(r: Reckoning, where: str) -> Answer:
    found = r.found
    assert found.restart_on is not None  # always known, and so is the wait
    assert found.waiting_months is not None
    lines = [_window(r)]
    if not found.back_pay_allowed:
        reason = Reason(found.reason or Reason.OUTSIDE_REPAIR_WINDOW)
        lines += [
            Line(_("Why"), str(reason.label), _repair_time(r)),
            Line(_("What you must do"), str(INSTEAD[reason]), act=True),
        ]
    lines.append(
        Line(
            _("Your benefits"),
            _("Paid on %(paid)s they start on %(day)s: %(wait)s.")
            % {
                "paid": long_date(r.asked.paid_on),
                "day": long_date(found.restart_on),
                "wait": waiting(found.waiting_months),
            },
            (_("The payment is for the year %(year)d.") % {"year": found.cover_year},),
        )
    )
    shorter = _shorter(r)
    if shorter:
        lines.append(Line(_("How to wait less"), shorter))
    lines.append(
        Line(
            _("To pay"),
            _("The place sets the amount anew every year. Its office tells you how much it is."),
        )
    )
    lines += where_to_pay(where)
    tone = "late" if found.waiting_months and r.deadline is None else "act"
    return Answer(tone, _resident_title(r), tuple(lines), (), cautions_of(found))


def _resident_title(r: Reckoning) -> str:
    """The deadline with the wait of who pays by then, not of the day that was named."""
    if r.deadline is not None:
        in_time = r.way("deadline")
        found = in_time.found if in_time is not None else r.found
        return _("Pay by %(day)s: %(wait)s") % {
            "day": long_date(r.deadline),
            "wait": waiting(found.waiting_months or 0),
        }
    if not r.found.waiting_months:
        return _("No waiting period")
    return _("Pay soon: %(wait)s") % {"wait": waiting(r.found.waiting_months)}


def _window(r: Reckoning) -> Line:
    if r.deadline is not None:
        named = ""
        if r.asked.paid_on > r.deadline:
            named = _("You named %(day)s; that is too late.") % {"day": long_date(r.asked.paid_on)}
        return Line(
            _("By when"),
            until(r.deadline, r.as_of),
            (sentences(named, _("Then the time in which residents enrol is over for this year.")),),
            act=True,
        )
    coming = next_window(r.as_of, r.terms.window_from, r.terms.window_to)
    note = ""
    if coming is not None:
        note = _("The next time to enrol is from %(first)s to %(last)s.") % {
            "first": long_date(coming[0]),
            "last": long_date(coming[1]),
        }
    return Line(
        _("By when"),
        _("As soon as you can: the time in which residents enrol is over."),
        (note,) if note else (),
        act=True,
    )


def _repair_time(r: Reckoning) -> tuple[str, ...]:
    coming = next_window(r.asked.paid_on, r.terms.repair_from, r.terms.repair_to)
    if coming is None:
        return ()
    return (
        _("Missed years can be made up from %(first)s to %(last)s.")
        % {"first": long_date(coming[0]), "last": long_date(coming[1])},
    )


def _shorter(r: Reckoning) -> str:
    """What making up all missed years would save."""
    asked = r.asked
    missed = r.found.missed_years or 0
    if not r.found.back_pay_allowed or asked.repaired_years >= missed:
        return ""
    every = assess(replace(asked, repaired_years=missed), r.terms)
    if every.waiting_months is None or every.waiting_months >= (r.found.waiting_months or 0):
        return ""
    return ngettext(
        "Make up the %(n)d year you missed: %(wait)s.",
        "Make up all %(n)d years you missed: %(wait)s.",
        missed,
    ) % {"n": missed, "wait": waiting(every.waiting_months)}
