"""Identity numbers, codes of employers, and what is shown of them.

Every number here is made up; those with a real place are the shortest way to
say what a place means.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from transfers.rules.identity import (
    PROVINCES,
    IdentityError,
    Sex,
    check_digit,
    is_uscc,
    last4,
    mask,
    mask_name,
    mask_phone,
    normalise,
    parse,
)

TODAY = date(2026, 10, 15)


def number(place: str = "330106", birth: str = "19880712", order: str = "034") -> str:
    """A number whose check character is the oracle's."""
    first17 = place + birth + order
    return first17 + ric.calc_check_digit(first17 + "0")


def code_of(text: str, on: date = TODAY) -> str:
    with pytest.raises(IdentityError) as caught:
        parse(text, on)
    return caught.value.code


# --- reading ----------------------------------------------------------------------


def test_parse_says_what_the_number_says():
    text = number("330106", "19880712", "035")
    who = parse(text, TODAY)
    assert who.number == text
    assert (who.province, who.county_code) == ("33", "330106")
    assert who.birth_on == date(1988, 7, 12)
    assert who.sex is Sex.MALE
    assert who.known_county is None
    assert not who.is_example


def test_even_order_is_female():
    assert parse(number(order="034"), TODAY).sex is Sex.FEMALE
    assert parse(number(order="120"), TODAY).sex is Sex.FEMALE
    assert parse(number(order="009"), TODAY).sex is Sex.MALE


def test_the_number_of_the_standard_is_read():
    """The example of GB 11643-1999 itself, whose check character is X."""
    who = parse("11010519491231002X", TODAY)
    assert (who.birth_on, who.sex) == (date(1949, 12, 31), Sex.FEMALE)


@pytest.mark.parametrize(
    "spelling",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105\u300019491231\u00a0002X\t\n",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        "\ufeff110105\u200b19491231002X\u202c",
    ],
)
def test_every_spelling_of_a_number_is_one_number(spelling):
    assert normalise(spelling) == "11010519491231002X"
    assert parse(spelling, TODAY).number == "11010519491231002X"


@pytest.mark.parametrize("province", sorted(PROVINCES))
def test_every_province_is_read(province):
    assert parse(number(province + "0101"), TODAY).province == province


def test_the_provinces_are_those_of_the_standard():
    assert len(PROVINCES) == 35
    assert not any(province.startswith("9") for province in PROVINCES)


@pytest.mark.parametrize("place", ["810000", "820000", "830000"])
def test_residence_permits_of_hong_kong_macau_and_taiwan_are_read(place):
    who = parse(number(place), TODAY, counties={"330106"})
    assert (who.province, who.known_county) == (place[:2], None)


def test_a_foreigners_permanent_residence_card_is_read():
    who = parse(number("911840", "19850101", "001"), TODAY, counties={"330106"})
    assert (who.province, who.county_code, who.known_county) == ("11", "", None)
    assert not who.is_example
    assert parse(number("965276"), TODAY).province == "65"


def test_an_example_is_read_and_told_apart():
    who = parse(number("990100"), TODAY, counties={"330106"})
    assert who.is_example
    assert (who.province, who.county_code, who.known_county) == ("", "990100", None)


def test_an_unknown_county_only_warns():
    assert parse(number("330106"), TODAY, counties={"330106"}).known_county is True
    assert parse(number("330103"), TODAY, counties={"330106"}).known_county is False
    assert parse(number("330103"), TODAY, counties=()).known_county is False


# --- refusing ---------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "1" * 17, "1" * 19, "110105491231002", "X" * 15])
def test_eighteen_characters_are_needed(text):
    assert code_of(text) == "length"


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231O02X",  # the letter O
        "X10105194912310021",
        "11010519491231002Y",
        "11010519491231002*",
        "110105-9491231002X",
        "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X",  # digits, but of another script
        "11010519491231002Х",  # the Cyrillic letter
    ],
)
def test_seventeen_digits_and_a_check_character_are_needed(text):
    assert code_of(text) == "characters"


@pytest.mark.parametrize("place", ["000000", "100000", "160101", "470101", "840000", "890000"])
def test_a_province_must_exist(place):
    assert code_of(number(place)) == "province"


@pytest.mark.parametrize("place", ["900840", "910840", "916840", "947840", "984840", "989840"])
def test_a_foreigners_province_must_exist(place):
    assert code_of(number(place)) == "province"


@pytest.mark.parametrize(
    "birth", ["18991231", "00000000", "19881301", "19880732", "19880230", "19000229", "19880700"]
)
def test_a_birth_date_must_exist_and_lie_after_1900(birth):
    assert code_of(number(birth=birth)) == "birth_date"


def test_the_first_day_of_1900_and_a_leap_day_are_birth_dates():
    assert parse(number(birth="19000101"), TODAY).birth_on == date(1900, 1, 1)
    assert parse(number(birth="20000229"), TODAY).birth_on == date(2000, 2, 29)


def test_nobody_is_born_tomorrow():
    text = number(birth="20261015")
    assert parse(text, TODAY).birth_on == TODAY
    assert code_of(text, on=TODAY - timedelta(days=1)) == "future_birth"
    assert code_of(number(birth="20990101")) == "future_birth"


def test_the_check_character_must_fit():
    right = number()
    for last in "0123456789X":
        if last == right[17]:
            assert parse(right, TODAY).number == right
        else:
            assert code_of(right[:17] + last) == "check_digit"


def test_the_number_is_not_in_the_message():
    with pytest.raises(IdentityError) as caught:
        parse("110105194912310021", TODAY)
    assert str(caught.value) == "check_digit"
    assert isinstance(caught.value, ValueError)


# --- properties -------------------------------------------------------------------

DIGITS17 = st.text("0123456789", min_size=17, max_size=17)
BIRTHS = st.dates(date(1900, 1, 1), TODAY).map(lambda born: born.strftime("%Y%m%d"))
NUMBERS = st.builds(
    number,
    st.sampled_from(["330106", "659004", "810000", "911840", "990100"]),
    BIRTHS,
    st.integers(1, 999).map("{:03}".format),
)


@given(DIGITS17)
def test_check_digit_agrees_with_stdnum(first17):
    assert check_digit(first17) == ric.calc_check_digit(first17 + "0")


@given(NUMBERS)
def test_numbers_of_people_are_read(text):
    assert parse(text, TODAY).birth_on.strftime("%Y%m%d") == text[6:14]


@given(NUMBERS, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_found(text, position, shift):
    if position == 17:
        wrong = str((int(text[17], 16) + shift) % 10) if text[17] != "X" else str(shift)
    else:
        wrong = str((int(text[position]) + shift) % 10)
    with pytest.raises(IdentityError):
        parse(text[:position] + wrong + text[position + 1 :], TODAY)


@given(NUMBERS, st.integers(0, 15))
def test_two_digits_swapped_are_found(text, position):
    a, b = text[position], text[position + 1]
    if a != b:
        with pytest.raises(IdentityError):
            parse(text[:position] + b + a + text[position + 2 :], TODAY)


@given(st.text(max_size=25))
def test_any_text_is_read_or_refused_with_a_code(text):
    try:
        parse(text, TODAY)
    except IdentityError as error:
        assert error.code in {  # noqa: PT017 - most texts are refused, some are not
            "length",
            "characters",
            "province",
            "birth_date",
            "future_birth",
            "check_digit",
        }


@pytest.mark.parametrize("text", ["", "1" * 16, "1" * 18, "1" * 16 + "X", "١" * 17, "²" * 17])
def test_check_digit_needs_seventeen_digits(text):
    with pytest.raises(ValueError, match="17 digits"):
        check_digit(text)


# --- employers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("91110000600037341L", True),
        (" 91110000600037341l ", True),
        ("９１１１００００６００037341Ｌ", True),
        ("91110000600037341M", False),
        ("9111000060003734", False),
        ("A1110000600037341L", False),
        ("91110000600037341I", False),
        ("", False),
        ("示例有限公司", False),
    ],
)
def test_is_uscc(text, valid):
    assert is_uscc(text) is valid


# --- masking ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("33010619880712034X", "330*************4X"),
        ("33010619880712034x", "330*************4X"),
        ("330106 19880712 0341", "330*************41"),
        ("E12345678", "*********"),
        ("", ""),
    ],
)
def test_mask(text, shown):
    assert mask(text) == shown


@given(NUMBERS)
def test_mask_keeps_five_of_eighteen(text):
    shown = mask(text)
    assert len(shown) == 18
    assert shown.count("*") == 13
    assert text[6:14] not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("33010619880712034x", "034X"),
        ("6222 0212 3456 7890", "7890"),
        ("12345678", "5678"),
        ("1234567", "*******"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_last4_never_shows_more_than_half(text, shown):
    assert last4(text) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("张三丰", "张*"),
        (" 张三 ", "张*"),
        ("张", "张*"),
        ("欧阳锋", "欧阳*"),
        ("诸葛孔明", "诸葛*"),
        ("諸葛亮", "諸葛*"),
        ("令狐冲", "令狐*"),
        ("欧阳", "欧*"),
        ("万俟卨", "万俟*"),
        ("万里", "万*"),
        ("阿卜杜拉·买买提", "阿*"),
        ("𠮷田", "𠮷*"),
        ("Zhang San", "Z*"),
        ("O'Neill", "O*"),
        ("E\u0301mile Zola", "É*"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_mask_name(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812340712", "138****0712"),
        ("138 1234 0712", "138****0712"),
        ("138-1234-0712", "138****0712"),
        ("１３８１２３４０７１２", "138****0712"),
        ("+8613812340712", "138****0712"),
        ("+86 138 1234 0712", "138****0712"),
        ("008613812340712", "138****0712"),
        ("0571-87654321", "********4321"),
        ("+86 10 87654321", "*********4321"),
        ("+85291234567", "********4567"),
        ("12393", "*****"),
        ("", ""),
    ],
)
def test_mask_phone(phone, shown):
    assert mask_phone(phone) == shown
