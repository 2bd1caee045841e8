"""A paper as an answer: the page that prints well, and the PDF. Who may ask is the caller's to know."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from ..models.papers import Paper
from .marks import qr_svg, verify_address
from .pdf import pdf_of
from .sheets import sheet_of


def page(request: HttpRequest, paper: Paper, *, back: str, pdf: str) -> HttpResponse:
    """The paper as a page; `back` and `pdf` are addresses for the bar above it."""
    context = {
        "sheet": sheet_of(paper),
        "qr": mark_safe(qr_svg(paper)),  # drawn by segno from our own address
        "address": verify_address(),
        "replaced": paper.replacements.exists(),
        "back": back,
        "pdf": pdf,
    }
    response = render(request, "papers/paper.html", context)
    response["Cache-Control"] = "no-store"
    return response


def download(paper: Paper) -> HttpResponse:
    """The paper as a PDF file named after its number, which says nothing about anybody."""
    response = HttpResponse(pdf_of(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{paper.number}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
