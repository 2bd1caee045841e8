"""What a file is, by its content; neither its name nor what the browser says of it counts."""

from .verdict import Unclean, Why

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
# Viewers look for the mark of a PDF in this much of the file, and so do we.
_PDF_HEAD = 1024


def of(content: bytes) -> str:
    """JPEG, PNG or PDF. Raises Unclean for anything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if b"%PDF-" in content[:_PDF_HEAD]:
        return "PDF"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise Unclean(Why.HEIC)
    raise Unclean(Why.TYPE)
