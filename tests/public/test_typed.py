"""What is typed after the visit ended: it comes back to who may see the case, and to nobody else."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from tests.public.visits import CODE, enter, know_code, photo
from tests.scenes import Scene, moment
from transfers.models import Dispute, Rating, TransferApplication, Upload
from transfers.rules.states import State

pytestmark = pytest.mark.django_db

WORDS = "少了二百元 <b>"
PAGES: dict[str, dict[str, Any]] = {
    "dispute": {"about": "amount", "text": WORDS},
    "rate": {"level": "2", "indicators": ["speed", "guidance"], "text": WORDS},
    "contact": {"notify_by": "sms", "contact_phone": "13911111111", "language": "en"},
}


@pytest.fixture(autouse=True)
def _on_the_day(settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(moment("2025-11-03"), tick=False):
        yield


def sealed(answer: Any) -> str:
    """What the look-up page carries on."""
    assert answer.status_code == 200
    html = answer.content.decode()
    assert 'name="code"' in html
    found = re.search(r'name="typed" value="([^"]+)"', html)
    assert found, html
    assert "为保护信息已退出" in html
    return found[1]


def look_up(application: TransferApplication, typed: str, code: str = CODE) -> Any:
    given = {"reference": application.reference, "code": code, "typed": typed}
    return Client().post("/status/", given)


def inputs(html: str) -> str:
    """The answers in the form, as one text."""
    shown = re.findall(r"<textarea[^>]*>\s*(.*?)</textarea>", html, re.S)
    shown += re.findall(r'<input[^>]*value="([^"]*)"[^>]* checked', html)
    shown += re.findall(r'<input type="(?:text|email)"[^>]*value="([^"]*)"', html)
    return unescape(" ".join(shown))


@pytest.mark.parametrize("page", PAGES)
def test_it_comes_back_after_the_look_up_and_nothing_was_handed_in(page: str) -> None:
    application = Scene().in_state(State.BALANCE_CREDITED)
    know_code(application)
    address = f"/status/{application.reference}/{page}/"
    typed = sealed(Client().post(address, PAGES[page]))
    typed = sealed(look_up(application, typed, "WRONG234"))  # a slip does not lose it
    answer = look_up(application, typed)
    html = answer.content.decode()
    assert f'action="{address}"' in html
    for value in PAGES[page].values():
        for each in value if isinstance(value, list) else [value]:
            assert each in inputs(html), (each, inputs(html))
    assert "errorlist" not in html
    assert not Dispute.objects.exists()
    assert not Rating.objects.exists()
    # The server keeps none of it.
    assert all("typed" not in each.get_decoded() for each in Session.objects.all())


def test_who_looks_up_another_case_sees_nothing_of_it() -> None:
    scene = Scene()
    mine, other = (scene.in_state(State.BALANCE_CREDITED) for _ in range(2))
    know_code(other)
    typed = sealed(Client().post(f"/status/{mine.reference}/dispute/", PAGES["dispute"]))
    answer = look_up(other, typed)
    assert (answer.status_code, answer.url) == (302, f"/status/{other.reference}/")


@pytest.mark.parametrize("forged", ["x", "WzFd:1:x", ""])
def test_a_seal_that_is_not_ours_is_nothing(forged: str) -> None:
    application = Scene().in_state(State.BALANCE_CREDITED)
    know_code(application)
    answer = look_up(application, forged)
    assert (answer.status_code, answer.url) == (302, f"/status/{application.reference}/")


def test_the_page_is_the_same_whether_there_is_such_a_case_or_not() -> None:
    there = Scene().in_state(State.BALANCE_CREDITED).reference
    pages = []
    for reference in (there, "ZY20250101-0000000"):
        html = Client().post(f"/status/{reference}/dispute/", PAGES["dispute"]).content.decode()
        html = re.sub(r'(name="(typed|csrfmiddlewaretoken)" value=")[^"]+', r"\1", html)
        pages.append(html.replace(reference, "…"))
    assert pages[0] == pages[1]


def test_files_are_said_not_to_be_kept_and_the_way_leads_back() -> None:
    application = Scene().in_state(State.SUPPLEMENT_REQUESTED)
    address = f"/status/{application.reference}/supply/"
    with time_machine.travel(moment("2025-09-26"), tick=False):
        know_code(application)
        answer = Client().post(address, {"photo_stop_proof": photo(), "send": ""})
        assert "您刚才发送的文件没有保存" in answer.content.decode()
        html = look_up(application, sealed(answer)).content.decode()
    assert f'action="{address}"' in html
    assert not Upload.objects.exists()


def test_a_link_to_what_only_a_button_does_leads_on(client: Client) -> None:
    application = Scene().in_state(State.REJECTED)
    address = enter(client, application)
    answer = client.get(f"{address}again/")
    assert (answer.status_code, answer.url) == (302, address)
    assert client.get("/status/leave/").url == "/"
    assert client.get(address).status_code == 200  # nothing was forgotten
