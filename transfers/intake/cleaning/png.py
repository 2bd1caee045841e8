"""The chunks of a PNG file. Source: W3C, Portable Network Graphics, 5."""

from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Size, colours, which colour is clear, the picture. The rest is metadata, or further frames.
KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's type, and the whole of it. Raises ValueError where the file is cut off."""
    at = len(SIGNATURE)
    while True:
        length = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content) or len(kind) < 4:
            raise ValueError("a chunk is longer than the file")
        yield kind, content[at:end]
        if kind == b"IEND":
            return
        at = end


def stripped(content: bytes) -> bytes:
    """The picture alone: no metadata, no second frame, nothing behind its end."""
    return SIGNATURE + b"".join(part for kind, part in chunks(content) if kind in KEPT)
