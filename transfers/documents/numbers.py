"""Numbers of papers: kind + day + eight random digits + a check character, e.g. XB20251021-30718842K.

The kind is two letters of its Chinese name. The random part gives away no counts; the check
character (ISO 7064, MOD 37-36) catches one that was misread or two that were swapped.
"""

import secrets
import unicodedata
from datetime import date

from stdnum.iso7064 import mod_37_36

from ..models.papers import Paper

_LETTERS = {
    Paper.Kind.RECEIPT: "HZ",  # 回执
    Paper.Kind.CERTIFICATE: "PZ",  # 凭证
    Paper.Kind.INFORMATION_FORM: "XB",  # 信息表
    Paper.Kind.SUPPLEMENT_NOTICE: "BZ",  # 补正
    Paper.Kind.REJECTION_NOTICE: "BY",  # 不予受理
    Paper.Kind.COMPLETION_NOTICE: "BJ",  # 办结
    Paper.Kind.ARREARS_QUOTE: "HD",  # 核定
    Paper.Kind.PAYMENT_RECEIPT: "SJ",  # 收据
}
_HEAD, _TAIL = 10, 9


def new_number(kind: Paper.Kind, on: date) -> str:
    """A number that is very likely free; the database has the last word."""
    body = f"{_LETTERS[kind]}{on:%Y%m%d}{secrets.randbelow(100_000_000):08d}"
    return f"{body[:_HEAD]}-{body[_HEAD:]}{mod_37_36.calc_check_digit(body)}"


def normalise(text: str) -> str:
    """A number as typed by a person, as it is stored: half-width, upper-case, one hyphen."""
    wide = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(each for each in wide if each.isascii() and each.isalnum())
    return f"{plain[:_HEAD]}-{plain[_HEAD:]}"[:40]


def is_number(text: str) -> bool:
    """Whether `text` has the form of a paper's number and its check character is right."""
    head, dash, tail = text.partition("-")
    return (
        bool(dash)
        and len(head) == _HEAD
        and len(tail) == _TAIL
        and text.isascii()
        and head[:2] in _LETTERS.values()
        and head[2:].isdigit()
        and tail[:-1].isdigit()
        and bool(mod_37_36.is_valid(head + tail))
    )
