"""Start, switches, statement and error pages; what every page shares."""

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views import defaults

from tests.public.visits import enter, fill_in
from tests.scenes import Scene, example_number
from transfers.models import TransferApplication
from transfers.public.urls import urlpatterns

OPEN = ["start", "accessibility", "apply", "lookup"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_every_page_has(client: Client, name: str, language: str) -> None:
    client.cookies["jiexu-language"] = language
    html = client.get(reverse(name)).content.decode()
    assert html.count("<h1") == 1
    assert 'class="skip" href="#main"' in html
    assert 'href="tel:12393"' in html
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|https?://(?!www\.w3)", html)
    if language == "en":
        assert '<html lang="en">' in html
        assert "We never phone to ask for a verification code or a payment." in html
    else:
        assert '<html lang="zh-Hans">' in html
        assert "我们不会打电话索要验证码或转账" in html
        assert "主办单位" in html
        assert "无障碍说明" in html


@pytest.mark.django_db
def test_start_leads_to_both_doors(client: Client) -> None:
    html = client.get("/").content.decode()
    assert 'href="/apply/"' in html
    assert 'href="/status/"' in html
    assert "10个工作日" in html


@pytest.mark.django_db
def test_languages_by_browser_and_by_choice(client: Client) -> None:
    assert 'lang="en"' in client.get("/", headers={"accept-language": "en-GB"}).content.decode()
    assert '<html lang="zh-Hans">' in client.get("/").content.decode()
    answer = client.get("/language/?to=en&next=/status/")
    assert (answer.status_code, answer["Location"]) == (302, "/status/")
    assert '<html lang="en">' in client.get("/status/").content.decode()
    client.get("/language/?to=xx&next=/")
    assert '<html lang="en">' in client.get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("switch", "on", "mark", "back"),
    [
        ("text-size", "large", 'data-text="large"', "标准版"),
        ("contrast", "high", 'data-contrast="high"', "标准对比度"),
    ],
)
def test_a_switch_of_looks_and_back(
    client: Client, switch: str, on: str, mark: str, back: str
) -> None:
    client.get(f"/{switch}/?to={on}&next=/")
    html = client.get("/").content.decode()
    assert mark in html
    assert back in html
    client.get(f"/{switch}/?to=standard&next=/")
    assert mark not in client.get("/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "status", ""]
)
def test_a_switch_never_leads_elsewhere(client: Client, to: str) -> None:
    for address in ("/language/", "/text-size/", "/contrast/"):
        assert client.get(address, {"to": "en", "next": to})["Location"] == "/"


@pytest.mark.django_db
def test_not_found_leads_on(client: Client) -> None:
    answer = client.get("/nothing/here/")
    assert answer.status_code == 404
    html = answer.content.decode()
    assert "找不到这个页面" in html
    assert html.count("<li><a") >= 3


def test_error_pages_need_no_database() -> None:
    """Not marked django_db: a query would fail."""
    request = RequestFactory().get("/")
    pages = {
        500: defaults.server_error(request),
        400: defaults.bad_request(request, Exception()),
    }
    for status, answer in pages.items():
        assert answer.status_code == status
        html = answer.content.decode()
        assert html.count("<h1") == 1
        assert 'href="/status/"' in html
    assert "抱歉，服务出了问题" in pages[500].content.decode()


@pytest.mark.django_db
def test_a_step_that_was_handed_in_is_not_called_lost_by_the_page_of_an_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case is made; then the page that would say so fails."""

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError

    fill_in(client, example_number())
    assert client.post("/apply/check/").status_code == 302
    monkeypatch.setattr("transfers.public.apply.describe", fail)
    client.raise_request_exception = False
    client.cookies["jiexu-language"] = "en"
    answer = client.get("/apply/done/")
    assert answer.status_code == 500
    html = answer.content.decode()
    assert "Nothing of your last step was handed in" not in html
    assert "没有提交成功" not in html
    assert TransferApplication.objects.count() == 1


@pytest.mark.django_db
def test_who_comes_to_a_button_by_its_address_is_led_on(client: Client) -> None:
    """As the switches of language and text do on a page that answered to a button."""
    application = Scene().accepted()
    enter(client, application)
    status = f"/status/{application.reference}/"
    for address, to in (
        (f"{status}again/", status), ("/status/leave/", "/"), ("/employer/logout/", "/employer/"),
    ):  # fmt: skip
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, to)
    assert client.get(status).context["application"] == application  # nobody was signed out


@pytest.mark.django_db
def test_a_form_from_another_site_gets_a_page_with_a_way_out() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/status/", {"reference": "a", "code": "b"})
    assert answer.status_code == 403
    assert "页面打开太久" in answer.content.decode()


def test_weight_of_the_styles() -> None:
    """Budget: 12 kB of styles, gzipped."""
    weight = 0
    for name in ("tokens.css", "public.css"):
        path = finders.find(f"transfers/{name}")
        with open(path, "rb") as file:  # noqa: PTH123 - finders give text
            css = file.read()
        assert not re.search(rb"@import|https?://|@font-face|expression\(", css)
        weight += len(gzip.compress(css))
    assert weight <= 12_000


def test_no_public_address_can_carry_personal_data() -> None:
    """Variable parts are the reference of a case or batch, a paper's number and code, the kind of a
    file, and a token with the number of an account: they name nobody."""

    def parts(patterns: Any) -> Iterator[str]:
        for each in patterns:
            yield from re.findall(r"<(?:str:)?(\w+)>", str(each.pattern))
            yield from parts(getattr(each, "url_patterns", ()))

    known = {"reference", "number", "code", "case", "kind", "uidb64", "token"}
    assert set(parts(urlpatterns)) == known


def test_languages_are_the_two_of_the_switch() -> None:
    assert [code for code, _name in settings.LANGUAGES] == ["zh-hans", "en"]
