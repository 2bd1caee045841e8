"""A new application at the counter, and looking at a full identity number."""

from __future__ import annotations

import re
from typing import Any

from tests.scenes import Scene, example_number, staff
from tests.staff.desks import client_of, form_of, text_of
from transfers.intake.questions import PAGES
from transfers.models import Agency, Disclosure, TransferApplication, TransferPolicy
from transfers.rules.states import Role, State
from transfers.staff.counter import CounterForm
from transfers.workflow.query_codes import verify

NEW = "/admin/cases/new/"


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "direction": "in", "other": "350500", "name": "张示例", "id_number": example_number(),
        "scheme_from": "employee", "scheme_to": "flexible", "materials": ["id_card"],
        "reason": "new_job", "notify_by": "email",
        "contact_phone": "13800000000", "contact_email": "zhang@example.org", "language": "zh-hans",
        **changes,
    }  # fmt: skip


def test_an_application_is_taken_in_and_its_code_printed_once(scene: Scene) -> None:
    clerk = scene.user("origin_clerk")
    client = client_of(clerk)
    answer = client.post(NEW, answers())
    html = text_of(answer)
    assert answer.status_code == 200
    application = TransferApplication.objects.get()
    assert (application.origin_id, application.destination_id) == ("350500", "990100")
    assert (application.submitter, application.submitted_by, application.channel) == (
        "clerk", clerk, "counter",
    )  # fmt: skip
    assert [material.kind for material in application.materials.all()] == ["id_card"]
    (code,) = re.findall(r'<dt>查询码</dt><dd class="big">([^<]+)</dd>', html)
    assert verify(code, application.query_code_hash)
    assert application.reference in html
    assert application.person.id_number not in html
    assert "no-store" in answer["Cache-Control"]
    assert code not in text_of(client.get(f"/admin/cases/{application.reference}/"))


def test_out_of_this_place_is_the_other_way_round(scene: Scene) -> None:
    client_of(scene.user("origin_clerk")).post(NEW, answers(direction="out"))
    application = TransferApplication.objects.get()
    assert (application.origin_id, application.destination_id) == ("990100", "350500")


def test_everything_wrong_is_told_at_once_and_kept(scene: Scene) -> None:
    answer = client_of(scene.user("origin_clerk")).post(
        NEW, answers(id_number="123", contact_phone="12", contact_email="x", name="张示例")
    )
    html = text_of(answer)
    assert answer.status_code == 422
    assert not TransferApplication.objects.exists()
    assert "<title>有误：窗口新申请" in html
    for field in ("id_number", "contact_phone", "contact_email"):
        assert f'id="id_{field}_error"' in html
    assert 'value="张示例"' in html
    assert 'value="福建省泉州市"' in html


def test_what_must_be_handed_in_is_asked_for_in_one_sentence(scene: Scene) -> None:
    assert TransferPolicy.objects.filter(region="350500").update(connected=False)
    client = client_of(scene.user("origin_clerk"))
    given = answers(
        reason="moved", materials=[], employer_name="示例公司", employer_uscc="91990100MA0000001X"
    )
    html = text_of(client.post(NEW, given))
    assert "还缺材料：身份证、参保凭证、居住证明、" in html
    assert 'id="id_certificate_number_error"' in html
    assert not TransferApplication.objects.exists()
    papers = ["id_card", "certificate", "residence_proof"]
    answer = client.post(NEW, answers(
        reason="moved", materials=papers, certificate_number="PZ-1"
    ))  # fmt: skip
    assert answer.status_code == 200
    application = TransferApplication.objects.get()
    assert (application.reason, application.notify_by) == ("moved", "email")
    assert {each.kind for each in application.materials.all()} == set(papers)


def test_the_counter_asks_what_the_applicants_pages_ask(scene: Scene) -> None:
    """No question is defined twice: what both ask is the same field."""
    own = set(CounterForm.declared_fields) - {
        "direction", "other", "certificate_number", "materials", "language", "employer_name",
        "employer_uscc", "key",
    }  # fmt: skip
    asked = {name: field for page in PAGES for name, field in page.base_fields.items()}
    assert own == {
        "name", "id_number", "scheme_from", "scheme_to", "reason", "notify_by", "contact_phone",
        "contact_email",
    }  # fmt: skip
    assert all(CounterForm.base_fields[name] is asked[name] for name in own)


def test_the_page_asks_every_question_of_the_form(scene: Scene) -> None:
    """The page groups its questions by hand; none may be left out."""
    html = text_of(client_of(scene.user("origin_clerk")).get(NEW))
    for name in CounterForm.base_fields:
        assert f'name="{name}"' in html, name


def receipt_code(html: str) -> str:
    (code,) = re.findall(r'<dt>查询码</dt><dd class="big">([^<]+)</dd>', html)
    return str(code)


def test_a_double_click_shows_the_receipt_again_to_the_same_clerk_for_half_an_hour(
    scene: Scene, now: Any
) -> None:
    client = client_of(scene.user("origin_clerk"))
    page = text_of(client.get(NEW))
    given = answers(key=form_of(page)["key"])
    assert form_of(text_of(client.get(NEW)))["key"] != given["key"]
    first, second = client.post(NEW, given), client.post(NEW, given)
    assert (first.status_code, second.status_code) == (200, 200)
    application = TransferApplication.objects.get()
    assert receipt_code(text_of(first)) == receipt_code(text_of(second))
    assert verify(receipt_code(text_of(second)), application.query_code_hash)
    colleague = client_of(scene.user("origin_checker")).post(NEW, given)
    assert colleague.status_code == 422
    other = client.post(NEW, {**given, "id_number": example_number(2), "key": given["key"]})
    assert receipt_code(text_of(other)) != receipt_code(text_of(first))
    now.shift(1801)
    assert client.post(NEW, given).status_code == 422
    assert TransferApplication.objects.count() == 2


def test_the_same_person_twice_is_refused(scene: Scene) -> None:
    client = client_of(scene.user("origin_clerk"))
    given = answers()
    client.post(NEW, given)
    answer = client.post(NEW, given)
    assert answer.status_code == 422
    assert TransferApplication.objects.count() == 1


def test_the_own_pool_is_no_choice_and_no_other_agencys_case_can_be_taken_in(scene: Scene) -> None:
    client = client_of(scene.user("origin_clerk"))
    assert client.post(NEW, answers(other="990100")).status_code == 422
    above = client_of(staff("above", Agency.objects.get(region="350000"), Role.CLERK))
    assert above.post(NEW, answers()).status_code == 422  # an administration has no pool
    assert not TransferApplication.objects.exists()


def look(client: Any, application: TransferApplication, reason: str = "核对参保凭证") -> Any:
    return client.post(f"/admin/cases/{application.reference}/identity/", {"reason": reason})


def test_a_full_number_needs_a_reason_and_is_recorded(scene: Scene) -> None:
    application = scene.in_state(State.APPLIED)
    clerk = scene.user("origin_clerk")
    client = client_of(clerk)
    number = application.person.id_number
    assert number not in text_of(client.get(f"/admin/cases/{application.reference}/identity/"))
    for empty in ("", "  "):
        assert number not in text_of(look(client, application, empty))
    assert not Disclosure.objects.exists()
    answer = look(client, application)
    assert number in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    seen = Disclosure.objects.get()
    assert (seen.user, seen.application, seen.reason) == (clerk, application, "核对参保凭证")


def test_after_thirty_numbers_an_hour_no_more_is_shown(scene: Scene, now: Any) -> None:
    application = scene.in_state(State.APPLIED)
    client = client_of(scene.user("origin_clerk"))
    for _ in range(30):
        assert look(client, application).status_code == 200
    answer = look(client, application)
    assert answer.status_code == 429
    assert application.person.id_number not in text_of(answer)
    assert "您一小时内已查看 30 个完整号码" in text_of(answer)
    assert Disclosure.objects.count() == 30
    colleague = client_of(scene.user("origin_checker"))
    assert application.person.id_number in text_of(look(colleague, application))
    now.shift(3601)
    assert look(client, application).status_code == 200
