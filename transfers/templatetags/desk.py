"""Filters of the staff pages: short days, the last four characters, a field with its label and error."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from transfers.rules import identity
from transfers.status import words

register = template.Library()

_WEEKDAYS_ZH = "一二三四五六日"


@register.filter
def brief_day(value: date | datetime | None, today: date | None = None) -> str:
    """10-15 周四 / Thu 15 Oct; with the year where it is not that of `today`."""
    if value is None:
        return ""
    day = localdate(value) if isinstance(value, datetime) else value
    other_year = today is not None and day.year != today.year
    if words.chinese():
        text = f"{day:%m-%d} 周{_WEEKDAYS_ZH[day.weekday()]}"
        return f"{day.year}-{text}" if other_year else text
    text = f"{day:%a} {day.day} {day:%b}"
    return f"{text} {day.year}" if other_year else text


@register.filter
def brief_moment(value: datetime | None, today: date | None = None) -> str:
    """10-15 周四 16:02 / Thu 15 Oct 16:02."""
    if value is None:
        return ""
    return f"{brief_day(value, today)} {localtime(value):%H:%M}"


@register.filter
def clock_time(value: datetime | None) -> str:
    return "" if value is None else f"{localtime(value):%H:%M}"


@register.filter
def last4(value: str) -> str:
    """…004X: what staff lists show of an identity or account number."""
    return f"…{identity.last4(value)}" if value else ""


@register.filter
def month(value: date | None) -> str:
    """2026-10: a contribution month."""
    return "" if value is None else f"{value:%Y-%m}"


@register.filter
def yes_no(value: object) -> str:
    return _("Yes") if value else _("No")


@register.filter
def described_by(bound: Any) -> str:
    """The ids of a field's hint and error, in the order they are read."""
    ids = []
    if bound.help_text:
        ids.append(f"{bound.auto_id}_hint")
    if bound.errors:
        ids.append(f"{bound.auto_id}_error")
    return " ".join(ids)


@register.simple_tag
def control(bound: Any) -> str:
    """A field's input, tied to its hint and error, and marked when it is wrong or required."""
    attrs: dict[str, Any] = {}
    ids = described_by(bound)
    if ids:
        attrs["aria-describedby"] = ids
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return str(bound.as_widget(attrs=attrs))


@register.filter
def widget_kind(bound: Any) -> str:
    """checkbox, checkboxes or plain: how a field is laid out."""
    name = type(bound.field.widget).__name__
    return {"CheckboxInput": "checkbox", "CheckboxSelectMultiple": "checkboxes"}.get(name, "plain")
