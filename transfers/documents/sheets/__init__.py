"""A paper in the reader's language: the words, figures and tables that page and PDF both show.

Made from the stored content alone, so that the two can never differ, nor either from what was sealed.
"""

from .blocks import Amount, Facts
from .sheet import Sheet, sheet_of

__all__ = ["Amount", "Facts", "Sheet", "sheet_of"]
