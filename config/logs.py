"""Log lines: one a record, and without the numbers that point to a person."""

import logging
import re

# An identity number, or any long run of digits: bank account, medical-insurance number, mobile.
# A transaction reference of ours is never a bare run of that length.
PERSONAL_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{11,30})(?![0-9A-Za-z])")


def without_personal_numbers(text: str) -> str:
    """`text` with every long number replaced, so that an error message cannot carry one along."""
    return PERSONAL_NUMBER.sub("[number]", text)


class OneLineFormatter(logging.Formatter):
    """A record is one line, with its traceback; nobody can forge a second one with a line break."""

    def format(self, record: logging.LogRecord) -> str:
        text = without_personal_numbers(super().format(record))
        return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
