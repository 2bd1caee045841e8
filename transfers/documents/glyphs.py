"""The typeface of the PDFs, and what to print for a character that it does not have.

The font comes as a package (Noto Sans CJK, SIL Open Font License), so that a PDF looks the same on
every machine; the machine's own fonts are never asked.
"""

import struct
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any


def font_file() -> Path:
    return Path(str(files("noto_cjk_sans_otc"))) / "NotoSansCJK-Regular.ttc"


@cache
def characters() -> frozenset[int]:
    """Code points that the font's Simplified Chinese face has a glyph for, out of its `cmap`."""
    data = font_file().read_bytes()
    found: set[int] = set()
    for start in _cmap_tables(data):
        count = struct.unpack_from(">H", data, start + 2)[0]
        for index in range(count):
            offset = struct.unpack_from(">HHI", data, start + 4 + index * 8)[2]
            table = start + offset
            if struct.unpack_from(">H", data, table)[0] == 12:  # segmented, all of Unicode
                groups = struct.unpack_from(">I", data, table + 12)[0]
                for first, last, _glyph in struct.iter_unpack(
                    ">III", data[table + 16 : table + 16 + groups * 12]
                ):
                    found.update(range(first, last + 1))
    return frozenset(found)


def _cmap_tables(data: bytes) -> list[int]:
    """Where the `cmap` of the Simplified Chinese face stands: the third of the collection."""
    count = struct.unpack_from(">I", data, 8)[0]
    faces = struct.unpack_from(f">{count}I", data, 12)
    for face in faces:
        tables = struct.unpack_from(">H", data, face + 4)[0]
        places = {
            data[at : at + 4]: struct.unpack_from(">I", data, at + 8)[0]
            for at in range(face + 12, face + 12 + tables * 16, 16)
        }
        if "Noto Sans CJK SC" in _names(data, places[b"name"]):
            return [places[b"cmap"]]
    raise LookupError("the font collection has no Simplified Chinese face")


def _names(data: bytes, start: int) -> set[str]:
    count, strings = struct.unpack_from(">HH", data, start + 2)
    found = set()
    for at in range(start + 6, start + 6 + count * 12, 12):
        platform, _encoding, _language, _name, length, offset = struct.unpack_from(">6H", data, at)
        if platform == 3:
            first = start + strings + offset
            found.add(data[first : first + length].decode("utf-16-be"))
    return found


def _is_variation_selector(each: str) -> bool:
    return "\ufe00" <= each <= "\ufe0f" or "\U000e0100" <= each <= "\U000e01ef"


def printable(text: str) -> tuple[str, bool]:
    """The text with 〔U+…〕 for every character that the font lacks, and whether there was one.

    Control and formatting characters and variation selectors are dropped: they would print as
    nothing or as a box.
    """
    known = characters()
    lacking = False
    parts = []
    for each in unicodedata.normalize("NFC", text).replace("\r\n", "\n"):
        if each in "\n " or ord(each) in known:
            parts.append(each)
        elif unicodedata.category(each) in ("Cc", "Cf") or _is_variation_selector(each):
            continue
        else:
            parts.append(f"〔U+{ord(each):04X}〕")
            lacking = True
    return "".join(parts), lacking


def printable_all(value: Any) -> tuple[Any, bool]:
    """`printable` for every text in JSON-ready data."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        done = {key: printable_all(each) for key, each in value.items()}
        return {key: each for key, (each, _) in done.items()}, any(bad for _, bad in done.values())
    if isinstance(value, (list, tuple)):
        pairs = [printable_all(each) for each in value]
        return [each for each, _ in pairs], any(bad for _, bad in pairs)
    return value, False
