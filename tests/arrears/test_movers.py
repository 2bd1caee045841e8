"""Somebody who has moved and pays at the destination is asked there for nothing by the origin."""

from collections.abc import Callable
from datetime import date

import pytest
import time_machine

from arrears.cases import open_case
from arrears.gaps import gaps_of
from arrears.lapsing import requote
from arrears.models import ArrearsCase, ArrearsMonth
from arrears.quoting import current_quote, months_of
from arrears.rules.states import Action
from tests.scenes import Scene, moment
from tests.staff.desks import client_of
from transfers.models import Contribution, SideRecord, TransferApplication
from transfers.workflow.errors import Invalid, Problems

from .office import Office, month

UNTIL = date(2025, 12, 5)
ORIGIN, DESTINATION = "990100", "350500"


@pytest.fixture
def transfer(db: None) -> TransferApplication:
    """Stopped at the origin on 31 August 2025, insured at the destination since 1 September."""
    application: TransferApplication = Scene(ORIGIN, DESTINATION).submit().application
    return application


def record(transfer: TransferApplication, pool: str, first: str, last: str) -> None:
    start, end = month(first), month(last)
    Contribution.objects.create(
        person=transfer.person, pool_id=pool, scheme="employee", from_month=start, to_month=end,
        months=(end.year - start.year) * 12 + end.month - start.month + 1,
        recorded_at=moment("2025-09-02"),
    )  # fmt: skip


def sides(transfer: TransferApplication, **changes: date | None) -> None:
    """`stopped_on` of the origin, `enrolled_on` of the destination."""
    for name, day in changes.items():
        side = "origin" if name == "stopped_on" else "destination"
        SideRecord.objects.filter(application=transfer, side=side).update(**{name: day})


def gaps(transfer: TransferApplication, pool: str = ORIGIN) -> list[tuple[str, str, str]]:
    found = gaps_of(transfer.person, pool, until=UNTIL)
    return [(short(gap.from_month), short(gap.to_month), short(gap.resumed_month)) for gap in found]


def short(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else "–"


def nothing_typed(transfer: TransferApplication) -> None:
    sides(transfer, stopped_on=None, enrolled_on=None)


def stopped(transfer: TransferApplication) -> None:
    sides(transfer, stopped_on=date(2025, 8, 31), enrolled_on=None)


def enrolled(transfer: TransferApplication) -> None:
    sides(transfer, stopped_on=None, enrolled_on=date(2025, 9, 15))


def recorded(transfer: TransferApplication) -> None:
    nothing_typed(transfer)
    record(transfer, DESTINATION, "2025-09", "2025-11")


KNOWN_BY = pytest.mark.parametrize(
    ("known_by", "resumed"),
    [(nothing_typed, None), (stopped, "–"), (enrolled, "2025-09"), (recorded, "2025-09")],
    ids=["nothing", "stopped", "enrolled", "recorded"],
)


@KNOWN_BY
def test_months_paid_elsewhere_are_no_gap_of_the_origin(
    transfer: TransferApplication,
    known_by: Callable[[TransferApplication], None],
    resumed: str | None,
) -> None:
    record(transfer, ORIGIN, "2018-07", "2025-08")
    known_by(transfer)
    assert gaps(transfer) == ([] if resumed else [("2025-09", "2025-11", "–")])


@KNOWN_BY
def test_a_gap_before_the_move_ends_with_it_and_the_case_does_not_grow(
    transfer: TransferApplication,
    office: Office,
    known_by: Callable[[TransferApplication], None],
    resumed: str | None,
) -> None:
    record(transfer, ORIGIN, "2018-07", "2025-06")
    known_by(transfer)
    last = "2025-08" if resumed else "2025-11"
    assert gaps(transfer) == [("2025-07", last, resumed or "–")]
    # The case was opened before the move, while nothing was known of it.
    case = office.zhang(
        "2025-09-10", id_number=transfer.person.id_number, from_month=month("2025-07"),
        to_month=month("2025-08"),
    )  # fmt: skip
    case = office.assessed(case, on="2025-09-10", pay_by=date(2025, 9, 30))
    for day in ("2025-10-01", "2025-11-01", "2025-12-01"):
        requote(moment(day))
    case = ArrearsCase.objects.get(pk=case.pk)
    asked = len(months_of(case))
    assert (asked, short(case.resumed_month)) == ((2, resumed) if resumed else (5, "–"))
    quote = current_quote(case)
    assert quote is not None
    assert quote.principal_employer_fen == asked * 64_000


def test_months_that_turn_out_to_be_paid_elsewhere_are_let_go(
    transfer: TransferApplication, office: Office
) -> None:
    nothing_typed(transfer)
    case = office.zhang(
        "2025-09-10", id_number=transfer.person.id_number, from_month=month("2025-07"),
        to_month=month("2025-08"),
    )  # fmt: skip
    case = office.assessed(case, on="2025-09-10", pay_by=date(2025, 9, 30))
    requote(moment("2025-10-01"))
    assert ArrearsCase.objects.get(pk=case.pk).to_month == month("2025-09")
    record(transfer, DESTINATION, "2025-09", "2025-09")
    requote(moment("2025-11-01"))
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.to_month, case.resumed_month) == (month("2025-08"), month("2025-09"))
    assert ArrearsMonth.objects.filter(case=case).count() == 2
    assert current_quote(case).principal_employer_fen == 2 * 64_000  # type: ignore[union-attr]


def test_a_month_that_something_is_paid_on_stays_asked_for(
    transfer: TransferApplication, office: Office
) -> None:
    nothing_typed(transfer)
    case = office.zhang(
        "2025-10-10", id_number=transfer.person.id_number, from_month=month("2025-07"),
        to_month=month("2025-09"),
    )  # fmt: skip
    case = office.assessed(case, on="2025-10-10", pay_by=date(2025, 10, 31))
    case = office.paid(case, 200_000, on="2025-10-31")  # July and August, of September some
    record(transfer, DESTINATION, "2025-09", "2025-10")
    requote(moment("2025-11-01"))
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.to_month, case.resumed_month) == (month("2025-09"), month("2025-10"))


def test_a_case_of_months_paid_elsewhere_is_refused(
    transfer: TransferApplication, office: Office
) -> None:
    record(transfer, ORIGIN, "2018-07", "2025-08")
    recorded(transfer)
    draft = office.draft(
        id_number=transfer.person.id_number, from_month=month("2025-09"), to_month=month("2025-10")
    )
    with pytest.raises(Problems) as refused:
        open_case(draft, by=office.actor("clerk"), at=moment("2025-12-05"))
    assert [(each.field, each.code) for each in refused.value.problems] == [("from_month", "paid")]
    assert "2025-09, 2025-10" in str(refused.value.problems[0])
    case = office.zhang(
        "2025-12-05", id_number=transfer.person.id_number, from_month=month("2018-05"),
        to_month=month("2018-06"),
    )  # fmt: skip
    assert case.resumed_month == month("2018-07")
    with pytest.raises(Invalid):
        office.do(case, Action.ASSESS, on="2025-12-05", to_month=month("2018-07"))


def test_a_case_of_a_gap_before_the_move_knows_when_it_ended(
    transfer: TransferApplication, office: Office
) -> None:
    record(transfer, ORIGIN, "2018-07", "2025-06")
    recorded(transfer)
    given = {"id_number": transfer.person.id_number, "from_month": month("2025-07")}
    case = office.zhang("2025-12-05", to_month=month("2025-08"), **given)
    assert case.resumed_month == month("2025-09")


def test_who_came_back_is_asked_for_what_was_missed_since(transfer: TransferApplication) -> None:
    record(transfer, ORIGIN, "2018-07", "2025-08")
    record(transfer, DESTINATION, "2025-09", "2025-09")
    record(transfer, ORIGIN, "2025-10", "2025-10")
    stopped(transfer)
    assert gaps(transfer) == [("2025-11", "2025-11", "–")]
    assert gaps(transfer, DESTINATION) == []


def test_the_page_of_the_record_says_paid_elsewhere_and_offers_no_case(
    transfer: TransferApplication, office: Office
) -> None:
    record(transfer, ORIGIN, "2018-07", "2025-08")
    recorded(transfer)
    with time_machine.travel(moment("2025-12-05"), tick=False):
        client = client_of(office.user("clerk"), "en")
        page = client.get(f"/admin/arrears/people/{transfer.person_id}/").content.decode()
    assert "Paid elsewhere: 3 months" in page
    assert "No month is missing." in page
    assert "/open/" not in page
