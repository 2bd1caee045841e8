"""A NUL, which nobody can type and PostgreSQL does not take, is refused wherever it comes in."""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.scenes import Scene, staff
from tests.staff.desks import client_of
from transfers.models import Agency
from transfers.rules.states import Role

pytestmark = pytest.mark.django_db

GIVEN = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000", "slug": "supply"}


def addresses(patterns: Any, before: str = "/") -> list[str]:
    """Every address of the site, with a NUL in each part that is free text."""
    found = []
    for pattern in patterns:
        route = before + str(pattern.pattern)
        for name, converter in pattern.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            value = GIVEN.get(kind, "a%00b")
            route = route.replace(f"<{name}>", value).replace(f"<{kind}:{name}>", value)
        if isinstance(pattern, URLPattern):
            found.append(route)
        else:
            found += addresses(pattern.url_patterns, route)
    return [each for each in found if "(" not in each]


def test_a_nul_is_refused_wherever_it_comes_in() -> None:
    Scene().accepted()
    clerk = staff("clerk", Agency.objects.get(region="350500"), Role.CLERK)
    every = addresses(get_resolver().url_patterns)
    assert len(every) > 100
    for client in (Client(raise_request_exception=False), client_of(clerk)):
        client.raise_request_exception = False
        for address in every:
            named = client.get(address)
            assert named.status_code != 500, address
            assert "%00" not in address or named.status_code in (400, 404), address
            bare = address.replace("%00", "")
            assert client.get(f"{bare}?place=%00&page=1").status_code in (400, 404), bare
            assert client.post(bare, {"name": "a\0b", "later": "yes"}).status_code in (400, 404)
    client = Client(raise_request_exception=False)
    client.cookies["jiexu-session"] = "a" * 31 + "\0"
    answer = client.get("/apply/check/")
    assert answer.status_code == 400
    assert "请求" in answer.content.decode()


@pytest.mark.parametrize("address", ["/statistics/?place=%00", "/verify/XB%00/ABCDABCDABCDABCD/"])
def test_a_nul_reaches_no_query(client: Client, address: str) -> None:
    client.raise_request_exception = False
    assert client.get(address).status_code == 400
