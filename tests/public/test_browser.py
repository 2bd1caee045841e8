"""The applicant pages in a real browser: accessible, without sideways scroll, small, by keyboard."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.looks import (
    LANGUAGES,
    MATRIX,
    PICTURES,
    SIZES,
    WIDTHS,
    Look,
    examine,
    looks,
    printed,
    readings,
    switch,
)
from tests.public.visits import CODE, SIGHTS, answers, know_code
from tests.scenes import Scene, example_number, moment

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NODES = 600


def _examine(page: Any, name: str, widths: tuple[int, ...] | list[int] = WIDTHS) -> None:
    wrong = examine(page, name, widths)
    assert not wrong
    assert page.locator("*").count() <= NODES or "/apply/" in page.url, name


def _look_up(page: Any, base: str, reference: str) -> None:
    page.goto(f"{base}/status/")
    page.fill("#id_reference", reference)
    page.fill("#id_code", CODE)
    page.click("main button[type=submit]")
    page.wait_for_url(f"**/status/{reference}/")


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(looks, id="every_pair"),
        pytest.param(lambda number: MATRIX, id="whole_matrix", marks=pytest.mark.full),
    ],
)
def test_every_state(
    live_server: Any, page: Any, chosen: Callable[[int], tuple[Look, ...]]
) -> None:
    """Each state in each language, in each size and at each width; `full` sees all twelve."""
    scene = Scene()
    for number, (name, sight) in enumerate(SIGHTS.items()):
        application = sight.make(scene)
        know_code(application)
        with time_machine.travel(sight.at, tick=True):
            _look_up(page, live_server.url, application.reference)
            for (language, size), widths in readings(chosen(number)).items():
                switch(page, live_server.url, language, size)
                page.reload()
                assert page.inner_text("h2#now").endswith(
                    sight.zh if language != "en" else sight.en
                )
                _examine(page, f"status-{name}-{language}-{size}", widths)


@pytest.mark.parametrize(
    ("language", "size"),
    [
        *zip(LANGUAGES, SIZES, strict=True),
        *(
            pytest.param(*each, marks=pytest.mark.full)
            for each in zip(LANGUAGES, reversed(SIZES), strict=True)
        ),
    ],
)
def test_the_other_pages(live_server: Any, page: Any, language: str, size: str) -> None:
    """The road of an application in Chinese and, with large text, in English; `full` swaps them."""
    base, suffix = live_server.url, f"{language}-{size}"
    switch(page, base, language, size)
    for name, path in (("start", "/"), ("accessibility", "/accessibility/"),
                       ("lookup", "/status/"), ("apply", "/apply/")):  # fmt: skip
        page.goto(base + path)
        _examine(page, f"{name}-{suffix}")
    page.goto(base + "/status/")
    page.click("main button[type=submit]")
    _examine(page, f"lookup-wrong-{suffix}")
    page.goto(base + "/apply/")
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    assert page.locator(".summary li").count() >= 8
    _examine(page, f"apply-wrong-{suffix}")
    _fill(page, answers(example_number()))
    page.check("input[name=enrolled][value=no]")
    page.click("main button[type=submit]")
    _examine(page, f"not-yet-{suffix}")
    page.click("main .button")
    page.check("input[name=enrolled][value=yes]")
    page.click("main button[type=submit]")
    _examine(page, f"check-{suffix}")
    page.click("main button[type=submit]")
    _examine(page, f"done-{suffix}")
    page.click("main .button")
    page.click("text=" + ("Withdraw the application" if language == "en" else "撤回申请"))
    _examine(page, f"withdraw-{suffix}")


def _fill(page: Any, given: dict[str, Any]) -> None:
    for name in ("stopped", "enrolled", "scheme_from", "scheme_to"):
        page.check(f"input[name={name}][value={given[name]}]")
    for name in ("name", "id_number", "contact_phone", "contact_email", "stopped_on"):
        page.fill(f"#id_{name}", given[name])
    for name in ("origin", "destination"):
        page.select_option(f"#id_{name}", given[name])
    page.check("#id_consent")


def test_what_to_do_and_by_when_stand_on_the_first_screen(live_server: Any, page: Any) -> None:
    application = SIGHTS["out"].make(Scene())
    know_code(application)
    page.set_viewport_size({"width": 375, "height": 812})
    with time_machine.travel(SIGHTS["out"].at, tick=True):
        for language in LANGUAGES:
            switch(page, live_server.url, language)
            _look_up(page, live_server.url, application.reference)
            for row in (".box .you dd", ".box dl > div:nth-child(3) strong"):
                box = page.locator(row).bounding_box()
                assert box["y"] + box["height"] <= 812, (language, row, box)


@pytest.mark.parametrize("name", ["moved", "supplement", "credited"])
def test_on_paper_it_is_two_pages(live_server: Any, page: Any, name: str) -> None:
    application = SIGHTS[name].make(Scene())
    know_code(application)
    with time_machine.travel(SIGHTS[name].at, tick=True):
        for language in LANGUAGES:
            switch(page, live_server.url, language)
            _look_up(page, live_server.url, application.reference)
            paper = printed(page)
            if PICTURES:
                Path(PICTURES, f"{name}-{language}.pdf").write_bytes(paper)
            assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) <= 2, language


def test_by_keyboard_alone(live_server: Any, page: Any) -> None:
    application = SIGHTS["out"].make(Scene())
    know_code(application)
    with time_machine.travel(moment("2025-10-09"), tick=True):
        page.goto(live_server.url + "/status/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type(application.reference)
        page.keyboard.press("Tab")
        page.keyboard.type(CODE)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/status/{application.reference}/")
        assert "转出办理中" in page.inner_text("h2#now")


def test_weight_of_the_first_load(live_server: Any, browser: Any) -> None:
    application = SIGHTS["out"].make(Scene())
    know_code(application)
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    with time_machine.travel(moment("2025-10-09"), tick=True):
        _look_up(page, live_server.url, application.reference)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
    assert len(set(asked)) <= 6  # a reload asks again for what it holds already
    assert all(url.startswith(live_server.url) for url in asked), asked
    context.close()
