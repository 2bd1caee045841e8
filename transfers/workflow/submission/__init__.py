"""The first door: an application comes in. Every wrong answer is told at once, nothing half-written."""

from .door import submit, submit_many
from .given import RECORD_FIELDS, Submission, Submitted
from .rules import (
    duplicate,
    identity_problem,
    materials_for,
    open_already,
    preload_pools,
    problems_of,
)

__all__ = [
    "RECORD_FIELDS",
    "Submission",
    "Submitted",
    "duplicate",
    "identity_problem",
    "materials_for",
    "open_already",
    "preload_pools",
    "problems_of",
    "submit",
    "submit_many",
]
