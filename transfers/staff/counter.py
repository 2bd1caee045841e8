"""A new application at the counter: the questions of the applicant's pages, on one page."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from ..intake import questions
from ..intake.places import PlaceField
from ..models import Agency, Channel, MaterialKind, TransferApplication, User
from ..models.applications import MoveReason
from ..workflow import errors, query_codes
from ..workflow.actions import Submission, Submitted, submit
from ..workflow.actors import Actor
from ..workflow.contact import CODE_VISIBLE
from ..workflow.query_codes import QueryCode
from .access import COUNTER, for_roles
from .desk import Desk, desk_of
from .pages import page_context

IN, OUT = "in", "out"


class CounterForm(questions.Who, questions.SchemeQuestions, questions.Contact):
    """What the clerk types in. One of the two places is always the own pool."""

    consent: ClassVar[None] = None  # the applicant stands at the counter and signs the receipt

    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        choices=[
            (IN, gettext_lazy("Into this place")),
            (OUT, gettext_lazy("Out of this place")),
        ],
        widget=forms.RadioSelect,
        initial=IN,
    )
    other = PlaceField(gettext_lazy("The other place"), gettext_lazy("Enter the other place."))
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
    language = forms.ChoiceField(
        label=gettext_lazy("Language of messages"), choices=settings.LANGUAGES
    )
    # Stands for this one application: sent twice it is taken in once, and answered twice.
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    employer_name = forms.CharField(label=gettext_lazy("Employer"), max_length=120, required=False)
    employer_uscc = forms.CharField(
        label=gettext_lazy("Unified social credit code"), max_length=18, required=False
    )

    def __init__(self, own: Agency | None, *args: Any, **kwargs: Any) -> None:
        self.own = own
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4
        for name in ("name", "id_number", "contact_phone", "contact_email"):
            # The browser at a counter must not offer what was typed for the person before.
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def submission(self) -> Submission:
        """The application as the workflow takes it. Raises if the reader is in no agency."""
        assert self.own is not None, "the page is for members of an agency"
        given = dict(self.cleaned_data)
        here, there = self.own.region_id, given.pop("other")
        into = given.pop("direction") == IN
        del given["key"]
        return Submission(
            **{**given, "materials": tuple(given["materials"])},
            origin=there if into else here,
            destination=here if into else there,
            relocated_retiree=given["reason"] == MoveReason.RETIRED,
            channel=Channel.COUNTER,
        )

    def code(self, given: Submission, by: User) -> QueryCode | None:
        """The query code that this clerk's form stands for, the same for the same application."""
        key = self.cleaned_data["key"]
        if key is None:
            return None
        plain = query_codes.code_of(f"counter:{by.pk}:{key}:{given.road}")
        return QueryCode(plain, query_codes.hash_code(plain))

    def take(self, problem: errors.Invalid) -> None:
        """Put a refusal beside the input it belongs to."""
        field = problem.field or ""
        if field in ("origin", "destination"):
            field = "other"
        self.add_error(field if field in self.fields else None, str(problem.message))


def _taken_before(given: Submission, code: QueryCode | None, desk: Desk) -> Submitted | None:
    """What this very form made a moment ago: a second click waits for the first, and is refused."""
    if code is None:
        return None
    made = (
        TransferApplication.objects.filter(
            person__id_number=given.road[0],
            origin=given.origin,
            destination=given.destination,
            submitted_by=desk.user,
            submitted_at__gt=desk.at - CODE_VISIBLE,
        )
        .order_by("pk")
        .last()
    )
    if made is None or not query_codes.verify(code.plain, made.query_code_hash):
        return None
    return Submitted(made, code.plain)


@never_cache
@for_roles(COUNTER, in_agency=True)
def new(request: HttpRequest) -> HttpResponse:
    """The form; after it the receipt with the query code, again for half an hour if it is sent again."""
    desk = desk_of(request)
    form = CounterForm(desk.agency, request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = form.submission()
            code, done = form.code(given, desk.user), None
            try:
                done = submit(given, by=Actor.staff(desk.user), at=desk.at, query_code=code)
            except errors.Problems as refusal:
                done = _taken_before(given, code, desk)
                for problem in refusal.problems if done is None else ():
                    form.take(problem)
            except errors.Refused as refusal:
                form.add_error(None, str(refusal.message))
            if done is not None:
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
