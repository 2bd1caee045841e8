"""The working calendar: dated tables, properties, and a second opinion."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfers.rules.notices import read_notice
from transfers.rules.working_days import (
    Day,
    DayKind,
    OutsideCalendar,
    Why,
    WorkingCalendar,
)

FILES = Path(__file__).parents[2] / "transfers" / "fixtures" / "calendar"
FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


@cache
def china() -> WorkingCalendar:
    """The calendar that ships: every notice of 2004 to 2026."""
    exceptions = {}
    for year in range(FIRST.year, LAST.year + 1):
        text = (FILES / f"{year}.csv").read_text(encoding="utf-8")
        exceptions.update(read_notice(text.splitlines()).exceptions())
    return WorkingCalendar.from_exceptions(FIRST, LAST, exceptions, LAST)


def day(text: str, weekday: int) -> date:
    """A date beside its weekday, so that a slip in either shows."""
    parsed = date.fromisoformat(text)
    assert parsed.weekday() == weekday, f"{text} is not that weekday"
    return parsed


def plain(first: str, last: str, *, published_until: str | None = None) -> WorkingCalendar:
    """A calendar without holidays."""
    until = date.fromisoformat(published_until or last)
    return WorkingCalendar.from_exceptions(
        date.fromisoformat(first), date.fromisoformat(last), {}, until
    )


# --- dated tables -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        # transfer out +10, then transfer in +5
        (("2025-09-30", TUE), 10, ("2025-10-21", TUE)),
        (("2025-10-21", TUE), 5, ("2025-10-28", TUE)),
        (("2026-02-13", FRI), 10, ("2026-03-05", THU)),
        (("2026-03-05", THU), 5, ("2026-03-12", THU)),
        (("2026-09-24", THU), 10, ("2026-10-15", THU)),
        # Spring Festival 2026: off from Sunday 15 to Monday 23 February
        (("2026-02-13", FRI), 1, ("2026-02-14", SAT)),
        (("2026-02-13", FRI), 2, ("2026-02-24", TUE)),
        (("2026-02-18", WED), 1, ("2026-02-24", TUE)),
        (("2026-02-27", FRI), 1, ("2026-02-28", SAT)),
        # make-up Sundays
        (("2026-01-01", THU), 1, ("2026-01-04", SUN)),
        (("2026-09-18", FRI), 1, ("2026-09-20", SUN)),
        (("2025-01-25", SAT), 1, ("2025-01-26", SUN)),
        (("2025-04-25", FRI), 1, ("2025-04-27", SUN)),
        # National Day 2026: off 1 to 7 October, make-up Saturday the 10th
        (("2026-09-30", WED), 1, ("2026-10-08", THU)),
        (("2026-09-30", WED), 3, ("2026-10-10", SAT)),
        (("2026-09-30", WED), 4, ("2026-10-12", MON)),
        # 2020: the holiday lengthened by a second notice, to Sunday 2 February
        (("2020-01-23", THU), 1, ("2020-02-03", MON)),
        # 2019: Labour Day changed by a second notice, make-up Sundays either side
        (("2019-04-26", FRI), 1, ("2019-04-28", SUN)),
        (("2019-04-30", TUE), 2, ("2019-05-06", MON)),
        # 2015: 3 September off, make-up Sunday the 6th
        (("2015-09-02", WED), 1, ("2015-09-06", SUN)),
        # over the end of the rows: 1 January 2027 counts until its notice is read
        (("2026-12-31", THU), 1, ("2027-01-01", FRI)),
        (("2026-12-31", THU), 2, ("2027-01-04", MON)),
        (("2026-12-11", FRI), 15, ("2027-01-01", FRI)),
        # years beyond
        (("2030-06-01", SAT), 5, ("2030-06-07", FRI)),
        (("2030-06-03", MON), 5, ("2030-06-10", MON)),
    ],
)
def test_add_reaches_the_dated_answer(start, n, due):
    assert china().add(day(*start), n) == day(*due)
    assert china().count(day(*start), day(*due)) == n


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (("2026-10-12", MON), -1, ("2026-10-10", SAT)),
        (("2026-10-08", THU), -1, ("2026-09-30", WED)),
        (("2026-10-15", THU), -2, ("2026-10-13", TUE)),
        (("2026-01-05", MON), -2, ("2025-12-31", WED)),
        (("2027-01-04", MON), -2, ("2026-12-31", THU)),
        # a day off belongs to the working day it follows: Friday is 0, Thursday -1
        (("2026-10-18", SUN), -1, ("2026-10-15", THU)),
    ],
)
def test_add_counts_back(start, n, expected):
    assert china().add(day(*start), n) == day(*expected)


def test_add_zero_is_the_day_itself_even_when_off():
    for offset in range(14):
        start = date(2026, 9, 28) + timedelta(days=offset)
        assert china().add(start, 0) == start


def test_count_excludes_the_start_and_includes_the_end():
    calendar = china()
    friday, saturday, monday = date(2026, 10, 16), date(2026, 10, 17), date(2026, 10, 19)
    assert calendar.count(friday, friday) == 0
    assert calendar.count(friday, saturday) == 0
    assert calendar.count(saturday, monday) == 1
    assert calendar.count(friday, monday) == 1
    assert calendar.count(monday, friday) == -1


def test_remaining_is_zero_on_the_due_day_and_negative_after_it():
    calendar = china()
    due = day("2026-10-15", THU)
    assert calendar.remaining(day("2026-09-24", THU), due) == 10
    assert calendar.remaining(day("2026-10-10", SAT), due) == 4
    assert calendar.remaining(day("2026-10-14", WED), due) == 1
    assert calendar.remaining(due, due) == 0
    assert calendar.remaining(day("2026-10-16", FRI), due) == -1
    assert calendar.remaining(day("2026-10-18", SUN), due) == -1
    assert calendar.remaining(day("2026-10-20", TUE), due) == -3


@pytest.mark.parametrize(
    ("text", "weekday", "kind", "working"),
    [
        ("2026-09-30", WED, DayKind.WORKDAY, True),
        ("2026-10-01", THU, DayKind.HOLIDAY, False),
        ("2026-10-10", SAT, DayKind.MAKEUP, True),
        ("2026-10-11", SUN, DayKind.WEEKEND, False),
        ("2026-12-31", THU, DayKind.WORKDAY, True),
        ("2027-01-01", FRI, DayKind.WORKDAY, True),
        ("2027-01-02", SAT, DayKind.WEEKEND, False),
        ("2040-01-01", SUN, DayKind.WEEKEND, False),
    ],
)
def test_kind_of_a_day(text, weekday, kind, working):
    asked = day(text, weekday)
    assert china().kind(asked) is kind
    assert china().day(asked).day == asked
    assert china().is_working(asked) is working


def test_day_carries_name_and_notice():
    assert china().day(date(2026, 10, 10)).notice == "国办发明电〔2025〕7号"
    assert "国庆" in china().day(date(2026, 10, 1)).name
    assert china().day(date(2027, 10, 1)) == Day(date(2027, 10, 1), DayKind.WORKDAY)


def test_next_and_previous_working_day_include_the_day_asked_for():
    calendar = china()
    assert calendar.next_working(day("2026-10-01", THU)) == day("2026-10-08", THU)
    assert calendar.next_working(day("2026-10-10", SAT)) == day("2026-10-10", SAT)
    assert calendar.next_working(day("2027-01-02", SAT)) == day("2027-01-04", MON)
    assert calendar.previous_working(day("2026-10-07", WED)) == day("2026-09-30", WED)
    assert calendar.previous_working(day("2026-10-10", SAT)) == day("2026-10-10", SAT)
    assert calendar.previous_working(day("2026-10-11", SUN)) == day("2026-10-10", SAT)


def test_a_closure_of_a_pool_is_a_day_off():
    closed = date(2026, 6, 3)  # a Wednesday
    calendar = WorkingCalendar.from_exceptions(
        date(2026, 6, 1),
        date(2026, 6, 30),
        {closed: (DayKind.CLOSURE, "系统切换", "示例医保〔2026〕1号")},
        date(2026, 6, 30),
    )
    assert not calendar.is_working(closed)
    assert calendar.add(date(2026, 6, 2), 1) == date(2026, 6, 4)


# --- provisional ------------------------------------------------------------------


def test_days_after_the_last_notice_are_provisional():
    assert not china().is_provisional(date(2026, 12, 31))
    assert china().is_provisional(date(2027, 1, 1))
    assert china().published_until == LAST


def test_rows_after_the_last_notice_are_provisional():
    calendar = plain("2026-01-01", "2027-12-31", published_until="2026-12-31")
    assert not calendar.is_provisional(date(2026, 12, 31))
    assert calendar.is_provisional(date(2027, 1, 1))


def test_days_without_a_row_are_provisional_whatever_was_published():
    calendar = plain("2026-01-01", "2026-06-30", published_until="2026-12-31")
    assert not calendar.is_provisional(date(2026, 6, 30))
    assert calendar.is_provisional(date(2026, 7, 1))


# --- explain ----------------------------------------------------------------------


def test_explain_lists_every_day_up_to_the_due_day():
    start = day("2026-09-24", THU)
    rows = china().explain(start, 10)
    assert [row.day for row in rows] == [start + timedelta(days=i) for i in range(1, 22)]
    assert [row.counted for row in rows if row.working] == list(range(1, 11))
    assert all(row.counted is None for row in rows if not row.working)
    assert rows[-1].day == day("2026-10-15", THU)
    assert rows[-1].counted == 10
    assert not any(row.provisional for row in rows)


def test_explain_says_why():
    rows = {row.day: row for row in china().explain(date(2026, 9, 24), 10)}
    notice = "国办发明电〔2025〕7号"
    assert rows[date(2026, 9, 25)].why.key == "holiday"
    assert rows[date(2026, 9, 28)].why == Why("workday", DayKind.WORKDAY, "", "")
    saturday = rows[date(2026, 10, 10)]
    assert (saturday.why.key, saturday.why.kind) == ("makeup", DayKind.MAKEUP)
    assert saturday.why.notice == notice
    assert saturday.working
    assert rows[date(2026, 10, 11)].why.key == "weekend"


def test_explain_marks_what_is_assumed():
    rows = china().explain(day("2026-12-30", WED), 3)
    assert [(row.day, row.why.key, row.counted, row.provisional) for row in rows] == [
        (date(2026, 12, 31), "workday", 1, False),
        (date(2027, 1, 1), "assumed_workday", 2, True),
        (date(2027, 1, 2), "assumed_weekend", None, True),
        (date(2027, 1, 3), "assumed_weekend", None, True),
        (date(2027, 1, 4), "assumed_workday", 3, True),
    ]


@pytest.mark.parametrize("n", [0, -3])
def test_explain_is_empty_when_nothing_lies_ahead(n):
    assert china().explain(date(2026, 9, 24), n) == []


# --- what a calendar must be ------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ([], "at least one day"),
        (["2026-01-01", "2026-01-03"], "gap: 2026-01-02$"),
        (["2026-01-01", "2026-01-05"], "gap: 2026-01-02 to 2026-01-04"),
        (["2026-01-01", "2026-01-01"], "2026-01-01 comes after 2026-01-01"),
        (["2026-01-02", "2026-01-01"], "2026-01-01 comes after 2026-01-02"),
    ],
)
def test_rows_must_be_consecutive(days, message):
    rows = [Day(date.fromisoformat(text), DayKind.WORKDAY) for text in days]
    with pytest.raises(ValueError, match=message):
        WorkingCalendar(rows, date(2026, 12, 31))


def test_exceptions_must_lie_inside():
    outside = {date(2027, 1, 1): (DayKind.HOLIDAY, "元旦", "")}
    with pytest.raises(ValueError, match="2027-01-01 lies outside"):
        WorkingCalendar.from_exceptions(FIRST, LAST, outside, LAST)
    with pytest.raises(ValueError, match="before the first day"):
        WorkingCalendar.from_exceptions(LAST, FIRST, {}, LAST)


def test_from_exceptions_builds_every_day():
    holiday = date(2026, 1, 1)
    calendar = WorkingCalendar.from_exceptions(
        holiday, date(2026, 1, 4), {holiday: (DayKind.HOLIDAY, "元旦", "7号")}, LAST
    )
    assert calendar.days == (
        Day(holiday, DayKind.HOLIDAY, "元旦", "7号"),
        Day(date(2026, 1, 2), DayKind.WORKDAY),
        Day(date(2026, 1, 3), DayKind.WEEKEND),
        Day(date(2026, 1, 4), DayKind.WEEKEND),
    )
    assert (calendar.first, calendar.last) == (holiday, date(2026, 1, 4))


@pytest.mark.parametrize(
    "ask",
    [
        lambda c, d: c.add(d, 1),
        lambda c, d: c.add(d, 0),
        lambda c, d: c.add(d, -1),
        lambda c, d: c.add(d, 5000),
        lambda c, d: c.count(d, LAST),
        lambda c, d: c.count(LAST, d),
        lambda c, d: c.day(d),
        lambda c, d: c.kind(d),
        lambda c, d: c.is_working(d),
        lambda c, d: c.next_working(d),
        lambda c, d: c.previous_working(d),
        lambda c, d: c.explain(d, 1),
        lambda c, d: c.remaining(d, LAST),
    ],
)
@pytest.mark.parametrize("days_before", [1, 40, 4000])
def test_before_the_first_row_nothing_is_guessed(ask, days_before):
    with pytest.raises(OutsideCalendar, match="before the calendar's first day 2004-01-01"):
        ask(china(), FIRST - timedelta(days=days_before))


def test_counting_back_stops_at_the_first_row():
    calendar = plain("2026-06-01", "2026-06-30")  # from a Monday
    assert calendar.add(date(2026, 6, 2), -1) == date(2026, 6, 1)
    with pytest.raises(OutsideCalendar):
        calendar.add(date(2026, 6, 2), -2)
    with pytest.raises(OutsideCalendar):
        plain("2026-06-06", "2026-06-30").previous_working(date(2026, 6, 7))


def test_a_calendar_cannot_be_changed():
    calendar = china()
    with pytest.raises(AttributeError):
        calendar.published_until = date(2030, 1, 1)
    with pytest.raises(AttributeError):
        calendar.extra = 1


# --- properties -------------------------------------------------------------------

ANY_DAY = st.dates(date(2004, 3, 1), date(2034, 12, 31))
NEAR_THE_END = st.dates(date(2026, 11, 1), date(2029, 3, 1))
DAYS = st.one_of(ANY_DAY, NEAR_THE_END)
STEPS = st.integers(1, 60)


@given(DAYS, st.integers(-30, 800))
def test_count_inverts_add(start, n):
    calendar = china()
    due = calendar.add(start, n)
    assert calendar.count(start, due) == n
    assert n == 0 or calendar.is_working(due)


@given(DAYS, DAYS)
def test_count_is_antisymmetric(a, b):
    assert china().count(a, b) == -china().count(b, a)


@given(DAYS, DAYS, DAYS)
def test_count_adds_up(a, b, c):
    assert china().count(a, b) + china().count(b, c) == china().count(a, c)


@given(DAYS, st.integers(0, 400))
def test_count_equals_counting_day_by_day(start, length):
    calendar = china()
    days = [start + timedelta(days=i) for i in range(1, length + 1)]
    assert calendar.count(start, start + timedelta(days=length)) == sum(
        calendar.is_working(each) for each in days
    )


@given(DAYS, st.integers(0, 40), STEPS)
def test_add_is_monotone(start, later, n):
    calendar = china()
    assert calendar.add(start, n) < calendar.add(start, n + 1)
    assert calendar.add(start, n) <= calendar.add(start + timedelta(days=later), n)


@given(DAYS, STEPS, st.data())
def test_a_pause_gives_back_what_was_left(opened, n, data):
    calendar = china()
    due = calendar.add(opened, n)
    paused = opened + timedelta(days=data.draw(st.integers(0, (due - opened).days)))
    assert calendar.add(paused, n - calendar.count(opened, paused)) == due


@given(DAYS, STEPS, st.integers(1, 90))
def test_a_pause_after_the_due_day_gives_back_the_same_delay(opened, n, late):
    calendar = china()
    due = calendar.add(opened, n)
    paused = due + timedelta(days=late)
    left = n - calendar.count(opened, paused)
    # days off right after the due day use up nothing: 0 is left, which is that day
    assert calendar.add(paused, left) == (due if left else paused)
    assert left or calendar.previous_working(paused) == due


@given(DAYS)
def test_next_and_previous_working_are_the_nearest(start):
    calendar = china()
    after, before = calendar.next_working(start), calendar.previous_working(start)
    assert before <= start <= after
    assert calendar.is_working(before)
    assert calendar.is_working(after)
    assert calendar.count(before, after) == (before != after)


@given(st.dates(date(2027, 1, 1), date(2200, 12, 31)), st.integers(1, 5000))
def test_past_the_rows_five_working_days_are_a_week(start, n):
    calendar = china()
    assert calendar.is_working(start) == (start.weekday() < SAT)
    assert calendar.add(start, n + 5) == calendar.add(start, n) + timedelta(days=7)


@given(st.dates(date(2026, 1, 1), date(2026, 12, 30)), STEPS)
def test_a_missing_row_weighs_no_more_than_a_plain_one(last, n):
    """Rows that only say Monday to Friday change no answer."""
    short = WorkingCalendar.from_exceptions(date(2026, 1, 1), last, {}, last)
    long = plain("2026-01-01", "2031-12-31")
    assert short.add(last, n) == long.add(last, n)
    assert short.add(last, n + 600) == long.add(last, n + 600)
    assert short.count(date(2026, 1, 1), date(2031, 5, 1)) == long.count(
        date(2026, 1, 1), date(2031, 5, 1)
    )


# --- second opinions --------------------------------------------------------------

# The one day where the package departs from the notices. Notice 国办发明电〔2005〕35号:
# "将12月31日（星期六）、1月1日（星期日）两个公休日调至1月2日（星期一）、3日（星期二），
# 12月31日（星期六）上班"; the package has the two days off and lacks the make-up day.
WRONG_IN_CHINESECALENDAR = {day("2005-12-31", SAT)}


def working_in_chinesecalendar(each: date, *, corrected: bool = True) -> bool:
    if corrected and each in WRONG_IN_CHINESECALENDAR:
        return True
    return bool(chinese_calendar.is_workday(each))


def pairs_against(oracle: list[date]) -> tuple[int, list[tuple[date, int]]]:
    """Compare every start day and 1 to 30 working days whose answer the oracle knows."""
    calendar = china()
    pairs, wrong, passed = 0, [], 0
    for start in (each.day for each in calendar.days):
        if passed < len(oracle) and oracle[passed] == start:
            passed += 1  # the oracle's working days up to and including the start
        for n, due in enumerate(oracle[passed : passed + 30], start=1):
            pairs += 1
            if calendar.add(start, n) != due or calendar.count(start, due) != n:
                wrong.append((start, n))
    return pairs, wrong


def test_every_deadline_agrees_with_chinesecalendar():
    """Every start day of 2004 to 2026, n = 1 to 30, due within 2026."""
    days = [each.day for each in china().days]
    assert (days[0], days[-1], len(days)) == (FIRST, LAST, 8401)
    pairs, wrong = pairs_against([d for d in days if working_in_chinesecalendar(d)])
    _, raw = pairs_against([d for d in days if working_in_chinesecalendar(d, corrected=False)])
    print(f"{pairs} pairs compared with chinesecalendar: {len(wrong)} differ")
    print(f"({len(raw)} differ from the package as it is: {WRONG_IN_CHINESECALENDAR})")
    assert not wrong
    assert pairs == 251_403
    assert {china().add(start, n) >= date(2005, 12, 31) > start for start, n in raw} == {True}


def test_chinesecalendar_is_wrong_on_the_named_day_alone():
    differs = {
        each.day
        for each in china().days
        if each.working != working_in_chinesecalendar(each.day, corrected=False)
    }
    assert differs == WRONG_IN_CHINESECALENDAR


def test_every_day_agrees_with_holidays():
    other = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 2))
    wrong = [each.day for each in china().days if each.working != other.is_working_day(each.day)]
    assert wrong == []
