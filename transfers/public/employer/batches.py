"""An employer's batches: the list with the upload, one batch at every stage, handing in, putting away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ...intake import batches
from ...models.employers import Batch, BatchRow
from ...rules.states import State as CaseState
from ...tables import TableProblem
from ...tasks import nudge_batches
from ...workflow.errors import NotAllowed
from .access import batch_or_404, for_employers

LINES = 20

State, RowState = Batch.State, BatchRow.State
RUNNING = (State.WAITING, State.CHECKING, State.SUBMITTING)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("The filled-in template (XLSX or CSV)"),
        help_text=gettext_lazy("At most 5 MB and 5,000 people."),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    use_required_attribute = False


@for_employers
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The list of batches, and the way in for another one."""
    form = UploadForm()
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                taken = batches.take(
                    form.cleaned_data["file"], by=_user(request), at=timezone.now()
                )
            except (TableProblem, NotAllowed) as problem:
                form.add_error("file", str(problem))
            except batches.AlreadyUploaded as already:
                return _home(request, form, status=422, earlier=already.batch)
            else:
                nudge_batches()
                return redirect("batch", reference=taken.reference)
        return _home(request, form, status=422)
    return _home(request, form)


def _user(request: HttpRequest) -> Any:
    return request.user


def _home(
    request: HttpRequest, form: UploadForm, status: int = 200, earlier: Batch | None = None
) -> HttpResponse:
    user = _user(request)
    found = Batch.objects.filter(employer=user.employer_id).exclude(state=State.DISCARDED)
    page = Paginator(found.order_by("-uploaded_at", "-pk"), LINES).get_page(request.GET.get("page"))
    rows = BatchRow.objects.filter(batch__in=[each.pk for each in page.object_list])
    counted = rows.order_by().values("batch").annotate(
        cases=Count("pk", filter=Q(state=RowState.SUBMITTED)),
        bad=Count("pk", filter=Q(state__in=(RowState.BAD, RowState.REFUSED))),
    )  # fmt: skip
    counts = {each["batch"]: each for each in counted}
    for each in page.object_list:
        each.counts = counts.get(each.pk)
    context = {
        "form": form, "page": page, "earlier": earlier, "employer": user.employer,
    }  # fmt: skip
    return render(request, "public/employer/home.html", context, status=status)


@for_employers
@require_safe
def batch(request: HttpRequest, reference: str) -> HttpResponse:
    """One batch: what is being done with it, what is wrong in it, what became of it."""
    found = batch_or_404(request, reference)
    return render(request, "public/employer/batch.html", _context(found))


def _context(found: Batch, **more: Any) -> dict[str, Any]:
    counted = found.rows.order_by().values_list("state").annotate(n=Count("pk"))
    counts = dict(counted)
    asked = found.state in (State.SUBMITTING, State.DONE)
    refused = counts.get(RowState.REFUSED, 0)
    return {
        "batch": found,
        "running": found.state in RUNNING,
        "good": counts.get(RowState.GOOD, 0),
        "bad": counts.get(RowState.BAD, 0),
        "submitted": counts.get(RowState.SUBMITTED, 0),
        "refused": refused,
        "dealt_with": counts.get(RowState.SUBMITTED, 0) + refused,
        "to_hand_in": sum(counts.values()) - counts.get(RowState.BAD, 0),
        "groups": batches.groups_of(found, RowState.BAD) if counts.get(RowState.BAD) else [],
        "refusals": batches.groups_of(found, RowState.REFUSED) if refused else [],
        "states": _case_states(found) if asked else [],
        "errors": [each for each in found.problems if each["level"] == "error"],
        "notes": [each for each in found.problems if each["level"] == "note"],
        "kept_until": batches.kept_until(found) if found.state == State.CHECKED else None,
        "may_discard": found.state in batches.DISCARDABLE,
        **more,
    }


def _case_states(found: Batch) -> list[tuple[Any, int]]:
    """How many of the batch's cases are in which state, in the order of the road. One query."""
    counted = found.rows.filter(state=RowState.SUBMITTED).order_by()
    counts = dict(counted.values_list("application__state").annotate(n=Count("pk")))
    return [(state.label, counts[state.value]) for state in CaseState if state.value in counts]


@for_employers
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks once, with the declaration; then the good rows are handed in by a job."""
    found = batch_or_404(request, reference)
    if found.state != State.CHECKED:
        return redirect("batch", reference=reference)
    refusal = ""
    if request.method == "POST":
        if not request.POST.get("declared"):
            refusal = _("Confirm that the people work for you and know of the application.")
        else:
            try:
                batches.hand_in(found, at=timezone.now())
            except NotAllowed as refused:
                refusal = str(refused)
            else:
                nudge_batches()
                return redirect("batch", reference=reference)
    context = _context(found, refusal=refusal)
    return render(request, "public/employer/submit.html", context, status=422 if refusal else 200)


@for_employers
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, reference: str) -> HttpResponse:
    """Puts a batch away of which nothing was handed in, with everything that it said of people."""
    found = batch_or_404(request, reference)
    if found.state not in batches.DISCARDABLE:
        return redirect("batch", reference=reference)
    if request.method == "POST":
        try:
            batches.discard(found)
        except NotAllowed:  # somebody handed it in meanwhile; its page says so
            return redirect("batch", reference=reference)
        messages.success(request, _("The batch %(reference)s is gone.") % {"reference": reference})
        return redirect("employer")
    return render(request, "public/employer/discard.html", {"batch": found})
