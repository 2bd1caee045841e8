"""The remittances of a period, and the file of them for the bank."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from ..money import remittance
from ..tables import CSV_TYPE, XLSX_TYPE
from .access import MONEY_READERS, MONEY_WORKERS, for_roles
from .desk import Desk, desk_of
from .fields import DayField
from .pages import page_context

logger = logging.getLogger(__name__)
SHOWN = 200
LONGEST = timedelta(days=92)


class PeriodForm(forms.Form):
    first = DayField(label=gettext_lazy("From (confirmed on)"))
    last = DayField(label=gettext_lazy("To (including)"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day lies before the first."))
        elif first and last and last - first > LONGEST:
            self.add_error("last", _("Choose at most three months."))
        return cleaned


@require_GET
@for_roles(MONEY_READERS, in_agency=True)
def remittances(request: HttpRequest) -> HttpResponse:
    """What the own agency confirmed to be sent; today's unless other days are asked for."""
    desk = desk_of(request)
    asked = {name: request.GET.get(name) or desk.today.isoformat() for name in ("first", "last")}
    return _page(request, desk, PeriodForm(asked))


def _page(request: HttpRequest, desk: Desk, form: PeriodForm) -> HttpResponse:
    found = []
    if form.is_valid():
        found = _found(desk, form.cleaned_data["first"], form.cleaned_data["last"])
    title = _("Remittances")
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if form.errors else title,
        form=form,
        rows=found[:SHOWN],
        count=len(found),
        total_fen=sum(each.amount_fen for each in found),
        more=len(found) > SHOWN,
        limit=SHOWN,
        works=bool(desk.roles & MONEY_WORKERS),
    )
    return render(request, "staff/remittances.html", context, status=422 if form.errors else 200)


def _found(desk: Desk, first: date, last: date) -> list[remittance.Remittance]:
    assert desk.agency is not None, "the page asks for membership of an agency"
    return remittance.remittances(desk.agency, first, last)


@require_http_methods(["GET", "POST"])
@for_roles(MONEY_WORKERS, in_agency=True)
def export(request: HttpRequest) -> HttpResponse:
    """The file for the bank. It names people and accounts: finance alone, by POST."""
    if request.method == "GET":
        return redirect("admin:remittances")
    desk = desk_of(request)
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, form)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    found = _found(desk, first, last)
    xlsx = request.POST.get("format") == "xlsx"
    logger.info(
        "Remittances exported: agency %s, user %s, %s to %s, %d payments of %d fen, %s",
        desk.user.agency_id, desk.user.pk, first, last, len(found),
        sum(each.amount_fen for each in found), "xlsx" if xlsx else "csv",
    )  # fmt: skip
    answer = HttpResponse(
        remittance.for_bank(found, xlsx=xlsx), content_type=XLSX_TYPE if xlsx else CSV_TYPE
    )
    name = f"remittances-{first:%Y%m%d}-{last:%Y%m%d}.{'xlsx' if xlsx else 'csv'}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
