"""Payments: what they cover, taken back, twice the same, and the ledger beside them."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from arrears.cases import perform
from arrears.models import Allocation, ArrearsCase, ArrearsEvent, Payment, TakenBack
from arrears.quoting import current_quote, rest_of
from arrears.rules.parts import Owed, Part, Party, left, payable, spread
from arrears.rules.states import Action, State
from tests.scenes import moment
from transfers.models import Account, Contribution
from transfers.money.proof import prove, sums
from transfers.workflow.errors import Invalid, NotAllowed, Stale

from .office import PAID_ON, Office, month

JANUARY, FEBRUARY = month("2025-01"), month("2025-02")


def covered(case: ArrearsCase) -> list[tuple[int, date, str, int]]:
    rows = Allocation.objects.filter(payment__case=case).order_by("payment__number", "pk")
    return list(rows.values_list("payment__number", "month", "part", "amount_fen"))


def test_the_oldest_month_first_and_principal_before_fee(office: Office) -> None:
    case = office.paid(office.at(State.ASSESSED), 90_000)
    assert covered(case) == [
        (1, JANUARY, "principal_employer", 64_000),
        (1, JANUARY, "principal_person", 16_000),
        (1, JANUARY, "fee_employer", 1_920),
        (1, FEBRUARY, "principal_employer", 8_080),
    ]


def test_a_person_never_pays_the_late_fee_of_the_employer(office: Office) -> None:
    case = office.paid(office.at(State.ASSESSED), 160_000, payer="person")
    assert {part for _number, _month, part, _fen in covered(case)} == {
        "principal_employer", "principal_person",
    }  # fmt: skip
    assert case.state == State.PARTLY_PAID
    case = office.paid(case)
    assert case.state == State.SETTLED
    assert covered(case)[-1] == (2, FEBRUARY, "fee_employer", 800)


def test_a_payment_taken_back_is_owed_again_and_the_books_agree(office: Office) -> None:
    case = office.at(State.SETTLED)
    assert Contribution.objects.filter(person=case.person).count() == 1
    case = office.do(case, Action.TAKE_BACK, by="finance", on=PAID_ON, number=1, text="退票")
    assert case.state == State.ASSESSED
    assert sum(owed.fen for owed in rest_of(case)) == 162_720
    assert not Contribution.objects.filter(person=case.person).exists()
    held = Account.objects.filter(receivable=case.receivable).values_list("balance_fen", flat=True)
    assert set(held) == {0}
    with pytest.raises(Invalid):
        office.do(
            office.paid(case, 100),
            Action.TAKE_BACK,
            by="finance",
            on=PAID_ON,
            number=1,
            text="又退",
        )
    proof = prove(moment("2025-03-21"))
    assert (proof.breaks_found, proof.figures["difference_fen"]) == (0, 0)
    assert sums()["paid_in_fen"] == sums()["principal_fen"] + sums()["late_fee_fen"] == 100


def test_a_request_that_comes_twice_is_carried_out_once(office: Office) -> None:
    case, key = office.at(State.ASSESSED), uuid4()
    data = {
        "payer": "employer",
        "method": "counter",
        "amount_fen": 100,
        "paid_on": date(2025, 3, 20),
    }
    events = [
        perform(
            case,
            Action.PAY,
            by=office.actor("finance"),
            at=moment(PAID_ON),
            seen=case.version,
            key=key,
            **data,
        )
        for _ in range(3)
    ]
    assert len({event.pk for event in events}) == 1
    assert Payment.objects.count() == 1
    with pytest.raises(NotAllowed):
        perform(
            case,
            Action.PAY,
            by=office.actor("finance"),
            at=moment(PAID_ON),
            key=key,
            **{**data, "amount_fen": 200},
        )


def test_who_looked_at_an_older_version_is_told_who_was_quicker(office: Office) -> None:
    case = office.at(State.ASSESSED)
    office.paid(case, 100)
    with pytest.raises(Stale, match="测"):
        perform(
            case, Action.WAIVE, by=office.actor("supervisor"), at=moment(PAID_ON), seen=case.version,
            text="说明理由",
        )  # fmt: skip
    assert ArrearsCase.objects.get(pk=case.pk).state == State.PARTLY_PAID


def test_a_paid_case_is_not_cancelled(office: Office) -> None:
    case = office.paid(office.at(State.ASSESSED), 100)
    case = office.do(case, Action.TAKE_BACK, by="finance", on=PAID_ON, number=1, text="退票")
    assert office.do(case, Action.CANCEL, on=PAID_ON, text="误开").state == State.CANCELLED


def test_the_fee_of_a_settled_case_and_its_benefits_go_by_the_day_it_was_paid(
    office: Office,
) -> None:
    case = office.assessed(office.zhang(resumed_month=month("2025-03")), pay_by=date(2025, 4, 20))
    early = office.paid(case, on="2025-03-31")
    assert early.restart_on == date(2025, 4, 1)


# Before the pay-by date


def total_is_whole(case: ArrearsCase) -> None:
    """What is held and what is left are what the quote says, whatever has been paid so far."""
    quote = current_quote(case)
    assert quote is not None
    held = sum(fen for _number, _month, _part, fen in holding(case))
    assert held + sum(owed.fen for owed in rest_of(case)) == quote.total_fen


def holding(case: ArrearsCase) -> list[tuple[int, date, str, int]]:
    back = set(
        TakenBack.objects.filter(payment__case=case).values_list("payment__number", flat=True)
    )
    return [row for row in covered(case) if row[0] not in back]


def test_a_month_paid_up_before_the_pay_by_date_has_its_fee_of_that_day(office: Office) -> None:
    """Domain §6.3: the days are those up to the payment. 48 days of January, not 59."""
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    assert {each.fen for each in rest_of(case) if each.part == Part.FEE_EMPLOYER} == {2_360, 1_240}
    case = office.paid(case, 80_000, on="2025-03-20")
    assert [each.fen for each in rest_of(case) if each.part == Part.FEE_EMPLOYER] == [1_920, 1_240]
    total_is_whole(case)
    # A day later, of the same quote: the fee of January first, then February and its fee of that day.
    case = office.paid(case, 1_920, on="2025-03-21")
    total_is_whole(case)
    assert {each.month for each in rest_of(case)} == {FEBRUARY}
    case = office.paid(case, 80_840, on="2025-03-21")
    assert (case.state, case.settled_on) == (State.SETTLED, date(2025, 3, 21))
    total_is_whole(case)
    assert [fen for _n, day, part, fen in covered(case) if part == "fee_employer"] == [1_920, 840]


def test_an_amount_over_a_month_pays_its_fee_of_the_day_and_goes_on_to_the_next(
    office: Office,
) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    case = office.paid(case, 90_000, on="2025-03-20")
    assert [(day, fen) for _n, day, _part, fen in covered(case)] == [
        (JANUARY, 64_000), (JANUARY, 16_000), (JANUARY, 1_920), (FEBRUARY, 8_080),
    ]  # fmt: skip
    # Of February 80.80 fewer from the 21st on: 800.00 for 20 days and 719.20 for 11.
    (fee,) = (each.fen for each in rest_of(case) if each.part == Part.FEE_EMPLOYER)
    assert fee == (80_000 * 20 + 71_920 * 11 + 1_000) // 2_000
    total_is_whole(case)


def test_between_what_is_owed_and_what_is_quoted_no_amount_is_taken(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    with pytest.raises(Invalid) as refused:
        office.paid(case, 163_000, on="2025-03-20")
    assert refused.value.field == "amount_fen"
    assert "1,627.20" in str(refused.value)
    assert "1,636.00" in str(refused.value)
    case = office.paid(case, 163_600, on="2025-03-20")
    assert case.state == State.SETTLED
    total_is_whole(case)


def test_a_payment_that_did_not_hold_lets_the_fee_of_its_month_go_on(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    case = office.paid(case, 80_000, on="2025-03-20")
    case = office.do(case, Action.TAKE_BACK, by="finance", on="2025-03-21", number=1, text="退票")
    assert sum(each.fen for each in rest_of(case)) == 163_600
    total_is_whole(case)
    quote = current_quote(case)
    assert quote is not None
    assert quote.pay_by == date(2025, 3, 31)


def test_two_payments_before_the_pay_by_date_may_be_entered_late(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    for n in (1, 2):
        case = office.paid(case, 80_000, on="2025-03-25", paid_on=date(2025, 3, 20))
        assert Payment.objects.filter(case=case, quote__pay_by=date(2025, 3, 31)).count() == n
    total_is_whole(case)
    # January and its 19.20, of February 780.80: on 19.20 the fee goes on for eleven days.
    assert (
        sum(each.fen for each in rest_of(case))
        == 1_920 + (80_000 * 20 + 1_920 * 11 + 1_000) // 2_000
    )


ATTACKS = [
    "UPDATE arrears_quoteterms SET digest = 'x'",
    "DELETE FROM arrears_quoteterms",
    "UPDATE arrears_quote SET total_fen = 1",
    "DELETE FROM arrears_quote",
    "UPDATE arrears_payment SET amount_fen = 1",
    "DELETE FROM arrears_payment",
    "UPDATE arrears_allocation SET amount_fen = 1",
    "DELETE FROM arrears_allocation",
    "UPDATE arrears_arrearsevent SET verb = 'waive'",
    "DELETE FROM arrears_arrearsevent",
    "DELETE FROM arrears_takenback",
    "UPDATE arrears_takenback SET reason = 'x'",
    "UPDATE arrears_arrearscase SET state = 'settled'",
    "UPDATE arrears_arrearscase SET state = 'waived', closed_at = opened_at, next_on = NULL",
    "UPDATE arrears_arrearscase SET state = 'paid'",
    "UPDATE arrears_arrearscase SET to_month = '2024-01-01'",
    "UPDATE arrears_arrearscase SET employer_name = ''",
    "UPDATE arrears_arrearscase SET scheme = 'resident'",
    "UPDATE arrears_arrearscase SET next_on = NULL",
    "UPDATE arrears_arrearscase SET restart_on = '2025-04-01'",
    (
        "INSERT INTO arrears_arrearsmonth (case_id, person_id, pool_id, month, live)"
        " SELECT case_id, person_id, pool_id, month, live FROM arrears_arrearsmonth"
    ),
    (
        "INSERT INTO transfers_entry (instruction_id, account_id, amount_fen)"
        " SELECT instruction_id, account_id, amount_fen FROM transfers_entry"
    ),
    "UPDATE transfers_account SET balance_fen = balance_fen + 1 WHERE kind = 'principal'",
    "UPDATE transfers_account SET receivable_id = NULL WHERE kind = 'principal'",
    "UPDATE transfers_account SET kind = 'late_fee' WHERE kind = 'principal'",
    "DELETE FROM transfers_receivable",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_refuses_what_no_page_offers(office: Office, attack: str) -> None:
    case = office.paid(office.at(State.ASSESSED), 90_000)
    case = office.do(case, Action.TAKE_BACK, by="finance", on=PAID_ON, number=1, text="退票")
    case = office.paid(case, 81_000)
    before = snapshot()
    with pytest.raises(IntegrityError):
        attacked(attack)
    assert snapshot() == before


def attacked(statement: str) -> None:
    """The statement in a transaction of its own, with what the database checks at its end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.check_constraints()


def snapshot() -> list[object]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (ArrearsCase, ArrearsEvent, Payment, Allocation, TakenBack, Account)
    ]


amounts = st.integers(0, 200_000)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from(list(Part)), amounts), max_size=20),
    st.sampled_from(list(Party)),
    st.integers(-5, 10**6),
)
def test_a_spread_covers_the_amount_in_order_and_nothing_twice(
    parts: list[tuple[int, Part, int]], by: Party, amount: int
) -> None:
    owed = {(date(2025, n, 1), part): fen for n, part, fen in parts}
    rest = left((Owed(day, part, fen) for (day, part), fen in owed.items()), {})
    most = payable(rest, by)
    if not 0 < amount <= most:
        with pytest.raises(ValueError, match="owes"):
            spread(amount, rest, by)
        return
    found = spread(amount, rest, by)
    assert sum(each.fen for each in found) == amount
    assert [each.month for each in found] == sorted(each.month for each in found)
    if by is Party.PERSON:
        assert Part.FEE_EMPLOYER not in {each.part for each in found}
    again = left(rest, {(each.month, each.part): each.fen for each in found})
    assert sum(each.fen for each in again) == sum(each.fen for each in rest) - amount
    # All but the last part are covered whole.
    whole = {(each.month, each.part): each.fen for each in rest}
    assert all(each.fen == whole[each.month, each.part] for each in found[:-1])
