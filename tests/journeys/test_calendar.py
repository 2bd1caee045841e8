"""The journeys' own calendar holds in any year, also in those whose holidays nobody knows yet."""

from datetime import date

import pytest

from tests.deadlines.conftest import _forget_rolled_back_calendars  # noqa: F401 - autouse
from tests.scenes import moment

from .conftest import made_working


@pytest.mark.django_db
@pytest.mark.parametrize(
    "day", ["2026-11-22", "2026-10-01", "2027-03-01", "2028-10-01", "2031-06-01"]
)
def test_any_day_of_any_year_can_be_made_a_working_day(day: str) -> None:
    today = date.fromisoformat(day)
    calendar = made_working(today, moment(day))
    assert calendar.is_working(today)
    assert not calendar.is_provisional(today)
