"""The information form as the maker types it: its own fields and the spans of contribution months."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..models import ContributionRow
from ..workflow.forms import FormDraft, RowDraft
from .fields import DayField, FenField, MonthField
from .forms import Ground, MoveForm

BLANK_ROWS = 6
MOST_ROWS = 60


class RowForm(forms.Form):
    """One span of contribution months. An untouched row is left out."""

    from_month = MonthField(label=_("From month"))
    to_month = MonthField(label=_("To month"))
    months = forms.IntegerField(
        label=pgettext_lazy("contribution row", "Months"), required=False, min_value=1
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("contribution row", "Kind"), choices=ContributionRow.Kind.choices
    )
    base_fen = FenField(label=_("Monthly base (yuan)"), required=False)

    def has_changed(self) -> bool:
        """Only the months decide: a row always has some kind."""
        return any(
            self.data.get(self.add_prefix(name), "").strip()
            for name in ("from_month", "to_month", "months", "base_fen")
        )


RowFormSet = forms.formset_factory(
    RowForm, extra=BLANK_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


class InformationFormForm(MoveForm):
    """`transfer_out` and `correct`: the content of the next version of the form."""

    last_paid_month = MonthField(label=_("Last paid month"))
    benefits_end_on = DayField(label=_("Benefits end on"))
    interrupted = forms.BooleanField(label=_("Contributions were interrupted"), required=False)
    balance_fen = FenField(label=_("Personal account (yuan)"))

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        self.rows = RowFormSet(
            self.data if self.is_bound else None,
            prefix="rows",
            initial=None if self.is_bound else [_initial_row(row) for row in ground.rows],
        )
        if ground.newest is not None:
            for name in ("last_paid_month", "benefits_end_on", "interrupted", "balance_fen"):
                self.fields[name].initial = getattr(ground.newest, name)
        elif ground.balance is not None:
            self.fields["balance_fen"].initial = ground.balance.amount_fen

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.rows.is_valid()])

    def data_for_workflow(self) -> dict[str, Any]:
        rows = [
            RowDraft(
                from_month=row["from_month"],
                to_month=row["to_month"],
                kind=row["kind"],
                base_fen=row["base_fen"] or 0,
                months=row["months"],
            )
            for row in (form.cleaned_data for form in self.rows if form.has_changed())
        ]
        clean = self.cleaned_data
        return {
            "form": FormDraft(
                last_paid_month=clean["last_paid_month"],
                benefits_end_on=clean["benefits_end_on"],
                interrupted=clean["interrupted"],
                balance_fen=clean["balance_fen"],
                rows=rows,
            )
        }


def _initial_row(row: ContributionRow) -> dict[str, Any]:
    names = ("from_month", "to_month", "months", "kind", "base_fen")
    return {name: getattr(row, name) for name in names}
