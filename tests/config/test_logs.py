"""Log lines: one a record, and no number that points to a person."""

import logging
import sys

import pytest

from config.logs import OneLineFormatter, without_personal_numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id 11010519491231002X.", "id [number]."),
        ("(id_number)=(110105194912310021)", "(id_number)=([number])"),
        ("call 13800138000 now", "call [number] now"),
        ("card 6222020200012345678", "card [number]"),
        ("step 42 of 1000000 in 3.5 s", "step 42 of 1000000 in 3.5 s"),
        ("task 4199d518-ee29-4c8c-90f8-eed87facb18c", "task 4199d518-ee29-4c8c-90f8-eed87facb18c"),
    ],
)
def test_long_numbers_are_left_out(text: str, expected: str) -> None:
    assert without_personal_numbers(text) == expected


def test_a_record_with_traceback_and_line_breaks_is_one_line() -> None:
    try:
        raise ValueError("11010519491231002X\nsecond line")
    except ValueError:
        record = logging.LogRecord(
            "jiexu", logging.ERROR, "x.py", 1, "forged\r\nline", None, sys.exc_info()
        )

    line = OneLineFormatter("%(levelname)s %(message)s").format(record)

    assert "\n" not in line
    assert "\r" not in line
    assert line.startswith("ERROR forged\\r\\nline\\nTraceback")
    assert "11010519491231002X" not in line
