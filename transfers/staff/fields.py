"""Form fields for what staff type: amounts in yuan, months, days."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..rules.ledger import MOST_FEN
from ..rules.money import fen

_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")


class DayField(forms.DateField):
    """A date, picked in the browser's own way; typed as 2026-10-15 where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"])
        kwargs.setdefault("error_messages", {"invalid": _("Enter a date as 2026-10-15.")})
        super().__init__(**kwargs)


class MonthField(forms.CharField):
    """A month; its value is the first day. Takes 2026-10, 2026/10 and 2026年10月."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"type": "month", "placeholder": "2026-10"})
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value

    def to_python(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", super().to_python(value)).strip()
        if not text:
            return None
        found = _MONTH.fullmatch(text)
        try:
            if found is None:
                raise ValueError(text)
            return date(int(found[1]), int(found[2]), 1)
        except ValueError:
            raise ValidationError(_("Enter a month as 2026-10."), code="invalid") from None

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Text validators do not apply to a date."""


class FenField(forms.CharField):
    """An amount typed in yuan; its value is whole fen, None when left empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100}.{value % 100:02d}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            amount = fen(text)
        except ValueError:
            raise ValidationError(
                _("Enter an amount in yuan with at most two decimals, such as 1234.56."),
                code="invalid",
            ) from None
        if not 0 <= amount <= MOST_FEN:
            raise ValidationError(_("This amount is out of range."), code="range")
        return amount

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Text validators do not apply to an amount."""


def long_text(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})
