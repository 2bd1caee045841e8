"""What an applicant is told: where the case stands, what to do, by when, in both languages."""

from .apart import describe_stale, describe_unsent
from .describe import Described, describe, preview, shown
from .situation import Situation, held_up, situation_of

__all__ = [
    "Described",
    "Situation",
    "describe",
    "describe_stale",
    "describe_unsent",
    "held_up",
    "preview",
    "shown",
    "situation_of",
]
