"""What holds for every case: ten properties, some 6,000 cases in all."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.rules.asked import Asked
from arrears.rules.assessment import assess
from arrears.rules.figures import figures, recompute
from arrears.rules.money import from_text, late_fee_fen, text
from arrears.rules.periods import by_rate
from arrears.rules.stored import from_json, to_json
from arrears.rules.terms import Terms
from tests.arrears.rules.cases import (
    contributors,
    parts,
    payments,
    places,
    residents,
    with_months,
)
from tests.arrears.rules.places import RATES
from transfers.rules.months import months_after

many = settings(max_examples=600, deadline=None, derandomize=True)

days = st.dates(date(2000, 1, 1), date(2030, 12, 31))


@many
@given(st.integers(0, 10**8), days, st.integers(0, 4000), st.integers(0, 4000))
def test_a_late_fee_never_falls_with_the_days(
    principal: int, due: date, some: int, more: int
) -> None:
    def fee(count: int) -> int:
        return late_fee_fen(by_rate(principal, due, due + timedelta(days=count), RATES), RATES)

    assert 0 <= fee(min(some, more)) <= fee(max(some, more))


@many
@given(contributors, places, parts)
def test_the_parts_make_the_whole(asked: Asked, place: Terms, drawn: list[Any]) -> None:
    found = assess(asked, place, payments(asked, place, drawn))
    totals = found.totals
    if totals is None:
        assert (found.rows, found.back_pay_allowed) == ((), False)
        return
    assert totals.total_fen == totals.employer_fen + totals.person_fen
    assert totals.total_fen == sum(row.total_fen for row in found.rows)
    assert totals.principal_fen == sum(row.principal_fen for row in found.rows)
    assert totals.late_fee_fen == sum(row.late_fee_fen for row in found.rows)
    for row in found.rows:
        assert min(row.late_fee_employer_fen, row.late_fee_person_fen, row.late_fee_waived_fen) >= 0
        assert 0 <= row.outstanding_fen <= row.total_fen
        if not row.fixed:
            assert sum(part.days for part in row.segments) in (row.days, 0)


@many
@given(contributors, places, st.integers(0, 400))
def test_paying_earlier_never_costs_more_or_restarts_later(
    asked: Asked, place: Terms, days_earlier: int
) -> None:
    later = with_months(asked, place)
    if not later.months:
        return
    earliest = months_after(later.months[-1], 1)
    day = max(earliest, later.paid_on - timedelta(days=days_earlier))
    now, then = assess(replace(later, paid_on=day), place), assess(later, place)
    assert now.totals is not None
    assert then.totals is not None
    assert now.totals.total_fen <= then.totals.total_fen
    assert now.restart_on is not None
    assert then.restart_on is not None
    assert now.restart_on <= then.restart_on


@many
@given(contributors, places, st.integers(0, 400))
def test_somebody_refused_who_pays_earlier_never_restarts_later(
    asked: Asked, place: Terms, days_earlier: int
) -> None:
    assert asked.last_paid is not None
    day = max(asked.last_paid, asked.paid_on - timedelta(days=days_earlier))
    now = assess(replace(asked, months=None, paid_on=day), place).restart_on
    then = assess(replace(asked, months=None), place).restart_on
    assert now is None or (then is not None and now <= then)


@many
@given(residents, places, st.integers(0, 300))
def test_a_resident_who_pays_earlier_never_restarts_later(
    asked: Asked, place: Terms, days_earlier: int
) -> None:
    """Of two payments in one window, or of two late ones: the window itself shortens the wait."""
    earlier = replace(asked, paid_on=asked.paid_on - timedelta(days=days_earlier))
    now, then = assess(earlier, place), assess(asked, place)
    if now.in_window is not then.in_window or now.back_pay_allowed < then.back_pay_allowed:
        return
    assert now.restart_on is not None
    assert then.restart_on is not None
    assert now.restart_on <= then.restart_on


@many
@given(residents, places)
def test_a_year_made_up_never_lengthens_the_wait(asked: Asked, place: Terms) -> None:
    fewer = replace(asked, repaired_years=max(0, asked.repaired_years - 1))
    now, then = assess(asked, place), assess(fewer, place)
    assert (now.waiting_months or 0) <= (then.waiting_months or 0)
    assert now.restart_on is not None
    assert now.restart_on >= asked.paid_on


@many
@given(contributors, places)
def test_cumulative_months_never_fall(asked: Asked, place: Terms) -> None:
    found = assess(asked, place)
    assert found.cumulative_months_added == len(found.rows) >= 0
    if found.consecutive_months_after is not None:
        before = asked.consecutive_months_before or 0
        kept = found.whole and not found.over
        assert found.consecutive_months_after == (before + len(found.rows) if kept else 0)
    assert 0 <= (found.waiting_months or 0) <= 6


@many
@given(contributors, places, parts)
def test_a_figure_recomputes_from_what_is_printed(
    asked: Asked, place: Terms, drawn: list[Any]
) -> None:
    found = assess(asked, place, payments(asked, place, drawn))
    for figure in figures(found):
        assert recompute(figure) == figure.value, figure


@many
@given(residents, places)
def test_a_residents_figure_recomputes_from_what_is_printed(asked: Asked, place: Terms) -> None:
    for figure in figures(assess(asked, place)):
        assert recompute(figure) == figure.value, figure


@many
@given(contributors | residents, places)
def test_an_assessment_survives_being_stored(asked: Asked, place: Terms) -> None:
    found = assess(asked, place)
    stored = to_json(found)
    again = from_json(json.loads(json.dumps(stored)))
    assert again == found
    assert to_json(again) == stored
    assert figures(again) == figures(found)


@given(st.integers(-(10**12), 10**12))
def test_an_amount_survives_being_written(fen: int) -> None:
    assert from_text(text(fen)) == fen
