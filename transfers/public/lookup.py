"""Finding one's case: reference and query code, in the body of a POST and nowhere else."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config.client import client_ip

from ..intake import drafts
from ..models.alerts import OutboxMessage
from ..models.applications import TransferApplication
from ..models.drafts import Draft
from ..workflow import query_codes
from ..workflow.contact import phone_of
from . import throttle, typed, visit
from .pages import by_button_only

_SHAPE = re.compile(r"[A-Z]{2}[0-9]{8}-[0-9]{7}")


def _reference_field(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Reference number"),
        help_text=help_text,
        max_length=60,
        error_messages={"required": _("Enter the reference number.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class LookupForm(forms.Form):
    reference = _reference_field(
        _("Starts with ZY, or with CG before it was submitted. For example ZY20260924-3810426.")
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


def _wait(wait: timedelta) -> str:
    """The sentence for who tried too often."""
    minutes = math.ceil(wait.total_seconds() / 60)
    return ngettext(
        "Too many tries. Try again in %(n)d minute.",
        "Too many tries. Try again in %(n)d minutes.",
        minutes,
    ) % {"n": minutes}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: HttpRequest) -> HttpResponse:
    """The look-up page. Every kind of miss gets the same answer, in the same time, by the same code.

    The reference stays as it was typed, the code never does.
    """
    form = LookupForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _asking(request, form)
    reference = _normalised(form.cleaned_data["reference"])
    code = form.cleaned_data["code"]
    again = LookupForm(initial={"reference": form.cleaned_data["reference"]})
    attempt = throttle.begin(client_ip(request), reference, timezone.now())
    if attempt.wait is not None:
        return _asking(request, again, _wait(attempt.wait), status=429)
    found = _found(reference)
    right = (
        query_codes.verify_dummy(code)
        if found is None
        else query_codes.verify(code, found.code_hash)
    )
    if found is None or not right:
        answer = _("No application matches both. Please check the reference number and the code.")
        return _asking(request, again, answer)
    throttle.found(attempt)
    if found.application is None:
        assert found.draft is not None
        drafts.resumed(found.draft, code)
        visit.open_draft(request, found.draft)
        return redirect("apply-saved")
    visit.open_case(request, found.application)
    back = typed.back(request, found.application.reference)
    return back or redirect("status", reference=found.application.reference)


def look_up_again(
    request: HttpRequest, reference: str, page: str, questions: Mapping[str, forms.Field]
) -> HttpResponse:
    """The answer to who may not see a page of a case: the look-up, with what a POST brought.

    The same for every reference, whether there is such a case or not.
    """
    if request.method != "POST":
        return redirect("status", reference=reference)
    seal = typed.sealed(request, reference, page, questions)
    return _asking(request, LookupForm(initial={"reference": reference}), seal=seal)


def at_its_address(request: HttpRequest, reference: str) -> HttpResponse:
    """The look-up page where a case's own would be, for who comes by a link or a QR code: with the
    reference filled in, whether there is such a case or not."""
    shape = _SHAPE.fullmatch(_normalised(reference))
    return _asking(request, LookupForm(initial={"reference": shape[0] if shape else ""}))


def _asking(
    request: HttpRequest, form: LookupForm, answer: str = "", *, seal: str = "", status: int = 200
) -> HttpResponse:
    """The page, which carries on what was typed elsewhere: `seal`, or that of the POST."""
    carried = typed.carried(seal or request.POST.get("typed", ""))
    context = {"form": form, "answer": answer, **carried}
    return render(request, "public/lookup.html", context, status=status)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a reference leads to. `code_hash` is the case's own once there is one."""

    code_hash: str
    application: TransferApplication | None = None
    draft: Draft | None = None


def _found(reference: str) -> _Found | None:
    """The case or the unsent application of a reference. One query for either, and for neither."""
    if not reference.startswith(drafts.HEAD):
        case = TransferApplication.objects.filter(reference=reference).first()
        return _Found(case.query_code_hash, case) if case else None
    draft = Draft.objects.select_related("application").filter(reference=reference).first()
    if draft is None:
        return None
    if draft.application is not None:
        return _Found(draft.application.query_code_hash, draft.application)
    return None if draft.expires_on < localdate() else _Found(draft.code_hash, None, draft)


class ResendForm(forms.Form):
    reference = _reference_field(
        _(
            "Starts with ZY. One that starts with CG does as well, once the application was submitted."
        )
    )
    contact = forms.CharField(
        label=_("Mobile phone or e-mail of the application"),
        help_text=_("The one that was given when applying."),
        max_length=254,
        error_messages={"required": _("Enter the mobile phone or e-mail of the application.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    use_required_attribute = False


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resend(request: HttpRequest) -> HttpResponse:
    """A new query code for who lost it. The answer is the same whether anything was sent or not."""
    form = ResendForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "public/resend.html", {"form": form, "answer": ""})
    reference = _normalised(form.cleaned_data["reference"])
    now = timezone.now()
    attempt = throttle.begin(client_ip(request), f"resend {reference}", now)
    if attempt.wait is not None:
        again = ResendForm(initial={"reference": form.cleaned_data["reference"]})
        context = {"form": again, "answer": _wait(attempt.wait)}
        return render(request, "public/resend.html", context, status=429)
    _ask_for_code(reference, form.cleaned_data["contact"], now)
    return render(request, "public/resend.html", {"sent": True})


def _ask_for_code(reference: str, contact: str, at: datetime) -> None:
    """Queue a message with a new code if the contact is the case's own; at most one waits.

    A miss does the same work and takes it back, so that its time says nothing.
    """
    found = _found(reference)
    application = found.application if found is not None else None
    kept = _contacts(application)
    given = _plain_contact(contact)
    matches = [constant_time_compare(given, each) and bool(each) for each in kept]
    with transaction.atomic():
        pk = application.pk if application is not None and any(matches) else None
        # The number goes up once a message left the queue, so a second request adds no second one.
        gone = OutboxMessage.objects.filter(kind=OutboxMessage.Kind.CODE, application=pk).exclude(
            sent_at=None, dead_at=None
        )
        message = OutboxMessage(
            key=f"code:{pk or uuid4()}:{gone.count()}",
            kind=OutboxMessage.Kind.CODE if pk else OutboxMessage.Kind.LETTER,
            application_id=pk, created_at=at, next_try_at=at,
            **({} if pk else {"address": "nobody@example.invalid", "subject": "-", "text": "-"}),
        )  # fmt: skip
        OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
        if pk is None:
            transaction.set_rollback(True)


def _contacts(application: TransferApplication | None) -> tuple[str, str]:
    if application is None:
        return "", ""
    return application.contact_phone, application.contact_email.lower()


def _plain_contact(text: str) -> str:
    """As stored: an e-mail in lower case, of a phone the digits."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    if "@" in plain:
        return plain
    return phone_of(plain)


@by_button_only("start")
def leave(request: HttpRequest) -> HttpResponseRedirect:
    """Forget everything this visit knew: for shared computers and other people's phones."""
    visit.leave(request)
    return redirect("start")
