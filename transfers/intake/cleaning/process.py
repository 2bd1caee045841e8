"""The other process, as the web process sees it: bytes in, bytes or a reason out."""

import json
import subprocess
import sys
import threading
from pathlib import Path

from .verdict import MAX_BYTES, WALL_SECONDS, Clean, Unclean, Why

_ROOT = Path(__file__).resolve().parents[3]
_COMMAND = [sys.executable, "-E", "-s", "-B", "-m", __package__]

# Of one web process at once: each may take the memory and the second that its limits allow it.
_ROOM = threading.BoundedSemaphore(2)


def clean(content: bytes) -> Clean:
    """The file without anything but its picture or pages. Raises Unclean with the reason."""
    if not content:
        raise Unclean(Why.EMPTY)
    if len(content) > MAX_BYTES:
        raise Unclean(Why.SIZE)
    with _ROOM:
        answer = _ask(content)
    head, _newline, body = answer.partition(b"\n")
    try:
        told = json.loads(head)
    except ValueError:
        # It ended without a word: stopped by one of its limits.
        raise Unclean(Why.COMPLEX) from None
    if "why" in told:
        raise Unclean(Why(told["why"]))
    return Clean(body, told["type"], told["pages"])


def _ask(content: bytes) -> bytes:
    try:
        # The limits are the process's own; this timeout only counts the time it takes to start.
        done = subprocess.run(
            _COMMAND,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={},
            timeout=2 * WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unclean(Why.COMPLEX) from None
    return done.stdout if done.returncode == 0 else b""
