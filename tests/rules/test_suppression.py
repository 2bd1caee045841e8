"""No withheld count follows from what is shown."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transfers.rules.suppression import FEWEST, Withheld, ranges, shows_sum, withhold

NO, SMALL, OTHER = Withheld.NO, Withheld.SMALL, Withheld.OTHER


def nation(provinces: list[list[int]]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Counts and tree of a nation with these pools."""
    counts: dict[str, int] = {}
    tree: dict[str, list[str]] = {"N": []}
    for number, pools in enumerate(provinces):
        province = f"P{number}"
        tree["N"].append(province)
        tree[province] = [f"{province}-{each}" for each in range(len(pools))]
        counts |= dict(zip(tree[province], pools, strict=True))
        counts[province] = sum(pools)
    counts["N"] = sum(map(sum, provinces))
    return counts, tree


@pytest.mark.parametrize(
    ("provinces", "withheld"),
    [
        pytest.param([[50, 60], [70]], {}, id="nothing small"),
        pytest.param([[0, 60], [70]], {}, id="nobody is no small number"),
        pytest.param(
            [[9, 60], [70]], {"P0-0": SMALL, "P0-1": OTHER}, id="a second pool covers the first"
        ),
        pytest.param(
            [[9, 30, 20], [70]], {"P0-0": SMALL, "P0-2": OTHER}, id="the smallest that will do"
        ),
        pytest.param([[4, 5, 60], [70]], {"P0-0": SMALL, "P0-1": SMALL}, id="two cover each other"),
        pytest.param(
            [[1, 1, 60], [70]],
            {"P0-0": SMALL, "P0-1": SMALL, "P0-2": OTHER},
            id="two of two can only be one each",
        ),
        pytest.param(
            [[9, 9, 60], [70]],
            {"P0-0": SMALL, "P0-1": SMALL, "P0-2": OTHER},
            id="eighteen of two can only be nine each",
        ),
        pytest.param(
            [[3], [70], [80]],
            {"P0-0": SMALL, "P0": SMALL, "P1": OTHER, "P1-0": OTHER},
            id="a province of one pool is that pool",
        ),
        pytest.param(
            [[3], []], {"P0-0": SMALL, "P0": SMALL, "N": SMALL}, id="one small pool alone"
        ),
    ],
)
def test_what_is_withheld(provinces: list[list[int]], withheld: dict[str, Withheld]) -> None:
    told = withhold(*nation(provinces))
    assert {place: why for place, why in told.items() if why} == withheld


counted = st.one_of(st.integers(0, 3), st.integers(0, 25), st.integers(0, 10_000))
countries = st.lists(st.lists(counted, max_size=6), max_size=6)


@given(countries)
@settings(max_examples=400, deadline=None)
def test_nothing_withheld_can_be_worked_out(provinces: list[list[int]]) -> None:
    counts, tree = nation(provinces)
    told = withhold(counts, tree)
    assert set(told) == {place for place, n in counts.items() if n}
    assert all(why for place, why in told.items() if counts[place] < FEWEST)
    assert all(counts[place] < FEWEST for place, why in told.items() if why is SMALL)
    present = {place: n for place, n in counts.items() if n}
    for place, found in ranges(present, tree, told).items():
        assert found.least <= counts[place] <= found.most
        assert found.least < found.most, (place, told)


@given(st.lists(st.lists(st.integers(0, 13), max_size=2), min_size=1, max_size=2))
@settings(max_examples=60, deadline=None)
def test_another_table_would_look_the_same(provinces: list[list[int]]) -> None:
    """The plain definition, by trying every table there is."""
    counts, tree = nation(provinces)
    told = withhold(counts, tree)
    looks = {place: set() for place, why in told.items() if why}  # type: ignore[var-annotated]
    for other in every_table(counts, tree, told):
        for place in looks:
            looks[place].add(other[place])
    assert all(len(values) > 1 for values in looks.values()), (told, looks)


def every_table(
    counts: dict[str, int], tree: dict[str, list[str]], told: dict[str, Withheld]
) -> Iterator[dict[str, int]]:
    """All tables of which a reader would be shown the same; withheld counts up to 40 are tried."""
    pools = [pool for province in tree["N"] for pool in tree[province]]
    choices = [
        {NO: [counts[pool]], SMALL: range(1, FEWEST), OTHER: range(1, 30)}[told.get(pool, NO)]
        for pool in pools
    ]
    for values in product(*choices):
        other = dict(zip(pools, values, strict=True))
        for total in (*tree["N"], "N"):
            other[total] = sum(other[part] for part in tree[total])
        fits = (
            {NO: other[place] == counts.get(place, 0), SMALL: 0 < other[place] < FEWEST,
             OTHER: other[place] > 0}[told.get(place, NO)]
            for place in tree
        )  # fmt: skip
        if all(fits):
            yield other


def test_a_sum_is_shown_only_with_all_its_months() -> None:
    assert shows_sum([NO, NO])
    assert not shows_sum([NO, SMALL])
    assert not shows_sum([OTHER, NO])


def test_a_total_must_be_the_sum_of_its_parts() -> None:
    with pytest.raises(ValueError, match="sum of its parts"):
        withhold({"N": 30, "P": 20}, {"N": ["P"]})
