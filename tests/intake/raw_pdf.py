"""PDF files written by hand, with the mistakes that no library would write."""

import zlib

_USUAL = {
    1: b"<< /Type /Catalog /Pages 2 0 R >>",
    2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources "
    b"<< /Font << /F 5 0 R >> >> >>",
    4: b"<< /Length 43 >>",
    5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
}
_LINE = b"0 0 m 99 99 l S BT /F 12 Tf (word) Tj ET   "


def flate(content: bytes) -> bytes:
    return zlib.compress(content, 9)


def pdf_of(
    objects: dict[int, bytes] | None = None,
    streams: dict[int, bytes] | None = None,
    trailer: bytes = b"",
) -> bytes:
    """A file of one page, with these objects (by number) and the data of these streams instead."""
    parts = {**_USUAL, **(objects or {})}
    data = {4: _LINE, **(streams or {})}
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number in sorted(parts):
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + parts[number]
        if number in data and b"/Length" in parts[number]:
            out += b"\nstream\n" + data[number] + b"\nendstream"
        out += b"\nendobj\n"
    table = len(out)
    size = max(parts) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        used = number in places
        out += b"%010d %05d %s \n" % (
            places.get(number, 0),
            0 if used else 65535,
            b"n" if used else b"f",
        )
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        trailer,
        table,
    )
    return bytes(out)


def plain_pdf(pages: int = 1) -> bytes:
    """A good file of so many pages."""
    kids = b" ".join(b"%d 0 R" % (10 + page) for page in range(pages))
    each = {10 + page: _USUAL[3] for page in range(pages)}
    return pdf_of({2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids), **each})
