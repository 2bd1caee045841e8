"""Amounts in capitals: the examples of the payment rules, and every amount read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfers.rules.capitals import in_capitals

DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("fen", "capitals"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (56, "伍角陆分"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (1_000, "壹拾元整"),
        (1_001, "壹拾元零壹分"),
        (123_456, "壹仟贰佰叁拾肆元伍角陆分"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"),
        (1_000_000, "壹万元整"),
        (1_000_100, "壹万零壹元整"),
        (1_001_000, "壹万零壹拾元整"),
        (1_010_000, "壹万零壹佰元整"),
        (1_100_000, "壹万壹仟元整"),
        (1_000_100_000, "壹仟万壹仟元整"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (10_001_000_000, "壹亿零壹万元整"),
        (10_100_000_000, "壹亿零壹佰万元整"),
        (11_000_000_000, "壹亿壹仟万元整"),
        (10_001_000_100, "壹亿零壹万零壹元整"),
        (1_234_567_890_123, "壹佰贰拾叁亿肆仟伍佰陆拾柒万捌仟玖佰零壹元贰角叁分"),
        (100_000_000_000_000, "壹万亿元整"),
    ],
)
def test_known_examples(fen: int, capitals: str) -> None:
    assert in_capitals(fen) == f"人民币{capitals}"


def read(text: str) -> int:
    """The amount in fen, read the way a person reads it."""
    assert text.startswith("人民币")
    matched = re.fullmatch(
        r"(?:(?P<yuan>[^元角分]+)元)?零?(?:(?P<jiao>.)角)?(?:(?P<fen>.)分|整)",
        text.removeprefix("人民币"),
    )
    assert matched, text
    value = whole(matched["yuan"] or "零") * 100
    return value + DIGITS[matched["jiao"] or "零"] * 10 + DIGITS[matched["fen"] or "零"]


def whole(text: str) -> int:
    for name, unit in (("亿", 100_000_000), ("万", 10_000)):
        head, found, tail = text.rpartition(name)
        if found:
            return whole(head) * unit + (whole(tail) if tail else 0)
    total = digit = 0
    for each in text:
        if each in PLACES:
            total, digit = total + digit * PLACES[each], 0
        else:
            digit = DIGITS[each]
    return total + digit


AMOUNTS = st.one_of(
    st.integers(0, 10**14 - 1),
    st.lists(st.sampled_from("0001259"), min_size=1, max_size=13).map(lambda ds: int("".join(ds))),
)


@given(AMOUNTS)
def test_every_amount_reads_back(fen: int) -> None:
    assert read(in_capitals(fen)) == fen


@given(AMOUNTS)
def test_no_nought_is_written_twice_or_last(fen: int) -> None:
    text = in_capitals(fen)
    assert "零零" not in text
    assert "零整" not in text
    assert not re.search(r"零[万亿]", text)
    assert text.endswith(("整", "分"))


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        in_capitals(-1)
