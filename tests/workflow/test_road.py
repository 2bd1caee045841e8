"""The main road and its turnings, with dates that name their weekday."""

from datetime import date, timedelta

import pytest

from tests.scenes import FORM, Scene, moment, money_at, steps_of
from transfers.models import Event, OutboxMessage, TransferApplication
from transfers.rules.balances import BalanceState
from transfers.rules.states import Action, State
from transfers.rules.steps import Outcome
from transfers.workflow.actions import offers
from transfers.workflow.errors import ChecksFailed, Invalid, NotAllowed, Problems
from transfers.workflow.forms import FormDraft, RowDraft


def reload(application: TransferApplication) -> TransferApplication:
    return TransferApplication.objects.get(pk=application.pk)


def test_the_main_road_from_applied_to_credited(scene: Scene) -> None:
    # 2025-09-30 is a Tuesday before the National Day holidays; 2025-10-11 is a worked Saturday.
    application = scene.in_state(State.BALANCE_CREDITED)
    application = reload(application)
    assert application.state == State.BALANCE_CREDITED
    assert application.balance.state == BalanceState.CREDITED
    assert application.balance.received_fen == application.balance.amount_fen == 123_456
    assert [event.verb for event in application.events.all()] == [
        "submit", "pass_check", "pass_check", "prepare:transfer_out", "transfer_out",
        "transfer_in", "prepare:remit", "remit", "receive", "match",
        "prepare:credit_balance", "credit_balance",
    ]  # fmt: skip
    assert [event.seq for event in application.events.all()] == list(range(1, 13))
    assert application.version == 12
    steps = steps_of(application)
    assert steps["transfer_out"].due_on == date(2025, 10, 21)
    assert not application.steps.filter(closed_on__isnull=True).exists()


@pytest.mark.parametrize(
    ("accepted", "out", "received"),
    [("2025-09-30", "2025-10-21", "2025-10-28"), ("2026-02-13", "2026-03-05", "2026-03-12")],
)
def test_ten_and_five_working_days_across_the_long_holidays(
    scene: Scene, accepted: str, out: str, received: str
) -> None:
    application = scene.accepted(accepted)
    assert steps_of(application)["transfer_out"].due_on == date.fromisoformat(out)
    scene.four_eyes(
        application, "transfer_out", "origin_clerk", "origin_checker", moment(out), form=FORM
    )
    assert steps_of(application)["transfer_in"].due_on == date.fromisoformat(received)


def test_a_promise_shorter_than_the_statute_keeps_both(db: None) -> None:
    # Quanzhou promises 8 working days for transferring out; the law gives 10.
    scene = Scene(origin="350500", destination="990100")
    step = steps_of(scene.accepted())["transfer_out"]
    assert (step.limit_days, step.statutory_days) == (8, 10)
    assert (step.due_on, step.statutory_due_on) == (date(2025, 10, 17), date(2025, 10, 21))
    assert step.policy["transfer_out_days"]["region"] == "350500"


def test_the_supplement_stops_the_clock_and_gives_back_what_was_left(scene: Scene) -> None:
    application = scene.submit(moment("2025-09-22")).application  # Monday
    assert steps_of(application)["check_origin"].due_on == date(2025, 9, 28)  # a worked Sunday
    scene.do(application, "origin_clerk", Action.REQUEST_SUPPLEMENT, moment("2025-09-24"),
             items=["stop_proof", "id_card"], why="看不清")  # fmt: skip
    paused = steps_of(application)
    assert paused["check_origin"].due_on is None
    assert paused["check_origin"].used_days == 2
    assert paused["check_destination"].due_on is None
    assert paused["supplement"].due_on == date(2025, 10, 21)
    with pytest.raises(Invalid) as refusal:
        scene.do(application, "origin_clerk", Action.SUPPLY, moment("2025-10-10"),
                 items=["id_card"])  # fmt: skip
    assert refusal.value.field == "items"
    scene.do(application, "applicant", Action.SUPPLY, moment("2025-10-10"))  # Friday
    resumed = steps_of(application)
    assert resumed["check_origin"].due_on == date(2025, 10, 14)  # 3 left: Sat 11, Mon 13, Tue 14
    assert resumed["supplement"].outcome == Outcome.DONE
    again = [offer.verb for offer in offers(reload(application), scene.actor("origin_clerk"))]
    assert "request_supplement" not in again
    other = [offer.verb for offer in offers(reload(application), scene.actor("destination_clerk"))]
    assert "request_supplement" in other


def test_an_unanswered_supplement_lapses(scene: Scene) -> None:
    application = scene.in_state(State.SUPPLEMENT_REQUESTED)
    with pytest.raises(NotAllowed):  # asked on 2025-09-25, so Wednesday 2025-10-22 is the day
        scene.do(application, "system", Action.LAPSE, moment("2025-10-22", 23))
    scene.do(application, "system", Action.LAPSE, moment("2025-10-23", 0))
    assert reload(application).state == State.WITHDRAWN
    supplement = steps_of(application)["supplement"]
    assert (supplement.lateness_reason, supplement.charged_to) == ("applicant_late", "applicant")
    assert not application.steps.filter(closed_on__isnull=True).exists()


def test_a_discrepancy_starts_the_origin_and_restarts_the_destination_in_full(scene: Scene) -> None:
    application = scene.out("2025-10-13")  # Monday
    scene.do(application, "destination_clerk", Action.RAISE_DISCREPANCY, moment("2025-10-15"),
             fields=["rows"], text="月数不符")  # fmt: skip
    steps = steps_of(application)
    assert steps["transfer_in"].outcome == Outcome.SUPERSEDED
    assert steps["correction"].due_on == date(2025, 10, 22)
    corrected = FormDraft(
        last_paid_month=date(2025, 8, 1), benefits_end_on=date(2025, 9, 30), balance_fen=123_400,
        rows=[RowDraft(date(2018, 7, 1), date(2025, 8, 1), months=80)],
    )  # fmt: skip
    scene.four_eyes(application, Action.CORRECT, "origin_checker", "origin_clerk",
                    moment("2025-10-16"), form=corrected)  # fmt: skip
    assert steps_of(application)["transfer_in"].due_on == date(2025, 10, 23)
    forms = list(application.forms.all())
    assert [form.version for form in forms] == [1, 2]
    assert forms[1].total_months == 80
    assert reload(application).balance.amount_fen == 123_400


def test_a_form_with_another_balance_decides_anew_what_is_due(scene: Scene) -> None:
    application = scene.accepted()
    assert reload(application).balance.state == BalanceState.PENDING
    empty = FormDraft(date(2025, 8, 1), date(2025, 9, 30), 0, FORM.rows)
    scene.four_eyes(application, "transfer_out", "origin_clerk", "origin_checker",
                    moment("2025-10-13"), form=empty)  # fmt: skip
    balance = reload(application).balance
    assert (balance.state, balance.due_reason) == (BalanceState.NOT_DUE, "zero_balance")
    assert steps_of(application)["remit"].outcome == Outcome.CANCELLED


def test_nothing_due_closes_the_case_with_the_transfer_in(scene: Scene) -> None:
    application = reload(scene.in_state(State.CLOSED_WITHOUT_BALANCE))
    assert application.state == State.CLOSED_WITHOUT_BALANCE
    last = application.events.last()
    assert (last.actor, last.verb) == ("system", "close_without_balance")
    assert last.facts["why"] == "no_personal_account"


def test_the_payout_closes_the_case_even_when_it_is_first(scene: Scene) -> None:
    application = scene.out()
    at, late = moment("2025-10-22"), ("workload", "origin")
    scene.four_eyes(application, "pay_to_person", "origin_finance", "origin_finance2", at,
                    lateness=late, payee="张示例", payee_account="6200 0000 0000 0000",
                    text="转入地无法接收")  # fmt: skip
    scene.do(application, "origin_finance", "confirm_payout", at, bank_reference="B2")
    assert reload(application).state == State.TRANSFERRED_OUT
    scene.do(application, "destination_clerk", Action.TRANSFER_IN, at, merged_months=84)
    assert reload(application).state == State.PAID_TO_PERSON


def test_only_the_insured_person_can_be_paid(scene: Scene) -> None:
    application = scene.out()
    with pytest.raises(Invalid) as refusal:
        scene.do(application, "origin_finance", "pay_to_person", moment("2025-10-22"),
                 mode="prepare", payee="李别人", payee_account="6200000000000000", text="x")  # fmt: skip
    assert refusal.value.field == "payee"


def test_a_difference_is_resolved_before_it_can_be_matched(scene: Scene) -> None:
    application = scene.arrived()
    at, late = moment("2025-10-29"), ("bank_delay", "bank")
    scene.remit(application, at, late)
    scene.do(application, "destination_finance", "receive", at, received_fen=100_000,
             bank_reference="B1")  # fmt: skip
    with pytest.raises(NotAllowed) as refusal:
        scene.do(application, "destination_finance", "match", at)
    assert refusal.value.code == "condition"
    scene.do(application, "destination_finance", "mismatch", at, text="少 234.56 元")
    with pytest.raises(Invalid):
        scene.do(application, "destination_finance", "resolve", at, resolution="return",
                 received_fen=123_456, text="补足")  # fmt: skip
    scene.do(application, "destination_finance", "resolve", at, resolution="top_up",
             received_fen=123_456, text="补足")  # fmt: skip
    scene.do(application, "destination_finance", "match", at)
    assert reload(application).balance.state == BalanceState.MATCHED


def test_bounced_money_goes_out_again(scene: Scene) -> None:
    application = scene.out()
    at = moment("2025-10-21")
    scene.remit(application, at)
    scene.do(application, "origin_finance", "bounce", moment("2025-10-23"), text="账号有误")
    assert steps_of(application)["resend"].due_on == date(2025, 10, 30)
    scene.remit(application, moment("2025-10-24"))
    assert reload(application).balance.state == BalanceState.REMITTED
    assert steps_of(application)["resend"].outcome == Outcome.DONE


def test_a_recall_needs_both_sides_and_the_money_at_home(scene: Scene) -> None:
    application = scene.out()
    at = moment("2025-10-21", 15)
    scene.remit(application, at)
    with pytest.raises(NotAllowed) as refusal:
        scene.do(application, "origin_supervisor", Action.RECALL, at, mode="prepare", text="误办")
    assert refusal.value.code == "condition"
    scene.do(application, "origin_finance", "bounce", at, text="退汇")
    scene.do(application, "origin_supervisor", Action.RECALL, at, mode="prepare", text="误办")
    scene.do(application, "destination_supervisor", Action.RECALL, at, mode="confirm")
    assert reload(application).state == State.RECALLED


def test_a_late_step_is_only_closed_with_a_reason_and_a_party(scene: Scene) -> None:
    application = scene.accepted()
    late = moment("2025-10-24")  # Friday, three working days after Tuesday 2025-10-21
    scene.do(application, "origin_clerk", "transfer_out", late, mode="prepare", form=FORM)
    with pytest.raises(Invalid) as refusal:
        scene.do(application, "origin_checker", "transfer_out", late, mode="confirm")
    assert refusal.value.field == "lateness_reason"
    assert reload(application).state == State.VALIDATED
    scene.do(application, "origin_checker", "transfer_out", late, mode="confirm",
             lateness=("records_missing", "origin"))  # fmt: skip
    step = steps_of(application)["transfer_out"]
    assert (step.late_days, step.lateness_reason, step.charged_to) == (
        3, "records_missing", "origin",
    )  # fmt: skip


def test_the_maker_is_never_the_checker(scene: Scene) -> None:
    application = scene.accepted()
    at = moment("2025-10-13")
    scene.do(application, "origin_clerk", "transfer_out", at, mode="prepare", form=FORM)
    with pytest.raises(NotAllowed) as refusal:
        scene.do(application, "origin_clerk", "transfer_out", at, mode="confirm")
    assert refusal.value.code == "maker_is_checker"
    with pytest.raises(NotAllowed):
        scene.do(application, "origin_clerk", "transfer_out", at, mode="prepare", form=FORM)
    scene.do(application, "origin_checker", "transfer_out", at, mode="return", text="基数不对")
    scene.do(application, "origin_checker", "transfer_out", at, mode="prepare", form=FORM)
    scene.do(application, "origin_clerk", "transfer_out", at, mode="confirm")
    form = reload(application).forms.get()
    assert (form.prepared_by, form.sealed_by) == (
        scene.user("origin_checker"), scene.user("origin_clerk"),
    )  # fmt: skip


def test_a_proposal_is_void_when_the_case_goes_another_way(scene: Scene) -> None:
    application = scene.accepted()
    at = moment("2025-10-13")
    scene.do(application, "origin_clerk", "transfer_out", at, mode="prepare", form=FORM)
    scene.do(application, "applicant", Action.WITHDRAW, at)
    assert application.preparations.get().outcome == "void"


def test_withdrawing_belongs_to_whoever_submitted(scene: Scene) -> None:
    mine = scene.submit().application
    assert "withdraw" not in [o.verb for o in offers(mine, scene.actor("origin_clerk"))]
    assert "withdraw" in [o.verb for o in offers(mine, scene.actor("applicant"))]
    taken_in = scene.submit(by="destination_clerk", channel="counter").application
    taken_in = reload(taken_in)
    assert "withdraw" in [o.verb for o in offers(taken_in, scene.actor("destination_checker"))]
    assert "withdraw" not in [o.verb for o in offers(taken_in, scene.actor("origin_clerk"))]
    assert "withdraw" not in [o.verb for o in offers(taken_in, scene.actor("applicant"))]


def test_the_applicant_hears_of_every_stage_but_not_of_every_click(scene: Scene) -> None:
    application = scene.in_state(State.BALANCE_CREDITED)
    told = OutboxMessage.objects.filter(application=application, kind="applicant").order_by("pk")
    assert [message.event.verb for message in told] == [
        "submit", "pass_check", "transfer_out", "transfer_in", "credit_balance",
    ]  # fmt: skip
    assert all(message.event.shown_zh and message.event.shown_en for message in told)
    silent = scene.submit(notify_by="none").application
    assert not OutboxMessage.objects.filter(application=silent).exists()


def test_an_action_that_fails_leaves_nothing_behind(scene: Scene) -> None:
    application = scene.accepted()
    before = (reload(application).version, Event.objects.count())
    empty = FormDraft(date(2025, 8, 1), date(2025, 9, 30), 1, [])
    with pytest.raises(Problems):
        scene.do(application, "origin_clerk", "transfer_out", moment("2025-10-13"),
                 mode="prepare", form=empty)  # fmt: skip
    assert (reload(application).version, Event.objects.count()) == before


def test_money_that_came_before_the_months_is_credited_on_its_own_clock(scene: Scene) -> None:
    application = scene.out("2025-10-13")
    at = moment("2025-10-14")
    scene.remit(application, at)
    scene.do(application, "destination_finance", "receive", at, received_fen=123_456,
             bank_reference="B1")  # fmt: skip
    assert "credit" not in steps_of(application)
    scene.do(application, "destination_clerk", "transfer_in", at + timedelta(days=1),
             merged_months=84)  # fmt: skip
    credit = steps_of(application)["credit"]
    assert (credit.limit_days, credit.due_on) == (2, date(2025, 10, 17))  # Quanzhou promises two


@pytest.mark.parametrize("amount", [0, 500])
@pytest.mark.parametrize(
    ("state", "fits"),
    [
        ("pending", True), ("bounced", True), ("remitted", None), ("received", None),
        ("mismatched", None), ("matched", False), ("paying", False), ("paid_out", False),
    ],
)  # fmt: skip
def test_a_corrected_amount_never_leaves_the_money_stuck(
    scene: Scene, state: str, fits: bool | None, amount: int
) -> None:
    """`fits` None: another amount can be told of money on its way, but never zero."""
    application = money_at(scene, BalanceState(state))
    at, late = moment("2025-10-29"), ("workload", "destination")
    scene.do(application, "destination_clerk", Action.RAISE_DISCREPANCY, at, fields=["balance_fen"],
             text="余额不符", lateness=late)  # fmt: skip
    changed = FormDraft(FORM.last_paid_month, FORM.benefits_end_on, amount, FORM.rows)

    def correct() -> None:
        scene.four_eyes(application, Action.CORRECT, "origin_clerk", "origin_checker", at,
                        form=changed)  # fmt: skip

    if fits is False or (fits is None and amount == 0):
        with pytest.raises(Invalid) as refusal:
            correct()
        assert refusal.value.field == "balance_fen"
        return
    correct()
    balance = reload(application).balance
    assert balance.amount_fen == amount
    if state in ("pending", "bounced"):
        assert balance.state == ("not_due" if amount == 0 else "pending")
        assert not application.steps.filter(kind="resend", closed_on=None).exists()
        open_remit = application.steps.filter(kind="remit", closed_on=None)
        assert open_remit.exists() == bool(amount)


def test_money_that_must_go_back_whole_frees_the_case_for_a_recall(scene: Scene) -> None:
    application = money_at(scene, BalanceState.RECEIVED)
    at = moment("2025-10-29")
    scene.do(application, "destination_finance", "mismatch", at, text="不是本人的钱")
    scene.do(application, "destination_finance", "resolve", at, resolution="return",
             received_fen=0, text="全额退回")  # fmt: skip
    assert reload(application).balance.state == BalanceState.BOUNCED
    assert steps_of(application)["resend"].closed_on is None
    scene.four_eyes(application, Action.RECALL, "origin_supervisor", "destination_supervisor", at,
                    text="误办")  # fmt: skip
    assert reload(application).state == State.RECALLED


def test_lateness_cannot_be_washed_off_by_sending_the_form_back(scene: Scene) -> None:
    application = scene.out("2025-10-13")  # transfer-in due Monday 2025-10-20
    call = {"fields": ["rows"], "text": "月数不符"}
    with pytest.raises(Invalid) as refusal:
        scene.do(application, "destination_clerk", Action.RAISE_DISCREPANCY, moment("2025-10-22"),
                 **call)  # fmt: skip
    assert refusal.value.field == "lateness_reason"
    scene.do(application, "destination_clerk", Action.RAISE_DISCREPANCY, moment("2025-10-22"),
             lateness=("workload", "destination"), **call)  # fmt: skip
    step = steps_of(application)["transfer_in"]
    assert (step.outcome, step.late_days, step.charged_to) == ("superseded", 2, "destination")


def test_a_step_dropped_late_is_charged_to_whoever_owed_it(scene: Scene) -> None:
    application = scene.accepted()  # transfer-out due Tuesday 2025-10-21
    scene.do(application, "applicant", Action.WITHDRAW, moment("2025-10-24"))
    step = steps_of(application)["transfer_out"]
    assert (step.late_days, step.lateness_reason, step.charged_to) == (3, "case_ended", "origin")


def test_the_counter_keeps_its_case_when_its_clerk_moves_on(scene: Scene) -> None:
    application = reload(scene.submit(by="destination_clerk", channel="counter").application)
    clerk = scene.user("destination_clerk")
    clerk.agency = scene.user("origin_clerk").agency
    clerk.save()
    offered = {who: [o.verb for o in offers(application, scene.actor(who))]
               for who in ("destination_clerk", "destination_checker")}  # fmt: skip
    assert "withdraw" not in offered["destination_clerk"]
    assert "withdraw" in offered["destination_checker"]


def test_a_proposal_the_money_overtook_can_still_be_sent_back(scene: Scene) -> None:
    application = scene.out()
    at = moment("2025-10-21", 15)
    scene.do(application, "origin_supervisor", Action.RECALL, at, mode="prepare", text="误办")
    scene.remit(application, at)
    other = scene.actor("destination_supervisor")
    assert [o.mode for o in offers(reload(application), other) if o.verb == "recall"] == ["return"]
    scene.do(
        application, "destination_supervisor", Action.RECALL, at, mode="return", text="款已汇出"
    )
    assert application.preparations.get(verb="recall").outcome == "returned"


def test_a_confirmation_without_the_hash_that_was_read_is_refused(scene: Scene) -> None:
    application = scene.accepted()
    at = moment("2025-10-13")
    scene.do(application, "origin_clerk", "transfer_out", at, mode="prepare", form=FORM)
    with pytest.raises(Invalid) as refusal:
        scene.do(application, "origin_checker", "transfer_out", at, mode="confirm", hash="")
    assert refusal.value.field == "hash"


def test_a_relocated_retiree_is_paid_and_moves_no_months(scene: Scene) -> None:
    at = moment("2025-09-30")
    application = scene.submit(relocated_retiree=True).application
    with pytest.raises(ChecksFailed):
        scene.do(application, "origin_clerk", Action.PASS_CHECK, at)
    scene.do(application, "origin_clerk", Action.PASS_CHECK, at, record={"retired": True})
    scene.do(application, "destination_clerk", Action.PASS_CHECK, at)
    assert reload(application).balance.due_reason == "relocated_retiree"
    scene.four_eyes(application, "transfer_out", "origin_clerk", "origin_checker", at, form=FORM)
    with pytest.raises(Invalid):
        scene.do(application, "destination_clerk", "transfer_in", at, merged_months=84)
    scene.do(application, "destination_clerk", "transfer_in", at, merged_months=0)
