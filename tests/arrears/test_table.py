"""The whole table of an arrears case: every action × every state × every role, and the door itself."""

from datetime import date
from typing import Any

import pytest
from django_fsm import TransitionNotAllowed

from arrears.cases import offers, perform
from arrears.models import ArrearsCase, ArrearsEvent
from arrears.rules.states import FINAL, MOVES, OPEN, OWING, QUOTED, Action, State
from tests.scenes import moment
from transfers.rules.states import Role
from transfers.workflow.errors import NotAllowed, Refused

from .office import Office

A, S, R = Action, State, Role
CLERKS, FINANCE, SUPERVISORS = {R.CLERK, R.SUPERVISOR}, {R.FINANCE}, {R.SUPERVISOR}

TABLE: dict[Action, tuple[set[State], set[State], set[Role], bool]] = {
    A.OPEN: (set(), {S.OPENED}, CLERKS, False),
    A.TAKE_MATERIALS: ({S.OPENED, S.ASSESSED, S.PARTLY_PAID}, {S.OPENED, S.ASSESSED, S.PARTLY_PAID}, CLERKS, False),
    A.ASSESS: ({S.OPENED, S.ASSESSED, S.PARTLY_PAID}, {S.ASSESSED, S.PARTLY_PAID}, CLERKS, False),
    A.REQUOTE: ({S.ASSESSED, S.PARTLY_PAID}, {S.ASSESSED, S.PARTLY_PAID}, set(), False),
    A.REFUSE: ({S.OPENED, S.ASSESSED}, {S.INELIGIBLE}, CLERKS, True),
    A.PAY: ({S.ASSESSED, S.PARTLY_PAID}, {S.PARTLY_PAID, S.SETTLED}, FINANCE, False),
    A.TAKE_BACK: ({S.PARTLY_PAID, S.SETTLED}, {S.ASSESSED, S.PARTLY_PAID}, FINANCE, True),
    A.WAIVE: ({S.OPENED, S.ASSESSED, S.PARTLY_PAID}, {S.WAIVED}, SUPERVISORS, True),
    A.CANCEL: ({S.OPENED, S.ASSESSED}, {S.CANCELLED}, CLERKS, True),
    A.REINSTATE: ({S.SETTLED}, {S.REINSTATED}, set(), False),
    A.REDATE: ({S.OPENED}, {S.OPENED}, set(), False),
}  # fmt: skip

DATA: dict[Action, dict[str, Any]] = {
    A.TAKE_MATERIALS: {"kinds": ["bank_record"]},
    A.ASSESS: {"pay_by": date(2025, 3, 20)},
    A.REFUSE: {"text": "说明理由"},
    A.PAY: {"payer": "employer", "method": "counter", "amount_fen": 100, "paid_on": date(2025, 3, 10)},
    A.TAKE_BACK: {"number": 1, "text": "退票"},
    A.WAIVE: {"text": "说明理由"},
    A.CANCEL: {"text": "说明理由"},
    A.REINSTATE: {},
}  # fmt: skip
WHEN = {S.SETTLED: "2025-04-01"}


def test_the_table_is_the_one_written_here() -> None:
    assert {
        action: (set(row.sources), set(row.targets), set(row.roles), row.needs_reason)
        for action, row in MOVES.items()
    } == TABLE
    assert set(State) == OPEN | FINAL
    assert not OPEN & FINAL
    assert QUOTED < OWING < OPEN


@pytest.mark.parametrize("state", list(State))
def test_from_every_state_everybody_may_do_what_the_table_says_and_nothing_else(
    office: Office, state: State
) -> None:
    case = office.at(state)
    on = WHEN.get(state, "2025-03-20" if state in QUOTED else "2025-03-10")
    crew = {
        "clerk": R.CLERK,
        "finance": R.FINANCE,
        "supervisor": R.SUPERVISOR,
        "auditor": R.AUDITOR,
        "system": None,
    }
    for who, role in crew.items():
        actor = office.actor(who)
        offered = {offer.verb for offer in offers(case, actor)}
        for verb, data in DATA.items():
            sources, _targets, roles, _reason = TABLE[verb]
            allowed = state in sources and (role in roles if role else not roles)
            if verb is A.WAIVE and state == S.PARTLY_PAID:
                allowed = False  # February is paid in part
            assert (verb in offered) is allowed, (who, verb)
            if allowed:
                continue
            before = ArrearsCase.objects.get(pk=case.pk).version
            with pytest.raises(NotAllowed):
                perform(case, verb, by=actor, at=moment(on), **data)
            assert ArrearsCase.objects.get(pk=case.pk).version == before


@pytest.mark.parametrize(
    ("state", "verb"),
    [(state, verb) for verb, row in TABLE.items() for state in sorted(row[0]) if verb in DATA],
)
def test_every_row_of_the_table_can_be_taken(office: Office, state: State, verb: Action) -> None:
    case = office.at(state)
    if verb is A.WAIVE and state == S.PARTLY_PAID:
        case = office.paid(office.at(S.ASSESSED), 81_920)  # January in full, nothing of February
    role = next(iter(sorted(TABLE[verb][2])), None)
    who = {R.CLERK: "clerk", R.FINANCE: "finance", R.SUPERVISOR: "supervisor", None: "system"}[role]
    on = WHEN.get(state, "2025-03-20" if state == S.PARTLY_PAID else "2025-03-10")
    data = dict(DATA[verb])
    if verb is A.PAY:
        data["paid_on"] = date.fromisoformat(on)
    if verb is A.ASSESS and state == S.PARTLY_PAID:
        data["pay_by"] = date(2025, 3, 25)
    after = office.do(case, verb, by=who, on=on, **data)
    assert after.state in TABLE[verb][1]
    event = ArrearsEvent.objects.filter(case=case).latest("seq")
    assert (event.verb, event.from_state, event.to_state) == (verb, state, after.state)
    assert event.seq == after.version == case.version + 1


def test_another_offices_people_may_do_nothing(office: Office) -> None:
    case = office.at(S.ASSESSED)
    other = Office(pool="350500")
    for who in ("clerk", "finance", "supervisor"):
        assert offers(case, other.actor(who)) == []
        for verb, data in DATA.items():
            with pytest.raises(Refused):
                perform(case, verb, by=other.actor(who), at=moment("2025-03-10"), **data)


def test_a_transition_past_the_door_is_refused(office: Office) -> None:
    case = office.at(S.SETTLED)
    with pytest.raises(TransitionNotAllowed):
        case.reinstate(at=moment("2025-04-01"))
    with pytest.raises(AttributeError):
        case.state = S.REINSTATED


def test_actions_with_a_door_of_their_own_are_not_performed(office: Office) -> None:
    case = office.at(S.ASSESSED)
    for verb in (A.OPEN, A.REQUOTE):
        with pytest.raises(ValueError, match="door of its own"):
            perform(case, verb, by=office.actor("clerk"), at=moment("2025-03-10"))


def test_a_case_the_system_caused_is_assessed_by_a_supervisor(office: Office) -> None:
    case = office.zhang(cause="system", employer_name="", employer_email="")
    with pytest.raises(NotAllowed):
        office.do(case, A.ASSESS)
    case = office.do(case, A.ASSESS, by="supervisor")
    assert case.state == S.ASSESSED
