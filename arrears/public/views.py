"""The calculator: what missed months cost, and what becomes of the benefits. No sign-in.

Nothing is stored. Every answer stands in the address, so that a result can be reloaded, kept and
shared: place, scheme, months and amounts, none of which names anybody.
"""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from transfers.models.regions import Agency, Region, in_language
from transfers.policy import resolve as transfer_terms
from transfers.rules.states import Scheme

from ..models.policies import ArrearsPolicy
from ..policy import NotInForce, resolve
from ..rules.asked import Refused
from ..rules.assessment import Assessment
from ..rules.figures import figures
from ..rules.terms import Terms
from . import tables
from .answer import answer_of
from .forms import PlaceForm, QuestionsForm, questions_of
from .reckoning import Reckoning, reckon


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Place and scheme; both stand there already when somebody comes back to change them."""
    given = {name: request.GET[name] for name in PlaceForm.base_fields if name in request.GET}
    return render(request, "arrears/public/start.html", {"form": PlaceForm(initial=given)})


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    return _page(request, answered=False)


@require_safe
def result(request: HttpRequest) -> HttpResponse:
    return _page(request, answered=True)


def _page(request: HttpRequest, *, answered: bool) -> HttpResponse:
    """The first page of questions that is not answered yet, or the result."""
    place = PlaceForm(request.GET)
    if not place.is_valid():
        return render(request, "arrears/public/start.html", {"form": place}, status=422)
    region = Region.objects.select_related("parent").get(pk=place.cleaned_data["place"])
    scheme, today = Scheme(place.cleaned_data["scheme"]), timezone.localdate()
    context: dict[str, Any] = {
        "region": region,
        "scheme": scheme,
        "office": Agency.objects.filter(region=region).first(),
        "back": _query(request.GET, PlaceForm.base_fields),
    }
    terms = _terms(region, today)
    if terms is None or not terms.own:
        context["hotline"] = transfer_terms(region.pk, today).hotline or ""
        return render(request, "arrears/public/no_rules.html", context)
    form_class = questions_of(scheme)
    form = form_class(
        request.GET if answered else None,
        initial={"paid_on": today} | request.GET.dict(),
        terms=terms,
        scheme=scheme,
        today=today,
    )
    reckoning = _reckoned(form, region, today) if answered else None
    if reckoning is None:
        return render(request, "arrears/public/questions.html", context | {"form": form})
    return render(request, "arrears/public/result.html", context | _told(request, form, reckoning))


def _terms(region: Region, today: date) -> Terms | None:
    try:
        return resolve(region, today)
    except NotInForce:
        return None


def _query(given: QueryDict, names: Any) -> str:
    """The answers to these questions, as an address carries them."""
    kept = given.copy()
    for name in set(kept) - set(names):
        del kept[name]
    return kept.urlencode()


def _reckoned(form: QuestionsForm, region: Region, today: date) -> Reckoning | None:
    """None where something is wrong with an answer; it then stands at its field."""
    if not form.is_valid():
        return None
    try:
        return reckon(region.pk, form.asked(), today)
    except NotInForce as error:
        form.add_error("paid_on", str(error))
    except Refused as refusal:
        form.refuse(refusal)
    return None


def _told(request: HttpRequest, form: QuestionsForm, reckoning: Reckoning) -> dict[str, Any]:
    terms, found = reckoning.terms, reckoning.found
    told = figures(found)
    where = in_language(terms.pay_at_zh or "", terms.pay_at_en or "")
    codes = {value.region for value in terms.values.values()}
    codes |= {base.amount.region for base in terms.bases.values()}
    places = {each.pk: each.full_name for each in _regions(codes)}
    return {
        "answer": answer_of(reckoning, where),
        "ways": tables.ways(reckoning),
        "shares": tables.shares(found),
        "months": tables.months(found, told),
        "by_year": len(found.rows) > tables.MOST_MONTHS,
        "retirement": found.retirement,
        "explained": tables.explained(told),
        "rules": tables.rules(told, places),
        "policies": _policies(found),
        "on": terms.on,
        "change": _query(request.GET, [*PlaceForm.base_fields, *form.fields]),
        "now": timezone.now(),
    }


def _policies(found: Assessment) -> QuerySet[ArrearsPolicy]:
    """The rows that the figures rest on, nearest place first."""
    used = {
        value.policy
        for name, value in found.used.values.items()
        if name in ArrearsPolicy.VALUES and value.policy is not None
    }
    rows = ArrearsPolicy.objects.filter(pk__in=used).select_related("region__parent")
    return rows.order_by("-region")


def _regions(codes: set[str]) -> QuerySet[Region]:
    return Region.objects.filter(pk__in=codes).select_related("parent").order_by("pk")
