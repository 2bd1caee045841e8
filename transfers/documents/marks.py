"""What on a paper leads to its verification: the address and the QR code."""

import io

import segno
from django.conf import settings

from ..models.papers import Paper
from .verification import code_of


def verify_address() -> str:
    """Where anybody can enter a number and a code."""
    return f"{settings.PUBLIC_URL}/verify/"


def verify_url(paper: Paper) -> str:
    """The absolute address in the QR code. The number and the code name nobody."""
    return f"{verify_address()}{paper.number}/{code_of(paper)}/"


def qr_svg(paper: Paper) -> str:
    """The QR code as an SVG document without a size of its own."""
    out = io.BytesIO()
    segno.make(verify_url(paper), error="m", micro=False).save(
        out, kind="svg", xmldecl=False, nl=False, border=0, omitsize=True, svgclass=None,
        lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()
