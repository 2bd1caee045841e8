"""The days an applicant must keep, as a file for the calendar of a phone (iCalendar, RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from icalendar import Alarm, Calendar, Event

from .. import plugs
from ..models.applications import TransferApplication
from ..plugs import Overlay
from ..rules.states import State
from ..rules.steps import StepKind
from ..status import Situation, situation_of
from ..workflow import feedback
from . import visit
from .untold import or_progress

# Nine in the morning two days before: the entry begins with its day.
_AHEAD = timedelta(days=-2, hours=9)

# Where the last day for a query is shown as the day to keep.
_SETTLED = frozenset({State.BALANCE_CREDITED, State.PAID_TO_PERSON})


@dataclass(frozen=True, slots=True)
class Keep:
    """A day to keep. `key` stays the same when the day moves; `estimated`: it still may."""

    key: str
    on: date
    what: str
    estimated: bool = False


def days_to_keep(
    situation: Situation, overlays: Iterable[Overlay], *, may_query: bool
) -> list[Keep]:
    """What only the applicant can do, and the last day for it; nothing whose day is over."""
    found: list[Keep] = []
    clock = situation.clock(StepKind.SUPPLEMENT)
    if clock is not None:
        side = situation.asked.side if situation.asked else ""
        found.append(
            Keep(f"supplement {side}", clock.due_on, _("Send the missing materials"),
                 clock.provisional)
        )  # fmt: skip
    if may_query and situation.query_until is not None and situation.state in _SETTLED:
        found.append(
            Keep("query", situation.query_until, _("Last day to query the result"),
                 situation.query_provisional)
        )  # fmt: skip
    found += [
        Keep(f"overlay {each.number}", each.due_on, _("Pay what is missing (%(title)s)") % {"title": each.title})
        for each in overlays
        if each.due_on is not None
    ]  # fmt: skip
    return [each for each in found if each.on >= situation.today]


@never_cache
@require_safe
@or_progress
def calendar_file(request: HttpRequest, reference: str) -> HttpResponse:
    """The file. Raises Http404 while there is no day to keep."""
    application = visit.case_of(request, reference)
    if application is None:
        return redirect("lookup")
    now = timezone.now()
    situation = situation_of(application, at=now)
    keep = days_to_keep(
        situation,
        plugs.overlays_of(application, situation.today),
        may_query=feedback.may_query(application, situation.today)
        and feedback.open_query(application) is None,
    )
    if not keep:
        raise Http404
    link = request.build_absolute_uri(reverse("lookup"))
    return HttpResponse(
        _file(application, keep, now, link),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="dates.ics"'},
    )


def _file(
    application: TransferApplication, keep: Iterable[Keep], now: datetime, link: str
) -> bytes:
    """The calendar: no name, no number of a person, and of the case only its reference."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Jiexu//Transfer//{(get_language() or 'zh')[:2].upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for each in keep:
        event = Event()
        event.add("uid", str(uuid5(NAMESPACE_URL, f"{application.reference} {each.key}")))
        event.add("sequence", application.version)
        event.add("dtstamp", now)
        event.add("dtstart", each.on)
        event.add("dtend", each.on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("summary", _("Medical insurance transfer: %(what)s") % {"what": each.what})
        text = _("Reference %(reference)s. Look it up with your query code: %(link)s") % {
            "reference": application.reference,
            "link": link,
        }
        if each.estimated:
            text += "\n" + _("The day is estimated until the holidays of its year are published.")
        event.add("description", text)
        event.add("url", link)
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", each.what)
        alarm.add("trigger", _AHEAD)
        event.add_component(alarm)
        calendar.add_component(event)
    return calendar.to_ical()
