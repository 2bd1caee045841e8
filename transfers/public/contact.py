"""Correcting how one is reached and told of changes."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..models.applications import TransferApplication
from ..rules import identity
from ..workflow import contact as workflow
from ..workflow.actors import Actor
from ..workflow.errors import NotAllowed, Problems, Stale
from . import visit
from .untold import or_progress


class ContactForm(forms.Form):
    """What is on file is only hinted at: who opens the page may not be who gave it."""

    notify_by = forms.ChoiceField(
        label=gettext_lazy("How do you want to be told of changes?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how you want to be told of changes.")},
    )
    contact_phone = forms.CharField(
        label=gettext_lazy("Mobile phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    contact_email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of messages"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the language of the messages.")},
    )

    use_required_attribute = False

    def __init__(self, application: TransferApplication, *args: Any, **kwargs: Any) -> None:
        self.old = workflow.Contact.of(application)
        kwargs["initial"] = {"notify_by": self.old.notify_by, "language": self.old.language}
        super().__init__(*args, **kwargs)
        channel = self.fields["notify_by"]
        assert isinstance(channel, forms.ChoiceField)
        channel.choices = workflow.channels()
        for name, masked in (
            ("contact_phone", identity.mask_phone(self.old.contact_phone)),
            ("contact_email", identity.mask_email(self.old.contact_email)),
        ):
            self.fields[name].help_text = (
                _("Now %(masked)s. Leave this empty to keep it.") % {"masked": masked}
                if masked
                else _("None given so far.")
            )

    def clean_contact_phone(self) -> str:
        given = str(self.cleaned_data["contact_phone"])
        return workflow.phone_of(given) or given.strip() or self.old.contact_phone

    def clean_contact_email(self) -> str:
        return str(self.cleaned_data["contact_email"]).strip() or self.old.contact_email

    def contact(self) -> workflow.Contact:
        """The answers of a valid form, as the workflow takes them."""
        return workflow.Contact(**self.cleaned_data)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@or_progress
def contact(request: HttpRequest, reference: str) -> HttpResponse:
    """The form; after it, the status page, which shows what is on file now."""
    application = visit.case_of(request, reference)
    if application is None:
        return redirect("lookup")
    now = timezone.now()
    if not workflow.may_change(application, now):
        return redirect("status", reference=reference)
    form = ContactForm(application, request.POST if request.method == "POST" else None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        version = request.POST.get("version", "")
        try:
            workflow.change(
                application,
                form.contact(),
                by=Actor.applicant(),
                at=now,
                seen=int(version) if version.isdecimal() else None,
            )
        except Problems as refused:
            for problem in refused.problems:
                form.add_error(problem.field, problem.message)
        except Stale:
            # The refusal's own sentence is for staff and may name a colleague.
            refusal = _("The case has moved on since you opened this page. Nothing was changed.")
            application = visit.case_of(request, reference)
        except NotAllowed as refused:
            refusal = str(refused)
        else:
            return redirect("status", reference=reference)
    context = {"application": application, "form": form, "refusal": refusal}
    status = 422 if form.errors or refusal else 200
    return render(request, "public/contact.html", context, status=status)
