"""The door of the arrears office: opening, quoting, paying, ending."""

from datetime import date

import pytest

from arrears.models import ArrearsMonth
from arrears.quoting import current_quote, rest_of
from arrears.rules.states import Action, State
from transfers.models import Account, Contribution

from .office import Office, month


def test_zhangs_case_from_opening_to_benefits(office: Office) -> None:
    case = office.zhang()
    assert case.state == State.OPENED
    assert case.next_on == date(2025, 3, 17)
    case = office.assessed(case)
    quote = current_quote(case)
    assert quote is not None
    assert (quote.total_fen, quote.principal_employer_fen, quote.principal_person_fen) == (162_720, 128_000, 32_000)  # fmt: skip
    assert (quote.fee_employer_fen, quote.fee_person_fen) == (2_720, 0)
    assert quote.restart_on == date(2025, 4, 1)
    case = office.paid(case)
    assert (case.state, case.settled_on, case.restart_on) == (State.SETTLED, date(2025, 3, 20), date(2025, 4, 1))  # fmt: skip
    assert rest_of(case) == []
    accounts = Account.objects.filter(receivable=case.receivable)
    assert dict(accounts.values_list("kind", "balance_fen")) == {
        "principal": 160_000,
        "late_fee": 2_720,
    }
    rows = Contribution.objects.filter(person=case.person, pool=case.pool)
    assert [(row.from_month, row.to_month, row.months, row.base_fen) for row in rows] == [
        (month("2025-01"), month("2025-02"), 2, 800_000)
    ]
    case = office.do(case, Action.REINSTATE, by="system", on="2025-04-01")
    assert (case.state, case.next_on) == (State.REINSTATED, None)


def test_li_pays_in_two_parts_and_still_waits_half_a_year(office: Office) -> None:
    case = office.assessed(office.li(), on="2025-06-05", pay_by=date(2025, 6, 10))
    quote = current_quote(case)
    assert quote is not None
    assert (quote.total_fen, quote.fee_person_fen, quote.waiting_months) == (328_960, 8_960, 6)
    case = office.paid(case, 171_000, payer="person", on="2025-06-09")
    assert case.state == State.PARTLY_PAID
    # Of February, March and a twentieth of April (41.60) the late fee ends a day earlier.
    assert sum(owed.fen for owed in rest_of(case)) == 328_960 - 171_000 - 40 - 40 - 2
    case = office.paid(case, payer="person", on="2025-06-10")
    assert (case.state, case.restart_on) == (State.SETTLED, date(2025, 12, 1))


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_reached_by_the_door(office: Office, state: State) -> None:
    case = office.at(state)
    assert case.state == state
    live = ArrearsMonth.objects.filter(case=case, live=True).count()
    assert live == (0 if state in (State.INELIGIBLE, State.CANCELLED, State.WAIVED) else 2)
