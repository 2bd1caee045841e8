"""Filters and tags shared by every page: dates, amounts, masking, the reader's own switches."""

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localdate
from django.utils.translation import get_language

from transfers.rules import identity, money
from transfers.status import words
from transfers.status.situation import Office

register = template.Library()

TEXT_COOKIE = "jiexu-text"
LARGE = "large"
CONTRAST_COOKIE = "jiexu-contrast"
HIGH = "high"


@register.filter
def long_date(value: date | datetime | None) -> str:
    """2026年10月15日（周四） / Thu 15 October 2026; of a moment its local day."""
    if value is None:
        return ""
    return words.long_date(localdate(value) if isinstance(value, datetime) else value)


@register.filter
def short_date(value: date | datetime | None) -> str:
    """10月10日（周六） / Sat 10 October."""
    if value is None:
        return ""
    return words.short_date(localdate(value) if isinstance(value, datetime) else value)


@register.filter
def moment(value: datetime | None) -> str:
    """2026年9月24日（周四）16:02 / Thu 24 September 2026, 16:02."""
    return "" if value is None else words.moment(value)


@register.filter
def in_language(told: dict[str, str]) -> str:
    """Whichever of the two sentences, kept as zh and en, the reader's language asks for."""
    return told["zh"] if words.chinese() else told["en"]


@register.filter
def working_days(value: int) -> str:
    """6个工作日 / 6 working days."""
    return words.working_days(value)


@register.filter
def yuan(fen: int | None) -> str:
    """¥1,234.56 from fen."""
    return "" if fen is None else money.yuan(fen)


@register.filter
def mask_name(value: str) -> str:
    """张*"""
    return identity.mask_name(value)


@register.filter
def mask_phone(value: str) -> str:
    """138****0712"""
    return identity.mask_phone(value)


_DIALLED = re.compile(r"\+?[\d() -]*\d")


@register.filter
def tel(phone: str) -> SafeString:
    """A number that a phone dials when it is tapped; an extension is only shown."""
    dialled = _DIALLED.match(phone.strip())
    if dialled is None:
        return conditional_escape(phone)
    return format_html('<a href="tel:{}">{}</a>', re.sub(r"[() -]", "", dialled[0]), phone)


@register.filter
def with_tel(text: str, office: Office | None) -> SafeString:
    """A sentence with the number of this office in it ready to be tapped."""
    shown = conditional_escape(text)
    if office is None or not office.phone:
        return shown
    return mark_safe(shown.replace(conditional_escape(office.phone), tel(office.phone)))


def _wanted(context: template.Context, cookie: str, value: str) -> str:
    """`value` if the reader's cookie says so. Also outside a request (error pages)."""
    request = context.get("request")
    found = request.COOKIES.get(cookie, "") if request is not None else ""
    return value if found == value else ""


@register.simple_tag(takes_context=True)
def text_size(context: template.Context) -> str:
    """The word large if the reader switched to large text."""
    return _wanted(context, TEXT_COOKIE, LARGE)


@register.simple_tag(takes_context=True)
def contrast(context: template.Context) -> str:
    """The word high if the reader switched to high contrast."""
    return _wanted(context, CONTRAST_COOKIE, HIGH)


def _switch(context: template.Context, name: str, to: str) -> str:
    request: Any = context.get("request")
    path = request.get_full_path() if request is not None else "/"
    return f"{reverse(name)}?{urlencode({'to': to, 'next': path}, safe='/')}"


@register.simple_tag(takes_context=True)
def language_switch(context: template.Context) -> str:
    """The address that brings this page back in the other language."""
    return _switch(context, "language", "en" if words.chinese() else "zh-hans")


@register.simple_tag(takes_context=True)
def text_switch(context: template.Context) -> str:
    """The address that brings this page back in the other text size."""
    return _switch(context, "text-size", "standard" if text_size(context) else LARGE)


@register.simple_tag(takes_context=True)
def contrast_switch(context: template.Context) -> str:
    """The address that brings this page back in the other contrast."""
    return _switch(context, "contrast", "standard" if contrast(context) else HIGH)


@register.simple_tag
def html_language() -> str:
    """The value of `lang`: zh-Hans or en."""
    return "zh-Hans" if words.chinese() else (get_language() or "en")
