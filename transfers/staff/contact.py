"""At the counter: a new query code, and other contact details, for somebody who came with an ID card."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..deadlines.mails import spaced
from ..intake.contact import ContactForm
from ..workflow import contact as workflow
from ..workflow.actors import Actor
from ..workflow.errors import Problems, Refused
from .access import case_or_404, denied
from .desk import desk_of
from .pages import page_context

RELATED = ("person", "origin_agency", "destination_agency", "balance")


def _why() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Why, and by what you know who asks"),
        help_text=gettext_lazy("It is recorded with your name. Do not write a number here."),
        max_length=200,
        min_length=4,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CodeForm(forms.Form):
    reason = _why()
    key = forms.UUIDField(widget=forms.HiddenInput)

    use_required_attribute = False


class CounterContactForm(ContactForm):
    reason = _why()
    version = forms.IntegerField(widget=forms.HiddenInput)

    field_order = (*ContactForm.field_order, "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("contact_phone", "contact_email"):
            # The browser at a counter must not offer what was typed for the person before.
            self.fields[name].widget.attrs["autocomplete"] = "off"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, reference: str) -> HttpResponse:
    """Both forms; after the first, the new code, this once; after the second, the case."""
    application = case_or_404(request.user, reference, *RELATED)
    desk = desk_of(request)
    by = Actor.staff(desk.user)
    if not desk.works_at_counter or by.side(application) is None:
        return denied(request)
    asked = request.POST.get("do", "")
    code = CodeForm(
        request.POST if asked == "code" else None, prefix="code", initial={"key": uuid4()}
    )
    details = CounterContactForm(application, request.POST if asked == "contact" else None)
    details.fields["version"].initial = application.version
    plain = ""
    try:
        if asked == "code" and code.is_valid():
            plain = workflow.new_code(application, by=by, at=desk.at, **code.cleaned_data)
        elif asked == "contact" and details.is_valid():
            workflow.change(
                application,
                details.contact(),
                by=by,
                at=desk.at,
                seen=details.cleaned_data["version"],
                reason=details.cleaned_data["reason"],
            )
            return redirect("admin:case", reference=reference)
    except Problems as refused:
        for problem in refused.problems:
            details.add_error(problem.field, problem.message)
    except Refused as refused:
        (code if asked == "code" else details).add_error(None, str(refused.message))
    used = code if asked == "code" else details
    title = _("Query code and contact details")
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if used.errors else title,
        application=application,
        code=code,
        details=details,
        used=used,
        query_code=spaced(plain) if plain else "",
        open=workflow.may_change(application, desk.at),
    )
    return render(request, "staff/contact.html", context, status=422 if used.errors else 200)
