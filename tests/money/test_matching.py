"""What a receipt belongs to: by our reference, by name and amount and origin, or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.scenes import FORM, Scene, moment, money_at
from tests.statement_files import AT, line, note_of, only_line, read_in
from transfers.models import BankAccount, StatementLine, TransferApplication
from transfers.money.statements.lines import Problem
from transfers.money.statements.matching import references_in, rematch
from transfers.rules.balances import BalanceState

pytestmark = pytest.mark.django_db

HOLDER = "示例市医疗保险基金财政专户"


@pytest.fixture
def scene() -> Scene:
    made = Scene()
    BankAccount.objects.filter(agency__region="990100").update(holder=HOLDER)
    return made


def remitted(scene: Scene, **changes: Any) -> TransferApplication:
    application = scene.out(**changes)
    scene.remit(application, moment("2025-10-29"), ("bank_delay", "bank"))
    return application


def read(scene: Scene, row: str, who: str = "destination_finance") -> StatementLine:
    return only_line(read_in(scene.user(who), row))


def told(found: StatementLine) -> tuple[str, str, int | None]:
    return found.state, found.problem, found.application_id


@pytest.mark.parametrize(
    "note",
    [
        "医保转移{r}张示例",
        "{r}",
        "附言:{s}",
        "zy{l}",
        "ZY2025 0929-{t}",
        "{r}。{r}",
        "Z Y" + "{l}",
    ],
)
def test_our_reference_is_found_however_the_bank_prints_it(note: str) -> None:
    reference = "ZY20250929-3810426"
    said = note.format(r=reference, s=reference.replace("-", "—"), l="202509293810426", t="3810426")
    assert references_in(said) == [reference]


@pytest.mark.parametrize("note", ["", "ZY2025", "ZY20250929-38104261", "AY20250929-3810426"])
def test_what_is_no_reference(note: str) -> None:
    assert references_in(note) == []


def test_the_reference_and_the_exact_amount_match(scene: Scene) -> None:
    application = remitted(scene)
    found = read(scene, line("1234.56", note_of(application)))
    assert told(found) == ("matched", "", application.pk)
    assert found.outcome == ""


def test_another_amount_differs(scene: Scene) -> None:
    application = remitted(scene)
    found = read(scene, line("1234.55", note_of(application)))
    assert told(found) == ("amount_differs", "", application.pk)


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (BalanceState.PENDING, Problem.NOT_REMITTED),
        (BalanceState.BOUNCED, Problem.OTHER_STATE),
        (BalanceState.PAYING, Problem.OTHER_STATE),
        (BalanceState.PAID_OUT, Problem.OTHER_STATE),
        (BalanceState.NOT_DUE, Problem.OTHER_STATE),
    ],
)
def test_a_case_that_expects_no_money_is_named_but_not_matched(
    scene: Scene, state: BalanceState, problem: str
) -> None:
    application = money_at(scene, state)
    found = read(scene, line("1234.56", note_of(application)))
    assert told(found) == ("no_match", problem, application.pk)


def test_a_case_of_other_agencies_does_not_exist_here(scene: Scene) -> None:
    elsewhere = Scene(origin="420100", destination="430100")
    BankAccount.objects.get_or_create(agency_id=elsewhere.user("origin_clerk").agency_id, defaults={
        "holder": "甲", "bank": "乙", "number": "99990000420100"})  # fmt: skip
    application = elsewhere.out()
    found = read(scene, line("1234.56", note_of(application)))
    assert told(found) == ("no_match", Problem.UNKNOWN_CASE, None)


def test_two_cases_in_one_note_are_for_a_person(scene: Scene) -> None:
    first, second = remitted(scene), remitted(scene)
    found = read(scene, line("2469.12", f"{first.reference}、{second.reference}"))
    assert told(found) == ("no_match", Problem.TWO_REFERENCES, None)


def test_a_reference_is_stronger_than_a_name(scene: Scene) -> None:
    first, _second = remitted(scene), remitted(scene)
    found = read(scene, line("1234.56", f"张示例 {first.reference}", payer=HOLDER))
    assert told(found) == ("matched", "", first.pk)


@pytest.mark.parametrize(
    ("payer", "note", "fits"),
    [
        (HOLDER, "张示例医保个人账户", True),
        ("示例市医疗保障经办机构", "张 示 例", True),
        ("工行示例市分行", "张示例", True),
        ("张示例", "示例市转来", True),
        (HOLDER, "李样本", False),
        ("某公司", "张示例", False),
        (HOLDER, "", False),
    ],
)
def test_name_amount_and_origin_together_propose_a_case(
    scene: Scene, payer: str, note: str, fits: bool
) -> None:
    application = remitted(scene)
    found = read(scene, line("1234.56", note, payer=payer))
    assert told(found) == (("proposed", "", application.pk) if fits else ("no_match", "", None))


def test_another_amount_or_two_such_cases_propose_nothing(scene: Scene) -> None:
    remitted(scene)
    assert told(read(scene, line("1234.57", "张示例", payer=HOLDER)))[0] == "no_match"
    remitted(scene)
    found = read(scene, line("1234.56", "张示例", payer=HOLDER))
    assert told(found) == ("no_match", Problem.SEVERAL, None)


def test_only_money_on_its_way_is_proposed(scene: Scene) -> None:
    scene.out()
    assert told(read(scene, line("1234.56", "张示例", payer=HOLDER))) == ("no_match", "", None)


def test_the_same_amount_twice_for_one_case_is_a_repetition(scene: Scene) -> None:
    application = remitted(scene)
    row = note_of(application)
    first, second = read_in(
        scene.user("destination_finance"), line("1234.56", row), line("1234.56", row)
    ).lines.all()
    assert told(first) == ("matched", "", application.pk)
    assert told(second) == ("duplicate", Problem.RECEIVED, application.pk)


def test_a_receipt_booked_by_hand_is_proven_by_its_line(scene: Scene) -> None:
    application = money_at(scene, BalanceState.MATCHED)
    rows = [
        line("1234.56", note_of(application), reference=each)
        for each in (f"B1-{application.pk}", "B2")
    ]
    proven, repeated = read_in(scene.user("destination_finance"), *rows).lines.all()
    assert told(proven) == ("matched", "", application.pk)
    assert (proven.outcome, proven.instruction.kind) == ("proven", "receive")
    assert proven.decided_by == scene.user("destination_finance")
    assert (repeated.state, repeated.problem, repeated.outcome) == (
        "duplicate", Problem.RECEIVED, "",
    )  # fmt: skip


def test_a_receipt_under_another_bank_reference_is_left_to_a_person(scene: Scene) -> None:
    application = money_at(scene, BalanceState.MATCHED)
    found = read(scene, line("1234.56", note_of(application), reference="B9"))
    assert told(found) == ("duplicate", Problem.RECEIVED, application.pk)
    assert found.outcome == ""


def test_the_missing_amount_of_a_difference_matches(scene: Scene) -> None:
    application = money_at(scene, BalanceState.MISMATCHED)
    missing = f"{(FORM.balance_fen - 5) / 100:.2f}"
    assert told(read(scene, line(missing, note_of(application))))[0] == "matched"
    assert told(read(scene, line("1.00", note_of(application)))) == (
        "no_match", Problem.OTHER_STATE, application.pk,
    )  # fmt: skip


def test_money_that_came_back_to_the_origin(scene: Scene) -> None:
    application = remitted(scene)
    found = read(scene, line("1234.56", f"退汇 {application.reference}"), "origin_finance")
    assert told(found) == ("matched", "", application.pk)
    found = read(scene, line("1234.00", f"退汇 {application.reference}"), "origin_finance")
    assert told(found) == ("amount_differs", "", application.pk)


def test_a_bounce_booked_by_hand_is_proven_by_its_line(scene: Scene) -> None:
    application = money_at(scene, BalanceState.BOUNCED)
    note = f"退汇 {application.reference}"
    first, second = read_in(
        scene.user("origin_finance"), line("1234.56", note), line("1234.56", note)
    ).lines.all()
    assert (first.outcome, first.instruction.kind) == ("proven", "bounce")
    assert told(second) == ("duplicate", Problem.RECEIVED, application.pk)


def test_a_line_read_in_too_early_matches_once_the_money_was_sent(scene: Scene) -> None:
    application = scene.out()
    found = read(scene, line("1234.56", note_of(application)))
    by_name = read(scene, line("1234.56", "张示例", payer=HOLDER))
    assert found.problem == Problem.NOT_REMITTED
    assert rematch(found.statement, at=AT) == 0
    scene.remit(application, moment("2025-10-29"), ("bank_delay", "bank"))
    assert rematch(found.statement, at=AT) == 1
    assert rematch(by_name.statement, at=AT) == 1
    for each in (found, by_name):
        each.refresh_from_db()
    assert told(found) == ("matched", "", application.pk)
    assert told(by_name) == ("proposed", "", application.pk)


def test_what_is_decided_or_asked_for_is_not_asked_again(scene: Scene) -> None:
    application = remitted(scene)
    found = read(scene, line("1234.56", note_of(application)))
    user = scene.user("destination_finance")
    StatementLine.objects.update(accept_asked_by=user, accept_asked_at=AT)
    scene.do(application, "origin_finance", "bounce", AT + timedelta(minutes=1), text="退汇")
    assert rematch(found.statement, at=AT) == 0
    StatementLine.objects.update(accept_asked_by=None, accept_asked_at=None)
    assert rematch(found.statement, at=AT) == 1


def test_matching_takes_as_many_statements_for_many_lines_as_for_few(scene: Scene) -> None:
    application = remitted(scene)
    user = scene.user("destination_finance")
    counts = []
    for number in (2, 300):
        rows = [line(f"{n + 1}", f"无{n}") for n in range(number)]
        statement = read_in(user, *rows, line("1234.56", note_of(application)))
        with CaptureQueriesContext(connection) as queries:
            rematch(statement, at=AT)
        counts.append(len(queries))
    assert counts == [4, 4]
