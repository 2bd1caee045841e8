"""Gateways that send nothing: they show or keep what would be sent."""

import json
import os
import sys
from pathlib import Path

from django.utils.timezone import now


class Console:
    """Prints each message, with all but the last digits of the number."""

    def send(self, to: str, text: str, key: str) -> None:
        sys.stdout.write(f"SMS to …{to[-4:]} ({key}): {text}\n")
        sys.stdout.flush()


class File:
    """Adds a line of JSON a message to `messages.jsonl` in a directory, both for the owner alone."""

    def __init__(self, directory: str) -> None:
        self.path = Path(directory) / "messages.jsonl"

    def send(self, to: str, text: str, key: str) -> None:
        row = {"at": now().isoformat(timespec="seconds"), "key": key, "to": to, "text": text}
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One write at the end of the file: two processes never mix their lines, and a killed one
        # leaves a whole line or none.
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)
