"""Counting months: dated examples, and what must hold for every record."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfers.rules.months import (
    MonthStatus,
    Span,
    calendar,
    conversion,
    count,
    covered,
    doubled,
    interrupted,
    merge,
    months_of,
    runs,
    spelled,
    stays_at_origin,
)


def m(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def span(first: str, last: str, months: int | None = None, kind: str = "actual") -> Span:
    return Span(m(first), m(last), months, kind)


# --- examples ---------------------------------------------------------------------


def test_nothing_held_adds_every_month_of_the_form() -> None:
    report = merge([], [span("2018-07", "2023-06"), span("2023-09", "2025-08")])
    assert (report.held, report.on_form, report.worth) == (0, 84, 84)
    assert (report.added, report.cumulative, report.overlaps) == (84, 84, ())


def test_months_both_have_are_named_one_by_one_and_counted_once() -> None:
    held = [span("2025-05", "2025-10")]
    report = merge(held, [span("2018-07", "2023-06"), span("2023-09", "2025-08")])
    assert report.overlaps == (m("2025-05"), m("2025-06"), m("2025-07"), m("2025-08"))
    assert (report.held, report.added, report.cumulative) == (6, 80, 86)


def test_the_turn_of_the_year_is_one_month_after_december() -> None:
    assert list(months_of(span("2023-12", "2024-01"))) == [m("2023-12"), m("2024-01")]
    assert span("2023-12", "2024-01").length == 2
    assert span("2020-01", "2020-12").length == 12


@pytest.mark.parametrize(
    ("year_is_worth", "months", "worth"),
    [(3, "2024-12", 3), (3, "2024-11", 0), (3, "2026-11", 6), (3, "2026-12", 9), (12, "2025-12", 24),
     (0, "2026-12", 0), (None, "2026-12", 0)],
)  # fmt: skip
def test_full_resident_years_convert_where_the_policy_says_so(
    year_is_worth: int | None, months: str, worth: int
) -> None:
    convert = conversion("resident", "employee", year_is_worth)
    report = merge([], [span("2024-01", months)], convert=convert)
    assert (report.worth, report.added, report.cumulative) == (worth, worth, worth)
    assert report.on_form == span("2024-01", months).length


def test_only_new_resident_months_make_up_a_year() -> None:
    held, brought = [span("2025-06", "2025-12")], [span("2023-01", "2025-08")]
    report = merge(held, brought, convert=3)
    assert (report.on_form, report.worth) == (32, 6)
    assert (len(report.overlaps), report.added, report.cumulative) == (3, 6, 13)
    assert merge(held, [span("2023-09", "2025-08")], convert=3).added == 3  # 24 less 3


@pytest.mark.parametrize(
    ("origin", "destination", "expected"),
    [("resident", "employee", 3), ("resident", "flexible", 3), ("resident", "resident", None),
     ("employee", "resident", None), ("flexible", "employee", None), ("employee", "flexible", None)],
)  # fmt: skip
def test_only_resident_months_into_the_employee_scheme_convert(
    origin: str, destination: str, expected: int | None
) -> None:
    assert conversion(origin, destination, 3) == expected


def test_months_converted_before_are_carried_on() -> None:
    report = merge([span("2025-01", "2025-06")], [span("2024-01", "2024-03")], carried=9)
    assert (report.held, report.cumulative) == (15, 18)


def test_what_was_counted_before_stays_counted() -> None:
    report = merge([span("2025-01", "2025-06")], [span("2024-01", "2024-03")], floor=8)
    assert (report.held, report.added, report.cumulative) == (8, 3, 11)
    assert merge([span("2025-01", "2025-06")], [], floor=5).held == 6


def test_overlaps_inside_the_form_and_inside_the_record_are_found_and_count_once() -> None:
    twice = [span("2024-01", "2024-06"), span("2024-05", "2024-08")]
    report = merge(twice, [])
    assert (report.doubled_held, report.held) == ((m("2024-05"), m("2024-06")), 8)
    report = merge([], twice)
    assert (report.doubled_on_form, report.on_form, report.added) == (
        (m("2024-05"), m("2024-06")), 8, 8,
    )  # fmt: skip


def test_a_span_with_gaps_never_doubles_a_month() -> None:
    # Ten of twelve months, nobody knows which: of the three held, all may be among the ten.
    report = merge([span("2024-10", "2024-12")], [span("2024-01", "2024-12", 10)])
    assert (len(report.overlaps), report.added) == (3, 7)
    # Held with gaps: every month it touches may be one that it counts.
    report = merge([span("2024-01", "2024-12", 1)], [span("2024-03", "2024-04")])
    assert (report.held, report.added, report.cumulative) == (1, 0, 1)
    assert count([span("2024-01", "2024-12", 12), span("2024-01", "2024-12", 1)]) == 12


def test_spans_without_gaps_are_certain_whatever_else_is_there() -> None:
    whole = [span("2024-01", "2024-05"), span("2025-04", "2025-08")]
    assert count([span("2024-01", "2025-08", 8), *whole]) == 10


def test_a_relation_that_stays_adds_nothing() -> None:
    report = stays_at_origin([span("2025-01", "2025-12")])
    assert (report.held, report.on_form, report.worth, report.added) == (0, 12, 0, 0)
    assert (report.cumulative, report.overlaps) == (0, ())


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [("2024-02", "2024-01", None), ("2024-01", "2024-02", 3), ("2024-01", "2024-02", 0)],
)
def test_impossible_spans_are_refused(first: str, last: str, months: int | None) -> None:
    with pytest.raises(ValueError, match="span"):
        span(first, last, months)


def test_a_span_starts_on_the_first() -> None:
    with pytest.raises(ValueError, match="firsts"):
        Span(date(2024, 1, 2), date(2024, 2, 1))


def test_months_are_spelled_as_runs() -> None:
    months = covered([span("2023-05", "2023-05"), span("2023-07", "2023-09"),
                      span("2023-12", "2024-01")])  # fmt: skip
    assert spelled(months) == "2023-05, 2023-07–2023-09, 2023-12, 2024-01"
    assert spelled([]) == ""


def test_an_interruption_is_a_month_missing_or_left_out() -> None:
    assert not interrupted([])
    assert not interrupted([span("2023-01", "2023-12"), span("2024-01", "2024-02")])
    assert interrupted([span("2023-01", "2023-11"), span("2024-01", "2024-02")])
    assert interrupted([span("2023-01", "2023-11", 10)])


def test_the_calendar_of_a_record_says_what_each_month_is() -> None:
    rows = [span("2023-11", "2024-03", kind="deemed"), span("2024-03", "2024-05"),
            span("2024-08", "2024-10", 2)]  # fmt: skip
    years = calendar(rows)
    missing, paid, deemed = MonthStatus.MISSING, MonthStatus.PAID, MonthStatus.DEEMED
    partly = MonthStatus.PARTLY
    assert years == {
        2023: (None,) * 10 + (deemed, deemed),
        2024: (deemed, deemed, MonthStatus.DOUBLED, paid, paid, missing, missing,
               partly, partly, partly, None, None),
    }  # fmt: skip
    assert calendar([]) == {}


# --- what always holds ------------------------------------------------------------


@st.composite
def a_span(draw: st.DrawFn, gaps: bool = True) -> Span:
    start, length = draw(st.integers(0, 60)), draw(st.integers(1, 30))
    first, last = 2018 * 12 + start, 2018 * 12 + start + length - 1
    months = draw(st.integers(1, length)) if gaps and draw(st.booleans()) else None
    return Span(date(first // 12, first % 12 + 1, 1), date(last // 12, last % 12 + 1, 1), months)


records = st.lists(a_span(), max_size=6)
whole = st.lists(a_span(gaps=False), max_size=6)
conversions = st.none() | st.integers(0, 12)


@given(records, records, conversions, st.integers(0, 40))
def test_cumulative_never_falls_and_never_exceeds_what_came(
    held: list[Span], brought: list[Span], convert: int | None, carried: int
) -> None:
    report = merge(held, brought, convert=convert, carried=carried)
    assert report.held <= report.cumulative <= report.held + report.worth
    assert 0 <= report.added <= report.worth
    assert report.worth <= report.on_form <= sum(one.counted for one in brought)


@given(records, records)
def test_overlap_is_symmetric(held: list[Span], brought: list[Span]) -> None:
    one, other = merge(held, brought), merge(brought, held)
    assert one.overlaps == other.overlaps
    assert (one.doubled_held, one.doubled_on_form) == (other.doubled_on_form, other.doubled_held)
    assert set(one.overlaps) <= set(doubled([*held, *brought]))


@given(records, records, conversions, st.randoms())
def test_the_order_of_rows_is_irrelevant(
    held: list[Span], brought: list[Span], convert: int | None, rng: object
) -> None:
    before = merge(held, brought, convert=convert)
    rng.shuffle(held)  # type: ignore[attr-defined]
    rng.shuffle(brought)  # type: ignore[attr-defined]
    assert merge(held, brought, convert=convert) == before


@given(whole, whole)
def test_without_gaps_it_is_the_union_of_the_calendars(
    held: list[Span], brought: list[Span]
) -> None:
    report = merge(held, brought)
    assert report.held == len(covered(held))
    assert report.cumulative == len(covered([*held, *brought]))
    assert len(report.overlaps) == report.on_form - report.added


@given(records, records, st.randoms())
def test_no_choice_of_the_months_left_out_makes_it_fewer(
    held: list[Span], brought: list[Span], rng: object
) -> None:
    """Whichever months the spans really count, at least that many are new."""

    def really(spans: list[Span]) -> set[date]:
        return {
            month
            for one in spans
            for month in rng.sample(list(months_of(one)), one.counted)  # type: ignore[attr-defined]
        }

    ours, theirs = really(held), really(brought)
    report = merge(held, brought)
    assert report.held <= len(ours)
    assert report.added <= len(theirs - ours)


@given(records)
def test_merging_the_same_twice_adds_nothing(rows: list[Span]) -> None:
    assert merge(rows, rows).added == 0


@given(records)
def test_runs_name_every_month_once(rows: list[Span]) -> None:
    named = [month for first, last in runs(covered(rows)) for month in months_of(Span(first, last))]
    assert named == sorted(covered(rows))
