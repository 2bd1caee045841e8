"""Help at the counter for who lost the query code, or gave a wrong address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail

from tests.public.visits import EMAIL, PHONE
from tests.scenes import Scene
from tests.staff.desks import SUPERVISING, case_url, client_of, form_of, text_of
from transfers.models import Agency, OutboxMessage, TransferApplication
from transfers.rules.states import Role, State
from transfers.tasks import deliver_messages
from transfers.workflow.query_codes import verify

WHY = "本人持身份证来窗口，手机号已停用"


@pytest.fixture
def application(scene: Scene) -> TransferApplication:
    application: TransferApplication = scene.in_state(State.VALIDATED)
    OutboxMessage.objects.all().delete()
    return application


def page(application: TransferApplication) -> str:
    return f"{case_url(application)}contact/"


def ask_code(client: Any, application: TransferApplication, **changes: str) -> Any:
    key = form_of(text_of(client.get(page(application))))["code-key"]
    given = {"do": "code", "code-key": key, "code-reason": WHY, **changes}
    return client.post(page(application), given)


def code_in(answer: Any) -> str:
    (code,) = re.findall(r'<dt>查询码</dt><dd class="big">([^<]+)</dd>', text_of(answer))
    return str(code)


def fresh(application: TransferApplication) -> TransferApplication:
    return TransferApplication.objects.get(pk=application.pk)


def letters() -> set[tuple[str, str]]:
    rows = OutboxMessage.objects.filter(kind="letter")
    return {(row.address, row.key.partition(":")[0]) for row in rows}


def test_a_new_code_is_shown_once_logged_with_its_reason_and_told_to_every_address(
    scene: Scene, application: TransferApplication, settings: Any, tmp_path: Any
) -> None:
    settings.SMS_URL = tmp_path.as_uri()
    clerk = scene.user("origin_clerk")
    client = client_of(clerk)
    assert page(application) in text_of(client.get(case_url(application)))
    answer = ask_code(client, application)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    code = code_in(answer)
    assert verify(code, fresh(application).query_code_hash)
    assert application.person.id_number not in text_of(answer)
    event = application.events.order_by("seq").last()
    assert (event.verb, event.user, event.reason) == ("code", clerk, WHY)
    assert event.from_state == event.to_state == State.VALIDATED
    assert letters() == {(EMAIL, "code"), (PHONE, "code")}
    deliver_messages()
    (letter,) = mail.outbox
    sms = (tmp_path / "messages.jsonl").read_text()
    log = text_of(client.get(case_url(application)))
    for text in (letter.body, sms, log, f"{event.facts}{event.shown_zh}"):
        assert code not in text
        assert code.replace(" ", "") not in text
    assert application.reference in letter.body
    assert WHY in log


def test_a_double_click_makes_one_code(scene: Scene, application: TransferApplication) -> None:
    client = client_of(scene.user("destination_clerk"))
    key = form_of(text_of(client.get(page(application))))["code-key"]
    first, second = (ask_code(client, application, **{"code-key": key}) for _ in range(2))
    assert code_in(first) == code_in(second)
    assert verify(code_in(second), fresh(application).query_code_hash)
    assert application.events.filter(verb="code").count() == 1
    assert code_in(ask_code(client, application)) != code_in(first)
    stranger = client_of(scene.user("origin_clerk"))
    assert ask_code(stranger, application, **{"code-key": key}).status_code == 422


@pytest.mark.parametrize("reason", ["", "  ", "好"])
def test_without_a_reason_nothing_happens(
    scene: Scene, application: TransferApplication, reason: str
) -> None:
    client = client_of(scene.user("origin_clerk"))
    before = fresh(application)
    assert ask_code(client, application, **{"code-reason": reason}).status_code == 422
    given = details(client, application, contact_phone="13900000001", reason=reason)
    assert client.post(page(application), given).status_code == 422
    after = fresh(application)
    assert (after.version, after.query_code_hash, after.contact_phone) == (
        before.version, before.query_code_hash, PHONE,
    )  # fmt: skip


def details(client: Any, application: TransferApplication, **changes: str) -> dict[str, str]:
    version = form_of(text_of(client.get(page(application))))["version"]
    return {
        "do": "contact", "version": version, "notify_by": application.notify_by,
        "language": application.language, "contact_phone": "", "contact_email": "", "reason": WHY,
        **changes,
    }  # fmt: skip


def test_a_wrong_address_is_corrected_and_the_old_one_told(
    scene: Scene, application: TransferApplication
) -> None:
    clerk = scene.user("destination_clerk")
    client = client_of(clerk)
    body = text_of(client.get(page(application)))
    assert "z***@example.org" in body
    assert EMAIL not in body
    given = details(client, application, contact_email="li@example.org")
    answer = client.post(page(application), given)
    assert (answer.status_code, answer["Location"]) == (302, case_url(application))
    assert fresh(application).contact_email == "li@example.org"
    event = application.events.order_by("seq").last()
    assert (event.verb, event.user, event.reason) == ("contact", clerk, WHY)
    assert letters() == {(EMAIL, "contact")}
    late = client.post(page(application), {**given, "contact_email": "wang@example.org"})
    assert late.status_code == 422  # the case has moved on since
    assert fresh(application).contact_email == "li@example.org"
    wrong = client.post(page(application), details(client, application, contact_phone="12"))
    assert wrong.status_code == 422
    assert 'id="id_contact_phone_error"' in text_of(wrong)


def test_only_the_counters_of_the_two_offices_may(
    scene: Scene, application: TransferApplication
) -> None:
    from tests.staff.desks import newcomers

    before = fresh(application).query_code_hash
    for (where, role), user in newcomers().items():
        answer = client_of(user).get(page(application))
        may = where in ("origin", "destination") and role in (Role.CLERK, Role.SUPERVISOR)
        assert (answer.status_code == 200) == may, (where, role)
        assert answer.status_code in (200, 403, 404)
        if not may:
            given = {"do": "code", "code-key": "0" * 32, "code-reason": WHY}
            assert client_of(user).post(page(application), given).status_code in (403, 404)
    assert Agency.objects.filter(region=SUPERVISING).exists()
    assert fresh(application).query_code_hash == before
