"""What the applicant will read after an action, in both languages, before anybody presses the button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ..deadlines.calendars import calendar_of
from ..models import TransferApplication
from ..policy import resolve
from ..rules.balances import BalanceAction, BalanceState, Disposition
from ..rules.states import Action, Side, State
from ..rules.steps import STEPS, StepKind, due_on
from ..status import Situation, preview, shown, situation_of
from ..status.situation import Asked
from .desk import Desk

Told = tuple[str, str]

PLACEHOLDER = "…"  # stands where the reason has not been typed yet


class Outlook:
    """The case as it stands, and what it would look like after each action."""

    def __init__(
        self,
        application: TransferApplication,
        side: Side | None,
        desk: Desk,
        given: Mapping[str, Any],
    ) -> None:
        self.application = application
        self.side = side
        self.today = desk.today
        self.given = given
        self.situation: Situation = situation_of(application, at=desk.at)

    def after(self, verb: str) -> Told:
        """(Chinese, English) as the status page would say it once `verb` is done."""
        if verb in _RELATION:
            return _RELATION[Action(verb)](self)
        return _after_money(self, BalanceAction(verb))

    def text(self, name: str = "text") -> str:
        return str(self.given.get(name) or "").strip() or PLACEHOLDER

    def opened(self, kind: StepKind, side: Side) -> tuple[date, bool]:
        """The due day of a step opened today, and whether it is provisional."""
        place = self.application.agency(side).region_id
        calendar = calendar_of(place)
        promised, statutory = resolve(place, self.today).limit(STEPS[kind].limit)
        return (
            due_on(calendar, self.today, promised),
            calendar.is_provisional(due_on(calendar, self.today, statutory)),
        )

    def opening(self, state: State, kind: StepKind, side: Side, **changes: Any) -> Told:
        due, provisional = self.opened(kind, side)
        return preview(self.situation, state=state, due_on=due, provisional=provisional, **changes)

    def passed(self) -> Told:
        assert self.side is not None
        situation = self.situation
        passed = (*situation.checks_passed, (self.side, self.today))
        if self.side.other in dict(situation.checks_passed):
            return self.opening(
                State.VALIDATED, StepKind.TRANSFER_OUT, Side.ORIGIN,
                accepted_on=self.today, checks_passed=passed,
            )  # fmt: skip
        own = StepKind.CHECK_ORIGIN if self.side is Side.ORIGIN else StepKind.CHECK_DESTINATION
        clocks = tuple(clock for clock in situation.clocks if clock.kind is not own)
        return shown(replace(situation, clocks=clocks, checks_passed=passed))

    def refused(self) -> Told:
        code = str(self.given.get("code") or "other")
        return preview(
            self.situation, state=State.REJECTED, close_code=code, close_text=self.text()
        )

    def asked(self) -> Told:
        assert self.side is not None
        items = tuple(self.given.get("items") or ())
        asked = Asked(self.side, items, self.text("why"))
        return self.opening(State.SUPPLEMENT_REQUESTED, StepKind.SUPPLEMENT, self.side, asked=asked)

    def supplied(self) -> Told:
        """The paused checks go on with what was left; the later of them is the date to tell."""
        days = [
            due_on(calendar_of(step.calendar), self.today, step.limit_days - step.used_days)
            for step in self.application.steps.all()
            if step.closed_on is None and step.paused_on is not None
        ]
        return preview(
            self.situation, state=State.APPLIED, due_on=max(days, default=None), asked=None
        )

    def out(self) -> Told:
        return self.opening(
            State.TRANSFERRED_OUT, StepKind.TRANSFER_IN, Side.DESTINATION, out_on=self.today
        )

    def merged(self) -> Told:
        months = self.given.get("merged_months")
        if months is None:
            months = self.given.get("months_on_form") or 0
        money = self.situation.money
        state = State.TRANSFERRED_IN
        if money is not None and money.state is BalanceState.NOT_DUE:
            state = State.CLOSED_WITHOUT_BALANCE
        elif money is not None and money.state is BalanceState.PAID_OUT:
            state = State.PAID_TO_PERSON
        return preview(
            self.situation,
            state=state,
            merged_months=months,
            cumulative_months=self.given.get("cumulative_months"),
            in_on=self.today,
        )

    def credited(self) -> Told:
        money = self.situation.money
        assert money is not None, "crediting needs a balance"
        money = replace(money, state=BalanceState.CREDITED, settled_on=self.today)
        return preview(self.situation, state=State.BALANCE_CREDITED, money=money)


_RELATION: dict[Action, Callable[[Outlook], Told]] = {
    Action.PASS_CHECK: Outlook.passed,
    Action.REJECT: Outlook.refused,
    Action.REFUSE_LATE: Outlook.refused,
    Action.REQUEST_SUPPLEMENT: Outlook.asked,
    Action.SUPPLY: Outlook.supplied,
    Action.WITHDRAW: lambda look: preview(look.situation, state=State.WITHDRAWN),
    Action.TRANSFER_OUT: Outlook.out,
    Action.CORRECT: lambda look: look.opening(
        State.TRANSFERRED_OUT, StepKind.TRANSFER_IN, Side.DESTINATION
    ),
    Action.UPHOLD: lambda look: look.opening(
        State.TRANSFERRED_OUT, StepKind.TRANSFER_IN, Side.DESTINATION
    ),
    Action.RAISE_DISCREPANCY: lambda look: look.opening(
        State.DISCREPANCY_RAISED, StepKind.CORRECTION, Side.ORIGIN, discrepancy=look.text()
    ),
    Action.RECALL: lambda look: preview(
        look.situation, state=State.RECALLED, close_text=look.text()
    ),
    Action.TRANSFER_IN: Outlook.merged,
    Action.CREDIT_BALANCE: Outlook.credited,
}


def _after_money(look: Outlook, verb: BalanceAction) -> Told:
    """The relation stays where it is; only the money moves."""
    money, today = look.situation.money, look.today
    assert money is not None, "an action on the money needs a balance"
    received = look.given.get("received_fen")
    changes: dict[str, Any] = {
        BalanceAction.REMIT: {"state": BalanceState.REMITTED, "remitted_on": today},
        BalanceAction.RESEND: {"state": BalanceState.REMITTED, "remitted_on": today},
        BalanceAction.RECEIVE: {
            "state": BalanceState.RECEIVED, "received_on": today, "received_fen": received,
        },
        BalanceAction.MATCH: {"state": BalanceState.MATCHED},
        BalanceAction.MISMATCH: {"state": BalanceState.MISMATCHED},
        BalanceAction.RESTATE: {
            "amount_fen": look.given.get("balance_fen") or money.amount_fen,
            "state": BalanceState.RECEIVED
            if look.given.get("balance_fen") == money.received_fen
            else BalanceState.MISMATCHED,
        },
        BalanceAction.RESOLVE: {
            # All of it returned: the money is at the origin again.
            "state": BalanceState.BOUNCED if received == 0 else BalanceState.RECEIVED,
            "received_fen": money.received_fen if received is None else received,
        },
        BalanceAction.BOUNCE: {"state": BalanceState.BOUNCED, "remitted_on": None},
        BalanceAction.PAY_TO_PERSON: {
            "state": BalanceState.PAYING, "disposition": Disposition.PAY_TO_PERSON,
            "remitted_on": today,
        },
        BalanceAction.CONFIRM_PAYOUT: {"state": BalanceState.PAID_OUT, "settled_on": today},
    }[verb]  # fmt: skip
    after = replace(money, **changes)
    done = verb is BalanceAction.CONFIRM_PAYOUT and look.situation.state is State.TRANSFERRED_IN
    if done:
        return preview(look.situation, state=State.PAID_TO_PERSON, money=after)
    ended = {
        BalanceAction.REMIT: (StepKind.REMIT,),
        BalanceAction.RESEND: (StepKind.RESEND,),
        BalanceAction.PAY_TO_PERSON: (StepKind.REMIT, StepKind.RESEND),
        BalanceAction.MISMATCH: (StepKind.CREDIT,),
        BalanceAction.RESOLVE: (StepKind.DIFFERENCE,),
    }.get(verb, ())
    clocks = tuple(clock for clock in look.situation.clocks if clock.kind not in ended)
    return shown(replace(look.situation, money=after, clocks=clocks))
