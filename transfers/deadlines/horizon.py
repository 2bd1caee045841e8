"""Keeping the calendar's rows ahead of today.

SQL counts working days by rows, so a calendar whose last row is near would make the sweep fall
silent. Rows past the last notice follow Monday to Friday, as `WorkingCalendar` assumes anyway.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate

from ..models.calendar import Calendar, CalendarNotice
from ..models.regions import NATION
from . import calendar_rows

AHEAD = timedelta(days=400)  # more than the longest limit of 250 working days

# How many calendars end too soon, as an expression; needs the parameter `needed`.
ENDED = """(
  SELECT count(*) FROM transfers_calendar c WHERE NOT EXISTS (
    SELECT 1 FROM transfers_calendarday d WHERE d.calendar_id = c.region_id AND d.day >= %(needed)s
  )
)"""


def needed(today: date) -> date:
    """The day up to which every calendar must have rows."""
    return today + AHEAD


def extend(now: datetime) -> int:
    """Continue every calendar that ends too soon; returns how many."""
    today = localdate(now)
    with transaction.atomic():
        calendars = list(Calendar.objects.select_for_update(no_key=True).order_by("pk"))
        last_rows = dict(Calendar.objects.annotate(last=Max("days__day")).values_list("pk", "last"))
        last_notice = CalendarNotice.objects.filter(calendar=NATION).aggregate(year=Max("year"))
        until = calendar_rows.last_day(last_notice["year"] or today.year, today)
        short = [calendar for calendar in calendars if last_rows[calendar.pk] < needed(today)]
        for calendar in short:
            calendar_rows.write(calendar, last_rows[calendar.pk] + timedelta(days=1), until, {})
    return len(short)
