"""The cases that came out of a batch, and withdrawing one of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ...models.applications import TransferApplication
from ...models.employers import Batch, BatchRow
from ...rules import identity
from ...rules.states import RELATION, Action
from ...workflow.actions import perform
from ...workflow.actors import Actor
from ...workflow.errors import Refused
from .access import batch_or_404, for_employers

LINES = 20


def _may_withdraw(application: TransferApplication) -> bool:
    return application.state in RELATION[Action.WITHDRAW].sources


def _rows(found: Batch) -> Any:
    return found.rows.filter(state=BatchRow.State.SUBMITTED).select_related("application")


@for_employers
@require_safe
def cases(request: HttpRequest, reference: str) -> HttpResponse:
    """The rows that were handed in, each with its case's state; names are masked."""
    found = batch_or_404(request, reference)
    page = Paginator(_rows(found).order_by("number"), LINES).get_page(request.GET.get("page"))
    for row in page.object_list:
        row.name = identity.mask_name(row.application.applicant_name)
        row.may_withdraw = _may_withdraw(row.application)
    return render(request, "public/employer/cases.html", {"batch": found, "page": page})


@for_employers
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, reference: str, case: str) -> HttpResponse:
    """Asks once, then withdraws one case; only before the transfer out, as for whoever submits."""
    found = batch_or_404(request, reference)
    row = _rows(found).filter(application__reference=case).first()
    if row is None:
        raise Http404
    if not _may_withdraw(row.application):
        return redirect("batch-cases", reference=reference)
    refusal = ""
    if request.method == "POST":
        user: Any = request.user
        version = request.POST.get("version", "")
        try:
            perform(
                row.application,
                Action.WITHDRAW,
                by=Actor.employer(user),
                at=timezone.now(),
                seen=int(version) if version.isdecimal() else None,
            )
        except Refused:  # its own sentence is for staff and may name a colleague
            refusal = _("The case has moved on since you opened this page. Nothing was withdrawn.")
            row = _rows(found).get(pk=row.pk)
        else:
            said = _("The application %(reference)s is withdrawn.") % {"reference": case}
            messages.success(request, said)
            return redirect("batch-cases", reference=reference)
    context = {
        "batch": found, "row": row, "application": row.application, "refusal": refusal,
        "name": identity.mask_name(row.application.applicant_name),
    }  # fmt: skip
    status = 422 if refusal else 200
    return render(request, "public/employer/withdraw.html", context, status=status)
