"""Anybody may ask whether a paper is genuine. The answer names nobody."""

import math
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from config.client import client_ip

from ..documents.numbers import normalise
from ..documents.verification import Finding, Verdict, verify
from . import throttle


class VerifyForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Number of the paper"),
        help_text=gettext_lazy("At its head, for example XB20251021-307188428."),
        max_length=100,
        error_messages={"required": gettext_lazy("Enter the number of the paper.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Verification code"),
        help_text=gettext_lazy("16 letters and digits beside the QR code."),
        max_length=100,
        error_messages={"required": gettext_lazy("Enter the verification code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    use_required_attribute = False


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """The form, and its answer."""
    form = VerifyForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "public/verify.html", {"form": form})
    return _answer(request, form.cleaned_data["number"], form.cleaned_data["code"])


@never_cache
@require_safe
def scanned(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Where the QR code leads."""
    return _answer(request, number, code)


def _answer(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Every kind of miss gets the same words, status and body; tries are slowed down."""
    now = timezone.now()
    attempt = throttle.begin(client_ip(request), f"paper {normalise(number)}", now)
    if attempt.wait is not None:
        minutes = math.ceil(attempt.wait.total_seconds() / 60)
        said = ngettext(
            "Too many tries. Try again in %(n)d minute.",
            "Too many tries. Try again in %(n)d minutes.",
            minutes,
        ) % {"n": minutes}
        context: dict[str, Any] = {"form": VerifyForm(), "answer": said}
        return render(request, "public/verify.html", context, status=429)
    finding = verify(number, code, timezone.localdate(now))
    if finding.paper is not None:
        throttle.found(attempt)
    context = {"finding": finding, "told": _told(finding), "form": VerifyForm(), "now": now}
    return render(request, "public/verify.html", context)


def _told(finding: Finding) -> dict[str, str]:
    return {
        Verdict.GENUINE: {
            "title": _("This paper is genuine"),
            "text": _("It was issued as stated below and has not been changed since."),
            "tone": "done",
        },
        Verdict.REPLACED: {
            "title": _("Genuine, but replaced by a newer one"),
            "text": _("It was issued as stated below. A newer paper has taken its place since."),
            "tone": "act",
        },
        Verdict.WITHDRAWN: {
            "title": _("Genuine, but it no longer holds"),
            "text": _(
                "It was issued as stated below. What it says has been taken back or settled since;"
                " ask the office."
            ),
            "tone": "act",
        },
        Verdict.EXPIRED: {
            "title": _("Genuine, but no longer valid"),
            "text": _("It was issued as stated below. Its validity is over."),
            "tone": "act",
        },
        Verdict.NOT_GENUINE: {
            "title": _("Not genuine"),
            "text": _(
                "No paper with this number and code was issued here. Check both for slips; if"
                " they are as printed, do not rely on the paper and call 12393."
            ),
            "tone": "late",
        },
    }[finding.verdict]
