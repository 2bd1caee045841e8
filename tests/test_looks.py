"""The few looks of an ordinary run leave nothing out that two properties together can break."""

from itertools import combinations

from tests.looks import LANGUAGES, MATRIX, SIZES, WIDTHS, looks


def test_each_page_is_seen_at_every_width_in_every_language_and_size() -> None:
    for number in range(8):
        seen = [set(values) for values in zip(*looks(number), strict=True)]
        assert seen == [set(LANGUAGES), set(SIZES), set(WIDTHS)]


def test_every_pair_of_language_size_and_width_occurs_among_four_pages() -> None:
    for start in range(4):
        seen = [look for number in range(start, start + 4) for look in looks(number)]
        for one, other in combinations(range(3), 2):
            assert {(look[one], look[other]) for look in seen} == {
                (look[one], look[other]) for look in MATRIX
            }
        assert set(seen) == set(MATRIX)
