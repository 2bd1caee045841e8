"""Uploaded files made harmless, in a process of its own that knows no Django and no database.

`clean` is all that others need. `python -m transfers.intake.cleaning` is the process.
"""

from .process import clean
from .verdict import Clean, Unclean, Why

__all__ = ["Clean", "Unclean", "Why", "clean"]
