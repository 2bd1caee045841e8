"""The words of each state: what is happening, what the applicant must do, by when, what comes next.

Source of the sentences: the table of states in the product's experience guide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..models.applications import MaterialKind
from ..rules.balances import BalanceState, Disposition
from ..rules.money import yuan
from ..rules.states import RejectCode, Scheme, Side, State
from ..rules.steps import StepKind
from .pieces import (
    Described,
    by_when,
    day_of,
    names,
    notes_of,
    once_paid,
    quoted,
    readable,
    remaining,
    told,
    usual,
)
from .reasons import NO_BALANCE, REASONS
from .situation import CHECKS, Asked, Clock, Office, Situation
from .words import inside, listing, long_date, sentences, working_days, years_and_months


def _submitted(s: Situation) -> Described:
    passed = {side for side, on in s.checks_passed}
    clock = s.clock(*CHECKS)
    if passed and len(passed) < 2:
        done = next(iter(passed))
        happening = _("%(done)s has checked and passed; %(busy)s is still checking.") % {
            "done": s.office(done).name,
            "busy": s.office(done.other).name,
        }
    elif s.stays:
        happening = _("%(in)s and %(out)s are checking your application.") % names(s)
    else:
        happening = _("%(in)s and %(out)s are checking you can transfer.") % names(s)
    by = ""
    if clock is not None:
        words = _("We'll say by about %(day)s") if clock.provisional else _("We'll say by %(day)s")
        by = words % {"day": long_date(clock.due_on)}
        if s.held:
            by, clock = once_paid(clock), None
        elif left := remaining(clock, s.today):
            by = _("%(date)s, %(left)s") % {"date": by, "left": left}
    return told(
        s, "submitted", 2, "going",
        title=_("Received, being checked"), happening=happening,
        by=by, notes=notes_of(clock), next_=_after_acceptance(s),
    )  # fmt: skip


def _after_acceptance(s: Situation) -> str:
    if s.stays:
        return _(
            "Your insurance stays at %(out)s. Once the application is accepted, %(out)s prepares the"
            " payment of your balance."
        ) % names(s)
    if not s.out_days:
        return _("Once it is accepted, %(out)s prepares the transfer out.") % names(s)
    return ngettext(
        "Once it is accepted, %(out)s transfers you out within %(n)d working day.",
        "Once it is accepted, %(out)s transfers you out within %(n)d working days.",
        s.out_days,
    ) % {"out": s.origin.name, "n": s.out_days}


def _supplement(s: Situation) -> Described:
    asked = s.asked or Asked(Side.DESTINATION, (), "")
    asker = s.office(asked.side)
    labels = tuple(str(MaterialKind(item).label) for item in asked.items)
    what = listing([inside(label) for label in labels]) or _("the materials asked for")
    clock = s.clock(StepKind.SUPPLEMENT)
    quote: dict[str, str] = {}
    if readable(asked.why):
        why = asked.why.strip().rstrip("。.")
        you = _("Send %(item)s because %(why)s.") % {"item": what, "why": why}
    else:
        you = _("Send %(item)s.") % {"item": what}
        quote = quoted(asked.why, asker)
    by = ""
    if clock is not None:
        late = clock.late(s.today)
        by = by_when(clock, s)
        if not late:
            words = (
                _("By about %(day)s, or %(result)s")
                if clock.provisional
                else _("By %(day)s, or %(result)s")
            )
            by = _("%(date)s; %(left)s") % {
                "date": words
                % {
                    "day": long_date(clock.due_on),
                    "result": _("the application ends and your old record stays as it is"),
                },
                "left": remaining(clock, s.today) or working_days(clock.days),
            }
    return told(
        s, "supplement", 2, "act",
        title=_("We need something from you"),
        happening=_("Paused; the clock is stopped."),
        you=you, must_act=True, by=by, notes=notes_of(clock),
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
    return told(
        s, "refused", 3 if s.accepted_on else 2, "stopped",
        title=_("Not accepted"), happening=happening,
        you=(
            _("%(fix)s, then reapply with your answers.") if reason.again else _("%(fix)s.")
        ) % {"fix": reason.fix},
        must_act=reason.again, where=_closer(s), **quoted(s.close_text, _closer(s)),
    )  # fmt: skip


def _closer(s: Situation) -> Office:
    """Whose words closed the case; where it is not known which side spoke, both are named."""
    if s.closed_by is not None:
        return s.office(s.closed_by)
    return Office(
        f"{s.destination.name_zh}、{s.origin.name_zh}",
        f"{s.destination.name_en}, {s.origin.name_en}",
    )


def _out(s: Situation) -> Described:
    clock = s.clock(StepKind.TRANSFER_OUT)
    if s.stays:
        return told(
            s, "out", 3, "going",
            title=_("Balance being worked out"),
            happening=_("%(out)s is checking your record and your balance.") % names(s),
            by=by_when(clock, s), notes=notes_of(clock),
            next_=sentences(
                _("%(in)s then checks the information form.") % names(s), _after_form(s)
            ),
        )  # fmt: skip
    next_ = _("%(in)s then adds your record.") % names(s)
    if s.in_days:
        next_ = ngettext(
            "%(in)s then adds your record within %(n)d working day.",
            "%(in)s then adds your record within %(n)d working days.",
            s.in_days,
        ) % {"in": s.destination.name, "n": s.in_days}
    if s.projected_in_on:
        next_ = sentences(next_, _("Probably by %(day)s.") % {"day": long_date(s.projected_in_on)})
    return told(
        s, "out", 3, "going",
        title=_("Transfer out in progress"),
        happening=_("%(out)s is preparing your record.") % names(s),
        by=by_when(clock, s), notes=notes_of(clock), next_=next_,
    )  # fmt: skip


def _in(s: Situation) -> Described:
    clock = s.clock(StepKind.TRANSFER_IN)
    if s.stays:
        return told(
            s, "in", 4, "going",
            title=_("Information form being checked"),
            happening=_("%(in)s is checking the information form.") % names(s),
            by=by_when(clock, s), notes=notes_of(clock), next_=_after_form(s),
        )  # fmt: skip
    return told(
        s, "in", 4, "going",
        title=_("Transfer in in progress"),
        happening=_("%(in)s is adding your record.") % names(s),
        by=by_when(clock, s), notes=notes_of(clock), next_=_after_transfer_in(s),
    )  # fmt: skip


def _after_form(s: Situation) -> str:
    """What is left to a relocated retiree, whose relation does not move: the balance, if there is one."""
    if s.money is not None and s.money.disposition is Disposition.NOT_DUE:
        return _("That completes it; your insurance stays at %(out)s.") % names(s)
    return _(
        "The balance is paid to your own bank account; your insurance stays at %(out)s."
    ) % names(s)


def _after_transfer_in(s: Situation) -> str:
    if s.money is not None and s.money.disposition is Disposition.NOT_DUE:
        return _("That completes it; there is no balance to move.")
    return _("Your months then count at the new place; the balance follows on its own track.")


def _returned(s: Situation) -> Described:
    clock = s.clock(StepKind.CORRECTION)
    values = {**names(s), "why": s.discrepancy.strip().rstrip("。.")}
    quote: dict[str, str] = {}
    if readable(s.discrepancy):
        happening = (
            _("%(in)s found %(why)s, and sent it back to %(out)s. Not your mistake.") % values
        )
    else:
        happening = (
            _("%(in)s found something to correct, and sent it back to %(out)s. Not your mistake.")
            % values
        )
        quote = quoted(s.discrepancy, s.destination)
    by = ""
    if clock is not None:
        by = _("New date %(day)s") % {"day": day_of(clock)}
        if left := remaining(clock, s.today):
            by = _("%(date)s, %(left)s") % {"date": by, "left": left}
    return told(
        s, "returned", 3, "going",
        title=_("Sent back to be corrected"), happening=happening,
        by=by, notes=notes_of(clock),
        next_=(
            _("Once it is corrected, %(in)s goes on checking it.") if s.stays else
            _("Once it is corrected, %(in)s goes on adding your record.")
        ) % names(s),
        **quote,
    )  # fmt: skip


# Where the balance is, once the months have moved.
_ON_ITS_WAY = {
    BalanceState.REMITTED: gettext_lazy("%(length)s now counted at %(in)s; %(amount)s on its way."),
    BalanceState.RECEIVED: gettext_lazy(
        "%(length)s now counted at %(in)s; %(amount)s has arrived and is being checked."
    ),
    BalanceState.MATCHED: gettext_lazy(
        "%(length)s now counted at %(in)s; %(amount)s has arrived and is being credited."
    ),
    BalanceState.BOUNCED: gettext_lazy(
        "%(length)s now counted at %(in)s; %(amount)s came back from the bank and will be sent again."
    ),
}
_PAYOUT = {
    BalanceState.PENDING: gettext_lazy(
        "%(length)s now counted at %(in)s; %(amount)s will be paid to your own bank account."
    ),
    BalanceState.PAYING: gettext_lazy(
        "%(length)s now counted at %(in)s; %(amount)s is being paid to your own bank account."
    ),
    BalanceState.BOUNCED: gettext_lazy(
        "%(length)s now counted at %(in)s; the payment of %(amount)s came back from the bank and"
        " will be made again."
    ),
}


def _counted(s: Situation) -> str:
    """Where the months stand, in cases without money on its way."""
    if s.stays:
        return _("Your insurance stays at %(out)s.") % names(s)
    if s.counted_months == 0:
        return _(
            "Your record is now at %(in)s; resident months do not count as employee months there."
        ) % names(s)
    return _("%(length)s now counted at %(in)s.") % {
        "in": s.destination.name,
        "length": years_and_months(s.counted_months),
    }


def _moved(s: Situation) -> Described:
    money = s.money
    if money is not None and money.state is BalanceState.MISMATCHED:
        return _mismatch(s)
    values = {"in": s.destination.name, "length": years_and_months(s.counted_months)}
    if money is None or money.disposition is Disposition.NOT_DUE:
        happening = _counted(s)
        title, by = _("Transferred"), ""
        next_ = _("That completes it; there is no balance to move.")
    else:
        values["amount"] = yuan(money.amount_fen)
        title, by = _("Transferred; balance to follow"), usual(s)
        if money.disposition is Disposition.PAY_TO_PERSON:
            happening = _PAYOUT.get(money.state, _PAYOUT[BalanceState.PENDING]) % values
            if s.stays:
                happening = _(
                    "Your insurance stays at %(out)s; the balance of %(amount)s is paid to your own"
                    " bank account."
                ) % {"out": s.origin.name, "amount": values["amount"]}
            next_ = _("Once the payment is confirmed, everything is complete.")
        else:
            happening = _ON_ITS_WAY.get(money.state, _ON_ITS_WAY[BalanceState.REMITTED]) % values
            next_ = _("Once it arrives it is credited to your account, and everything is complete.")
    if s.stays:
        title = _("Information form checked")
    return told(
        s, "moved", 5, "going", title=title, happening=happening, by=by, next_=next_
    )  # fmt: skip


def _mismatch(s: Situation) -> Described:
    assert s.money is not None
    clock = s.clock(StepKind.DIFFERENCE)
    promised = clock if clock is not None and clock.promised(s.today) else None
    return told(
        s, "mismatch", 5, "going",
        title=_("Balance differs"),
        happening=_("Got %(got)s, expected %(expected)s; checking.") % {
            "got": yuan(s.money.received_fen or 0), "expected": yuan(s.money.amount_fen),
        },
        by=by_when(promised, s) or usual(s), notes=notes_of(promised),
        next_=_("The two offices put the amount right, then it is credited to your account."),
    )  # fmt: skip


def query_by(s: Situation) -> str:
    """Until when the result may be queried; empty where it may not, or no limit is set."""
    if s.query_until is None:
        return ""
    about = _("Query by about %(day)s") if s.query_provisional else _("Query by %(day)s")
    return about % {"day": long_date(s.query_until)}


def _check_and_rate(s: Situation) -> str:
    return _("Check the amount.") if s.rated else _("Check the amount; rate us.")


def _credited(s: Situation) -> Described:
    assert s.money is not None
    return told(
        s, "credited", 5, "done",
        title=_("Complete, balance credited"),
        happening=_("%(amount)s credited on %(day)s.") % {
            "amount": yuan(s.money.amount_fen),
            "day": long_date(s.money.settled_on or s.closed_on or s.today),
        },
        you=_check_and_rate(s), by=query_by(s), where=s.destination,
    )  # fmt: skip


def _no_balance(s: Situation) -> Described:
    why: Any = _("Nothing is due") if s.money is None else NO_BALANCE.get(s.money.due_reason)
    if s.money is None and s.scheme_from is Scheme.RESIDENT:
        why = _("The resident scheme has no personal account")
    return told(
        s, "no_balance", 5, "done",
        title=_("Complete, nothing to move"),
        happening=sentences(
            _("%(why)s.") % {"why": why or _("Nothing is due")},
            _counted(s),
        ),
        you=_("Nothing needs to be done."),
    )  # fmt: skip


def _paid(s: Situation) -> Described:
    assert s.money is not None
    paid = _("%(amount)s was paid to your own bank account on %(day)s.") % {
        "amount": yuan(s.money.amount_fen),
        "day": long_date(s.money.settled_on or s.closed_on or s.today),
    }
    return told(
        s, "paid", 5, "done",
        title=_("Complete, balance paid to you"),
        happening=sentences(paid, *([_counted(s)] if s.stays else [])),
        you=_check_and_rate(s), by=query_by(s), where=s.origin,
    )  # fmt: skip


def _withdrawn(s: Situation) -> Described:
    day = {"day": long_date(s.closed_on or s.today)}
    if s.lapsed:
        return told(
            s, "lapsed", 2, "stopped",
            title=_("Ended, the materials did not come"),
            happening=_("Stopped %(day)s; your old record is unchanged.") % day,
            you=_("Reapply any time."),
        )  # fmt: skip
    return told(
        s, "withdrawn", 3 if s.accepted_on else 2, "stopped",
        title=_("You withdrew this") if s.own_submission else _("Withdrawn"),
        happening=_("Stopped %(day)s; your old record is unchanged.") % day,
        you=_("Reapply any time."),
    )  # fmt: skip


def _closed(s: Situation) -> Described:
    return told(
        s, "closed", 4, "stopped",
        title=_("Closed, not transferred"),
        happening=_(
            "The two offices called the transfer back on %(day)s; your record stays at %(out)s."
        )
        % {"day": long_date(s.closed_on or s.today), "out": s.origin.name},
        you=_("To challenge it, call %(phone)s (%(office)s).")
        % {"phone": s.origin.phone, "office": s.origin.name},
        where=s.origin,
        **quoted(s.close_text, s.origin),
    )  # fmt: skip


def _overdue(clock: Clock, s: Situation) -> str:
    """Who was due when, how many working days ago, and when it was chased, if it was."""
    n = clock.calendar.count(clock.due_on, s.today) if clock.calendar else 0
    values = {"office": s.office(clock.owner).name, "day": long_date(clock.due_on), "n": n}
    if n == 0:
        return _("%(office)s was due %(day)s and has not finished.") % values
    if clock.chased_on is None:
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
    return text % {**values, "chased": long_date(clock.chased_on)}


def late(s: Situation) -> Described:
    """The words of a late case: who was due when, chased when, and when the applicant hears next."""
    plain = WORDS[s.state](s)
    overdue = [_overdue(clock, s) for clock in s.late_clocks]
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
        happening=sentences(*([plain.happening] if plain.key == "mismatch" else []), *overdue),
        you=_("No need to chase or reapply. To complain: %(phone)s.") % {"phone": phone},
        by=by or _("This page shows it as soon as it is done"),
        notes=(),
        where=s.office(worst.owner),
    )


WORDS: dict[State, Callable[[Situation], Described]] = {
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
