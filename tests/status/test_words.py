"""Dates, spans and lists in both languages; holidays explained."""

from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from transfers.rules.working_days import DayKind, WorkingCalendar
from transfers.status import words
from transfers.status.holidays import explanations, provisional_years

OCTOBER = date(2026, 10, 15)


@pytest.mark.parametrize(
    ("language", "expected"), [("zh-hans", "2026年10月15日（周四）"), ("en", "Thu 15 October 2026")]
)
def test_long_date(language: str, expected: str) -> None:
    with override(language):
        assert words.long_date(OCTOBER) == expected


def test_a_moment_is_local() -> None:
    at = datetime(2026, 9, 24, 20, 2, tzinfo=UTC)
    with override("zh-hans"):
        assert words.moment(at) == "2026年9月25日（周五）04:02"
    with override("en"):
        assert words.moment(at) == "Fri 25 September 2026, 04:02"


@pytest.mark.parametrize(
    ("first", "last", "zh", "en"),
    [
        (date(2026, 10, 1), date(2026, 10, 7), "10月1日–7日", "1–7 October"),
        (date(2025, 1, 28), date(2025, 2, 4), "1月28日–2月4日", "28 January – 4 February"),
        (date(2026, 5, 4), date(2026, 5, 4), "5月4日", "4 May"),
    ],
)
def test_span(first: date, last: date, zh: str, en: str) -> None:
    with override("zh-hans"):
        assert words.span(first, last) == zh
    with override("en"):
        assert words.span(first, last) == en


def test_listing_and_lengths() -> None:
    with override("zh-hans"):
        assert words.listing(["甲", "乙", "丙"]) == "甲、乙和丙"
        assert words.years_and_months(100) == "8年4个月"
        assert words.years_and_months(0) == "0个月"
        assert words.working_days(1) == "1个工作日"
    with override("en"):
        assert words.listing(["a"]) == "a"
        assert words.listing([]) == ""
        assert words.years_and_months(13) == "1 year 1 month"
        assert words.working_days(1) == "1 working day"
        assert words.working_days(0) == "0 working days"


def calendar() -> WorkingCalendar:
    days = {date(2026, 10, n): (DayKind.HOLIDAY, "国庆节", "x") for n in range(1, 8)}
    days[date(2026, 10, 10)] = (DayKind.MAKEUP, "国庆节调休上班", "x")
    days[date(2026, 9, 28)] = (DayKind.CLOSURE, "搬迁", "")
    days[date(2026, 9, 25)] = (DayKind.HOLIDAY, "从未有过的节日", "x")
    return WorkingCalendar.from_exceptions(
        date(2026, 1, 1), date(2026, 12, 31), days, date(2026, 12, 31)
    )


def test_every_departure_from_monday_to_friday_is_said_in_order() -> None:
    with override("zh-hans"):
        assert explanations(calendar(), date(2026, 9, 24), 10) == [
            "从未有过的节日 9月25日不计",
            "经办机构 9月28日不办公，不计",
            "国庆节 10月1日–7日不计",
            "10月10日（周六）调休上班，计入",
        ]
    with override("en"):
        assert explanations(calendar(), date(2026, 9, 24), 10) == [
            "Public holiday, 25 September, does not count",
            "the office is closed on 28 September, which does not count",
            "National Day, 1–7 October, do not count",
            "Sat 10 October is worked to make up for a holiday and counts",
        ]


def test_an_ordinary_fortnight_needs_no_words() -> None:
    assert explanations(calendar(), date(2026, 11, 2), 10) == []


def test_years_not_published_yet() -> None:
    assert provisional_years(calendar(), date(2027, 1, 8)) == [2027]
