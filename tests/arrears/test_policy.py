"""What applies to missed months in a place on a day: fallback, spans, rates through time, wage bases."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from arrears.models import ArrearsPolicy, WageBase
from arrears.policy import Expired, NotInForce, resolve, tables_of
from transfers.models import Region, TransferPolicy
from transfers.policy import remembered

pytestmark = pytest.mark.django_db

ON = date(2025, 6, 10)
JIANGXI, NANCHANG, WUHAN, HUBEI = "360000", "360100", "420100", "420000"


def a_policy(region: str, start: str, end: str | None = None, **values: Any) -> ArrearsPolicy:
    return ArrearsPolicy.objects.create(
        region_id=region, valid_from=date.fromisoformat(start),
        valid_to=None if end is None else date.fromisoformat(end),
        provenance={name: {"status": "article", "source": "示例", "verified": True} for name in values},
        **values,
    )  # fmt: skip


def a_base(region: str, year: int, yuan: int) -> WageBase:
    return WageBase.objects.create(
        region_id=region, year=year, amount_fen=yuan * 100, status="article", source="示例公告"
    )


# Values


def test_each_value_comes_from_the_nearest_region_that_sets_it() -> None:
    terms = resolve(NANCHANG, ON)
    told = {
        name: (getattr(terms, name), terms.source_of(name).region)
        for name in ("waiting_months_4_to_6", "window_from", "gap_free_months")
    }
    assert told == {
        "waiting_months_4_to_6": (3, NANCHANG),
        "window_from": ("09-15", JIANGXI),
        "gap_free_months": (3, "100000"),
    }
    assert terms.max_gap_months is None


def test_a_value_tells_where_it_comes_from() -> None:
    policy = ArrearsPolicy.objects.get(region=HUBEI)
    value = resolve(WUHAN, ON).source_of("max_gap_months")
    assert (value.region, value.policy, value.status, value.verified) == (
        HUBEI, policy.pk, "article", False,
    )  # fmt: skip
    assert "湖北" in value.source


def test_false_and_zero_are_values_not_gaps() -> None:
    a_policy(WUHAN, "2025-01-01", gap_free_months=0, retroactive=False)
    terms = resolve(WUHAN, ON)
    assert (terms.gap_free_months, terms.retroactive) == (0, False)
    assert terms.source_of("retroactive").region == WUHAN


def test_rates_are_written_as_short_as_they_are() -> None:
    terms = resolve("990100", ON)
    assert (str(terms.contribution_rate_unit), str(terms.late_fee_daily_rate)) == ("0.08", "0.0005")


def test_minimum_years_are_those_of_the_transfer_policy() -> None:
    terms = resolve(NANCHANG, ON)
    assert (terms.minimum_years_male, terms.minimum_years_female) == (30, 25)
    stored = TransferPolicy.objects.get(region=NANCHANG)
    assert terms.source_of("minimum_years_male").policy == stored.pk
    assert resolve("990100", ON).minimum_years_male is None


@pytest.mark.parametrize(
    ("region", "own"),
    [(NANCHANG, True), (WUHAN, True), ("100000", False), ("440200", False), ("990100", True)],
)
def test_a_place_has_its_own_policy_or_a_region_between_it_and_the_nation_has(
    region: str, own: bool
) -> None:
    assert resolve(region, ON).own is own


def test_an_unknown_place_has_no_terms() -> None:
    with pytest.raises(Region.DoesNotExist):
        resolve("000000", ON)


def test_terms_take_four_queries_and_none_once_remembered(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):
        resolve(NANCHANG, ON)
    with remembered():
        first = resolve(NANCHANG, ON)
        with django_assert_num_queries(0):
            assert resolve(NANCHANG, ON) is first
            assert resolve(NANCHANG, date(2025, 6, 11)).values == first.values


# Days


def test_each_day_has_the_row_in_force() -> None:
    ArrearsPolicy.objects.filter(region=HUBEI).update(valid_to=ON)
    a_policy(HUBEI, "2025-06-11", max_gap_months=6)
    found = [resolve(WUHAN, ON + timedelta(days)).max_gap_months for days in (-1, 0, 1)]
    assert found == [3, 3, 6]


def test_a_day_after_the_places_own_policy_ended_is_refused_with_the_last_day() -> None:
    ArrearsPolicy.objects.filter(region=HUBEI).update(valid_to=date(2025, 5, 31))
    assert resolve(WUHAN, date(2025, 5, 31)).max_gap_months == 3
    with pytest.raises(Expired) as caught:
        resolve(WUHAN, ON)
    assert (caught.value.code, caught.value.last_on) == ("policy_expired", date(2025, 5, 31))
    with translation.override("en"):
        assert str(caught.value) == (
            "The arrears policy of Hubei ended on 2025-05-31. Choose an earlier day."
        )


def test_between_two_rows_nothing_is_guessed() -> None:
    ArrearsPolicy.objects.filter(region=HUBEI).update(valid_to=date(2025, 5, 31))
    a_policy(HUBEI, "2025-07-01", max_gap_months=6)
    with pytest.raises(Expired):
        resolve(WUHAN, ON)
    assert resolve(WUHAN, date(2025, 7, 1)).max_gap_months == 6


def test_an_empty_row_goes_back_to_the_region_above() -> None:
    ArrearsPolicy.objects.filter(region=HUBEI).update(valid_to=date(2025, 5, 31))
    a_policy(HUBEI, "2025-06-01")
    terms = resolve(WUHAN, ON)
    assert (terms.max_gap_months, terms.waiting_months_4_to_6, terms.own) == (None, 6, True)


def test_a_current_row_of_the_city_is_enough_where_the_provinces_has_ended() -> None:
    ArrearsPolicy.objects.filter(region=HUBEI).update(valid_to=date(2025, 5, 31))
    a_policy(WUHAN, "2024-01-01", max_gap_months=2)
    assert resolve(WUHAN, ON).max_gap_months == 2


def test_before_the_first_row_of_a_place_the_region_above_decides() -> None:
    terms = resolve(WUHAN, date(2019, 12, 31))
    assert (terms.max_gap_months, terms.own) == (None, False)


@pytest.mark.parametrize("on", [date(1999, 1, 21), date(2011, 6, 30)])
def test_a_day_that_no_full_policy_covers_is_refused(on: date) -> None:
    with pytest.raises(NotInForce) as caught:
        resolve("990100", on)
    assert caught.value.code == "not_in_force"
    with translation.override("en"):
        assert str(caught.value) == f"No arrears policy of Example City covers {on.isoformat()}."


# Late-fee rates


def periods(region: str) -> list[tuple[str, str | None, str, str]]:
    return [
        (
            period.from_on.isoformat(),
            period.to_on and period.to_on.isoformat(),
            str(period.rate.value),
            period.rate.region,
        )
        for period in resolve(region, ON).rates
    ]


def test_the_rate_changed_on_the_first_of_july_2011() -> None:
    assert periods("990100") == [
        ("1999-01-22", "2011-06-30", "0.002", "100000"),
        ("2011-07-01", None, "0.0005", "100000"),
    ]


def test_on_each_day_the_nearest_region_that_sets_a_rate_decides() -> None:
    a_policy("990000", "2015-01-01", "2015-12-31", late_fee_daily_rate=Decimal("0.0004"))
    ArrearsPolicy.objects.filter(region="990100").update(
        valid_from=date(2015, 7, 1), valid_to=None, late_fee_daily_rate=Decimal("0.0003")
    )
    assert periods("990100") == [
        ("1999-01-22", "2011-06-30", "0.002", "100000"),
        ("2011-07-01", "2014-12-31", "0.0005", "100000"),
        ("2015-01-01", "2015-06-30", "0.0004", "990000"),
        ("2015-07-01", None, "0.0003", "990100"),
    ]


def test_a_rate_that_ends_gives_the_day_after_back_to_the_region_above() -> None:
    ArrearsPolicy.objects.filter(region="990100").update(
        valid_to=date(2025, 3, 31), late_fee_daily_rate=Decimal("0.0003")
    )
    a_policy("990100", "2025-04-01")
    assert periods("990100")[1:] == [
        ("2011-07-01", "2019-12-31", "0.0005", "100000"),
        ("2020-01-01", "2025-03-31", "0.0003", "990100"),
        ("2025-04-01", None, "0.0005", "100000"),
    ]


def test_days_without_a_rate_stay_a_hole() -> None:
    ArrearsPolicy.objects.filter(region="100000", valid_to=None).update(late_fee_daily_rate=None)
    a_policy("990000", "2015-01-01", "2015-12-31", late_fee_daily_rate=Decimal("0.0004"))
    assert periods("990100") == [
        ("1999-01-22", "2011-06-30", "0.002", "100000"),
        ("2015-01-01", "2015-12-31", "0.0004", "990000"),
    ]


def test_a_row_that_sets_no_rate_does_not_split_a_period() -> None:
    a_policy("990000", "2015-01-01", "2015-12-31", gap_free_months=2)
    assert len(periods("990100")) == 2


# Wage bases


def bases(region: str, on: date = ON) -> dict[int, tuple[str, str, bool]]:
    return {
        year: (str(base.amount.value), base.amount.region, base.provisional)
        for year, base in resolve(region, on).bases.items()
    }


def test_a_year_without_a_figure_has_the_latest_earlier_one_and_says_so() -> None:
    a_base(WUHAN, 2023, 9000)
    found = bases(WUHAN)
    assert found[2022] == ("8903.08", "100000", False)
    assert found[2023] == ("9000.00", WUHAN, False)
    assert found[2024] == ("9000.00", WUHAN, True)
    assert found[2025] == ("9000.00", WUHAN, True)


def test_the_nearest_region_with_a_figure_decides() -> None:
    a_base(HUBEI, 2024, 8500)
    a_base(WUHAN, 2025, 9100)
    found = bases(WUHAN)
    assert [found[year][:2] for year in (2023, 2024, 2025)] == [
        ("9502.42", "100000"), ("8500.00", HUBEI), ("9100.00", WUHAN),
    ]  # fmt: skip


def test_every_year_up_to_the_day_has_a_base_and_none_before_the_first_figure() -> None:
    found = bases("440200", date(2028, 1, 1))
    assert (min(found), max(found)) == (2015, 2028)
    assert [found[year][2] for year in (2025, 2026, 2028)] == [False, True, True]
    assert resolve("440200", ON).base_of(2014) is None


def test_no_figure_anywhere_is_no_base() -> None:
    WageBase.objects.all().delete()
    assert bases("990100") == {}


def test_a_base_tells_its_source() -> None:
    stored = WageBase.objects.get(region="100000", year=2025)
    base = resolve("440200", ON).bases[2025].amount
    assert (base.policy, base.status, base.verified) == (stored.pk, "own", False)
    assert "124110" in base.source


# Supposed rows


def test_a_supposed_row_counts_as_if_it_were_stored(django_assert_num_queries: Any) -> None:
    tables = tables_of(WUHAN)
    stored = ArrearsPolicy.objects.get(region=HUBEI)
    stored.max_gap_months = 12
    local = ArrearsPolicy(region_id=WUHAN, valid_from=date(2025, 1, 1), gap_free_months=2)
    base = WageBase(region_id=WUHAN, year=2025, amount_fen=950000)
    elsewhere = ArrearsPolicy(region_id="350500", valid_from=date(2025, 1, 1), gap_free_months=1)
    with django_assert_num_queries(0):
        assert tables.supposing(stored).terms(ON).max_gap_months == 12
        assert tables.supposing(local).terms(ON).gap_free_months == 2
        assert tables.supposing(base).terms(ON).bases[2025].amount.value == Decimal("9500.00")
        assert tables.supposing(elsewhere) == tables
        assert tables.terms(ON).gap_free_months == 3
    assert resolve(WUHAN, ON).max_gap_months == 3


# What the database and the forms refuse


def refused(policy: ArrearsPolicy) -> dict[str, list[str]]:
    with translation.override("en"):
        with pytest.raises(ValidationError) as caught:
            policy.full_clean(exclude={"provenance"})  # the form fills it
        return caught.value.message_dict


def test_a_span_that_shares_a_day_is_refused_by_the_form() -> None:
    policy = ArrearsPolicy(region_id=HUBEI, valid_from=date(2026, 1, 1), gap_free_months=2)
    assert refused(policy) == {"valid_from": ["Hubei already has a policy from 2020-01-01 to …."]}


def attempt(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2020-01-01", None),
        ("2030-01-01", "2030-12-31"),
        ("2019-01-01", None),
        ("2019-12-31", "2020-01-01"),
    ],
)
def test_the_database_refuses_policies_that_share_a_day(start: str, end: str | None) -> None:
    with pytest.raises(DatabaseError, match="no_overlap"):
        attempt(
            "INSERT INTO arrears_arrearspolicy (region_id, valid_from, valid_to, provenance,"
            " restart_rule, restart_rule_over, due_rule, window_from, window_to, repair_from,"
            " repair_to, pay_at_zh, pay_at_en)"
            " VALUES (%s, %s, %s, '{}', '', '', '', '', '', '', '', '', '')",
            HUBEI, start, end,
        )  # fmt: skip


def test_the_database_refuses_to_stretch_a_policy_over_another() -> None:
    ArrearsPolicy.objects.filter(region=HUBEI).update(valid_to=ON)
    a_policy(HUBEI, "2025-06-11")
    with pytest.raises(DatabaseError, match="no_overlap"):
        attempt(
            "UPDATE arrears_arrearspolicy SET valid_to = '2025-06-11' WHERE region_id = %s"
            " AND valid_from = '2020-01-01'", HUBEI,
        )  # fmt: skip


def test_policies_may_follow_each_other_and_other_regions_are_free() -> None:
    a_policy(HUBEI, "2019-01-01", "2019-12-31")
    a_policy("410000", "2020-01-01")
    assert ArrearsPolicy.objects.filter(region=HUBEI).count() == 2


def test_a_policy_cannot_end_before_it_starts() -> None:
    policy = ArrearsPolicy(
        region_id="410000", valid_from=date(2026, 1, 2), valid_to=date(2026, 1, 1)
    )
    assert refused(policy) == {"__all__": ["A policy cannot end before it starts."]}
    with pytest.raises(DatabaseError, match="arrears_policy_ends_after_it_starts"):
        a_policy("410000", "2026-01-02", "2026-01-01")


@pytest.mark.parametrize(
    "day", ["02-29", "9-15", "13-01", "04-31", "0915", "-9-15", "09-15 ", "０９-１５"]
)
def test_a_day_of_the_year_is_one_of_every_year(day: str) -> None:
    problems = refused(
        ArrearsPolicy(region_id="410000", valid_from=ON, window_from=day, window_to="12-31")
    )
    assert list(problems) == ["window_from"]


@pytest.mark.parametrize(
    ("given", "empty"), [("window_from", "window_to"), ("repair_to", "repair_from")]
)
def test_a_span_of_the_year_needs_both_ends(given: str, empty: str) -> None:
    problems = refused(ArrearsPolicy(region_id="410000", valid_from=ON, **{given: "09-15"}))
    assert problems == {empty: ["Give both the first and the last day, or neither."]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("waiting_months_4_to_6", 7),
        ("waiting_months_over_6", 7),
        ("late_fee_daily_rate", Decimal("0.011")),
        ("late_fee_daily_rate", Decimal("-0.0001")),
        ("contribution_rate_unit", Decimal("0.51")),
        ("quote_days", 0),
        ("restart_rule", "at_once"),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: Any) -> None:
    problems = refused(ArrearsPolicy(region_id="410000", valid_from=ON, **{name: value}))
    assert list(problems) == [name]


def test_the_database_keeps_one_base_a_year_above_zero() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        a_base("990100", 2025, 8100)
    with pytest.raises(DatabaseError), transaction.atomic():
        a_base(WUHAN, 2025, 0)
