"""The forms of the action pages: one class for each kind of input the workflow takes.

`data()` turns what was typed into the keyword arguments of `workflow.actions.perform`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..intake.fields import FenField
from ..models import (
    BalanceTransfer,
    ContributionRow,
    InformationForm,
    MaterialKind,
    SideRecord,
    TransferApplication,
)
from ..rules import identity
from ..rules.balances import Resolution
from ..rules.states import RejectCode, Side
from ..rules.steps import LatenessReason, Owner
from .fields import DayField, long_text

Lateness = tuple[LatenessReason, Owner]


@dataclass
class Ground:
    """What a form is built on: the case, the side that acts, and what may be chosen."""

    application: TransferApplication
    side: Side | None
    reason_codes: Sequence[RejectCode] = ()
    balance: BalanceTransfer | None = None
    newest: InformationForm | None = None
    rows: Sequence[ContributionRow] = ()


def _choices(codes: Sequence[Any]) -> list[tuple[str, Any]]:
    return [("", _("Choose…")), *((code.value, code.label) for code in codes)]


class MoveForm(forms.Form):
    """What every action asks: the version seen, a note for colleagues, and why a late step is late."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    # Pressing twice does it once: the page's own key goes with the request.
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    lateness_reason = forms.ChoiceField(
        label=_("Why is this step late?"), choices=_choices(list(LatenessReason)), required=False
    )
    charged_to = forms.ChoiceField(
        label=_("Charged to"), choices=_choices(list(Owner)), required=False
    )
    note = forms.CharField(
        label=_("Internal note"),
        help_text=_("For colleagues only. The applicant never sees it."),
        required=False,
        max_length=2000,
        widget=long_text(2),
    )

    def __init__(self, ground: Ground, *args: Any, late: bool = False, **kwargs: Any) -> None:
        self.ground = ground
        super().__init__(*args, **kwargs)
        if late:
            self.fields["lateness_reason"].required = True
            self.fields["charged_to"].required = True
        else:
            del self.fields["lateness_reason"], self.fields["charged_to"]

    def data_for_workflow(self) -> dict[str, Any]:
        """The action's own keyword arguments."""
        return {}

    def known_so_far(self) -> dict[str, Any]:
        """Values that are already good, for the preview of an unfinished form."""
        # Reading the errors cleans the form, but only once: what the workflow added to them stays.
        if not self.is_bound or self.errors is None:
            return {}
        return dict(self.cleaned_data)

    @property
    def lateness(self) -> Lateness | None:
        if "lateness_reason" not in self.fields or not self.cleaned_data.get("lateness_reason"):
            return None
        return (
            LatenessReason(self.cleaned_data["lateness_reason"]),
            Owner(self.cleaned_data["charged_to"]),
        )

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The action's own inputs, in order."""
        common = {"seen", "key", "lateness_reason", "charged_to", "note"}
        return [self[name] for name in self.fields if name not in common]


class RecordForm(MoveForm):
    """`pass_check`: what the own records say. The identity number is ticked or typed, never assumed."""

    name = forms.CharField(label=_("Name on record"), max_length=60, required=False)
    id_same = forms.BooleanField(
        label=_("The identity number on our record is the same"), required=False
    )
    id_number = forms.CharField(
        label=_("Identity number on our record"),
        help_text=_("Only where it is not the same as in the application."),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    enrolled_on = DayField(label=_("Enrolled on"), required=False)
    stopped_on = DayField(label=_("Stopped on"), required=False)
    paying = forms.BooleanField(label=_("Paying contributions"), required=False)
    in_arrears = forms.BooleanField(label=_("In arrears"), required=False)
    retired = forms.BooleanField(label=_("Draws retirement benefits"), required=False)
    cover_year = forms.IntegerField(
        label=_("Year of resident cover"), required=False, min_value=1998, max_value=2100
    )
    balance_fen = FenField(label=_("Personal account (yuan)"), required=False)

    _NOT_AT = {
        Side.ORIGIN: ("paying",),
        Side.DESTINATION: ("stopped_on", "in_arrears", "balance_fen"),
    }

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        if ground.side is not None:
            for name in self._NOT_AT[ground.side]:
                del self.fields[name]
        record = next(
            (each for each in ground.application.records.all() if each.side == ground.side), None
        )
        if record is not None and record.id_number:
            same = identity.normalise(record.id_number) == ground.application.person.id_number
            self.fields["id_same"].initial = same
        for name in self._names():
            if record is not None and name != "id_number":
                self.fields[name].initial = getattr(record, name)
        if "name" in self.fields and not (record and record.name):
            self.fields["name"].initial = ground.application.applicant_name

    def _names(self) -> list[str]:
        stored = {field.name for field in SideRecord._meta.get_fields()}
        return [name for name in self.fields if name in stored]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed = identity.normalise(cleaned.get("id_number") or "")
        if not typed and not cleaned.get("id_same"):
            self.add_error(
                "id_same",
                _("Tick that the number is the same, or enter the number on your record."),
            )
        elif typed and cleaned.get("id_same") and typed != self.ground.application.person.id_number:
            self.add_error(
                "id_number",
                _("This number is another one: take the tick away, or leave the number empty."),
            )
        return cleaned

    def data_for_workflow(self) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for name in self._names():
            value = self.cleaned_data[name]
            if name == "id_number" and self.cleaned_data["id_same"]:
                value = self.ground.application.person.id_number
            record[name] = value
        prefix = "override-"
        overrides = {
            key.removeprefix(prefix): text
            for key, text in self.data.items()
            if key.startswith(prefix) and text.strip()
        }
        return {"record": record, "overrides": overrides}


class ReasonCodeForm(MoveForm):
    """`reject` and `refuse_late`: a code and the plain sentence the applicant reads."""

    code = forms.ChoiceField(label=_("Reason code"))
    text = forms.CharField(
        label=_("Reason, in plain words for the applicant"), max_length=1000, widget=long_text()
    )

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _choices(ground.reason_codes)

    def data_for_workflow(self) -> dict[str, Any]:
        return {"code": self.cleaned_data["code"], "text": self.cleaned_data["text"]}


class AskForm(MoveForm):
    """`request_supplement`: everything missing, at once, and why."""

    items = forms.MultipleChoiceField(
        label=_("Materials the applicant must hand in"),
        help_text=_("You can ask once only: tick everything that is missing."),
        choices=MaterialKind.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    why = forms.CharField(
        label=_("Why, in plain words for the applicant"), max_length=1000, widget=long_text()
    )

    def data_for_workflow(self) -> dict[str, Any]:
        return {"items": self.cleaned_data["items"], "why": self.cleaned_data["why"]}


class SupplyForm(MoveForm):
    """`supply`: which of the requested materials are here."""

    items = forms.MultipleChoiceField(
        label=_("Materials received"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        field = self.fields["items"]
        assert isinstance(field, forms.MultipleChoiceField)
        requests = ground.application.supplement_requests.all()
        open_request = next((each for each in requests if each.supplied_at is None), None)
        asked = open_request.items if open_request is not None else []
        field.choices = [choice for choice in MaterialKind.choices if choice[0] in asked]

    def data_for_workflow(self) -> dict[str, Any]:
        return {"items": self.cleaned_data["items"]}


class ReasonForm(MoveForm):
    """Actions that need one plain sentence."""

    text = forms.CharField(label=_("Reason"), max_length=1000, widget=long_text())

    def data_for_workflow(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["text"]}


FORM_FIELDS = ("last_paid_month", "benefits_end_on", "interrupted", "balance_fen", "rows")


def _field_label(name: str) -> Any:
    if name == "rows":
        return ContributionRow._meta.verbose_name_plural
    if name == "balance_fen":
        return _("Personal account")
    return InformationForm._meta.get_field(name).verbose_name


class DiscrepancyForm(MoveForm):
    """`raise_discrepancy`: which fields of the form are wrong, and how."""

    fields_named = forms.MultipleChoiceField(
        label=_("What is wrong on the form"), widget=forms.CheckboxSelectMultiple
    )
    text = forms.CharField(
        label=_("What differs, in plain words"), max_length=1000, widget=long_text()
    )

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        field = self.fields["fields_named"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(name, _field_label(name)) for name in FORM_FIELDS]

    def data_for_workflow(self) -> dict[str, Any]:
        return {"fields": self.cleaned_data["fields_named"], "text": self.cleaned_data["text"]}


class BankForm(MoveForm):
    """`confirm_payout`: the bank's reference."""

    bank_reference = forms.CharField(label=_("Bank reference"), max_length=40)

    def data_for_workflow(self) -> dict[str, Any]:
        return {"bank_reference": self.cleaned_data["bank_reference"]}


class ReceiptForm(MoveForm):
    """`receive`: what arrived."""

    received_fen = FenField(label=_("Amount received (yuan)"))
    bank_reference = forms.CharField(label=_("Bank reference"), max_length=40)

    def data_for_workflow(self) -> dict[str, Any]:
        return {
            "received_fen": self.cleaned_data["received_fen"],
            "bank_reference": self.cleaned_data["bank_reference"],
        }


class AmountForm(MoveForm):
    """`restate`: the amount the form should have said."""

    balance_fen = FenField(label=_("Personal account (yuan)"))

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        if ground.balance is not None:
            self.fields["balance_fen"].initial = ground.balance.received_fen

    def data_for_workflow(self) -> dict[str, Any]:
        return {"balance_fen": self.cleaned_data["balance_fen"]}


class ResolveForm(MoveForm):
    """`resolve`: how a difference was put right, and what is there now."""

    resolution = forms.ChoiceField(
        label=_("How it was put right"), choices=_choices(list(Resolution))
    )
    received_fen = FenField(label=_("Amount there now (yuan)"))
    text = forms.CharField(label=_("Reason"), max_length=1000, widget=long_text())

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        if ground.balance is not None:
            self.fields["received_fen"].initial = ground.balance.received_fen

    def data_for_workflow(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("resolution", "received_fen", "text")}


class PayoutForm(MoveForm):
    """`pay_to_person`: the insured person's own bank account."""

    payee = forms.CharField(
        label=_("Account holder"),
        help_text=_("Must be the insured person."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    payee_account = forms.CharField(
        label=_("Account number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    text = forms.CharField(label=_("Reason"), max_length=1000, widget=long_text())

    def data_for_workflow(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("payee", "payee_account", "text")}


class ReturnForm(MoveForm):
    """Sending a proposal back, or taking one's own back."""

    text = forms.CharField(label=_("Reason"), max_length=1000, widget=long_text())

    def data_for_workflow(self) -> dict[str, Any]:
        return {"text": self.cleaned_data["text"]}


class ConfirmForm(MoveForm):
    """The second pair of eyes: confirms the content whose hash the page showed."""

    hash = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def data_for_workflow(self) -> dict[str, Any]:
        return {"hash": self.cleaned_data["hash"]}
