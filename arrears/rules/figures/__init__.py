"""Every figure of an assessment with its formula, its inputs and where each policy value comes from.

A figure can be read out (`spell`, `sources`) and reckoned again from nothing but what is printed (`recompute`).
Figures are made from an assessment when somebody asks for them; the assessment keeps all they need.
"""

from .making import figures
from .spoken import (
    Figure,
    Input,
    label,
    recompute,
    shown,
    sources,
    spell,
    stated,
    table_of,
)

__all__ = [
    "Figure",
    "Input",
    "figures",
    "label",
    "recompute",
    "shown",
    "sources",
    "spell",
    "stated",
    "table_of",
]
