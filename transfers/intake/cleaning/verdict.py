"""What cleaning comes to, and the limits it works within."""

from dataclasses import dataclass
from enum import StrEnum

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 50

WALL_SECONDS = 4.5  # from when it runs; starting it takes a tenth of one
CPU_SECONDS = 4
MEMORY_BYTES = 200 * 1024 * 1024  # of address space, so the resident part is smaller


class Why(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    SIZE = "size"
    TYPE = "type"
    HEIC = "heic"
    DAMAGED = "damaged"
    PIXELS = "pixels"
    PAGES = "pages"
    COMPLEX = "complex"


class Unclean(Exception):  # noqa: N818 - a name callers read as a sentence
    """The file is not taken. Holds nothing of its content."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Clean:
    """A file drawn or written anew."""

    content: bytes
    file_type: str
    pages: int
