"""Where no calendar is loaded, pages that count days say so; none breaks, and nothing is half-done."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db.models import F
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.public.visits import enter, fill_in
from tests.scenes import Scene, example_number, moment, staff
from tests.staff.desks import EVERY_ROLE, client_of, text_of
from transfers.models import (
    Agency,
    Calendar,
    CalendarDay,
    CalendarNotice,
    Event,
    TransferApplication,
)
from transfers.rules.states import Action, State

pytestmark = pytest.mark.django_db

FINE = {200, 302, 400, 403, 404, 405, 422, 503}
MISSING = {"admin": "尚未导入工作日历", "public": "系统还没有工作日历"}


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(moment("2025-10-30"), tick=False):
        yield


def lose_calendar() -> None:
    CalendarDay.objects.all().delete()
    CalendarNotice.objects.all().delete()
    Calendar.objects.update(version=F("version") + 1)


def addresses(known: dict[str, Any]) -> Iterator[str]:
    """Every address of the site, with what is known of its parts put in."""

    def walk(patterns: list[Any], route: str) -> Iterator[str]:
        for each in patterns:
            here = route + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, here)
            elif isinstance(each, URLPattern) and "^" not in here and "(?P" not in here:
                converters = each.pattern.converters  # type: ignore[union-attr]
                address = "/" + here
                for name, converter in converters.items():
                    kind = type(converter).__name__.removesuffix("Converter").lower()
                    kind = {"string": "str"}.get(kind, kind)
                    value = known.get(name, known.get(kind, "x"))
                    address = address.replace(f"<{kind}:{name}>", str(value))
                if "<" not in address:
                    yield address

    yield from walk(get_resolver().url_patterns, "")


def known_of(application: TransferApplication) -> dict[str, Any]:
    paper = application.papers.first()
    return {
        "reference": application.reference, "number": paper.number if paper else "x", "step": 2,
        "int": 1, "uuid": "00000000-0000-4000-8000-000000000000", "verb": "transfer_in",
        "object_id": 1,
    }  # fmt: skip


def test_no_public_page_breaks(client: Client) -> None:
    scene = Scene()
    application = scene.arrived()
    draft = Client()
    fill_in(draft, example_number())
    enter(client, application)
    lose_calendar()
    found = {}
    for address in addresses(known_of(application)):
        if address.startswith(("/admin/", "/healthz")):
            continue
        answer = client.get(address)
        found[address] = answer.status_code
        assert answer.status_code in FINE, address
        if answer.status_code == 503 and not address.endswith(f"{application.reference}/"):
            assert MISSING["public"] in text_of(answer), address
    assert len(found) > 40
    # Handing in counts the days of the checks: refused with a sentence, and nothing is written.
    cases = TransferApplication.objects.count()
    answer = draft.post("/apply/check/")
    assert answer.status_code == 503
    assert MISSING["public"] in text_of(answer)
    assert TransferApplication.objects.count() == cases


def test_no_staff_page_breaks() -> None:
    scene = Scene()
    cases = [
        scene.in_state(State.APPLIED), scene.in_state(State.SUPPLEMENT_REQUESTED),
        scene.accepted(), scene.out(), scene.arrived(),
    ]  # fmt: skip
    everybody = staff("everything", Agency.objects.get(region="350500"), *EVERY_ROLE)
    client, clerk = client_of(everybody), client_of(scene.user("origin_clerk"))
    lose_calendar()
    verbs = [*Action.values, "remit", "receive"]
    said = set()
    for address in addresses(known_of(cases[-1])):
        if address.startswith("/admin/") and "logout" not in address:
            answer = client.get(address)
            assert answer.status_code in FINE, address
            if answer.status_code == 503:
                said.add(address)
                assert MISSING["admin"] in text_of(answer), address
                assert "2025年" in text_of(answer), address
    for case in cases:
        for verb in verbs:
            address = f"/admin/cases/{case.reference}/{verb}/"
            assert client.get(address).status_code in FINE, address
    assert "/admin/queue/" in said
    events = Event.objects.count()
    case = TransferApplication.objects.get(pk=cases[0].pk)
    answer = clerk.post(
        f"/admin/cases/{case.reference}/pass_check/", {"version": case.version, "mode": "do"}
    )
    assert answer.status_code in {422, 503}
    assert Event.objects.count() == events


def test_the_page_of_the_calendar_says_what_is_missing_and_opens() -> None:
    user = staff("everything", Agency.objects.get(region="350500"), *EVERY_ROLE)
    assert MISSING["admin"] not in text_of(client_of(user).get("/admin/calendar/"))
    lose_calendar()
    answer = client_of(user).get("/admin/calendar/")
    assert answer.status_code == 200
    assert MISSING["admin"] in text_of(answer)
