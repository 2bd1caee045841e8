"""The five steps ahead and behind, and the money on its own track."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ..rules.balances import BalanceState, Disposition, DueReason
from ..rules.money import yuan
from ..rules.states import Scheme, State
from ..rules.steps import StepKind
from .pieces import Described, once_paid, stage_names, usual
from .reasons import NO_BALANCE
from .situation import CHECKS, Clock, Money, Office, Situation
from .words import listing, long_date, sentences

DONE, NOW, LATE, WAITS = "done", "now", "late", "waits"
NEXT, STOPPED, NOT_NEEDED = "next", "stopped", "not_needed"


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of a track: what, in which state, when, and which office answers for it."""

    number: int
    name: str
    mark: str
    word: str
    when: str
    offices: tuple[Office, ...]
    detail: str = ""


def _word(mark: str) -> str:
    return {
        DONE: pgettext("step", "Done"),
        NOW: pgettext("step", "In progress"),
        LATE: pgettext("step", "Late"),
        WAITS: pgettext("step", "Waiting for you"),
        NEXT: pgettext("step", "Not started"),
        STOPPED: pgettext("step", "Stopped"),
        NOT_NEEDED: pgettext("step", "Not needed"),
    }[mark]


def _by(clock: Clock | None) -> str:
    if clock is None:
        return ""
    day = long_date(clock.due_on)
    words = _("By about %(day)s") if clock.provisional else _("By %(day)s")
    return words % {"day": day}


def stages(s: Situation, told: Described) -> list[Stage]:
    """The five steps of the relation: done date or due date, and the office, for each."""
    both = (s.destination, s.origin)
    ended = s.state in (State.REJECTED, State.WITHDRAWN, State.RECALLED)
    out = s.clock(StepKind.TRANSFER_OUT, StepKind.CORRECTION)
    expected = ""
    if s.projected_in_on is not None:
        expected = _("Probably by %(day)s") % {"day": long_date(s.projected_in_on)}
    dates: list[tuple[date | None, str, tuple[Office, ...]]] = [
        (s.submitted_on, "", ()),
        (s.accepted_on, _checked(s), both),
        (s.out_on if told.stage != 3 or ended else None, _by(out), (s.origin,)),
        (s.in_on, _by(s.clock(StepKind.TRANSFER_IN)) or expected, (s.destination,)),
        (s.money.settled_on if s.money else None, "", (_holder(s),)),
    ]
    rows = []
    for number, (name, (done_on, due, offices)) in enumerate(
        zip(stage_names(stays=s.stays), dates, strict=True), start=1
    ):
        mark = _mark(number, done_on, told, ended, s)
        when = long_date(done_on) if done_on and mark == DONE else due
        if mark in (STOPPED, NOT_NEEDED):
            when = long_date(s.closed_on) if mark == STOPPED and s.closed_on else ""
        detail = _passed(s) if number == 2 and mark in (NOW, LATE, WAITS) else ""
        rows.append(Stage(number, name, mark, _word(mark), when, offices, detail))
    return rows


def _checked(s: Situation) -> str:
    """Until when it is decided, or the applicant has to send what is missing."""
    clock = s.clock(*CHECKS, StepKind.SUPPLEMENT)
    if s.held and clock is not None and clock.kind in CHECKS:
        return once_paid(clock)
    return _by(clock)


def _holder(s: Situation) -> Office:
    """The office that has the money, or pays it out."""
    money = s.money
    if money is None:
        return s.origin if s.stays else s.destination
    if money.disposition is Disposition.PAY_TO_PERSON:
        return s.origin
    if money.settled_on is not None or money.remitted_on is not None:
        return s.destination
    return s.origin


def _passed(s: Situation) -> str:
    """Which office has passed its check already."""
    if not s.checks_passed:
        return ""
    names = [s.office(side).name for side, on in s.checks_passed]
    return _("%(offices)s: passed") % {"offices": listing(names)}


def _mark(number: int, done_on: date | None, told: Described, ended: bool, s: Situation) -> str:
    if ended:
        if number == told.stage:
            return STOPPED
        return DONE if number < told.stage else NOT_NEEDED
    if number == 5 and s.state is State.CLOSED_WITHOUT_BALANCE:
        return NOT_NEEDED
    if number == 5 and _nothing_due(s):
        return NOT_NEEDED
    if done_on is not None:
        return DONE
    if number == told.stage:
        if s.state is State.SUPPLEMENT_REQUESTED:
            return WAITS
        return LATE if told.late else NOW
    return NEXT


def _nothing_due(s: Situation) -> bool:
    if s.money is not None:
        return s.money.disposition is Disposition.NOT_DUE
    return s.scheme_from is Scheme.RESIDENT


@dataclass(frozen=True, slots=True)
class MoneyTrack:
    """The money's own track. `summary` always; `legs` only where money moves."""

    summary: str
    amount: str
    usual: str
    legs: tuple[Stage, ...] = ()


def money_track(s: Situation) -> MoneyTrack:
    """Each leg of the balance with date, amount and office, whatever the relation does."""
    money = s.money
    if _nothing_due(s):
        reason = NO_BALANCE.get(money.due_reason if money else DueReason.NO_PERSONAL_ACCOUNT)
        return MoneyTrack(_("%(why)s.") % {"why": reason or _("Nothing is due")}, "", "")
    if s.state in (State.REJECTED, State.WITHDRAWN, State.RECALLED):
        return MoneyTrack(_("The balance stays in your account at the old place."), "", "")
    usual = _usual(s) if s.closed_on is None else ""
    if money is None:
        words = _("Whether and how much is due is decided when the application is accepted.")
        return MoneyTrack(words, "", usual)
    sealed = s.out_on is not None
    amount = yuan(money.amount_fen)
    if not sealed:
        amount = _("%(amount)s by the old office's record; the information form decides") % {
            "amount": amount
        }
    if money.disposition is Disposition.PAY_TO_PERSON:
        words = _("Your balance is paid to your own bank account by %(office)s.")
        return MoneyTrack(
            words % {"office": s.origin.name}, amount, usual, tuple(_payout_legs(s, money))
        )
    words = _("Your balance moves from the old place to your account at the new place.")
    return MoneyTrack(words, amount, usual, tuple(_transfer_legs(s, money)))


def _usual(s: Situation) -> str:
    if s.stays:
        return usual(s)
    if s.usual_days is None:
        return _("No time limit is set for the money; it can come later than your months.")
    return ngettext(
        "Usually %(n)d working day; it can come later than your months.",
        "Usually %(n)d working days; it can come later than your months.",
        s.usual_days,
    ) % {"n": s.usual_days}


def _leg(
    s: Situation,
    number: int,
    name: str,
    office: Office,
    done_on: date | None,
    clock: Clock | None,
    *,
    begun: bool,
    detail: str = "",
) -> Stage:
    if done_on is not None:
        return Stage(number, name, DONE, _word(DONE), long_date(done_on), (office,), detail)
    late = clock is not None and clock in s.late_clocks
    if clock is not None and not clock.promised(s.today):
        clock = None
    mark = LATE if late else NOW if begun else NEXT
    return Stage(number, name, mark, _word(mark), _by(clock), (office,), detail)


def _transfer_legs(s: Situation, money: Money) -> list[Stage]:
    state = money.state
    bounced = state is BalanceState.BOUNCED
    amount = yuan(money.amount_fen)
    got = "" if money.received_fen is None else yuan(money.received_fen)
    differs = state is BalanceState.MISMATCHED
    return [
        _leg(
            s, 1, _("Sent by the old office"), s.origin, money.remitted_on,
            s.clock(StepKind.REMIT, StepKind.RESEND), begun=s.out_on is not None,
            detail=(
                _("The bank sent it back; the office is sending it again.") if bounced else
                amount if money.remitted_on else ""
            ),
        ),
        _leg(
            s, 2, _("Received by the new office"), s.destination,
            money.received_on if not bounced else None, None,
            begun=state is BalanceState.REMITTED,
            detail=sentences(got, _("expected %(amount)s, being checked") % {"amount": amount})
            if differs else got,
        ),
        _leg(
            s, 3, _("Credited to your account"), s.destination, money.settled_on,
            s.clock(StepKind.CREDIT, StepKind.DIFFERENCE),
            begun=state in (BalanceState.RECEIVED, BalanceState.MATCHED, BalanceState.MISMATCHED),
            detail=amount if money.settled_on else "",
        ),
    ]  # fmt: skip


def _payout_legs(s: Situation, money: Money) -> list[Stage]:
    bounced = money.state is BalanceState.BOUNCED
    return [
        _leg(
            s, 1, _("Paid out by the old office"), s.origin, money.remitted_on,
            s.clock(StepKind.REMIT, StepKind.RESEND), begun=s.out_on is not None,
            detail=_("The bank sent it back; the office is sending it again.") if bounced else "",
        ),
        _leg(
            s, 2, _("Confirmed by the bank"), s.origin, money.settled_on, None,
            begun=money.state is BalanceState.PAYING,
        ),
    ]  # fmt: skip
