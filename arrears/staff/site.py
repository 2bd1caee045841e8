"""The pages of the arrears office, plugged into the staff site. Imported once, by the `admin` module."""

from __future__ import annotations

from django.urls import register_converter
from django.utils.translation import pgettext_lazy

from transfers import plugs
from transfers.plugs import NavEntry, StaffPage
from transfers.staff.access import CASE_READERS

from . import case, moves, opening, papers, people, queue
from .access import Reference

register_converter(Reference, "arrears_reference")

_CASE = "arrears/<arrears_reference:reference>/"

plugs.staff_pages += [
    StaffPage("arrears/", queue.queue, "arrears"),
    StaffPage("arrears/find/", queue.search, "arrears_search"),
    StaffPage("arrears/new/", opening.new, "arrears_new"),
    StaffPage("arrears/people/<int:pk>/", people.person, "arrears_person"),
    StaffPage("arrears/people/<int:pk>/open/", opening.from_gap, "arrears_from_gap"),
    StaffPage(_CASE, case.case, "arrears_case"),
    StaffPage(f"{_CASE}papers/quote/", papers.print_quote, "arrears_print_quote"),
    StaffPage(f"{_CASE}papers/receipt/<int:number>/", papers.print_receipt, "arrears_print_receipt"),
    StaffPage(f"{_CASE}papers/<str:number>/", papers.paper, "arrears_paper"),
    StaffPage(f"{_CASE}papers/<str:number>.pdf", papers.pdf, "arrears_paper_pdf"),
    StaffPage(f"{_CASE}<slug:verb>/", moves.move, "arrears_move"),
]  # fmt: skip
plugs.navigation.append(
    NavEntry("work", pgettext_lazy("navigation", "Arrears"), "arrears", CASE_READERS)
)
plugs.record_panels.append(people.panel)
