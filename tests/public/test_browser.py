"""The applicant pages in a real browser: accessible, without sideways scroll, small, by keyboard."""

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.intake import spreadsheets
from tests.looks import (
    HEIGHT,
    LANGUAGES,
    MATRIX,
    PICTURES,
    SIZES,
    WIDTHS,
    Look,
    examine,
    press,
    press_key,
    printed,
    readings,
    switch,
)
from tests.public.visits import CODE, SIGHTS, STALE, know_code, pages, photo_file, type_in
from tests.scenes import Scene, example_number, moment

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NODES = 600


def _examine(page: Any, name: str, widths: tuple[int, ...] | list[int] = WIDTHS) -> None:
    wrong = examine(page, name, widths)
    assert not wrong
    assert page.locator("*").count() <= NODES, name


def _look_up(page: Any, base: str, reference: str) -> None:
    page.goto(f"{base}/status/")
    page.fill("#id_reference", reference)
    page.fill("#id_code", CODE)
    press(page, "main button[type=submit]")
    page.wait_for_url(f"**/status/{reference}/")


@pytest.mark.parametrize(
    ("chosen", "languages"),
    [
        pytest.param(
            lambda number: (MATRIX[5 * number % len(MATRIX)],),
            lambda number: (LANGUAGES[number % 2],),
            id="one_look_a_state",
        ),
        pytest.param(
            lambda number: MATRIX, lambda number: LANGUAGES, id="whole_matrix",
            marks=pytest.mark.full,
        ),
    ],
)  # fmt: skip
def test_every_state(
    live_server: Any,
    page: Any,
    chosen: Callable[[int], tuple[Look, ...]],
    languages: Callable[[int], tuple[str, ...]],
) -> None:
    """Each state in one of the twelve looks, all of which come up; `full` sees each in all twelve.

    What is happening, what to do and by when stand on a phone's first screen.
    """
    scene = Scene()
    for number, (name, sight) in enumerate({**SIGHTS, "stale": STALE}.items()):
        application = sight.make(scene)
        know_code(application)
        with time_machine.travel(sight.at, tick=True):
            _look_up(page, live_server.url, application.reference)
            standard: dict[tuple[str, str], list[int]] = {
                (each, "standard"): [] for each in languages(number)
            }
            for (language, size), widths in (standard | readings(chosen(number))).items():
                switch(page, live_server.url, language, size)
                page.reload()
                assert page.inner_text("h2#now").endswith(
                    sight.zh if language != "en" else sight.en
                )
                if size == "standard":
                    _first_screen(page, f"{name} {language}")
                if widths:
                    _examine(page, f"status-{name}-{language}-{size}", widths)


def _first_screen(page: Any, name: str) -> None:
    page.set_viewport_size({"width": 375, "height": HEIGHT})
    overlay = page.locator(".box .you .first").count() > 0
    # Where an overlay asks for something, that and its day are one sentence; the check's own comes after.
    rows = (
        ["dl > div:first-child dd", ".you .first"]
        if overlay
        else ["dl > div:first-child dd", ".you dd"]
    )
    if not overlay and page.locator(".box .by").count():
        rows.append(".by strong")
    for row in rows:
        box = page.locator(f".box {row}").first.bounding_box()
        assert box["y"] + box["height"] <= HEIGHT, (name, row, box)


@pytest.mark.parametrize(
    ("language", "size"),
    [
        (LANGUAGES[0], SIZES[1]),
        *(
            pytest.param(*each, marks=pytest.mark.full)
            for each in product(LANGUAGES, SIZES)
            if each != (LANGUAGES[0], SIZES[1])
        ),
    ],
)
def test_the_other_pages(live_server: Any, page: Any, language: str, size: str) -> None:
    """The road of an application in large Chinese; `full` takes both languages in both sizes."""
    base, suffix = live_server.url, f"{language}-{size}"
    switch(page, base, language, size)
    for name, path in (("start", "/"), ("accessibility", "/accessibility/"),
                       ("lookup", "/status/"), ("apply", "/apply/")):  # fmt: skip
        page.goto(base + path)
        _examine(page, f"{name}-{suffix}")
    page.goto(base + "/status/")
    press(page, "main button[type=submit]")
    _examine(page, f"lookup-wrong-{suffix}")
    _apply(page, base, suffix)
    press(page, "main .button")
    press(page, "text=" + ("Withdraw the application" if language == "en" else "撤回申请"))
    _examine(page, f"withdraw-{suffix}")


def _apply(page: Any, base: str, suffix: str) -> None:
    """Every page of an application: as it comes, answered wrongly, in the way, and right."""
    for step, given in enumerate(pages(example_number()), 1):
        page.goto(base + ("/apply/" if step == 1 else f"/apply/{step}/"))
        _examine(page, f"apply-{step}-{suffix}")
        press(page, "main form > .row .button, main form > .button")
        assert page.locator(".summary li").count() >= 1
        _examine(page, f"apply-{step}-wrong-{suffix}")
        if step == 1:
            type_in(page, given | {"stopped": "no", "enrolled": "no", "retired": "yes"})
            press(page, "main form > .row .button, main form > .button")
            _examine(page, f"not-yet-{suffix}")
            press(page, "main .row .button")
        elif step == 4:
            type_in(page, given | {"gap": "yes"})
            press(page, "main form > .row .button, main form > .button")
            _examine(page, f"gap-{suffix}")
            page.goto(base + "/apply/4/")
        elif step == 5:
            page.set_input_files("#id_photo_id_card", photo_file())
            press(page, "main form button[name=stay]")
            _examine(page, f"apply-5-sent-{suffix}")
        type_in(page, given)
        press(page, "main form > .row .button, main form > .button")
    _examine(page, f"check-{suffix}")
    page.goto(base + "/apply/saved/")
    _examine(page, f"saved-{suffix}")
    page.goto(base + "/status/code/")
    _examine(page, f"resend-{suffix}")
    page.goto(base + "/apply/check/")
    press(page, "main form > .row .button, main form > .button")
    page.wait_for_url("**/apply/done/")
    _examine(page, f"done-{suffix}")


@pytest.mark.parametrize(
    ("language", "size"),
    [
        (LANGUAGES[1], SIZES[1]),
        pytest.param(LANGUAGES[0], SIZES[0], marks=pytest.mark.full),
    ],
)
def test_what_can_be_done_from_the_status_page(
    live_server: Any, page: Any, language: str, size: str
) -> None:
    """Querying and rating with their errors, and the count of a deadline."""
    base, suffix = live_server.url, f"{language}-{size}"
    application = SIGHTS["credited"].make(Scene())
    know_code(application)
    with time_machine.travel(SIGHTS["credited"].at, tick=True):
        switch(page, base, language, size)
        _look_up(page, base, application.reference)
        status = page.url
        for name, answer in (("dispute", "about_0"), ("rate", "level_0")):
            page.goto(f"{status}{name}/")
            _examine(page, f"{name}-{suffix}")
            press(page, "main button[type=submit]")
            _examine(page, f"{name}-wrong-{suffix}")
            page.check(f"#id_{answer}")
            press(page, "main button[type=submit]")
            page.wait_for_url(status)
        _examine(page, f"status-queried-{suffix}")
        page.goto(f"{status}dispute/")
        _examine(page, f"dispute-waiting-{suffix}")
        page.goto(f"{base}/deadline/")
        press(page, "main button[type=submit]")
        assert page.locator(".summary li").count() == 2
        page.check("#id_what_2")
        page.fill("#id_place", "示例市")
        page.fill("#id_start", "2025-09-30")
        press(page, "main button[type=submit]")
        assert page.locator(".daily tbody tr").count() == 21
        _examine(page, f"deadline-{suffix}")


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
        press_key(page, "Enter")
        assert "转出办理中" in page.inner_text("h2#now")


def test_a_job_is_followed_without_losing_the_place(live_server: Any, page: Any) -> None:
    """Only the line of the progress changes while it runs; where one is on the page stays."""
    user = spreadsheets.an_employer()
    with time_machine.travel(spreadsheets.AT, tick=True):
        batch = spreadsheets.uploaded(user, spreadsheets.as_workbook([spreadsheets.row()]))
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.cookies["jiexu-session"]
        page.context.add_cookies(
            [{"name": session.key, "value": session.value, "url": live_server.url}]
        )
        page.clock.install()
        page.goto(f"{live_server.url}/employer/batches/{batch.reference}/")
        page.focus(".tools .button >> nth=0")
        with page.expect_response("**/batches/**"):
            page.clock.run_for(5_000)
        assert page.evaluate("document.activeElement.closest('.tools') !== null")
        spreadsheets.work()
        with page.expect_response("**/batches/**"):
            page.clock.run_for(5_000)
        page.wait_for_selector("#running", state="detached")
        assert page.inner_text("#told") == page.title()
        assert page.locator(f"main a[href$='/{batch.reference}/submit/']").count() == 1


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
