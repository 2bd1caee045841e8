"""A button at the counter that is pressed twice at once: one thing is made, and both answers show it."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.test_sweep_races import at_once
from tests.scenes import Scene
from tests.staff.desks import case_url, client_of, text_of
from tests.staff.test_counter import NEW, answers
from transfers.models import TransferApplication
from transfers.rules.states import State
from transfers.workflow.query_codes import verify

pytestmark = pytest.mark.django_db(transaction=True)


def twice(user: Any, address: str, given: dict[str, Any]) -> str:
    """The one code that both answers show."""
    clients = [client_of(user) for _ in range(2)]
    pages = [text_of(answer) for answer in at_once(2, lambda: clients.pop().post(address, given))]
    shown = [re.findall(r'<dt>查询码</dt><dd class="big">([^<]+)</dd>', page) for page in pages]
    assert shown[0] == shown[1] != [], shown
    return str(shown[0][0])


def test_two_clicks_make_one_application_and_one_receipt() -> None:
    code = twice(Scene().user("origin_clerk"), NEW, answers(key=str(uuid4())))
    assert verify(code, TransferApplication.objects.get().query_code_hash)


def test_two_clicks_make_one_new_query_code() -> None:
    scene = Scene()
    case = scene.in_state(State.VALIDATED)
    given = {"do": "code", "code-key": str(uuid4()), "code-reason": "本人持身份证来窗口"}
    code = twice(scene.user("origin_clerk"), f"{case_url(case)}contact/", given)
    assert verify(code, TransferApplication.objects.get().query_code_hash)
    assert case.events.filter(verb="code").count() == 1
