"""Reference numbers: ZY + date + six random digits + a check digit, e.g. ZY20260924-3810426.

The date lets an archive be cut by year; the random part gives away no counts; the check digit (Luhn)
catches a digit misheard on the telephone.
"""

import secrets
from datetime import date

TRANSFER = "ZY"  # 转移


def check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def new_reference(on: date, head: str = TRANSFER) -> str:
    """A reference that is very likely free; the database has the last word. `head`: two letters."""
    day, serial = f"{on:%Y%m%d}", f"{secrets.randbelow(1_000_000):06d}"
    return f"{head}{day}-{serial}{check_digit(day + serial)}"


def is_reference(text: str) -> bool:
    """Whether `text` has the form of a reference and its check digit is right."""
    head, dash, tail = text.partition("-")
    digits = head.removeprefix(TRANSFER) + tail
    return (
        bool(dash)
        and head.startswith(TRANSFER)
        and len(head) == 10
        and len(tail) == 7
        and digits.isascii()
        and digits.isdigit()
        and check_digit(digits[:-1]) == digits[-1]
    )
