"""Words that several papers share: days, offices, who it is about."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from ...models.people import Sex
from ...models.regions import in_language
from ...rules.capitals import in_capitals
from ...rules.money import yuan
from ...rules.states import Scheme
from ...status import words
from .blocks import Amount, Fact, Facts


def long_day(day: str) -> str:
    return words.long_date(date.fromisoformat(day))


def due_day(due: dict[str, Any] | None) -> str:
    """A due day; one that rests on a year whose holidays were not published yet says so."""
    if due is None:
        return ""
    day = long_day(due["on"])
    return _("about %(day)s (estimated)") % {"day": day} if due["provisional"] else day


def month_of(month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    if words.chinese():
        return f"{first.year}年{first.month}月"
    return f"{first:%B %Y}"


def office_of(office: dict[str, Any]) -> str:
    return in_language(office["office_zh"], office["office_en"])


def contact_of(issuer: dict[str, Any]) -> str:
    hours = in_language(issuer["hours_zh"], issuer["hours_en"])
    return " · ".join(part for part in (issuer["phone"], hours) if part)


def place_of(place: dict[str, Any]) -> str:
    return in_language(place["zh"], place["en"])


def scheme_of(code: str) -> str:
    return str(Scheme(code).label)


def facts(*pairs: tuple[str, str], heading: str = "") -> Facts:
    """What has a value; a field that nothing is known of is left out."""
    return Facts(tuple(Fact(label, value) for label, value in pairs if value), heading)


def amount(label: str, fen: int) -> Amount:
    return Amount(label, yuan(fen), in_capitals(fen))


def person(content: dict[str, Any], *more: tuple[str, str], in_full: bool = False) -> Facts:
    """Who the paper is about, what it belongs to, and `more`. `in_full`: sex, year of birth."""
    person, relation = content["person"], content["relation"]
    born: tuple[tuple[str, str], ...] = ()
    if in_full:
        born = (
            (_("Sex"), str(Sex(person["sex"]).label)),
            (_("Year of birth"), str(person["birth_year"])),
        )
    way: tuple[tuple[str, str], ...] = ()
    if relation is not None:
        schemes = list(dict.fromkeys([relation["scheme_from"], relation["scheme_to"]]))
        places = f"{place_of(relation['origin'])} → {place_of(relation['destination'])}"
        way = (
            (_("Scheme"), " → ".join(scheme_of(each) for each in schemes)),
            (_("From → to"), places),
        )
    return facts(
        (_("Name"), person["name"]),
        (_("Identity number"), person["id_number"]),
        *born,
        *way,
        (_("Reference number"), content["reference"]),
        *more,
    )


def hotline_of(content: dict[str, Any]) -> str:
    issuer = content["issuer"]
    return issuer["hotline"] or issuer["phone"]
