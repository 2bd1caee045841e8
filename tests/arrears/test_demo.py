"""The demo of the arrears office: every state, in time and late, and a transfer that waits."""

from datetime import date, timedelta

import pytest

from arrears import demo as arrears_demo
from arrears.gaps import gaps_of
from arrears.models import ArrearsCase, ArrearsEvent, Quote
from arrears.rules.states import OPEN, State
from tests.scenes import Scene, moment
from transfers import plugs
from transfers.demo import staff
from transfers.demo.places import add_bank_accounts, add_sample_city
from transfers.models import Contribution, SideRecord, TransferApplication, User
from transfers.money.proof import prove

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


@pytest.fixture
def waiting(db: None) -> TransferApplication:
    """The offices of the demo, and a transfer from one of them that was handed in three days ago."""
    add_sample_city()
    add_bank_accounts()
    staff.add_staff()
    scene = Scene()
    application: TransferApplication = scene.submit(moment("2026-11-19")).application
    Contribution.objects.create(
        person=application.person, pool=application.origin, scheme="employee",
        from_month=date(2024, 1, 1), to_month=date(2026, 10, 1), months=34,
        recorded_at=moment("2026-11-19"),
    )  # fmt: skip
    application.records.filter(side="origin").update(stopped_on=date(2026, 10, 31))
    application.records.filter(side="destination").update(enrolled_on=date(2026, 11, 1))
    return application


@pytest.fixture
def demo(waiting: TransferApplication) -> None:
    arrears_demo.load(TODAY)


def test_every_state_and_enough_of_them(demo: None) -> None:
    cases = ArrearsCase.objects.all()
    assert set(cases.values_list("state", flat=True)) == set(State.values)
    assert len(cases) == 14
    assert set(cases.values_list("pool", flat=True)) >= {"990100", "350500", "320100"}


def test_some_are_late_and_one_was_quoted_anew(demo: None) -> None:
    late = ArrearsCase.objects.filter(state__in=sorted(OPEN), next_on__lt=TODAY)
    assert set(late.values_list("state", flat=True)) == {State.OPENED}
    assert Quote.objects.filter(version=2, made_by__isnull=True).exists()


def test_a_transfer_waits_for_what_its_person_owes(
    waiting: TransferApplication, demo: None
) -> None:
    [overlay] = plugs.overlays_of(waiting, TODAY)
    assert overlay.blocking
    assert overlay.must_act
    [case] = ArrearsCase.objects.filter(person=waiting.person)
    assert (case.from_month, case.to_month) == (date(2026, 9, 1), date(2026, 10, 1))


def test_without_a_transfer_that_could_wait_the_rest_is_there(
    waiting: TransferApplication,
) -> None:
    SideRecord.objects.filter(application=waiting, side="origin").update(
        passed_at=moment("2026-11-19"), passed_by=User.objects.first()
    )
    arrears_demo.load(TODAY)
    assert ArrearsCase.objects.count() == 13


def test_every_case_stands_in_the_record_as_a_gap(demo: None) -> None:
    for case in ArrearsCase.objects.filter(state=State.ASSESSED).select_related("person"):
        gaps = gaps_of(case.person, case.pool_id, until=TODAY.replace(day=1))
        assert [gap.case for gap in gaps if gap.from_month == case.from_month] == [case]


def test_the_books_hold(demo: None) -> None:
    assert ArrearsEvent.objects.latest("at").at < moment(TODAY)
    assert not prove(moment(TODAY)).breaks.exists()


@pytest.mark.parametrize(
    "today", [TODAY + timedelta(days=ahead) for ahead in (9, 10, 30, 40, 41, 99, 200, 300)]
)
def test_on_any_day(db: None, today: date) -> None:
    """First and last days of months, holidays: every state is there all the same."""
    add_sample_city()
    add_bank_accounts()
    staff.add_staff()
    arrears_demo.load(today)
    assert set(ArrearsCase.objects.values_list("state", flat=True)) == set(State.values)
