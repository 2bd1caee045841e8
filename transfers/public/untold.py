"""What to do where a place's terms or its calendar are missing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ..models.calendar import Calendar
from ..policy import PolicyMissing
from ..rules.working_days import OutsideCalendar

logger = logging.getLogger(__name__)

_View = Callable[[HttpRequest, str], HttpResponse]


def or_progress(view: _View) -> _View:
    """A page of a case that cannot be worked out leads to the status page, which says whom to call."""

    @wraps(view)
    def guarded(request: HttpRequest, reference: str) -> HttpResponse:
        try:
            return view(request, reference)
        except (PolicyMissing, Calendar.DoesNotExist, OutsideCalendar):
            logger.exception("a page of %s cannot be worked out", reference)
            return redirect("status", reference=reference)

    return guarded


class NoCalendarMiddleware:
    """A page that counts days where no calendar is loaded says so; nothing of the request was kept.

    Pages of the staff say it in their own way, before it comes here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Calendar.DoesNotExist):
            return None
        logger.error("A page cannot be shown: %s", error)
        return render(request, "public/no_calendar.html", status=503)
