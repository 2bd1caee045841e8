"""A paper as PDF: A4, tagged (PDF/UA-1), its font embedded. Rendered when asked for, never stored."""

import json
from dataclasses import asdict
from functools import cache
from typing import Any

import typst
from django.conf import settings

from ..models.papers import Paper
from .glyphs import font_file, printable_all
from .marks import qr_svg, verify_address
from .sheets import sheet_of


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_file().parent)],
    )


def pdf_of(paper: Paper) -> bytes:
    """The paper in the active language. About 0.1 s.

    What people wrote reaches the template as data, never as source: nothing in it can run.
    """
    data: dict[str, Any] = asdict(sheet_of(paper))
    data, lacking = printable_all(data)
    data |= {
        "qr": qr_svg(paper),
        "url": verify_address(),
        "lacking": lacking,
    }
    root = settings.BASE_DIR / "templates" / "papers"
    made = typst.Compiler(root=str(root), font_paths=_fonts(), ignore_system_fonts=True).compile(
        input=str(root / "paper.typ"),
        format="pdf",
        sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
        pdf_standards="ua-1",
        timestamp=int(paper.issued_at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made
