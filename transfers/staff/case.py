"""The case page: who it is, what to do, the two tracks, the facts, the papers, the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET

from .. import plugs
from ..models import (
    Break,
    ContributionRow,
    Event,
    InformationForm,
    Instruction,
    Preparation,
    SideRecord,
    Step,
)
from ..models.applications import TransferApplication
from ..rules.balances import BalanceAction, BalanceState
from ..rules.months import spelled
from ..rules.states import Action, Side, State
from ..rules.steps import Owner
from ..status import describe, held_up, situation_of
from ..workflow import feedback
from ..workflow.actions import CONFIRM, RETURN, Offer, offers
from ..workflow.actors import Actor
from ..workflow.papers import may_issue_certificate
from .access import case_or_404
from .desk import Desk, desk_of
from .feedback import queries_on
from .labels import label_of
from .materials import materials_of
from .pages import page_context
from .papers import papers_of
from .tracks import StepLine, lines_of, money_track, relation_track

RELATED = (
    "person", "origin", "destination", "origin_agency", "destination_agency", "submitted_by",
    "balance", "merge", "rating__replied_by__agency",
)  # fmt: skip

# What a person came to the page for, in the order of the work; everything else is under "More".
_FORWARD = (
    Action.SUPPLY, Action.PASS_CHECK, Action.TRANSFER_OUT, Action.CORRECT, Action.TRANSFER_IN,
    BalanceAction.REMIT, BalanceAction.RECEIVE, BalanceAction.MATCH, BalanceAction.RESOLVE,
    Action.CREDIT_BALANCE, BalanceAction.RESEND, BalanceAction.RESTATE, BalanceAction.CONFIRM_PAYOUT,
)  # fmt: skip
_PRIMARY = 2


@dataclass(frozen=True, slots=True)
class Button:
    """One legal action as a link to its page."""

    offer: Offer
    label: str
    primary: bool

    @property
    def mode(self) -> str:
        return self.offer.mode


def _label(offer: Offer) -> str:
    label = str(label_of(offer.verb))
    if offer.mode == CONFIRM:
        return _("Confirm: %(action)s") % {"action": label}
    if offer.mode == RETURN:
        return _("Send back: %(action)s") % {"action": label}
    return label


def _rank(offer: Offer) -> tuple[int, int]:
    if offer.mode == CONFIRM:
        return 0, 0
    if offer.mode == RETURN or offer.verb not in _FORWARD:
        return 2, 0
    return 1, _FORWARD.index(offer.verb)


def buttons_of(found: list[Offer]) -> tuple[list[Button], list[Button]]:
    """At most two buttons in sight, the rest under "More"; together exactly the offers."""
    ranked = sorted(found, key=_rank)
    forward = [offer for offer in ranked if _rank(offer)[0] < 2][:_PRIMARY]
    shown = forward or (ranked if len(ranked) <= _PRIMARY else [])
    more = [offer for offer in ranked if offer not in shown]
    return (
        [Button(offer, _label(offer), bool(forward)) for offer in shown],
        [Button(offer, _label(offer), False) for offer in more],
    )


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event as the log shows it."""

    event: Event
    label: str
    moved: str

    @classmethod
    def of(cls, event: Event) -> LogEntry:
        moved = ""
        if event.to_state and event.to_state != event.from_state:
            names = [_state_label(event.from_state), _state_label(event.to_state)]
            moved = " → ".join(name for name in names if name)
        return cls(event, str(label_of(event.verb)), moved)


def _state_label(value: str) -> str:
    if value in State.values:
        return str(State(value).label)
    if value in BalanceState.values:
        return str(BalanceState(value).label)
    return value


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the facts: what either side's record says."""

    label: str
    origin: Any
    destination: Any
    kind: str = "text"


def facts_of(records: Iterable[SideRecord]) -> list[Fact]:
    by_side = {record.side: record for record in records}
    origin, destination = by_side.get(Side.ORIGIN), by_side.get(Side.DESTINATION)
    rows = [
        ("name", "name"), ("id_number", "id"), ("enrolled_on", "date"), ("stopped_on", "date"),
        ("paying", "bool"), ("in_arrears", "bool"), ("retired", "bool"), ("cover_year", "text"),
        ("balance_fen", "money"), ("passed_at", "moment"), ("passed_by", "text"),
    ]  # fmt: skip
    only = {"stopped_on": Side.ORIGIN, "paying": Side.DESTINATION, "balance_fen": Side.ORIGIN,
            "in_arrears": Side.ORIGIN}  # fmt: skip
    facts = []
    for name, kind in rows:
        label = str(SideRecord._meta.get_field(name).verbose_name)
        if kind == "money":
            label = _("Personal account")
        side = only.get(name)
        facts.append(
            Fact(
                label,
                getattr(origin, name, None) if side in (None, Side.ORIGIN) else None,
                getattr(destination, name, None) if side in (None, Side.DESTINATION) else None,
                kind,
            )
        )
    return facts


def forms_of(application: TransferApplication) -> list[InformationForm]:
    """The form's versions, newest first, with their rows; one query, since every form has rows."""
    rows = ContributionRow.objects.filter(form__application=application).select_related(
        "form__prepared_by", "form__sealed_by"
    )
    forms: dict[int, InformationForm] = {}
    spans: dict[int, list[ContributionRow]] = {}
    for row in rows.order_by("-form__version", "from_month"):
        forms.setdefault(row.form_id, row.form)
        spans.setdefault(row.form_id, []).append(row)
    for key, form in forms.items():
        form.spans = spans[key]  # type: ignore[attr-defined]
        form.months = sum(row.months for row in spans[key])  # type: ignore[attr-defined]
    return list(forms.values())


def movements_of(application: TransferApplication) -> QuerySet[Instruction]:
    """What the ledger posted on a case, in order; one query."""
    return (
        Instruction.objects.filter(application=application, resolution__outcome="posted")
        .select_related("made_by", "resolution__by", "source", "target")
        .order_by("pk")
    )


def case_for(request: HttpRequest, reference: str) -> TransferApplication:
    """The case with all that its pages show, if the reader may see it; Http404 otherwise."""
    steps = Step.objects.select_related("calendar", "agency", "assignee").order_by("pk")
    preparations = Preparation.objects.select_related("prepared_by", "decided_by").order_by("pk")
    return case_or_404(
        request.user,
        reference,
        *RELATED,
        prefetch=(
            Prefetch("records", SideRecord.objects.select_related("passed_by")),
            Prefetch("steps", steps),
            Prefetch("preparations", preparations),
            Prefetch("breaks", Break.objects.filter(cleared_at__isnull=True)),
            "materials",
            "supplement_requests",
        ),
    )


def clock_of(lines: list[StepLine], desk: Desk) -> StepLine | None:
    """The clock the header shows: the reader's own most urgent step, else the case's."""
    running = [line for line in lines if line.step.closed_on is None]
    own = [line for line in running if line.step.agency_id == desk.user.agency_id]
    own = [line for line in own if line.step.owner != Owner.APPLICANT] or own

    def urgency(line: StepLine) -> tuple[bool, int]:
        return line.step.due_on is None, line.cue.left

    return min(own or running, key=urgency, default=None)


def identity_bar(
    application: TransferApplication, lines: list[StepLine], desk: Desk
) -> dict[str, Any]:
    """What the bar on top of every page of a case shows."""
    clock = clock_of(lines, desk)
    return {
        "application": application,
        "clock": clock,
        "assignable": clock is not None
        and desk.works_cases
        and clock.step.agency_id == desk.user.agency_id,
    }


@require_GET
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """The case page. A constant number of queries, however long the history."""
    application = case_for(request, reference)
    desk = desk_of(request)
    steps = list(application.steps.all())
    for step in steps:
        step.application = application
    lines = lines_of(steps, desk.today)
    events = list(
        Event.objects.filter(application=application)
        .select_related("user", "agency")
        .order_by("-seq")
    )
    primary, more = buttons_of(offers(application, Actor.staff(desk.user)))
    waiting = [each for each in application.preparations.all() if each.outcome == ""]
    told = next((event for event in events if event.shown_zh), None)
    balance = getattr(application, "balance", None)
    merge = getattr(application, "merge", None)
    context = page_context(
        request,
        title=application.reference,
        primary=primary,
        more=more,
        open_lines=[line for line in lines if line.step.closed_on is None],
        stations=relation_track(application, lines),
        money=money_track(balance, lines, desk.today),
        movements=movements_of(application) if balance is not None else (),
        frozen=list(application.breaks.all()),
        balance=balance,
        facts=facts_of(application.records.all()),
        forms=forms_of(application),
        overlays=plugs.overlays_of(application, desk.today),
        waiting=[(each, label_of(each.verb)) for each in waiting],
        materials=materials_of(application),
        papers=papers_of(application),
        certificate=may_issue_certificate(application, Actor.staff(desk.user)),
        requests=application.supplement_requests.all(),
        queries=queries_on(desk, feedback.queries_of(application)),
        others_query=application.side_of(desk.user.agency_id) != feedback.side_of(application),
        rating=getattr(application, "rating", None),
        told=told,
        log=[LogEntry.of(event) for event in events],
        merge=merge,
        twice=spelled(date.fromisoformat(f"{each}-01") for each in merge.overlaps) if merge else "",
        own_record=application.side_of(desk.user.agency_id) is not None,
        read_only=not desk.works_cases or application.side_of(desk.user.agency_id) is None,
        **identity_bar(application, lines, desk),
    )
    return render(request, "staff/case.html", context)


@require_GET
def applicant(request: HttpRequest, reference: str) -> HttpResponse:
    """What the applicant's status page says at this moment, in both languages."""
    application = case_for(request, reference)
    desk = desk_of(request)
    steps = list(application.steps.all())
    for step in steps:
        step.application = application
    overlays = plugs.overlays_of(application, desk.today)
    situation = held_up(situation_of(application, at=desk.at), overlays)
    both = []
    for code, tag in (("zh-hans", "zh-Hans"), ("en", "en")):
        with override(code):
            both.append((tag, describe(situation)))
    context = page_context(
        request,
        title=_("What the applicant sees now"),
        both=both,
        **identity_bar(application, lines_of(steps, desk.today), desk),
    )
    return render(request, "staff/applicant.html", context)
