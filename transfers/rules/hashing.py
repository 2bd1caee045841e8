"""The hash that people confirm and seals sign: one spelling of a value, one hash."""

import hashlib
import json
from typing import Any


def digest_of(content: Any) -> str:
    """SHA-256 of a JSON value in its canonical spelling: sorted keys, no spaces, UTF-8."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
