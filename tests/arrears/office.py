"""The arrears office of the demo pool with its people, and cases brought to any state by the door."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from arrears.cases import Draft, open_case, perform
from arrears.models import ArrearsCase
from arrears.quoting import rest_of
from arrears.rules.states import REQUIRED, Action, Cause, State
from tests.scenes import example_number, moment, staff
from transfers.models import Agency, User
from transfers.rules.states import Role
from transfers.workflow.actors import Actor

OPENED_ON = "2025-03-10"
PAID_ON = "2025-03-20"


def month(text: str) -> date:
    """The first of a month given as YYYY-MM."""
    return date.fromisoformat(f"{text}-01")


@dataclass
class Office:
    """The people of one arrears office; `zhang` and `li` are the worked examples of the rules."""

    pool: str = "990100"
    crew: dict[str, User] = field(default_factory=dict)

    def __post_init__(self) -> None:
        agency = Agency.objects.get(region=self.pool)
        for name, role in (
            ("clerk", Role.CLERK),
            ("finance", Role.FINANCE),
            ("supervisor", Role.SUPERVISOR),
            ("auditor", Role.AUDITOR),
        ):
            self.crew[name] = staff(f"arrears_{name}_{self.pool}", agency, role)

    def user(self, name: str) -> User:
        return self.crew[name]

    def actor(self, name: str) -> Actor:
        if name == "system":
            return Actor.system()
        return Actor.staff(User.objects.get(pk=self.crew[name].pk))

    def draft(self, **changes: Any) -> Draft:
        """Zhang: the employer did not pay January and February 2025."""
        given: dict[str, Any] = {
            "id_number": example_number(),
            "name": "张示例",
            "pool": self.pool,
            "scheme": "employee",
            "cause": "employer",
            "from_month": month("2025-01"),
            "to_month": month("2025-02"),
            "consecutive_before": 24,
            "contact_email": "zhang@example.org",
            "contact_phone": "13800000000",
            "employer_name": "示例有限公司",
            "employer_email": "office@example.com",
        }
        given.update(changes)
        if "materials" not in given:
            given["materials"] = tuple(kind.value for kind in REQUIRED[Cause(given["cause"])])
        return Draft(**given)

    def zhang(self, on: str = OPENED_ON, **changes: Any) -> ArrearsCase:
        return open_case(self.draft(**changes), by=self.actor("clerk"), at=moment(on))

    def li(self, on: str = "2025-06-05", **changes: Any) -> ArrearsCase:
        """Li: flexible, did not pay February to May 2025."""
        given = {
            "name": "李示例", "scheme": "flexible", "cause": "individual",
            "from_month": month("2025-02"), "to_month": month("2025-05"),
            "employer_name": "", "employer_email": "", "contact_email": "li@example.org",
        }  # fmt: skip
        return self.zhang(on, **{**given, **changes})

    def do(
        self, case: ArrearsCase, verb: Action, by: str = "clerk", on: str = OPENED_ON, **data: Any
    ) -> ArrearsCase:
        """One action at ten o'clock of a day; answers with the case as it is then."""
        perform(case, verb, by=self.actor(by), at=moment(on), **data)
        return ArrearsCase.objects.get(pk=case.pk)

    def assessed(
        self, case: ArrearsCase | None = None, *, on: str = OPENED_ON, **data: Any
    ) -> ArrearsCase:
        case = case or self.zhang()
        given = {"pay_by": date.fromisoformat(PAID_ON), **data}
        return self.do(case, Action.ASSESS, on=on, **given)

    def paid(
        self, case: ArrearsCase, amount_fen: int | None = None, *, payer: str = "employer",
        on: str = PAID_ON, **data: Any,
    ) -> ArrearsCase:  # fmt: skip
        """All that is left, or an amount of it, paid at the counter."""
        left = sum(owed.fen for owed in rest_of(case))
        given = {
            "payer": payer, "method": "counter", "amount_fen": amount_fen or left,
            "paid_on": date.fromisoformat(on), **data,
        }  # fmt: skip
        return self.do(case, Action.PAY, by="finance", on=on, **given)

    def at(self, state: State) -> ArrearsCase:
        """A case of Zhang's in any state."""
        case = self.zhang()
        if state is State.OPENED:
            return case
        if state in (State.INELIGIBLE, State.CANCELLED, State.WAIVED):
            verb, who = {
                State.INELIGIBLE: (Action.REFUSE, "clerk"),
                State.CANCELLED: (Action.CANCEL, "clerk"),
                State.WAIVED: (Action.WAIVE, "supervisor"),
            }[state]
            return self.do(case, verb, by=who, text="说明理由")
        case = self.assessed(case)
        if state is State.ASSESSED:
            return case
        if state is State.PARTLY_PAID:
            return self.paid(case, 90_000)  # January in full, February in part
        case = self.paid(case)
        if state is State.SETTLED:
            return case
        return self.do(case, Action.REINSTATE, by="system", on="2025-04-01")
