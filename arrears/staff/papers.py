"""Papers of an arrears case: the quote and the receipts, issued once, each as page and PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from transfers.documents import responses
from transfers.documents.content import Matter
from transfers.documents.issue import issue
from transfers.models import Paper
from transfers.policy import remembered
from transfers.staff.access import CASE_WORKERS, denied
from transfers.staff.desk import Desk, desk_of
from transfers.staff.papers import Entry

from ..letters import where_of
from ..models import ArrearsCase, Payment
from ..quoting import current_quote
from ..rules.states import QUOTED
from .access import arrears_or_404
from .contents import quote_body, receipt_body


def papers_of(case: ArrearsCase) -> list[Entry]:
    """Every paper of a case, newest first; one query. A receipt is never replaced."""
    entries: list[Entry] = []
    seen: set[str] = set()
    for paper in _papers(case).select_related("agency").order_by("-pk"):
        receipt = paper.kind == Paper.Kind.PAYMENT_RECEIPT
        entries.append(Entry(paper, not receipt and paper.kind in seen))
        seen.add(paper.kind)
    return entries


def _papers(case: ArrearsCase) -> QuerySet[Paper]:
    return Paper.objects.filter(application__isnull=True, about=case.reference)


def may_issue(case: ArrearsCase, desk: Desk) -> bool:
    """Whether the reader hands out papers of this case: who works in its agency."""
    return desk.user.agency_id == case.agency_id and bool(desk.roles & CASE_WORKERS)


def quote_paper(case: ArrearsCase, desk: Desk) -> Paper | None:
    """The newest quote on paper, sealed once a version and amount paid; None while nothing is quoted.

    Raises `signing.SealError` when there is no key to seal with.
    """
    with remembered(), transaction.atomic():
        held = _held(case)
        quote = current_quote(held)
        if quote is None or held.state not in QUOTED:
            return None
        body = quote_body(held, quote, pay_at=where_of(held, quote.pay_by))
        wanted = (body["version"], body["totals"]["paid_fen"])
        newest = _papers(held).filter(kind=Paper.Kind.ARREARS_QUOTE).order_by("version").last()
        if newest is not None:
            there = newest.content["body"]
            if (there["version"], there["totals"]["paid_fen"]) == wanted:
                return newest
        return _issue(Paper.Kind.ARREARS_QUOTE, held, body, desk, valid_until=quote.pay_by)


def receipt_paper(case: ArrearsCase, number: int, desk: Desk) -> Paper | None:
    """The receipt of a payment, sealed once; None for one that was taken back or does not exist."""
    with remembered(), transaction.atomic():
        held = _held(case)
        payments = Payment.objects.filter(case=held, number=number, taken_back__isnull=True)
        payment = payments.select_related("quote").prefetch_related("allocations").first()
        if payment is None:
            return None
        for paper in _papers(held).filter(kind=Paper.Kind.PAYMENT_RECEIPT):
            if paper.content["body"]["number"] == number:
                return paper
        return _issue(
            Paper.Kind.PAYMENT_RECEIPT, held, receipt_body(held, payment, desk.today), desk
        )


def _held(case: ArrearsCase) -> ArrearsCase:
    """The case, kept from changing until the transaction ends."""
    held = ArrearsCase.objects.select_for_update(of=("self",))
    return held.select_related("person", "pool", "agency").get(pk=case.pk)


def _issue(
    kind: Paper.Kind, case: ArrearsCase, body: dict[str, Any], desk: Desk, **fields: Any
) -> Paper:
    matter = Matter(case.reference, case.name, case.person)
    return issue(kind, matter, body, agency=case.agency, by=desk.user, at=desk.at, **fields)


def _issued(
    request: HttpRequest, reference: str, make: Callable[[ArrearsCase, Desk], Paper | None]
) -> HttpResponse:
    case, desk = arrears_or_404(request, reference), desk_of(request)
    if not may_issue(case, desk):
        return denied(request)
    paper = make(case, desk)
    if paper is None:
        messages.error(request, _("There is nothing to print any more; see the case as it is now."))
        return redirect("admin:arrears_case", reference)
    return redirect("admin:arrears_paper", reference, paper.number)


@require_POST
def print_quote(request: HttpRequest, reference: str) -> HttpResponse:
    """Issue the newest quote as a paper, or find it, and show it."""
    return _issued(request, reference, quote_paper)


@require_POST
def print_receipt(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Issue the receipt of a payment, or find it, and show it."""
    return _issued(request, reference, lambda case, desk: receipt_paper(case, number, desk))


def _paper(request: HttpRequest, reference: str, number: str) -> Paper:
    """The paper, if the reader may see its case. Raises Http404 otherwise."""
    paper = _papers(arrears_or_404(request, reference)).filter(number=number).first()
    if paper is None:
        raise Http404
    return paper


@never_cache
@require_safe
def paper(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    return responses.page(
        request,
        _paper(request, reference, number),
        back=reverse("admin:arrears_case", args=[reference]),
        pdf=reverse("admin:arrears_paper_pdf", args=[reference, number]),
    )


@never_cache
@require_safe
def pdf(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    return responses.download(_paper(request, reference, number))
