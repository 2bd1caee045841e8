"""The questions of an application, page by page. The staff counter asks the same ones.

Answers are kept as they were given, by field name; a page is right when its form says so. What the
form cannot know `workflow.submit` decides, which has the last word on every answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.choices import flatten_choices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models.applications import Channel, MoveReason, NotifyBy
from ..rules import identity, months
from ..rules.materials import Facts, Requirement, required
from ..rules.states import Scheme
from ..status.words import long_date
from ..workflow import contact
from ..workflow.submission import Submission, identity_problem
from .places import PlaceField, place_of

YES, NO, UNSURE = "yes", "no", "unsure"
RELOCATED = "relocated"
# In `known`: what the case that was applied for before holds. Taken over where a question is left
# empty, and only hinted at: who may see that case need not know all of it.
KEPT = "kept"
_HINTS: dict[str, Callable[[str], str]] = {
    "name": identity.mask_name,
    "id_number": identity.mask,
    "contact_phone": identity.mask_phone,
    "contact_email": identity.mask_email,
}
LONGEST = 300  # characters of an answer that is kept although no form has looked at it


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
        error_messages={"required": required, "invalid_choice": required},
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the page that reads the answers back; `step` and `target` lead to its question."""

    label: Any
    value: Any
    step: int
    target: str


class Questions(forms.Form):
    """A page. `known`: the answers of all pages so far, which some questions depend on."""

    step: ClassVar[int] = 0
    title: ClassVar[Any] = ""
    use_required_attribute = False

    @property
    def lead(self) -> str:
        """What earlier answers came to, where this page builds on them; empty where it does not."""
        return ""

    def __init__(self, *args: Any, known: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.known = known or {}
        super().__init__(*args, **options)
        kept: Mapping[str, str] = self.known.get(KEPT, {})
        self.kept = {name: kept[name] for name in self.fields if kept.get(name)}
        for name, value in self.kept.items():
            field = self.fields[name]
            field.required = False
            field.help_text = _("Now %(masked)s. Leave this empty to keep it.") % {
                "masked": _HINTS[name](value)
            }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, value in self.kept.items():
            if given.get(name) == "":
                given[name] = value
        return given

    def told(self) -> list[Answer]:
        """The answers of a valid page as they are read back; the identity number masked."""
        return [
            self._told(self[name])
            for name in self.fields
            if not self._hidden(self.cleaned_data, name)
        ]

    def _hidden(self, given: Mapping[str, Any], name: str) -> bool:
        return False

    def _told(self, bound: forms.BoundField) -> Answer:
        value = self.cleaned_data[bound.name]
        if bound.name == "id_number" or (value and value == self.kept.get(bound.name)):
            value = _HINTS[bound.name](value)
        elif isinstance(bound.field, forms.BooleanField):
            value = _("Yes") if value else _("No")
        elif isinstance(bound.field, PlaceField):
            place = place_of(value)
            value = place.full_name if place else ""
        elif isinstance(bound.field, forms.ChoiceField):
            value = dict(flatten_choices(bound.field.choices)).get(value, "")
        elif isinstance(value, date):
            value = long_date(value)
        label = _("Your consent") if bound.name == "consent" else bound.field.label
        return Answer(label, value or _("not given"), self.step, target_of(bound))


def target_of(bound: forms.BoundField) -> str:
    """The id of the first thing of a question that can be focused."""
    return f"{bound.auto_id}_0" if bound.use_fieldset else str(bound.auto_id)


class CanApply(Questions):
    step = 1
    title = _("Can you apply?")

    stopped = _choice(
        _("Has your insurance at the old place been stopped?"),
        [(YES, _("Yes")), (NO, _("Not yet"))],
        _("Say whether the old insurance has been stopped."),
    )
    enrolled = _choice(
        _("Are you insured at the new place already?"),
        [(YES, _("Yes")), (NO, _("Not yet"))],
        _("Say whether you are insured at the new place."),
    )
    retired = _choice(
        _("Do you draw retirement benefits of the medical insurance already?"),
        [
            (NO, _("No")),
            (RELOCATED, _("Yes, and I have settled in another province")),
            (YES, _("Yes, and I have not settled in another province")),
        ],
        _("Say whether you draw retirement benefits already."),
    )


class Who(Questions):
    step = 2
    title = _("Who is it for?")

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
        error_messages={
            "required": _("Enter the 18-character ID; the last may be X."),
            "max_length": _("Enter the 18-character ID; the last may be X."),
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    def clean_id_number(self) -> str:
        number = str(self.cleaned_data["id_number"])
        if not number:  # only where one is kept
            return number
        if sentence := identity_problem(number, timezone.localdate()):
            raise forms.ValidationError(sentence)
        return number


class SchemeQuestions(Questions):
    """Which schemes and why: asked online and at the counter."""

    scheme_from = _choice(
        _("Scheme at the old place"),
        Scheme.choices,
        _("Choose the scheme."),
        _("Employee: paid through an employer. Flexible: you paid for yourself. Resident: the "
          "yearly scheme for people without work."),
    )  # fmt: skip
    scheme_to = _choice(_("Scheme at the new place"), Scheme.choices, _("Choose the scheme."))
    reason = _choice(_("Why do you move?"), MoveReason.choices, _("Say why you move."))


class Places(SchemeQuestions):
    step = 3
    title = _("From where to where?")

    origin = PlaceField(
        _("From: where you were insured"), _("Enter the place you were insured in.")
    )
    destination = PlaceField(
        _("To: where you are insured now"), _("Enter the place you are insured in now.")
    )
    next_year = forms.ChoiceField(
        label=_("Only from resident to resident: have you paid for next year at the new place?"),
        choices=[(YES, _("Yes")), (NO, _("Not yet"))],
        widget=forms.RadioSelect,
        required=False,
    )
    field_order = ["origin", "scheme_from", "destination", "scheme_to", "next_year", "reason"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Who has retired said so on the first page, and it is the reason.
        if self.known.get("retired") == RELOCATED:
            del self.fields["reason"]
        else:
            reason = self.fields["reason"]
            assert isinstance(reason, forms.ChoiceField)
            reason.choices = [each for each in MoveReason.choices if each[0] != MoveReason.RETIRED]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self._between_residents(given) and not given.get("next_year"):
            self.add_error("next_year", _("Say whether you have paid for next year there."))
        return given

    def _between_residents(self, given: Mapping[str, Any]) -> bool:
        return given.get("scheme_from") == given.get("scheme_to") == Scheme.RESIDENT

    def _hidden(self, given: Mapping[str, Any], name: str) -> bool:
        return name == "next_year" and not self._between_residents(given)


class Gap(Questions):
    step = 4
    title = _("Was there a gap?")

    gap = _choice(
        _("Were there months in between without insurance?"),
        [(NO, _("No")), (YES, _("Yes")), (UNSURE, _("I don't know"))],
        _("Say whether there were months without insurance."),
    )
    stopped_on = _date(
        _("Insured at the old place until"),
        _("If you know it. The office has the exact date."),
    )
    enrolled_on = _date(_("Insured at the new place since"), _("If you know it."))

    @property
    def lead(self) -> str:
        """The two places, which were typed, as they were understood."""
        origin, destination = (
            place_of(str(self.known.get(side, ""))) for side in ("origin", "destination")
        )
        if origin is None or destination is None:
            return ""
        return gettext("From %(origin)s to %(destination)s.") % {
            "origin": origin.full_name,
            "destination": destination.full_name,
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        today = timezone.localdate()
        for field in ("stopped_on", "enrolled_on"):
            day = given.get(field)
            if day is not None and day > today:
                self.add_error(field, _("This day is still to come."))
        return given

    @property
    def missed_months(self) -> int:
        """Whole months between the two dates of a valid page; 0 where one is not known."""
        until, since = self.cleaned_data["stopped_on"], self.cleaned_data["enrolled_on"]
        if until is None or since is None:
            return 0
        return max(0, months.number(since) - months.number(until) - 1)


class Materials(Questions):
    """Files, which are no answers: the page looks after them itself."""

    step = 5
    title = _("Materials")


class Contact(Questions):
    step = 6
    title = _("How do we reach you?")

    notify_by = _choice(
        _("How shall we tell you when something changes?"),
        [],
        _("Choose how you want to be told of changes."),
    )
    contact_phone = forms.CharField(
        label=_("Mobile phone (optional)"),
        help_text=_("11 digits. The office calls only if something is unclear."),
        max_length=20,
        required=False,
        error_messages={"max_length": _("Enter the 11 digits of a mobile phone.")},
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    contact_email = forms.CharField(
        label=_("E-mail (optional)"),
        max_length=254,
        required=False,
        error_messages={"max_length": _("This is not an e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    consent = forms.BooleanField(
        label=_("I agree that the two offices check my insurance records and exchange them for this "
                "transfer."),
        error_messages={"required": _("Without your consent the offices may not check anything.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        channel = self.fields["notify_by"]
        assert isinstance(channel, forms.ChoiceField)
        channel.choices = contact.channels()

    def clean_contact_phone(self) -> str:
        return contact.phone_of(str(self.cleaned_data["contact_phone"]))[-20:]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not {"contact_phone", "contact_email"} & set(self.errors):
            for problem in contact.problems_of(
                given["contact_phone"],
                given["contact_email"],
                given.get("notify_by") or NotifyBy.NONE,
            ):
                self.add_error(problem.field, str(problem.message))
        return given


PAGES: tuple[type[Questions], ...] = (CanApply, Who, Places, Gap, Materials, Contact)
CHECK = len(PAGES) + 1  # the last step reads everything back


def page_of(step: int) -> type[Questions]:
    return PAGES[step - 1]


def as_given(page: type[Questions], typed: Mapping[str, Any]) -> dict[str, str]:
    """What somebody typed into a page, as it is kept: looked at by no form yet, so cut short.

    An answer that is missing, as an unticked box is, is kept as an empty one; a place that was named
    for sure by its code, which reads in every language.
    """
    form = page(typed)
    return {
        name: form[name].data
        if isinstance(field, PlaceField)
        else str(typed.get(name, "")).strip()[:LONGEST]
        for name, field in page.base_fields.items()
    }


def asked(answers: Mapping[str, Any]) -> list[Questions]:
    """Every page with these answers, to be asked whether it is right."""
    return [page(dict(answers), known=answers) for page in PAGES]


def materials_of(answers: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """The materials that these answers require online."""
    retired = answers.get("retired") == RELOCATED
    return required(
        Facts(
            scheme_from=str(answers.get("scheme_from", "")),
            scheme_to=str(answers.get("scheme_to", "")),
            reason=MoveReason.RETIRED if retired else str(answers.get("reason", "")),
            channel=Channel.ONLINE,
        )
    )


def submission_of(pages: list[Questions], materials: tuple[str, ...], language: str) -> Submission:
    """The answers of valid pages, as the workflow takes them."""
    given: dict[str, Any] = {}
    for page in pages:
        given |= page.cleaned_data
    retired = given["retired"] == RELOCATED
    origin: dict[str, Any] = {}
    destination: dict[str, Any] = {}
    if given["stopped_on"]:
        origin["stopped_on"] = given["stopped_on"]
    if given["enrolled_on"]:
        destination["enrolled_on"] = given["enrolled_on"]
    if given["next_year"] == YES:
        destination["cover_year"] = timezone.localdate().year + 1
    return Submission(
        id_number=given["id_number"],
        name=given["name"],
        scheme_from=given["scheme_from"],
        scheme_to=given["scheme_to"],
        origin=given["origin"],
        destination=given["destination"],
        reason=MoveReason.RETIRED if retired else given["reason"],
        relocated_retiree=retired,
        contact_phone=given["contact_phone"],
        contact_email=given["contact_email"],
        notify_by=given["notify_by"],
        language=language,
        materials=materials,
        origin_record=origin or None,
        destination_record=destination or None,
    )
