"""Querying the result of a finished transfer."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..models.feedback import Dispute
from ..status.situation import query_period
from ..workflow import feedback
from ..workflow.actors import Actor
from ..workflow.errors import Invalid, NotAllowed
from . import typed, visit
from .lookup import look_up_again
from .untold import or_progress


class DisputeForm(forms.Form):
    about = forms.ChoiceField(
        label=_("What is your query about?"),
        choices=Dispute.About.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what your query is about."),
            "invalid_choice": _("Choose what your query is about."),
        },
    )
    text = forms.CharField(
        label=_("What is not right?"),
        help_text=_(
            "At most 500 characters. Leave out identity, account and telephone numbers; the"
            " offices have them."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": feedback.LONGEST_QUERY}),
    )

    use_required_attribute = False


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@or_progress
def dispute(request: HttpRequest, reference: str) -> HttpResponse:
    """Query the result; where that is not possible, the page says why and whom to call."""
    application = visit.case_of(request, reference)
    if application is None:
        return look_up_again(request, reference, "dispute", DisputeForm.base_fields)
    period = query_period(application)
    if not period:
        return redirect("status", reference=reference)
    now = timezone.now()
    given = request.POST if request.method == "POST" else None
    form = DisputeForm(given, initial=typed.initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            feedback.raise_query(application, **form.cleaned_data, by=Actor.applicant(), at=now)
        except Invalid as problem:
            form.add_error(problem.field, problem.message)
        except NotAllowed:
            pass  # the page below says why
        else:
            return redirect("status", reference=reference)
    context: dict[str, Any] = {
        "application": application,
        "form": form,
        "until": period["query_until"],
        "over": timezone.localdate(now) > period["query_until"],
        "waiting": feedback.open_query(application),
        "office": application.agency(feedback.side_of(application)),
        "days": feedback.ANSWER_DAYS,
    }
    status = 422 if form.errors else 200
    return render(request, "public/dispute.html", context, status=status)
