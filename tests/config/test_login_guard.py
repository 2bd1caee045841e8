"""Guessing a password is slowed down, and nobody can lock somebody else out by guessing."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.test import Client, RequestFactory

from config.client import client_ip

pytestmark = pytest.mark.django_db

GUESSER, OWNER = "198.51.100.7", "203.0.113.9"


def sign_in(password: str, address: str) -> int:
    answer = Client(REMOTE_ADDR=address).post(
        "/admin/login/?next=/admin/", {"username": "alice", "password": password}
    )
    return answer.status_code


@pytest.fixture(autouse=True)
def alice() -> None:
    get_user_model().objects.create_superuser(username="alice", password="the right one, long")


def test_the_sixth_guess_is_refused_even_if_right() -> None:
    assert [sign_in("wrong", GUESSER) for _ in range(4)] == [200] * 4
    assert sign_in("wrong", GUESSER) == 429

    assert sign_in("the right one, long", GUESSER) == 429


def test_the_owner_still_gets_in_from_elsewhere() -> None:
    for _ in range(10):
        sign_in("wrong", GUESSER)

    assert sign_in("the right one, long", OWNER) == 302


@pytest.fixture
def request_through() -> Any:
    def build(forwarded: str | None) -> HttpRequest:
        extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
        return RequestFactory(REMOTE_ADDR=OWNER, **extra).get("/")

    return build


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, OWNER),
        (0, GUESSER, OWNER),  # nobody of ours wrote that header
        (1, f"1.1.1.1, {GUESSER}", GUESSER),  # what stands to its left is the visitor's own claim
        (2, f"1.1.1.1, {GUESSER}, 10.0.0.1", GUESSER),
        (2, GUESSER, OWNER),  # came past the outer proxy
        (1, None, OWNER),
    ],
)
def test_client_ip_believes_our_own_proxies_only(
    settings: Any, request_through: Any, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies

    assert client_ip(request_through(forwarded)) == expected
