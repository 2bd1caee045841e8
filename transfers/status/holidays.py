"""Which days a deadline skips and which weekends it counts, in words."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from ..rules.working_days import DayKind, Explained, WorkingCalendar
from .words import chinese, listing, short_date, span

# The calendar's own names, as the State Council writes them, with their English.
_HOLIDAYS = {
    "元旦": gettext_noop("New Year"),
    "春节": gettext_noop("Spring Festival"),
    "清明节": gettext_noop("Qingming Festival"),
    "劳动节": gettext_noop("Labour Day"),
    "端午节": gettext_noop("Dragon Boat Festival"),
    "中秋节": gettext_noop("Mid-Autumn Festival"),
    "国庆节": gettext_noop("National Day"),
    "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日": gettext_noop("Victory Day"),
}


def _name(name: str) -> str:
    """A holiday's name in the active language. In Chinese as the calendar has it, new ones too."""
    if chinese():
        return name or _("Public holiday")
    known = [_HOLIDAYS[part] for part in name.split("、") if part in _HOLIDAYS]
    return listing([_(each) for each in known]) or _("Public holiday")


def explanations(calendar: WorkingCalendar, since: date, days: int) -> list[str]:
    """One clause a holiday, closure and make-up day between day zero and the due day, in order.

    `国庆节 10月1日–7日不计`, `10月10日（周六）调休上班，计入`. Ordinary weekends go without saying.
    """
    clauses: list[str] = []
    run: list[Explained] = []
    for day in calendar.explain(since, days):
        if run and not _continues(run[-1], day):
            clauses.append(_skipped(run))
            run = []
        if day.why.kind in (DayKind.HOLIDAY, DayKind.CLOSURE):
            run.append(day)
        elif day.why.kind is DayKind.MAKEUP:
            clauses.append(
                _("%(day)s is worked to make up for a holiday and counts")
                % {"day": short_date(day.day)}
            )
    if run:
        clauses.append(_skipped(run))
    return clauses


def _continues(before: Explained, day: Explained) -> bool:
    same = (before.why.kind, before.why.name) == (day.why.kind, day.why.name)
    return same and day.day - before.day == timedelta(days=1)


def _skipped(run: list[Explained]) -> str:
    first, last = run[0], run[-1]
    when = span(first.day, last.day)
    if first.why.kind is DayKind.CLOSURE:
        return ngettext(
            "the office is closed on %(days)s, which does not count",
            "the office is closed on %(days)s, which do not count",
            len(run),
        ) % {"days": when}
    return ngettext(
        "%(holiday)s, %(days)s, does not count",
        "%(holiday)s, %(days)s, do not count",
        len(run),
    ) % {"holiday": _name(first.why.name), "days": when}


def why(day: Explained) -> str:
    """Why a day counts or does not, in a word or two: 周末, 国庆节, 调休上班."""
    kind = day.why.kind
    if kind is DayKind.HOLIDAY:
        return _name(day.why.name)
    if kind is DayKind.MAKEUP:
        return _("Worked to make up for a holiday")
    if kind is DayKind.CLOSURE:
        return _("The office is closed")
    return _("Weekend") if kind is DayKind.WEEKEND else _("Working day")


def notices(days: Iterable[Explained]) -> list[str]:
    """The numbers of the notices that the days' holidays and make-up days come from, in order."""
    return list(dict.fromkeys(day.why.notice for day in days if day.why.notice))


def provisional_years(calendar: WorkingCalendar, until: date) -> list[int]:
    """The years up to a day whose holidays are not published yet."""
    first = calendar.published_until.year + 1
    return list(range(first, until.year + 1))
