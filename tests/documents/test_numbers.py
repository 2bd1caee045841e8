"""Numbers of papers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfers.documents.numbers import is_number, new_number, normalise
from transfers.models import Paper

NUMBERS = st.builds(
    new_number, st.sampled_from(list(Paper.Kind)), st.dates(date(2000, 1, 1), date(2099, 12, 31))
)


@given(NUMBERS)
def test_a_number_has_its_form_and_fits_its_column(number: str) -> None:
    assert is_number(number)
    assert len(number) <= Paper._meta.get_field("number").max_length
    assert number.isascii()


@given(NUMBERS, st.integers(2, 19), st.sampled_from("0123456789"))
def test_one_misread_figure_is_noticed(number: str, at: int, figure: str) -> None:
    if number[at] in "-" or number[at] == figure or at == len(number) - 1:
        return
    assert not is_number(number[:at] + figure + number[at + 1 :])


@pytest.mark.parametrize("kind", list(Paper.Kind))
def test_every_kind_has_letters_of_its_own(kind: Paper.Kind) -> None:
    heads = {new_number(each, date(2025, 10, 21))[:2] for each in Paper.Kind}
    assert len(heads) == len(Paper.Kind)
    assert new_number(kind, date(2025, 10, 21))[2:10] == "20251021"


def test_what_people_type_is_forgiven() -> None:
    number = new_number(Paper.Kind.RECEIPT, date(2025, 10, 21))
    for typed in (
        number.lower(),
        f" {number} ",
        number.replace("-", ""),
        number.replace("-", "－"),
    ):
        assert normalise(typed) == number


def test_two_papers_of_a_day_differ() -> None:
    drawn = {new_number(Paper.Kind.RECEIPT, date(2025, 10, 21)) for _ in range(200)}
    assert len(drawn) == 200
