"""Boundaries of the rules: bands, month ends, causes, refusals, residents, payments in parts."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from arrears.rules.asked import Asked, Refused, Retiring
from arrears.rules.assessment import assess
from arrears.rules.money import text
from arrears.rules.residents import cover_year, in_window
from arrears.rules.rows import MonthPaid, Received
from tests.arrears.rules.places import terms


def asked(last_paid: str, paid_on: str, **more: Any) -> Asked:
    values: dict[str, Any] = {"scheme": "employee", "cause": "individual"} | more
    return Asked(
        last_paid=date.fromisoformat(f"{last_paid}-01"),
        paid_on=date.fromisoformat(paid_on),
        **values,
    )


def refused(question: Asked, **changed: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as error:
        assess(question, terms(**changed))
    return [(one.field, one.code) for one in error.value.problems]


# Bands


@pytest.mark.parametrize(
    ("gap", "paid_on", "waiting", "restart_on", "re_enrol"),
    [
        (0, "2025-01-31", 0, None, False),
        (1, "2025-02-01", 0, "2025-03-01", False),
        (3, "2025-04-30", 0, "2025-05-01", False),
        (4, "2025-05-01", 4, "2025-09-01", False),
        (6, "2025-07-31", 4, "2025-11-01", False),
        (7, "2025-08-01", 5, "2026-01-01", True),
    ],
)
def test_the_wait_depends_on_the_months_missed(
    gap: int, paid_on: str, waiting: int, restart_on: str | None, re_enrol: bool
) -> None:
    found = assess(
        asked("2024-12", paid_on), terms(waiting_months_4_to_6=4, waiting_months_over_6=5)
    )
    assert (found.gap_months, found.waiting_months, found.re_enrol) == (gap, waiting, re_enrol)
    assert str(found.restart_on) == str(restart_on)


def test_who_waits_by_days_enrols_anew_after_the_same_gap() -> None:
    six, seven = asked("2024-12", "2025-07-31"), asked("2024-12", "2025-08-01")
    assert (assess(six, terms("350000")).re_enrol, assess(seven, terms("350000")).re_enrol) == (
        False, True,
    )  # fmt: skip


def test_no_wait_is_longer_than_six_months() -> None:
    found = assess(asked("2024-12", "2025-06-10"), terms(waiting_months_4_to_6=9))
    assert (found.waiting_months, found.restart_on) == (6, date(2025, 12, 1))


def test_nothing_is_due_without_a_gap() -> None:
    found = assess(asked("2025-01", "2025-02-28", consecutive_months_before=8), terms())
    totals = found.totals
    assert totals is not None
    assert (totals.total_fen, found.rows, found.reason) == (0, (), "no_gap")
    assert (found.suspended_from, found.restart_on, found.consecutive_months_after) == (
        None,
        None,
        8,
    )
    assert found.back_pay_allowed is True


def test_the_last_day_without_a_wait_is_told() -> None:
    found = assess(asked("2024-10", "2025-01-10"), terms())
    assert found.free_until == date(2025, 2, 28)
    on_time, late = asked("2024-10", "2025-02-28"), asked("2024-10", "2025-03-01")
    assert (assess(on_time, terms()).waiting_months, assess(late, terms()).waiting_months) == (0, 6)


def test_a_change_of_scheme_after_few_months_waits_as_after_a_longer_gap() -> None:
    switched = asked("2024-12", "2025-03-20", switched=True, consecutive_months_before=23)
    found = assess(switched, terms())
    assert (found.gap_months, found.waiting_months, found.restart_on) == (2, 6, date(2025, 9, 1))
    assert (found.consecutive_months_after, found.retroactive_from, found.free_until) == (
        0, None, None,
    )  # fmt: skip
    long_before = assess(replace(switched, consecutive_months_before=24), terms())
    assert (long_before.waiting_months, long_before.consecutive_months_after) == (0, 26)


def test_a_change_of_scheme_asks_for_the_months_before() -> None:
    question = asked("2024-12", "2025-03-20", switched=True)
    assert refused(question) == [("consecutive_months_before", "missing")]


def test_a_gap_ends_with_the_first_month_paid_again() -> None:
    question = asked("2023-12", "2025-06-10", resumed=date(2024, 3, 1), consecutive_months_before=5)
    found = assess(question, terms())
    assert [f"{row.month:%Y-%m}" for row in found.rows] == ["2024-01", "2024-02"]
    assert (found.gap_months, found.waiting_months, found.restart_on) == (2, 0, date(2025, 7, 1))
    assert (found.consecutive_months_after, found.free_until) == (7, None)


# Days


@pytest.mark.parametrize(
    ("month", "paid_on", "days"),
    [
        ("2024-02-01", "2024-03-01", 1),  # due on 29 February
        ("2024-02-01", "2025-02-28", 365),
        ("2025-02-01", "2025-03-01", 1),
        ("2025-12-01", "2026-01-01", 1),
        ("2024-12-01", "2026-01-31", 396),
    ],
)
def test_lateness_counts_from_the_last_day_of_the_month(
    month: str, paid_on: str, days: int
) -> None:
    question = asked("2023-01", paid_on, months=(date.fromisoformat(month),))
    (row,) = assess(question, terms()).rows
    assert (row.days, text(row.late_fee_fen)) == (days, f"{days * 0.4:.2f}")


def test_a_gap_over_new_year_uses_the_base_of_each_year() -> None:
    place = terms(years=range(2024, 2025))
    dearer = replace(place.bases[2024].amount, value=place.bases[2024].amount.value * 2)
    place = replace(
        place, bases={2024: place.bases[2024], 2025: replace(place.bases[2024], amount=dearer)}
    )
    found = assess(asked("2024-11", "2025-02-10"), place)
    assert [(str(row.month), row.base_fen) for row in found.rows] == [
        ("2024-12-01", 800000), ("2025-01-01", 1600000),
    ]  # fmt: skip


def test_an_earlier_base_stands_in_and_says_so() -> None:
    found = assess(asked("2024-11", "2025-02-10"), terms(years=range(2020, 2024)))
    assert found.used.bases[2025].provisional
    assert "provisional_base" in found.cautions
    assert "provisional_base" not in assess(asked("2024-11", "2025-02-10"), terms()).cautions


def test_a_national_base_says_so() -> None:
    assert "national_base" in assess(asked("2024-11", "2025-02-10"), terms("100000")).cautions
    own_base = asked("2024-11", "2025-02-10", base_fen=500000)
    assert "national_base" not in assess(own_base, terms("100000")).cautions


def test_without_any_base_the_question_asks_for_one() -> None:
    assert refused(asked("2024-11", "2025-02-10"), years=range(0)) == [("base", "unknown")]
    assert assess(asked("2024-11", "2025-02-10", base_fen=1), terms(years=range(0))).rows


# Who bears what


@pytest.mark.parametrize(
    ("cause", "on_person", "employer", "person", "waived"),
    [
        ("employer", True, 2720, 0, 0),
        ("individual", True, 0, 2720, 0),
        ("individual", False, 0, 0, 0),
        ("system", True, 0, 0, 2720),
    ],
)
def test_the_late_fee_lies_with_whoever_caused_the_gap(
    cause: str, on_person: bool, employer: int, person: int, waived: int
) -> None:
    found = assess(asked("2024-12", "2025-03-20", cause=cause), terms(late_fee_on_person=on_person))
    totals = found.totals
    assert totals is not None
    assert (
        totals.late_fee_employer_fen, totals.late_fee_person_fen, totals.late_fee_waived_fen,
    ) == (employer, person, waived)  # fmt: skip
    assert totals.total_fen == 160000 + employer + person
    assert ("fee_on_person" in found.cautions) is bool(person)


def test_a_fee_above_the_contribution_is_pointed_out() -> None:
    # 80.00 at 0.05 % a day: 2,000 days are as much again.
    question = asked("2018-12", "2024-07-23", months=(date(2019, 1, 1),))
    assert assess(question, terms()).rows[0].days == 2000
    assert "fee_over_principal" not in assess(question, terms()).cautions
    a_day_later = replace(question, paid_on=date(2024, 7, 24))
    assert "fee_over_principal" in assess(a_day_later, terms()).cautions


# Benefits of the time between


def test_the_employers_fault_is_paid_afterwards_however_long_the_gap() -> None:
    found = assess(asked("2024-12", "2025-06-10", cause="employer"), terms())
    assert (found.retroactive_from, found.retroactive_to) == (date(2025, 2, 1), date(2025, 11, 30))
    assert assess(asked("2024-12", "2025-06-10"), terms()).retroactive_from is None


def test_nothing_is_paid_afterwards_where_the_place_says_no() -> None:
    question = asked("2024-12", "2025-03-20")
    assert assess(question, terms(retroactive=False)).retroactive_from is None


def test_nothing_is_paid_afterwards_where_no_day_lies_between() -> None:
    found = assess(asked("2024-12", "2025-02-10"), terms(restart_rule="payment_month"))
    assert found.suspended_from == found.restart_on == date(2025, 2, 1)
    assert (found.retroactive_from, found.retroactive_to) == (None, None)


def test_a_part_of_the_gap_leaves_it_as_long_as_it_is() -> None:
    part = asked("2024-12", "2025-03-20", months=(date(2025, 1, 1),), consecutive_months_before=30)
    found = assess(part, terms())
    assert (found.gap_months, len(found.rows), found.whole) == (2, 1, False)
    assert (found.retroactive_from, found.consecutive_months_after) == (None, 0)
    assert found.cumulative_months_added == 1


def test_unknown_months_before_leave_the_count_open() -> None:
    assert assess(asked("2024-12", "2025-03-20"), terms()).consecutive_months_after is None
    assert assess(asked("2024-12", "2025-06-20"), terms()).consecutive_months_after == 0


# Refusals


def test_enough_months_in_a_row_are_needed_where_the_place_asks_for_them() -> None:
    question = asked("2024-12", "2025-03-20", consecutive_months_before=24)
    assert assess(question, terms("430000")).back_pay_allowed
    short = assess(replace(question, consecutive_months_before=23), terms("430000"))
    assert (short.reason, short.totals) == ("too_few_consecutive", None)
    assert short.restart_on == date(2025, 3, 1)
    unknown = replace(question, consecutive_months_before=None)
    with pytest.raises(Refused) as error:
        assess(unknown, terms("430000"))
    assert error.value.problems[0].field == "consecutive_months_before"


def test_a_place_may_treat_flexible_employment_apart() -> None:
    question = asked("2024-12", "2025-03-20", scheme="flexible")
    assert assess(question, terms("450800")).reason == "not_allowed_flexible"
    assert assess(replace(question, scheme="employee"), terms("450800")).reason is None
    allowed = terms(back_pay_allowed=False, back_pay_allowed_flexible=True)
    assert assess(question, allowed).reason is None
    assert assess(replace(question, scheme="employee"), allowed).reason == "not_allowed"


def test_a_gap_as_long_as_allowed_can_be_paid_back() -> None:
    assert assess(asked("2024-12", "2025-04-30"), terms("420000")).reason is None
    assert assess(asked("2024-12", "2025-05-01"), terms("420000")).reason == "gap_too_long"


def test_the_month_paid_last_may_be_the_month_of_payment() -> None:
    assert assess(asked("2025-01", "2025-01-01"), terms()).reason == "no_gap"


def test_a_value_that_no_region_sets_is_named() -> None:
    question = asked("2024-12", "2025-03-20")
    assert refused(question, without=("restart_rule",)) == [("region", "no_rule")]
    with pytest.raises(Refused, match="no_rule"):  # before the first rate on record
        assess(asked("1998-06", "1999-09-20", base_fen=100), terms())


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({"months": (date(2025, 2, 1), date(2025, 1, 1))}, [("months", "out_of_order")]),
        ({"months": (date(2025, 1, 1),) * 2}, [("months", "overlapping")]),
        ({"months": (date(2025, 4, 1),)}, [("months", "in_the_future")]),
        ({"months": (date(2024, 12, 1),)}, [("months", "already_paid")]),
        ({"months": (date(2025, 3, 1),)}, [("paid_on", "not_due_yet")]),
        ({"resumed": date(2025, 2, 1), "months": (date(2025, 2, 1),)}, [("months", "not_missed")]),
        ({"resumed": date(2024, 12, 1)}, [("resumed", "before_the_gap")]),
        ({"paid_on": date(2024, 11, 30)}, [("paid_on", "before_last_paid")]),
        ({"paid_on": date(2200, 1, 1)}, [("paid_on", "out_of_range")]),
        ({"last_paid": None}, [("last_paid", "missing")]),
        ({"base_fen": -1}, [("base", "negative")]),
        ({"base_fen": 10**12}, [("base", "too_large")]),
        ({"scheme": "pension"}, [("scheme", "unknown")]),
        ({"cause": "weather"}, [("cause", "unknown")]),
        ({"missed_years": 2}, [("missed_years", "not_for_scheme")]),
        ({"exempt": True}, [("exempt", "not_for_scheme")]),
        (
            {"scheme": "resident", "base_fen": 5, "switched": True},
            [("base", "not_for_scheme"), ("switched", "not_for_scheme")],
        ),
        (
            {"scheme": "resident", "missed_years": 1, "repaired_years": 2},
            [("repaired_years", "more_than_missed")],
        ),
        ({"scheme": "resident", "repaired_years": 3}, [("repaired_years", "more_than_missed")]),
        ({"scheme": "resident", "missed_years": -1}, [("missed_years", "out_of_range"),
                                                      ("repaired_years", "more_than_missed")]),
        ({"scheme": "resident", "last_paid": None}, [("missed_years", "missing")]),
        (
            {"base_fen": -1, "months": (date(2099, 1, 1), date(2024, 1, 1))},
            [
                ("base", "negative"), ("months", "out_of_order"), ("months", "already_paid"),
                ("months", "in_the_future"),
            ],
        ),
    ],
)  # fmt: skip
def test_a_senseless_question_is_refused_at_its_fields(
    changed: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    assert refused(replace(asked("2024-12", "2025-03-20"), **changed)) == problems


# Residents


def resident(paid_on: str, missed: int = 0, repaired: int = 0, **more: Any) -> Asked:
    return Asked(
        "resident", "individual", None, date.fromisoformat(paid_on),
        missed_years=missed, repaired_years=repaired, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("question", "waiting", "restart_on", "reason"),
    [
        (resident("2025-10-01"), 0, "2026-01-01", "no_gap"),
        (resident("2025-08-31"), 3, "2025-11-30", "late_only"),
        (resident("2025-08-31", exempt=True), 0, "2025-08-31", "no_gap"),
        (resident("2025-10-01", 3), 6, "2026-07-01", None),
        (resident("2025-10-01", 3, 3), 3, "2026-04-01", None),
        (resident("2025-10-01", 4, 4), 6, "2026-07-01", None),
        (resident("2025-10-01", 9), 12, "2027-01-01", None),
        (resident("2025-10-01", 9, exempt=True), 0, "2026-01-01", None),
    ],
)
def test_residents_wait(question: Asked, waiting: int, restart_on: str, reason: str | None) -> None:
    found = assess(question, terms())
    assert (found.waiting_months, str(found.restart_on), found.reason) == (
        waiting, restart_on, reason,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "within", "year"),
    [
        ("2024-09-14", False, 2024),
        ("2024-09-15", True, 2025),
        ("2025-01-01", True, 2025),
        ("2025-02-28", True, 2025),
        ("2025-03-01", False, 2025),
    ],
)
def test_a_window_may_run_over_the_new_year(day: str, within: bool, year: int) -> None:
    place, paid_on = terms("360000"), date.fromisoformat(day)
    assert in_window(paid_on, place) is within
    assert cover_year(paid_on, place.window_from) == year


def test_missed_years_are_made_up_in_their_time_only() -> None:
    allowed = assess(resident("2025-02-01", 2, 2), terms("450800"))
    assert (allowed.reason, allowed.waiting_months) == (None, 3)
    refused_then = assess(resident("2025-05-01", 2, 2), terms("450800"))
    assert (refused_then.reason, refused_then.waiting_months) == ("outside_repair_window", 5)
    assert (refused_then.repaired_years, refused_then.back_pay_allowed) == (0, False)
    in_the_window = assess(resident("2025-10-01", 2, 2), terms("450800"))
    assert in_the_window.reason is None


def test_where_nothing_can_be_paid_back_made_up_years_do_not_count() -> None:
    found = assess(resident("2025-10-01", 2, 2), terms("340000"))
    assert (found.reason, found.waiting_months) == ("not_allowed", 5)


def test_without_a_window_on_record_every_payment_is_a_late_one() -> None:
    found = assess(resident("2025-10-01"), terms(without=("window_from", "window_to")))
    assert (found.in_window, found.cover_year, found.restart_on) == (False, 2025, date(2026, 1, 1))


# Retirement


def test_months_short_at_retirement_are_paid_in_one_sum() -> None:
    question = asked("2025-01", "2025-03-10", retiring=Retiring("female", 230))
    found = assess(question, terms(minimum_years_female=20, minimum_years_male=25)).retirement
    assert found is not None
    assert (found.months_short, text(found.lump_fen)) == (10, "8000.00")
    man = replace(question, retiring=Retiring("male", 301))
    enough = assess(man, terms(minimum_years_female=20, minimum_years_male=25)).retirement
    assert enough is not None
    assert (enough.months_short, enough.lump_fen) == (0, 0)


def test_without_a_minimum_there_is_no_sum_at_retirement() -> None:
    assert (
        assess(asked("2025-01", "2025-03-10", retiring=Retiring("male", 3)), terms()).retirement
        is None
    )


# Payments in parts


JANUARY, FEBRUARY = date(2025, 1, 1), date(2025, 2, 1)


def test_a_fee_grows_on_what_is_still_owed_day_by_day() -> None:
    paid = {JANUARY: MonthPaid((Received(date(2025, 2, 10), 30000, 0),))}
    found = assess(asked("2024-12", "2025-03-20"), terms(), paid)
    row = found.rows[0]
    # 800.00 for 10 days, then 500.00 for 38: 4.00 + 9.50.
    assert [(part.amount_fen, part.days) for part in row.segments] == [(80000, 10), (50000, 38)]
    assert (row.days, text(row.late_fee_fen)) == (48, "13.50")
    assert (row.outstanding_employer_fen, row.outstanding_person_fen) == (34000, 16000)
    assert text(row.outstanding_fen) == "513.50"
    assert found.gap_months == 2  # not paid in full: still missed
    totals = found.totals
    assert totals is not None
    assert (text(totals.total_fen), text(totals.outstanding_fen)) == ("1621.50", "1321.50")


def test_a_payment_after_the_day_asked_about_does_not_count_days() -> None:
    paid = {JANUARY: MonthPaid((Received(date(2025, 4, 1), 30000, 0),))}
    row = assess(asked("2024-12", "2025-03-20"), terms(), paid).rows[0]
    assert (row.days, text(row.late_fee_fen)) == (48, "19.20")


def test_a_fee_of_parts_is_rounded_once() -> None:
    paid = {JANUARY: MonthPaid((Received(date(2025, 2, 1), 0, 7),))}
    question = asked("2024-12", "2025-03-02", base_fen=100, months=(JANUARY,))
    (row,) = assess(question, terms(), paid).rows
    # 0.10 × 0.05 % × 1 day + 0.03 × 0.05 % × 29 days = 0.000485, and not two roundings.
    assert [(part.amount_fen, part.days) for part in row.segments] == [(10, 1), (3, 29)]
    assert row.late_fee_fen == 0


def test_what_is_paid_up_does_not_change_any_more() -> None:
    paid = {
        JANUARY: MonthPaid((Received(date(2025, 3, 20), 64000, 16000),), 1000, fixed_fee_fen=1920)
    }
    found = assess(asked("2024-12", "2025-03-28"), terms(base="9000.00"), paid)
    row = found.rows[0]
    assert (row.fixed, row.principal_fen, row.late_fee_fen, row.days) == (True, 80000, 1920, 48)
    assert (row.outstanding_fen, found.rows[1].principal_fen) == (920, 90000)
    assert found.gap_months == 2  # the fee is still owed


def test_who_pays_in_parts_waits_as_long_as_who_pays_at_once() -> None:
    question = asked("2025-01", "2025-06-25", scheme="flexible", consecutive_months_before=30)
    paid = {FEBRUARY: MonthPaid((Received(date(2025, 6, 10), 0, 80000),), 4080, fixed_fee_fen=4080)}
    found = assess(question, terms(), paid)
    assert (found.gap_months, found.paid_before, found.months_left, found.whole) == (4, 1, 3, True)
    assert (found.over, found.restart_on) == (True, date(2025, 12, 1))
    assert found.consecutive_months_after == 0
    rest = replace(question, months=(date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)))
    assert assess(rest, terms(), paid).whole


@pytest.mark.parametrize(
    ("paid_on", "window_from", "year"),
    [
        (date(2025, 9, 14), "09-15", 2025),
        (date(2025, 9, 15), "09-15", 2026),
        (date(2026, 2, 28), "09-15", 2026),
        (date(2025, 2, 1), "01-01", 2025),
        (date(2025, 12, 31), "01-01", 2025),
        (date(2025, 12, 31), None, 2025),
    ],
)
def test_a_window_early_in_the_year_is_for_the_year_itself(
    paid_on: date, window_from: str | None, year: int
) -> None:
    assert cover_year(paid_on, window_from) == year
