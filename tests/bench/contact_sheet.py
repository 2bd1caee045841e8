"""Pictures of the public pages at 375 px for docs/screenshots, the states of a case on one sheet a language.

Run with ``bin/test tests/bench/contact_sheet.py -m bench``.
"""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.looks import HEIGHT, LANGUAGES, switch
from tests.public.tour import STOPS, go, visiting
from tests.scenes import Scene

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

OUT = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
WIDTH, TALL, COLUMNS, GAP, SCALE = 375, 1300, 7, 24, 0.6
APPLY = [f"apply-{step}" for step in range(1, 8)] + ["apply-saved", "apply-not-yet", "apply-done"]
EMPLOYER = ["employer-login", "employer-home", "employer-checked", "employer-done"]
OTHERS = [
    "supply",
    "contact",
    "dispute",
    "rate",
    "deadline-counted",
    "statistics",
    "statistics-small",
]
SHEETS = {
    "states": ["apply-saved", *(s.name for s in STOPS if s.name.startswith("status-"))],
    "apply": APPLY,
    "employer": EMPLOYER,
    "others": OTHERS,
}


def test_contact_sheets(live_server: Any, browser: Any, tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    scene = Scene()
    wanted = {name for names in SHEETS.values() for name in names}
    shots: dict[tuple[str, str], Image.Image] = {}
    context = browser.new_context(locale="zh-CN", viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    for stop in STOPS:
        if stop.name not in wanted:
            continue
        with visiting(stop, scene, context, live_server.url) as address:
            for language in LANGUAGES:
                switch(page, live_server.url, language)
                go(page, stop, address)
                shots[stop.name, language] = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    context.close()
    for sheet, names in SHEETS.items():
        for language in LANGUAGES:
            found = [(name, shots[name, language]) for name in names]
            _joined(found).save(OUT / f"{sheet}-{language[:2]}.png", optimize=True)


def _joined(shots: list[tuple[str, Image.Image]]) -> Image.Image:
    """The tops of the pages side by side, each with its name over it."""
    columns = min(COLUMNS, len(shots))
    rows = -(-len(shots) // columns)
    height = min(TALL, max(shot.height for _name, shot in shots))
    sheet = Image.new(
        "RGB", (columns * (WIDTH + GAP) + GAP, rows * (height + 2 * GAP) + GAP), "#e9ecf1"
    )
    draw = ImageDraw.Draw(sheet)
    for number, (name, shot) in enumerate(shots):
        left = GAP + number % columns * (WIDTH + GAP)
        top = GAP + number // columns * (height + 2 * GAP)
        draw.text((left, top - 4), name, fill="#1b1f24", font_size=22)
        sheet.paste(shot.crop((0, 0, WIDTH, min(height, shot.height))), (left, top + GAP))
    small = sheet.resize((int(sheet.width * SCALE), int(sheet.height * SCALE)), Image.LANCZOS)
    return small.quantize(256)  # with fewer, red and green turn grey
