"""One file on standard input; on standard output a line that says what it is, and the clean file."""

import json
import resource
import signal
import sys

from .verdict import CPU_SECONDS, MEMORY_BYTES, WALL_SECONDS, Clean, Unclean, Why


def _limit() -> None:
    """Whatever the file does, this process ends, small, and writes nowhere."""
    signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":  # others refuse a limit of address space
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _clean(content: bytes) -> Clean:
    from . import kinds  # after the limits

    kind = kinds.of(content)
    if kind == "PDF":
        from . import pdf

        return pdf.rebuilt(content)
    from . import images

    return images.redrawn(content, kind)


def main() -> None:
    _limit()
    try:
        cleaned = _clean(sys.stdin.buffer.read())
    except Unclean as unclean:
        told, body = {"why": unclean.why.value}, b""
    except (MemoryError, RecursionError):
        told, body = {"why": Why.COMPLEX.value}, b""
    else:
        told = {"type": cleaned.file_type, "pages": cleaned.pages}
        body = cleaned.content
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + body)


main()
