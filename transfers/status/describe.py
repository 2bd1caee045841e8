"""The words about a case: a pure function of its situation, in the active language.

Source of the sentences: the table of states in the product's experience guide; each names what is
happening, what the applicant must do, by when, and what comes next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from ..models.applications import MaterialKind
from ..rules.balances import BalanceState, Disposition
from ..rules.money import yuan
from ..rules.states import RejectCode, Scheme, Side, State
from ..rules.steps import STEPS, StepKind
from .holidays import explanations, provisional_years
from .reasons import NO_BALANCE, REASONS
from .situation import CHECKS, Asked, Clock, Office, Situation
from .words import chinese, listing, long_date, sentences, working_days, years_and_months

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


def stage_names() -> tuple[str, ...]:
    """The five steps, in the active language."""
    return (
        pgettext("step", "Apply"),
        pgettext("step", "Check"),
        pgettext("step", "Transfer out"),
        pgettext("step", "Transfer in"),
        pgettext("step", "Balance arrives"),
    )


def describe(situation: Situation) -> Described:
    """What the applicant reads now, in the active language."""
    if situation.late_clocks and situation.state is not State.SUPPLEMENT_REQUESTED:
        return _late(situation)
    return _WORDS[situation.state](situation)


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
    return shown(
        replace(situation, state=target, clocks=clocks, chased_on=None, **changes)
    )


# Pieces


def _channel(s: Situation) -> str:
    if s.by_email:
        return _(
            "You don't need to do anything now. We'll tell you by e-mail when something changes."
        )
    return _("You don't need to do anything now. This page will show when something changes.")


def _names(s: Situation) -> dict[str, str]:
    return {"in": s.destination.name, "out": s.origin.name}


def _remaining(clock: Clock, today: date) -> str:
    """还剩6个工作日; nothing where no calendar came with the clock."""
    if clock.late(today):
        return _("the date has passed")
    if clock.due_on == today:
        return _("today is the last day")
    if clock.calendar is None:
        return ""
    left = clock.calendar.remaining(today, clock.due_on)
    return ngettext("%(n)d working day left", "%(n)d working days left", left) % {"n": left}


def _day_of(clock: Clock) -> str:
    """The due day, called an estimate while its year's holidays are not published."""
    if clock.provisional:
        return _("About %(day)s") % {"day": long_date(clock.due_on)}
    return long_date(clock.due_on)


def _by(clock: Clock | None, s: Situation) -> str:
    if clock is None:
        return ""
    day = long_date(clock.due_on)
    left = _remaining(clock, s.today)
    if clock.provisional:
        text = _("By about %(day)s") % {"day": day}
    else:
        text = _("By %(day)s") % {"day": day}
    return _("%(date)s, %(left)s") % {"date": text, "left": left} if left else text


def _notes(clock: Clock | None) -> tuple[str, ...]:
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


def _quote(text: str, by: Office) -> dict[str, str]:
    if not text:
        return {}
    return {
        "quote": text,
        "quote_by": by.name,
        "quote_lang": "zh-Hans" if _CJK.search(text) else "en",
    }


def _readable(text: str) -> bool:
    """Whether an office's words can stand inside a sentence of the reader's language."""
    return bool(text) and (chinese() or not _CJK.search(text))


def _told(s: Situation, key: str, stage: int, tone: str, **rest: Any) -> Described:
    values: dict[str, Any] = {
        "you": _channel(s), "must_act": False, "by": "", "notes": (), "next_": ""
    }  # fmt: skip
    values.update(rest)
    return Described(
        key=key, stage=stage, stages=STAGES, stage_name=stage_names()[stage - 1], tone=tone, **values
    )


def _usual(s: Situation) -> str:
    if s.usual_days is None:
        return _("No time limit is set; hospital cover unaffected")
    return ngettext(
        "Usually %(n)d working day; hospital cover unaffected",
        "Usually %(n)d working days; hospital cover unaffected",
        s.usual_days,
    ) % {"n": s.usual_days}


# One function a state


def _submitted(s: Situation) -> Described:
    passed = {side for side, on in s.checks_passed}
    clock = s.clock(*CHECKS)
    if passed and len(passed) < 2:
        done = next(iter(passed))
        happening = _("%(done)s has checked and passed; %(busy)s is still checking.") % {
            "done": s.office(done).name,
            "busy": s.office(done.other).name,
        }
    else:
        happening = _("%(in)s and %(out)s are checking you can transfer.") % _names(s)
    by = ""
    if clock is not None:
        words = _("We'll say by about %(day)s") if clock.provisional else _("We'll say by %(day)s")
        by = words % {"day": long_date(clock.due_on)}
        if left := _remaining(clock, s.today):
            by = _("%(date)s, %(left)s") % {"date": by, "left": left}
    return _told(
        s, "submitted", 2, "going",
        title=_("Received, being checked"), happening=happening,
        by=by, notes=_notes(clock), next_=_after_acceptance(s),
    )  # fmt: skip


def _after_acceptance(s: Situation) -> str:
    if not s.out_days:
        return _("Once it is accepted, %(out)s prepares the transfer out.") % _names(s)
    return ngettext(
        "Once it is accepted, %(out)s transfers you out within %(n)d working day.",
        "Once it is accepted, %(out)s transfers you out within %(n)d working days.",
        s.out_days,
    ) % {"out": s.origin.name, "n": s.out_days}


def _supplement(s: Situation) -> Described:
    asked = s.asked or Asked(Side.DESTINATION, (), "")
    asker = s.office(asked.side)
    labels = tuple(str(MaterialKind(item).label) for item in asked.items)
    what = listing(labels) or _("the materials asked for")
    clock = s.clock(StepKind.SUPPLEMENT)
    quote: dict[str, str] = {}
    if _readable(asked.why):
        why = asked.why.strip().rstrip("。.")
        you = _("Send %(item)s because %(why)s.") % {"item": what, "why": why}
    else:
        you = _("Send %(item)s.") % {"item": what}
        quote = _quote(asked.why, asker)
    by = ""
    if clock is not None:
        late = clock.late(s.today)
        by = _by(clock, s)
        if not late:
            words = _("By about %(day)s, or %(result)s") if clock.provisional else _(
                "By %(day)s, or %(result)s"
            )
            by = _("%(date)s; %(left)s") % {
                "date": words % {
                    "day": long_date(clock.due_on),
                    "result": _("the application ends and your old record stays as it is"),
                },
                "left": _remaining(clock, s.today) or working_days(clock.days),
            }
    return _told(
        s, "supplement", 2, "act",
        title=_("We need something from you"),
        happening=_("Paused; the clock is stopped."),
        you=you, must_act=True, by=by, notes=_notes(clock),
        next_=_("Once everything is there, %(office)s goes on with its check.")
        % {"office": asker.name},
        items=labels, where=asker, **quote,
    )  # fmt: skip


def _refused(s: Situation) -> Described:
    reason = REASONS[RejectCode(s.close_code or RejectCode.OTHER)]
    if reason.rule:
        happening = _("Why: %(why)s. Rule: %(rule)s.") % {"why": reason.why, "rule": reason.rule}
    else:
        happening = _("Why: %(why)s.") % {"why": reason.why}
    side = Side.ORIGIN if s.accepted_on else Side.DESTINATION
    return _told(
        s, "refused", 3 if s.accepted_on else 2, "stopped",
        title=_("Not accepted"), happening=happening,
        you=(
            _("%(fix)s, then reapply with your answers.") if reason.again else _("%(fix)s.")
        ) % {"fix": reason.fix},
        must_act=reason.again, where=s.office(side), **_quote(s.close_text, _closer(s)),
    )  # fmt: skip


def _closer(s: Situation) -> Office:
    """Whose words closed the case; where it is not known which side spoke, both are named."""
    if s.accepted_on:
        return s.origin
    return Office(
        f"{s.destination.name_zh}、{s.origin.name_zh}",
        f"{s.destination.name_en}, {s.origin.name_en}",
    )


def _out(s: Situation) -> Described:
    clock = s.clock(StepKind.TRANSFER_OUT)
    next_ = _("%(in)s then adds your record.") % _names(s)
    if s.in_days:
        next_ = ngettext(
            "%(in)s then adds your record within %(n)d working day.",
            "%(in)s then adds your record within %(n)d working days.",
            s.in_days,
        ) % {"in": s.destination.name, "n": s.in_days}
    if s.projected_in_on:
        next_ = sentences(
            next_, _("Probably by %(day)s.") % {"day": long_date(s.projected_in_on)}
        )
    return _told(
        s, "out", 3, "going",
        title=_("Transfer out in progress"),
        happening=_("%(out)s is preparing your record.") % _names(s),
        by=_by(clock, s), notes=_notes(clock), next_=next_,
    )  # fmt: skip


def _in(s: Situation) -> Described:
    clock = s.clock(StepKind.TRANSFER_IN)
    return _told(
        s, "in", 4, "going",
        title=_("Transfer in in progress"),
        happening=_("%(in)s is adding your record.") % _names(s),
        by=_by(clock, s), notes=_notes(clock), next_=_after_transfer_in(s),
    )  # fmt: skip


def _after_transfer_in(s: Situation) -> str:
    if s.money is not None and s.money.disposition is Disposition.NOT_DUE:
        return _("That completes it; there is no balance to move.")
    return _("Your months then count at the new place; the balance follows on its own track.")


def _returned(s: Situation) -> Described:
    clock = s.clock(StepKind.CORRECTION)
    values = {**_names(s), "why": s.discrepancy.strip().rstrip("。.")}
    quote: dict[str, str] = {}
    if _readable(s.discrepancy):
        happening = _("%(in)s found %(why)s, and sent it back to %(out)s. Not your mistake.") % values
    else:
        happening = (
            _("%(in)s found something to correct, and sent it back to %(out)s. Not your mistake.")
            % values
        )
        quote = _quote(s.discrepancy, s.destination)
    by = ""
    if clock is not None:
        by = _("New date %(day)s") % {"day": _day_of(clock)}
        if left := _remaining(clock, s.today):
            by = _("%(date)s, %(left)s") % {"date": by, "left": left}
    return _told(
        s, "returned", 3, "going",
        title=_("Sent back to be corrected"), happening=happening,
        by=by, notes=_notes(clock),
        next_=_("Once it is corrected, %(in)s goes on adding your record.") % _names(s),
        **quote,
    )  # fmt: skip


def _moved(s: Situation) -> Described:
    money = s.money
    if money is not None and money.state is BalanceState.MISMATCHED:
        return _mismatch(s)
    values = {"in": s.destination.name, "length": years_and_months(s.merged_months or 0)}
    if money is None or money.disposition is Disposition.NOT_DUE:
        happening = _("%(length)s now counted at %(in)s.") % values
        title, by = _("Transferred"), ""
        next_ = _("That completes it; there is no balance to move.")
    else:
        values["amount"] = yuan(money.amount_fen)
        title, by = _("Transferred; balance to follow"), _usual(s)
        if money.disposition is Disposition.PAY_TO_PERSON:
            happening = _(
                "%(length)s now counted at %(in)s; %(amount)s is being paid to your own bank account."
            ) % values
            next_ = _("Once the payment is confirmed, everything is complete.")
        else:
            happening = _("%(length)s now counted at %(in)s; %(amount)s on its way.") % values
            next_ = _("Once it arrives it is credited to your account, and everything is complete.")
    return _told(
        s, "moved", 5, "going", title=title, happening=happening, by=by, next_=next_
    )  # fmt: skip


def _mismatch(s: Situation) -> Described:
    assert s.money is not None
    clock = s.clock(StepKind.CREDIT)
    return _told(
        s, "mismatch", 5, "going",
        title=_("Balance differs"),
        happening=_("Got %(got)s, expected %(expected)s; checking.") % {
            "got": yuan(s.money.received_fen or 0), "expected": yuan(s.money.amount_fen),
        },
        by=_by(clock, s) or _usual(s), notes=_notes(clock),
        next_=_("The two offices put the amount right, then it is credited to your account."),
    )  # fmt: skip


def _credited(s: Situation) -> Described:
    assert s.money is not None
    by = ""
    if s.query_until is not None:
        by = _("Query by %(day)s") % {"day": long_date(s.query_until)}
    return _told(
        s, "credited", 5, "done",
        title=_("Complete, balance credited"),
        happening=_("%(amount)s credited on %(day)s.") % {
            "amount": yuan(s.money.amount_fen),
            "day": long_date(s.money.settled_on or s.closed_on or s.today),
        },
        you=_("Check the amount."), by=by, where=s.destination,
    )  # fmt: skip


def _no_balance(s: Situation) -> Described:
    why: Any = _("Nothing is due") if s.money is None else NO_BALANCE.get(s.money.due_reason)
    if s.money is None and s.scheme_from is Scheme.RESIDENT:
        why = _("The resident scheme has no personal account")
    return _told(
        s, "no_balance", 5, "done",
        title=_("Complete, nothing to move"),
        happening=sentences(
            _("%(why)s.") % {"why": why or _("Nothing is due")},
            _("%(length)s now counted at %(in)s.")
            % {"in": s.destination.name, "length": years_and_months(s.merged_months or 0)},
        ),
        you=_("Nothing needs to be done."),
    )  # fmt: skip


def _paid(s: Situation) -> Described:
    assert s.money is not None
    return _told(
        s, "paid", 5, "done",
        title=_("Complete, balance paid to you"),
        happening=_("%(amount)s was paid to your own bank account on %(day)s.") % {
            "amount": yuan(s.money.amount_fen),
            "day": long_date(s.money.settled_on or s.closed_on or s.today),
        },
        you=_("Check the amount."), where=s.origin,
    )  # fmt: skip


def _withdrawn(s: Situation) -> Described:
    day = {"day": long_date(s.closed_on or s.today)}
    if s.lapsed:
        return _told(
            s, "lapsed", 2, "stopped",
            title=_("Ended, the materials did not come"),
            happening=_("Stopped %(day)s; your old record is unchanged.") % day,
            you=_("Reapply any time."),
        )  # fmt: skip
    return _told(
        s, "withdrawn", 3 if s.accepted_on else 2, "stopped",
        title=_("You withdrew this") if s.own_submission else _("Withdrawn"),
        happening=_("Stopped %(day)s; your old record is unchanged.") % day,
        you=_("Reapply any time."),
    )  # fmt: skip


def _closed(s: Situation) -> Described:
    return _told(
        s, "closed", 4, "stopped",
        title=_("Closed, not transferred"),
        happening=_(
            "The two offices called the transfer back on %(day)s; your record stays at %(out)s."
        )
        % {"day": long_date(s.closed_on or s.today), "out": s.origin.name},
        you=_("To challenge it, call %(phone)s (%(office)s).")
        % {"phone": s.origin.phone, "office": s.origin.name},
        where=s.origin,
        **_quote(s.close_text, s.origin),
    )  # fmt: skip


def _overdue(clock: Clock, s: Situation, *, chased: bool) -> str:
    """Who was due when, how many working days ago, and when it was chased, if it was."""
    n = clock.calendar.count(clock.due_on, s.today) if clock.calendar else 0
    values = {"office": s.office(clock.owner).name, "day": long_date(clock.due_on), "n": n}
    if n == 0:
        return _("%(office)s was due %(day)s and has not finished.") % values
    if s.chased_on is None or not chased:
        text = ngettext(
            "%(office)s was due %(day)s, %(n)d working day ago.",
            "%(office)s was due %(day)s, %(n)d working days ago.",
            n,
        )
        return text % values
    text = ngettext(
        "%(office)s was due %(day)s, %(n)d working day ago. We chased on %(chased)s.",
        "%(office)s was due %(day)s, %(n)d working days ago. We chased on %(chased)s.",
        n,
    )
    return text % {**values, "chased": long_date(s.chased_on)}


def _late(s: Situation) -> Described:
    """The words of a late case: who was due when, chased when, and when the applicant hears next."""
    plain = _WORDS[s.state](s)
    told = [_overdue(clock, s, chased=clock is s.late_clocks[-1]) for clock in s.late_clocks]
    worst = s.late_clocks[0]
    phone = s.office(worst.owner).phone
    by = ""
    if s.next_update_on is not None:
        by = _("Next update by %(day)s, even if nothing changed") % {
            "day": long_date(s.next_update_on)
        }
    return replace(
        plain,
        key="late",
        tone="late",
        title=_("This is late"),
        happening=sentences(*told),
        you=_("No need to chase or reapply. To complain: %(phone)s.") % {"phone": phone},
        by=by or _("This page shows it as soon as it is done"),
        notes=_notes(worst),
        where=s.office(worst.owner),
    )


_WORDS = {
    State.APPLIED: _submitted,
    State.SUPPLEMENT_REQUESTED: _supplement,
    State.VALIDATED: _out,
    State.TRANSFERRED_OUT: _in,
    State.DISCREPANCY_RAISED: _returned,
    State.TRANSFERRED_IN: _moved,
    State.BALANCE_CREDITED: _credited,
    State.CLOSED_WITHOUT_BALANCE: _no_balance,
    State.PAID_TO_PERSON: _paid,
    State.REJECTED: _refused,
    State.WITHDRAWN: _withdrawn,
    State.RECALLED: _closed,
}
