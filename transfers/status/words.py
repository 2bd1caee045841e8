"""Dates, spans and lists as the active language writes them.

`2026年10月15日（周四）` and `Thu 15 October 2026`. Every day is a local date, every moment is turned
into Asia/Shanghai by the project's time zone.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAYS_ZH = "一二三四五六日"


def chinese() -> bool:
    """Whether the reader's language is Chinese."""
    return (get_language() or "zh").startswith("zh")


def long_date(day: date) -> str:
    """2026年10月15日（周四） / Thu 15 October 2026."""
    if chinese():
        return f"{day.year}年{day.month}月{day.day}日（周{_WEEKDAYS_ZH[day.weekday()]}）"
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """10月10日（周六） / Sat 10 October: where the year goes without saying."""
    if chinese():
        return f"{day.month}月{day.day}日（周{_WEEKDAYS_ZH[day.weekday()]}）"
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def long_month(day: date) -> str:
    """2026年10月 / October 2026."""
    if chinese():
        return f"{day.year}年{day.month}月"
    return f"{MONTHS[day.month - 1]} {day.year}"


def span(first: date, last: date) -> str:
    """10月1日–7日 / 1–7 October; one day without the dash."""
    if chinese():
        start = f"{first.month}月{first.day}日"
        if first == last:
            return start
        if first.month == last.month:
            return f"{start}–{last.day}日"
        return f"{start}–{last.month}月{last.day}日"
    end = f"{last.day} {MONTHS[last.month - 1]}"
    if first == last:
        return end
    if first.month == last.month:
        return f"{first.day}–{end}"
    return f"{first.day} {MONTHS[first.month - 1]} – {end}"


def moment(at: datetime) -> str:
    """2026年9月24日（周四）16:02 / Thu 24 September 2026, 16:02."""
    local = localtime(at)
    separator = "" if chinese() else ", "
    return f"{long_date(local.date())}{separator}{local:%H:%M}"


def listing(names: Sequence[str]) -> str:
    """甲、乙和丙 / a, b and c."""
    if not names:
        return ""
    if len(names) == 1:
        return names[0]
    head = pgettext("between the items of a list", ", ").join(names[:-1])
    return _("%(items)s and %(last)s") % {"items": head, "last": names[-1]}


def inside(label: str) -> str:
    """A label as it stands inside a sentence: in English without its capital."""
    return label if chinese() else label[:1].lower() + label[1:]


def sentences(*parts: str) -> str:
    """Sentences of one paragraph: with a space between them in English, without in Chinese."""
    return ("" if chinese() else " ").join(part for part in parts if part)


def working_days(n: int) -> str:
    """6个工作日 / 6 working days."""
    return ngettext("%(n)d working day", "%(n)d working days", n) % {"n": n}


def years_and_months(months: int) -> str:
    """8年4个月 / 8 years 4 months; a part that is nought is left out."""
    years, rest = divmod(months, 12)
    parts = []
    if years:
        parts.append(ngettext("%(n)d year", "%(n)d years", years) % {"n": years})
    if rest or not years:
        parts.append(ngettext("%(n)d month", "%(n)d months", rest) % {"n": rest})
    return ("" if chinese() else " ").join(parts)
