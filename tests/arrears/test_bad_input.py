"""Bad input is refused with a sentence at its field, and nothing is half-done."""

from datetime import date
from typing import Any

import pytest
from django.utils.translation import override

from arrears.cases import open_case
from arrears.models import ArrearsCase, ArrearsMonth, Payment, Quote
from arrears.rules.states import Action, State
from tests.scenes import moment
from transfers.models import Contribution, OutboxMessage, Person, Receivable
from transfers.workflow.errors import Invalid, NotAllowed, Problems

from .office import OPENED_ON, PAID_ON, Office, month

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("name", {"name": " "}, "姓名"),
    ("id_number", {"id_number": "990100198504120011"}, "校验码"),
    ("scheme", {"scheme": "resident"}, "居民"),
    ("scheme", {"scheme": "whatever"}, "参保类型"),
    ("cause", {"cause": ""}, "原因"),
    ("cause", {"scheme": "flexible"}, "灵活就业"),
    ("employer_name", {"employer_name": ""}, "单位"),
    ("to_month", {"from_month": month("2025-02"), "to_month": month("2025-01")}, "月"),
    ("to_month", {"to_month": month("2025-03")}, "2025-03"),
    ("to_month", {"to_month": month("2026-01")}, "2026-01"),
    ("to_month", {"to_month": None}, "YYYY-MM"),
    ("to_month", {"from_month": month("2010-01")}, "120"),
    ("from_month", {"from_month": month("1989-12"), "to_month": month("1990-02")}, "1990"),
    ("resumed_month", {"resumed_month": month("2025-02")}, "2025-02"),
    ("base_fen", {"base_fen": -1}, "0"),
    ("base_fen", {"base_fen": 0}, "0"),
    ("consecutive_before", {"consecutive_before": -1}, "月"),
    ("contact_email", {"contact_email": "nobody"}, "邮箱"),
    ("contact_phone", {"contact_phone": "12345"}, "11"),
    ("employer_uscc", {"employer_uscc": "91350000000000000X"}, "统一社会信用代码"),
    ("materials", {"materials": ("gold",)}, "材料"),
]


@pytest.mark.parametrize(("field", "changes", "words"), WRONG)
def test_a_wrong_answer_is_told_at_its_field(
    office: Office, field: str, changes: dict[str, Any], words: str
) -> None:
    draft = office.draft(**{"materials": (), **changes})
    with pytest.raises(Problems) as refused:
        open_case(draft, by=office.actor("clerk"), at=moment(OPENED_ON))
    told = {problem.field: problem for problem in refused.value.problems}
    assert field in told
    for language in ("zh-hans", "en"):
        with override(language):
            sentence = str(told[field].message)
            assert sentence
            assert "%" not in sentence
            if language == "zh-hans":
                assert words in sentence
    for model in (ArrearsCase, ArrearsMonth, Receivable, OutboxMessage):
        assert not model.objects.exists()


def test_all_wrong_answers_are_told_at_once(office: Office) -> None:
    with pytest.raises(Problems) as refused:
        open_case(
            office.draft(name="", to_month=month("2026-01"), base_fen=-5),
            by=office.actor("clerk"), at=moment(OPENED_ON),
        )  # fmt: skip
    assert {problem.field for problem in refused.value.problems} == {"name", "to_month", "base_fen"}


def test_months_that_are_asked_for_already_are_refused(office: Office) -> None:
    first = office.zhang()
    with pytest.raises(Problems) as refused:
        office.zhang(id_number=first.person.id_number, from_month=month("2025-02"))
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("from_month", "overlapping")
    assert first.reference in str(problem.message)
    assert ArrearsCase.objects.count() == Receivable.objects.count() == 1
    office.do(first, Action.CANCEL, text="误开")
    again = office.zhang(id_number=first.person.id_number, from_month=month("2025-02"))
    assert again.state == State.OPENED


def test_months_on_record_are_not_missed(office: Office) -> None:
    person = office.at(State.CANCELLED).person
    Contribution.objects.create(
        person=person, pool_id="990100", scheme="employee", from_month=month("2024-01"),
        to_month=month("2025-01"), months=13, recorded_at=moment(OPENED_ON),
    )  # fmt: skip
    with pytest.raises(Problems) as refused:
        office.zhang(id_number=person.id_number)
    assert "2025-01" in str(refused.value.problems[0].message)
    assert "2025-02" not in str(refused.value.problems[0].message)


def test_a_clerk_of_another_office_opens_nothing(office: Office) -> None:
    other = Office(pool="350500")
    with pytest.raises(NotAllowed):
        open_case(office.draft(), by=other.actor("clerk"), at=moment(OPENED_ON))
    with pytest.raises(NotAllowed):
        open_case(office.draft(), by=office.actor("finance"), at=moment(OPENED_ON))
    assert not Person.objects.filter(pk__in=ArrearsCase.objects.values("person")).exists()


ASSESSING: list[tuple[str, dict[str, Any]]] = [
    ("pay_by", {"pay_by": date(2025, 3, 9)}),
    ("pay_by", {"pay_by": date(2025, 4, 1)}),  # one more month would be missing
    ("to_month", {"to_month": month("2025-01")}),
    ("resumed_month", {"resumed_month": month("2025-01")}),
    ("base_fen", {"base_fen": -1}),
]


@pytest.mark.parametrize(("field", "data"), ASSESSING)
def test_an_assessment_that_makes_no_sense_is_refused(
    office: Office, field: str, data: dict[str, Any]
) -> None:
    case = office.zhang()
    with pytest.raises(Invalid) as refused:
        office.do(case, Action.ASSESS, **data)
    assert refused.value.field == field
    assert not Quote.objects.exists()
    assert ArrearsCase.objects.get(pk=case.pk).version == 1


def test_nothing_is_assessed_before_the_materials_are_there(office: Office) -> None:
    case = office.zhang(materials=("id_card",))
    with pytest.raises(NotAllowed, match=r"劳动合同.*工资证明"):
        office.do(case, Action.ASSESS)
    case = office.do(case, Action.TAKE_MATERIALS, kinds=["labour_contract", "wage_proof"])
    assert office.do(case, Action.ASSESS).state == State.ASSESSED


def test_what_a_place_does_not_let_be_paid_back_is_not_quoted(office: Office) -> None:
    hubei = Office(pool="420100")
    case = hubei.li()
    with pytest.raises(NotAllowed) as refused:
        hubei.do(case, Action.ASSESS, on="2025-06-05")
    assert refused.value.code == "gap_too_long"
    case = hubei.do(case, Action.REFUSE, on="2025-06-05", text="断缴超过3个月")
    assert case.state == State.INELIGIBLE
    shown = case.events.latest("seq").shown_zh
    assert "2025年9月1日" in shown  # joining anew in June, three months of waiting


PAYING: list[tuple[str, dict[str, Any], str]] = [
    ("payer", {"payer": "bank"}, "required"),
    ("method", {"method": "shells"}, "required"),
    ("bank_reference", {"method": "bank"}, "required"),
    ("amount_fen", {"amount_fen": 0}, "amount"),
    ("amount_fen", {"amount_fen": -5}, "amount"),
    ("amount_fen", {"amount_fen": 162_721}, "amount"),
    ("amount_fen", {"amount_fen": 160_001, "payer": "person"}, "amount"),
    ("paid_on", {"paid_on": date(2025, 3, 21)}, "future"),
    ("paid_on", {"paid_on": date(2025, 2, 1)}, "too_early"),
]


@pytest.mark.parametrize(("field", "data", "code"), PAYING)
def test_a_payment_that_cannot_be_is_refused(
    office: Office, field: str, data: dict[str, Any], code: str
) -> None:
    case = office.at(State.ASSESSED)
    given = {"payer": "employer", "method": "counter", "amount_fen": 100, "paid_on": date(2025, 3, 20), **data}  # fmt: skip
    with pytest.raises(Invalid) as refused:
        office.do(case, Action.PAY, by="finance", on=PAID_ON, **given)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert not Payment.objects.exists()


def test_a_payment_after_the_pay_by_date_needs_a_new_quote(office: Office) -> None:
    case = office.at(State.ASSESSED)
    with pytest.raises(Invalid) as refused:
        office.paid(case, 100, on="2025-03-21")
    assert (refused.value.field, refused.value.code) == ("paid_on", "lapsed")
