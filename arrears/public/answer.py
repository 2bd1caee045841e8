"""The sentences of a result: what to do and by when first, then what it rests on.

Pure, in the active language.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from transfers.rules.money import yuan
from transfers.rules.states import Scheme
from transfers.status.words import long_date, long_month, sentences

from ..rules.assessment import Assessment
from ..rules.reasons import INSTEAD, Reason
from ..rules.restart import RestartRule
from .pieces import Answer, Line, cautions_of, until, waiting, where_to_pay
from .reckoning import Reckoning
from .residents import resident


def answer_of(reckoning: Reckoning, where: str) -> Answer:
    """`where`: where to pay, in the active language; empty where nobody said."""
    if reckoning.asked.scheme == Scheme.RESIDENT:
        return resident(reckoning, where)
    if not reckoning.found.gap_months:
        return _nothing(reckoning)
    if reckoning.found.over and reckoning.deadline is not None:
        return _too_late(reckoning, where)
    if not reckoning.found.back_pay_allowed:
        return _refused(reckoning, where)
    return _contributor(reckoning, where)


def _benefits(found: Assessment, as_of: date) -> str:
    """From when to when there are none, and after what wait they start again."""
    assert found.suspended_from is not None  # a gap has both
    assert found.restart_on is not None
    if found.restart_on <= found.suspended_from:
        return _("They go on without a break.")
    words = _("Stopped since %(day)s.")
    if found.suspended_from > as_of:
        words = _("They stop on %(day)s.")
    stopped = words % {"day": long_date(found.suspended_from)}
    return sentences(stopped, _starts(found))


def _starts(found: Assessment) -> str:
    assert found.restart_on is not None  # a gap has one
    values = {"day": long_date(found.restart_on), "n": found.waiting_months}
    if found.waiting_months:
        text = ngettext(
            "They start again on %(day)s, after a waiting period of %(n)d month.",
            "They start again on %(day)s, after a waiting period of %(n)d months.",
            found.waiting_months,
        )
        return text % values
    if _counted_in_days(found):
        return _("They start again on %(day)s, 30 days after you pay.") % values
    return _("They start again on %(day)s, without a waiting period.") % values


def _counted_in_days(found: Assessment) -> bool:
    rule = found.used.restart_rule_over if found.over else found.used.restart_rule
    return bool(rule == RestartRule.PLUS_30_DAYS)


# Nothing missed


def _nothing(r: Reckoning) -> Answer:
    assert r.asked.last_paid is not None  # asked of every contributor
    if r.asked.resumed is None:
        why = _("You paid up to %(month)s, and the month of payment is not due before its end.")
    else:
        why = _("You paid up to %(month)s and again from the month after it on.")
    lines = [
        Line(_("Why"), why % {"month": long_month(r.asked.last_paid)}),
        Line(_("What you must do"), str(INSTEAD[Reason.NO_GAP]), act=True),
    ]
    if r.deadline is not None:
        lines.append(
            Line(
                _("By when"),
                _("As long as you pay again by %(day)s, there is no waiting period.")
                % {"day": long_date(r.deadline)},
            )
        )
    return Answer("done", _("Nothing to pay back"), tuple(lines))


# Contributions are paid back


def _contributor(r: Reckoning, where: str) -> Answer:
    found = r.found
    lines = [
        _by_when(r),
        _to_pay(r),
        Line(_("Your benefits"), _benefits(found, r.as_of)),
        Line(_("If you pay later"), _later(r)),
        *where_to_pay(where),
    ]
    tone = "late" if found.over else "act"
    return Answer(tone, _title(r), tuple(lines), _effects(r), cautions_of(found))


def _title(r: Reckoning) -> str:
    found, months = r.found, r.found.waiting_months or 0
    if r.deadline is not None:
        if _counted_in_days(found):
            words = _("Pay by %(day)s: your months stay unbroken")
        else:
            words = _("Pay by %(day)s: no waiting period")
        return words % {"day": long_date(r.deadline)}
    if _counted_in_days(found):
        return _("Pay soon: benefits start 30 days after you pay")
    if not found.over:
        return _("Pay soon: no waiting period")
    if (found.gap_months or 0) <= found.used.gap_free_months:
        text = ngettext(
            "Pay soon: the waiting period is %(n)d month",
            "Pay soon: the waiting period is %(n)d months",
            months,
        )
        return text % {"n": months}
    text = ngettext(
        "More than %(free)d months missed: the waiting period is %(n)d month",
        "More than %(free)d months missed: the waiting period is %(n)d months",
        months,
    )
    return text % {"n": months, "free": found.used.gap_free_months}


def _by_when(r: Reckoning) -> Line:
    found = r.found
    if r.deadline is None:
        text, note = _("As soon as you can. The waiting period is counted from the payment."), ""
        if not found.waiting_months:
            text = _("As soon as you can. Benefits start again only after you have paid.")
        if found.free_until is not None:
            note = _("Until %(day)s the months would have counted as unbroken.") % {
                "day": long_date(found.free_until)
            }
    else:
        text = until(r.deadline, r.as_of)
        note = ngettext(
            "Up to then no more than %(n)d month is missed, and that counts as unbroken.",
            "Up to then no more than %(n)d months are missed, and that counts as unbroken.",
            found.used.gap_free_months,
        ) % {"n": found.used.gap_free_months}
    return Line(_("By when"), text, (note,) if note else (), act=True)


def _to_pay(r: Reckoning) -> Line:
    found, totals = r.found, r.found.totals
    assert totals is not None  # what is paid back has them
    notes = []
    if totals.employer_fen:
        notes.append(
            _("Of this you pay %(own)s and the employer %(employer)s.")
            % {"own": yuan(totals.person_fen), "employer": yuan(totals.employer_fen)}
        )
    if totals.late_fee_employer_fen:
        notes.append(_("The late fee is for the employer alone, who may not pass it on to you."))
    if totals.late_fee_waived_fen:
        notes.append(_("No late fee for a fault of the system; the office confirms that."))
    return Line(_("To pay"), _sum(found), (sentences(*notes),) if notes else (), act=True)


def _sum(found: Assessment) -> str:
    """The amount and its months; empty where they cannot be paid back."""
    if found.totals is None or not found.rows:
        return ""
    first, last = found.rows[0].month, found.rows[-1].month
    months = long_month(first)
    if first != last:
        months = _("%(first)s to %(last)s") % {"first": months, "last": long_month(last)}
    text = ngettext(
        "%(amount)s for %(n)d month, %(months)s",
        "%(amount)s for %(n)d months, %(months)s",
        len(found.rows),
    )
    return text % {
        "amount": yuan(found.totals.total_fen), "n": len(found.rows), "months": months
    }  # fmt: skip


def _then(found: Assessment) -> str:
    assert found.restart_on is not None  # a gap has one
    return _("Benefits then start on %(day)s, %(wait)s.") % {
        "day": long_date(found.restart_on),
        "wait": waiting(found.waiting_months or 0),
    }


# A day is named on which it is too late, and an earlier one is still to come


def _too_late(r: Reckoning, where: str) -> Answer:
    found = r.found
    assert r.deadline is not None  # the caller asks
    named = _("You named %(day)s; that is too late.") % {"day": long_date(r.asked.paid_on)}
    why = ""
    if not found.back_pay_allowed:
        why = str(Reason(found.reason or Reason.NOT_ALLOWED).label)
    lines = [
        replace(_by_when(r), notes=(sentences(named, why, _then(found)),)),
    ]
    in_time = r.way("deadline") or r.way("today")
    if in_time is not None:
        amount = _sum(in_time.found)
        if amount:
            on = _("Paid on %(day)s.") % {"day": long_date(in_time.on)}
            lines.append(Line(_("To pay"), amount, (on,), act=True))
        lines.append(Line(_("Your benefits"), _benefits(in_time.found, r.as_of)))
    lines += where_to_pay(where)
    return Answer("act", _title(r), tuple(lines), (), cautions_of(found))


def _later(r: Reckoning) -> str:
    parts = []
    if r.a_day_fen:
        parts.append(
            _("Every day adds %(amount)s to the late fee.") % {"amount": yuan(r.a_day_fen)}
        )
    too_late = r.way("too_late")
    later = r.way("month_later")
    if too_late is not None:
        if r.found.back_pay_allowed and not too_late.found.back_pay_allowed:
            parts.append(_("After the day above, the months can no longer be paid back."))
        parts.append(
            _("Paid on %(day)s: %(wait)s, benefits from %(from)s.")
            % {
                "day": long_date(too_late.on),
                "wait": waiting(too_late.found.waiting_months or 0),
                "from": long_date(too_late.found.restart_on or too_late.on),
            }
        )
    elif later is not None and later.found.restart_on is not None:
        parts.append(
            _("Paid a month later, benefits start on %(day)s.")
            % {"day": long_date(later.found.restart_on)}
        )
        if later.found.re_enrol and not r.found.re_enrol:
            parts.append(_("With more than 6 months missed you must also enrol anew."))
    return sentences(*parts)


def _effects(r: Reckoning) -> tuple[Line, ...]:
    """What becomes of benefits of the time between, and of the months that are counted."""
    found, effects = r.found, []
    if found.retroactive_from is not None and found.retroactive_to is not None:
        text = _("Doctors' bills from %(first)s to %(last)s can be settled afterwards.") % {
            "first": long_date(found.retroactive_from),
            "last": long_date(found.retroactive_to),
        }
    elif (
        found.suspended_from is not None and (found.restart_on or date.min) <= found.suspended_from
    ):
        text = _("There is no time without benefits.")
    else:
        text = _("Doctors' bills of the time without benefits are not covered.")
    effects.append(Line(_("Time without benefits"), text))
    if found.back_pay_allowed and found.gap_months:
        effects.append(
            Line(
                _("Months in all"),
                ngettext(
                    "%(n)d month is added. Months once paid are never lost.",
                    "%(n)d months are added. Months once paid are never lost.",
                    found.cumulative_months_added or 0,
                )
                % {"n": found.cumulative_months_added or 0},
            )
        )
    effects.append(Line(_("Months in a row"), _in_a_row(found)))
    if found.re_enrol:
        effects.append(
            Line(
                _("Enrolment"),
                _("With more than 6 months missed you must also enrol anew. The office does it."),
            )
        )
    return tuple(effects)


def _in_a_row(found: Assessment) -> str:
    after = found.consecutive_months_after
    if after:
        return ngettext(
            "They go on: %(n)d month with those paid back.",
            "They go on: %(n)d months with those paid back.",
            after,
        ) % {"n": after}
    if after is None:
        return _("They go on, and those paid back count among them.")
    return _("Their count starts again with the next payment.")


# Contributions may not be paid back


def _refused(r: Reckoning, where: str) -> Answer:
    found = r.found
    reason = Reason(found.reason or Reason.NOT_ALLOWED)
    tone, title = "late", _("These months cannot be paid back here")
    lines = []
    if r.deadline is not None:
        tone = "act"
        title = _("Start paying again by %(day)s: no waiting period") % {
            "day": long_date(r.deadline)
        }
        lines.append(Line(_("By when"), until(r.deadline, r.as_of), act=True))
    lines += [
        Line(_("Why"), str(reason.label), _numbers(found, reason)),
        Line(_("What you must do"), _instead(found, reason), act=True),
        Line(_("Your benefits"), _benefits(found, r.as_of)),
        Line(_("If you pay later"), _later(r)),
        *where_to_pay(where),
    ]
    return Answer(tone, title, tuple(lines), _effects(r), cautions_of(found, own_figures=False))


def _instead(found: Assessment, reason: Reason) -> str:
    if found.waiting_months:
        return str(INSTEAD[reason])
    return _("Pay from this month on without a break. The missed months stay unpaid.")


def _numbers(found: Assessment, reason: Reason) -> tuple[str, ...]:
    """The figures behind a refusal."""
    if reason is Reason.GAP_TOO_LONG:
        return (
            _("%(n)d months are missed; at most %(most)d may be paid back.")
            % {"n": found.gap_months, "most": found.used.max_gap_months},
        )
    if reason is Reason.TOO_FEW_CONSECUTIVE:
        return (
            _("%(n)d months in a row were paid; at least %(least)d are needed.")
            % {
                "n": found.asked.consecutive_months_before,
                "least": found.used.min_consecutive_months,
            },
        )
    return ()
