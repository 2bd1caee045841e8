"""Looking a case up: one answer for every miss, a growing wait, no lock."""

import re
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.public.visits import CODE, know_code
from tests.scenes import Scene, moment
from transfers.intake import drafts
from transfers.models import LookupThrottle, OutboxMessage, TransferApplication
from transfers.public import throttle
from transfers.workflow import query_codes
from transfers.workflow.query_codes import hash_code

pytestmark = pytest.mark.django_db

NOON = moment("2025-10-09", 12)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')
_TYPED = re.compile(r'(?<=name="reference") value="[^"]+"')


@pytest.fixture
def reference() -> str:
    application = Scene().accepted()
    know_code(application)
    return str(application.reference)


def ask(reference: str, code: str, address: str = "203.0.113.1") -> HttpResponse:
    return Client(REMOTE_ADDR=address).post("/status/", {"reference": reference, "code": code})


def plain(answer: HttpResponse) -> tuple[int, str, dict[str, str]]:
    """What a stranger can tell two answers apart by, but for the reference that was typed."""
    apart = ("Set-Cookie", "Content-Length")
    headers = {name: value for name, value in answer.items() if name not in apart}
    body = _TYPED.sub("", _TOKEN.sub("", answer.content.decode()))
    return answer.status_code, body, headers


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


def test_five_hundred_of_each_kind_cannot_be_told_apart() -> None:
    """In random order: a wrong code, and references that do not exist."""
    cases = factories.applications(500, query_code_hash=hash_code(CODE))
    for number, case in enumerate(cases):
        case.reference = f"ZY20250924-{number:07d}"
    TransferApplication.objects.bulk_update(cases, ["reference"])
    asked = [(True, case.reference) for case in cases]
    asked += [(False, f"ZY20250923-{number:07d}") for number in range(500)]
    Random(5).shuffle(asked)
    answers: dict[bool, set[Any]] = {True: set(), False: set()}
    with time_machine.travel(NOON, tick=False):
        for number, (known, reference) in enumerate(asked):
            address = f"10.0.{number // 250}.{number % 250}"
            status, body, headers = plain(ask(reference, "WRNG2345", address))
            answers[known].add((status, body, tuple(sorted(headers.items()))))
    assert answers[True] == answers[False]
    assert len(answers[True]) == 1


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


def test_a_link_or_qr_code_fills_the_reference_in_whether_there_is_such_a_case_or_not(
    reference: str, client: Client
) -> None:
    pages = []
    for each in (reference, "ZY20250101-0000000"):
        answer = client.get(f"/status/{each}/")
        assert f'name="reference" value="{each}"' in answer.content.decode()
        status, body, headers = plain(answer)
        pages.append((status, body.replace(each, ""), headers))
    assert pages[0] == pages[1]
    assert pages[0][0] == 200
    odd = client.get("/status/call-13800000000/").content.decode()
    assert "13800000000" not in _TOKEN.sub("", odd).split("<form", 1)[1].split("</form>")[0]


def test_after_a_miss_the_reference_stays_and_the_code_does_not(reference: str) -> None:
    with time_machine.travel(NOON, tick=False):
        answers = [ask(reference.lower(), "WRNG2345") for _ in range(throttle.REFERENCE.free + 2)]
    assert [answer.status_code for answer in answers[-2:]] == [200, 429]
    for answer in answers[-2:]:
        html = answer.content.decode()
        assert f'name="reference" value="{reference.lower()}"' in html
        assert "WRNG2345" not in html


def test_nothing_is_asked_by_address(reference: str, client: Client) -> None:
    answer = client.get("/status/", {"reference": reference, "code": CODE})
    assert answer.status_code == 200
    assert "case" not in client.session


def test_empty_answers_are_named(client: Client) -> None:
    html = client.post("/status/", {}).content.decode()
    assert "有 2 处需要修改" in html
    assert "<title>错误：" in html
    assert LookupThrottle.objects.count() == 0


def test_too_many_tries_wait_and_then_go_on(reference: str, monkeypatch: Any) -> None:
    limit = replace(throttle.ADDRESS, free=5)
    monkeypatch.setattr(throttle, "ADDRESS", limit)
    with time_machine.travel(NOON, tick=False) as clock:
        for n in range(limit.free + 1):
            assert ask(f"ZY20250101-{n:07d}", "WRONG234").status_code == 200
        waiting = ask(reference, CODE)
        assert waiting.status_code == 429
        assert "查询太频繁，请1分钟后再试" in waiting.content.decode()
        clock.shift(limit.longest)
        assert ask(reference, CODE).status_code == 302


def test_a_town_behind_one_address_is_let_in() -> None:
    """One day's work at a counter: every other minute somebody mistypes, every minute somebody does not."""
    turned_away = 0
    for minute in range(8 * 60):
        at = NOON + timedelta(minutes=minute)
        if minute % 2:
            throttle.begin("203.0.113.9", f"ZY wrong {minute}", at)
        attempt = throttle.begin("203.0.113.9", f"ZY right {minute}", at + timedelta(seconds=20))
        if attempt.wait is None:
            throttle.found(attempt)
        else:
            turned_away += 1
    assert turned_away == 0


def test_five_hundred_tries_from_one_address_are_stopped() -> None:
    """One a second, each about another case: what is let through is the free share and what fades."""
    let_through = [
        throttle.begin("203.0.113.9", f"ZY{n}", NOON + timedelta(seconds=n)).wait is None
        for n in range(500)
    ]
    assert sum(let_through[:200]) < throttle.ADDRESS.free + 12
    assert sum(let_through[200:]) < 15


def test_tries_slower_than_misses_fade_are_forgotten_and_faster_ones_are_not() -> None:
    limit = throttle.ADDRESS
    for factor, waits in ((1.01, False), (0.9, True)):
        row = LookupThrottle(key="x", last_miss_at=NOON)
        for n in range(12 * limit.free):
            limit.count(row, NOON + n * factor * limit.fades)
        assert (row.blocked_until is not None) == waits


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
        for n in range(100):
            refused += ask(f"ZY20250101-{n:07d}", "WRONG234").status_code == 429
            ask(reference, CODE)
            clock.shift(timedelta(seconds=1))
    assert refused > 25


def test_waits_grow_and_end() -> None:
    limit = throttle.ADDRESS
    waits = [limit.wait(misses) for misses in range(1, limit.most + 1)]
    assert waits[: limit.free] == [timedelta(0)] * limit.free
    assert waits == sorted(waits)
    assert waits[limit.free] == limit.first
    assert waits[-1] == limit.longest == timedelta(minutes=1)


def test_chance_of_a_guess_in_a_day() -> None:
    """One reference, tried without pause from any number of addresses."""
    limit = throttle.REFERENCE
    a_day = timedelta(days=1) / limit.longest + timedelta(days=1) / limit.fades + 20
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


def resend(reference: str, contact: str, address: str = "203.0.113.1") -> HttpResponse:
    return Client(REMOTE_ADDR=address).post(
        "/status/code/", {"reference": reference, "contact": contact}
    )


def waiting() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="code", sent_at=None, dead_at=None))


@pytest.mark.parametrize("contact", ["13800000000", "+86 138-0000-0000", "ZHANG@example.org "])
def test_a_lost_code_is_sent_anew_to_the_contact_of_the_case(reference: str, contact: str) -> None:
    with time_machine.travel(NOON, tick=False):
        answer = resend(reference.lower(), contact)
        assert "如果两项都相符，新的查询码已经发出" in answer.content.decode()
        (message,) = waiting()
        assert message.application.reference == reference
        resend(reference, contact, "203.0.113.2")
        assert waiting() == [message]  # one waits at most
        OutboxMessage.objects.filter(pk=message.pk).update(sent_at=NOON)
        resend(reference, contact, "203.0.113.3")
        assert len(waiting()) == 1
        assert waiting() != [message]


def test_whoever_asks_for_a_code_gets_the_same_answer(reference: str) -> None:
    asked = [
        (reference, "13800000000"),
        (reference, "13911111111"),
        (reference, "other@example.org"),
        ("ZY20250101-0000000", "13800000000"),
        ("nonsense", "x"),
    ]
    counts, answers = set(), []
    with time_machine.travel(NOON, tick=False):
        for n, (ref, contact) in enumerate(asked):
            with CaptureQueriesContext(connection) as queries:
                answers.append(plain(resend(ref, contact, f"203.0.113.{n}")))
            counts.add(len([each for each in queries if "SAVEPOINT" not in each["sql"]]))
    assert all(answer == answers[0] for answer in answers)
    assert len(counts) == 1
    assert len(waiting()) == 1
    assert not OutboxMessage.objects.filter(kind="letter").exists()  # a miss leaves nothing


def test_a_number_from_before_it_was_submitted_gets_a_code_too(reference: str) -> None:
    case = TransferApplication.objects.get(reference=reference)
    draft = drafts.begin({}, reached=1, language="en", at=NOON)
    with time_machine.travel(NOON, tick=False):
        resend(draft.reference, "13800000000")
        assert not waiting()
        draft.application = case
        draft.save()
        resend(draft.reference, "13800000000")
    assert [message.application for message in waiting()] == [case]


def test_a_case_without_contact_cannot_be_asked_for_with_an_empty_one(reference: str) -> None:
    TransferApplication.objects.update(contact_phone="", contact_email="", notify_by="none")
    with time_machine.travel(NOON, tick=False):
        for contact in (" ", "--", "+86"):
            resend(reference, contact)
    assert not waiting()


def test_asking_for_codes_is_slowed_down(reference: str) -> None:
    with time_machine.travel(NOON, tick=False):
        for n in range(throttle.REFERENCE.free + 1):
            assert resend(reference, "13900000000", f"203.0.113.{n}").status_code == 200
        assert resend(reference, "13800000000", "203.0.113.99").status_code == 429
    assert not waiting()


def test_an_unsent_application_gets_the_same_answers_as_a_case(
    reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = drafts.begin({}, reached=1, language="en", at=NOON)
    hashed: list[str] = []
    make, check = query_codes.make_password, query_codes.check_password
    monkeypatch.setattr(
        query_codes, "make_password", lambda code: hashed.append("dummy") or make(code)
    )
    monkeypatch.setattr(
        query_codes, "check_password",
        lambda code, kept: hashed.append("real") or check(code, kept),
    )  # fmt: skip
    answers = []
    with time_machine.travel(NOON, tick=False) as clock:
        for n, asked in enumerate((reference, draft.reference, "CG20250101-0000000")):
            with CaptureQueriesContext(connection) as queries:
                answers.append(plain(ask(asked, "WRONG234", f"203.0.113.{n}")))
            answers[-1] = (*answers[-1], len(queries))
        assert answers[0] == answers[1] == answers[2]
        assert hashed == ["real", "real", "dummy"]
        right = drafts.code_of(draft)
        assert ask(draft.reference, right)["Location"] == "/apply/saved/"
        clock.shift(timedelta(days=31))
        assert plain(ask(draft.reference, right))[1] == answers[0][1]


def test_a_new_key_of_the_site_does_not_lock_an_unsent_application(
    settings: Any, client: Client
) -> None:
    draft = drafts.begin({}, reached=1, language="en", at=NOON)
    old = drafts.code_of(draft)
    settings.SECRET_KEY = "another one"
    with time_machine.travel(NOON, tick=False):
        client.post("/status/", {"reference": draft.reference, "code": old})
        new = drafts.code_of(draft)
        assert new != old
        assert f"{new[:4]} {new[4:]}" in client.get("/apply/saved/").content.decode()
        assert ask(draft.reference, new).status_code == 302
