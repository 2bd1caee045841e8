"""The forms of the action pages, one class for each kind of input the door takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from transfers.intake.fields import FenField, MonthField
from transfers.rules.money import yuan
from transfers.staff.fields import DayField, long_text

from ..models import ArrearsCase, Method, Payment
from ..rules.parts import Party
from ..rules.states import Action, MaterialKind

_COMMON = ("seen", "key", "note")
SWITCHED = _("Changed between the employee and the resident scheme")
SWITCHED_HELP = _("With too few months paid in a row before, the wait is that of a longer gap.")


class MoveForm(forms.Form):
    """What every action asks: the version seen, the page's own key, a note for colleagues."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    # Pressing twice does it once: the key goes with the request.
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    note = forms.CharField(
        label=_("Internal note"),
        help_text=_("For colleagues only. The person never sees it."),
        required=False,
        max_length=2000,
        widget=long_text(2),
    )

    def __init__(self, case: ArrearsCase, *args: Any, **kwargs: Any) -> None:
        self.case = case
        super().__init__(*args, **kwargs)

    def data_for_the_door(self) -> dict[str, Any]:
        """The action's own keyword arguments, once the form is valid; what is empty is left out."""
        own = {name: value for name, value in self.cleaned_data.items() if name not in _COMMON}
        return {name: value for name, value in own.items() if value not in (None, "")}

    def so_far(self) -> dict[str, Any]:
        """Values that are good already, for the preview of an unfinished form."""
        if not self.is_bound:
            return {
                name: self.get_initial_for_field(self.fields[name], name) for name in self.fields
            }
        # Reading the errors cleans the form, but only once.
        return dict(self.cleaned_data) if self.errors is not None else {}

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The action's own inputs, in order."""
        return [self[name] for name in self.fields if name not in _COMMON]


class ReasonForm(MoveForm):
    """`refuse`, `waive`, `cancel`: the sentence why."""

    text = forms.CharField(
        label=_("Reason"),
        help_text=_("The person reads it; write no names and no numbers of identity."),
        max_length=200,
        widget=long_text(2),
    )


class MaterialsForm(MoveForm):
    """`take_materials`: what was handed in now."""

    kinds = forms.MultipleChoiceField(
        label=pgettext_lazy("materials", "Handed in"),
        choices=(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, case: ArrearsCase, *args: Any, **kwargs: Any) -> None:
        super().__init__(case, *args, **kwargs)
        there = {material.kind for material in case.materials.all()}
        field = self.fields["kinds"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [choice for choice in MaterialKind.choices if choice[0] not in there]


class AssessForm(MoveForm):
    """`assess`: until when the quote is good, and what was found out since the case was opened."""

    pay_by = DayField(
        label=_("Pay by"),
        help_text=_("Late fees are reckoned up to this day. Leave empty for the usual period."),
        required=False,
    )
    to_month = MonthField(
        label=_("Last missed month"),
        help_text=_("Later than now if more months have been missed; never earlier."),
        required=False,
    )
    resumed_month = MonthField(
        label=_("First month paid again"),
        help_text=_("Leave empty while nothing is paid again."),
        required=False,
    )
    base_fen = FenField(
        label=_("Own monthly base (yuan)"),
        help_text=_("Leave empty for the base of the place."),
        required=False,
    )
    consecutive_before = forms.IntegerField(
        label=_("Months paid in a row before the gap"), required=False, min_value=0, max_value=999
    )
    switched = forms.BooleanField(label=SWITCHED, help_text=SWITCHED_HELP, required=False)

    # What is emptied is taken away from the case.
    may_be_emptied = ("resumed_month", "base_fen", "consecutive_before")

    def __init__(self, case: ArrearsCase, *args: Any, **kwargs: Any) -> None:
        known = {name: getattr(case, name) for name in ("to_month", *self.may_be_emptied)}
        known["switched"] = case.switched
        kwargs["initial"] = {**known, **kwargs.get("initial", {})}
        super().__init__(case, *args, **kwargs)

    def data_for_the_door(self) -> dict[str, Any]:
        emptied = {name: self.cleaned_data[name] for name in self.may_be_emptied}
        return {**super().data_for_the_door(), **emptied}


class PayForm(MoveForm):
    """`pay`: who paid how much, how and when."""

    payer = forms.ChoiceField(label=_("Paid by"), choices=Party.choices, widget=forms.RadioSelect)
    amount_fen = FenField(label=_("Amount (yuan)"))
    method = forms.ChoiceField(
        label=_("Way of paying"), choices=Method.choices, widget=forms.RadioSelect
    )
    paid_on = DayField(label=pgettext_lazy("of a payment", "Paid on"))
    bank_reference = forms.CharField(
        label=_("Bank reference"),
        help_text=_("Needed for a bank transfer."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, case: ArrearsCase, *args: Any, **kwargs: Any) -> None:
        super().__init__(case, *args, **kwargs)
        if not case.employer_name:
            field = self.fields["payer"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(Party.PERSON.value, Party.PERSON.label)]


class TakeBackForm(MoveForm):
    """`take_back`: which payment did not hold, and why."""

    number = forms.TypedChoiceField(
        label=_("Payment"), choices=(), coerce=int, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("Reason"),
        help_text=_("The person reads it; write no names and no numbers of identity."),
        max_length=200,
        widget=long_text(2),
    )

    def __init__(self, case: ArrearsCase, *args: Any, **kwargs: Any) -> None:
        super().__init__(case, *args, **kwargs)
        self.payments = {
            payment.number: payment
            for payment in Payment.objects.filter(case=case, taken_back__isnull=True)
        }
        field = self.fields["number"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(number, payment_label(each)) for number, each in self.payments.items()]


def payment_label(payment: Payment) -> str:
    """1 · ¥500.00 · 2025-06-10 · Bank transfer."""
    parts = (
        str(payment.number), yuan(payment.amount_fen), payment.paid_on.isoformat(),
        str(payment.get_payer_display()), str(payment.get_method_display()),
    )  # fmt: skip
    return " · ".join(parts)


FORMS: Mapping[str, type[MoveForm]] = {
    Action.TAKE_MATERIALS: MaterialsForm,
    Action.ASSESS: AssessForm,
    Action.REFUSE: ReasonForm,
    Action.PAY: PayForm,
    Action.TAKE_BACK: TakeBackForm,
    Action.WAIVE: ReasonForm,
    Action.CANCEL: ReasonForm,
}

__all__ = ["FORMS", "MoveForm", "PayForm"]
