"""How many applications one address may begin."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.public.visits import enter
from tests.scenes import Scene, moment
from transfers.models import Draft
from transfers.public import throttle
from transfers.rules.states import State

FIRST = {"stopped": "yes", "enrolled": "yes", "retired": "no"}


@pytest.mark.django_db
def test_an_address_may_begin_so_many_applications_an_hour(monkeypatch: Any) -> None:
    monkeypatch.setattr(throttle, "DRAFTS", throttle.Share("drafts", 2))

    def begin(**where: Any) -> int:
        client = Client(**where)
        client.cookies["jiexu-language"] = "en"
        answer = client.post("/apply/", FIRST)
        if answer.status_code != 302:
            assert "Try again in 15 minutes" in answer.content.decode()
        return int(answer.status_code)

    with time_machine.travel(moment("2025-09-24", 9, 45), tick=False) as clock:
        assert [begin(), begin(), begin()] == [302, 302, 429]
        assert begin(REMOTE_ADDR="192.0.2.9") == 302
        rejected = Scene().in_state(State.REJECTED)
        client = Client()
        answer = client.post(f"{enter(client, rejected)}again/")
        assert answer.status_code == 429
        assert Draft.objects.count() == 3
        clock.move_to(moment("2025-09-24", 10))
        assert begin() == 302
