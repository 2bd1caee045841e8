"""Rating the service: once a case, once it is closed; the reply comes back to the rater alone."""

import pytest
import time_machine
from django.test import Client

from tests.public.visits import SIGHTS, enter
from tests.scenes import Scene, moment
from transfers.models.feedback import Rating
from transfers.rules.states import FINAL, State

pytestmark = pytest.mark.django_db

GOOD = {"level": "5", "indicators": ["speed", "guidance"], "text": "办得很快"}
AT = moment("2025-11-03")


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_closed_case_is_rated_once(client: Client, state: State) -> None:
    application = Scene().in_state(state)
    with time_machine.travel(AT, tick=False):
        address = enter(client, application)
        assert f"{address}rate/" in client.get(address).content.decode()
        assert client.get(f"{address}rate/").content.decode().count('type="radio"') == 5
        answer = client.post(f"{address}rate/", GOOD)
        assert (answer.status_code, answer.url) == (302, address)
        client.post(f"{address}rate/", {"level": "1"})
        html = client.get(address).content.decode()
    (rating,) = Rating.objects.all()
    assert (rating.level, rating.indicators, rating.text) == (5, ["speed", "guidance"], "办得很快")
    assert f"{address}rate/" not in html
    assert "评价服务" not in html
    assert "非常满意" in html
    assert "办得很快" not in html


def test_every_open_state_is_too_early(client: Client) -> None:
    scene = Scene()
    for name in ("submitted", "supplement", "out", "in", "returned", "moved"):
        application = SIGHTS[name].make(scene)
        with time_machine.travel(SIGHTS[name].at, tick=False):
            address = enter(client, application)
            assert "rate/" not in client.get(address).content.decode()
            answer = client.post(f"{address}rate/", GOOD)
            assert (answer.status_code, answer.url) == (302, address)
    assert not Rating.objects.exists()


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({}, "level", "请选择满意程度。"),
        ({"level": "6"}, "level", "请选择满意程度。"),
        ({"level": "x"}, "level", "请选择满意程度。"),
        ({"level": "3", "indicators": ["weather"]}, "indicators", "请从给出的选项中选择。"),
        ({"level": "3", "text": "长" * 501}, "text", "最多写500字。"),
        ({"level": "3", "text": "我的电话138 0000 00001234"}, "text", "不要写证件号、账号和电话"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    client: Client, given: dict[str, object], field: str, sentence: str
) -> None:
    application = Scene().in_state(State.WITHDRAWN)
    with time_machine.travel(AT, tick=False):
        answer = client.post(f"{enter(client, application)}rate/", given)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert f'href="#id_{field}' in html
    assert not Rating.objects.exists()
