"""Loading a year's holiday notice, and moving the due day of every open step it touches.

Paused steps have no due day and are dated when they resume. Every case with a step that moved gets
one event, which says what moved and by which notice (`moves`).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import plugs
from ..models.calendar import Calendar, CalendarNotice
from ..models.regions import NATION, Agency, Region
from ..models.steps import Step
from ..rules.notices import Notice, read_notice
from ..rules.working_days import Day
from . import calendar_rows
from .moves import Moved, redate


class CannotLoad(ValueError):  # noqa: N818 - a name callers read as a sentence
    """A well-formed file that does not fit this calendar; the message is for whoever loads it."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a notice did, or would do. `changed` is False when it was loaded before."""

    notice: Notice
    calendar: str
    changed: bool
    moved: Moved = field(default_factory=Moved)


Preview = Loaded


def load(text: str, pool: str | None = None, *, at: datetime) -> Loaded:
    """Load one year's notice into the nation's calendar, or `pool`'s, and re-date open steps.

    A pool's calendar is the nation's with the pool's own days laid over it. The same file a second
    time changes nothing; another file for the same year is an amendment and replaces it.
    Errors: NoticeError for a malformed file, CannotLoad for one that does not fit; nothing written.
    """
    notice = read_notice(text.splitlines(), holidays_required=pool is None)
    with transaction.atomic():
        loaded = _load(notice, text, pool, at)
    if loaded.changed:
        # A case submitted while that transaction ran was still dated by the old calendar.
        correct(at)
    return loaded


def preview(text: str, pool: str | None = None, *, at: datetime) -> Preview:
    """What `load` would do, found out by doing it and rolling back. Errors: as `load`."""
    notice = read_notice(text.splitlines(), holidays_required=pool is None)
    with transaction.atomic():
        loaded = _load(notice, text, pool, at)
        transaction.set_rollback(True)
    return loaded


def correct(at: datetime) -> Moved:
    """Re-date every running step whose stored dates are not what its calendar says.

    Finds nothing but steps that were opened while a notice was being loaded.
    """
    with transaction.atomic():
        newest = CalendarNotice.objects.order_by("-loaded_at", "-year").first()
        if newest is None:
            return Moved()
        codes = list(Calendar.objects.order_by("pk").values_list("pk", flat=True))
        _attach_steps(code for code in codes if code != NATION)
        return _redate(codes, newest.number, newest.title, at)


def _redate(codes: Iterable[str], number: str, title: str, at: datetime) -> Moved:
    """The open steps, and what other applications date. Counted are the steps."""
    moved = redate(codes, number, title, at)
    for plug in plugs.redate:
        plug(f"{number} {title}".strip(), at)
    return moved


def notice_row(calendar: Calendar, notice: Notice, text: str, at: datetime) -> CalendarNotice:
    """The unsaved row that remembers which file fixed a year."""
    return CalendarNotice(
        calendar=calendar,
        year=notice.year,
        number=notice.number,
        title=notice.title,
        published_on=notice.published_on,
        source=notice.source,
        verified=notice.verified,
        checksum=_checksum(text),
        loaded_at=at,
    )


def _checksum(text: str) -> str:
    """The same for files that differ only in how their lines end."""
    return hashlib.sha256("\n".join(text.splitlines()).encode()).hexdigest()


def _load(notice: Notice, text: str, pool: str | None, at: datetime) -> Loaded:
    nation = Calendar.objects.select_for_update(no_key=True).filter(pk=NATION).first()
    if nation is None or not CalendarNotice.objects.filter(calendar=nation).exists():
        raise CannotLoad(gettext_lazy("There is no calendar yet. Run load_reference first."))
    calendar = nation if pool is None else _pool_calendar(pool, nation, at)
    stored = CalendarNotice.objects.filter(calendar=calendar, year=notice.year).first()
    if stored is not None and stored.checksum == _checksum(text):
        return Loaded(notice, calendar.pk, changed=False)
    years = set(CalendarNotice.objects.filter(calendar=nation).values_list("year", flat=True))
    first = date(notice.year, 1, 1)
    if pool is None:
        _check_year(notice.year, years)
        _write_nation(nation, notice, years, at)
    else:
        if not calendar_rows.FIRST <= first <= date(max(years) + calendar_rows.YEARS_AHEAD, 1, 1):
            raise CannotLoad(_out_of_reach(notice.year, min(years), max(years)))
        own = calendar_rows.own_days(calendar, nation, first)
        kept = {day: row for day, row in own.items() if day.year != notice.year}
        _write_pool(calendar, nation, first, kept | {row.day: row for row in notice.days})
    if stored is not None:
        stored.delete()
    notice_row(calendar, notice, text, at).save(force_insert=True)
    codes = [calendar.pk]
    if pool is None:
        codes += Calendar.objects.exclude(pk=NATION).order_by("pk").values_list("pk", flat=True)
    _attach_steps(code for code in codes if code != NATION)
    moved = _redate(codes, notice.number, notice.title, at)
    return Loaded(notice, calendar.pk, changed=True, moved=moved)


def _check_year(year: int, years: set[int]) -> None:
    if not min(years) <= year <= max(years) + 1:
        raise CannotLoad(_out_of_reach(year, min(years), max(years) + 1))


def _out_of_reach(year: int, first: int, last: int) -> str | Promise:
    return _(
        "The calendar can take the years %(first)s to %(last)s; %(year)s would leave a gap."
    ) % {"year": year, "first": first, "last": last}


def _write_nation(nation: Calendar, notice: Notice, years: set[int], at: datetime) -> None:
    first = date(notice.year, 1, 1)
    last_year = max(*years, notice.year)
    own = {
        pool: calendar_rows.own_days(pool, nation, first)
        for pool in Calendar.objects.exclude(pk=NATION)
        .select_for_update(no_key=True)
        .order_by("pk")
    }
    days = {
        day: row
        for day, row in calendar_rows.exceptions_of(nation, first).items()
        if day.year != notice.year
    } | {row.day: row for row in notice.days}
    nation.published_until = date(last_year, 12, 31)
    nation.version += 1
    calendar_rows.write(nation, first, calendar_rows.last_day(last_year, localdate(at)), days)
    nation.save(update_fields=["published_until", "version"])
    for pool, rows in own.items():
        _write_pool(pool, nation, first, rows)


def _write_pool(pool: Calendar, nation: Calendar, first: date, own: dict[date, Day]) -> None:
    """Write a pool's days from `first` on: the nation's, with its own laid over them."""
    last = nation.days.order_by("-day").values_list("day", flat=True)[:1].get()
    days = calendar_rows.exceptions_of(nation, first) | own
    calendar_rows.write(pool, first, last, days)
    pool.published_until = nation.published_until
    pool.version += 1
    pool.save(update_fields=["published_until", "version"])


def _pool_calendar(code: str, nation: Calendar, at: datetime) -> Calendar:
    """The calendar of a pool; made as a copy of the nation's when it has none."""
    region = Region.objects.filter(pk=code).first()
    if region is None or not region.is_pool:
        raise CannotLoad(_("%(code)s is not the code of a pool.") % {"code": code})
    found = Calendar.objects.select_for_update(no_key=True).filter(pk=code).first()
    if found is not None:
        return found
    pool = Calendar.objects.create(region=region, published_until=nation.published_until, version=0)
    _write_pool(pool, nation, calendar_rows.FIRST, {})
    return pool


def _attach_steps(pools: Iterable[str]) -> None:
    """Let the open steps that agencies of these pools owe count by their pool's calendar."""
    for code in pools:
        agencies = Agency.objects.filter(region_id=code).values("pk")
        Step.objects.open().filter(agency__in=agencies).exclude(calendar_id=code).update(
            calendar_id=code
        )
