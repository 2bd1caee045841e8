"""Opening a case: at the counter by typing person and months, or from a gap of the record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from transfers.intake.fields import FenField, MonthField
from transfers.models import Person
from transfers.rules.states import Scheme
from transfers.staff.access import COUNTER, for_roles
from transfers.staff.desk import Desk, desk_of
from transfers.staff.pages import page_context
from transfers.workflow import errors
from transfers.workflow.actors import Actor

from ..cases import Draft, open_case
from ..models import ArrearsCase
from ..rules.reasons import Cause
from ..rules.states import MaterialKind
from .access import name_of, person_or_404
from .forms import SWITCHED, SWITCHED_HELP

SCHEMES = [choice for choice in Scheme.choices if choice[0] != Scheme.RESIDENT]


class OpeningForm(forms.Form):
    """What the clerk types. Of a `person` on record the number is known and not asked again."""

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
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=SCHEMES)
    cause = forms.ChoiceField(
        label=gettext_lazy("Why the months were not paid"),
        choices=Cause.choices,
        widget=forms.RadioSelect,
    )
    from_month = MonthField(label=gettext_lazy("First missed month"))
    to_month = MonthField(label=gettext_lazy("Last missed month"))
    resumed_month = MonthField(
        label=gettext_lazy("First month paid again"),
        help_text=gettext_lazy("Leave empty while nothing is paid again."),
        required=False,
    )
    consecutive_before = forms.IntegerField(
        label=gettext_lazy("Months paid in a row before the gap"),
        required=False,
        min_value=0,
        max_value=999,
    )
    switched = forms.BooleanField(label=SWITCHED, help_text=SWITCHED_HELP, required=False)
    base_fen = FenField(
        label=gettext_lazy("Own monthly base (yuan)"),
        help_text=gettext_lazy("Leave empty for the base of the place."),
        required=False,
    )
    employer_name = forms.CharField(
        label=gettext_lazy("Employer"),
        help_text=gettext_lazy("Needed where the employer did not pay."),
        max_length=120,
        required=False,
    )
    employer_uscc = forms.CharField(
        label=gettext_lazy("Unified social credit code"), max_length=18, required=False
    )
    employer_email = forms.CharField(
        label=gettext_lazy("E-mail of the employer"),
        help_text=gettext_lazy("The employer is told there what it owes."),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    contact_phone = forms.CharField(
        label=gettext_lazy("Mobile phone"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    contact_email = forms.CharField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("The person is told there when something changes."),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of messages"), choices=settings.LANGUAGES
    )
    materials = forms.MultipleChoiceField(
        label=gettext_lazy("Materials handed in"),
        choices=MaterialKind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, person: Person | None = None, known: str = "", **kwargs: Any):
        """`known`: the name on record, used unless another is typed."""
        self.person, self.known = person, known
        super().__init__(*args, **kwargs)
        if person is not None:
            del self.fields["id_number"]
        if known:
            del self.fields["name"]

    def draft(self, pool: str) -> Draft:
        """The case as the door takes it, once the form is valid."""
        given = dict(self.cleaned_data)
        return Draft(
            **{
                **given,
                "pool": pool,
                "name": given.get("name") or self.known,
                "id_number": self.person.id_number if self.person else given["id_number"],
                "materials": tuple(given["materials"]),
            }
        )

    def take(self, problem: errors.Refused) -> None:
        """Put a refusal beside the input it belongs to."""
        field = problem.field or ""
        self.add_error(field if field in self.fields else None, str(problem.message))


def _open(form: OpeningForm, desk: Desk) -> ArrearsCase | None:
    """The opened case; None where something is wrong, which the form then says."""
    if not form.is_valid():
        return None
    assert desk.agency is not None, "the page is for members of an agency"
    try:
        return open_case(form.draft(desk.agency.region_id), by=Actor.staff(desk.user), at=desk.at)
    except errors.Problems as refusal:
        for problem in refusal.problems:
            form.take(problem)
    except errors.Refused as refusal:
        form.take(refusal)
    return None


def _opened(request: HttpRequest, case: ArrearsCase) -> HttpResponse:
    messages.success(
        request, _("Arrears case %(reference)s is open.") % {"reference": case.reference}
    )
    return redirect("admin:arrears_case", case.reference)


def _page(
    request: HttpRequest, form: OpeningForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    title = _("Open an arrears case")
    page = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if form.errors else title,
        form=form,
        own=desk_of(request).agency,
        **context,
    )
    return render(request, "arrears/staff/new.html", page, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@for_roles(COUNTER, in_agency=True)
def new(request: HttpRequest) -> HttpResponse:
    """A case typed in at the counter."""
    desk = desk_of(request)
    if request.method == "GET":
        return _page(request, OpeningForm(initial={"language": "zh-hans"}))
    form = OpeningForm(request.POST)
    case = _open(form, desk)
    return _opened(request, case) if case else _page(request, form, status=422)


@never_cache
@require_POST
@for_roles(COUNTER, in_agency=True)
def from_gap(request: HttpRequest, pk: int) -> HttpResponse:
    """A case from one press beside a gap. What the press could not say is asked on a page of its own."""
    desk, person = desk_of(request), person_or_404(request, pk)
    known = name_of(desk, person)
    data = request.POST.copy()
    data.setdefault("language", "zh-hans")
    form = OpeningForm(data, person=person, known=known)
    case = _open(form, desk)
    if case is not None:
        return _opened(request, case)
    return _page(request, form, status=422, person=person, known=known)
