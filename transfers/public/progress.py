"""The status page, and what an applicant can do from it."""

import logging
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from .. import plugs
from ..models.applications import Submitter, TransferApplication
from ..models.events import Event
from ..models.regions import in_language
from ..policy import remembered
from ..rules.states import RELATION, Action, Side, State
from ..status import Described, Situation, describe, describe_stale, held_up, situation_of
from ..status.log import lines
from ..status.situation import Office
from ..status.tracker import money_track, stages
from ..workflow import feedback
from ..workflow.actions import perform
from ..workflow.actors import Actor
from ..workflow.errors import Refused
from . import lookup, visit
from .apply import AGAIN
from .calendar_file import days_to_keep
from .papers import downloads

logger = logging.getLogger(__name__)

# Who is at work in a state: there the origin, elsewhere the destination.
_AT_ORIGIN = frozenset({State.VALIDATED, State.DISCREPANCY_RAISED, State.RECALLED})


def _may_withdraw(application: TransferApplication) -> bool:
    """Only who submitted may, and only before the transfer out."""
    return (
        application.state in RELATION[Action.WITHDRAW].sources
        and application.submitter == Submitter.APPLICANT
    )


def _stale(application: TransferApplication) -> Described:
    """What is shown where the situation cannot be told: the last words, and whom to call."""
    last = (
        Event.objects.filter(application=application)
        .exclude(shown_zh="")
        .order_by("-seq")
        .values_list("shown_zh", "shown_en", "at")
        .first()
    )
    zh, en, at = last or ("", "", None)
    side = Side.ORIGIN if application.state in _AT_ORIGIN else Side.DESTINATION
    office = Office.of(application.agency(side))
    # The heading alone: days left and dates of back then may no longer be true.
    heading = in_language(zh.partition("。")[0], en.partition(". ")[0])
    state = State(application.state)
    return describe_stale(state, office, heading, at, stays=application.relocated_retiree)


@never_cache
@require_safe
def status(request: HttpRequest, reference: str) -> HttpResponse:
    application = visit.case_of(request, reference)
    if application is None:
        return lookup.at_its_address(request, reference)
    visit.put_code_away(request)
    now = timezone.now()
    today = timezone.localdate(now)
    overlays = plugs.overlays_of(application, today)
    context: dict[str, Any] = {}
    situation: Situation | None = None
    try:
        with remembered():
            situation = held_up(situation_of(application, at=now), overlays)
        told = describe(situation)
        context = {"stages": stages(situation, told), "money": money_track(situation)}
    except Exception:
        # Whatever is missing, a policy or a calendar: nobody who asks how things stand gets an error.
        logger.exception("the situation of %s cannot be told", application.reference)
        situation, told = None, _stale(application)
    to_do = [each for each in overlays if each.must_act]
    if to_do and told.tone == "going":
        told = replace(told, tone="act")
    queries = feedback.queries_of(application)
    in_query_period = (
        situation is not None
        and situation.query_until is not None
        and situation.today <= situation.query_until
    )
    may_query = in_query_period and all(each.answered_at for each in queries)
    context |= {
        "application": application,
        "situation": situation,
        "told": told,
        "overlays": overlays,
        "to_do": to_do,
        "materials": application.materials.all(),
        "downloads": downloads(application, situation),
        "log": lines(application),
        "now": now,
        "today": today,
        "may_withdraw": _may_withdraw(application),
        "may_apply_again": application.state in AGAIN,
        "may_query": may_query,
        "may_correct": application.is_open or in_query_period,
        "queries": queries,
        "answering": application.agency(feedback.side_of(application)),
        "may_rate": feedback.may_rate(application),
        "rating": getattr(application, "rating", None),
        "keep": days_to_keep(situation, overlays, may_query=may_query) if situation else [],
    }
    return render(request, "public/status.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask once more, then withdraw. Not offered, and not done, once it is no longer allowed."""
    application = visit.case_of(request, reference)
    if application is None:
        return redirect("lookup")
    if not _may_withdraw(application):
        return redirect("status", reference=reference)
    refusal = ""
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            perform(
                application,
                Action.WITHDRAW,
                by=Actor.applicant(),
                at=timezone.now(),
                seen=int(version) if version.isdecimal() else None,
            )
        except Refused:
            # Whatever happened meanwhile is told by the status page; the refusal's own sentence is
            # for staff and may name a colleague.
            refusal = _("The case has moved on since you opened this page. Nothing was withdrawn.")
            application = visit.case_of(request, reference)
        else:
            return redirect("status", reference=reference)
    return render(request, "public/withdraw.html", {"application": application, "refusal": refusal})
