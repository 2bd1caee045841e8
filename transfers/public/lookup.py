"""Finding one's case: reference and query code, in the body of a POST and nowhere else."""

import math
import unicodedata

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from config.client import client_ip

from ..models.applications import TransferApplication
from ..workflow import query_codes
from . import throttle, visit


class LookupForm(forms.Form):
    reference = forms.CharField(
        label=_("Reference number"),
        help_text=_("Starts with ZY, for example ZY20260924-3810426."),
        max_length=60,
        error_messages={"required": _("Enter the reference number.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    code = forms.CharField(
        label=_("Query code"),
        help_text=_("8 letters and digits, shown when you applied. Capitals do not matter."),
        max_length=60,
        error_messages={"required": _("Enter the query code.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    use_required_attribute = False


def _normalised(reference: str) -> str:
    """As stored: half-width, upper-case, with the one hyphen where it belongs."""
    wide = unicodedata.normalize("NFKC", reference).upper()
    plain = "".join(each for each in wide if each.isalnum())
    return f"{plain[:10]}-{plain[10:]}"[:40]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: HttpRequest) -> HttpResponse:
    """The look-up page. Every kind of miss gets the same answer, in the same time, by the same code."""
    form = LookupForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "public/lookup.html", {"form": form, "answer": ""})
    reference = _normalised(form.cleaned_data["reference"])
    code = form.cleaned_data["code"]
    attempt = throttle.begin(client_ip(request), reference, timezone.now())
    if attempt.wait is not None:
        minutes = math.ceil(attempt.wait.total_seconds() / 60)
        answer = ngettext(
            "Too many tries. Try again in %(n)d minute.",
            "Too many tries. Try again in %(n)d minutes.",
            minutes,
        ) % {"n": minutes}
        return render(
            request, "public/lookup.html", {"form": LookupForm(), "answer": answer}, status=429
        )
    application = TransferApplication.objects.filter(reference=reference).first()
    if application is None:
        right = query_codes.verify_dummy(code)
    else:
        right = query_codes.verify(code, application.query_code_hash)
    if application is None or not right:
        answer = _("No application matches both. Please check the reference number and the code.")
        return render(request, "public/lookup.html", {"form": LookupForm(), "answer": answer})
    throttle.found(attempt)
    visit.open_case(request, application)
    return redirect("status", reference=application.reference)


@require_POST
def leave(request: HttpRequest) -> HttpResponseRedirect:
    """Forget everything this visit knew: for shared computers and other people's phones."""
    visit.leave(request)
    return redirect("start")
