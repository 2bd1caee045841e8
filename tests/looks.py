"""Looking at pages in a real browser: which looks, what is wrong with one, how it prints."""

import os
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (320, 375, 1280)
LANGUAGES = ("zh-hans", "en")
SIZES = ("standard", "large")
HEIGHT = 812
# The signs beside words (▲ ● ✓) are hidden from readers and repeat what the words say; axe does not
# measure the contrast of a text of signs alone.
ONLY_A_SIGN = "Element content contains only non-text characters"
# Set to a directory to keep pictures of every page; with bin/test --full, of every combination.
PICTURES = os.environ.get("PICTURES", "")

# What passes is not reported: turning some hundred nodes into text takes longer than the check.
_RUN = """options => axe.run(options).then(
    ({violations, incomplete}) => ({violations, incomplete}))"""
_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations", "incomplete"],
}


class Look(NamedTuple):
    """One way of seeing a page."""

    language: str
    size: str
    width: int


MATRIX = tuple(Look(*each) for each in product(LANGUAGES, SIZES, WIDTHS))


def looks(number: int) -> tuple[Look, ...]:
    """Three looks for the page of this number in a list, a quarter of the matrix.

    Each page is seen at every width, in every language and in every size; every four pages together
    are seen in the whole matrix (test_looks.py). The rest is in `MATRIX`, for the marker `full`.
    """
    first, second = (SIZES[(number // 2 + turn) % 2] for turn in (0, 1))
    sizes = (first, second, second)
    return tuple(
        Look(LANGUAGES[(number + turn) % 2], size, width)
        for turn, (size, width) in enumerate(zip(sizes, WIDTHS, strict=True))
    )


def readings(chosen: Iterable[Look]) -> dict[tuple[str, str], list[int]]:
    """The widths to look at in each language and size: what one loading of a page can serve."""
    found: dict[tuple[str, str], list[int]] = {}
    for look in chosen:
        found.setdefault((look.language, look.size), []).append(look.width)
    return found


def switch(page: "Page", base: str, language: str, size: str = "standard") -> None:
    """Choose language and size as the links of the page head do; shows on the next page."""
    for address in (f"/language/?to={language}", f"/text-size/?to={size}"):
        assert page.request.get(base + address, max_redirects=0).status == 302


def press(page: "Page", selector: str) -> None:
    """Press what leads to another page, and wait until that is there.

    A click by itself may return before the browser has asked for the page: a form is sent by a task of
    its own, and what is read next would be read from the old page.
    """
    with page.expect_navigation():
        page.locator(selector).first.click()


def press_key(page: "Page", key: str) -> None:
    """The same by keyboard."""
    with page.expect_navigation():
        page.keyboard.press(key)


def examine(
    page: "Page",
    name: str,
    widths: Iterable[int] = WIDTHS,
    explained: Callable[["Page", dict[str, Any]], bool] = lambda page, node: is_a_sign(node),
) -> list[tuple[Any, ...]]:
    """What is wrong with the page: sideways scroll at any width, and what axe finds at `widths`.

    axe's undecided nodes count as wrong unless `explained` knows why they are undecided.
    """
    wrong: list[tuple[Any, ...]] = []
    page.wait_for_load_state()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if PICTURES and width != WIDTHS[0]:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
        scroll = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if scroll > 0:
            wrong.append((name, width, f"scrolls sideways by {scroll}"))
        if width not in widths:
            continue
        for kind, found in _axe(page).items():
            wrong += [
                (name, width, each["id"], node["html"][:200])
                for each in found
                for node in each["nodes"]
                if kind == "violations" or not explained(page, node)
            ]
    return wrong


def is_a_sign(node: dict[str, Any]) -> bool:
    """Whether axe could not decide because there is no word to measure."""
    return bool(node["any"]) and node["any"][0]["message"] == ONLY_A_SIGN


def _axe(page: "Page") -> dict[str, list[dict[str, Any]]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, list[dict[str, Any]]] = page.evaluate(_RUN, _OPTIONS)
    return found


def printed(page: "Page") -> bytes:
    """The page on paper, as PDF.

    A click returns when the next page has begun; Chromium answers "Printing failed" when the document
    is exchanged while it prints, so the page is waited for.
    """
    page.wait_for_load_state()
    return page.pdf(prefer_css_page_size=True, tagged=True)
