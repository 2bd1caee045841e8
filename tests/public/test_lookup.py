"""Looking a case up: one answer for every miss, a growing wait, no lock."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from tests.public.visits import CODE, know_code
from tests.scenes import Scene, moment
from transfers.models import LookupThrottle
from transfers.public import throttle
from transfers.workflow import query_codes

pytestmark = pytest.mark.django_db

NOON = moment("2025-10-09", 12)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture
def reference() -> str:
    application = Scene().accepted()
    know_code(application)
    return str(application.reference)


def ask(reference: str, code: str, address: str = "203.0.113.1") -> HttpResponse:
    return Client(REMOTE_ADDR=address).post("/status/", {"reference": reference, "code": code})


def plain(answer: HttpResponse) -> tuple[int, str, dict[str, str]]:
    """What a stranger can tell two answers apart by."""
    headers = {name: value for name, value in answer.items() if name != "Set-Cookie"}
    return answer.status_code, _TOKEN.sub("", answer.content.decode()), headers


def test_every_kind_of_miss_gets_the_same_answer(reference: str) -> None:
    with time_machine.travel(NOON, tick=False):
        answers = [
            plain(ask(ref, code, f"203.0.113.{n}"))
            for n, (ref, code) in enumerate([
                (reference, "WRONG234"),
                (reference, "x"),
                ("ZY20250101-0000000", CODE),
                ("nonsense", CODE),
                ("<script>alert(1)</script>", "' OR 1=1 --"),
            ])
        ]  # fmt: skip
    assert all(answer == answers[0] for answer in answers)
    status, body, headers = answers[0]
    assert status == 200
    assert "没有找到两项都相符的申请，请检查编号和查询码" in body
    assert "no-store" in headers["Cache-Control"]
    assert reference not in body


def test_every_miss_hashes_once(reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow part of a try is done for a reference that does not exist as well."""
    hashed: list[str] = []
    make, check = query_codes.make_password, query_codes.check_password
    monkeypatch.setattr(
        query_codes, "make_password", lambda code: hashed.append("dummy") or make(code)
    )
    monkeypatch.setattr(
        query_codes, "check_password",
        lambda code, kept: hashed.append("real") or check(code, kept),
    )  # fmt: skip
    ask(reference, "WRONG234", "203.0.113.1")
    ask("ZY20250101-0000000", "WRONG234", "203.0.113.2")
    assert hashed == ["real", "dummy"]


@pytest.mark.parametrize(
    "typed", ["{0}", " {0} ", "{1}", "{2}"], ids=["as shown", "spaces", "lower case", "no hyphen"]
)
def test_what_people_type_is_forgiven(reference: str, typed: str) -> None:
    text = typed.format(reference, reference.lower(), reference.replace("-", ""))
    answer = ask(text, "abcd 2345")
    assert (answer.status_code, answer["Location"]) == (302, f"/status/{reference}/")


def test_nothing_is_asked_by_address(reference: str, client: Client) -> None:
    answer = client.get("/status/", {"reference": reference, "code": CODE})
    assert answer.status_code == 200
    assert "case" not in client.session


def test_empty_answers_are_named(client: Client) -> None:
    html = client.post("/status/", {}).content.decode()
    assert "有 2 处需要修改" in html
    assert "<title>错误：" in html
    assert LookupThrottle.objects.count() == 0


def test_too_many_tries_wait_and_then_go_on(reference: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _try in range(throttle.ADDRESS.free + 1):
            assert ask("ZY20250101-0000000", "WRONG234").status_code == 200
            clock.shift(timedelta(minutes=1, seconds=1))  # past the reference's own wait
        clock.shift(timedelta(minutes=-1))
        waiting = ask(reference, CODE)
        assert waiting.status_code == 429
        assert "查询太频繁，请1分钟后再试" in waiting.content.decode()
        clock.shift(throttle.ADDRESS.longest)
        assert ask(reference, CODE).status_code == 302


def test_a_wait_is_the_same_for_a_reference_that_does_not_exist(reference: str) -> None:
    answers = []
    with time_machine.travel(NOON, tick=False):
        for asked in (reference, "ZY20250101-0000000"):
            for n in range(throttle.REFERENCE.free + 1):
                ask(asked, "WRONG234", f"203.0.113.{n}")
            answers.append(plain(ask(asked, "WRONG234", "203.0.113.99")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429


def test_strangers_cannot_keep_the_applicant_out(reference: str) -> None:
    """Whatever others try, after a minute at most the right code opens the case."""
    with time_machine.travel(NOON, tick=False) as clock:
        for n in range(200):
            ask(reference, "WRONG234", f"198.51.100.{n}")
            clock.shift(timedelta(seconds=7))
        clock.shift(throttle.REFERENCE.longest)
        assert ask(reference, CODE).status_code == 302


def test_knowing_one_code_does_not_free_the_address(reference: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        refused = 0
        for n in range(40):
            refused += ask(f"ZY20250101-{n:07d}", "WRONG234").status_code == 429
            ask(reference, CODE)
            clock.shift(timedelta(seconds=1))
    assert refused > 25


def test_waits_grow_and_end() -> None:
    limit = throttle.ADDRESS
    waits = [limit.wait(misses) for misses in range(1, 100)]
    assert waits[: limit.free] == [timedelta(0)] * limit.free
    assert waits == sorted(waits)
    assert waits[limit.free] == limit.first
    assert waits[-1] == limit.longest == timedelta(minutes=15)


def test_chance_of_a_guess_in_a_day() -> None:
    """One reference, tried without pause from any number of addresses."""
    a_day = timedelta(days=1) / throttle.REFERENCE.longest + 20
    assert a_day / len(query_codes.ALPHABET) ** query_codes.LENGTH < 1e-6


def test_tries_sent_at_once_are_all_counted() -> None:
    """The count goes up before the code is looked at."""
    with time_machine.travel(NOON, tick=False):
        let_through = [throttle.begin("203.0.113.1", "ZY", NOON) for _n in range(20)]
    assert sum(attempt.wait is None for attempt in let_through) == throttle.REFERENCE.free + 1


def test_the_table_names_nobody(reference: str) -> None:
    ask(reference, "WRONG234", "203.0.113.7")
    keys = "".join(LookupThrottle.objects.values_list("key", flat=True))
    assert reference not in keys
    assert "203.0.113.7" not in keys
    assert re.fullmatch("[0-9a-f]{128}", keys)


def _never(*_args: Any, **_options: Any) -> bool:
    raise AssertionError("a waiting visitor's code was looked at")


def test_a_waiting_visitors_code_is_not_looked_at(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOON, tick=False):
        for n in range(throttle.REFERENCE.free + 1):
            ask(reference, "WRONG234", f"203.0.113.{n}")
        monkeypatch.setattr(query_codes, "check_password", _never)
        assert ask(reference, CODE, "203.0.113.99").status_code == 429
