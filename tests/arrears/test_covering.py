"""Payments before the pay-by date, whatever they are and whenever: the parts add up, early is never dear."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrears.quoting import Covered, MoreThanOwed, covering, owed_of, sums_of
from arrears.rules.asked import Asked
from arrears.rules.assessment import Assessment, assess
from arrears.rules.parts import Party, left, payable
from arrears.rules.rows import Row
from arrears.rules.terms import Terms
from tests.arrears.rules.cases import contributors, places, with_months
from transfers.rules.months import end_of

drawn = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 1_500_000)), min_size=1, max_size=3)


def after(said: Assessment, payments: Sequence[tuple[date, int]]) -> Assessment:
    """The quote once payments came in, in order of time; of each no more than was owed that day."""
    covered: list[Covered] = []
    quotes: dict[int, tuple[Row, ...]] = {0: said.rows}
    for number, (day, amount) in enumerate(sorted(payments), start=1):
        rest = left(owed_of(said.rows), sums_of(covered))
        if not rest:
            break
        amount = min(amount, payable(rest, Party.EMPLOYER))
        try:
            anew, parts = covering(said, covered, quotes, Party.EMPLOYER, amount, day)
        except MoreThanOwed as more:
            amount = more.most_fen
            if not amount:
                break
            anew, parts = covering(said, covered, quotes, Party.EMPLOYER, amount, day)
        assert sum(each.fen for each in parts) == amount
        said = anew or said
        quotes[number] = said.rows
        covered += [Covered(each.month, each.part, each.fen, day, number) for each in parts]
        assert said.totals is not None
        still = sum(each.fen for each in left(owed_of(said.rows), sums_of(covered)))
        assert sum(each.fen for each in covered) + still == said.totals.total_fen
        assert assess(said.asked, said.used).totals is not None
    return said


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(contributors, places, drawn, st.integers(0, 40))
def test_the_parts_add_up_and_paying_a_part_earlier_never_costs_more(
    asked: Asked, place: Terms, payments: list[tuple[int, int]], earlier: int
) -> None:
    asked = with_months(asked, place)
    if not asked.months:
        return
    said = assess(asked, place)
    if said.totals is None or not said.totals.total_fen:
        return
    first, last = end_of(asked.months[-1]) + timedelta(days=1), asked.paid_on

    def on(days: int) -> date:
        return max(first, last - timedelta(days=days))

    then = after(said, [(on(days), amount) for days, amount in payments])
    (days, amount), *others = sorted(payments, reverse=True)
    moved = [(on(days + earlier), amount), *((on(each), of) for each, of in others)]
    now = after(said, moved)
    assert then.totals is not None
    assert now.totals is not None
    assert now.totals.total_fen <= then.totals.total_fen <= said.totals.total_fen
