"""The questions of an application, in the order they are asked."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.choices import flatten_choices
from django.utils.translation import gettext_lazy as _

from ..models.regions import Region
from ..rules import identity
from ..rules.states import Scheme
from ..status.words import long_date
from ..workflow.actions import Submission

YES_NO = [("yes", _("Yes")), ("no", _("Not yet"))]


def _date(label: Any, help_text: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
        error_messages={"invalid": _("Enter a date as year, month and day.")},
    )


def _choice(label: Any, choices: Any, required: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": required},
    )


def pool_choices() -> list[Any]:
    """The pools a relation can move between, by province, in the reader's language. One query."""
    pools = Region.objects.filter(is_pool=True).select_related("parent").order_by("code")
    groups: dict[str, list[tuple[str, str]]] = {}
    for pool in pools:
        province = pool.parent.name if pool.parent is not None else pool.name
        groups.setdefault(province, []).append((pool.code, pool.name))
    return [("", _("Choose a place")), *groups.items()]


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the page that reads the answers back; `target` is the field's address in the form."""

    label: Any
    value: Any
    target: str


class ApplicationForm(forms.Form):
    """One page of questions in five groups. `workflow.submit` has the last word on every answer."""

    stopped = _choice(
        _("Has your insurance at the old place been stopped?"), YES_NO,
        _("Say whether the old insurance has been stopped."),
    )  # fmt: skip
    stopped_on = _date(_("Stopped on"), _("If you know it. The office has the exact date."))
    enrolled = _choice(
        _("Are you insured at the new place already?"), YES_NO,
        _("Say whether you are insured at the new place."),
    )  # fmt: skip
    enrolled_on = _date(_("Insured since"), _("If you know it."))

    name = forms.CharField(
        label=_("Name"),
        help_text=_("As on your identity card."),
        max_length=60,
        error_messages={
            "required": _("Enter the name as on the identity card."),
            "max_length": _("The name is longer than 60 characters."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    id_number = forms.CharField(
        label=_("ID number"),
        help_text=_("18 characters; the last may be X."),
        max_length=40,
        error_messages={"required": _("Enter the 18-character ID; the last may be X.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    origin = forms.ChoiceField(
        label=_("From: where you were insured"),
        error_messages={
            "required": _("Choose the place you were insured in."),
            "invalid_choice": _("This place is not known; choose one from the list."),
        },
    )
    destination = forms.ChoiceField(
        label=_("To: where you are insured now"),
        error_messages={
            "required": _("Choose the place you are insured in now."),
            "invalid_choice": _("This place is not known; choose one from the list."),
        },
    )

    scheme_from = _choice(
        _("Scheme at the old place"), Scheme.choices, _("Choose the scheme."),
        _("Employee: paid through an employer. Flexible: you paid for yourself. Resident: the "
          "yearly scheme for people without work."),
    )  # fmt: skip
    scheme_to = _choice(_("Scheme at the new place"), Scheme.choices, _("Choose the scheme."))
    relocated_retiree = forms.BooleanField(
        label=_("I am retired and have settled in another province"),
        help_text=_("Your insurance then stays where it is; only the balance is paid out to you."),
        required=False,
    )

    contact_phone = forms.CharField(
        label=_("Mobile phone (optional)"),
        help_text=_("11 digits. The office calls only if something is unclear."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    contact_email = forms.EmailField(
        label=_("E-mail (optional)"),
        help_text=_(
            "With it we write to you at every change. Without it, look at the status page."
        ),
        required=False,
        error_messages={"invalid": _("This is not an e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    consent = forms.BooleanField(
        label=_(
            "I agree that the two offices check my insurance records and exchange them for this "
            "transfer."
        ),
        error_messages={"required": _("Without your consent the offices may not check anything.")},
    )

    use_required_attribute = False

    GROUPS = (
        (_("Can I apply?"), ("stopped", "stopped_on", "enrolled", "enrolled_on")),
        (_("Who is it for?"), ("name", "id_number")),
        (_("From where to where?"), ("origin", "destination")),
        (_("Which scheme?"), ("scheme_from", "scheme_to", "relocated_retiree")),
        (_("How do we reach you?"), ("contact_phone", "contact_email")),
        (_("Your consent"), ("consent",)),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = pool_choices()
        for field in ("origin", "destination"):
            asked = self.fields[field]
            assert isinstance(asked, forms.ChoiceField)
            asked.choices = choices

    def clean_contact_phone(self) -> str:
        given = str(self.cleaned_data["contact_phone"])
        return "".join(each for each in given if each.isdigit()).removeprefix("86")[-20:]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        today = timezone.localdate()
        for field in ("stopped_on", "enrolled_on"):
            day = given.get(field)
            if day is not None and day > today:
                self.add_error(field, _("This day is still to come."))
        return given

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def answers(self) -> list[Answer]:
        """Every answer as it is read back before handing in; the identity number masked."""
        return [self._answer(self[name]) for _title, names in self.GROUPS for name in names]

    def _answer(self, field: forms.BoundField) -> Answer:
        value = self.cleaned_data[field.name]
        target = f"{field.auto_id}_0" if field.use_fieldset else field.auto_id
        if field.name == "id_number":
            value = identity.mask(value)
        elif isinstance(field.field, forms.BooleanField):
            value = _("Yes") if value else _("No")
        elif isinstance(field.field, forms.ChoiceField):
            value = dict(flatten_choices(field.field.choices))[value]
        elif isinstance(value, date):
            value = long_date(value)
        short = _("Your consent") if field.name == "consent" else field.label
        return Answer(short, value or _("not given"), target)

    @property
    def not_yet(self) -> bool:
        """Whether something has to happen first: a page says what, it is no mistake."""
        return "no" in (self.cleaned_data["stopped"], self.cleaned_data["enrolled"])

    def to_keep(self) -> dict[str, Any]:
        """The answers as a session can hold them."""
        kept = dict(self.cleaned_data)
        for field in ("stopped_on", "enrolled_on"):
            day = kept[field]
            kept[field] = day.isoformat() if day else ""
        return kept


def submission_of(form: ApplicationForm, language: str) -> Submission:
    """The answers of a valid form, as the workflow takes them."""
    given = form.cleaned_data
    origin: dict[str, Any] = {}
    destination: dict[str, Any] = {}
    if given["stopped_on"]:
        origin["stopped_on"] = given["stopped_on"]
    if given["enrolled_on"]:
        destination["enrolled_on"] = given["enrolled_on"]
    return Submission(
        id_number=given["id_number"],
        name=given["name"],
        scheme_from=given["scheme_from"],
        scheme_to=given["scheme_to"],
        origin=given["origin"],
        destination=given["destination"],
        relocated_retiree=given["relocated_retiree"],
        contact_phone=given["contact_phone"],
        contact_email=given["contact_email"],
        language=language,
        origin_record=origin or None,
        destination_record=destination or None,
    )
