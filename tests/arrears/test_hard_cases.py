"""Where dates, gaps and payments cross: what is fair to the person and safe for the books."""

from datetime import date

import pytest
import time_machine

from arrears import lapsing, tasks
from arrears.lapsing import requote
from arrears.models import ArrearsCase, ArrearsMonth, ArrearsPolicy, Payment
from arrears.quoting import current_quote, rest_of
from arrears.rules.states import Action, State
from arrears.staff.explained import explained
from arrears.staff.papers import quote_paper, receipt_paper
from tests.scenes import Scene, example_number, moment
from transfers import plugs
from transfers.documents.verification import Verdict, code_of, verify
from transfers.models import Contribution, OutboxMessage, Paper, Person
from transfers.staff.desk import Desk
from transfers.workflow.errors import Invalid, NotAllowed, Problems

from .office import PAID_ON, Office, month


def on_record(office: Office, number: str, *spans: tuple[str, str]) -> None:
    person, _made = Person.objects.get_or_create(
        id_number=number, defaults={"sex": "male", "birth_on": date(1985, 4, 12)}
    )
    for first, last in spans:
        start, end = month(first), month(last)
        Contribution.objects.create(
            person=person, pool_id=office.pool, scheme="employee", from_month=start, to_month=end,
            months=(end.year - start.year) * 12 + end.month - start.month + 1,
            recorded_at=moment("2025-01-02"),
        )  # fmt: skip


def test_a_payment_made_in_time_and_entered_late_counts_as_made_in_time(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    quote = current_quote(case)
    assert quote is not None
    requote(moment("2025-04-01", 0))
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.to_month, current_quote(case).version) == (month("2025-03"), 2)  # type: ignore[union-attr]
    case = office.do(
        case, Action.PAY, by="finance", on="2025-04-01", payer="employer", method="counter",
        amount_fen=quote.total_fen, paid_on=date(2025, 3, 31),
    )  # fmt: skip
    assert (case.state, case.to_month, case.restart_on) == (
        State.SETTLED, month("2025-02"), date(2025, 4, 1),
    )  # fmt: skip
    assert ArrearsMonth.objects.filter(case=case).count() == 2
    row = Contribution.objects.get(person=case.person)
    assert (row.from_month, row.to_month) == (month("2025-01"), month("2025-02"))


def test_a_late_entry_forgets_nothing_that_was_learnt_since(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    case = office.assessed(
        case, on="2025-03-28", pay_by=date(2025, 4, 10), resumed_month=month("2025-03")
    )
    case = office.paid(case, 80_000, on="2025-04-02", paid_on=date(2025, 3, 20))
    assert case.resumed_month == month("2025-03")
    requote(moment("2025-04-03", 0))
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.to_month, case.resumed_month) == (month("2025-02"), month("2025-03"))
    assert current_quote(case).principal_employer_fen == 2 * 64_000  # type: ignore[union-attr]


def test_a_late_entry_in_part_lets_no_month_go_that_was_asked_for_since(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    requote(moment("2025-04-01", 0))
    case = ArrearsCase.objects.get(pk=case.pk)
    case = office.assessed(
        case, on="2025-04-01", pay_by=date(2025, 4, 10), resumed_month=month("2025-04")
    )
    case = office.paid(case, 80_000, on="2025-04-02", paid_on=date(2025, 3, 31))
    assert ArrearsMonth.objects.filter(case=case).count() == 3
    requote(moment("2025-04-03", 0))
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.to_month, case.resumed_month) == (month("2025-03"), month("2025-04"))
    assert {owed.month for owed in rest_of(case)} == {
        month("2025-01"), month("2025-02"), month("2025-03"),
    }  # fmt: skip


def test_what_is_quoted_holds_when_the_place_changes_its_rules(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    ArrearsPolicy.objects.filter(region="990100").update(
        restart_rule="plus_30_days", contribution_rate_unit="0.1"
    )
    case = office.paid(case, 162_720, on="2025-03-20")
    assert (case.state, case.restart_on) == (State.SETTLED, date(2025, 4, 1))


def test_who_changed_scheme_after_few_months_waits_as_after_a_longer_gap(office: Office) -> None:
    plain, few, many = (
        office.assessed(
            office.zhang(switched=switched, consecutive_before=months), pay_by=date(2025, 3, 20)
        )
        for switched, months in ((False, 12), (True, 12), (True, 24))
    )
    waits = [current_quote(case).waiting_months for case in (plain, few, many)]  # type: ignore[union-attr]
    assert waits == [0, 6, 0]
    told = explained(current_quote(few))  # type: ignore[arg-type]
    given = {each.label for line in told.restart for each in line.inputs}
    assert "Months paid in a row before the gap" in given or "断缴前连续缴费月数" in given
    corrected = office.assessed(few, on="2025-03-11", switched=False)
    assert current_quote(corrected).waiting_months == 0  # type: ignore[union-attr]


def test_a_late_entry_beside_a_payment_under_a_later_quote_is_refused(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    requote(moment("2025-04-01", 0))
    case = office.paid(ArrearsCase.objects.get(pk=case.pk), 100, on="2025-04-02")
    with pytest.raises(Invalid) as refused:
        office.paid(case, 100, on="2025-04-02", paid_on=date(2025, 3, 31))
    assert (refused.value.field, refused.value.code) == ("paid_on", "order")


def test_who_pays_everything_before_the_pay_by_date_pays_the_fee_to_the_day(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    assert current_quote(case).fee_employer_fen > 2_720  # type: ignore[union-attr]
    case = office.paid(case, 162_720, on=PAID_ON)
    assert (case.state, rest_of(case)) == (State.SETTLED, [])
    quote = current_quote(case)
    assert quote is not None
    assert (quote.version, quote.pay_by, quote.fee_employer_fen) == (2, date(2025, 3, 20), 2_720)


def test_a_waiver_keeps_the_months_that_are_paid(office: Office) -> None:
    case = office.paid(office.at(State.ASSESSED), 81_920)  # January in full
    case = office.do(case, Action.WAIVE, by="supervisor", on=PAID_ON, text="救济决定")
    row = Contribution.objects.get(person=case.person)
    assert (row.from_month, row.to_month) == (month("2025-01"), month("2025-01"))
    shown = case.events.latest("seq").shown_en
    assert "2025-02 has been waived" in shown
    assert "2025-01 is paid and counts" in shown
    with pytest.raises(Problems) as refused:
        office.zhang(on=PAID_ON, id_number=case.person.id_number)
    assert refused.value.problems[0].code == "paid"
    assert OutboxMessage.objects.filter(key=f"arrears:{case.reference}:4:employer").exists()


def test_nothing_is_waived_while_a_month_is_paid_in_part(office: Office) -> None:
    case = office.paid(office.at(State.ASSESSED), 90_000)
    with pytest.raises(NotAllowed) as refused:
        office.do(case, Action.WAIVE, by="supervisor", on=PAID_ON, text="救济决定")
    assert refused.value.code == "condition"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from_month": month("2025-05"), "to_month": month("2025-05")}, "from_month"),
        ({"from_month": month("2025-02"), "to_month": month("2025-03")}, None),
        ({"from_month": month("2025-02"), "to_month": month("2025-02")}, None),
    ],
)
def test_a_gap_is_asked_for_from_its_beginning(
    office: Office, changes: dict[str, date], field: str | None
) -> None:
    number = example_number()
    on_record(office, number, ("2023-01", "2025-01"))
    if field is None:
        assert office.li(id_number=number, **changes).state == State.OPENED
        return
    with pytest.raises(Problems) as refused:
        office.li(id_number=number, **changes)
    assert refused.value.problems[0].field == field
    assert "2025-02" in str(refused.value.problems[0].message)


def test_a_gap_in_a_record_that_goes_on_is_asked_for_as_a_whole(office: Office) -> None:
    number = example_number()
    on_record(office, number, ("2023-01", "2025-01"), ("2025-04", "2025-05"))
    with pytest.raises(Problems) as refused:
        office.li(id_number=number, to_month=month("2025-02"))
    assert refused.value.problems[0].field == "to_month"
    with pytest.raises(Problems) as refused:
        office.li(id_number=number, to_month=month("2025-03"), resumed_month=month("2025-06"))
    assert refused.value.problems[0].field == "resumed_month"
    assert office.li(id_number=number, to_month=month("2025-03")).resumed_month == month("2025-04")


def test_one_gap_is_not_split_into_two_cases(office: Office) -> None:
    first = office.li(to_month=month("2025-03"), resumed_month=month("2025-04"))
    with pytest.raises(Problems) as refused:
        office.li(id_number=first.person.id_number, from_month=month("2025-04"))
    assert refused.value.problems[0].code == "part_of_a_gap"


def test_a_month_that_costs_less_than_is_paid_for_it_is_not_quoted(office: Office) -> None:
    case = office.paid(office.at(State.ASSESSED), 70_000)
    with pytest.raises(Invalid) as refused:
        office.do(case, Action.ASSESS, on=PAID_ON, base_fen=400_000)
    assert (refused.value.field, refused.value.code) == ("base_fen", "surplus")
    assert ArrearsCase.objects.get(pk=case.pk).base_fen is None


def test_an_assessment_after_the_months_end_takes_that_month_in(office: Office) -> None:
    case = office.zhang("2025-03-28")
    case = office.do(case, Action.ASSESS, on="2025-04-02")
    assert case.to_month == month("2025-03")
    assert current_quote(case).principal_person_fen == 3 * 16_000  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("to_month", {"to_month": month("2025-03")}),
        ("to_month", {"to_month": month("2025-04")}),
        ("resumed_month", {"resumed_month": month("2025-04")}),
    ],
)
def test_no_month_of_the_future_is_quoted(
    office: Office, field: str, data: dict[str, date]
) -> None:
    case = office.zhang()
    with pytest.raises(Invalid) as refused:
        office.do(case, Action.ASSESS, **data)
    assert refused.value.field == field
    with pytest.raises(Problems) as opened:
        office.zhang(resumed_month=month("2025-04"))
    assert {problem.field for problem in opened.value.problems} == {"resumed_month"}


def test_months_on_record_are_not_taken_in(office: Office) -> None:
    case = office.zhang(on="2025-06-05", resumed_month=None)
    on_record(office, case.person.id_number, ("2025-03", "2025-04"))
    with pytest.raises(Invalid) as refused:
        office.do(case, Action.ASSESS, on="2025-06-05", to_month=month("2025-04"))
    assert (refused.value.field, refused.value.code) == ("to_month", "paid")


def test_a_case_that_could_restart_at_once_waits_a_day_for_second_thoughts(office: Office) -> None:
    ArrearsPolicy.objects.filter(region="990100").update(restart_rule="payment_month")
    case = office.at(State.SETTLED)
    assert case.restart_on == date(2025, 3, 1)
    with time_machine.travel(moment(PAID_ON, 23), tick=False):
        tasks.reinstate_settled()
    case = office.do(case, Action.TAKE_BACK, by="finance", on=PAID_ON, number=1, text="录入有误")
    case = office.paid(case)
    with time_machine.travel(moment("2025-03-21", 0), tick=False):
        tasks.reinstate_settled()
    assert ArrearsCase.objects.get(pk=case.pk).state == State.REINSTATED


def test_an_ended_policy_stops_neither_payments_nor_reminders(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 28))
    ArrearsPolicy.objects.filter(region="990100").update(valid_to=date(2025, 3, 24))
    with time_machine.travel(moment("2025-03-26", 9), tick=False):
        assert tasks.remind_of_arrears() == 2
    case = office.paid(case, 100, on="2025-03-26")
    assert case.state == State.PARTLY_PAID


def test_a_quote_that_cannot_be_made_any_more_is_for_a_supervisor_and_told_once(
    office: Office,
) -> None:
    case = office.assessed(office.zhang())
    ArrearsPolicy.objects.filter(region="990100").update(back_pay_allowed=False)
    for day in ("2025-03-21", "2025-03-22"):
        with time_machine.travel(moment(day, 0), tick=False):
            tasks.requote_lapsed()
    stuck = OutboxMessage.objects.filter(key__contains=":stuck:")
    assert [message.address for message in stuck] == [office.user("supervisor").email]
    assert case.reference in stuck.get().text
    assert current_quote(case).version == 1  # type: ignore[union-attr]


def test_the_employer_is_told_what_is_left_of_its_own(office: Office) -> None:
    case = office.paid(office.at(State.ASSESSED), 160_000, payer="person")
    letter = OutboxMessage.objects.get(key=f"arrears:{case.reference}:3:employer")
    assert "¥27.20" in letter.text
    assert "¥320.00" not in letter.text
    requote(moment("2025-03-21"))
    shown = case.events.latest("seq").shown_en
    assert "¥1,6" not in shown


def test_after_a_payment_is_taken_back_no_past_day_is_asked_for(office: Office) -> None:
    case = office.at(State.SETTLED)
    case = office.do(case, Action.TAKE_BACK, by="finance", on="2025-03-28", number=1, text="退票")
    shown = case.events.latest("seq").shown_en
    assert "worked out anew" in shown
    assert "20 March" not in shown


def test_nothing_is_quoted_where_nothing_is_owed(office: Office) -> None:
    ArrearsPolicy.objects.filter(region="990100").update(
        contribution_rate_unit=0, contribution_rate_person=0
    )
    with pytest.raises(NotAllowed) as refused:
        office.assessed()
    assert refused.value.code == "nothing"
    assert not Payment.objects.exists()


def test_a_month_taken_meanwhile_stops_no_other_case_of_the_chunk(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, others = office.assessed(office.zhang()), [
        office.assessed(office.zhang(resumed_month=month("2025-03"))) for _ in range(3)
    ]  # fmt: skip
    real = lapsing.follow

    def follow(cases: list[ArrearsCase], today: date) -> list[ArrearsMonth]:
        """As if somebody had opened a case for March a moment after the look."""
        wanted = real(cases, today)
        return [*wanted, *(ArrearsMonth(case=m.case, person_id=m.person_id, pool_id=m.pool_id, month=m.month) for m in wanted)]  # fmt: skip

    monkeypatch.setattr(lapsing, "follow", follow)
    run = requote(moment("2025-04-01"))
    assert (run.cases, len(run.errors)) == (3, 1)
    versions = {case.pk: current_quote(case).version for case in (taken, *others)}  # type: ignore[union-attr]
    assert list(versions.values()) == [1, 2, 2, 2]


def test_papers_that_no_longer_hold_say_so(office: Office) -> None:
    case = office.at(State.ASSESSED)
    desk = Desk(office.user("clerk"), "/", moment(PAID_ON))
    quoted = quote_paper(case, desk)
    assert quoted is not None
    assert verdict(quoted) is Verdict.GENUINE
    case = office.paid(case, 90_000)
    receipt = receipt_paper(case, 1, desk)
    assert receipt is not None
    assert verdict(receipt) is Verdict.GENUINE
    case = office.do(case, Action.TAKE_BACK, by="finance", on=PAID_ON, number=1, text="退票")
    assert verdict(receipt) is Verdict.WITHDRAWN
    assert verdict(quoted) is Verdict.GENUINE
    office.do(case, Action.CANCEL, on=PAID_ON, text="误开")
    assert verdict(quoted) is Verdict.WITHDRAWN


def verdict(paper: Paper) -> Verdict:
    return verify(paper.number, code_of(paper), date.fromisoformat(PAID_ON)).verdict


def test_an_overlay_that_cannot_be_made_leaves_the_transfers_page_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_given: object) -> list[plugs.Overlay]:
        raise RuntimeError("示例")

    monkeypatch.setattr(plugs, "overlays", [crash, *plugs.overlays])
    case = Scene().submit().application
    office.zhang("2025-09-25", id_number=case.person.id_number, resumed_month=month("2025-03"))
    assert len(plugs.overlays_of(case, date(2025, 9, 25))) == 1
    assert "could not be made" in caplog.text
