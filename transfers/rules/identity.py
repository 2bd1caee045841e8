"""Who a number belongs to: resident identity numbers (公民身份号码), and masking.

A number has 18 characters: 6 for the place, 8 for the birth date, 3 for the
order of registration (odd: male), and a check character. The place is

* a county, whose first two digits name the province; 81, 82 and 83 are the
  residence permits of people from Hong Kong, Macau and Taiwan;
* 9, two digits of a province and three of a nationality on foreigners'
  permanent residence cards issued since December 2023;
* 99 and four digits in examples: no province begins with 9, so no such number
  is ever issued, and made-up people can be told from real ones (``is_example``).

Everything here is pure: today's date is an argument.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import uscc

__all__ = [
    "Identity",
    "IdentityError",
    "Sex",
    "check_digit",
    "is_uscc",
    "last4",
    "mask",
    "mask_name",
    "mask_phone",
    "normalise",
    "parse",
]

EXAMPLE_PREFIX = "99"
"""The province of made-up people; never issued."""

_PROVINCES = (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
    "50 51 52 53 54 61 62 63 64 65 71 81 82 83"
)
PROVINCES = frozenset(_PROVINCES.split())
"""Province codes of GB/T 2260, and 83, which residence permits use for Taiwan."""

_PERMITS = frozenset({"81", "82", "83"})

_COMPOUND_SURNAMES = (
    "欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 獨孤 南宫 南宮 万俟 萬俟 闻人 聞人 "
    "夏侯 诸葛 諸葛 尉迟 尉遲 公羊 赫连 赫連 澹台 澹臺 皇甫 宗政 濮阳 濮陽 公冶 太叔 申屠 "
    "公孙 公孫 慕容 仲孙 仲孫 钟离 鍾離 长孙 長孫 宇文 司徒 鲜于 鮮于 司空 闾丘 閭丘 亓官 "
    "司寇 呼延 子车 子車 颛孙 顓孫 巫马 巫馬 公西 漆雕 乐正 樂正 壤驷 壤駟 公良 拓跋 夹谷 "
    "宰父 谷梁 穀梁 段干 百里 东郭 東郭 南门 南門 羊舌 微生 梁丘 左丘 东门 東門 西门 西門 "
    "第五 令狐 达奚 達奚"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND_SURNAMES.split())

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_FORM = re.compile(r"[0-9]{17}[0-9X]")
_MOBILE = re.compile(r"1[0-9]{10}")
_COUNTRY_PREFIX = re.compile(r"(\+|00)86(?=1[0-9]{10}$)")
_FIRST_BIRTH = date(1900, 1, 1)
_STAR = "*"


class Sex(StrEnum):
    """The sex that a number states."""

    FEMALE = "female"
    MALE = "male"


class IdentityError(ValueError):
    """A number that cannot be one. ``code`` is stable, for the caller to translate:

    ``length``, ``characters``, ``province``, ``birth_date`` (no such day, or
    before 1900), ``future_birth``, ``check_digit``. The number itself is never
    in the message.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a valid number says.

    ``province`` is empty for an example, ``county_code`` for a foreigner, whose
    first six digits name no county. ``known_county`` is None where there is
    nothing to compare: no list was given, or the number comes from no county.
    False is worth a warning only: counties are renamed and merged, and people
    keep the number they were given. That digit 17 tells a foreigner's sex as it
    does a resident's is assumed.
    """

    number: str
    province: str
    county_code: str
    birth_on: date
    sex: Sex
    known_county: bool | None

    @property
    def is_example(self) -> bool:
        """True for a made-up person."""
        return self.number.startswith(EXAMPLE_PREFIX)


def normalise(text: str) -> str:
    """Return a number as it is stored: half-width, upper-case, without spaces.

    Invisible characters that come with pasted text go too.
    """
    wide = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in wide if not c.isspace() and unicodedata.category(c) != "Cf")


def parse(number: str, on: date, counties: Container[str] | None = None) -> Identity:
    """Read a resident identity number, in any spelling ``normalise`` takes.

    ``on`` is today: nobody is born after it. ``counties`` are the county codes
    of today, if the caller has them.

    Errors: IdentityError; the first reason in the order its docstring names.
    Source: GB 11643-1999; for the foreigners' card the format in use since 2023.
    """
    text = normalise(number)
    if len(text) != 18:
        raise IdentityError("length")
    if not _FORM.fullmatch(text):
        raise IdentityError("characters")
    province, county_code = _place(text)
    birth_on = _birth(text[6:14])
    if birth_on > on:
        raise IdentityError("future_birth")
    if check_digit(text[:17]) != text[17]:
        raise IdentityError("check_digit")
    return Identity(
        number=text,
        province=province,
        county_code=county_code,
        birth_on=birth_on,
        sex=Sex.MALE if int(text[16]) % 2 else Sex.FEMALE,
        known_county=_known_county(province, county_code, counties),
    )


def check_digit(first17: str) -> str:
    """Return the check character, 0–9 or X, of the first 17 digits.

    Errors: ValueError unless there are 17 digits.
    Source: ISO 7064, MOD 11-2.
    """
    if len(first17) != 17 or not (first17.isascii() and first17.isdigit()):
        raise ValueError("17 digits are needed")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def is_uscc(text: str) -> bool:
    """Tell if a text is a unified social credit code (统一社会信用代码) of an employer.

    Source: GB 32100-2015.
    """
    return bool(uscc.is_valid(normalise(text)))


def mask(number: str) -> str:
    """Return an identity number for print and lists: 3 + 2 characters stay.

    Anything that has not 18 characters is hidden altogether.
    Source: experience.md §2. More than that can be guessed back from the check digit.
    """
    text = normalise(number)
    if len(text) != 18:
        return _STAR * len(text)
    return text[:3] + _STAR * 13 + text[-2:]


def last4(number: str) -> str:
    """Return the last four characters, as staff lists and bank numbers show them.

    Of a number with fewer than eight characters nothing is shown.
    """
    text = normalise(number)
    return text[-4:] if len(text) >= 8 else _STAR * len(text)


def mask_name(name: str) -> str:
    """Return the surname and a star; of a name in Latin letters the first letter.

    A compound surname (欧阳) stays whole if a given name follows it.
    Source: experience.md §2, "public pages show surname + *".
    """
    text = unicodedata.normalize("NFC", name).strip()
    if not text:
        return ""
    surname = text[:2] if text[:2] in COMPOUND_SURNAMES and len(text) > 2 else text[0]
    return surname + _STAR


def mask_phone(phone: str) -> str:
    """Return a mobile number as 138****0712; of others the last four at most.

    The prefix +86 or 0086, spaces and hyphens are dropped.
    """
    text = _COUNTRY_PREFIX.sub("", normalise(phone).replace("-", ""))
    if _MOBILE.fullmatch(text):
        return f"{text[:3]}****{text[-4:]}"
    return _STAR * (len(text) - 4) + text[-4:] if len(text) >= 8 else _STAR * len(text)


def mask_email(address: str) -> str:
    """Return an address as z***@example.org; what is no address is hidden altogether."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if name and at else _STAR * len(address)


def _place(text: str) -> tuple[str, str]:
    """Return the codes of province and county, either empty where there is none."""
    if text.startswith(EXAMPLE_PREFIX):
        return "", text[:6]
    foreign = text[0] == "9"
    province = text[1:3] if foreign else text[:2]
    if province not in PROVINCES:
        raise IdentityError("province")
    return province, "" if foreign else text[:6]


def _known_county(province: str, county: str, counties: Container[str] | None) -> bool | None:
    from_a_county = province and county and province not in _PERMITS
    return county in counties if counties is not None and from_a_county else None


def _birth(digits: str) -> date:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise IdentityError("birth_date") from None
    if born < _FIRST_BIRTH:
        raise IdentityError("birth_date")
    return born
