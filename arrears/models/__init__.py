"""What is stored, one file a noun."""

from .cases import ArrearsCase, ArrearsEvent, ArrearsMaterial, ArrearsMonth
from .payments import Allocation, Method, Payment, TakenBack
from .policies import ArrearsPolicy, DueRule, RestartRule, WageBase
from .quotes import Quote, QuoteTerms

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
    "QuoteTerms",
    "RestartRule",
    "TakenBack",
    "WageBase",
]
