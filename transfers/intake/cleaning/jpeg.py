"""The segments of a JPEG file. Source: ITU-T T.81, annex B."""

import re
from collections.abc import Iterator

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
# JFIF, and Adobe's mark, which says how the colours are stored. What else calls itself an
# application's or a comment is metadata: places, times, thumbnails, colour profiles.
_KEPT_APPLICATIONS = (0xE0, 0xEE)
_COMMENT = 0xFE
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")

ORIENTATION = 0x0112


def segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker with its segment, marker included; a scan's with the picture data behind it.

    Ends with the end marker, or where the file does. Raises ValueError for what is no JPEG.
    """
    if content[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG")
    yield _START, content[:2]
    at = 2
    while at < len(content):
        if content[at] != 0xFF:
            raise ValueError("a marker was expected")
        while at + 1 < len(content) and content[at + 1] == 0xFF:
            at += 1  # fill bytes
        if at + 1 >= len(content):
            return
        marker = content[at + 1]
        if marker == _END:
            yield marker, content[at : at + 2]
            return
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise ValueError("a segment is longer than the file")
        if marker == _SCAN:
            following = _AFTER_SCAN.search(content, end)
            end = following.start() if following else len(content)
        yield marker, content[at:end]
        at = end


def stripped(content: bytes) -> bytes:
    """The picture alone: no metadata, nothing behind its end."""
    return b"".join(part for marker, part in segments(content) if not is_metadata(marker))


def is_metadata(marker: int) -> bool:
    if marker == _COMMENT:
        return True
    return 0xE0 <= marker <= 0xEF and marker not in _KEPT_APPLICATIONS


def exif(content: bytes) -> bytes:
    """The first EXIF block, or nothing."""
    for marker, part in segments(content):
        if marker == 0xE1 and part[4:10] == b"Exif\0\0":
            return part[4:]
        if marker == _SCAN:
            break
    return b""
