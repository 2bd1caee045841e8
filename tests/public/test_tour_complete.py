"""No public page is left out of the tour that the batteries over all pages walk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.public.tour import STOPS
from tests.scenes import Scene

pytestmark = pytest.mark.django_db

# What answers with a file, or with another page.
NO_PAGES = {
    "language", "text-size", "contrast", "leave", "apply-again", "upload", "paper-pdf", "status-ics",
    "statistics-csv", "employer-logout", "employer-template", "batch-problems", "batch-export",
    "healthz", "set_language",
}  # fmt: skip


def _addresses(resolver: Any) -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield str(each.name)
        elif isinstance(each, URLResolver) and each.app_name != "admin":
            yield from _addresses(each)


def test_every_page_is_on_the_tour(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    left = set(_addresses(get_resolver())) - NO_PAGES
    scene, names = Scene(), set()
    for stop in STOPS:
        assert stop.name not in names, stop.name
        names.add(stop.name)
        # One state of a page is enough here, and tells which page it is.
        if stop.then is None and left:
            client = Client()
            with time_machine.travel(stop.at, tick=True):
                answer = client.get(stop.arrive(client, scene))
            if answer.status_code == 200:
                left.discard(str(answer.resolver_match.url_name))
    assert not left
