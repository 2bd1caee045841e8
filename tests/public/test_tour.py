"""Every public page in every state: accessible, without sideways scroll, small, by Tab alone.

The ordinary run takes a sample; the other tests of this side look at their own pages. `full` takes all
pages in all looks and says which.
"""

from typing import Any

import pytest

from tests.looks import LANGUAGES, MATRIX, Look, examine, is_a_sign, looks, readings, switch
from tests.public.tour import STOPS, Stop, go, visiting
from tests.scenes import Scene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NODES = 600
SAMPLE = 24  # of so many stops one
FEW = 4  # stops of one test; each test starts with an empty database

# A form that is sent back and a page that does not exist are said on the console, too.
EXPECTED_ERRORS = ("Failed to load resource: the server responded with a status of 4",)


@pytest.fixture
def visitor(browser: Any, tmp_path: Any, settings: Any) -> Any:
    """A browser of its own; what its console says beyond refused forms fails the test."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert [each for each in errors if not each.startswith(EXPECTED_ERRORS)] == []


def explained(_page: Any, node: dict[str, Any]) -> bool:
    """What axe cannot decide and we can: charts write in ink beside their bars, never on them."""
    return is_a_sign(node) or node["html"].startswith("<text")


def wrong_at(page: Any, base: str, stop: Stop, scene: Scene, chosen: tuple[Look, ...]) -> list[Any]:
    """Everything wrong with one stop in the looks that were chosen."""
    wrong: list[Any] = []
    with visiting(stop, scene, page.context, base) as address:
        for (language, size), widths in readings(chosen).items():
            switch(page, base, language, size)
            go(page, stop, address)
            name = f"{stop.name}-{language}-{size}"
            wrong += examine(page, name, widths, explained)
            nodes = page.locator("*").count()
            if nodes > NODES:
                wrong.append((name, f"{nodes} nodes"))
            print(f"{name}: widths {sorted(widths)}, {nodes} nodes")
    return wrong


@pytest.mark.parametrize("number", range(0, len(STOPS), SAMPLE))
def test_a_sample_of_pages(live_server: Any, visitor: Any, number: int) -> None:
    stop = STOPS[number]
    assert not wrong_at(visitor, live_server.url, stop, Scene(), looks(number)[:2])


@pytest.mark.full
@pytest.mark.parametrize("first", range(0, len(STOPS), FEW))
def test_every_page_in_every_look(live_server: Any, visitor: Any, first: int) -> None:
    scene, wrong = Scene(), []
    for stop in STOPS[first : first + FEW]:
        wrong += wrong_at(visitor, live_server.url, stop, scene, MATRIX)
    assert not wrong


@pytest.mark.full
@pytest.mark.parametrize("first", range(0, len(STOPS), 16))
def test_tab_reaches_everything_in_order_and_nothing_traps_it(
    live_server: Any, visitor: Any, first: int
) -> None:
    """Each thing that can be pressed is reached once, is seen, and shows its focus; then Tab leaves."""
    scene, wrong = Scene(), []
    for stop in STOPS[first : first + 16]:
        with visiting(stop, scene, visitor.context, live_server.url) as address:
            visitor.set_viewport_size({"width": 375, "height": 812})
            go(visitor, stop, address)
            wrong += [(stop.name, each) for each in tabbed(visitor)]
    assert not wrong


_FOCUSED = """() => {
    const at = document.activeElement
    if (!at || at === document.body) return null
    const box = at.getBoundingClientRect(), style = getComputedStyle(at)
    return {
        path: [...document.querySelectorAll('*')].indexOf(at), words: at.outerHTML.slice(0, 90),
        outline: parseFloat(style.outlineWidth) || 0, style: style.outlineStyle,
        seen: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth,
    }
}"""
_PRESSABLE = """() => {
    const group = new Set()
    return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
        .filter(each => !each.disabled && each.type !== 'hidden' && each.checkVisibility())
        .filter(each => each.type !== 'radio' || !group.has(each.name) && group.add(each.name)).length
}"""


def tabbed(page: Any) -> list[str]:
    """What is wrong with a walk by Tab from the top of the page to its end."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    wrong, reached = [], []
    expected = page.evaluate(_PRESSABLE)
    page.locator("body").evaluate("body => { body.tabIndex = -1; body.focus(); body.blur() }")
    for _press in range(4 * expected + 5):
        page.keyboard.press("Tab")
        at = page.evaluate(_FOCUSED)
        if at is None or (reached and at["path"] == reached[0] != reached[-1]):
            break
        if reached[-1:] != [at["path"]]:  # a date is three fields and a button inside
            reached.append(at["path"])
        if not at["seen"]:
            wrong.append(f"out of sight: {at['words']}")
        if at["outline"] < 2 or at["style"] == "none":
            wrong.append(f"focus does not show: {at['words']}")
    if reached != sorted(reached):
        wrong.append("not in the order of the page")
    if len(reached) != expected:
        wrong.append(f"{len(reached)} reached of {expected}")
    return wrong


@pytest.mark.full
@pytest.mark.parametrize("first", range(0, len(STOPS), 16))
def test_large_browser_text_and_forced_colours(live_server: Any, browser: Any, first: int) -> None:
    """A reader's own text of twice the size, 400 % zoom, and colours that the system forces."""
    scene, wrong = Scene(), []
    context = browser.new_context(locale="zh-CN", forced_colors="active")
    page = context.new_page()
    for stop in STOPS[first : first + 16]:
        with visiting(stop, scene, context, live_server.url) as address:
            for language in LANGUAGES:
                switch(page, live_server.url, language)
                page.set_viewport_size({"width": 320, "height": 640})
                go(page, stop, address)
                wrong += unseen(page, stop.name)
                page.evaluate("document.documentElement.style.fontSize = '225%'")
                over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if over > 0:
                    wrong.append((stop.name, language, f"225 %: {over} px too wide"))
    context.close()
    assert not wrong


_UNSEEN = """() => [...document.querySelectorAll('main .button, main input, main select')]
    .filter(each => each.checkVisibility() && !['radio', 'checkbox', 'file'].includes(each.type))
    .filter(each => parseFloat(getComputedStyle(each).borderTopWidth) < 1)
    .map(each => each.outerHTML.slice(0, 90))"""


def unseen(page: Any, name: str) -> list[tuple[str, str]]:
    """Where colours are forced, a button or field without an edge cannot be told from text."""
    return [(name, f"no edge: {each}") for each in page.evaluate(_UNSEEN)]
