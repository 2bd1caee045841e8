"""What is stored, one file a noun."""

from .policies import ArrearsPolicy, DueRule, RestartRule, WageBase

__all__ = ["ArrearsPolicy", "DueRule", "RestartRule", "WageBase"]
