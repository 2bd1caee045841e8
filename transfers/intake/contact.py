"""The form with which it is corrected how a case's applicant is reached, on either site."""

from dataclasses import fields
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models.applications import NotifyBy, TransferApplication
from ..rules import identity
from ..workflow import contact as workflow

# Which way of being told an address is for.
_CHANNEL = {"phone": NotifyBy.SMS, "email": NotifyBy.EMAIL}


def _instead(other: NotifyBy) -> str:
    """What becomes of the messages when the address they go to is taken away."""
    return {
        NotifyBy.SMS: _("You will then be told by SMS, unless you take the phone number away too."),
        NotifyBy.EMAIL: _(
            "You will then be told by e-mail, unless you take the e-mail address away too."
        ),
        NotifyBy.NONE: _(
            "You will then not be told of changes; look at the status page from time to time."
        ),
    }[other]


class ContactForm(forms.Form):
    """What is on file is only hinted at: who opens the page may not be who gave it.

    An address on file can be taken away. If messages went there and nothing else is chosen, they go to
    the other address from then on, or nowhere.
    """

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
    forget_phone = forms.BooleanField(
        label=gettext_lazy("Take this phone number away"), required=False
    )
    forget_email = forms.BooleanField(
        label=gettext_lazy("Take this e-mail address away"), required=False
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of messages"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the language of the messages.")},
    )

    use_required_attribute = False
    field_order = (
        "notify_by", "contact_phone", "forget_phone", "contact_email", "forget_email", "language",
    )  # fmt: skip

    def __init__(self, application: TransferApplication, *args: Any, **kwargs: Any) -> None:
        self.old = workflow.Contact.of(application)
        kwargs["initial"] = {
            "notify_by": self.old.notify_by,
            "language": self.old.language,
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        channel = self.fields["notify_by"]
        assert isinstance(channel, forms.ChoiceField)
        channel.choices = workflow.channels()
        phone, email = self.old.contact_phone, self.old.contact_email
        self._describe("phone", identity.mask_phone(phone), workflow.usual_channel("", email))
        self._describe("email", identity.mask_email(email), workflow.usual_channel(phone, ""))

    def _describe(self, which: str, masked: str, other: NotifyBy) -> None:
        """Say what is on file, and offer to take it away; `other` is how one is told without it."""
        given = self.fields[f"contact_{which}"]
        if not masked:
            given.help_text = _("None given so far.")
            del self.fields[f"forget_{which}"]
            return
        given.help_text = _("Now %(masked)s. Leave this empty to keep it.") % {"masked": masked}
        if self.old.notify_by == _CHANNEL[which]:
            self.fields[f"forget_{which}"].help_text = _instead(other)

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        for which, channel in _CHANNEL.items():
            name = f"contact_{which}"
            given = str(answers.get(name, "")).strip()
            if which == "phone":
                given = workflow.phone_of(given) or given
            forget = answers.pop(f"forget_{which}", False)
            if forget and given:
                self.add_error(
                    name, _("Either enter a new one or take the old one away, not both.")
                )
            answers[name] = given if given or forget else getattr(self.old, name)
            if forget and answers.get("notify_by") == self.old.notify_by == channel:
                answers["notify_by"] = ""
        if answers.get("notify_by") == "":
            answers["notify_by"] = workflow.usual_channel(
                answers["contact_phone"], answers["contact_email"]
            )
        return answers

    def contact(self) -> workflow.Contact:
        """The answers of a valid form, as the workflow takes them."""
        return workflow.Contact(
            **{each.name: self.cleaned_data[each.name] for each in fields(workflow.Contact)}
        )
