"""What the own pool has on record of a person's contributions: shown to the side, changed by its clerk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from .. import plugs
from ..models import Contribution
from ..rules.months import count, doubled, spelled
from ..rules.states import Scheme, Side
from ..workflow import errors, merging
from ..workflow.actors import Actor
from .access import denied
from .case import case_for, identity_bar
from .contributions import BLANK_ROWS, MOST_ROWS, RowForm, initial_row
from .desk import Desk, desk_of
from .month_grid import grid_of
from .pages import page_context
from .tracks import lines_of


class RecordRowForm(RowForm):
    """A row of the record also says in which scheme its months were paid."""

    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=Scheme.choices)

    def draft(self) -> merging.RecordDraft:
        return merging.RecordDraft(**self._values(), scheme=self.cleaned_data["scheme"])


RecordRowFormSet = forms.formset_factory(
    RecordRowForm, extra=BLANK_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


@require_http_methods(["GET", "POST"])
def record(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows the record; POST replaces the pool's own rows of it. For the two agencies alone."""
    application = case_for(request, reference)
    desk = desk_of(request)
    side = application.side_of(desk.user.agency_id)
    if side is None:
        return denied(request)
    found = merging.record_of(application, side)
    actor = Actor.staff(desk.user)
    if request.method == "GET":
        return _render(request, desk, application, side, found)
    if not merging.may_record(application, actor):
        return _render(request, desk, application, side, found, status=409)
    rows: Any = RecordRowFormSet(request.POST, prefix="rows")
    seen = request.POST.get("seen", "")
    if "more_rows" in request.POST:
        data = request.POST.copy()
        data["rows-TOTAL_FORMS"] = str(min(rows.total_form_count() + BLANK_ROWS, MOST_ROWS))
        more: Any = RecordRowFormSet(data, prefix="rows")
        return _render(request, desk, application, side, found, rows=more)
    if not rows.is_valid():
        problems = [_("Some lines cannot be read: see below.")]
        return _render(
            request, desk, application, side, found, rows=rows, problems=problems, status=422
        )
    try:
        merging.record(
            application,
            [form.draft() for form in rows if form.has_changed()],
            by=actor,
            at=desk.at,
            seen=int(seen) if seen.isdecimal() and len(seen) < 10 else -1,
        )
    except errors.Stale as stale:
        return _render(request, desk, application, side, found, rows=rows, stale=stale, status=409)
    except errors.Problems as refusal:
        problems = [str(problem.message) for problem in refusal.problems]
        return _render(
            request, desk, application, side, found, rows=rows, problems=problems, status=422
        )
    except errors.Refused as refusal:
        return _render(request, desk, application, side, found, problems=[str(refusal)], status=409)
    messages.success(request, _("The contribution record is saved."))
    return redirect("admin:case_record", application.reference)


def _render(
    request: HttpRequest,
    desk: Desk,
    application: Any,
    side: Side,
    found: list[Contribution],
    *,
    rows: Any = None,
    problems: list[str] | None = None,
    stale: errors.Stale | None = None,
    status: int = 200,
) -> HttpResponse:
    steps = list(application.steps.all())
    for step in steps:
        step.application = application
    if rows is None and merging.may_record(application, Actor.staff(desk.user)):
        own = [row for row in found if merging.retyped(row)]
        scheme = application.scheme_from if side is Side.ORIGIN else application.scheme_to
        rows = RecordRowFormSet(
            prefix="rows",
            initial=[{**initial_row(row), "scheme": row.scheme} for row in own],
        )
        for form in rows.extra_forms:
            form.fields["scheme"].initial = scheme
    title = _("Contribution record")
    pool = application.origin if side is Side.ORIGIN else application.destination
    spans = merging.spans_of(found)
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if status == 422 else title,
        pool=pool,
        panels=[panel(request, application, pool.pk) for panel in plugs.record_panels],
        record=found,
        grid=grid_of(spans),
        totals=_totals(found),
        twice=spelled(doubled(spans)),
        rows=rows,
        why_not=_why_not(desk),
        problems=problems,
        stale=stale,
        **identity_bar(application, lines_of(steps, desk.today), desk),
    )
    return render(request, "staff/record.html", context, status=status)


def _why_not(desk: Desk) -> str:
    if not desk.works_at_counter:
        return _("You may read this record; changing it is for a clerk.")
    return _("The record cannot be changed any more in this case.")


def _totals(found: list[Contribution]) -> list[tuple[str, int]]:
    """Months of each scheme, a month in it once."""
    totals = []
    for scheme in Scheme:
        rows = [row for row in found if row.scheme == scheme]
        if rows:
            totals.append((str(scheme.label), count(merging.spans_of(rows))))
    return totals
