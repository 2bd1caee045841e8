"""Batches of employers: a spreadsheet of people is taken, checked as a whole, and handed in row by row."""

from .asking import DISCARDABLE, discard, hand_in
from .downloads import annotated, export
from .grouping import Group, groups_of
from .jobs import Run, work
from .keeping import forget, kept_until
from .template import template
from .uploading import MOST_BYTES, MOST_OPEN, AlreadyUploaded, take

__all__ = [
    "DISCARDABLE",
    "MOST_BYTES",
    "MOST_OPEN",
    "AlreadyUploaded",
    "Group",
    "Run",
    "annotated",
    "discard",
    "export",
    "forget",
    "groups_of",
    "hand_in",
    "kept_until",
    "take",
    "template",
    "work",
]
