"""The calculator in a real browser: accessible, without sideways scroll, small, on two sheets."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from tests.arrears.public.questions import VISITS
from tests.looks import (
    LANGUAGES,
    MATRIX,
    Look,
    examine,
    looks,
    press,
    press_key,
    printed,
    readings,
    switch,
)

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NODES = 600


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(looks, id="every_pair"),
        pytest.param(lambda number: MATRIX, id="whole_matrix", marks=pytest.mark.full),
    ],
)
def test_every_result(
    live_server: Any, page: Any, chosen: Callable[[int], tuple[Look, ...]]
) -> None:
    """Each kind of result in each language, in each size and at each width; `full` sees all."""
    for number, (name, visit) in enumerate(VISITS.items()):
        with time_machine.travel(visit.at, tick=True):
            for (language, size), widths in readings(chosen(number)).items():
                switch(page, live_server.url, language, size)
                page.goto(live_server.url + visit.address)
                said = visit.zh if language != "en" else visit.en
                assert page.inner_text("h2#now").endswith(said)
                assert page.locator("*").count() <= NODES, name
                wrong = examine(page, f"calculator-{name}-{language}-{size}", widths)
                page.evaluate(
                    "document.querySelectorAll('details').forEach(e => { e.open = true })"
                )
                wrong += examine(page, f"calculator-{name}-open-{language}-{size}", widths)
                assert not wrong


@pytest.mark.parametrize("size", ["standard", "large"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_questions(live_server: Any, page: Any, language: str, size: str) -> None:
    """Both steps, right and wrong, and a place without rules."""
    visit = VISITS["retiring"]
    wrong = []
    with time_machine.travel(visit.at, tick=True):
        switch(page, live_server.url, language, size)
        for name, path in (
            ("start", "/arrears/"),
            ("start-wrong", "/arrears/questions/"),
            ("questions", "/arrears/questions/?place=360100&scheme=employee"),
            ("questions-resident", "/arrears/questions/?place=360100&scheme=resident"),
            ("questions-wrong", "/arrears/result/?place=360100&scheme=employee&base=-1&sex=male"),
            ("no-rules", "/arrears/questions/?place=410100&scheme=employee"),
        ):
            page.goto(live_server.url + path)
            assert page.locator("*").count() <= NODES, name
            wrong += examine(page, f"calculator-{name}-{language}-{size}")
    assert not wrong


def test_without_script_by_keyboard_from_the_start_page(live_server: Any, browser: Any) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    visit = VISITS["zhang"]
    with time_machine.travel(visit.at, tick=True):
        page.goto(live_server.url)
        press(page, ".doors a[href='/arrears/']")
        page.fill("#id_place", visit.place)
        page.focus("input[name=scheme][value=employee]")
        page.keyboard.press("Space")
        press_key(page, "Enter")
        page.wait_for_url("**/arrears/questions/**")
        assert page.input_value("#id_paid_on") == "2025-03-20"
        page.fill("#id_last_paid", "2024-12")
        page.focus("input[name=cause][value=employer]")
        page.keyboard.press("Space")
        press_key(page, "Enter")
        page.wait_for_url("**/arrears/result/**")
        assert visit.zh in page.inner_text("h2#now")
        page.reload()
        assert visit.zh in page.inner_text("h2#now")
        press(page, ".switches a[hreflang=en]")
        assert visit.en in page.inner_text("h2#now")
        press(page, ".tools .button")
        assert page.input_value("#id_last_paid") == "2024-12"
        assert page.is_checked("input[name=cause][value=employer]")
    context.close()


def test_the_deadline_and_the_amount_stand_on_the_first_screen(live_server: Any, page: Any) -> None:
    visit = VISITS["zhang"]
    page.set_viewport_size({"width": 375, "height": 812})
    with time_machine.travel(visit.at, tick=True):
        for language in LANGUAGES:
            switch(page, live_server.url, language)
            page.goto(live_server.url + visit.address)
            for row in ("h2#now", ".box dl > div:nth-child(2) dd"):
                box = page.locator(row).bounding_box()
                assert box["y"] + box["height"] <= 812, (language, row, box)


@pytest.mark.parametrize("name", ["zhang", "li", "retiring", "resident", "planned-too-late"])
def test_on_paper_it_is_two_pages(live_server: Any, page: Any, name: str) -> None:
    visit = VISITS[name]
    with time_machine.travel(visit.at, tick=True):
        for language in LANGUAGES:
            switch(page, live_server.url, language)
            page.goto(live_server.url + visit.address)
            paper = printed(page)
            assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) <= 2, language


def test_weight_of_the_first_load(live_server: Any, browser: Any) -> None:
    """Budget: 50 kB and 6 requests, all of them to us."""
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    weight: dict[str, int] = {}
    page.on("response", lambda answer: weight.update({answer.url: len(answer.body())}))
    visit = VISITS["zhang"]
    with time_machine.travel(visit.at, tick=True):
        page.goto(live_server.url + visit.address)
        page.wait_for_load_state("networkidle")
    assert len(weight) <= 6
    assert all(url.startswith(live_server.url) for url in weight), weight
    assert sum(weight.values()) <= 50_000 * 2  # not packed here; on the way it is a quarter of it
    context.close()
