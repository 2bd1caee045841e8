"""What a gateway for text messages is.

It takes one message and returns once it is handed over. What it raises says what to do:
`Undeliverable` when trying again cannot help, `Unavailable` when the gateway itself cannot be used now,
so that other messages need not be tried; anything else is this message's own trouble, and it is tried
again. Nothing raised names a number or repeats a text.
"""

from typing import Protocol


class Undeliverable(Exception):  # noqa: N818 - a name callers read as a sentence
    """Trying again cannot help."""


class Unavailable(Exception):  # noqa: N818
    """The gateway cannot be reached or refuses everything; later it may not."""


class Gateway(Protocol):
    def send(self, to: str, text: str, key: str) -> None:
        """Hand over one text for the number `to`.

        `key` is the same on every attempt, so that a gateway can drop a repeat.
        """
