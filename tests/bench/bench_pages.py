"""The public pages as a phone on a slow line loads them, against the budgets.

Run with ``bin/test tests/bench/bench_pages.py -m bench -s``; ``PAGES=employer`` takes those whose name begins
so. Chromium with an empty store each time, 1.6 Mb/s, 150 ms a round trip, a quarter of the processor;
medians of five loads. Size: everything of the first load, each file compressed as a web server in front
sends it; what is measured in time comes uncompressed. First byte: the round trip and the server's part
of what follows.
"""

import gzip
import os
import statistics
from typing import Any

import pytest

from tests.looks import HEIGHT
from tests.public.tour import STOPS, Stop, unfold, visiting
from tests.scenes import Scene

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

ROUNDS = 5
KILOBYTES, REQUESTS, NODES, LCP, CLS = 50, 6, 600, 1500, 0.02
# Every page as it comes first, and the longest states of a case.
STATES = {
    f"status-{name}"
    for name in ("out", "late", "moved", "credited", "refused", "gap", "supplement")
}
PAGES = [
    stop
    for stop in STOPS
    if stop.then in (None, unfold)
    and not stop.name.endswith(("-wrong", "-false"))
    and (not stop.name.startswith("status-") or stop.name in STATES)
    and stop.name.startswith(os.environ.get("PAGES", ""))
]

_WATCH = """
window.seen = {lcp: 0, cls: 0}
new PerformanceObserver(list => {
    for (const each of list.getEntries()) window.seen.lcp = each.startTime
}).observe({type: 'largest-contentful-paint', buffered: true})
new PerformanceObserver(list => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.seen.cls += each.value
}).observe({type: 'layout-shift', buffered: true})
"""


def load(browser: Any, stop: Stop, scene: Scene, base: str) -> dict[str, float]:
    """What the loads of one page took: kilobytes, requests, nodes, and medians of the two times."""
    with (
        browser.new_context(locale="zh-CN") as first,
        visiting(stop, scene, first, base) as address,
    ):
        cookies = first.cookies()
        page = first.new_page()
        answers: dict[str, Any] = {}
        page.on("response", lambda answer: answers.setdefault(answer.url, answer))
        page.goto(address, wait_until="networkidle")
        bodies = [answer.body() for answer in answers.values()]
        found: dict[str, float] = {
            "kB": sum(len(gzip.compress(body)) for body in bodies) / 1000,
            "requests": len(bodies),
            "nodes": page.locator("*").count(),
        }
        seen = [_slowly(browser, cookies, address) for _round in range(ROUNDS)]
    for name in ("lcp", "cls", "first"):
        found[name] = statistics.median(each[name] for each in seen)
    return found


def _slowly(browser: Any, cookies: list[Any], address: str) -> dict[str, float]:
    with browser.new_context(locale="zh-CN", viewport={"width": 375, "height": HEIGHT}) as context:
        context.add_cookies(cookies)
        page = context.new_page()
        page.add_init_script(_WATCH)
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", {
            "offline": False, "latency": 150,
            "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8,
        })  # fmt: skip
        line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(address, wait_until="load")
        page.wait_for_timeout(300)
        seen: dict[str, float] = page.evaluate(
            "({...seen, first: performance.getEntriesByType('navigation')[0].responseStart})"
        )
    return seen


def test_pages(live_server: Any, browser: Any, tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    scene, missed = Scene(), []
    print(
        f"\n{'page':24}{'kB gz':>8}{'requests':>10}{'nodes':>7}{'first ms':>10}{'LCP ms':>8}{'CLS':>7}"
    )
    for stop in PAGES:
        found = load(browser, stop, scene, live_server.url)
        limits = {"kB": KILOBYTES, "requests": REQUESTS, "nodes": NODES, "lcp": LCP, "cls": CLS}
        over = [name for name, most in limits.items() if found[name] > most]
        print(
            f"{stop.name:24}{found['kB']:8.1f}{found['requests']:10.0f}{found['nodes']:7.0f}{found['first']:10.0f}"
            f"{found['lcp']:8.0f}{found['cls']:7.3f}  {'MISSED ' + ', '.join(over) if over else 'ok'}",
            flush=True,
        )
        missed += [(stop.name, *over)] if over else []
    assert not missed
