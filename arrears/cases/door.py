"""Every action on an arrears case.

`perform`, in order: claim the case (compare-and-set on its version) → is the action legal from this
state, by this role → its handler, which takes the django-fsm transition, writes quotes, payments and
ledger → one event → the letters → what waiting transfers are told. One transaction; nothing is sent
inside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from transfers.models.alerts import OutboxMessage
from transfers.models.applications import TransferApplication
from transfers.models.events import ActorKind
from transfers.money import ledger
from transfers.policy import remembered
from transfers.rules.hashing import digest_of
from transfers.rules.states import Role, Scheme
from transfers.rules.states import State as TransferState
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed, Stale
from transfers.workflow.news import announce

from .. import letters, quoting
from ..letters import Facts
from ..models import ArrearsCase, ArrearsEvent, Payment
from ..rules.states import MOVES, OWING, SUPERVISORS, Action, Cause, State
from . import assessing, ending, paying
from .claimed import Claimed

# A transfer whose origin checks it still: it waits for what is owed.
WAITING = (TransferState.APPLIED, TransferState.SUPPLEMENT_REQUESTED)

_HANDLERS: dict[Action, Callable[..., None]] = {
    Action.TAKE_MATERIALS: assessing.take_materials,
    Action.ASSESS: assessing.assess,
    Action.REFUSE: ending.refuse,
    Action.PAY: paying.pay,
    Action.TAKE_BACK: paying.take_back,
    Action.WAIVE: ending.waive,
    Action.CANCEL: ending.cancel,
    Action.REINSTATE: ending.reinstate,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing a person may do with a case now."""

    verb: Action
    label: Any
    needs_reason: bool


def roles_for(case: ArrearsCase, verb: Action) -> frozenset[Role]:
    """Who may do an action. A case that the system caused waives the late fee: a supervisor assesses it."""
    if verb is Action.ASSESS and case.cause == Cause.SYSTEM:
        return SUPERVISORS
    return MOVES[verb].roles


def _may(case: ArrearsCase, verb: Action, by: Actor) -> bool:
    if by.kind is ActorKind.SYSTEM:
        return not MOVES[verb].roles
    return by.agency_id == case.agency_id and bool(by.roles & roles_for(case, verb))


def offers(case: ArrearsCase, by: Actor) -> list[Offer]:
    """Everything `by` may do with the case now, and nothing else; a query where something was paid."""
    return [
        Offer(verb, verb.label, row.needs_reason)
        for verb, row in MOVES.items()
        if case.state in row.sources and verb in _HANDLERS and _may(case, verb, by)
        if _hindrance(case, verb) is None
    ]


def _hindrance(case: ArrearsCase, verb: Action) -> Any | None:
    """Why an action that the state allows is not possible all the same."""
    if (
        verb is Action.CANCEL
        and Payment.objects.filter(case=case, taken_back__isnull=True).exists()
    ):
        return _("Something was paid on this case; take the payment back first.")
    if verb is Action.WAIVE and case.state == State.PARTLY_PAID and quoting.half_paid(case):
        return _("A month is paid in part; have it paid in full or take the payment back first.")
    return None


def waiting_transfers(cases: Sequence[ArrearsCase]) -> QuerySet[TransferApplication]:
    """Transfers of the cases' people that the origin has not passed yet; of any of the cases' pools."""
    return TransferApplication.objects.filter(
        person__in=[case.person_id for case in cases],
        origin__in={case.pool_id for case in cases},
        state__in=WAITING,
    ).exclude(scheme_from=Scheme.RESIDENT)


def perform(
    case: ArrearsCase,
    verb: Action,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    note: str = "",
    key: UUID | None = None,
    **data: Any,
) -> ArrearsEvent:
    """Do one action on a case, or nothing at all.

    `seen` is the version of the case the person was looking at. A request repeated under the same
    `key` is carried out once and answered with the event it made. `data` is what the handler takes.
    Raises a `transfers.workflow.errors.Refused` with a sentence for the person.
    """
    verb = Action(verb)
    if verb not in _HANDLERS:
        raise ValueError(f"{verb} has a door of its own")
    asked = digest_of([case.pk, str(verb), repr(sorted(data.items()))]) if key else ""
    try:
        with remembered(), transaction.atomic():
            claimed = _claim(case, by, at, seen)
            if key is not None and _answer(key, asked) is not None:
                raise _Repeated
            _check_legal(claimed.case, verb, by)
            before = str(claimed.case.state)
            _HANDLERS[verb](claimed, **data)
            return tell(claimed, verb, before, note=note, key=key, asked=asked)
    except (ledger.Frozen, ledger.Short) as refusal:
        raise NotAllowed(
            _("The books of this case do not agree with what it says; nothing was booked."),
            code="books",
        ) from refusal
    except (_Repeated, Stale):
        event = _answer(key, asked) if key is not None else None
        if event is None:
            raise
        return event


class _Repeated(Exception):  # noqa: N818
    """The request was carried out meanwhile; the claim made for it is given back."""


def _answer(key: UUID, asked: str) -> ArrearsEvent | None:
    event = ArrearsEvent.objects.filter(key=key).first()
    if event is not None and event.asked != asked:
        raise NotAllowed(
            _("This page was already used for something else. Open it again."), code="key"
        )
    return event


def _claim(case: ArrearsCase, by: Actor, at: datetime, seen: int | None) -> Claimed:
    """Take the case for this transaction. Raises Stale when `seen` is no longer its version."""
    rows = ArrearsCase.objects.filter(pk=case.pk)
    if seen is not None:
        rows = rows.filter(version=seen)
    if not rows.update(version=F("version") + 1):
        raise _stale(case)
    fresh = ArrearsCase.objects.select_related("agency", "receivable", "person").get(pk=case.pk)
    fresh.claimed = True
    return Claimed(fresh, by, at, fresh.agency, Facts(fresh))


def _stale(case: ArrearsCase) -> Stale:
    event = ArrearsEvent.objects.filter(case=case).select_related("user").order_by("seq").last()
    assert event is not None, "a case begins with an event"
    sentence = _("%(who)s was quicker, at %(time)s: %(action)s. Nothing of yours was written.") % {
        "who": event.user or event.get_actor_display(),
        "time": f"{localtime(event.at):%H:%M}",
        "action": event.get_verb_display(),
    }
    return Stale(sentence, event)  # type: ignore[arg-type] - who and when, as of a transfer's event


def _check_legal(case: ArrearsCase, verb: Action, by: Actor) -> None:
    if case.state not in MOVES[verb].sources:
        raise NotAllowed(
            _("“%(action)s” is not possible now: the case is “%(state)s”.")
            % {"action": verb.label, "state": case.get_state_display()},
            code="wrong_state",
        )
    if not _may(case, verb, by):
        raise NotAllowed(
            _("“%(action)s” is not yours to do here.") % {"action": verb.label}, code="wrong_seat"
        )
    if (why := _hindrance(case, verb)) is not None:
        raise NotAllowed(why, code="condition")


def _owes(case: ArrearsCase) -> bool:
    """Whether the person still owes something at the pool, on this case or another. A query at most."""
    same = ArrearsCase.objects.filter(person=case.person_id, pool=case.pool_id)
    return case.owes or same.filter(state__in=sorted(OWING)).exists()


def tell(
    claimed: Claimed,
    verb: Action,
    before: str,
    *,
    note: str = "",
    key: UUID | None = None,
    asked: str = "",
) -> ArrearsEvent:
    """The one event of an action, the letters, and what waiting transfers are told."""
    case = claimed.case
    words = letters.told(verb, claimed.facts)
    staff = claimed.by.kind is ActorKind.STAFF
    event = ArrearsEvent.objects.create(
        case=case,
        seq=case.version,
        at=claimed.at,
        verb=verb,
        from_state=before,
        to_state=case.state,
        actor=claimed.by.kind,
        user=claimed.by.user if staff else None,
        reason=claimed.reason,
        note=note,
        facts=claimed.figures or {},
        key=key,
        asked=asked,
        shown_zh=words[0],
        shown_en=words[1],
    )
    if words[0]:
        stem = f"arrears:{case.reference}:{event.seq}"
        OutboxMessage.objects.bulk_create(
            letters.outgoing(claimed.at, **letter._asdict())
            for letter in letters.letters(stem, case, claimed.agency, words, claimed.facts, verb)
        )
        waiting = list(waiting_transfers([case]))
        if waiting and before in OWING and not _owes(case):
            words = letters.set_free(words)
        for transfer in waiting:
            announce(transfer, at=claimed.at, zh=words[0], en=words[1], note=case.reference)
    case.claimed = False
    return event
