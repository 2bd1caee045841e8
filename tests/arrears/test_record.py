"""Months that were paid back stand in the pool's record until the payment is taken back."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from arrears.models import ArrearsCase
from arrears.rules.states import Action, State
from tests.scenes import Scene, moment
from transfers.models import Contribution, TransferApplication
from transfers.rules.months import covered, spelled
from transfers.workflow import merging
from transfers.workflow.errors import Problems
from transfers.workflow.merging import RecordDraft, spans_of

from .office import PAID_ON, Office

EARLIER = RecordDraft(date(2023, 1, 1), date(2024, 12, 1), base_fen=800_000)


@pytest.fixture
def transfer(db: None) -> TransferApplication:
    application: TransferApplication = Scene().submit().application
    return application


def months_of(case: ArrearsCase) -> str:
    rows = Contribution.objects.filter(person=case.person, pool=case.pool)
    return spelled(covered(spans_of(rows)))


def save(office: Office, transfer: TransferApplication, *rows: RecordDraft) -> None:
    """The record as the origin's clerk types it on the page of the transfer."""
    merging.record(transfer, rows, by=office.actor("clerk"), at=moment(PAID_ON, 15))


def settled(office: Office, transfer: TransferApplication) -> ArrearsCase:
    return office.paid(office.assessed(office.zhang(id_number=transfer.person.id_number)))


def test_a_payment_that_did_not_hold_takes_its_months_out_whoever_wrote_beside_it(
    office: Office, transfer: TransferApplication
) -> None:
    case = settled(office, transfer)
    assert months_of(case) == "2025-01, 2025-02"
    save(office, transfer, EARLIER)
    before = "2023-01–2024-12"
    assert months_of(case) == "2023-01–2025-02"
    case = office.do(case, Action.TAKE_BACK, by="finance", on="2025-03-21", number=1, text="退票")
    assert (case.state, months_of(case)) == (State.ASSESSED, before)
    case = office.paid(case, on="2025-03-21", paid_on=date(2025, 3, 20))
    assert (case.state, months_of(case)) == (State.SETTLED, "2023-01–2025-02")
    assert Contribution.objects.filter(person=case.person).count() == 2


def test_months_that_were_paid_back_are_not_typed_again(
    office: Office, transfer: TransferApplication
) -> None:
    case = settled(office, transfer)
    with pytest.raises(Problems) as refused:
        save(office, transfer, RecordDraft(date(2023, 1, 1), date(2025, 1, 1)))
    assert [each.code for each in refused.value.problems] == ["overlap"]
    assert "2025-01" in str(refused.value.problems[0])
    assert months_of(case) == "2025-01, 2025-02"


@pytest.mark.parametrize("verb", [Action.PAY, Action.TAKE_BACK])
def test_who_writes_the_record_holds_the_person(
    office: Office, transfer: TransferApplication, verb: Action
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time and locks no rows")
    case = office.assessed(office.zhang(id_number=transfer.person.id_number))
    if verb is Action.TAKE_BACK:
        case = office.paid(case)
    with CaptureQueriesContext(connection) as found:
        if verb is Action.PAY:
            office.paid(case)
        else:
            office.do(case, verb, by="finance", on=PAID_ON, number=1, text="退票")
    statements = [each["sql"] for each in found]
    held = index_of(statements, '"transfers_person"', "FOR UPDATE")
    waiting = index_of(statements, '"transfers_transferapplication"', "FOR NO KEY UPDATE")
    written = index_of(
        statements, '"transfers_contribution"', "INSERT" if verb is Action.PAY else "DELETE"
    )
    assert waiting < held < written


def index_of(statements: list[str], *words: str) -> int:
    return next(n for n, each in enumerate(statements) if all(word in each for word in words))
