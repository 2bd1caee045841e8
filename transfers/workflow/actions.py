"""The only door to a state change. Staff pages, applicant pages and jobs all go through here.

`perform`, in order: claim the case (compare-and-set) → is the action legal from this state, this seat,
these conditions → hand over to its handler, which takes the django-fsm transition and moves the clocks
→ one event → the message to the applicant → void what no longer holds → the closing move the system
owes, if any. One transaction; nothing is sent inside it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..deadlines import clocks
from ..models.applications import TransferApplication
from ..models.balances import BalanceTransfer
from ..models.events import Event, Preparation
from ..models.steps import Step
from ..money import ledger
from ..policy import remembered
from ..rules.balances import BALANCE, BalanceAction, BalanceMove
from ..rules.hashing import digest_of
from ..rules.states import RELATION, Action, FourEyes, Move, RejectCode, Side
from . import balance as money
from . import four_eyes, papers, relation
from .actors import Actor
from .case import Case, Lateness, Request, label_of, not_now
from .conditions import obstacle
from .errors import NotAllowed, Stale
from .submission import Submission, Submitted, submit, submit_many

__all__ = [
    "Offer",
    "Submission",
    "Submitted",
    "closes_late",
    "offers",
    "perform",
    "submit",
    "submit_many",
]

DO, PREPARE, CONFIRM, RETURN = "do", "prepare", "confirm", "return"

_HANDLERS = relation.HANDLERS | money.HANDLERS
_PROPOSALS = relation.PROPOSALS | money.PROPOSALS
_CLOSES = relation.CLOSES | money.CLOSES


def perform(
    application: TransferApplication,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    mode: str = DO,
    note: str = "",
    lateness: Lateness | None = None,
    key: UUID | None = None,
    **data: Any,
) -> Event:
    """Do one action on a case, or nothing at all.

    `verb` is an `Action` or a `BalanceAction`; `mode` is "do", or for a four-eyes action "prepare",
    "confirm" or "return". `seen` is the version of the case the person was looking at. `lateness` is
    required when the action closes a step that is late. A request repeated under the same `key` is
    carried out once and answered with the event it made. `data` is what the action's handler takes.
    Raises a `workflow.errors.Refused` with a sentence for the person; ValueError for a verb or mode
    that does not exist or has no door of its own.
    """
    row = four_eyes.row_of(verb)
    if verb not in _HANDLERS:
        raise ValueError(f"{verb} only happens as part of another action")
    if (row.four_eyes is FourEyes.NO) != (mode == DO):
        raise ValueError(f"{verb} cannot be done in mode {mode!r}")
    request = Request(key, _hash_of(application, verb, mode, data)) if key is not None else None
    try:
        with remembered(), transaction.atomic():
            case = Case.claim(
                application, by, at, seen=seen, lateness=lateness, note=note, request=request
            )
            if request is not None and request.answer() is not None:
                raise _Repeated
            return _carry_out(case, verb, row, mode, data)
    except (ledger.Frozen, ledger.Short) as refusal:
        raise NotAllowed(
            _("The books of this case do not agree with what it says; nothing was booked."),
            code="books",
        ) from refusal
    except (_Repeated, Stale):
        event = request.answer() if request is not None else None
        if event is None:
            raise
        return event


class _Repeated(Exception):  # noqa: N818
    """The request was carried out before; the claim made for it is given back."""


def _hash_of(application: TransferApplication, verb: str, mode: str, data: dict[str, Any]) -> str:
    return digest_of([application.pk, str(verb), mode, repr(sorted(data.items()))])


def _carry_out(
    case: Case, verb: str, row: Move | BalanceMove, mode: str, data: dict[str, Any]
) -> Event:
    _check_legal(case, row, verb, mode)
    track = four_eyes.track_of(verb)
    before = _state(case, row)
    if mode == PREPARE:
        payload = _PROPOSALS[verb](case, **data)
        four_eyes.prepare(case, verb, payload)
        told, said = f"prepare:{verb}", relation.Said(message=False)
    elif mode == RETURN:
        four_eyes.send_back(case, verb, row, data.get("text", ""))
        told = f"return:{verb}"
        said = relation.Said(reason=data["text"].strip(), message=False)
    elif mode == CONFIRM:
        preparation = four_eyes.take(case, verb, row, data.pop("hash", ""))
        told, said = verb, _HANDLERS[verb](case, preparation, **data)
    else:
        told, said = verb, _HANDLERS[verb](case, **data)
    end = relation.automatic_end(case)
    event = case.tell(
        told,
        from_state=before,
        to_state=_state(case, row),
        track=track,
        reason_code=said.reason_code,
        reason=said.reason,
        facts=said.facts,
        # The closing move that follows at once has a message of its own.
        message=False if end is not None else said.message,
    )
    papers.issue_for(case, told)
    four_eyes.void_outdated(case, money.still_so)
    if end is not None:
        perform(case.application, end, by=Actor.system(), at=case.at)
    case.application.claimed = False
    return event


def _state(case: Case, row: Move | BalanceMove) -> str:
    if isinstance(row, Move):
        return str(case.application.state)
    return str(case.balance.state) if case.balance is not None else ""


def _check_legal(case: Case, row: Move | BalanceMove, verb: str, mode: str) -> None:
    """Raises NotAllowed unless state, seat and conditions allow the action."""
    state = _state(case, row)
    if state not in row.sources:
        holder = case.application if isinstance(row, Move) else case.balance
        label = holder.get_state_display() if holder is not None else "–"
        raise not_now(case.application, verb, label)
    if not case.by.seats(case.application) & set(row.seats):
        seats = "、".join(str(seat.label) for seat in row.seats)
        raise NotAllowed(
            _("“%(action)s” is not yours to do here. It is for: %(seats)s.")
            % {"action": label_of(verb), "seats": seats},
            code="wrong_seat",
        )
    sentence = obstacle(case.application, case.balance, verb, case.side)
    if sentence is not None and mode != RETURN:
        raise NotAllowed(sentence, code="condition")


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing a person may do now. `mode` as for `perform`; `closes` is the step it completes."""

    verb: str
    mode: str
    label: Any
    needs_reason: bool
    reason_codes: tuple[RejectCode, ...]
    closes: Step | None
    preparation: Preparation | None


def offers(application: TransferApplication, by: Actor) -> list[Offer]:
    """Everything `by` may do with the case now, and nothing else.

    A constant number of queries; none where the page has prefetched records, supplement_requests,
    preparations (with prepared_by) and steps (with calendar).
    """
    seats = by.seats(application)
    side = by.side(application)
    balance: BalanceTransfer | None = getattr(application, "balance", None)
    waiting = {each.verb: each for each in application.preparations.all() if not each.outcome}
    steps = _open_steps(application)
    found = []
    rows: dict[Any, Move | BalanceMove] = {**RELATION, **BALANCE}
    for verb, row in rows.items():
        if verb not in _HANDLERS or not seats & set(row.seats):
            continue
        state = application.state if isinstance(row, Move) else balance and balance.state
        if state not in row.sources:
            continue
        modes = _modes(row, waiting.get(str(verb)), by, side)
        if obstacle(application, balance, verb, side) is not None:
            modes = [mode for mode in modes if mode == RETURN]
        found += [
            Offer(
                verb=str(verb),
                mode=mode,
                label=Action(verb).label if isinstance(row, Move) else BalanceAction(verb).label,
                needs_reason=row.needs_reason,
                reason_codes=row.reason_codes if isinstance(row, Move) else (),
                closes=_closed_by(verb, side, steps),
                preparation=waiting.get(str(verb)),
            )
            for mode in modes
        ]
    return found


def _modes(
    row: Move | BalanceMove, preparation: Preparation | None, by: Actor, side: Side | None
) -> list[str]:
    if row.four_eyes is FourEyes.NO:
        return [DO]
    if preparation is None:
        return [PREPARE]
    if by.user is not None and by.user.pk == preparation.prepared_by_id:
        return [RETURN]
    same = side == preparation.side
    wanted = same if row.four_eyes is FourEyes.SAME_SIDE else not same
    return [CONFIRM, RETURN] if wanted else []


def _open_steps(application: TransferApplication) -> dict[str, Step]:
    return {step.kind: step for step in application.steps.all() if step.closed_on is None}


def _closed_by(verb: str, side: Side | None, steps: dict[str, Step]) -> Step | None:
    kinds = _CLOSES[verb](side) if verb in _CLOSES else ()
    return next((steps[kind] for kind in kinds if kind in steps), None)


def closes_late(
    application: TransferApplication, verb: str, by: Actor, on: date
) -> tuple[Step, int] | None:
    """The step `verb` would complete late on `on`, with how many working days, if it would."""
    step = _closed_by(verb, by.side(application), _open_steps(application))
    days = clocks.late_days(step, on) if step is not None else 0
    return (step, days) if step is not None and days else None
