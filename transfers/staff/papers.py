"""Papers on the staff site: a case's papers, each as page and PDF, and the certificate on demand."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ..documents import responses
from ..models import Paper, TransferApplication
from ..workflow.actors import Actor
from ..workflow.errors import Refused
from ..workflow.papers import issue_certificate
from .access import case_or_404
from .desk import desk_of


@dataclass(frozen=True, slots=True)
class Entry:
    paper: Paper
    replaced: bool


def papers_of(application: TransferApplication) -> list[Entry]:
    """Every paper of a case, newest first; one query."""
    papers = Paper.objects.filter(application=application).select_related("agency")
    seen: set[tuple[str, int]] = set()
    entries = []
    for paper in papers.order_by("-pk"):
        entries.append(Entry(paper, (paper.kind, paper.agency_id) in seen))
        seen.add((paper.kind, paper.agency_id))
    return entries


def _paper(request: HttpRequest, reference: str, number: str) -> Paper:
    """The paper, if the reader may see its case; Http404 otherwise."""
    application = case_or_404(request.user, reference)
    paper = Paper.objects.filter(application=application, number=number).first()
    if paper is None:
        raise Http404
    return paper


@never_cache
@require_safe
def paper(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    return responses.page(
        request,
        _paper(request, reference, number),
        back=reverse("admin:case", args=[reference]),
        pdf=reverse("admin:case_paper_pdf", args=[reference, number]),
    )


@never_cache
@require_safe
def pdf(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    return responses.download(_paper(request, reference, number))


@require_POST
def certificate(request: HttpRequest, reference: str) -> HttpResponse:
    """Issue the enrolment certificate now; a refusal is told on the case page."""
    application = case_or_404(request.user, reference)
    desk = desk_of(request)
    seen = request.POST.get("seen", "")
    try:
        issued = issue_certificate(
            application,
            by=Actor.staff(desk.user),
            at=desk.at,
            seen=int(seen) if seen.isdecimal() else None,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        told = _("Certificate %(number)s has been issued.") % {"number": issued.number}
        messages.success(request, told)
    return redirect("admin:case", reference)
