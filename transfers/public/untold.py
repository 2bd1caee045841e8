"""What to do where a place's terms or its calendar are missing."""

import logging
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

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
