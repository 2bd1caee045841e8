"""Two offices, their people and a case brought to any state through the real door."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group

from transfers.models import (
    Agency,
    BalanceTransfer,
    BankAccount,
    Event,
    TransferApplication,
    User,
)
from transfers.rules import identity
from transfers.rules.balances import BalanceState
from transfers.rules.states import Action, Role, Side, State
from transfers.workflow.actions import Submission, perform, submit
from transfers.workflow.actors import Actor
from transfers.workflow.forms import FormDraft, RowDraft

SHANGHAI = ZoneInfo("Asia/Shanghai")
_serial = count(1)


def moment(day: str | date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of a local day; days are given as ISO text."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(on, time(hour, minute), SHANGHAI)


def example_number(serial: int | None = None, born: date = date(1985, 4, 12)) -> str:
    """A checksum-valid identity number that was never issued (its region does not exist)."""
    number = f"990100{born:%Y%m%d}{(next(_serial) if serial is None else serial) % 1000:03d}"
    return number + identity.check_digit(number)


def staff(username: str, agency: Agency | None, *roles: Role, **fields: Any) -> User:
    """A member of staff with a password that tests may use: the username."""
    user = User.objects.create_user(
        username=username, password=username, agency=agency, is_staff=True,
        email=f"{username}@example.org", **{"last_name": "测", "first_name": username[:4], **fields},
    )  # fmt: skip
    user.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
    return user


FORM = FormDraft(
    last_paid_month=date(2025, 8, 1),
    benefits_end_on=date(2025, 9, 30),
    balance_fen=123_456,
    rows=[
        RowDraft(date(2018, 7, 1), date(2023, 6, 1), base_fen=800_000),
        RowDraft(date(2023, 9, 1), date(2025, 8, 1), base_fen=900_000),
    ],
    interrupted=True,
)


@dataclass
class Scene:
    """Offices of `origin` and `destination` (region codes) with a full crew each."""

    origin: str = "990100"
    destination: str = "350500"
    crew: dict[str, User] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for side, code in (("origin", self.origin), ("destination", self.destination)):
            agency = Agency.objects.get(region=code)
            for name, role in (
                ("clerk", Role.CLERK),
                ("checker", Role.CLERK),
                ("finance", Role.FINANCE),
                ("finance2", Role.FINANCE),
                ("supervisor", Role.SUPERVISOR),
            ):
                key = f"{side}_{name}"
                self.crew[key] = staff(f"{key}_{code}", agency, role)
            BankAccount.objects.get_or_create(
                agency=agency, in_use=True,
                defaults={"holder": agency.name_zh, "bank": "示例银行", "number": f"99{code}0001"},
            )  # fmt: skip

    def user(self, key: str) -> User:
        return self.crew[key]

    def actor(self, key: str) -> Actor:
        if key in ("system", "applicant", "employer"):
            return getattr(Actor, key)()
        # As in a request: the user is loaded anew, with its roles as they are now.
        return Actor.staff(User.objects.get(pk=self.crew[key].pk))

    def submission(self, **changes: Any) -> Submission:
        number = changes.pop("id_number") if "id_number" in changes else example_number()
        given: dict[str, Any] = {
            "id_number": number,
            "name": "张示例",
            "scheme_from": "employee",
            "scheme_to": "employee",
            "origin": self.origin,
            "destination": self.destination,
            "contact_email": "zhang@example.org",
            "contact_phone": "13800000000",
            "materials": ("id_card",),
            "origin_record": {
                "name": "张示例",
                "id_number": number,
                "enrolled_on": date(2018, 7, 1),
                "stopped_on": date(2025, 8, 31),
                "balance_fen": FORM.balance_fen,
            },
            "destination_record": {
                "name": "张示例",
                "id_number": number,
                "enrolled_on": date(2025, 9, 1),
                "paying": True,
                "cover_year": 2030,
            },
        }
        return Submission(**(given | changes))

    def submit(self, at: datetime | None = None, by: str = "applicant", **changes: Any) -> Any:
        """Submit on Wednesday 2025-09-24 unless told otherwise; returns application and code."""
        return submit(self.submission(**changes), by=self.actor(by), at=at or moment("2025-09-24"))

    def do(
        self, application: TransferApplication, by: str, verb: str, at: datetime, **data: Any
    ) -> Event:
        if data.get("mode") == "confirm" and "hash" not in data:
            waiting = application.preparations.filter(verb=verb, outcome="").first()
            data["hash"] = waiting.payload_hash if waiting else ""
        return perform(application, verb, by=self.actor(by), at=at, **data)

    def four_eyes(
        self,
        application: TransferApplication,
        verb: str,
        maker: str,
        checker: str,
        at: datetime,
        lateness: Any = None,
        **data: Any,
    ) -> Event:
        self.do(application, maker, verb, at, mode="prepare", **data)
        later = at + timedelta(minutes=30)
        return self.do(application, checker, verb, later, mode="confirm", lateness=lateness)

    def accepted(self, on: str = "2025-09-30", **changes: Any) -> TransferApplication:
        """A case accepted on `on` (Tuesday 2025-09-30), handed in the day before."""
        day = date.fromisoformat(on)
        application = self.submit(moment(day - timedelta(days=1)), **changes).application
        self.do(application, "origin_clerk", Action.PASS_CHECK, moment(day, 9))
        self.do(application, "destination_clerk", Action.PASS_CHECK, moment(day, 10))
        return application

    def out(self, on: str = "2025-10-21", **changes: Any) -> TransferApplication:
        """A case transferred out on `on` (Tuesday 2025-10-21, the last day allowed)."""
        form = changes.pop("form", FORM)
        application = self.accepted(**changes)
        self.four_eyes(
            application,
            Action.TRANSFER_OUT,
            "origin_clerk",
            "origin_checker",
            moment(on),
            form=form,
        )
        return application

    def arrived(self, on: str = "2025-10-28", **changes: Any) -> TransferApplication:
        """A case whose months were counted at the destination on `on` (Tuesday 2025-10-28)."""
        application = self.out(**changes)
        self.do(application, "destination_clerk", Action.TRANSFER_IN, moment(on), merged_months=84)
        return application

    def in_state(self, state: State, **changes: Any) -> TransferApplication:
        """A case brought to `state` by the shortest road."""
        return getattr(self, f"_to_{state.value}")(**changes)

    def _to_applied(self, **changes: Any) -> TransferApplication:
        return self.submit(**changes).application

    def _to_supplement_requested(self, **changes: Any) -> TransferApplication:
        application = self._to_applied(**changes)
        self.do(application, "origin_clerk", Action.REQUEST_SUPPLEMENT, moment("2025-09-25"),
                items=["stop_proof"], why="停保证明看不清")  # fmt: skip
        return application

    def _to_validated(self, **changes: Any) -> TransferApplication:
        return self.accepted(**changes)

    def _to_transferred_out(self, **changes: Any) -> TransferApplication:
        return self.out(**changes)

    def _to_discrepancy_raised(self, **changes: Any) -> TransferApplication:
        application = self.out(**changes)
        self.do(application, "destination_clerk", Action.RAISE_DISCREPANCY, moment("2025-10-22"),
                fields=["rows"], text="缴费月数对不上")  # fmt: skip
        return application

    def _to_transferred_in(self, **changes: Any) -> TransferApplication:
        return self.arrived(**changes)

    def _to_balance_credited(self, **changes: Any) -> TransferApplication:
        application = self.arrived(**changes)
        self.money_matched(application)
        self.four_eyes(application, Action.CREDIT_BALANCE, "destination_finance",
                       "destination_finance2", moment("2025-10-30"))  # fmt: skip
        return application

    def remit(self, application: TransferApplication, at: datetime, lateness: Any = None) -> Event:
        """The origin's two in finance send the balance off."""
        verb = "resend" if money_state(application) == BalanceState.BOUNCED else "remit"
        return self.four_eyes(
            application, verb, "origin_finance", "origin_finance2", at, lateness=lateness
        )

    def money_matched(self, application: TransferApplication, amount: int = 123_456) -> None:
        at = moment("2025-10-29")
        late = ("bank_delay", "bank")
        self.remit(application, at, late)
        self.do(application, "destination_finance", "receive", at, received_fen=amount,
                bank_reference=f"B1-{application.pk}")  # fmt: skip
        self.do(application, "destination_finance", "match", at)

    def _to_closed_without_balance(self, **changes: Any) -> TransferApplication:
        resident = {"scheme_from": "resident", "scheme_to": "resident"}
        return self.arrived(**(resident | changes))

    def _to_paid_to_person(self, **changes: Any) -> TransferApplication:
        application = self.arrived(**changes)
        at, late = moment("2025-10-29"), ("bank_delay", "bank")
        self.four_eyes(application, "pay_to_person", "origin_finance", "origin_finance2", at,
                       lateness=late, payee="张示例", payee_account="6200000000000000",
                       text="转入地无法接收")  # fmt: skip
        self.do(application, "origin_finance", "confirm_payout", moment("2025-10-30"),
                bank_reference="B2")  # fmt: skip
        return application

    def _to_rejected(self, **changes: Any) -> TransferApplication:
        application = self._to_applied(**changes)
        self.do(application, "destination_clerk", Action.REJECT, moment("2025-09-25"),
                code="destination_not_enrolled", text="还没有在新地方参保")  # fmt: skip
        return application

    def _to_withdrawn(self, **changes: Any) -> TransferApplication:
        application = self._to_applied(**changes)
        self.do(application, "applicant", Action.WITHDRAW, moment("2025-09-25"))
        return application

    def _to_recalled(self, **changes: Any) -> TransferApplication:
        application = self.out(**changes)
        self.four_eyes(application, Action.RECALL, "origin_supervisor", "destination_supervisor",
                       moment("2025-10-22"), text="参保人已回原地工作")  # fmt: skip
        return application


def money_at(scene: Scene, state: BalanceState) -> TransferApplication:
    """A case transferred out whose money is in `state`."""
    at = moment("2025-10-29")
    if state is BalanceState.NOT_DUE:
        return scene.out(scheme_from="resident", scheme_to="resident")
    application = scene.out()
    late, reference = ("bank_delay", "bank"), f"B1-{application.pk}"
    wrong = [("destination_finance", "receive", {"received_fen": 5, "bank_reference": reference})]
    right = [
        ("destination_finance", "receive", {"received_fen": 123_456, "bank_reference": reference})
    ]
    roads = {
        BalanceState.PENDING: [],
        BalanceState.REMITTED: [],
        BalanceState.RECEIVED: right,
        BalanceState.MATCHED: [*right, ("destination_finance", "match", {})],
        BalanceState.MISMATCHED: [*wrong, ("destination_finance", "mismatch", {"text": "少了"})],
        BalanceState.BOUNCED: [("origin_finance", "bounce", {"text": "账号有误"})],
    }
    if state in roads:
        if state is not BalanceState.PENDING:
            scene.remit(application, at, late)
        for who, verb, data in roads[state]:
            scene.do(application, who, verb, at, **data)
        return application
    if state is BalanceState.CREDITED:
        return scene.in_state(State.BALANCE_CREDITED)
    scene.four_eyes(application, "pay_to_person", "origin_finance", "origin_finance2", at,
                    lateness=late, payee="张示例", payee_account="6200000000000000",
                    text="转入地无法接收")  # fmt: skip
    if state is BalanceState.PAID_OUT:
        scene.do(application, "origin_finance", "confirm_payout", at, bank_reference="B2")
    return application


def money_state(application: TransferApplication) -> str:
    """Where the money of a case is, as the database has it now."""
    return str(BalanceTransfer.objects.get(application=application).state)


def steps_of(application: TransferApplication) -> dict[str, Any]:
    """The newest step of each kind."""
    return {step.kind: step for step in application.steps.order_by("pk")}


__all__ = [
    "FORM",
    "SHANGHAI",
    "Scene",
    "Side",
    "example_number",
    "moment",
    "money_at",
    "staff",
    "steps_of",
]
