"""The calendar file: only days the applicant must keep, stable, and without a person in it."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from tests.public.visits import EMAIL, NAME, PHONE, SIGHTS, enter
from tests.scenes import Scene, moment
from transfers.models import TransferApplication
from transfers.models.feedback import Dispute
from transfers.rules.states import State

pytestmark = pytest.mark.django_db


def entries(client: Client, application: TransferApplication, at: Any) -> list[Any]:
    """The entries of the file that the status page links to."""
    with time_machine.travel(at, tick=False):
        address = enter(client, application)
        assert f"{address}calendar.ics" in client.get(address).content.decode()
        answer = client.get(f"{address}calendar.ics")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert application.reference not in answer["Content-Disposition"]
    lines = answer.content.decode().replace("\r\n ", "").splitlines()
    # Of a UID, a date and a reference four digits in a row may be anybody's.
    text = "\n".join(line for line in lines if not line.startswith(("UID", "DT")))
    text = text.replace(application.reference, "")
    number = application.person.id_number
    for secret in (number, number[-4:], NAME, NAME[1:], PHONE, EMAIL):
        assert secret not in text
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


@pytest.mark.parametrize(
    ("name", "day", "zh", "en"),
    [
        ("supplement", date(2025, 10, 22), "补交材料", "Send the missing materials"),
        ("credited", date(2025, 11, 27), "提异议的最后一天", "Last day to query the result"),
        ("gap", date(2025, 9, 30), "缴清补缴费用", "Pay what is missing"),
    ],
)
def test_a_day_to_keep_in_both_languages_with_a_reminder_two_days_before(
    client: Client, name: str, day: date, zh: str, en: str
) -> None:
    application = SIGHTS[name].make(Scene())
    seen = []
    for language, words in (("zh-hans", zh), ("en", en)):
        client.cookies["jiexu-language"] = language
        (entry,) = entries(client, application, SIGHTS[name].at)
        assert entry["DTSTART"].dt == day
        assert words in entry["SUMMARY"]
        assert application.reference in entry["DESCRIPTION"]
        (alarm,) = entry.walk("VALARM")
        begins = moment(day, 0) + alarm["TRIGGER"].dt
        assert begins.date() == day - timedelta(days=2)
        seen.append(entry["UID"])
    assert seen[0] == seen[1]


def test_a_day_that_moves_keeps_its_uid_and_counts_up(client: Client) -> None:
    scene = Scene()
    application = scene.in_state(State.SUPPLEMENT_REQUESTED)
    (before,) = entries(client, application, moment("2025-09-26"))
    step = application.steps.get(kind="supplement")
    step.due_on += timedelta(days=3)
    step.save(update_fields=["due_on"])
    application = TransferApplication.objects.get(pk=application.pk)
    application.version += 1
    application.save(update_fields=["version"])
    (after,) = entries(client, application, moment("2025-09-26"))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt == before["DTSTART"].dt + timedelta(days=3)


def test_requests_of_the_two_sides_are_two_entries(client: Client) -> None:
    scene = Scene()
    uids = set()
    for clerk in ("origin_clerk", "destination_clerk"):
        application = scene.submit().application
        scene.do(application, clerk, "request_supplement", moment("2025-09-25"),
                 items=["stop_proof"], why="看不清")  # fmt: skip
        (entry,) = entries(client, application, moment("2025-09-26"))
        uids.add(entry["UID"])
    assert len(uids) == 2


@pytest.mark.parametrize("name", ["submitted", "out", "late", "refused", "withdrawn", "no-balance"])
def test_nothing_to_keep_no_file(client: Client, name: str) -> None:
    sight = SIGHTS[name]
    application = sight.make(Scene())
    at = moment("2026-03-02") if name == "no-balance" else sight.at
    with time_machine.travel(at, tick=False):
        address = enter(client, application)
        assert "calendar.ics" not in client.get(address).content.decode()
        assert client.get(f"{address}calendar.ics").status_code == 404


def test_an_open_query_and_a_past_day_are_no_longer_to_be_kept(client: Client) -> None:
    application = Scene().in_state(State.BALANCE_CREDITED)
    with time_machine.travel(moment("2025-11-28"), tick=False):
        address = enter(client, application)
        assert client.get(f"{address}calendar.ics").status_code == 404
    with time_machine.travel(moment("2025-11-03"), tick=False):
        address = enter(client, application)
        assert client.get(f"{address}calendar.ics").status_code == 200
        Dispute.objects.create(
            application=application, about="amount", raised_at=moment("2025-11-03"),
            answer_by=date(2025, 11, 10),
        )  # fmt: skip
        assert client.get(f"{address}calendar.ics").status_code == 404
