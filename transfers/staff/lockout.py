"""The answer to a sign-in that is held up after too many wrong passwords."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


def locked(
    request: HttpRequest, _response: HttpResponse | None, _credentials: dict[str, Any] | None
) -> HttpResponse:
    """Says how long to wait, in the reader's language. Called by django-axes."""
    if request.path == reverse("employer-login"):
        minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
        return render(
            request,
            "public/employer/locked.html",
            {"lock_minutes": minutes},
            status=settings.AXES_HTTP_RESPONSE_CODE,
        )
    context = {
        **admin.site.each_context(request),
        "lock_minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
    }
    return render(request, "admin/locked.html", context, status=settings.AXES_HTTP_RESPONSE_CODE)
