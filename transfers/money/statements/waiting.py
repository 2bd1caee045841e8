"""Files that wait for somebody to say which column is which; kept a day at most, served to nobody."""

import secrets
from datetime import datetime, timedelta
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

_FOLDER = "statements"
_KEPT = timedelta(days=1)


def put(content: bytes) -> str:
    """Keep a file; returns the word by which it is had again."""
    word = secrets.token_urlsafe(24)
    default_storage.save(_path(word), ContentFile(content))
    return word


def get(word: str) -> bytes | None:
    """The file, or None once it is gone."""
    try:
        file: IO[Any]
        with default_storage.open(_path(word)) as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError:
        return None


def drop(word: str) -> None:
    default_storage.delete(_path(word))


def forget(now: datetime) -> int:
    """Delete what nobody came back to for a day; returns how many files."""
    try:
        _folders, names = default_storage.listdir(_FOLDER)
    except FileNotFoundError:
        return 0
    old = [
        name
        for name in names
        if default_storage.get_modified_time(f"{_FOLDER}/{name}") < now - _KEPT
    ]
    for name in old:
        drop(name)
    return len(old)


def _path(word: str) -> str:
    return f"{_FOLDER}/{word}"
