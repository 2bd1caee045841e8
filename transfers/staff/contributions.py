"""Forms about contribution months: the information form as its maker types it, and the merge."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..intake.fields import FenField, MonthField
from ..models import Contribution, ContributionRow
from ..rules.months import covered, doubled, interrupted, spelled
from ..rules.states import Side
from ..workflow import merging
from ..workflow.forms import FormDraft, RowDraft
from .fields import DayField, long_text
from .forms import Ground, MoveForm
from .month_grid import Grid, grid_of

BLANK_ROWS = 6
MOST_ROWS = 60
FIRST_MONTH = date(1949, 10, 1)  # no record of work reaches further back


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

    def clean_from_month(self) -> date | None:
        return _within_a_lifetime(self.cleaned_data["from_month"])

    def clean_to_month(self) -> date | None:
        return _within_a_lifetime(self.cleaned_data["to_month"])

    def draft(self) -> RowDraft:
        """The row as the workflow takes it, once it is valid."""
        return RowDraft(**self._values())

    def _values(self) -> dict[str, Any]:
        row = self.cleaned_data
        names = ("from_month", "to_month", "kind", "months")
        return {"base_fen": row["base_fen"] or 0, **{name: row[name] for name in names}}

    def has_changed(self) -> bool:
        """Only the months decide: a row always has some kind."""
        return any(
            self.data.get(self.add_prefix(name), "").strip()
            for name in ("from_month", "to_month", "months", "base_fen")
        )


def _within_a_lifetime(month: date | None) -> date | None:
    latest = date(localdate().year + 1, 12, 1)
    if month is not None and not FIRST_MONTH <= month <= latest:
        raise ValidationError(
            _("Enter a month from %(first)s to %(last)s."),
            code="range",
            params={"first": f"{FIRST_MONTH:%Y-%m}", "last": f"{latest:%Y-%m}"},
        )
    return month


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
        if self.is_bound:
            self.rows = RowFormSet(self.data, prefix="rows")
            return
        application = ground.application
        own = merging.for_the_form(application, merging.record_of(application, Side.ORIGIN))
        known = own or ground.rows
        self.rows = RowFormSet(prefix="rows", initial=[initial_row(row) for row in known])
        if ground.newest is not None:
            for name in ("last_paid_month", "benefits_end_on", "interrupted", "balance_fen"):
                self.fields[name].initial = getattr(ground.newest, name)
        elif ground.balance is not None:
            self.fields["balance_fen"].initial = ground.balance.amount_fen
        self.from_record = bool(own)
        if own:
            spans = merging.spans_of(own)
            self.fields["last_paid_month"].initial = max(covered(spans))
            self.fields["interrupted"].initial = interrupted(spans)
            self.twice = spelled(doubled(spans))

    from_record = False  # whether the rows come from the origin's record
    twice = ""  # the months that the record has twice, to be settled before the form is handed over

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.rows.is_valid()])

    def data_for_workflow(self) -> dict[str, Any]:
        clean = self.cleaned_data
        return {
            "form": FormDraft(
                last_paid_month=clean["last_paid_month"],
                benefits_end_on=clean["benefits_end_on"],
                interrupted=clean["interrupted"],
                balance_fen=clean["balance_fen"],
                rows=[form.draft() for form in self.rows if form.has_changed()],
            )
        }


def initial_row(row: ContributionRow | Contribution) -> dict[str, Any]:
    names = ("from_month", "to_month", "months", "kind", "base_fen")
    return {name: getattr(row, name) for name in names}


class MergeForm(MoveForm):
    """`transfer_in`: the months as the rule counts them, to be confirmed.

    `merged_months` comes back as the page showed it, so that nobody confirms a number that has
    changed meanwhile.
    """

    merged_months = forms.IntegerField(
        label=_("Months to add"), widget=forms.HiddenInput, required=False
    )
    text = forms.CharField(
        label=_("How the months insured twice were settled"),
        max_length=1000,
        required=False,
        widget=long_text(2),
    )

    def __init__(self, ground: Ground, *args: Any, **kwargs: Any) -> None:
        super().__init__(ground, *args, **kwargs)
        application = ground.application
        self.held = merging.record_of(application, Side.DESTINATION)
        self.report = merging.report_of(application, ground.rows, self.held)
        if self.report.overlaps:
            self.fields["text"].required = True
        else:
            del self.fields["text"]

    def known_so_far(self) -> dict[str, Any]:
        """The months are known before anything is typed."""
        return {
            **super().known_so_far(),
            "merged_months": self.report.added,
            "cumulative_months": self.report.cumulative,
        }

    @property
    def doubled_held(self) -> str:
        return spelled(self.report.doubled_held)

    @property
    def grid(self) -> Grid | None:
        """The destination's months and the form's in one picture."""
        return grid_of([*merging.spans_of(self.held), *merging.spans_of(self.ground.rows)])

    def data_for_workflow(self) -> dict[str, Any]:
        return {
            "merged_months": self.cleaned_data["merged_months"],
            "text": self.cleaned_data.get("text", ""),
        }
