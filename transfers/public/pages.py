"""The pages that know no case: start, accessibility statement, the reader's switches."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from ..templatetags.jiexu import CONTRAST_COOKIE, HIGH, LARGE, TEXT_COOKIE

View = Callable[..., HttpResponse]


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "public/start.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "public/accessibility.html")


@require_safe
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language. A link, so that it works without script; it changes nothing else."""
    response = HttpResponseRedirect(_back(request))
    wanted = request.GET.get("to", "")
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    return response


@require_safe
def text_size(request: HttpRequest) -> HttpResponse:
    """Remember large text, or forget it."""
    return _remembered(request, TEXT_COOKIE, LARGE)


@require_safe
def contrast(request: HttpRequest) -> HttpResponse:
    """Remember high contrast, or forget it."""
    return _remembered(request, CONTRAST_COOKIE, HIGH)


def _remembered(request: HttpRequest, cookie: str, value: str) -> HttpResponse:
    response = HttpResponseRedirect(_back(request))
    if request.GET.get("to") == value:
        response.set_cookie(
            cookie,
            value,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(cookie, samesite="Lax")
    return response


def by_button_only(to: str) -> Callable[[View], View]:
    """A view for POST alone. Who comes by its address, as from a switch of language after a refusal, is
    led on to the page of this name."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(request, **kwargs) if request.method == "POST" else redirect(to, **kwargs)

        return guarded

    return decorate


def _back(request: HttpRequest) -> str:
    """Where the switch was pressed; never another site."""
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else "/"
