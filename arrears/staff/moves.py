"""The page of one action on a case: facts, form, what it comes to, what the person will read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from transfers.staff.desk import Desk, desk_of
from transfers.staff.pages import page_context
from transfers.workflow import errors
from transfers.workflow.actors import Actor

from ..cases import missing_materials, offers, perform
from ..models import ArrearsCase
from ..quoting import current_quote, rest_of
from ..rules.parts import Party, payable
from ..rules.reasons import Cause
from ..rules.states import Action
from .access import arrears_or_404
from .case import bar
from .forms import FORMS, MoveForm
from .outlook import exact_fen, outlook_of


@dataclass
class Page:
    """One action page being made: who, which case, which action, and whether it is offered."""

    request: HttpRequest
    desk: Desk
    case: ArrearsCase
    verb: Action
    offered: bool

    def form(self, *, bound: bool) -> MoveForm:
        initial: dict[str, Any] = {"seen": self.case.version, "key": uuid4()}
        if self.verb is Action.PAY and not bound:
            initial |= self._payment()
        elif self.verb is Action.TAKE_BACK:
            newest = self.case.payments.filter(taken_back__isnull=True).last()
            initial["number"] = newest.number if newest else None
        kind = FORMS[self.verb]
        return kind(self.case, self.request.POST if bound else None, initial=initial)

    def _payment(self) -> dict[str, Any]:
        """Who is likely to pay, and all that this payer can be charged with today."""
        employers = self.case.cause == Cause.EMPLOYER
        payer = Party.EMPLOYER if employers else Party.PERSON
        rest = rest_of(self.case)
        most = payable(rest, payer)
        quote = current_quote(self.case)
        if quote is not None and most == sum(each.fen for each in rest):
            most = exact_fen(self.case, quote, self.desk.today) or most
        return {"payer": payer.value, "amount_fen": most or None, "paid_on": self.desk.today}


@never_cache
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, reference: str, verb: str) -> HttpResponse:
    """GET shows the page of an action; POST carries it out. 404 for what nobody does by hand."""
    if verb not in FORMS:
        raise Http404
    case, desk = arrears_or_404(request, reference), desk_of(request)
    offered = any(each.verb == verb for each in offers(case, Actor.staff(desk.user)))
    page = Page(request, desk, case, Action(verb), offered)
    if request.method == "POST":
        return _posted(page)
    if not offered:
        return _render(page, None, refused=_("This cannot be done now, or is not yours to do."))
    return _render(page, page.form(bound=False))


def _posted(page: Page) -> HttpResponse:
    form = page.form(bound=True)
    if "preview" in page.request.POST:
        return _render(page, form)
    if not form.is_valid():
        return _render(page, form, status=422)
    try:
        perform(
            page.case,
            page.verb,
            by=Actor.staff(page.desk.user),
            at=page.desk.at,
            seen=form.cleaned_data["seen"],
            note=form.cleaned_data["note"],
            key=form.cleaned_data["key"],
            **form.data_for_the_door(),
        )
    except errors.Stale as stale:
        return _render(page, form, stale=stale, status=409)
    except errors.Refused as refusal:
        problems = refusal.problems if isinstance(refusal, errors.Problems) else [refusal]
        for problem in problems:
            field = problem.field or ""
            form.add_error(field if field in form.fields else None, str(problem.message))
        return _render(page, form, status=422)
    messages.success(page.request, _("Done: %(action)s.") % {"action": page.verb.label})
    return redirect("admin:arrears_case", page.case.reference)


def _render(
    page: Page,
    form: MoveForm | None,
    *,
    refused: str = "",
    stale: errors.Stale | None = None,
    status: int = 200,
) -> HttpResponse:
    title = str(page.verb.label)
    outlook = None
    if form is not None and page.offered:
        outlook = outlook_of(page.case, page.verb, form.so_far(), page.desk)
    context = page_context(
        page.request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if status == 422 else title,
        verb=page.verb.value,
        form=form,
        outlook=outlook,
        missing=missing_materials(page.case) if page.verb is Action.ASSESS else (),
        refused=refused,
        stale=stale,
        **bar(page.case, page.desk),
    )
    if not page.offered and status == 200:
        status = 409
    return render(page.request, "arrears/staff/move.html", context, status=status)
