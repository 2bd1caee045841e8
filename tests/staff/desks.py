"""Members of staff at their desks: signed-in clients, and what their pages offer."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.scenes import Scene, staff
from transfers.models import Agency, TransferApplication, User
from transfers.rules.states import Role

BACKEND = "django.contrib.auth.backends.ModelBackend"
SUPERVISING = "350000"  # the administration that supervises the pool 350500
UNRELATED = "420100"
EVERY_ROLE = tuple(Role)


def client_of(user: User, language: str = "zh-hans") -> Client:
    """A browser with the user signed in."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def case_url(application: TransferApplication, verb: str = "") -> str:
    if verb:
        return reverse("admin:case_move", args=[application.reference, verb])
    return reverse("admin:case", args=[application.reference])


def offered(html: str, reference: str) -> set[str]:
    """The verbs of the action links on a page."""
    return set(re.findall(rf'href="/admin/cases/{re.escape(reference)}/(\w+)/(?:#\w+)?"', html)) - {
        "identity",
        "applicant",
        "contact",
        "record",
    }


def text_of(response: Any) -> str:
    return str(response.content.decode())


def newcomers(roles: tuple[Role, ...] = EVERY_ROLE) -> dict[tuple[str, Role], User]:
    """One person of each role at origin, destination, a supervising and an unrelated agency."""
    found = {}
    for where, code in (
        ("origin", "990100"),
        ("destination", "350500"),
        ("supervising", SUPERVISING),
        ("unrelated", UNRELATED),
    ):
        agency = Agency.objects.get(region=code)
        for role in roles:
            found[where, role] = staff(f"{where}_{role.value}", agency, role)
    return found


def form_of(html: str) -> dict[str, str]:
    """The hidden values of the action form: the version seen, the hash, the mode."""
    values = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] not in values:
            values[name[1]] = value[1]
    values.pop("csrfmiddlewaretoken", None)
    return values


__all__ = ["Scene", "case_url", "client_of", "form_of", "newcomers", "offered", "text_of"]
