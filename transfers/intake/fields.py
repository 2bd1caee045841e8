"""Form fields for months and amounts, as people write them. One pair for every form."""

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

_MONTH = re.compile(r"([0-9]{4})\D{0,3}([0-9]{1,2})\D?")
_YUAN = re.compile(r"[¥￥]?-?[0-9,]{1,14}(\.[0-9]{1,2})?")


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value or "")).strip()


class MonthField(forms.Field):
    """A month as its first day, None when left empty: 2025-01, 2025/1, 202501, 2025年1月.

    A browser without a picker of months shows a line of text, which is read just the same.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"type": "month", "placeholder": "2025-01"})
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value

    def to_python(self, value: Any) -> date | None:
        text = _plain(value)
        if not text:
            return None
        found = _MONTH.fullmatch(text)
        if found is None or not 1 <= int(found[2]) <= 12 or not int(found[1]):
            raise ValidationError(_("Enter a year and a month, such as 2025-01."), code="invalid")
        return date(int(found[1]), int(found[2]), 1)


class FenField(forms.Field):
    """An amount typed in yuan; its value is whole fen, None when left empty."""

    def __init__(self, *, least_fen: int = 0, **kwargs: Any) -> None:
        """`least_fen`: what lies below it is refused here, as out of range."""
        self.least_fen = least_fen
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100}.{value % 100:02d}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        text = _plain(value)
        if not text:
            return None
        try:
            amount = fen(text) if _YUAN.fullmatch(text) else None
        except ValueError:  # commas alone
            amount = None
        if amount is None:
            raise ValidationError(
                _("Enter an amount in yuan with at most two decimals, such as 6000 or 6000.50."),
                code="invalid",
            )
        if not self.least_fen <= amount <= MOST_FEN:
            raise ValidationError(_("This amount is out of range."), code="range")
        return amount
