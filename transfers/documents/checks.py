"""What `manage.py check` asks of the seal: a key file that is there, closed to others and whole."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from .signing import SealError, read_keys


@register
def seal_keys(**_: Any) -> list[CheckMessage]:
    """In production the file must exist; a local installation makes it at the first paper."""
    path = Path(settings.SEAL_KEYS)
    if not settings.PRODUCTION and not path.exists():
        return []
    try:
        read_keys(path)
    except SealError as error:
        return [
            Error(
                f"SEAL_KEYS: {error}.",
                hint="Papers cannot be sealed. `manage.py new_seal_key` makes the first key.",
                id="transfers.E001",
            )
        ]
    return []
