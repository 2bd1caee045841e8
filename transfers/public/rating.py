"""Rating the service (好差评): once a case, once it is closed."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..models.feedback import Rating
from ..workflow import feedback
from ..workflow.errors import Invalid, NotAllowed
from . import typed, visit
from .lookup import look_up_again

_LEVEL = _("Choose how satisfied you are.")


class RatingForm(forms.Form):
    level = forms.TypedChoiceField(
        label=_("How satisfied are you?"),
        choices=Rating.Level.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _LEVEL, "invalid_choice": _LEVEL},
    )
    indicators = forms.MultipleChoiceField(
        label=_("What does your rating rest on?"),
        help_text=_("Tick what applies, or nothing."),
        choices=Rating.Indicator.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose from what is offered.")},
    )
    text = forms.CharField(
        label=_("Anything to add?"),
        help_text=_(
            "At most 500 characters. Only the offices read it; it is not published. Leave out"
            " identity, account and telephone numbers."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": feedback.LONGEST_RATING}),
    )

    use_required_attribute = False


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, reference: str) -> HttpResponse:
    """The form; the status page where it is too early, or done already."""
    application = visit.case_of(request, reference)
    if application is None:
        return look_up_again(request, reference, "rate", RatingForm.base_fields)
    if not feedback.may_rate(application):
        return redirect("status", reference=reference)
    given = request.POST if request.method == "POST" else None
    form = RatingForm(given, initial=typed.initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            feedback.rate(application, **form.cleaned_data, at=timezone.now())
        except Invalid as problem:
            form.add_error(problem.field, problem.message)
        except NotAllowed:
            return redirect("status", reference=reference)
        else:
            return redirect("status", reference=reference)
    context = {"application": application, "form": form}
    return render(request, "public/rate.html", context, status=422 if form.errors else 200)
