"""Finding a case by reference, identity number or name. What was typed never stands in an address."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from ..models import TransferApplication
from ..rules.identity import normalise
from .access import CASE_READERS, for_roles
from .desk import Desk, desk_of
from .pages import page_context

if TYPE_CHECKING:
    from ..models.applications import ApplicationQuerySet

LIMIT = 50


class SearchForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Reference, identity number or name"),
        help_text=gettext_lazy(
            "The whole reference, all 18 characters of the number, or the name from its beginning."
        ),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "type": "search"}
        ),
    )


def visible(desk: Desk) -> ApplicationQuerySet:
    """The cases in the reader's scope, by agency numbers, which the (agency, name) index serves."""
    ids = list(desk.agencies)
    cases = TransferApplication.objects.filter(
        Q(origin_agency__in=ids) | Q(destination_agency__in=ids)
    )
    return cases.select_related("person", "origin", "destination")


def by_reference(desk: Desk, words: str) -> TransferApplication | None:
    reference = "".join(unicodedata.normalize("NFKC", words).upper().split())
    return visible(desk).filter(reference=reference).first()


def found_by(desk: Desk, words: str) -> list[TransferApplication]:
    """Up to one more than `LIMIT` cases, newest first."""
    cases = visible(desk)
    number = normalise(words)
    if len(number) == 18 and number[:17].isdigit():
        matching = cases.filter(person__id_number=number)
    else:
        name = unicodedata.normalize("NFC", words).strip()
        matching = cases.filter(applicant_name__startswith=name)
    return list(matching.order_by("-submitted_at", "-pk")[: LIMIT + 1])


@never_cache
@for_roles(CASE_READERS, in_agency=True)
def search(request: HttpRequest) -> HttpResponse:
    """The form, and below it the answer to what was posted."""
    desk = desk_of(request)
    form = SearchForm(request.POST or None)
    results: list[TransferApplication] | None = None
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["words"]
        exact = by_reference(desk, words)
        if exact is not None:
            return redirect("admin:case", exact.reference)
        results = found_by(desk, words)
    context = page_context(
        request,
        title=_("Find a case"),
        form=form,
        results=None if results is None else results[:LIMIT],
        more=results is not None and len(results) > LIMIT,
        limit=LIMIT,
    )
    return render(request, "staff/search.html", context)
