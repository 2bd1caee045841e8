"""The questions of the calculator: first the place and the scheme, then what the scheme asks."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from transfers.intake.fields import FenField, MonthField
from transfers.intake.places import PlaceField
from transfers.rules.ledger import MOST_FEN
from transfers.rules.states import Scheme

from ..rules.asked import Asked, Refused, Retiring, Sex, problems_among
from ..rules.reasons import Cause
from ..rules.terms import Terms

_AHEAD = timedelta(days=366)
_WHOLE_NUMBER = _("Enter a whole number, such as 12.")
_NUMBERS = {"inputmode": "numeric", "autocomplete": "off"}


def _number(label: Any, help_text: Any = "", *, required: Any = "") -> forms.IntegerField:
    """`required`: the sentence where nothing was given; empty where nothing has to be."""
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=bool(required),
        error_messages={"invalid": _WHOLE_NUMBER, "required": required},
        widget=forms.TextInput(attrs=_NUMBERS),
    )


def _choice(label: Any, choices: Any, required: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": required,
            "invalid_choice": _("This answer is not known; choose one of those shown."),
        },
    )


class PlaceForm(forms.Form):
    """Where, and in which scheme."""

    place = PlaceField(
        _("In which place do you pay?"),
        _("Enter the place."),
        _("Where you are insured now, such as Quanzhou. If you are moving: the new place."),
    )
    scheme = _choice(
        _("In which scheme did you miss months?"),
        [
            (Scheme.EMPLOYEE, _("Employee: paid through an employer")),
            (Scheme.FLEXIBLE, _("Flexible employment: you pay for yourself")),
            (Scheme.RESIDENT, _("Resident: paid once a year")),
        ],
        _("Choose the scheme."),
    )

    use_required_attribute = False


class QuestionsForm(forms.Form):
    """What every scheme asks. `rules.asked` has the last word on each answer.

    The fields are named as the rules name what they complain of.
    """

    MORE: ClassVar[frozenset[str]] = frozenset()  # asked apart, because they concern few people
    FIELD_OF: ClassVar[dict[str, str]] = {}  # what the rules complain of under another name

    paid_on = forms.DateField(
        label=_("When will you pay?"),
        help_text=_("Today, unless you change it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
        error_messages={
            "invalid": _("Enter a date as year, month and day."),
            "required": _("Enter the day on which you will pay."),
        },
    )

    use_required_attribute = False

    def __init__(
        self, *args: Any, terms: Terms, scheme: Scheme, today: date, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.scheme, self.today = scheme, today

    def clean_paid_on(self) -> date:
        day: date = self.cleaned_data["paid_on"]
        if day > self.today + _AHEAD:
            raise forms.ValidationError(
                _("Enter a day within a year from now: what applies later is not known.")
            )
        return day

    @abstractmethod
    def given(self) -> dict[str, Any]:
        """The answers that could be read, by the names of `Asked`."""

    def asked(self) -> Asked:
        """The question of a form that has no errors."""
        return Asked(**self.given())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self.refuse(Refused(problems_among(self.given())))
        return given

    def refuse(self, refusal: Refused) -> None:
        """Put what the rules complain of at the fields it concerns."""
        for one in refusal.problems:
            field = self.FIELD_OF.get(one.field, one.field)
            self.add_error(field if field in self.fields else None, one.sentence)

    @property
    def main(self) -> Iterable[forms.BoundField]:
        return [field for field in self if field.name not in self.MORE]

    @property
    def more(self) -> Iterable[forms.BoundField]:
        return [field for field in self if field.name in self.MORE]

    @property
    def more_is_open(self) -> bool:
        """Whether the part for few people has answers or errors, which must not be hidden."""
        return any(field.errors or field.value() for field in self.more)


class ContributorForm(QuestionsForm):
    """Employees and the flexibly employed, who pay by the month."""

    MORE = frozenset({"switched", "sex", "cumulative_months"})
    FIELD_OF: ClassVar[dict[str, str]] = {"retiring": "cumulative_months"}

    last_paid = MonthField(
        label=_("Which month did you pay last?"),
        help_text=_(
            "The last month before the gap that is paid, such as 2025-01. The months after it count as "
            "missed."
        ),
        error_messages={"required": _("Enter the month that was paid last.")},
    )
    resumed = MonthField(
        label=_("From which month on are you paying again? (optional)"),
        help_text=_("Empty if nothing has been paid since."),
        required=False,
    )
    cause = _choice(
        _("Why were the months not paid?"),
        Cause.choices,
        _("Say why the months were not paid."),
        _("It decides who bears the late fee."),
    )
    base = FenField(
        least_fen=-MOST_FEN,  # the rules say what a base may be
        label=_("Monthly base in yuan (optional)"),
        help_text=_("The wage your contributions are based on. Empty: the base of the place."),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    consecutive_months_before = _number(
        _("Months paid in a row before the gap (optional)"),
        _("Two full years are 24. Empty if you do not know."),
    )
    switched = forms.BooleanField(
        label=_("During the gap I changed between the employee and the resident scheme"),
        required=False,
    )
    sex = forms.ChoiceField(
        label=_("About to retire: sex"),
        help_text=_("The place asks for a least number of years, which is not the same for both."),
        choices=[("", pgettext_lazy("calculator", "I do not retire soon")), *Sex.choices],
        required=False,
    )
    cumulative_months = _number(
        _("About to retire: months paid in all"), _("20 years are 240 months.")
    )

    field_order = ("last_paid", "resumed", "cause", "paid_on", "base", "consecutive_months_before")

    def __init__(self, *args: Any, terms: Terms, scheme: Scheme, **options: Any) -> None:
        super().__init__(*args, terms=terms, scheme=scheme, **options)
        if scheme is Scheme.FLEXIBLE:
            cause = self.fields["cause"]
            assert isinstance(cause, forms.ChoiceField)
            cause.choices = [each for each in Cause.choices if each[0] != Cause.EMPLOYER]
        if terms.min_consecutive_months is not None:
            before = self.fields["consecutive_months_before"]
            before.label = _("Months paid in a row before the gap")
            before.help_text = _("This place asks for it. Two full years are 24.")
        if terms.switch_months is None:
            del self.fields["switched"]
        if terms.minimum_years_male is None and terms.minimum_years_female is None:
            del self.fields["sex"], self.fields["cumulative_months"]

    def clean_last_paid(self) -> date | None:
        return self._past(self.cleaned_data["last_paid"])

    def clean_resumed(self) -> date | None:
        return self._past(self.cleaned_data["resumed"])

    def _past(self, month: date | None) -> date | None:
        if month is not None and month > self.today:
            raise forms.ValidationError(_("This month is still to come."))
        return month

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("sex") and given.get("cumulative_months") is None:
            if "cumulative_months" not in self.errors:
                self.add_error("cumulative_months", _("Enter how many months you paid in all."))
        elif given.get("cumulative_months") is not None and not given.get("sex"):
            self.add_error("sex", _("Say which of the two applies to you."))
        if given.get("switched") and given.get("consecutive_months_before") is None:
            self.refuse_missing_months()
        return given

    def refuse(self, refusal: Refused) -> None:
        rest = []
        for one in refusal.problems:
            if (one.field, one.code) == ("consecutive_months_before", "missing"):
                self.refuse_missing_months()
            elif one.code == "no_rule":
                self.add_error(
                    "last_paid",
                    _("What applied so long ago is not on record for this place. Ask its office."),
                )
            else:
                rest.append(one)
        super().refuse(Refused(rest))

    def refuse_missing_months(self) -> None:
        field = "consecutive_months_before"
        if field not in self.errors:
            self.add_error(field, _("Enter the months paid in a row: here they decide."))

    def given(self) -> dict[str, Any]:
        given = self.cleaned_data
        found = {"scheme": self.scheme, "cause": given.get("cause")}
        found |= {name: given.get(name) for name in ("last_paid", "resumed", "paid_on")}
        found |= {
            "base_fen": given.get("base"),
            "consecutive_months_before": given.get("consecutive_months_before"),
            "switched": given.get("switched", False),
        }
        if given.get("cumulative_months") is not None:
            found["retiring"] = Retiring(given.get("sex", ""), given["cumulative_months"])
        return found


class ResidentForm(QuestionsForm):
    """Residents, who pay by the year."""

    missed_years = _number(
        _("How many years did you miss?"),
        _("Years before this payment for which you did not pay. None: 0."),
        required=_("Enter how many years you missed, or 0."),
    )
    repaired_years = _number(
        _("How many of them will you make up? (optional)"),
        _("Each year you pay for afterwards shortens the waiting period."),
    )
    exempt = forms.BooleanField(
        label=_("I belong to a group without a waiting period"),
        help_text=_("Such as newborn children. The office tells you whether you do."),
        required=False,
    )

    field_order = ("missed_years", "paid_on", "repaired_years", "exempt")

    def given(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "scheme": self.scheme,
            "cause": Cause.INDIVIDUAL,
            "last_paid": None,
            "paid_on": given.get("paid_on"),
            "missed_years": given.get("missed_years"),
            "repaired_years": given.get("repaired_years") or 0,
            "exempt": given.get("exempt", False),
        }


def questions_of(scheme: Scheme) -> type[QuestionsForm]:
    return ResidentForm if scheme is Scheme.RESIDENT else ContributorForm
