"""What staff read where no calendar is loaded: what is missing, and where it is loaded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ..models import Calendar
from .pages import page_context

logger = logging.getLogger(__name__)


def or_no_calendar(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page that counts days, or the sentence that there is nothing to count by."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = view(request, *args, **kwargs)
        except Calendar.DoesNotExist as error:
            logger.error("A page cannot be shown: %s", error)
            context = page_context(request, title=_("No working calendar"))
            return render(request, "staff/no_calendar.html", context, status=503)
        return answer

    return guarded
