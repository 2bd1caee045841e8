"""What applicants say of results and of the service: the own office's queries to answer, its ratings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from ..deadlines.calendars import calendar_of
from ..models.feedback import Dispute, Rating
from ..rules.working_days import WorkingCalendar
from ..workflow import feedback as door
from ..workflow.actors import Actor
from ..workflow.errors import NotAllowed, Refused
from .access import CASE_READERS, CASE_WORKERS, for_roles
from .cues import Cue, cue_until
from .desk import Desk, desk_of
from .pages import page_context

LINES = 50  # the newest of each; older ones stay with their cases


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a result with the clock of its answer; no cue once it is answered."""

    dispute: Dispute
    cue: Cue | None


def _cue(dispute: Dispute, desk: Desk, calendar: WorkingCalendar) -> Cue | None:
    if dispute.answered_at is not None:
        return None
    used = calendar.count(min(dispute.raised_on, desk.today), desk.today)
    return cue_until(dispute.answer_by, used, door.ANSWER_DAYS, calendar, desk.today)


def queries_on(desk: Desk, disputes: list[Dispute]) -> list[Query]:
    """Queries with their clocks, by the calendar of the reader's own place."""
    if not disputes or desk.agency is None:
        return [Query(each, None) for each in disputes]
    calendar = calendar_of(desk.agency.region_id)
    return [Query(each, _cue(each, desk, calendar)) for each in disputes]


def _own_queries(desk: Desk) -> QuerySet[Dispute]:
    found = Dispute.objects.filter(door.queries_for(desk.user.agency_id))
    return found.select_related("application__balance", "answered_by")


def _own_ratings(desk: Desk) -> QuerySet[Rating]:
    own = desk.user.agency_id
    found = Rating.objects.filter(
        Q(application__origin_agency=own) | Q(application__destination_agency=own)
    )
    return found.select_related("application", "replied_by__agency")


@require_GET
@for_roles(CASE_READERS, in_agency=True)
def feedback(request: HttpRequest) -> HttpResponse:
    """Open queries, the longest wait first; the newest ratings. `all=1`: answered queries too."""
    desk = desk_of(request)
    everything = request.GET.get("all") == "1"
    if everything:
        found = _own_queries(desk).order_by("-raised_at", "-pk")
    else:
        found = _own_queries(desk).filter(answered_at__isnull=True).order_by("answer_by", "pk")
    late = desk.queries_late
    title = _("Queries and ratings")
    context = page_context(
        request,
        title=title,
        browser_title=_("(%(n)d overdue) %(title)s") % {"n": late, "title": title} if late else title,
        queries=queries_on(desk, list(found[:LINES])),
        ratings=list(_own_ratings(desk)[:LINES]),
        everything=everything,
        limit=LINES,
    )  # fmt: skip
    return render(request, "staff/feedback.html", context)


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Answer to the applicant"),
        help_text=gettext_lazy(
            "One or two plain sentences: what was found, what happens next. The applicant is sent"
            " them as they stand, so no names and no numbers of persons or accounts."
        ),
        max_length=door.LONGEST_ANSWER,
        error_messages={"required": gettext_lazy("Write the answer.")},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ReplyForm(forms.Form):
    reply = forms.CharField(
        label=gettext_lazy("Reply to the rating"),
        help_text=gettext_lazy(
            "Only whoever rated reads it, on the status page; it can be given once."
        ),
        max_length=door.LONGEST_RATING,
        error_messages={"required": gettext_lazy("Write the reply.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@require_http_methods(["GET", "POST"])
@for_roles(CASE_WORKERS, in_agency=True)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a query of the own office."""
    desk = desk_of(request)
    dispute = _own_queries(desk).filter(pk=pk).first()
    if dispute is None:
        raise Http404
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        say = partial(
            door.answer, dispute, form.cleaned_data["answer"], by=Actor.staff(desk.user), at=desk.at
        )
        if _said(request, form, say, _("The answer is on its way to the applicant.")):
            return redirect("admin:feedback")
    (query,) = queries_on(desk, [dispute])
    return _page(request, _("Answer a query"), form, "staff/feedback_answer.html", query=query)


@require_http_methods(["GET", "POST"])
@for_roles(CASE_WORKERS, in_agency=True)
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Reply to a rating of the own office."""
    desk = desk_of(request)
    rating = _own_ratings(desk).filter(pk=pk).first()
    if rating is None:
        raise Http404
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        say = partial(
            door.reply, rating, form.cleaned_data["reply"], by=Actor.staff(desk.user), at=desk.at
        )
        if _said(request, form, say, _("Whoever rated now reads the reply.")):
            return redirect("admin:feedback")
    return _page(request, _("Reply to a rating"), form, "staff/feedback_reply.html", rating=rating)


def _said(request: HttpRequest, form: forms.Form, say: Callable[[], object], done: str) -> bool:
    """Carry it out, or learn that it no longer can be; False where the words have to be mended."""
    try:
        say()
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    except Refused as refusal:
        form.add_error(refusal.field, refusal.message)
        return False
    else:
        messages.success(request, done)
    return True


def _page(
    request: HttpRequest, title: str, form: forms.Form, template: str, **rest: Any
) -> HttpResponse:
    wrong = bool(form.errors)
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if wrong else title,
        form=form,
        **rest,
    )
    return render(request, template, context, status=422 if wrong else 200)
