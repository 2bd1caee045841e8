"""The calendar file reader: what it takes, and every way it says no."""

from datetime import date
from pathlib import Path

import pytest

from transfers.rules.notices import NoticeError, read_notice
from transfers.rules.working_days import Day, DayKind, WorkingCalendar

FILES = Path(__file__).parents[2] / "transfers" / "fixtures" / "calendar"
HEAD = """\
# year: 2026
# notice: 国办发明电〔2025〕7号
# published: 2025-11-04
# title: 国务院办公厅关于2026年部分节假日安排的通知
# source: https://www.gov.cn/zhengce/
# verified: yes
date,kind,name
"""
ROWS = """\
2026-01-01,holiday,元旦
2026-01-04,makeup,元旦调休上班
2026-06-03,closure,系统切换
"""
NUMBER = "国办发明电〔2025〕7号"


def read(text: str):
    return read_notice(text.splitlines())


def problems(text: str) -> list[tuple[int, str, dict[str, str | int]]]:
    with pytest.raises(NoticeError) as caught:
        read(text)
    return [(each.line, each.code, dict(each.params)) for each in caught.value.problems]


def test_reads_the_fields_and_the_rows():
    notice = read(HEAD + ROWS)
    assert notice.year == 2026
    assert notice.number == NUMBER
    assert notice.published_on == date(2025, 11, 4)
    assert notice.title == "国务院办公厅关于2026年部分节假日安排的通知"
    assert notice.source == "https://www.gov.cn/zhengce/"
    assert notice.verified is True
    assert (notice.amended_by, notice.also) == ((), ())
    assert notice.days == (
        Day(date(2026, 1, 1), DayKind.HOLIDAY, "元旦", NUMBER),
        Day(date(2026, 1, 4), DayKind.MAKEUP, "元旦调休上班", NUMBER),
        Day(date(2026, 6, 3), DayKind.CLOSURE, "系统切换", NUMBER),
    )


def test_exceptions_feed_a_calendar():
    calendar = WorkingCalendar.from_exceptions(
        date(2026, 1, 1), date(2026, 12, 31), read(HEAD + ROWS).exceptions(), date(2026, 12, 31)
    )
    assert calendar.day(date(2026, 1, 1)) == Day(date(2026, 1, 1), DayKind.HOLIDAY, "元旦", NUMBER)
    assert calendar.add(date(2026, 1, 1), 2) == date(2026, 1, 4)


def test_not_verified_is_kept():
    assert read(HEAD.replace("verified: yes", "verified: no") + ROWS).verified is False


def test_other_comments_and_blank_lines_are_ignored():
    text = "# a remark\n\n# seen-in: https://example.org/\n" + HEAD + "\n# 元旦\n" + ROWS + "\n\n"
    assert read(text).days == read(HEAD + ROWS).days


def test_a_file_saved_by_a_spreadsheet_is_read():
    text = "\ufeff" + (HEAD + ROWS).replace("\n", "\r\n").replace("元旦调休上班", '"元旦, 调休"')
    notice = read_notice(text.split("\n"))
    assert notice.year == 2026
    assert notice.days[1].name == "元旦, 调休"


def test_spaces_around_cells_are_dropped():
    text = (HEAD + ROWS).replace(",", " , ")
    assert read(text) == read(HEAD + ROWS)


def test_other_column_names_are_refused():
    found = problems((HEAD + ROWS).replace("date,kind,name", "date,type,name"))
    assert found[0] == (0, "columns_missing", {"expected": "date,kind,name"})


def test_amendments_are_kept_in_order():
    amendments = "# amended-by: 国办发明电〔2026〕1号 | 2026-01-26\n# amended-by：第二次\n"
    assert read(amendments + HEAD + ROWS).amended_by == (
        "国办发明电〔2026〕1号 | 2026-01-26",
        "第二次",
    )


def test_days_that_next_years_notice_moved_carry_its_number():
    also = "国办发明电〔2026〕9号 | 2026-11-05 | 关于2027年的通知 | 2026-01-04 2026-06-03"
    notice = read(f"# also: {also}\n" + HEAD + ROWS)
    assert [row.notice for row in notice.days] == [
        NUMBER,
        "国办发明电〔2026〕9号",
        "国办发明电〔2026〕9号",
    ]
    assert notice.also == (also,)


@pytest.mark.parametrize(
    "also",
    [
        "国办发明电〔2026〕9号",
        "国办发明电〔2026〕9号 | 2026-11-05 | 2026-01-04",
        " | 2026-11-05 | 关于2027年的通知 | 2026-01-04",
        "国办发明电〔2026〕9号 | 2026-11-05 | 关于2027年的通知 |",
        "国办发明电〔2026〕9号 | 2026-11-05 | 关于2027年的通知 | 2026-01-05",
        "国办发明电〔2026〕9号 | 2026-11-05 | 关于2027年的通知 | 2026-01-04 2026-13-01",
    ],
)
def test_also_must_name_days_that_have_rows(also):
    assert problems(f"# also: {also}\n" + HEAD + ROWS) == [(1, "bad_also", {"value": also.strip()})]


@pytest.mark.parametrize("name", ["year", "notice", "published", "title", "source", "verified"])
@pytest.mark.parametrize("emptied", [True, False])
def test_every_field_is_required(name, emptied):
    lines = [
        f"# {name}:" if emptied and line.startswith(f"# {name}:") else line
        for line in (HEAD + ROWS).splitlines()
        if emptied or not line.startswith(f"# {name}:")
    ]
    assert problems("\n".join(lines)) == [(0, "field_missing", {"field": name})]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("year: 2026", "year: 26", [(1, "bad_year", {"value": "26"})]),
        (
            "published: 2025-11-04",
            "published: 2025/11/4",
            [(3, "bad_date", {"value": "2025/11/4"})],
        ),
        ("verified: yes", "verified: 是", [(6, "bad_verified", {"value": "是"})]),
        ("# title:", "# year: 2026\n# title:", [(4, "field_repeated", {"field": "year"})]),
        ("2026-01-01,", "2026-02-30,", [(8, "bad_date", {"value": "2026-02-30"})]),
        ("2026-01-01,", "20260101,", [(8, "bad_date", {"value": "20260101"})]),
        ("2026-01-01,", "2026/1/1,", [(8, "bad_date", {"value": "2026/1/1"})]),
        ("2026-01-01,", "2026-01-01,", []),
        ("2026-01-01,", ",", [(8, "bad_date", {"value": ""})]),
        ("2026-01-01,", "2025-01-01,", [(8, "outside_year", {"day": "2025-01-01", "year": 2026})]),
        ("2026-01-01,", "2027-01-01,", [(8, "outside_year", {"day": "2027-01-01", "year": 2026})]),
        (
            "2026-06-03,",
            "2026-01-01,",
            [(10, "duplicate_date", {"day": "2026-01-01", "first_line": 8})],
        ),
        ("2026-06-03,closure", "2026-06-03,rest", [(10, "unknown_kind", {"value": "rest"})]),
        ("2026-06-03,closure", "2026-06-03,Holiday", [(10, "unknown_kind", {"value": "Holiday"})]),
        ("2026-06-03,closure", "2026-06-03,workday", [(10, "unknown_kind", {"value": "workday"})]),
        ("2026-01-04,", "2026-01-05,", [(9, "makeup_on_weekday", {"day": "2026-01-05"})]),
        ("2026-01-04,", "2026-01-09,", [(9, "makeup_on_weekday", {"day": "2026-01-09"})]),
        ("2026-01-04,", "2026-01-10,", []),
        (",元旦\n", ",\n", [(8, "name_missing", {"day": "2026-01-01"})]),
        (",元旦\n", "\n", [(8, "bad_row", {"expected": 3, "found": 2})]),
        (",元旦\n", ",元旦,节\n", [(8, "bad_row", {"expected": 3, "found": 4})]),
        ("2026-01-01,holiday,元旦\n", "", [(0, "no_holidays", {})]),
        (
            "date,kind,name\n",
            "",
            [(0, "columns_missing", {"expected": "date,kind,name"})],
        ),
    ],
)
def test_each_slip_is_named_with_its_line(old, new, expected):
    text = HEAD + ROWS
    assert old in text
    changed = text.replace(old, new, 1)
    if expected:
        assert problems(changed) == expected
    else:
        assert read(changed).year == 2026


def test_a_slip_brings_no_second_complaint():
    for old, new in [
        ("2026-06-03,", "2026-06-31,"),
        ("closure", "rest"),
        ("year: 2026", "year: x"),
    ]:
        assert len(problems((HEAD + ROWS).replace(old, new, 1))) == 1


def test_a_carriage_return_inside_a_line_is_a_bad_row():
    text = [*HEAD.splitlines(), "2026-01-01,holiday,元旦\r2026-01-02,holiday,元旦"]
    with pytest.raises(NoticeError) as caught:
        read_notice(text)
    assert (8, "bad_row") in [(each.line, each.code) for each in caught.value.problems]


def test_all_problems_are_reported_at_once_in_the_order_of_the_lines():
    text = (
        HEAD.replace("# title: 国务院办公厅关于2026年部分节假日安排的通知\n", "").replace(
            "2025-11-04", "yesterday"
        )
        + "2025-12-31,holiday,元旦\n2026-01-05,makeup,上班\n2026-01-05,rest,\nnonsense\n"
    )
    assert problems(text) == [
        (0, "field_missing", {"field": "title"}),
        (3, "bad_date", {"value": "yesterday"}),
        (7, "outside_year", {"day": "2025-12-31", "year": 2026}),
        (8, "makeup_on_weekday", {"day": "2026-01-05"}),
        (9, "unknown_kind", {"value": "rest"}),
        (9, "duplicate_date", {"day": "2026-01-05", "first_line": 8}),
        (9, "name_missing", {"day": "2026-01-05"}),
        (10, "bad_row", {"expected": 3, "found": 1}),
    ]


def test_an_empty_file_misses_everything():
    found = problems("")
    assert [code for _, code, _ in found] == ["field_missing"] * 6 + [
        "columns_missing",
        "no_holidays",
    ]


def test_the_error_speaks_of_its_first_problem():
    with pytest.raises(NoticeError, match=r"line 10: unknown_kind \(value rest\)") as caught:
        read(HEAD + ROWS.replace("closure", "rest"))
    error = caught.value
    assert (error.line, error.code, dict(error.params)) == (10, "unknown_kind", {"value": "rest"})
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("year", range(2004, 2027))
def test_every_shipped_file_is_a_notice(year):
    notice = read((FILES / f"{year}.csv").read_text(encoding="utf-8"))
    assert notice.year == year
    assert notice.published_on.year in (year - 1, year)
    assert notice.number.startswith("国办发明电〔")
    assert str(year) in notice.title
    assert notice.days == tuple(sorted(notice.days, key=lambda row: row.day))
    assert sum(row.kind is DayKind.HOLIDAY for row in notice.days) >= 21


def test_a_make_up_day_before_new_year_comes_from_the_next_notice():
    days = {row.day: row for row in read((FILES / "2006.csv").read_text(encoding="utf-8")).days}
    assert days[date(2006, 12, 31)].notice == "国办发明电〔2006〕49号"
    assert days[date(2006, 10, 1)].notice == "国办发明电〔2005〕35号"
