"""The two tracks of a case as staff see them: how far the relation is, and where the money is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import Agency, BalanceTransfer, Step, TransferApplication
from ..rules.balances import BalanceState, Disposition
from ..rules.states import FINAL, State
from ..rules.steps import STEPS, StepKind
from .cues import Cue, cue_of


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step with its clock."""

    step: Step
    cue: Cue

    @property
    def label(self) -> str:
        return str(self.step.get_kind_display())


@dataclass(frozen=True, slots=True)
class Station:
    """One of the five fixed stops. `status`: done, now, ahead or ended."""

    label: str
    office: str
    status: str
    done_at: datetime | None
    lines: list[StepLine]


_STATION_OF = {
    StepKind.CHECK_ORIGIN: 2,
    StepKind.CHECK_DESTINATION: 2,
    StepKind.SUPPLEMENT: 2,
    StepKind.TRANSFER_OUT: 3,
    StepKind.CORRECTION: 4,
    StepKind.TRANSFER_IN: 4,
}

_NOW = {
    State.APPLIED: 2,
    State.SUPPLEMENT_REQUESTED: 2,
    State.VALIDATED: 3,
    State.TRANSFERRED_OUT: 4,
    State.DISCREPANCY_RAISED: 4,
    State.TRANSFERRED_IN: 5,
}


def lines_of(steps: list[Step], today: date) -> list[StepLine]:
    return [StepLine(step, cue_of(step, today)) for step in steps]


def relation_track(application: TransferApplication, lines: list[StepLine]) -> list[Station]:
    """The five stations in order, whatever happened."""
    state = State(application.state)
    now = _NOW.get(state, 0)
    origin, destination = application.origin_agency, application.destination_agency
    last = str(state.label) if state in FINAL else _("Close")
    stations = [
        (_("Apply"), application.get_submitter_display(), application.submitted_at),
        (_("Check"), _both(origin, destination), application.accepted_at),
        (_("Transfer out"), origin.name, application.transferred_out_at),
        (_("Transfer in"), destination.name, application.transferred_in_at),
        (last, "", application.closed_at),
    ]
    found = []
    for number, (label, office, done_at) in enumerate(stations, start=1):
        if number == 1 or (done_at is not None and number != 5):
            status = "done"
        elif number == 5 and state in FINAL:
            status = "done" if application.transferred_in_at else "ended"
        else:
            status = "now" if number == now else "ahead"
        here = [line for line in lines if _STATION_OF.get(StepKind(line.step.kind)) == number]
        found.append(Station(label, office, status, done_at, here))
    return found


def _both(origin: Agency, destination: Agency) -> str:
    return _("%(origin)s and %(destination)s") % {
        "origin": origin.name,
        "destination": destination.name,
    }


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of the money. `age` says how long it has been where it is, if it is still there."""

    label: str
    amount_fen: int | None
    at: datetime | None
    status: str
    age: str = ""


@dataclass(frozen=True, slots=True)
class MoneyTrack:
    summary: str
    legs: list[Leg]
    lines: list[StepLine]


def money_track(balance: BalanceTransfer | None, lines: list[StepLine], today: date) -> MoneyTrack:
    money = [line for line in lines if STEPS[StepKind(line.step.kind)].money]
    if balance is None:
        return MoneyTrack(_("What is due is decided when the case is accepted."), [], money)
    summary = f"{balance.get_state_display()} – {balance.get_due_reason_display()}"
    if balance.state == BalanceState.NOT_DUE:
        return MoneyTrack(summary, [], money)
    if balance.disposition == Disposition.PAY_TO_PERSON:
        legs = _payout(balance, today)
    else:
        legs = _transfer(balance, today)
    return MoneyTrack(summary, legs, money)


def _age(since: datetime | None, today: date) -> str:
    if since is None:
        return ""
    days = (today - localdate(since)).days
    return ngettext("%(n)d day so far", "%(n)d days so far", days) % {"n": days}


def _transfer(balance: BalanceTransfer, today: date) -> list[Leg]:
    state = BalanceState(balance.state)
    sent, received = balance.remitted_at, balance.received_at
    differs = state is BalanceState.MISMATCHED
    bounced = state is BalanceState.BOUNCED
    due = "now" if state in (BalanceState.PENDING, BalanceState.BOUNCED) else "done"
    in_transit = state is BalanceState.REMITTED
    arrived = state in (BalanceState.RECEIVED, BalanceState.MISMATCHED, BalanceState.MATCHED)
    return [
        Leg(_("Due"), balance.amount_fen, None, due),
        Leg(
            _("Bounced, at the origin again") if bounced else _("Remitted by the origin"),
            balance.amount_fen if sent else None,
            sent,
            "bad" if bounced else ("now" if in_transit else ("done" if sent else "ahead")),
            _age(sent, today) if in_transit else "",
        ),
        Leg(
            _("Arrived, differs from the form") if differs else _("Arrived at the destination"),
            balance.received_fen,
            received,
            "bad" if differs else ("now" if arrived else ("done" if received else "ahead")),
            _age(received, today) if arrived else "",
        ),
        Leg(
            _("Credited to the personal account"),
            balance.received_fen if balance.settled_at else None,
            balance.settled_at,
            "done" if balance.settled_at else "ahead",
        ),
    ]


def _payout(balance: BalanceTransfer, today: date) -> list[Leg]:
    state = BalanceState(balance.state)
    waiting = state in (BalanceState.PENDING, BalanceState.BOUNCED)
    paying = state is BalanceState.PAYING
    sent = balance.remitted_at
    return [
        Leg(_("Due to the person"), balance.amount_fen, None, "now" if waiting else "done"),
        Leg(
            _("Bounced, at the origin again")
            if state is BalanceState.BOUNCED
            else _("Sent to the person's bank"),
            balance.amount_fen if sent else None,
            sent,
            "bad"
            if state is BalanceState.BOUNCED
            else ("now" if paying else ("done" if sent else "ahead")),
            _age(sent, today) if paying else "",
        ),
        Leg(
            _("Confirmed by the bank"),
            balance.amount_fen if balance.settled_at else None,
            balance.settled_at,
            "done" if balance.settled_at else "ahead",
        ),
    ]
