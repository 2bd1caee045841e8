"""The working calendar, year by year, and loading the notice that fixes a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from ..deadlines import redate
from ..deadlines.sentences import problem_sentences
from ..models import NATION, Calendar, CalendarDay, CalendarNotice, Region
from ..models.calendar import DAY_KINDS
from ..rules.notices import NoticeError
from ..rules.working_days import DayKind
from ..status.words import chinese
from .access import EVERYBODY, editable_regions, for_roles
from .desk import Desk, desk_of
from .pages import page_context

MOST_BYTES = 64 * 1024  # a year's notice has some forty lines


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the grid; `day` None pads the first week."""

    day: date | None
    kind: str = ""
    name: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    label: str
    weeks: list[list[Cell]]
    working: int


def grid_of(calendar: Calendar, year: int) -> list[Month]:
    """Twelve months of weeks from Monday on. One query."""
    stored = {
        row.day: row
        for row in CalendarDay.objects.filter(
            calendar=calendar, day__range=(date(year, 1, 1), date(year, 12, 31))
        )
    }
    months = []
    for number in range(1, 13):
        cells = [_cell(day, stored.get(day), calendar) for day in _days(year, number)]
        working = sum(cell.kind in ("workday", "makeup") for cell in cells)
        first = date(year, number, 1)
        padded = [Cell(None)] * first.weekday() + cells
        padded += [Cell(None)] * (-len(padded) % 7)
        weeks = [padded[start : start + 7] for start in range(0, len(padded), 7)]
        label = f"{number}月" if chinese() else f"{first:%B}"
        months.append(Month(label, weeks, working))
    return months


def _days(year: int, month: int) -> Iterator[date]:
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += timedelta(days=1)


def _cell(day: date, row: CalendarDay | None, calendar: Calendar) -> Cell:
    provisional = day > calendar.published_until
    if row is None:
        kind = DayKind.WORKDAY if day.weekday() < 5 else DayKind.WEEKEND
        return Cell(day, kind.value, "", True)
    return Cell(day, row.kind, row.name, provisional)


def _own_calendars() -> QuerySet[Calendar]:
    return Calendar.objects.select_related("region").order_by("pk")


@require_GET
@for_roles(EVERYBODY)
def calendar(request: HttpRequest) -> HttpResponse:
    """The year grid of the nation's calendar, or of a pool that has its own."""
    desk = desk_of(request)
    calendars = {each.pk: each for each in _own_calendars()}
    own = desk.agency.region_id if desk.agency is not None else NATION
    shown = calendars.get(request.GET.get("place", "")) or calendars.get(own)
    shown = shown or calendars.get(NATION)
    context = _calendar_context(request, desk, shown, list(calendars.values()))
    context["form"] = NoticeForm(desk) if _may_load(desk) else None
    return render(request, "staff/calendar.html", context)


def _calendar_context(
    request: HttpRequest, desk: Desk, shown: Calendar | None, calendars: list[Calendar]
) -> dict[str, Any]:
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and 2000 <= int(asked) <= 2100 else desk.today.year
    notices = list(CalendarNotice.objects.filter(calendar=shown)) if shown is not None else []
    next_year = desk.today.year + 1
    return page_context(
        request,
        title=_("Working calendar %(year)s") % {"year": year},
        year=year,
        today=desk.today,
        calendar=shown,
        calendars=calendars,
        nothing_loaded=not notices and not CalendarNotice.objects.exists(),
        months=grid_of(shown, year) if shown is not None else [],
        notice=next((each for each in notices if each.year == year), None),
        years=sorted({each.year for each in notices} | {year, next_year}, reverse=True),
        missing_year=next_year
        if shown is not None
        and shown.published_until.year < next_year
        and (desk.today.month, desk.today.day) >= (11, 1)
        else None,
        kinds=DAY_KINDS,
        weekdays=_weekdays(),
    )


def _weekdays() -> list[tuple[str, str]]:
    """Short and long names from Monday on."""
    if chinese():
        return [(each, f"星期{each}") for each in "一二三四五六日"]
    monday = date(2024, 1, 1)
    days = [monday + timedelta(days=number) for number in range(7)]
    return [(f"{day:%a}"[:2], f"{day:%A}") for day in days]


def _may_load(desk: Desk) -> bool:
    return editable_regions(desk.user).exists()


class NoticeForm(forms.Form):
    """A notice file, or its text coming back for confirmation, and whose calendar it fixes."""

    place = forms.ChoiceField(label=gettext_lazy("Calendar of"))
    file = forms.FileField(
        label=gettext_lazy("Notice file (CSV)"),
        help_text=gettext_lazy(
            "One year's notice, in the form the calendar files of this product have."
        ),
        required=False,
    )
    text = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, desk: Desk, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = editable_regions(desk.user).order_by("pk")
        choices = [
            (place.pk, place.name) for place in places if place.is_pool or place.pk == NATION
        ]
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        upload = cleaned.get("file")
        if upload is not None:
            cleaned["text"] = self._decoded(upload)
        if not cleaned.get("text") and "file" not in self.errors:
            self.add_error("file", _("Choose a file."))
        return cleaned

    def _decoded(self, upload: Any) -> str:
        if upload.size > MOST_BYTES:
            self.add_error("file", _("The file is too big for one year's notice."))
            return ""
        try:
            return str(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("file", _("The file is not text in UTF-8."))
            return ""

    @property
    def pool(self) -> str | None:
        place = self.cleaned_data["place"]
        return None if place == NATION else str(place)


@require_http_methods(["GET", "POST"])
@for_roles(EVERYBODY)
def load(request: HttpRequest) -> HttpResponse:
    """First what the notice would change; then, confirmed, the change."""
    if request.method == "GET":  # the other language asked for, or the address opened by itself
        return redirect("admin:calendar")
    desk = desk_of(request)
    form = NoticeForm(desk, request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, desk, form)
    text, confirmed = form.cleaned_data["text"], "confirm" in request.POST
    try:
        if confirmed:
            loaded = redate.load(text, form.pool, at=desk.at)
        else:
            loaded = redate.preview(text, form.pool, at=desk.at)
    except NoticeError as error:
        for sentence in problem_sentences(error):
            form.add_error("file", sentence)
        return _again(request, desk, form)
    except redate.CannotLoad as error:
        form.add_error("file", str(error.message))
        return _again(request, desk, form)
    if confirmed:
        messages.success(
            request,
            _("The notice %(number)s is loaded; %(n)s steps have new dates.")
            % {"number": loaded.notice.number, "n": loaded.moved.steps},
        )
        place = form.cleaned_data["place"]
        return redirect(f"{reverse('admin:calendar')}?year={loaded.notice.year}&place={place}")
    context = page_context(
        request,
        title=_("What the notice changes"),
        loaded=loaded,
        place=Region.objects.get(pk=form.cleaned_data["place"]),
        text=text,
    )
    return render(request, "staff/calendar_load.html", context)


def _again(request: HttpRequest, desk: Desk, form: NoticeForm) -> HttpResponse:
    """The calendar page with the form's errors."""
    calendars = list(_own_calendars())
    shown = next((each for each in calendars if each.pk == NATION), None)
    context = _calendar_context(request, desk, shown, calendars)
    context["form"] = form
    context["browser_title"] = _("Error: %(title)s") % {"title": context["title"]}
    return render(request, "staff/calendar.html", context, status=422)
