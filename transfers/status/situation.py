"""Everything the words about a case need, read from the database once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.utils.timezone import localdate

from ..deadlines.calendars import calendar_of
from ..models.alerts import Alert, AlertRung, OutboxMessage
from ..models.applications import NotifyBy, Submitter, SupplementRequest, TransferApplication
from ..models.balances import BalanceTransfer
from ..models.contributions import Merge
from ..models.events import Event
from ..models.policies import ValueStatus
from ..models.regions import NATION, Agency, in_language
from ..models.steps import Step
from ..plugs import Overlay
from ..policy import TransferTerms, resolve
from ..rules.balances import BalanceState, Disposition, DueReason
from ..rules.states import Action, Scheme, Side, State
from ..rules.steps import Outcome, Owner, StepKind
from ..rules.working_days import WorkingCalendar

CHECKS = (StepKind.CHECK_ORIGIN, StepKind.CHECK_DESTINATION)


@dataclass(frozen=True, slots=True)
class Office:
    """An agency as the applicant can reach it."""

    name_zh: str
    name_en: str
    phone: str = ""
    hours_zh: str = ""
    hours_en: str = ""

    @classmethod
    def of(cls, agency: Agency) -> Office:
        return cls(agency.name_zh, agency.name_en, agency.phone, agency.hours_zh, agency.hours_en)

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def hours(self) -> str:
        return in_language(self.hours_zh, self.hours_en)


@dataclass(frozen=True, slots=True)
class Clock:
    """A running obligation. `days` after `since` by `calendar` make `due_on`. `chased_on`: when its
    office was last sent an alert about it after that day.

    `local_limit`: a place set the limit itself. A late balance is called late only then, because
    where nobody promised anything the limit is this product's own.
    """

    kind: StepKind
    owner: Owner
    due_on: date
    provisional: bool = False
    since: date | None = None
    days: int = 0
    money: bool = False
    local_limit: bool = False
    calendar: WorkingCalendar | None = None
    chased_on: date | None = None

    def late(self, today: date) -> bool:
        return self.due_on < today

    def promised(self, today: date) -> bool:
        """Whether the due day means something to the applicant. Not a day over that nobody set."""
        return self.local_limit or not self.money or not self.late(today)


@dataclass(frozen=True, slots=True)
class Money:
    """The balance, in fen, and how far it has come."""

    state: BalanceState
    disposition: Disposition
    due_reason: DueReason
    amount_fen: int
    received_fen: int | None = None
    remitted_on: date | None = None
    received_on: date | None = None
    settled_on: date | None = None

    @classmethod
    def of(cls, balance: BalanceTransfer) -> Money:
        return cls(
            BalanceState(balance.state),
            Disposition(balance.disposition),
            DueReason(balance.due_reason),
            balance.amount_fen,
            balance.received_fen,
            _day(balance.remitted_at),
            _day(balance.received_at),
            _day(balance.settled_at),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """The unanswered request for materials."""

    side: Side
    items: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Situation:
    """One case at one moment. Every date is local, every amount in fen."""

    at: datetime
    reference: str
    state: State
    origin: Office
    destination: Office
    scheme_from: Scheme
    submitted_on: date
    own_submission: bool = True
    notify_by: NotifyBy = NotifyBy.NONE
    accepted_on: date | None = None
    out_on: date | None = None
    in_on: date | None = None
    closed_on: date | None = None
    checks_passed: tuple[tuple[Side, date], ...] = ()
    clocks: tuple[Clock, ...] = ()
    asked: Asked | None = None
    lapsed: bool = False
    discrepancy: str = ""
    closed_by: Side | None = None
    close_code: str = ""
    close_text: str = ""
    merged_months: int | None = None
    cumulative_months: int | None = None
    stays: bool = False
    money: Money | None = None
    next_update_on: date | None = None
    out_days: int | None = None
    in_days: int | None = None
    usual_days: int | None = None
    query_until: date | None = None
    query_provisional: bool = False
    rated: bool = False
    projected_in_on: date | None = None
    held: bool = False  # until the applicant has paid, no office can pass its check

    @property
    def today(self) -> date:
        return localdate(self.at)

    @property
    def counted_months(self) -> int:
        """What the destination counts in all, as far as it is known what it held before."""
        if self.cumulative_months is not None:
            return self.cumulative_months
        return self.merged_months or 0

    def office(self, side: Side | Owner) -> Office:
        return self.origin if side == Side.ORIGIN else self.destination

    def clock(self, *kinds: StepKind) -> Clock | None:
        """Of the running obligations of these kinds the one that ends last."""
        found = [clock for clock in self.clocks if clock.kind in kinds]
        return max(found, key=lambda clock: clock.due_on, default=None)

    @property
    def late_clocks(self) -> tuple[Clock, ...]:
        """Obligations of an office whose due day is over, the longest first."""
        late = [
            clock
            for clock in self.clocks
            if clock.owner is not Owner.APPLICANT
            and clock.late(self.today)
            and (clock.local_limit or not clock.money)
            and not (self.held and clock.kind in CHECKS)
        ]
        return tuple(sorted(late, key=lambda clock: clock.due_on))


def held_up(situation: Situation, overlays: Iterable[Overlay]) -> Situation:
    """The situation together with what stands beside the case: the check may wait for a payment."""
    held = any(each.blocking and each.must_act for each in overlays)
    return replace(situation, held=held and situation.accepted_on is None)


def situation_of(
    application: TransferApplication, *, at: datetime, steps: list[Step] | None = None
) -> Situation:
    """The situation of a case at a moment. `steps` are all of the case's, where the caller has them.

    At most nine queries if the agencies and the balance come with the application; never more for
    a longer history. Raises PolicyMissing when no region sets a limit that every place must have.
    """
    today = localdate(at)
    state = State(application.state)
    if steps is None:
        stored = Step.objects.filter(application=application).select_related("calendar")
        steps = list(stored.order_by("opened_on", "pk"))
    running = [step for step in steps if step.closed_on is None and step.due_on is not None]
    balance: BalanceTransfer | None = getattr(application, "balance", None)
    money = Money.of(balance) if balance is not None else None
    late = [step for step in running if step.owner != Owner.APPLICANT and step.due_on < today]
    chased: dict[int, date] = {}
    next_update_on = None
    if late:
        chased = _chased(late)
        next_update_on = _next_update(application, late, today)
    clocks = tuple(_clock(step, chased.get(step.pk)) for step in running)
    facts: dict[str, Any] = {}
    if application.is_open:
        facts = _ahead(application, state, money, clocks, today)
    facts |= query_period(application)
    return Situation(
        at=at,
        reference=application.reference,
        state=state,
        origin=Office.of(application.origin_agency),
        destination=Office.of(application.destination_agency),
        scheme_from=Scheme(application.scheme_from),
        submitted_on=localdate(application.submitted_at),
        own_submission=application.submitter == Submitter.APPLICANT,
        notify_by=NotifyBy(application.notify_by),
        accepted_on=_day(application.accepted_at),
        out_on=_day(application.transferred_out_at),
        in_on=_day(application.transferred_in_at),
        closed_on=_day(application.closed_at),
        checks_passed=_passed(steps),
        clocks=clocks,
        asked=_asked(application) if state is State.SUPPLEMENT_REQUESTED else None,
        lapsed=state is State.WITHDRAWN and bool(application.close_code),  # set by `lapse` alone
        discrepancy=_discrepancy(application) if state is State.DISCREPANCY_RAISED else "",
        closed_by=_closed_by(application) if state is State.REJECTED else None,
        close_code=application.close_code,
        close_text=application.close_text,
        merged_months=application.merged_months,
        cumulative_months=_cumulative(application),
        stays=application.relocated_retiree,
        money=money,
        next_update_on=next_update_on,
        rated=not application.is_open and getattr(application, "rating", None) is not None,
        **facts,
    )


def _cumulative(application: TransferApplication) -> int | None:
    """The months the destination counts in all. A query, unless the merge came along."""
    if application.transferred_in_at is None:
        return None
    merge: Merge | None = getattr(application, "merge", None)
    return merge.cumulative_months if merge is not None else None


def _day(at: datetime | None) -> date | None:
    return None if at is None else localdate(at)


def _clock(step: Step, chased_on: date | None) -> Clock:
    pinned = step.policy.values()
    assert step.due_on is not None
    return Clock(
        kind=StepKind(step.kind),
        owner=Owner(step.owner),
        due_on=step.due_on,
        provisional=step.provisional,
        since=step.running_since,
        days=step.limit_days - step.used_days,
        money=step.on_money_track,
        local_limit=any(
            value["region"] != NATION or value["status"] == ValueStatus.LAW for value in pinned
        ),
        calendar=calendar_of(step.calendar),
        chased_on=chased_on,
    )


def _passed(steps: Iterable[Step]) -> tuple[tuple[Side, date], ...]:
    """The sides whose check is done, and since when."""
    done = {
        Side(step.owner): step.closed_on
        for step in steps
        if step.kind in CHECKS and step.outcome == Outcome.DONE and step.closed_on is not None
    }
    return tuple(done.items())


def _asked(application: TransferApplication) -> Asked | None:
    request = SupplementRequest.objects.filter(
        application=application, supplied_at__isnull=True
    ).first()
    if request is None:
        return None
    return Asked(Side(request.side), tuple(request.items), request.why)


def _discrepancy(application: TransferApplication) -> str:
    """Why the form went back; empty while the event that says so is still being written."""
    verbs = (Action.RAISE_DISCREPANCY, Action.CORRECT, Action.UPHOLD)
    event = Event.objects.filter(application=application, verb__in=verbs).order_by("-seq").first()
    if event is None or event.verb != Action.RAISE_DISCREPANCY:
        return ""
    return event.reason


def _closed_by(application: TransferApplication) -> Side | None:
    """The side that refused; None while the event that says so is still being written."""
    verbs = (Action.REJECT, Action.REFUSE_LATE)
    found = (
        Event.objects.filter(application=application, verb__in=verbs)
        .values_list("side", flat=True)
        .first()
    )
    return Side(found) if found else None


def _chased(late: list[Step]) -> dict[int, date]:
    """By step the day its office was last chased: a message of a rung past the due day that really
    went out. One query."""
    sent = (
        OutboxMessage.objects.filter(
            kind=OutboxMessage.Kind.ALERT,
            alert__step__in=[step.pk for step in late],
            alert__rung__offset_days__gt=0,
            sent_at__isnull=False,
        )
        .order_by()
        .values("alert__step")
        .annotate(last=Max("sent_at"))
        .values_list("alert__step", "last")
    )
    return {step: localdate(last) for step, last in sent}


def _next_update(application: TransferApplication, late: list[Step], today: date) -> date | None:
    """When the applicant hears next: the first rung still ahead that tells the applicant, where the
    applicant wishes to be told. One query."""
    if application.notify_by == NotifyBy.NONE:
        return None
    raised = Alert.objects.filter(step__in=[step.pk for step in late]).values("rung_id")
    days = [
        calendar_of(step.calendar).add(step.due_on, offset)
        for offset in AlertRung.objects.filter(tells_applicant=True, offset_days__gt=0)
        .exclude(pk__in=raised)
        .values_list("offset_days", flat=True)
        for step in late
        if step.due_on is not None
    ]
    return min((day for day in days if day >= today), default=None)


def _ahead(
    application: TransferApplication,
    state: State,
    money: Money | None,
    clocks: tuple[Clock, ...],
    today: date,
) -> dict[str, Any]:
    """What comes after the present stage, by the terms in force today."""
    facts: dict[str, Any] = {}
    before_acceptance = state in (State.APPLIED, State.SUPPLEMENT_REQUESTED)
    due = application.scheme_from != Scheme.RESIDENT and (
        money is None or money.disposition is not Disposition.NOT_DUE
    )
    terms: TransferTerms | None = None
    if due or before_acceptance:
        terms = resolve(application.origin_id, today)
        facts["usual_days"] = terms.balance_expected_days if due else None
        facts["out_days"] = terms.transfer_out_days
    if before_acceptance or state is State.VALIDATED:
        arriving = resolve(application.destination_id, today)
        facts["in_days"] = arriving.transfer_in_days
        if due and facts.get("usual_days") is None:
            facts["usual_days"] = arriving.balance_expected_days
        out = [clock for clock in clocks if clock.kind is StepKind.TRANSFER_OUT]
        if out and arriving.transfer_in_days and out[0].calendar and not out[0].late(today):
            facts["projected_in_on"] = out[0].calendar.add(out[0].due_on, arriving.transfer_in_days)
    return facts


# The results that the applicant may query.
RESULTS = frozenset(
    {
        State.TRANSFERRED_IN,
        State.BALANCE_CREDITED,
        State.PAID_TO_PERSON,
        State.CLOSED_WITHOUT_BALANCE,
    }
)


def query_period(application: TransferApplication) -> dict[str, Any]:
    """Until when the applicant may query the result; empty where there is none or no limit is set.

    Counted from the day the balance was settled, before that from the day the months were counted.
    """
    if application.state not in RESULTS:
        return {}
    balance: BalanceTransfer | None = getattr(application, "balance", None)
    since = _day(balance.settled_at) if balance is not None else None
    since = since or _day(application.transferred_in_at)
    if since is None:
        return {}
    days = resolve(application.destination_id, since).dispute_days
    if days is None:
        return {}
    calendar = calendar_of(application.destination_id)
    until = calendar.add(since, days)
    return {"query_until": until, "query_provisional": calendar.is_provisional(until)}
