"""What is stored, one file a noun."""

from .cases import ArrearsCase, ArrearsEvent, ArrearsMaterial, ArrearsMonth
from .payments import Allocation, Method, Payment, TakenBack
from .policies import ArrearsPolicy, DueRule, RestartRule, WageBase
from .quotes import Quote

__all__ = [
    "Allocation",
    "ArrearsCase",
    "ArrearsEvent",
    "ArrearsMaterial",
    "ArrearsMonth",
    "ArrearsPolicy",
    "DueRule",
    "Method",
    "Payment",
    "Quote",
    "RestartRule",
    "TakenBack",
    "WageBase",
]
