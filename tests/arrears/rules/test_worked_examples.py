"""Every worked example of domain.md §6, to the fen and the day, with terms made by hand."""

from datetime import date, timedelta
from typing import Any

import pytest

from arrears.rules.asked import Asked
from arrears.rules.assessment import Assessment, assess
from arrears.rules.money import late_fee_fen, share_fen, text
from arrears.rules.periods import by_rate
from tests.arrears.rules.places import DEMO, RATES, terms

ZHANG = Asked(
    scheme="employee", cause="employer", last_paid=date(2024, 12, 1), paid_on=date(2025, 3, 20),
    consecutive_months_before=30,
)  # fmt: skip
LI = Asked(
    scheme="flexible", cause="individual", last_paid=date(2025, 1, 1), paid_on=date(2025, 6, 10),
    consecutive_months_before=30,
)  # fmt: skip


def amounts(found: Assessment) -> dict[str, str]:
    totals = found.totals
    assert totals is not None
    return {
        name: text(getattr(totals, f"{name}_fen"))
        for name in (
            "principal", "principal_employer", "principal_person", "late_fee",
            "late_fee_employer", "late_fee_person", "total",
        )
    }  # fmt: skip


def test_zhang_whose_employer_missed_two_months() -> None:
    found = assess(ZHANG, terms())
    assert amounts(found) == {
        "principal": "1600.00", "principal_employer": "1280.00", "principal_person": "320.00",
        "late_fee": "27.20", "late_fee_employer": "27.20", "late_fee_person": "0.00",
        "total": "1627.20",
    }  # fmt: skip
    assert [(row.days, text(row.late_fee_fen)) for row in found.rows] == [
        (48, "19.20"), (20, "8.00"),
    ]  # fmt: skip
    assert (found.gap_months, found.waiting_months, found.re_enrol) == (2, 0, False)
    assert found.suspended_from == date(2025, 2, 1)
    assert found.restart_on == date(2025, 4, 1)
    assert (found.retroactive_from, found.retroactive_to) == (date(2025, 2, 1), date(2025, 3, 31))
    assert (found.consecutive_months_after, found.cumulative_months_added) == (32, 2)
    assert (found.back_pay_allowed, found.reason) == (True, None)


def test_li_who_missed_four_months() -> None:
    found = assess(LI, terms())
    assert amounts(found) == {
        "principal": "3200.00", "principal_employer": "0.00", "principal_person": "3200.00",
        "late_fee": "89.60", "late_fee_employer": "0.00", "late_fee_person": "89.60",
        "total": "3289.60",
    }  # fmt: skip
    assert [(row.days, text(row.late_fee_fen)) for row in found.rows] == [
        (102, "40.80"), (71, "28.40"), (41, "16.40"), (10, "4.00"),
    ]  # fmt: skip
    assert (found.gap_months, found.waiting_months, found.re_enrol) == (4, 6, False)
    assert found.suspended_from == date(2025, 3, 1)
    assert found.restart_on == date(2025, 12, 1)
    assert (found.retroactive_from, found.retroactive_to) == (None, None)
    assert (found.consecutive_months_after, found.cumulative_months_added) == (0, 4)


def test_li_where_the_month_of_payment_does_not_count() -> None:
    assert assess(LI, terms(payment_month_counts=False)).restart_on == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("place", "region", "reason", "restart_on", "waiting"),
    [
        ("Hubei", "420000", "gap_too_long", date(2025, 9, 1), 3),
        ("Hunan", "430000", "gap_too_long", date(2025, 12, 1), 6),
        ("Anhui", "340000", "not_allowed", date(2025, 12, 1), 6),
        ("Shandong", "370000", None, date(2025, 9, 1), 3),
        ("Nanchang", "360100", None, date(2025, 9, 1), 3),
        ("Fujian", "350000", None, date(2025, 7, 10), 0),
        ("Guigang", "450800", "not_allowed_flexible", date(2025, 12, 1), 6),
    ],
)
def test_li_elsewhere(
    place: str, region: str, reason: str | None, restart_on: date, waiting: int
) -> None:
    found = assess(LI, terms(region))
    assert (found.reason, found.restart_on, found.waiting_months) == (reason, restart_on, waiting)
    assert found.back_pay_allowed is (reason is None)
    assert (found.totals is None, found.rows == ()) == (reason is not None,) * 2
    assert found.cumulative_months_added == (0 if reason else 4)


@pytest.mark.parametrize(("days", "fee"), [(39, "22.27"), (40, "22.84"), (0, "0.00")])
def test_late_fee_is_rounded_half_up(days: int, fee: str) -> None:
    start = date(2025, 1, 31)
    owed = by_rate(114187, start, start + timedelta(days=days), RATES)
    assert text(late_fee_fen(owed, RATES)) == fee


def test_each_share_is_rounded_by_itself() -> None:
    place = terms()
    shares = (
        share_fen(812345, place.contribution_rate_unit),
        share_fen(812345, place.contribution_rate_person),
    )
    assert shares == (64988, 16247)
    one_month = Asked("employee", "employer", date(2025, 1, 1), date(2025, 3, 1), base_fen=812345)
    assert amounts(assess(one_month, place))["principal"] == "812.35"


def test_a_rate_that_changes_splits_the_days() -> None:
    # Due 2011-05-31: 30 days of June at 0.2 %, 10 of July at 0.05 %.
    asked = Asked("employee", "employer", date(2011, 4, 1), date(2011, 7, 10), (date(2011, 5, 1),))
    (row,) = assess(asked, terms()).rows
    assert [(part.days, part.period) for part in row.segments] == [(30, 0), (10, 1)]
    assert (row.days, text(row.late_fee_fen)) == (40, "52.00")  # 48.00 + 4.00


def resident(paid_on: str, missed: int = 0, repaired: int = 0, **more: Any) -> Asked:
    return Asked(
        "resident", "individual", None, date.fromisoformat(paid_on),
        missed_years=missed, repaired_years=repaired, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("region", "asked", "waiting", "restart_on"),
    [
        ("370200", resident("2026-10-15", 2), 4, "2027-05-01"),
        ("370200", resident("2026-10-15", 2, 1), 3, "2027-04-01"),
        ("230300", resident("2025-03-01"), 3, "2025-06-01"),
    ],
    ids=["Qingdao", "Qingdao, one year made up", "Jixi"],
)
def test_residents(region: str, asked: Asked, waiting: int, restart_on: str) -> None:
    found = assess(asked, terms(region))
    assert (found.waiting_months, str(found.restart_on)) == (waiting, restart_on)
    assert (found.totals, found.gap_months, found.consecutive_months_after) == (None, None, None)


def test_years_missed_follow_from_the_last_year_paid() -> None:
    asked = Asked("resident", "individual", date(2024, 12, 1), date(2026, 10, 15))
    found = assess(asked, terms("370200"))
    assert (found.missed_years, found.cover_year, found.in_window) == (2, 2027, True)
    assert found.restart_on == date(2027, 5, 1)


def test_where_no_place_is_named_the_nation_holds() -> None:
    found = assess(LI, terms("100000"))
    assert (found.restart_on, found.waiting_months) == (date(2025, 12, 1), 6)
    assert assess(ZHANG, terms("100000")).restart_on == date(2025, 3, 1)
    assert assess(ZHANG, terms(DEMO)).restart_on == date(2025, 4, 1)
