"""What actions are called on buttons and in the log."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from ..rules.states import Action
from ..workflow import case

# A step and the action that completes it share an English name; Chinese tells them apart.
_OWN_WORDS: dict[str, Any] = {
    Action.TRANSFER_OUT: pgettext_lazy("action", "Transfer out"),
    Action.TRANSFER_IN: pgettext_lazy("action", "Transfer in"),
}


def label_of(verb: str) -> Any:
    """The name of an action, from its verb as offered or as stored with an event."""
    return _OWN_WORDS.get(verb) or case.label_of(verb)
