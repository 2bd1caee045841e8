"""The only door to an arrears case: opening it, and every action on it."""

from .assessing import missing_materials
from .door import Offer, offers, perform, waiting_transfers
from .opening import Draft, open_case

__all__ = [
    "Draft",
    "Offer",
    "missing_materials",
    "offers",
    "open_case",
    "perform",
    "waiting_transfers",
]
