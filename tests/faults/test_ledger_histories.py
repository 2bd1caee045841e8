"""Random histories of one case's money against a model of a page of Python, on the real database.

`bin/test --full tests/faults/test_ledger_histories.py -s` runs 2,000 of them and prints the seeds.
"""

import contextlib
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.scenes import FORM, Scene, moment
from transfers.models import (
    BalanceTransfer,
    Entry,
    Event,
    Instruction,
    InstructionResolution,
    Preparation,
    TransferApplication,
)
from transfers.money import ledger
from transfers.rules.balances import BalanceState as B
from transfers.workflow.errors import Refused

pytestmark = pytest.mark.django_db

DUE = 1_000
AT = moment("2025-10-29")
LATE = ("bank_delay", "bank")
AMOUNTS = st.sampled_from([0, 1, 900, 999, DUE, 1_001, 1_500])
FINANCE = st.sampled_from(["finance", "finance2"])
SENDS = {"remit": B.PENDING, "resend": B.BOUNCED}


@dataclass
class Model:
    """What the books should say, kept with nothing but sums."""

    state: B = B.PENDING
    due: int = DUE
    got: int = 0
    to_person: bool = False
    closed: bool = False
    transit: int = 0
    suspense: int = 0
    person: int = 0
    returned: int = 0
    paid_out: int = 0
    left_pool: int = 0
    waiting: dict[str, tuple[str, int]] = field(default_factory=dict)  # verb → maker, amount
    receipts: list[tuple[int, int]] = field(default_factory=list)  # amount, unannounced

    def keep_what_still_stands(self) -> None:
        allowed = {
            "remit": self.state is B.PENDING,
            "resend": self.state is B.BOUNCED,
            "pay_to_person": self.state in (B.PENDING, B.BOUNCED),
            "restate": self.state is B.MISMATCHED,
            "credit_balance": self.state is B.MATCHED,
        }
        for verb, (_who, amount) in list(self.waiting.items()):
            current = self.got_and_due() if verb == "credit_balance" else self.due
            if not allowed[verb] or (verb != "restate" and amount != current):
                del self.waiting[verb]

    def got_and_due(self) -> int:
        return self.due * 10_000 + self.got

    def take_in(self, amount: int) -> None:
        extra = max(0, amount - self.transit)
        self.left_pool += extra
        self.transit += extra - amount
        self.suspense += amount
        self.receipts.append((amount, extra))


class Books(RuleBasedStateMachine):
    scene: ClassVar[Scene]
    case: ClassVar[TransferApplication]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.model = Model()

    def teardown(self) -> None:
        # What the deferred triggers would say at the end of a real transaction.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        transaction.savepoint_rollback(self.savepoint)

    def press(self, who: str, verb: str, **data: Any) -> bool:
        """Whether the door let it through."""
        type(self).steps += 1
        with contextlib.suppress(Refused):
            self.scene.do(self.case, who, verb, AT, lateness=LATE, **data)
            return True
        return False

    def expect(self, allowed: bool, happened: bool) -> bool:
        assert happened == allowed, f"model says {allowed}, the door said {happened}: {self.model}"
        return happened

    def waits(self, verb: str) -> bool:
        return verb in self.model.waiting

    @initialize(far=st.integers(0, 3), amount=AMOUNTS)
    def begin(self, far: int, amount: int) -> None:
        """Half of the histories begin where the money is at the destination already."""
        if far >= 1:
            self.prepare_sending(verb="remit", who="finance")
            self.confirm_sending(verb="remit", who="finance2")
        if far >= 2:
            self.receive(amount=amount)
            self.mismatch()
        if far == 3:
            self.prepare_restatement(who="clerk", amount=amount)
            self.confirm_restatement(who="checker")

    # Four eyes

    def _prepare(self, verb: str, who: str, amount: int, allowed: bool, **data: Any) -> None:
        allowed = allowed and not self.model.closed and not self.waits(verb)
        if self.expect(allowed, self.press(who, verb, mode="prepare", **data)):
            self.model.waiting[verb] = (who, amount)

    def _confirm(self, verb: str, who: str, allowed: bool) -> bool:
        m = self.model
        allowed = allowed and not m.closed and self.waits(verb) and m.waiting[verb][0] != who
        happened = self.expect(allowed, self.press(who, verb, mode="confirm"))
        if happened:
            del m.waiting[verb]
        return happened

    @rule(verb=st.sampled_from(["remit", "resend"]), who=FINANCE)
    def prepare_sending(self, verb: str, who: str) -> None:
        allowed = self.model.state is SENDS[verb] and not self.model.to_person
        self._prepare(verb, f"origin_{who}", self.model.due, allowed)

    @rule(verb=st.sampled_from(["remit", "resend"]), who=FINANCE)
    def confirm_sending(self, verb: str, who: str) -> None:
        m = self.model
        allowed = m.state is SENDS[verb] and not m.to_person
        if self._confirm(verb, f"origin_{who}", allowed):
            m.state, m.transit, m.left_pool = B.REMITTED, m.transit + m.due, m.left_pool + m.due
            m.keep_what_still_stands()

    @rule(who=FINANCE, payee=st.sampled_from(["张示例", "别人"]))
    def prepare_payout(self, who: str, payee: str) -> None:
        allowed = self.model.state in (B.PENDING, B.BOUNCED) and payee == "张示例"
        self._prepare("pay_to_person", f"origin_{who}", self.model.due, allowed, payee=payee,
                      payee_account="6200000000000000", text="本人申请")  # fmt: skip

    @rule(who=FINANCE)
    def confirm_payout_order(self, who: str) -> None:
        m = self.model
        allowed = m.state in (B.PENDING, B.BOUNCED)
        if self._confirm("pay_to_person", f"origin_{who}", allowed):
            m.state, m.to_person = B.PAYING, True
            m.transit, m.left_pool = m.transit + m.due, m.left_pool + m.due
            m.keep_what_still_stands()

    @rule(who=FINANCE)
    def prepare_credit(self, who: str) -> None:
        m = self.model
        self._prepare("credit_balance", f"destination_{who}", m.got_and_due(), m.state is B.MATCHED)

    @rule(who=FINANCE)
    def confirm_credit(self, who: str) -> None:
        m = self.model
        if self._confirm("credit_balance", f"destination_{who}", m.state is B.MATCHED):
            m.state, m.closed = B.CREDITED, True
            m.person, m.suspense = m.person + m.due, m.suspense - m.due
            m.keep_what_still_stands()

    @rule(who=st.sampled_from(["clerk", "checker"]), amount=AMOUNTS)
    def prepare_restatement(self, who: str, amount: int) -> None:
        m = self.model
        allowed = m.state is B.MISMATCHED and amount > 0 and amount != m.due
        self._prepare("restate", f"origin_{who}", amount, allowed, balance_fen=amount)

    @rule(who=st.sampled_from(["clerk", "checker"]))
    def confirm_restatement(self, who: str) -> None:
        m = self.model
        amount = m.waiting["restate"][1] if self.waits("restate") else 0
        if self._confirm("restate", f"origin_{who}", m.state is B.MISMATCHED):
            m.due = amount
            if amount == m.got:
                m.state = B.RECEIVED
            m.keep_what_still_stands()

    @rule(verb=st.sampled_from(["remit", "credit_balance", "pay_to_person"]))
    def send_back(self, verb: str) -> None:
        m = self.model
        side = "destination" if verb == "credit_balance" else "origin"
        allowed = self.waits(verb) and not m.closed
        state_allows = {
            "remit": m.state is B.PENDING,
            "credit_balance": True,
            "pay_to_person": m.state in (B.PENDING, B.BOUNCED),
        }[verb]
        pressed = self.press(f"{side}_finance", verb, mode="return", text="金额再核一下")
        if self.expect(allowed and state_allows, pressed):
            del m.waiting[verb]

    # One pair of eyes

    @rule(amount=AMOUNTS)
    def receive(self, amount: int) -> None:
        m = self.model
        allowed = m.state is B.REMITTED and amount > 0
        pressed = self.press(
            "destination_finance", "receive", received_fen=amount, bank_reference="B"
        )
        if self.expect(allowed, pressed):
            m.take_in(amount)
            m.state, m.got = B.RECEIVED, amount
            m.keep_what_still_stands()

    @rule()
    def match(self) -> None:
        m = self.model
        allowed = m.state is B.RECEIVED and m.got == m.due
        if self.expect(allowed, self.press("destination_finance", "match")):
            m.state, m.returned, m.transit = B.MATCHED, m.returned + m.transit, 0
            m.keep_what_still_stands()

    @rule()
    def mismatch(self) -> None:
        m = self.model
        pressed = self.press("destination_finance", "mismatch", text="不符")
        if self.expect(m.state in (B.RECEIVED, B.MATCHED), pressed):
            m.state = B.MISMATCHED
            m.keep_what_still_stands()

    @rule()
    def bounce(self) -> None:
        m = self.model
        pressed = self.press("origin_finance", "bounce", text="退汇")
        if self.expect(m.state in (B.REMITTED, B.PAYING), pressed):
            m.state, m.returned, m.transit = B.BOUNCED, m.returned + m.transit, 0
            m.keep_what_still_stands()

    @rule()
    def confirm_payout(self) -> None:
        m = self.model
        pressed = self.press("origin_finance", "confirm_payout", bank_reference="B")
        if self.expect(m.state is B.PAYING, pressed):
            m.state, m.closed = B.PAID_OUT, True
            m.paid_out, m.transit = m.paid_out + m.due, m.transit - m.due
            m.keep_what_still_stands()

    @rule(how=st.sampled_from(["top_up", "return", "new_form"]), amount=AMOUNTS)
    def resolve(self, how: str, amount: int) -> None:
        m = self.model
        fits = {
            "top_up": amount > m.got,
            "return": amount < m.got,
            "new_form": amount == m.got == m.due,
        }[how]
        pressed = self.press(
            "destination_finance", "resolve", resolution=how, received_fen=amount, text="已核"
        )
        if not self.expect(m.state is B.MISMATCHED and fits, pressed):
            return
        if how == "top_up":
            m.take_in(amount - m.got)
        elif how == "return":
            m.suspense, m.returned = amount, m.returned + m.got - amount
        m.state, m.got = B.RECEIVED, amount
        if amount == 0:
            m.state, m.returned, m.transit = B.BOUNCED, m.returned + m.transit, 0
        m.keep_what_still_stands()

    @rule(amount=AMOUNTS)
    def recorded_wrongly(self, amount: int) -> None:
        """The newest receipts are reversed while more stands than there is."""
        m = self.model
        receipts, suspense, transit, pool = list(m.receipts), m.suspense, m.transit, m.left_pool
        possible = m.state is B.MISMATCHED and 0 < amount != m.got
        while possible:
            if not receipts or suspense < receipts[-1][0]:
                possible = False
                break
            was, extra = receipts.pop()
            suspense, transit, pool = suspense - was, transit + was - extra, pool - extra
            if suspense <= amount:
                break
        pressed = self.press("destination_finance", "resolve", resolution="recorded_wrongly",
                             received_fen=amount, text="录入有误")  # fmt: skip
        if not self.expect(possible, pressed):
            return
        m.receipts, m.suspense, m.transit, m.left_pool = receipts, suspense, transit, pool
        if suspense < amount:
            m.take_in(amount - suspense)
        m.state, m.got = B.RECEIVED, amount
        m.keep_what_still_stands()

    # After every step

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        m = self.model
        held = ledger.held(self.case)
        assert (held.transit, held.suspense, held.person, held.returned, held.paid_out) == (
            m.transit, m.suspense, m.person, m.returned, m.paid_out,
        )  # fmt: skip
        assert m.left_pool == sum(
            (held.transit, held.suspense, held.person, held.returned, held.paid_out)
        )
        assert BalanceTransfer.objects.get(application=self.case).state == m.state

    @invariant()
    def every_posted_instruction_has_its_legs_and_no_other_has_any(self) -> None:
        legs = Entry.objects.filter(instruction__application=self.case)
        posted = InstructionResolution.objects.filter(
            instruction__application=self.case, outcome="posted"
        ).count()
        assert legs.count() == 2 * posted
        assert sum(legs.values_list("amount_fen", flat=True)) == 0

    @invariant()
    def what_waits_in_the_ledger_is_what_was_prepared(self) -> None:
        waiting = Preparation.objects.filter(application=self.case, outcome="")
        assert {each.verb for each in waiting} == set(self.model.waiting)
        pending = Instruction.objects.filter(application=self.case, resolution__isnull=True)
        assert {each.pk for each in pending} == {
            each.instruction_id for each in waiting if each.instruction_id
        }


def histories(count: int, number: int) -> int:
    """Run `count` histories from a seed; returns the steps tried."""
    Books.scene = Scene()
    Books.case = Books.scene.arrived(form=_form())
    Books.steps = 0
    before = Event.objects.filter(application=Books.case).count()
    run_state_machine_as_test(
        seed(number)(Books),
        settings=settings(
            max_examples=count,
            stateful_step_count=14,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Event.objects.filter(application=Books.case).count() == before
    return Books.steps


def _form() -> Any:
    return replace(FORM, balance_fen=DUE)


def test_no_history_breaks_the_books() -> None:
    assert histories(40, number=20251029) > 100


@pytest.mark.full
@pytest.mark.parametrize("number", [1, 7, 31, 127])
def test_not_one_of_thousands_does(number: int) -> None:
    steps = histories(500, number)
    print(f"\nseed {number}: 500 histories, {steps} steps, 0 breaks")
