"""A new application at the counter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from ..models import Agency, Channel, MaterialKind, Region
from ..rules.states import Scheme
from ..workflow import errors
from ..workflow.actions import Submission, submit
from ..workflow.actors import Actor
from .access import COUNTER, for_roles
from .desk import desk_of
from .pages import page_context

IN, OUT = "in", "out"


def _pools(own: str | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every pool with an office except the own one, grouped by province, for a select."""
    offices = Agency.objects.filter(region__is_pool=True).exclude(region=own or "")
    groups: dict[str, list[tuple[str, str]]] = {}
    for agency in offices.select_related("region__parent").order_by("region"):
        region: Region = agency.region
        province = region.parent.name if region.parent else region.name
        groups.setdefault(province, []).append((region.code, region.name))
    return list(groups.items())


class CounterForm(forms.Form):
    """What the clerk types in. One of the two places is always the own pool."""

    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        choices=[
            (IN, gettext_lazy("Into this place")),
            (OUT, gettext_lazy("Out of this place")),
        ],
        widget=forms.RadioSelect,
        initial=IN,
    )
    other = forms.ChoiceField(label=gettext_lazy("The other place"))
    name = forms.CharField(
        label=gettext_lazy("Name as on the identity card"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    id_number = forms.CharField(
        label=gettext_lazy("Identity number"),
        max_length=24,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    scheme_from = forms.ChoiceField(
        label=gettext_lazy("Scheme at the origin"), choices=Scheme.choices
    )
    scheme_to = forms.ChoiceField(
        label=gettext_lazy("Scheme at the destination"), choices=Scheme.choices
    )
    relocated_retiree = forms.BooleanField(
        label=gettext_lazy("Retiree settled in another province"), required=False
    )
    certificate_number = forms.CharField(
        label=gettext_lazy("Number of the enrolment certificate"),
        help_text=gettext_lazy("Needed where a place is not connected to the platform."),
        max_length=40,
        required=False,
    )
    materials = forms.MultipleChoiceField(
        label=gettext_lazy("Materials handed in"),
        choices=MaterialKind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    contact_phone = forms.CharField(
        label=gettext_lazy("Mobile phone"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    contact_email = forms.CharField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("The applicant is told there when something changes."),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of messages"), choices=settings.LANGUAGES
    )
    employer_name = forms.CharField(label=gettext_lazy("Employer"), max_length=120, required=False)
    employer_uscc = forms.CharField(
        label=gettext_lazy("Unified social credit code"), max_length=18, required=False
    )

    def __init__(self, own: Agency | None, *args: Any, **kwargs: Any) -> None:
        self.own = own
        super().__init__(*args, **kwargs)
        field = self.fields["other"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", gettext_lazy("Choose…")),
            *_pools(own.region_id if own is not None else None),
        ]

    def submission(self) -> Submission:
        """The application as the workflow takes it. Raises if the reader is in no agency."""
        assert self.own is not None, "the page is for members of an agency"
        given = dict(self.cleaned_data)
        here, there = self.own.region_id, given.pop("other")
        into = given.pop("direction") == IN
        return Submission(
            **{**given, "materials": tuple(given["materials"])},
            origin=there if into else here,
            destination=here if into else there,
            channel=Channel.COUNTER,
        )

    def take(self, problem: errors.Invalid) -> None:
        """Put a refusal beside the input it belongs to."""
        field = problem.field or ""
        if field in ("origin", "destination"):
            field = "other"
        self.add_error(field if field in self.fields else None, str(problem.message))


@never_cache
@for_roles(COUNTER, in_agency=True)
def new(request: HttpRequest) -> HttpResponse:
    """The form; after it, once, the receipt with the query code."""
    desk = desk_of(request)
    form = CounterForm(desk.agency, request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                done = submit(form.submission(), by=Actor.staff(desk.user), at=desk.at)
            except errors.Problems as refusal:
                for problem in refusal.problems:
                    form.take(problem)
            except errors.Refused as refusal:
                form.add_error(None, str(refusal.message))
            else:
                context = page_context(
                    request,
                    title=_("Receipt"),
                    application=done.application,
                    query_code=done.query_code,
                    agency=desk.agency,
                    public_url=settings.PUBLIC_URL,
                )
                return render(request, "staff/receipt.html", context)
        status = 422
    title = _("New application at the counter")
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if form.errors else title,
        form=form,
        own=desk.agency,
    )
    return render(request, "staff/new.html", context, status=status)
