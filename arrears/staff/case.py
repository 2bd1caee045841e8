"""The page of an arrears case: who, what to do, the months, the quote explained, payments, papers, log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from transfers.models import TransferApplication
from transfers.models.applications import NotifyBy
from transfers.staff.cues import Cue
from transfers.staff.desk import Desk, desk_of
from transfers.staff.pages import page_context
from transfers.workflow.actors import Actor

from ..cases import missing_materials, offers, waiting_transfers
from ..gaps import coverage, spans
from ..letters import channel_of
from ..models import ArrearsCase, ArrearsEvent, Payment, Quote
from ..quoting import months_of, rest_of
from ..rules.reasons import Cause
from ..rules.states import OWING, QUOTED, Action, State
from .access import arrears_or_404
from .clocks import calendars_of, clock_label, cue_of
from .explained import explained
from .grids import grid
from .outlook import shares_of
from .papers import may_issue, papers_of

# What a reader came for, in the order of the work; everything else is under "More".
_FORWARD = (Action.TAKE_MATERIALS, Action.ASSESS, Action.PAY)


@dataclass(frozen=True, slots=True)
class Button:
    """One legal action as a link to its page."""

    verb: str
    label: Any
    primary: bool


def bar(case: ArrearsCase, desk: Desk) -> dict[str, Any]:
    """What the bar on top of every page of a case shows."""
    cue: Cue | None = None
    if case.next_on is not None:
        cue = cue_of(case, calendars_of([case]), desk.today)
    return {"case": case, "cue": cue, "clock_label": clock_label(case)}


def _buttons(case: ArrearsCase, desk: Desk, missing: bool) -> tuple[list[Button], list[Button]]:
    """What comes next first; the rest under "More"; together exactly the offers."""
    found = {offer.verb: offer for offer in offers(case, Actor.staff(desk.user))}
    shown = [verb for verb in _FORWARD if verb in found]
    if not missing and Action.ASSESS in shown:
        shown = [verb for verb in shown if verb is not Action.TAKE_MATERIALS]
    elif missing:
        shown = [verb for verb in shown if verb is not Action.ASSESS]
    shown = shown[:2] or ([*found] if len(found) == 1 else [])
    more = [verb for verb in found if verb not in shown]
    return (
        [Button(verb.value, verb.label, n == 0) for n, verb in enumerate(shown)],
        [Button(verb.value, verb.label, False) for verb in more],
    )


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event as the log shows it."""

    event: ArrearsEvent
    label: str
    moved: str

    @classmethod
    def of(cls, event: ArrearsEvent) -> LogEntry:
        moved = ""
        if event.to_state != event.from_state:
            states = (each for each in (event.from_state, event.to_state) if each)
            moved = " → ".join(str(State(each).label) for each in states)
        return cls(event, str(event.get_verb_display()), moved)


def _chosen(quotes: list[Quote], version: str) -> Quote | None:
    """The version that the address asks for, else the newest."""
    if not quotes:
        return None
    by_version = {str(quote.version): quote for quote in quotes}
    return by_version.get(version, quotes[0])


def _transfers(case: ArrearsCase, desk: Desk) -> list[TransferApplication]:
    """The person's transfers that wait for this case, as far as the reader may see them."""
    if case.state not in OWING:
        return []
    seen = TransferApplication.objects.visible_to(desk.user)
    return list(seen.filter(pk__in=waiting_transfers([case]).values("pk")))


def _untold(case: ArrearsCase) -> list[str]:
    """Who would be told of this case and cannot be, because no address is known."""
    found = []
    if not case.is_open:
        return found
    if channel_of(case) is NotifyBy.NONE:
        found.append(_("Not told: the person, no address is known. Call, or hand out the quote."))
    if case.cause == Cause.EMPLOYER and not case.employer_email:
        found.append(_("Not told: the employer, no e-mail is known. Call, or send it the quote."))
    return found


@never_cache
@require_safe
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """The case page. A constant number of queries, however long the history."""
    found, desk = arrears_or_404(request, reference), desk_of(request)
    quotes = list(Quote.objects.filter(case=found).select_related("made_by").order_by("-version"))
    chosen = _chosen(quotes, request.GET.get("version", ""))
    payments = list(
        Payment.objects.filter(case=found)
        .select_related("recorded_by", "quote", "taken_back__by")
        .prefetch_related("allocations")
        .order_by("-number")
    )
    paid_fen = sum(each.amount_fen for each in payments if not hasattr(each, "taken_back"))
    events = list(ArrearsEvent.objects.filter(case=found).select_related("user").order_by("-seq"))
    missing = missing_materials(found) if found.state in OWING else []
    rest = rest_of(found, quotes[0]) if quotes and found.state in QUOTED else []
    primary, more = _buttons(found, desk, bool(missing))
    context = page_context(
        request,
        title=found.reference,
        primary=primary,
        more=more,
        months=months_of(found),
        grid=grid(
            spans(found.person, found.pool_id),
            until=desk.today,
            asked=months_of(found),
            away=coverage(found.person, found.pool_id).months_away(desk.today),
        ),
        quotes=quotes,
        quote=chosen,
        newest=chosen is not None and chosen is quotes[0],
        told=explained(chosen) if chosen is not None else None,
        payments=payments,
        paid_fen=paid_fen,
        left_fen=sum(each.fen for each in rest),
        shares=shares_of(rest, found),
        quoted=found.state in QUOTED,
        system=found.cause == Cause.SYSTEM,
        materials=found.materials.all(),
        missing=missing,
        untold=_untold(found),
        transfers=_transfers(found, desk),
        last_told=next((event for event in events if event.shown_zh), None),
        log=[LogEntry.of(event) for event in events],
        papers=papers_of(found),
        may_issue=may_issue(found, desk),
        own=desk.user.agency_id == found.agency_id,
        **bar(found, desk),
    )
    return render(request, "arrears/staff/case.html", context)
