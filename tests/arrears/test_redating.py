"""A holiday notice moves the days until which arrears cases are to be assessed, as it moves open steps."""

from datetime import date

import pytest

from arrears.models import ArrearsCase, ArrearsEvent
from arrears.redating import redate as redate_cases
from arrears.rules.states import Action
from tests.deadlines.conftest import _forget_rolled_back_calendars  # noqa: F401 - autouse
from tests.deadlines.test_redate import NOTICE_2027
from tests.scenes import moment
from transfers.deadlines import redate

from .office import Office, month

AT = moment("2026-12-30")
MOVED = date(2027, 1, 6)  # New Year is off
LATE = {"from_month": month("2026-10"), "to_month": month("2026-11")}


def dated(case: ArrearsCase) -> tuple[date | None, bool, int]:
    case = ArrearsCase.objects.get(pk=case.pk)
    return case.next_on, case.next_provisional, case.version


def test_an_opened_case_moves_and_becomes_certain_with_one_event(office: Office) -> None:
    late = office.zhang("2026-12-29", **LATE)
    early = office.zhang("2026-12-15", **LATE)
    quoted = office.assessed(
        office.zhang("2026-12-29", **LATE), on="2026-12-29", pay_by=date(2026, 12, 31)
    )
    assert dated(late) == (date(2027, 1, 5), True, 1)
    before = dated(early), dated(quoted)
    with_preview = redate.preview(NOTICE_2027, at=AT)
    assert with_preview.changed
    assert dated(late) == (date(2027, 1, 5), True, 1)
    redate.load(NOTICE_2027, at=AT)
    assert dated(late) == (MOVED, False, 2)
    assert (dated(early), dated(quoted)) == before
    event = ArrearsEvent.objects.get(verb=Action.REDATE)
    assert (event.case_id, event.seq, event.actor) == (late.pk, 2, "system")
    assert event.facts["old"] == "2027-01-05"
    assert event.facts["new"] == MOVED.isoformat()
    assert "2026" in event.reason
    assert redate_cases("again", AT) == 0


def test_a_case_opened_while_the_notice_was_loaded_is_put_right(office: Office) -> None:
    case = office.zhang("2026-12-29", **LATE)
    redate.load(NOTICE_2027, at=AT)
    ArrearsCase.objects.filter(pk=case.pk).update(next_on=date(2027, 1, 5), next_provisional=True)
    redate.correct(AT)
    assert dated(case)[:2] == (MOVED, False)


@pytest.mark.parametrize("cases", [1, 3])
def test_the_statements_do_not_grow_with_the_cases(
    office: Office, cases: int, django_assert_num_queries: object
) -> None:
    for _ in range(cases):
        office.zhang("2026-12-29", **LATE)
    redate.load(NOTICE_2027, at=AT)
    ArrearsCase.objects.update(next_on=date(2027, 1, 5))
    redate_cases("again", AT)  # the calendar and the policy are known from now on
    ArrearsCase.objects.update(next_on=date(2027, 1, 5))
    with django_assert_num_queries(STATEMENTS):  # type: ignore[operator]
        assert redate_cases("again", AT) == cases


STATEMENTS = 9
