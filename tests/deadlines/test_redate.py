"""Loading a notice: the calendar's rows, the dates of open steps, and the events that say so."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.scenes import Scene, moment, steps_of
from transfers.deadlines import clocks, moves, redate, reference
from transfers.deadlines.calendars import calendar_of
from transfers.models import (
    NATION,
    Calendar,
    CalendarDay,
    CalendarNotice,
    Event,
    Step,
    TransferApplication,
)
from transfers.rules.notices import NoticeError
from transfers.rules.states import Action
from transfers.rules.steps import due_on

pytestmark = pytest.mark.django_db

AT = moment("2026-11-10")

NOTICE_2027 = """\
# year: 2027
# notice: 国办发明电〔2026〕9号
# published: 2026-11-05
# title: 国务院办公厅关于2027年部分节假日安排的通知
# source: https://www.example.org/2027
# verified: no
date,kind,name
2027-01-01,holiday,元旦
2027-01-02,holiday,元旦
2027-01-03,holiday,元旦
2027-01-09,makeup,元旦调休上班
2027-02-05,holiday,春节
2027-02-06,holiday,春节
2027-02-07,holiday,春节
2027-02-08,holiday,春节
2027-02-09,holiday,春节
2027-02-10,holiday,春节
2027-02-11,holiday,春节
"""
AMENDED_2027 = NOTICE_2027.replace("2027-02-11,holiday,春节\n", "")
CLOSURES = """\
# year: 2026
# notice: 泉医保〔2026〕3号
# published: 2026-11-01
# title: 关于系统升级暂停办理业务的公告
# source: https://www.example.org/closed
# verified: no
date,kind,name
2026-12-14,closure,系统升级
2026-12-15,closure,系统升级
"""


def load(text: str = NOTICE_2027, pool: str | None = None, at: datetime = AT) -> redate.Loaded:
    return redate.load(text, pool, at=at)


def days_of(code: str = NATION) -> list[tuple[Any, ...]]:
    return list(
        CalendarDay.objects.filter(calendar=code)
        .order_by("day")
        .values_list("day", "kind", "name", "notice", "working", "ordinal")
    )


def check_numbers(code: str = NATION) -> None:
    """Every day once, and each ordinal the count of working days so far."""
    ordinal, before = 0, date(2003, 12, 31)
    for day, _kind, _name, _notice, working, stored in days_of(code):
        ordinal += working
        assert (day - before, stored) == (timedelta(days=1), ordinal)
        before = day


def check_dates() -> None:
    """Every running step's dates are what the rules say."""
    for step in Step.objects.running().select_related("calendar"):
        calendar = calendar_of(step.calendar)
        left, statute = step.limit_days - step.used_days, step.statutory_days - step.used_days
        assert step.due_on == due_on(calendar, step.running_since, left)
        assert step.statutory_due_on == due_on(calendar, step.running_since, statute)
        assert step.provisional == calendar.is_provisional(step.due_on)


def test_the_rows_of_the_year_and_all_later_numbers_change() -> None:
    before = days_of()
    load()
    check_numbers()
    after = days_of()
    assert [row for row in before if row[0].year < 2027] == [r for r in after if r[0].year < 2027]
    by_day = {row[0]: row for row in after}
    assert by_day[date(2027, 1, 1)][1:5] == ("holiday", "元旦", "国办发明电〔2026〕9号", False)
    assert by_day[date(2027, 1, 9)][1] == "makeup"
    assert by_day[date(2027, 1, 4)][1] == "workday"
    assert max(by_day) == date(2029, 12, 31)
    calendar = Calendar.objects.get(pk=NATION)
    assert (calendar.published_until, calendar.version) == (date(2027, 12, 31), 2)
    notice = CalendarNotice.objects.get(calendar=NATION, year=2027)
    assert (notice.number, notice.loaded_at) == ("国办发明电〔2026〕9号", AT)


def test_provisional_steps_move_and_become_certain() -> None:
    # Counted Mon–Fri this is due on Thursday 7 January; the notice takes New Year's Day off.
    step = factories.step(since="2026-12-24", days=10)
    assert (step.due_on, step.provisional) == (date(2027, 1, 7), True)
    moved = load().moved
    step.refresh_from_db()
    assert (step.due_on, step.provisional) == (date(2027, 1, 8), False)
    assert (moved.steps, moved.cases, moved.later) == (1, 1, 1)


def test_a_make_up_day_brings_a_step_forward_and_a_plain_day_only_confirms_it() -> None:
    earlier = factories.step(since="2027-01-04", days=6)  # Tuesday 12th; Saturday 9th is worked
    same = factories.step(since="2027-01-04", days=2)
    moved = load().moved
    assert (moved.steps, moved.earlier, moved.confirmed, moved.later) == (2, 1, 1, 0)
    earlier.refresh_from_db()
    same.refresh_from_db()
    assert (earlier.due_on, earlier.provisional) == (date(2027, 1, 11), False)
    assert (same.due_on, same.provisional) == (date(2027, 1, 6), False)


def test_steps_that_nothing_touches_stay_and_get_no_event() -> None:
    step = factories.step(due="2026-12-31")
    assert load().moved == redate.Moved()
    assert not Event.objects.exists()
    step.application.refresh_from_db(fields=["version"])
    assert step.application.version == 0


def test_each_case_gets_one_event_that_says_what_moved() -> None:
    (application,) = factories.applications(1)
    out = factories.step(application, since="2026-12-24", days=10)
    remit = factories.step(application, "remit", since="2027-01-04", days=2)
    TransferApplication.objects.filter(pk=application.pk).update(version=7)
    load()
    event = Event.objects.get()
    application.refresh_from_db(fields=["version"])
    assert (event.application_id, event.seq, application.version) == (application.pk, 8, 8)
    assert (event.verb, event.actor, event.track, event.at) == ("redate", "system", "relation", AT)
    assert (event.from_state, event.to_state) == ("applied", "applied")
    assert event.facts == {
        "notice": "国办发明电〔2026〕9号",
        "steps": [
            {
                "kind": step.kind,
                "old": old,
                "new": new,
                "old_provisional": True,
                "new_provisional": False,
            }
            for step, old, new in (
                (out, "2027-01-07", "2027-01-08"),
                (remit, "2027-01-06", "2027-01-06"),
            )
        ],
    }
    assert "国办发明电〔2026〕9号" in event.reason
    assert event.shown_en == (
        "A new holiday notice (国办发明电〔2026〕9号) moved the dates: Transfer out was due on"
        " 7 January 2027 and is now due on 8 January 2027; Remittance is now certain to be due on"
        " 6 January 2027."
    )
    assert "2027年1月8日" in event.shown_zh


def test_a_second_load_changes_nothing() -> None:
    factories.step(since="2026-12-24")
    load()
    before = (days_of(), list(Step.objects.values()), Event.objects.count())
    again = load(NOTICE_2027.replace("\n", "\r\n"), at=AT + timedelta(days=1))
    assert (again.changed, again.moved) == (False, redate.Moved())
    assert (days_of(), list(Step.objects.values()), Event.objects.count()) == before
    assert Calendar.objects.get(pk=NATION).version == 2


def test_a_promise_is_certain_although_the_statutory_day_is_not_yet() -> None:
    step = factories.step(since="2026-12-24", days=10, statutory_days=265)
    load()
    step.refresh_from_db()
    assert step.due_on == date(2027, 1, 8)
    assert step.statutory_due_on > date(2027, 12, 31)  # type: ignore[operator]
    assert not step.provisional


def test_an_amendment_re_dates_again() -> None:
    step = factories.step(since="2027-02-01", days=6)
    load()
    step.refresh_from_db()
    first = step.due_on
    moved = load(AMENDED_2027, at=AT + timedelta(days=1)).moved
    step.refresh_from_db()
    assert (first, step.due_on) == (date(2027, 2, 16), date(2027, 2, 15))
    assert moved.earlier == 1
    assert CalendarNotice.objects.filter(calendar=NATION, year=2027).count() == 1
    check_numbers()
    assert list(Event.objects.values_list("seq", flat=True)) == [1, 2]


def test_an_old_year_can_be_corrected_without_moving_the_horizon() -> None:
    load()
    text = (reference.FILES / "calendar" / "2026.csv").read_text(encoding="utf-8")
    assert load(text + "2026-12-14,holiday,临时\n").changed
    assert Calendar.objects.get(pk=NATION).published_until == date(2027, 12, 31)
    kinds = {row[0]: row[1] for row in days_of()}
    assert (kinds[date(2026, 12, 14)], kinds[date(2027, 1, 1)]) == ("holiday", "holiday")
    check_numbers()


def test_dates_follow_the_same_rule_as_python_for_any_step() -> None:
    random = Random(2027)
    first = date(2026, 11, 2)
    rows = []
    for application in factories.applications(120):
        limit = random.randint(1, 40)
        rows.append(
            factories.unsaved_step(
                application,
                since=first + timedelta(days=random.randrange(120)),
                days=limit,
                statutory_days=limit + random.choice((0, 0, 5)),
                used_days=random.choice((0, 0, 3, limit, limit + 4)),
            )
        )
    Step.objects.bulk_create(rows)
    before = {step.pk: step.due_on for step in Step.objects.all()}
    moved = load().moved
    check_dates()
    after = {step.pk: step.due_on for step in Step.objects.all()}
    assert moved.later == sum(after[pk] > day for pk, day in before.items()) > 20  # type: ignore[operator]
    assert moved.earlier == sum(after[pk] < day for pk, day in before.items())  # type: ignore[operator]


def test_a_paused_step_is_dated_when_it_resumes() -> None:
    step = factories.step(paused_on=date(2026, 12, 20), used_days=4, since="2026-12-14")
    assert load().moved == redate.Moved()
    step.refresh_from_db()
    assert step.due_on is None
    clocks.resume(step, on=date(2026, 12, 31))
    assert step.due_on == date(2027, 1, 9)  # six days are left; the 9th is a worked Saturday
    check_dates()


def test_closed_steps_keep_their_dates() -> None:
    step = factories.step(since="2026-12-24", closed_on=date(2026, 12, 28), outcome="done")
    assert load().moved == redate.Moved()
    step.refresh_from_db()
    assert step.due_on == date(2027, 1, 7)


def test_overdue_ends_where_a_new_holiday_moves_the_day() -> None:
    factories.step(since="2026-12-24", days=10)
    moved = load(at=moment("2027-01-08")).moved
    assert (moved.no_longer_overdue, moved.newly_overdue) == (1, 0)


def test_a_preview_counts_the_same_and_leaves_no_trace() -> None:
    factories.step(since="2026-12-24", days=10)
    before = (days_of(), list(Step.objects.values()))
    preview = redate.preview(NOTICE_2027, at=AT)
    assert (days_of(), list(Step.objects.values())) == before
    assert not Event.objects.exists()
    assert not CalendarNotice.objects.filter(year=2027).exists()
    assert load() == preview


@pytest.mark.parametrize("text", ["", "date,kind,name\n2027-01-01,holiday,元旦\n"])
def test_a_malformed_file_changes_nothing(text: str) -> None:
    before = days_of()
    with pytest.raises(NoticeError):
        load(text)
    assert days_of() == before


@pytest.mark.parametrize("year", ["2003", "2028"])
def test_a_year_that_would_leave_a_gap_is_refused(year: str) -> None:
    with pytest.raises(redate.CannotLoad, match=year):
        load(NOTICE_2027.replace("2027", year).replace(f"{year}-01-09,makeup,元旦调休上班\n", ""))


@pytest.mark.parametrize("code", ["350000", "100000", "123456"])
def test_only_a_pool_has_a_calendar_of_its_own(code: str) -> None:
    with pytest.raises(redate.CannotLoad, match=code):
        load(CLOSURES, pool=code)


def test_a_pool_s_closures_lie_over_the_nation_s_calendar() -> None:
    load(CLOSURES, pool="350500")
    check_numbers("350500")
    own, nation = days_of("350500"), days_of()
    differing = [row[0] for row, other in zip(own, nation, strict=True) if row[:5] != other[:5]]
    assert differing == [date(2026, 12, 14), date(2026, 12, 15)]
    assert Calendar.objects.get(pk="350500").published_until == date(2026, 12, 31)


def test_open_steps_of_the_pool_move_to_its_calendar_and_no_others() -> None:
    (application,) = factories.applications(1)
    theirs = factories.step(application, "transfer_in", due="2026-12-15")
    ours = factories.step(application, "transfer_out", due="2026-12-15")
    moved = load(CLOSURES, pool="350500").moved
    theirs.refresh_from_db()
    ours.refresh_from_db()
    assert (theirs.calendar_id, theirs.due_on) == ("350500", date(2026, 12, 17))
    assert (ours.calendar_id, ours.due_on) == (NATION, date(2026, 12, 15))
    assert (moved.steps, moved.later) == (1, 1)
    check_dates()


def test_the_nation_s_notice_reaches_the_pools_and_keeps_their_closures() -> None:
    load(CLOSURES, pool="350500")
    later = CLOSURES.replace("2026-12-14", "2027-03-01").replace("2026-12-15", "2027-03-02")
    load(later.replace("# year: 2026", "# year: 2027"), pool="350500")
    (application,) = factories.applications(1)
    step = factories.step(application, "transfer_in", since="2026-12-24")
    load()
    check_numbers("350500")
    kinds = {row[0]: row[1] for row in days_of("350500")}
    for day, kind in [
        ("2026-12-14", "closure"),
        ("2027-01-01", "holiday"),
        ("2027-01-09", "makeup"),
        ("2027-03-01", "closure"),
    ]:
        assert kinds[date.fromisoformat(day)] == kind
    step.refresh_from_db()
    assert (step.calendar_id, step.due_on) == ("350500", date(2027, 1, 8))
    check_dates()


def test_a_pool_s_amended_file_replaces_its_days_of_that_year() -> None:
    load(CLOSURES, pool="350500")
    load(CLOSURES.replace("2026-12-15,closure,系统升级\n", ""), pool="350500")
    kinds = {row[0]: row[1] for row in days_of("350500")}
    assert (kinds[date(2026, 12, 14)], kinds[date(2026, 12, 15)]) == ("closure", "workday")
    assert Calendar.objects.get(pk="350500").version == 3  # made, first file, second file


def test_steps_opened_by_the_old_calendar_meanwhile_are_corrected() -> None:
    stale = factories.unsaved_step(factories.applications(1)[0], since="2026-12-24")
    load()
    stale.save()
    assert redate.correct(AT).steps == 1
    check_dates()
    assert redate.correct(AT) == redate.Moved()


@pytest.mark.parametrize("rows", [10, 1000])
def test_re_dating_takes_at_most_ten_statements_however_many_steps(rows: int) -> None:
    factories.steps(rows, due=[date(2027, 1, 4) + timedelta(days=n) for n in range(5)])
    Calendar.objects.update(published_until=date(2027, 12, 31))
    with CaptureQueriesContext(connection) as captured:
        moved = moves.redate([NATION], "9号", "", AT)
    assert (moved.cases, moved.confirmed) == (rows, rows)
    assert len(captured) <= 10


def test_a_calendar_too_short_for_a_due_day_is_an_error_and_not_a_gap() -> None:
    factories.step(since="2026-12-24")
    CalendarDay.objects.filter(day__gt="2027-01-04").delete()
    with pytest.raises(ValueError, match="no row"):
        moves.redate([NATION], "9号", "", AT)


def test_a_case_goes_on_through_the_door_after_its_dates_moved() -> None:
    scene = Scene()
    application = scene.accepted("2026-12-24")
    load(at=moment("2026-12-25"))
    event = application.events.get(verb="redate")
    assert event.shown_zh and event.shown_en  # noqa: PT018 - either is the same mistake
    step = steps_of(application)["transfer_out"]
    assert step.due_on == date(2027, 1, 8)
    application = TransferApplication.objects.get(pk=application.pk)
    scene.do(application, "origin_supervisor", Action.REFUSE_LATE, moment("2026-12-28"),
             code="other", text="材料不实", seen=event.seq)  # fmt: skip
    assert list(application.events.values_list("seq", flat=True)) == list(range(1, event.seq + 2))
