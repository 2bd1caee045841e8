"""“When would mine be due?”: a limit counted day by day. No sign-in; nothing is stored.

The answers stand in the address, as with the calculator; none of them names anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ..deadlines.calendars import calendar_of
from ..intake.places import PlaceField
from ..models.calendar import Calendar
from ..models.policies import ValueStatus
from ..models.regions import Agency, Region
from ..policy import PolicyMissing, TransferTerms, resolve
from ..rules.working_days import Explained, OutsideCalendar, WorkingCalendar
from ..status import holidays
from ..status.words import listing, long_date, sentences, short_date, working_days

# Each limit of the policy, by the name of its value; (what, and from which day it is counted).
LIMITS: dict[str, tuple[Any, Any]] = {
    "check_days": (_("Checking an application"), _("the day it was handed in")),
    "supplement_days": (_("Sending missing materials"), _("the day they were asked for")),
    "transfer_out_days": (_("Transfer out by the old place"), _("the day of acceptance")),
    "transfer_in_days": (
        _("Transfer in by the new place"),
        _("the day the information form was handed over"),
    ),
    "correction_days": (
        _("Correcting the information form"),
        _("the day the form was sent back"),
    ),
    "remit_days": (_("Sending the balance"), _("the day of the transfer out")),
    "resend_days": (_("Sending the balance again"), _("the day the bank sent it back")),
    "credit_days": (_("Crediting the balance"), _("the day the money was received")),
    "dispute_days": (_("Querying the result"), _("the day of the result")),
}
# Years before and after today that a day is taken from.
_YEARS = 2


def _choices() -> list[tuple[str, str]]:
    return [
        (name, gettext("%(what)s (from %(day)s)") % {"what": what, "day": day})
        for name, (what, day) in LIMITS.items()
    ]


class DeadlineForm(forms.Form):
    what = forms.ChoiceField(
        label=_("What has to be done?"),
        choices=_choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what has to be done."),
            "invalid_choice": _("Choose what has to be done."),
        },
    )
    place = PlaceField(
        _("Where?"),
        _("Enter a place."),
        _("The place whose office has to do it, such as Quanzhou. Places may promise less."),
    )
    start = forms.DateField(
        label=_("From which day?"),
        help_text=_("This day itself is not counted."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
        error_messages={
            "invalid": _("Enter a date as year, month and day."),
            "required": _("Enter the day it is counted from."),
        },
    )

    use_required_attribute = False

    def clean_start(self) -> date:
        start: date = self.cleaned_data["start"]
        today = timezone.localdate()
        if abs(start.year - today.year) > _YEARS:
            raise forms.ValidationError(
                gettext("Enter a day between %(first)s and %(last)s.")
                % {"first": today.year - _YEARS, "last": today.year + _YEARS}
            )
        return start


@dataclass(frozen=True, slots=True)
class Row:
    """One calendar day of the count."""

    day: str
    number: str
    why: str
    counts: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A limit counted out, in the active language."""

    due: str
    limit: str
    sources: list[str]
    notes: list[str]
    notices: list[str]
    rows: list[Row]


@require_safe
def deadline(request: HttpRequest) -> HttpResponse:
    """The questions; with them answered, the count."""
    asked = any(name in request.GET for name in DeadlineForm.base_fields) and "change" not in request.GET  # fmt: skip
    if not asked:
        initial = {"start": timezone.localdate()} | request.GET.dict()
        return render(request, "public/deadline.html", {"form": DeadlineForm(initial=initial)})
    form = DeadlineForm(request.GET)
    counted = None
    if form.is_valid():
        try:
            counted = count(**form.cleaned_data)
        except OutsideCalendar:
            form.add_error(
                "start", gettext("There is no calendar for that day. Choose a later one.")
            )
        except (Calendar.DoesNotExist, PolicyMissing):
            form.add_error(
                "place", gettext("This limit is not known there. Call the office, or 12393.")
            )
    if counted is None:
        return render(request, "public/deadline.html", {"form": form}, status=422)
    region = Region.objects.select_related("parent").get(pk=form.cleaned_data["place"])
    what, since = LIMITS[form.cleaned_data["what"]]
    query = request.GET.copy()
    query["change"] = "1"
    context: dict[str, Any] = {
        "count": counted,
        "region": region,
        "office": Agency.objects.filter(region=region).first(),
        "what": what,
        "since": since,
        "start": form.cleaned_data["start"],
        "change": query.urlencode(),
        "now": timezone.now(),
    }
    return render(request, "public/deadline_result.html", context)


def count(what: str, place: str, start: date) -> Count:
    """The limit `what` of a place, counted from `start` (day zero).

    Raises OutsideCalendar, Calendar.DoesNotExist or PolicyMissing where that cannot be told.
    """
    terms = resolve(place, start)
    promised, statutory = terms.limit(what)
    calendar = calendar_of(place)
    days = calendar.explain(start, promised)
    due = days[-1]
    words = gettext("About %(day)s") if due.provisional else "%(day)s"
    return Count(
        due=words % {"day": long_date(due.day)},
        limit=working_days(promised),
        sources=_sources(terms, what, promised, statutory),
        notes=_notes(calendar, start, promised, due),
        notices=holidays.notices(days),
        rows=[_row(day, last=day is due) for day in days],
    )


def _sources(terms: TransferTerms, what: str, promised: int, statutory: int) -> list[str]:
    """Who set the limit: the place, the nation, or nobody but this product."""
    value = terms.source_of(what)
    place = Region.objects.get(pk=value.region_code).full_name
    row = gettext("%(place)s, policy no. %(n)d: %(status)s.") % {
        "place": place,
        "n": value.policy_id,
        "status": ValueStatus(value.status).label,
    }
    said = [row]
    if value.status == ValueStatus.OWN:
        said.append(gettext("No rule sets this limit; the office may take another one."))
    if promised < statutory:
        said.append(
            gettext("National text allows %(days)s; the place promises less.")
            % {"days": working_days(statutory)}
        )
    return said


def _notes(calendar: WorkingCalendar, start: date, days: int, due: Explained) -> list[str]:
    clauses = holidays.explanations(calendar, start, days)
    found = []
    if clauses:
        text = gettext("; ").join(clauses)
        found.append(gettext("%(text)s.") % {"text": text[0].upper() + text[1:]})
    if due.provisional:
        years = holidays.provisional_years(calendar, due.day)
        found.append(
            gettext("May move when %(year)s holidays are published.")
            % {"year": listing([str(year) for year in years])}
        )
    return found


def _row(day: Explained, *, last: bool) -> Row:
    why = holidays.why(day)
    if day.provisional:
        why = sentences(why, gettext("(not published yet)"))
    number = "" if day.counted is None else str(day.counted)
    return Row(short_date(day.day), number, why, day.working, last)
