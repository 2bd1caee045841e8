"""One cell of a batch: what it means, or how a spreadsheet has damaged it.

Every function takes the text of a cell, normalised by `half_width`, and returns the value; or raises
Damaged with a code and a sentence.
"""

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from ...rules import identity
from ...workflow import contact
from .columns import SCHEMES

_EXPONENT = re.compile(r"\d+(\.\d+)?[eE]\+?\d{1,2}")
_WHOLE = re.compile(r"(\d+)\.0+")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0{1,2}:00(?::00)?)?")
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"[2-6]\d{4}")
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!")
_INNER_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")


class Damaged(Exception):  # noqa: N818 - what is wrong with the cell
    def __init__(self, code: str, sentence: Any, **values: Any) -> None:
        super().__init__(code)
        self.code, self.sentence, self.values = code, sentence, values


def half_width(text: str) -> str:
    """With digits and letters of one width; spaces around it and invisible characters go."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(each for each in plain if unicodedata.category(each) != "Cf").strip()


def check(text: str) -> None:
    """Raises Damaged for what no column holds: formulas and the errors they end in."""
    if text.lstrip("'`").startswith("="):
        raise Damaged(
            "formula",
            _("%(column)s holds a formula. Copy the column and paste it as values."),
        )
    if text.upper() in _ERRORS:
        raise Damaged(
            "error_value",
            _("%(column)s holds the error %(error)s of the spreadsheet. Enter the value itself."),
            error=text.upper(),
        )


def name(text: str) -> str:
    """A name; Chinese ones that were spread with spaces are closed up."""
    return _INNER_SPACE.sub("", text)


def id_number(text: str) -> str:
    if _EXPONENT.fullmatch(text):
        raise Damaged(
            "id_exponent",
            _(
                "The ID number became %(seen)s. Set the column to “text” and enter the number again."
            ),
            seen=f"{float(text):.2E}",
        )
    number = identity.normalise(_without_point(text))
    if len(number) == 18 and number.endswith("000") and not _is_right(number):
        raise Damaged(
            "id_rounded",
            _("The last digits of the ID number became 000. Set the column to “text” and enter the number again."),
        )  # fmt: skip
    return number


def _is_right(number: str) -> bool:
    return number[:17].isdigit() and identity.check_digit(number[:17]) == number[17]


def _without_point(text: str) -> str:
    found = _WHOLE.fullmatch(text)
    return found[1] if found else text


def place(text: str) -> str:
    """The name or the code of a place; a code is always whole."""
    code = _without_point(text)
    _no_exponent(code)
    if code.isdigit() and len(code) != 6:
        raise Damaged(
            "code_short",
            _("%(column)s: the code has %(n)d digits instead of 6, zeros were lost. Set the column to “text” and enter it again."),
            n=len(code),
        )  # fmt: skip
    return code


def scheme(text: str) -> str:
    """The scheme's value; what is no scheme stays as it is, for the rules to refuse."""
    return str(SCHEMES.get(text.replace(" ", "").casefold(), text))[:40]


def phone(text: str) -> str:
    _no_exponent(text)
    return contact.phone_of(_without_point(text))[:20]


def _no_exponent(text: str) -> None:
    if _EXPONENT.fullmatch(text):
        raise Damaged(
            "exponent",
            _("%(column)s became %(seen)s. Set the column to “text” and enter it again."),
            seen=f"{float(text):.2E}",
        )


def day(text: str, today: date) -> date:
    """A past day: 2026-08-31, 2026/8/31, 2026.8.31, 20260831 or 2026年8月31日."""
    whole = _without_point(text)
    if _SERIAL.fullmatch(whole):
        meant = _EXCEL_DAY_ZERO + timedelta(days=int(whole))
        raise Damaged(
            "date_serial",
            _("%(column)s became the number %(seen)s (that would be %(day)s). Set the column to “text” and enter the date again."),
            seen=whole, day=meant.isoformat(),
        )  # fmt: skip
    found = _DATE.fullmatch(whole) or _DAY.fullmatch(whole)
    try:
        meant = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        meant = None
    if meant is None or meant.year < 1950:
        raise Damaged("date", _("%(column)s is not a date. Enter it like 2026-08-31."))
    if meant > today:
        raise Damaged("future", _("%(column)s: this day is still to come."))
    return meant
