"""One case under one action: claimed, checked, changed and recorded in one transaction.

The claim is a compare-and-set on the application's `version`. It is the first thing an action writes,
so of two people who press at once the second waits for the first and then loses, before anything of
theirs is written; and since every action on either track claims the same row, a case has one history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy as _

from ..deadlines import clocks, digest
from ..models.alerts import OutboxMessage
from ..models.applications import NotifyBy, SideRecord, TransferApplication
from ..models.balances import BalanceTransfer
from ..models.events import ActorKind, Event, Track
from ..models.steps import Step
from ..rules.balances import BalanceAction
from ..rules.states import Action, Side
from ..rules.steps import LatenessReason, Outcome, Owner, StepKind
from ..status import shown as words_of
from ..status import situation_of
from .actors import Actor
from .errors import Invalid, NotAllowed, Stale

Lateness = tuple[LatenessReason, Owner]

# Verbs of events that move no state.
NEWS = "news"  # only tells something
CONTACT, CODE = "contact", "code"  # `workflow.contact`
DISPUTE, ANSWER = "dispute", "answer"  # `workflow.feedback`

# Actions the applicant gets a message about; never silent for longer than one stage.
_TOLD = frozenset(
    {
        Action.SUBMIT,
        Action.REJECT,
        Action.REQUEST_SUPPLEMENT,
        Action.SUPPLY,
        Action.LAPSE,
        Action.WITHDRAW,
        Action.REFUSE_LATE,
        Action.TRANSFER_OUT,
        Action.RAISE_DISCREPANCY,
        Action.CORRECT,
        Action.UPHOLD,
        Action.RECALL,
        Action.TRANSFER_IN,
        Action.CREDIT_BALANCE,
        Action.CLOSE_WITHOUT_BALANCE,
        Action.CLOSE_PAID_OUT,
    }
)


def label_of(verb: str) -> Any:
    """The name of an action in the reader's language, from its verb as stored with an event."""
    head, _colon, tail = verb.rpartition(":")
    name: Any = verb
    if tail in Action.values:
        name = Action(tail).label
    elif tail in BalanceAction.values:
        name = BalanceAction(tail).label
    elif tail == "certificate":
        name = _("Enrolment certificate issued")
    elif tail == "redate":
        name = _("New dates after a calendar change")
    elif tail == NEWS:
        name = _("The applicant was told something")
    elif tail == CONTACT:
        name = _("Contact details changed")
    elif tail == CODE:
        name = _("New query code at the counter")
    elif tail == "record":
        name = _("Contribution record changed")
    elif tail == DISPUTE:
        name = _("The applicant queried the result")
    elif tail == ANSWER:
        name = _("Query of the result answered")
    if head == "prepare":
        return _("%(action)s: prepared") % {"action": name}
    if head == "return":
        return _("%(action)s: sent back") % {"action": name}
    return name


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may come twice: its key, and the hash of what it asks for."""

    key: UUID
    asked: str

    def answer(self) -> Event | None:
        """The event this very request made, if it was carried out.

        Raises NotAllowed when the key stands for a request that asked for something else.
        """
        event = Event.objects.filter(key=self.key).first()
        if event is not None and event.asked != self.asked:
            raise NotAllowed(
                _("This page was already used for something else. Open it again."), code="key"
            )
        return event


@dataclass
class Case:
    application: TransferApplication
    by: Actor
    at: datetime
    lateness: Lateness | None = None
    note: str = ""
    request: Request | None = None
    sealed: bool = False  # whether this action sealed a version of the form
    _opened: list[Step] = field(default_factory=list)

    @classmethod
    def claim(
        cls,
        application: TransferApplication,
        by: Actor,
        at: datetime,
        *,
        seen: int | None = None,
        lateness: Lateness | None = None,
        note: str = "",
        request: Request | None = None,
    ) -> Case:
        """Take the case for this transaction. Raises Stale when `seen` is no longer its version."""
        rows = TransferApplication.objects.filter(pk=application.pk)
        if seen is not None:
            rows = rows.filter(version=seen)
        if not rows.update(version=F("version") + 1):
            raise stale(application)
        fresh = TransferApplication.objects.select_related(
            "person", "origin_agency", "destination_agency", "balance"
        ).get(pk=application.pk)
        fresh.claimed = True
        return cls(fresh, by, at, lateness, note, request)

    @property
    def on(self) -> date:
        return localdate(self.at)

    @property
    def side(self) -> Side | None:
        return self.by.side(self.application)

    @property
    def balance(self) -> BalanceTransfer | None:
        return getattr(self.application, "balance", None)

    def record(self, side: Side) -> SideRecord:
        return SideRecord.objects.get(application=self.application, side=side)

    # Clocks

    def clock(self, kind: StepKind, side: Side, *, since: date | None = None) -> Step:
        """An obligation that this action opens, not stored yet."""
        step = clocks.new_step(self.application, kind, side, on=self.on, since=since)
        self._opened.append(step)
        return step

    def open(self, kind: StepKind, side: Side, *, since: date | None = None) -> Step:
        step = self.clock(kind, side, since=since)
        step.save(force_insert=True)
        return step

    def running(self, kinds: Iterable[StepKind] | None = None) -> list[Step]:
        steps = Step.objects.open().filter(application=self.application)
        if kinds is not None:
            steps = steps.filter(kind__in=list(kinds))
        return list(steps.select_related("calendar"))

    def finish(self, *kinds: StepKind, outcome: Outcome = Outcome.DONE) -> None:
        """Close steps that this action answers. A late one needs the reason and the party charged."""
        for step in self.running(kinds):
            lateness = self.lateness
            if step.owner == Owner.APPLICANT:
                lateness = (LatenessReason.APPLICANT_LATE, Owner.APPLICANT)
            elif self.by.kind is not ActorKind.STAFF:
                lateness = (LatenessReason.OTHER, Owner(step.owner))
            if lateness is None and clocks.late_days(step, self.on):
                raise Invalid(
                    "lateness_reason",
                    _("This step is late: say why, and who it is charged to."),
                    code="lateness_missing",
                )
            clocks.close(step, outcome, on=self.on, lateness=lateness)

    def drop(self, *kinds: StepKind) -> None:
        """Close steps that nobody has to do any more; with no kind given, all of them.

        One that is late by then is charged to whoever owed it.
        """
        for step in self.running(kinds or None):
            owner = Owner(step.owner)
            late = owner is Owner.APPLICANT
            why = LatenessReason.APPLICANT_LATE if late else LatenessReason.CASE_ENDED
            clocks.close(step, Outcome.CANCELLED, on=self.on, lateness=(why, owner))

    # Writing

    def save(self, *fields: str) -> None:
        self.application.save(update_fields=["state", *fields])

    def save_balance(self, *fields: str) -> None:
        assert self.balance is not None
        self.balance.save(update_fields=["state", *fields])

    def tell(self, verb: str, **told: Any) -> Event:
        """Write the one event of this action and, where the applicant is told, the message.

        `told` as for `telling`.
        """
        event, *messages = self.telling(verb, **told)
        event.save(force_insert=True)
        for message in messages:
            message.save(force_insert=True)
        return event

    def telling(
        self,
        verb: str,
        *,
        from_state: str,
        to_state: str,
        track: Track = Track.RELATION,
        reason_code: str = "",
        reason: str = "",
        facts: dict[str, Any] | None = None,
        message: bool | None = None,
        shown: tuple[str, str] | None = None,
    ) -> tuple[Event] | tuple[Event, OutboxMessage]:
        """The event and, where the applicant is told, the message, not stored yet.

        `shown`: (Chinese, English), instead of what the status page says of the case.
        """
        zh, en = shown or words_of(situation_of(self.application, at=self.at))
        policy: dict[str, Any] = {}
        for step in self._opened:
            policy.update(step.policy)
        staff = self.by.kind is ActorKind.STAFF
        event = Event(
            application=self.application,
            seq=self.application.version,
            at=self.at,
            track=track,
            verb=verb,
            from_state=from_state,
            to_state=to_state,
            actor=self.by.kind,
            user=self.by.user if staff else None,
            agency_id=self.by.agency_id if staff else None,
            side=self.side or "",
            reason_code=reason_code,
            reason=reason,
            note=self.note,
            facts=facts or {},
            key=self.request.key if self.request else None,
            asked=self.request.asked if self.request else "",
            policy=policy,
            shown_zh=zh,
            shown_en=en,
        )
        wanted = verb in _TOLD if message is None else message
        if not wanted or self.application.notify_by == NotifyBy.NONE:
            return (event,)
        # What a job finds out at night waits for the morning, like all that nobody waits up for.
        by_job = self.by.kind is ActorKind.SYSTEM
        message = OutboxMessage(
            key=f"event:{self.application.reference}:{event.seq}",
            kind=OutboxMessage.Kind.APPLICANT,
            event=event,
            application=self.application,
            address="",
            subject="",
            text="",
            channel="",
            created_at=self.at,
            next_try_at=max(self.at, digest.morning(self.at)) if by_job else self.at,
        )
        return event, message


def last_event(application: TransferApplication) -> Event | None:
    return (
        Event.objects.filter(application=application)
        .select_related("user", "agency")
        .order_by("seq")
        .last()
    )


def _who(event: Event) -> Any:
    return event.user or event.get_actor_display()


def stale(application: TransferApplication) -> Stale:
    """The refusal for a page that is out of date: who was quicker, when, and what they did."""
    event = last_event(application)
    assert event is not None, "a case without events cannot have moved on"
    return Stale(
        _("%(who)s was quicker, at %(time)s: %(action)s. Nothing of yours was written.")
        % {
            "who": _who(event),
            "time": f"{localtime(event.at):%H:%M}",
            "action": label_of(event.verb),
        },
        event,
    )


def not_now(application: TransferApplication, verb: str, state_label: Any) -> NotAllowed:
    """The refusal for an action the case's state does not allow, with who brought it there."""
    event = last_event(application)
    return NotAllowed(
        _("“%(action)s” is not possible now: the case is “%(state)s” since %(who)s, %(time)s.")
        % {
            "action": label_of(verb),
            "state": state_label,
            "who": _who(event) if event else "–",
            "time": f"{localtime(event.at):%m-%d %H:%M}" if event else "–",
        },
        code="wrong_state",
    )
