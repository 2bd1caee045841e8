"""The action pages: each verb shown and done; what is refused, and how nothing typed is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.scenes import FORM, Scene, moment
from tests.staff.desks import case_url, client_of, form_of, text_of
from transfers.models import Event, TransferApplication
from transfers.rules.states import Action, State
from transfers.staff.verbs import FORMS

LATE = {"lateness_reason": "workload", "charged_to": "origin"}
ROWS = {
    "rows-TOTAL_FORMS": "6", "rows-INITIAL_FORMS": "0", "rows-MIN_NUM_FORMS": "0",
    "rows-MAX_NUM_FORMS": "60",
    "rows-0-from_month": "2018-07", "rows-0-to_month": "2023-06", "rows-0-months": "60",
    "rows-0-kind": "actual", "rows-0-base_fen": "8000",
    "rows-1-from_month": "2023年9月", "rows-1-to_month": "2025/08", "rows-1-months": "",
    "rows-1-kind": "deemed", "rows-1-base_fen": "",
    **{f"rows-{n}-kind": "actual" for n in range(2, 6)},
}  # fmt: skip
A_FORM = {
    "last_paid_month": "2025-08", "benefits_end_on": "2025-09-30", "interrupted": "on",
    "balance_fen": "1,234.56", **ROWS,
}  # fmt: skip


def again(application: TransferApplication) -> TransferApplication:
    """The case as it is now; the protected state forbids refreshing in place."""
    return TransferApplication.objects.get(pk=application.pk)


def latest(application: TransferApplication) -> Event:
    event = Event.objects.filter(application=application, actor="staff").order_by("-seq").first()
    assert event is not None
    return event


def open_page(
    client: Client, application: TransferApplication, verb: str
) -> tuple[str, dict[str, str]]:
    answer = client.get(case_url(application, verb))
    assert answer.status_code == 200, text_of(answer)
    html = text_of(answer)
    return html, form_of(html)


def press(
    scene: Scene, who: str, application: TransferApplication, verb: str, **typed: Any
) -> Event:
    """Open the page of an action, fill it in, press its button; the event it made."""
    client = client_of(scene.user(who))
    html, hidden = open_page(client, application, verb)
    assert "申请人将看到" in html
    assert 'lang="zh-Hans"' in html
    assert 'lang="en"' in html
    if 'name="lateness_reason"' in html:
        typed = {**LATE, **typed}
    answer = client.post(case_url(application, verb), {**hidden, **typed})
    assert answer.status_code == 302, text_of(answer)
    assert answer["Location"] == case_url(application)
    assert (
        "已办理" in text_of(client.get(answer["Location"]))
        or typed.get("mode")
        or ("已提交" in text_of(client.get(answer["Location"])) or hidden.get("mode") == "prepare")
    )
    return latest(application)


def four_eyes(
    scene: Scene,
    maker: str,
    checker: str,
    application: TransferApplication,
    verb: str,
    **typed: Any,
) -> Event:
    assert press(scene, maker, application, verb, **typed).verb == f"prepare:{verb}"
    return press(scene, checker, application, verb, mode="confirm")


def test_the_main_road_at_the_pages(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    event = press(scene, "origin_clerk", application, "pass_check",
                  id_same="on", name="张示例", enrolled_on="2018-07-01", stopped_on="2025-08-31",
                  balance_fen="1234.56", note="查过档案")  # fmt: skip
    assert (event.verb, event.note, event.to_state) == ("pass_check", "查过档案", "applied")
    event = press(scene, "destination_clerk", application, "pass_check",
                  id_same="on", name="张示例", enrolled_on="2025-09-01", paying="on")  # fmt: skip
    assert event.to_state == State.VALIDATED
    event = four_eyes(
        scene, "origin_clerk", "origin_checker", application, "transfer_out", **A_FORM
    )
    assert event.to_state == State.TRANSFERRED_OUT
    form = application.forms.get()
    assert (form.balance_fen, form.total_months, form.interrupted) == (123456, 84, True)
    assert [row.kind for row in form.rows.all()] == ["actual", "deemed"]
    event = press(scene, "destination_clerk", application, "raise_discrepancy",
                  fields_named=["rows", "balance_fen"], text="月数不符")  # fmt: skip
    assert event.facts["fields"] == ["rows", "balance_fen"]
    event = press(scene, "origin_clerk", application, "uphold", text="原记录无误")
    assert event.to_state == State.TRANSFERRED_OUT
    press(scene, "destination_clerk", application, "raise_discrepancy",
          fields_named=["rows"], text="仍不符")  # fmt: skip
    four_eyes(scene, "origin_clerk", "origin_checker", application, "correct", **A_FORM)
    assert application.forms.count() == 2
    event = press(scene, "destination_clerk", application, "transfer_in")
    assert event.facts["months"] == 84
    four_eyes(scene, "origin_finance", "origin_finance2", application, "remit")
    press(scene, "destination_finance", application, "receive", received_fen="1230",
          bank_reference="B-1")  # fmt: skip
    press(scene, "destination_finance", application, "mismatch", text="少 4.56 元")
    event = four_eyes(scene, "origin_clerk", "origin_checker", application, "restate",
                      balance_fen="1,234.50")  # fmt: skip
    assert (event.facts["form"], event.to_state) == (3, "mismatched")
    press(scene, "destination_finance", application, "resolve", resolution="top_up",
          received_fen="1234.50", text="已补足")  # fmt: skip
    press(scene, "destination_finance", application, "match")
    event = four_eyes(scene, "destination_finance", "destination_finance2", application,
                      "credit_balance")  # fmt: skip
    assert event.to_state == State.BALANCE_CREDITED


def test_materials_at_the_pages(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    event = press(scene, "origin_clerk", application, "request_supplement",
                  items=["stop_proof", "id_card"], why="停保证明看不清")  # fmt: skip
    assert "停保证明看不清" in event.shown_zh
    event = press(scene, "origin_checker", application, "supply", items=["stop_proof", "id_card"])
    assert event.to_state == State.APPLIED


def test_refusals_at_the_pages(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    event = press(scene, "destination_clerk", application, "reject",
                  code="destination_not_enrolled", text="还没有在新地方参保")  # fmt: skip
    assert (event.reason_code, event.to_state) == ("destination_not_enrolled", State.REJECTED)
    application = scene.accepted(on="2025-10-27")
    event = press(
        scene, "origin_supervisor", application, "refuse_late", code="death", text="已去世"
    )
    assert event.to_state == State.REJECTED
    application = scene.submit(moment("2025-10-27"), by="origin_clerk").application
    assert press(scene, "origin_checker", application, "withdraw").to_state == State.WITHDRAWN
    application = scene.out()
    event = four_eyes(scene, "origin_supervisor", "destination_supervisor", application, "recall",
                      text="已回原地工作")  # fmt: skip
    assert event.to_state == State.RECALLED


def test_payouts_and_bounces_at_the_pages(scene: Scene) -> None:
    application = scene.arrived()
    four_eyes(scene, "origin_finance", "origin_finance2", application, "remit")
    press(scene, "origin_finance", application, "bounce", text="账号有误")
    four_eyes(scene, "origin_finance", "origin_finance2", application, "resend")
    press(scene, "origin_finance", application, "bounce", text="又退汇")
    four_eyes(scene, "origin_finance", "origin_finance2", application, "pay_to_person",
              payee="张示例", payee_account="6200 0000 0000 0000", text="转入地无法接收")  # fmt: skip
    press(scene, "origin_finance", application, "confirm_payout", bank_reference="B-4")
    assert again(application).state == State.PAID_TO_PERSON


def test_every_verb_has_been_pressed_above() -> None:
    """The roads above together press every button there is."""
    calls = r"(?:press|four_eyes)\(\s*scene,(?:[^,()]+,)+?\s*application,\s*\"(\w+)\""
    pressed = set(re.findall(calls, Path(__file__).read_text("utf-8")))
    assert pressed == set(FORMS)


def test_verbs_that_nobody_does_by_hand_have_no_page(scene: Scene) -> None:
    application = scene.in_state(State.TRANSFERRED_IN)
    client = client_of(scene.user("destination_finance"))
    for verb in (
        "lapse",
        "close_without_balance",
        "close_paid_out",
        "submit",
        "decide",
        "credit",
        "x",
    ):
        assert client.get(case_url(application, verb)).status_code == 404
        assert (
            client.post(case_url(application, verb), {"mode": "do", "seen": 1}).status_code == 404
        )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_action_that_is_not_possible_now_says_so(scene: Scene, language: str) -> None:
    application = scene.in_state(State.APPLIED)
    answer = client_of(scene.user("origin_clerk"), language).get(
        case_url(application, "transfer_in")
    )
    assert answer.status_code == 409
    said = {"zh-hans": "现在不能办理，或不由您办理", "en": "This cannot be done now"}[language]
    assert said in text_of(answer)
    assert 'name="seen"' not in text_of(answer)


def test_a_stale_page_writes_nothing_and_keeps_what_was_typed(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    slow = client_of(scene.user("origin_checker"))
    _html, hidden = open_page(slow, application, "reject")
    quick = scene.user("origin_clerk")
    quick.last_name, quick.first_name = "李", "敏"
    quick.save()
    scene.do(application, "origin_clerk", "request_supplement", moment("2025-10-28", 10, 2),
             items=["id_card"], why="身份证过期")  # fmt: skip
    answer = slow.post(
        case_url(application, "reject"),
        {**hidden, "code": "other", "text": "写了很久的理由", "note": "给同事的话"},
    )
    html = text_of(answer)
    assert answer.status_code == 409
    assert "李敏 已在 10:02 办理：要求补正" in html
    assert "写了很久的理由" in html
    assert "给同事的话" in html
    assert f'href="{case_url(application)}"' in html
    assert "button" not in html.split('id="id_note"')[1].split("</form>")[0]
    assert again(application).state == State.SUPPLEMENT_REQUESTED


def test_what_is_wrong_stands_beside_its_field_and_on_top(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    client = client_of(scene.user("origin_clerk"))
    _html, hidden = open_page(client, application, "reject")
    answer = client.post(
        case_url(application, "reject"), {**hidden, "code": "", "text": "只写了说明"}
    )
    html = text_of(answer)
    assert answer.status_code == 422
    assert "<title>有误：不予受理" in html
    assert "有 1 处需要修改" in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_code_error"' in html
    assert "只写了说明" in html


def test_the_workflows_own_refusals_stand_beside_their_fields(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    client = client_of(scene.user("origin_clerk"))
    _html, hidden = open_page(client, application, "transfer_out")
    wrong = {**A_FORM, "last_paid_month": "2025-07", "rows-0-to_month": "2018-01"}
    html = text_of(client.post(case_url(application, "transfer_out"), {**hidden, **wrong}))
    assert "第 1 行的截止月早于起始月" in html
    assert 'id="id_last_paid_month_error"' in html
    assert 'value="8000"' in html  # the rows are as they were typed
    assert not application.preparations.exists()


def test_rows_can_be_added_without_losing_any(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    client = client_of(scene.user("origin_clerk"))
    html, hidden = open_page(client, application, "transfer_out")
    assert html.count('name="rows-5-from_month"') == 1
    more = text_of(
        client.post(case_url(application, "transfer_out"), {**hidden, **A_FORM, "more_rows": "1"})
    )
    assert 'name="rows-11-from_month"' in more
    assert 'value="2018-07"' in more
    assert not application.preparations.exists()


def test_a_late_step_asks_why_and_charges_somebody(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-15")).application  # the checks were due on the 22nd
    client = client_of(scene.user("origin_clerk"))
    html, hidden = open_page(client, application, "reject")
    assert "“转出地校验”已超期 5 个工作日" in html
    typed = {"code": "other", "text": "无法核实"}
    answer = client.post(case_url(application, "reject"), {**hidden, **typed})
    assert answer.status_code == 422
    assert 'id="id_lateness_reason_error"' in text_of(answer)
    answer = client.post(case_url(application, "reject"), {**hidden, **typed, **LATE})
    assert answer.status_code == 302
    step = application.steps.get(kind="check_origin")
    assert (step.late_days, step.lateness_reason, step.charged_to) == (5, "workload", "origin")


def test_failed_checks_are_all_told_and_a_supervisor_may_override(scene: Scene) -> None:
    application = scene.submit(
        moment("2025-10-27"), by="origin_clerk", channel="counter"
    ).application
    application.materials.all().delete()  # taken back since
    client = client_of(scene.user("origin_clerk"))
    _html, hidden = open_page(client, application, "pass_check")
    typed = {"name": "张示例", "enrolled_on": "2018-07-01", "stopped_on": "", "balance_fen": "0",
             "id_same": "on"}  # fmt: skip
    answer = client.post(case_url(application, "pass_check"), {**hidden, **typed})
    html = text_of(answer)
    assert answer.status_code == 422
    assert "有 2 项条件不符" in html
    assert "转出地还没有停保日期" in html
    assert "还缺材料：身份证" in html
    assert 'name="override-' not in html
    boss = client_of(scene.user("origin_supervisor"))
    html = text_of(boss.post(case_url(application, "pass_check"), {**hidden, **typed}))
    assert html.count('name="override-') == 2
    answer = boss.post(
        case_url(application, "pass_check"),
        {
            **hidden,
            **typed,
            "override-origin_not_stopped": "电话核实",
            "override-materials_incomplete": "",
        },
    )
    assert answer.status_code == 422
    assert "电话核实" in text_of(answer)
    answer = boss.post(
        case_url(application, "pass_check"),
        {**hidden, **typed, "override-origin_not_stopped": "电话核实",
         "override-materials_incomplete": "已看原件"},
    )  # fmt: skip
    assert answer.status_code == 302
    assert set(latest(application).facts["overrides"]) == {
        "origin_not_stopped",
        "materials_incomplete",
    }


def test_a_clerk_cannot_override_by_hand(scene: Scene) -> None:
    application = scene.submit(
        moment("2025-10-27"), by="origin_clerk", channel="counter"
    ).application
    application.materials.all().delete()  # taken back since
    client = client_of(scene.user("origin_clerk"))
    _html, hidden = open_page(client, application, "pass_check")
    answer = client.post(
        case_url(application, "pass_check"),
        {**hidden, "stopped_on": "2025-08-31", "enrolled_on": "2018-07-01", "id_same": "on",
         "override-materials_incomplete": "我说可以"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "只有主管可以放行" in text_of(answer)


def test_the_preview_is_what_the_event_then_says(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    client = client_of(scene.user("origin_clerk"))
    _html, hidden = open_page(client, application, "request_supplement")
    typed = {"items": ["stop_proof"], "why": "停保证明看不清"}
    html = text_of(
        client.post(
            case_url(application, "request_supplement"), {**hidden, **typed, "preview": "1"}
        )
    )
    assert application.events.count() == 1
    event = press(scene, "origin_clerk", application, "request_supplement", **typed)
    for shown in (event.shown_zh, event.shown_en):
        assert _plain(shown) in _plain(html)


@pytest.mark.parametrize("others_passed", [False, True])
@pytest.mark.parametrize("verb", [Action.PASS_CHECK, Action.WITHDRAW])
def test_previews_of_actions_without_text_are_exact(
    scene: Scene, verb: Action, others_passed: bool
) -> None:
    application = scene.submit(moment("2025-10-27"), by="origin_clerk").application
    if others_passed:
        scene.do(application, "destination_clerk", Action.PASS_CHECK, moment("2025-10-28"))
    html, _hidden = open_page(client_of(scene.user("origin_clerk")), application, verb)
    typed = {"stopped_on": "2025-08-31", "enrolled_on": "2018-07-01", "name": "张示例", "id_same": "on",
             "balance_fen": "1234.56"} if verb is Action.PASS_CHECK else {}  # fmt: skip
    event = press(scene, "origin_clerk", application, verb, **typed)
    assert _plain(event.shown_zh) in _plain(html)
    assert _plain(event.shown_en) in _plain(html)


def _plain(text: str) -> str:
    import html

    return "".join(html.unescape(text).split())


def test_sending_a_proposal_back_and_taking_ones_own_back(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    for who, said in (("origin_checker", "退回经办"), ("origin_clerk", "收回")):
        scene.do(application, "origin_clerk", "transfer_out", moment("2025-10-28"), mode="prepare",
                 form=FORM)  # fmt: skip
        client = client_of(scene.user(who))
        html, hidden = open_page(client, application, "transfer_out")
        assert said in html
        address = case_url(application, "transfer_out")
        empty = client.post(address, {**hidden, "mode": "return", "text": ""})
        assert empty.status_code == 422
        answer = client.post(address, {**hidden, "mode": "return", "text": "月份要再核"})
        assert answer.status_code == 302
        assert latest(application).verb == "return:transfer_out"


def test_the_maker_cannot_confirm_by_hand(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    scene.do(application, "origin_clerk", "transfer_out", moment("2025-10-28"), mode="prepare",
             form=FORM)  # fmt: skip
    preparation = application.preparations.get()
    client = client_of(scene.user("origin_clerk"))
    answer = client.post(
        case_url(application, "transfer_out"),
        {"mode": "confirm", "seen": again(application).version, "hash": preparation.payload_hash},
    )
    assert answer.status_code == 422
    assert "提交人不能自己复核" in text_of(answer)


def test_a_changed_hash_is_refused(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    scene.do(application, "origin_clerk", "transfer_out", moment("2025-10-28"), mode="prepare",
             form=FORM)  # fmt: skip
    answer = client_of(scene.user("origin_checker")).post(
        case_url(application, "transfer_out"),
        {"mode": "confirm", "seen": again(application).version, "hash": "0" * 64},
    )
    assert answer.status_code == 422
    assert "您看过之后内容已变" in text_of(answer)


@pytest.mark.parametrize("mode", ["", "prepare", "confirm", "x"])
def test_a_mode_that_does_not_fit_the_verb_is_no_request(scene: Scene, mode: str) -> None:
    application = scene.in_state(State.APPLIED)
    client = client_of(scene.user("origin_clerk"))
    answer = client.post(case_url(application, "reject"), {"mode": mode, "seen": 1})
    assert answer.status_code == 400


def test_no_identity_number_reaches_an_action_page(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    html, _hidden = open_page(client_of(scene.user("origin_clerk")), application, "pass_check")
    assert application.person.id_number not in html
