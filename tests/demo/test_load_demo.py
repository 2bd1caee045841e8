"""The demo: every state, nothing twice, nobody real, no password anywhere but in its file."""

import json
import logging
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils.timezone import localtime

from tests.scenes import moment
from transfers.deadlines.calendars import calendar_of
from transfers.demo.casting import case_files
from transfers.demo.places import STAFFED
from transfers.demo.plots import FEWEST, PLOTS, cast
from transfers.demo.timeline import schedule
from transfers.models import (
    NATION,
    Alert,
    BalanceTransfer,
    BankAccount,
    Event,
    OutboxMessage,
    Person,
    Preparation,
    Statement,
    StatementLine,
    Step,
    TransferApplication,
    User,
)
from transfers.money.proof import prove
from transfers.rules import identity
from transfers.rules.balances import BalanceState
from transfers.rules.states import Role, State
from transfers.rules.steps import Owner, StepKind
from transfers.workflow import query_codes

pytestmark = pytest.mark.django_db  # on all: so marked tests run first, and the demo loads once

TODAY = date(2026, 11, 22)  # a Sunday, 28 working days before the last published one


@dataclass
class Demo:
    path: Path
    output: str
    logged: str

    @property
    def file(self) -> dict[str, Any]:
        return json.loads(self.path.read_text(encoding="utf-8"))

    def load(self, **options: Any) -> str:
        output = StringIO()
        with override_settings(DATA_DIR=self.path.parent):
            call_command(
                "load_demo", stdout=output, **({"count": FEWEST, "today": TODAY} | options)
            )
        return output.getvalue()


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """One load for all tests of this file, rolled back after the last."""
    records = StringIO()
    handler = logging.StreamHandler(records)
    logging.getLogger().addHandler(handler)
    loaded = Demo(tmp_path_factory.mktemp("demo") / "demo-logins.json", "", "")
    try:
        with django_db_blocker.unblock(), transaction.atomic():
            loaded.output = loaded.load()
            loaded.logged = records.getvalue()
            yield loaded
            transaction.set_rollback(True)
    finally:
        logging.getLogger().removeHandler(handler)


def _counts() -> dict[str, int]:
    models = (TransferApplication, Event, Person, Step, User, OutboxMessage, Alert)
    return {model.__name__: model.objects.count() for model in models}


def test_every_state_of_relation_and_money(demo: Demo) -> None:
    assert TransferApplication.objects.count() == FEWEST
    assert set(TransferApplication.objects.values_list("state", flat=True)) == set(State.values)
    assert set(BalanceTransfer.objects.values_list("state", flat=True)) == set(BalanceState.values)


def test_both_sides_and_the_money_are_late_somewhere(demo: Demo) -> None:
    overdue = Step.objects.overdue(TODAY)
    assert {Owner.ORIGIN, Owner.DESTINATION} <= set(overdue.values_list("owner", flat=True))
    assert {
        StepKind.CHECK_ORIGIN,
        StepKind.CHECK_DESTINATION,
        StepKind.TRANSFER_OUT,
        StepKind.TRANSFER_IN,
        StepKind.CORRECTION,
        StepKind.REMIT,
        StepKind.RESEND,
        StepKind.CREDIT,
    } <= set(overdue.values_list("kind", flat=True))
    assert Step.objects.exclude(lateness_reason="").filter(late_days__gt=0).exists()


def test_some_are_paused_provisional_or_wait_for_a_second_person(demo: Demo) -> None:
    assert Step.objects.open().filter(paused_on__isnull=False).exists()
    kinds = set(Step.objects.running().filter(provisional=True).values_list("kind", flat=True))
    assert kinds == {StepKind.SUPPLEMENT, StepKind.REMIT}
    waiting = set(Preparation.objects.filter(outcome="").values_list("verb", flat=True))
    assert waiting == {"transfer_out", "recall", "remit", "credit_balance"}


def test_every_moment_is_in_office_hours_and_in_order(demo: Demo) -> None:
    calendar = calendar_of(NATION)
    last: dict[int, Any] = {}
    for event in Event.objects.order_by("application_id", "seq"):
        at = localtime(event.at)
        assert at.date() < TODAY
        assert calendar.is_working(at.date())
        assert 9 <= at.hour < 17
        assert last.get(event.application_id, event.at) <= event.at
        last[event.application_id] = event.at


def test_alerts_were_raised_and_nothing_of_the_past_waits_to_be_sent(demo: Demo) -> None:
    raised = set(Alert.objects.values_list("rung_id", flat=True))
    assert {"due-2", "due", "late-1", "late-3", "late-6"} <= raised
    assert not OutboxMessage.objects.filter(
        next_try_at__isnull=False, sent_at__isnull=True
    ).exists()
    chased = OutboxMessage.objects.filter(
        kind="alert", alert__rung__offset_days__gt=0, sent_at__isnull=False
    )
    assert chased.exists()


def test_nobody_is_real(demo: Demo) -> None:
    for person in Person.objects.all():
        assert person.id_number.startswith("990100")
        assert identity.parse(person.id_number, on=TODAY).is_example
    for case in TransferApplication.objects.all():
        assert case.applicant_name.endswith(("示例", "样本", "测试", "演示"))
        assert case.contact_phone.startswith("199000")
        assert case.contact_email == "" or case.contact_email.endswith("@example.org")
    assert all(user.email.endswith("@example.org") for user in User.objects.all())


def test_the_logins_open_and_are_written_nowhere_else(demo: Demo) -> None:
    assert stat.S_IMODE(demo.path.stat().st_mode) == 0o600
    logins = demo.file["logins"]
    assert {login["role"] for login in logins} == set(Role.values)
    for login in logins:
        user = User.objects.get(username=login["username"])
        assert user.check_password(login["password"])
        assert user.is_staff
        assert not user.is_superuser
        assert {role.value for role in user.roles} == {login["role"]}
        assert (user.agency.name_zh if user.agency else None) == login["agency"]
        assert login["password"] not in demo.output + demo.logged
    assert demo.file["query_code"] not in demo.output + demo.logged
    employer = demo.file["employer"]
    user = User.objects.get(username=employer["username"])
    assert user.check_password(employer["password"])
    assert user.employer is not None
    batch = user.employer.batches.get()
    assert (batch.state, batch.rows.filter(state="bad").count()) == ("checked", 4)
    others = User.objects.exclude(
        username__in=[employer["username"], *(login["username"] for login in logins)]
    )
    assert not any(user.has_usable_password() for user in others)


def test_every_pool_with_people_has_one_made_up_bank_account(demo: Demo) -> None:
    pools = set(User.objects.filter(groups__name=Role.FINANCE).values_list("agency", flat=True))
    accounts = BankAccount.objects.filter(in_use=True)
    assert pools == {account.agency_id for account in accounts}
    assert all(account.number.startswith("9999") for account in accounts)


def test_statements_show_every_kind_of_line_and_the_books_agree(demo: Demo) -> None:
    lines = StatementLine.objects.all()
    # The fewest cases leave no third one on its way to the same pool, to differ in its amount.
    every = set(StatementLine.State.values) - {StatementLine.State.AMOUNT_DIFFERS}
    assert every <= set(lines.values_list("state", flat=True))
    assert lines.filter(outcome="proven").exists()
    assert Statement.objects.count() == len(STAFFED)
    with transaction.atomic():
        assert prove(moment(TODAY, 2, 30)).breaks_found == 0
        transaction.set_rollback(True)


def test_the_printed_case_is_being_transferred_out(demo: Demo) -> None:
    case = TransferApplication.objects.get(reference=demo.file["reference"])
    assert (case.state, case.origin_id, case.destination_id) == ("validated", "990100", "350500")
    assert case.contact_email
    assert query_codes.verify(demo.file["query_code"], case.query_code_hash)


def test_a_second_run_adds_nothing(demo: Demo) -> None:
    before, content = _counts(), demo.path.read_bytes()
    assert demo.load().startswith("0 new cases")
    assert _counts() == before
    assert demo.path.read_bytes() == content


@pytest.mark.parametrize(
    "found", [None, "", "{}", '{"logins": [], "query_code": "", "reference": "ZY"}']
)
def test_a_lost_file_is_made_anew(demo: Demo, found: str | None) -> None:
    kept, before = demo.path.read_bytes(), _counts()
    old = demo.file
    demo.path.unlink()
    if found is not None:
        demo.path.write_text(found)
    try:
        demo.load()
        new = demo.file
        assert _counts() == before
        assert new["reference"] == old["reference"]
        assert stat.S_IMODE(demo.path.stat().st_mode) == 0o600
        for was, now in zip(old["logins"], new["logins"], strict=True):
            user = User.objects.get(username=now["username"])
            assert user.check_password(now["password"])
            assert not user.check_password(was["password"])
        for case in TransferApplication.objects.all()[:3]:
            assert query_codes.verify(new["query_code"], case.query_code_hash)
    finally:
        demo.path.write_bytes(kept)


def test_production_refuses(tmp_path: Path) -> None:
    before = _counts()
    with (
        override_settings(PRODUCTION=True, ENVIRONMENT="production", DATA_DIR=tmp_path),
        pytest.raises(CommandError, match="production"),
    ):
        call_command("load_demo", count=FEWEST)
    assert not list(tmp_path.iterdir())
    assert _counts() == before


def test_too_few_cases_are_refused(tmp_path: Path) -> None:
    with override_settings(DATA_DIR=tmp_path), pytest.raises(CommandError, match=str(FEWEST)):
        call_command("load_demo", count=FEWEST - 1)


def test_the_same_people_and_days_for_the_same_today(demo: Demo) -> None:
    code = query_codes.QueryCode("", "")

    def drawn() -> list[Any]:
        rng = Random(7)
        return [
            (case.insured, case.route, plot.name, [move.at for move in moves])
            for case, plot in case_files(60, TODAY, code, rng)
            for moves in [schedule(case, plot, calendar_of(NATION), TODAY, rng)]
        ]

    assert drawn() == drawn()


@pytest.mark.parametrize("count", [FEWEST, FEWEST + 1, 100, 400, 1000])
def test_the_cast_has_every_plot_and_the_number_asked_for(count: int) -> None:
    chosen = cast(count)
    assert len(chosen) == count
    assert {plot.name for plot in PLOTS} <= {plot.name for plot in chosen}


def test_clerks_find_a_file_to_open(demo: Demo) -> None:
    cases = TransferApplication.objects.filter(uploads__isnull=False).distinct()
    assert len(cases) == 4
    for case in cases:
        kinds = {each.kind for each in case.uploads.all()}
        assert kinds <= {each.kind for each in case.materials.all()}
        assert all(each.file.size == each.size for each in case.uploads.all())
