"""Quotes that lapse are worked out anew, once, by the night's job."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from arrears import tasks
from arrears.lapsing import requote
from arrears.models import ArrearsCase, ArrearsEvent, ArrearsMonth, Quote
from arrears.quoting import current_quote, rest_of
from arrears.rules.states import Action, State
from tests.scenes import moment
from transfers.models import Contribution, OutboxMessage

from .office import Office, month


def newest(case: ArrearsCase) -> Quote:
    quote = current_quote(case)
    assert quote is not None
    return quote


def test_a_lapsed_quote_grows_by_the_days_since(office: Office) -> None:
    case = office.assessed(office.zhang(resumed_month=month("2025-03")))
    assert requote(moment("2025-03-20")).cases == 0
    assert requote(moment("2025-03-21", 0)).cases == 1
    case = ArrearsCase.objects.get(pk=case.pk)
    quote = newest(case)
    # Ten working days from the 21st: 4 April is a holiday.
    assert (quote.version, quote.pay_by, case.next_on) == (2, date(2025, 4, 7), date(2025, 4, 7))
    days = (date(2025, 4, 7) - date(2025, 1, 31)).days, (date(2025, 4, 7) - date(2025, 2, 28)).days
    assert quote.fee_employer_fen == sum(80_000 * 5 * n // 10_000 for n in days)
    assert quote.total_fen == 160_000 + quote.fee_employer_fen
    assert requote(moment("2025-03-21", 1)).cases == 0
    event = ArrearsEvent.objects.get(case=case, verb=Action.REQUOTE)
    assert (event.seq, case.version, event.actor) == (3, 3, "system")
    assert "¥" in event.shown_en
    keys = set(OutboxMessage.objects.values_list("key", flat=True))
    assert {f"arrears:{case.reference}:3:person", f"arrears:{case.reference}:3:employer"} <= keys


def test_what_was_paid_in_time_keeps_its_fee(office: Office) -> None:
    case = office.assessed(office.zhang(resumed_month=month("2025-03")))
    # January in full: 800.00 and 19.20; of February 100.00.
    case = office.paid(case, 91_920)
    requote(moment("2025-03-21"))
    rows = {owed.month: owed.fen for owed in rest_of(case)}
    assert set(rows) == {month("2025-02")}
    quote = newest(case)
    days = (quote.pay_by - date(2025, 2, 28)).days
    february = 80_000 * 5 * 20 + 70_000 * 5 * (days - 20)  # 100.00 came on the 20th day
    assert quote.fee_employer_fen == 1_920 + (february + 5_000) // 10_000
    assert quote.total_fen - 91_920 == sum(owed.fen for owed in rest_of(case))


def test_a_gap_that_goes_on_takes_the_next_month_in(office: Office) -> None:
    case = office.assessed(office.zhang())
    assert newest(case).pay_by == date(2025, 3, 20)
    requote(moment("2025-04-01"))
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.to_month, case.resumed_month) == (month("2025-03"), None)
    assert newest(case).principal_employer_fen == 3 * 64_000
    assert ArrearsMonth.objects.filter(case=case).count() == 3


def test_a_gap_ends_where_the_record_goes_on(office: Office) -> None:
    case = office.assessed(office.zhang())
    Contribution.objects.create(
        person=case.person, pool=case.pool, scheme="employee", from_month=month("2025-03"),
        to_month=month("2025-03"), months=1, recorded_at=moment("2025-03-31"),
    )  # fmt: skip
    requote(moment("2025-04-01"))
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.to_month, case.resumed_month) == (month("2025-02"), month("2025-03"))


def test_one_case_that_cannot_be_quoted_keeps_no_other(office: Office) -> None:
    broken, well = (office.assessed(office.zhang(resumed_month=month("2025-03"))) for _ in range(2))
    ArrearsCase.objects.filter(pk=broken.pk).update(base_fen=2_000_000_000)
    with (
        time_machine.travel(moment("2025-03-21"), tick=False),
        pytest.raises(ExceptionGroup) as caught,
    ):
        tasks.requote_lapsed()
    assert len(caught.value.exceptions) == 1
    assert (newest(broken).version, newest(well).version) == (1, 2)


@pytest.mark.parametrize("cases", [1, 3])
def test_a_chunk_takes_a_fixed_number_of_statements(office: Office, cases: int) -> None:
    for _ in range(cases):
        office.assessed(office.zhang(resumed_month=month("2025-03")))
    with CaptureQueriesContext(connection) as found:
        assert requote(moment("2025-03-21")).cases == cases
    statements = [q["sql"] for q in found if "SAVEPOINT" not in q["sql"]]
    assert len(statements) == STATEMENTS


STATEMENTS = 16


def test_benefits_restart_on_their_day_and_the_person_is_told(office: Office) -> None:
    case = office.at(State.SETTLED)
    key = f"arrears:{case.reference}:{case.version + 1}:person"
    for day, state, told in (
        ("2025-03-31", State.SETTLED, 0),
        ("2025-04-01", State.REINSTATED, 1),
        ("2025-04-02", State.REINSTATED, 1),
    ):
        before = OutboxMessage.objects.exclude(key=key).count()
        with time_machine.travel(moment(day), tick=False):
            tasks.reinstate_settled()
            tasks.reinstate_settled()
        assert ArrearsCase.objects.get(pk=case.pk).state == state
        letters = OutboxMessage.objects.filter(key=key)
        assert ["起恢复" in each.text for each in letters] == [True] * told
        if not told:
            assert OutboxMessage.objects.count() == before
    assert ArrearsEvent.objects.filter(case=case, verb=Action.REINSTATE).count() == 1


def test_a_reminder_is_written_once_before_the_quote_lapses(office: Office) -> None:
    case = office.assessed(office.zhang())
    written = []
    for day in ("2025-03-14", "2025-03-17", "2025-03-18", "2025-03-20", "2025-03-21"):
        with time_machine.travel(moment(day, 9), tick=False):
            written.append(tasks.remind_of_arrears())
    assert written == [0, 2, 0, 0, 0]
    key = f"arrears:{case.reference}:quote1:reminder:person"
    assert OutboxMessage.objects.filter(key=key).count() == 1


def test_supervisors_hear_of_cases_that_are_not_assessed_in_time(office: Office) -> None:
    office.zhang()  # to be assessed by Monday the 17th
    written = []
    for day in ("2025-03-17", "2025-03-18", "2025-03-18", "2025-03-22"):
        with time_machine.travel(moment(day, 9), tick=False):
            written.append(tasks.remind_of_arrears())
    assert written == [0, 1, 0, 0]


def test_a_run_out_of_time_begins_no_new_chunk_and_the_next_goes_on(office: Office) -> None:
    for _ in range(3):
        office.assessed(office.zhang(resumed_month=month("2025-03")))
    now = moment("2025-03-21")
    assert requote(now, seconds=0).cases == 0
    assert requote(now, seconds=60).cases == 3
