"""The boxes of a JPEG 2000 picture. Source: ITU-T T.800, annexes A and I."""

import struct
from collections.abc import Iterator

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_BARE = b"\xff\x4f\xff\x51"
# What says how the picture is drawn, and the picture. The rest is metadata, or nothing of ours.
_KEPT = (b"jP  ", b"ftyp", b"jp2h", b"jp2c")
_KEPT_OF_HEADER = (b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef")
_COMMENT, _TILE = b"\xff\x64", b"\xff\x90"


def stripped(content: bytes) -> bytes:
    """The picture alone. Raises ValueError for what is no JPEG 2000 or is cut off."""
    if content.startswith(_BARE):
        return _without_comments(content)
    if not content.startswith(_SIGNATURE):
        raise ValueError("not a JPEG 2000")
    out = []
    for kind, body in _boxes(content):
        if kind == b"jp2h":
            inner = [_box(*each) for each in _boxes(body) if each[0] in _KEPT_OF_HEADER]
            out.append(_box(kind, b"".join(inner)))
        elif kind == b"jp2c":
            out.append(_box(kind, _without_comments(body)))
        elif kind in _KEPT:
            out.append(_box(kind, body))
    return b"".join(out)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        kind, head = content[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        elif size == 0:  # the last one, up to the end
            size = len(content) - at
        if size < head or at + size > len(content):
            raise ValueError("a box is longer than the file")
        yield kind, content[at + head : at + size]
        at += size


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _without_comments(content: bytes) -> bytes:
    """The codestream without the comments of its main header."""
    if not content.startswith(_BARE):
        raise ValueError("no codestream")
    out, at = [content[:2]], 2
    while (marker := content[at : at + 2]) != _TILE:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker[:1] != b"\xff" or end < at + 4 or end > len(content):
            raise ValueError("a segment is longer than the file")
        if marker != _COMMENT:
            out.append(content[at:end])
        at = end
    return b"".join([*out, content[at:]])
