"""A transfer that waits for its arrears: what its applicant and the clerks of both sides read."""

import re
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from arrears.models import ArrearsCase
from tests.arrears.office import Office
from tests.looks import LANGUAGES, WIDTHS, examine, press, switch
from tests.public.test_status_page import text_of
from tests.public.visits import CODE, enter, know_code
from tests.scenes import Scene, example_number, moment
from transfers import tasks
from transfers.models import OutboxMessage, TransferApplication
from transfers.rules.states import Action, State

ON = moment("2025-03-12")
FLEXIBLE = {
    "scheme": "flexible", "cause": "individual", "employer_name": "", "employer_email": "",
}  # fmt: skip
NOTHING_TO_DO = "need to do anything now."


@pytest.fixture
def office(db: None) -> Office:
    return Office()


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def transfer(scene: Scene, number: str) -> TransferApplication:
    application: TransferApplication = scene.submit(ON, id_number=number).application
    return application


def _assessed(office: Office, number: str, **changes: Any) -> ArrearsCase:
    case = office.zhang(id_number=number, **changes)
    return office.assessed(case, pay_by=date(2025, 3, 31))


def _look(
    client: Client, application: TransferApplication, language: str = "en", on: datetime = ON
) -> str:
    client.cookies["jiexu-language"] = language
    with time_machine.travel(on, tick=False):
        html: str = client.get(enter(client, application)).content.decode()
    return html


def _box(html: str) -> str:
    """The first box, which says where the transfer stands."""
    found = re.search(r'<section class="box.*?</section>', html, re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_must_pay_reads_it_in_the_first_box(
    client: Client, office: Office, scene: Scene, language: str
) -> None:
    number = example_number()
    _assessed(office, number, **FLEXIBLE)
    html = _look(client, transfer(scene, number), language)
    box = _box(html)
    assert 'class="box act"' in box
    assert "¥1,636.00" in box  # 1600.00, and 59 and 31 days of 0.40 until 31 March
    assert 'href="#overlays"' in box
    assert NOTHING_TO_DO not in text_of(html)
    assert "现在不用您做任何事" not in html
    overlay = html[html.index('id="overlays"') :]
    assert 'href="/arrears/"' in overlay
    assert "2-month gap" in overlay or "断缴" in overlay


@pytest.mark.parametrize("day", ["2025-03-12", "2025-03-27"])
def test_while_it_is_not_paid_no_office_promises_a_day_and_none_is_late(
    client: Client, office: Office, scene: Scene, day: str
) -> None:
    number = example_number()
    case = _assessed(office, number, **FLEXIBLE)
    application = transfer(scene, number)
    said = text_of(_look(client, application, on=moment(day)))
    assert said.count("Once it is paid, within 5 working days") == 2  # box and tracker
    assert "We'll say by" not in said
    assert "By Wed 19 March 2025" not in said
    assert "This is late" not in said
    assert tasks.WORDS.late(application, moment(day)) is None
    message = OutboxMessage(kind="applicant", application=application)
    assert tasks.WORDS.sms(message, moment(day)) is None
    office.paid(case, payer="person", on="2025-03-12")
    said = text_of(_look(client, application, on=moment(day)))
    assert "Once it is paid" not in said
    assert ("This is late" in said) is (day == "2025-03-27")


def test_while_the_office_works_it_out_there_is_nothing_to_do(
    client: Client, office: Office, scene: Scene
) -> None:
    number = example_number()
    office.zhang(id_number=number)
    html = _look(client, transfer(scene, number))
    assert 'class="box going"' in _box(html)
    assert NOTHING_TO_DO in text_of(_box(html))
    assert "2-month gap" in text_of(html)
    assert "works out what is to be paid" in text_of(html)


def test_materials_that_are_asked_for_stay_asked_for(
    client: Client, office: Office, scene: Scene
) -> None:
    number = example_number()
    _assessed(office, number)
    application = transfer(scene, number)
    scene.do(application, "destination_clerk", Action.REQUEST_SUPPLEMENT, ON,
             items=["stop_proof"], why="The proof cannot be read")  # fmt: skip
    said = text_of(_box(_look(client, application)))
    assert "Pay your share of ¥320.00 and ask your employer to pay the other ¥1,316.00" in said
    assert "because The proof cannot be read" in said


def test_paid_it_is_gone(client: Client, office: Office, scene: Scene) -> None:
    number = example_number()
    case = _assessed(office, number)
    application = transfer(scene, number)
    office.paid(case, on="2025-03-12")
    html = _look(client, application)
    assert "overlays" not in html
    assert 'class="box going"' in _box(html)


@pytest.mark.parametrize(("side", "follows"), [("origin", True), ("destination", False)])
def test_clerks_of_both_sides_read_what_it_waits_for(
    client: Client, office: Office, scene: Scene, side: str, follows: bool
) -> None:
    number = example_number()
    case = _assessed(office, number)
    application = transfer(scene, number)
    client.force_login(scene.user(f"{side}_clerk"))
    client.cookies["jiexu-language"] = "en"
    with time_machine.travel(ON, tick=False):
        html = client.get(f"/admin/cases/{application.reference}/").content.decode()
    assert "Waits for: 2-month gap" in html
    assert case.reference in html
    assert (f'href="/admin/arrears/{case.reference}/"' in html) is follows


def test_two_cases_stand_below_each_other(client: Client, office: Office, scene: Scene) -> None:
    number = example_number()
    _assessed(office, number)
    office.zhang(id_number=number, from_month=date(2024, 3, 1), to_month=date(2024, 3, 1))
    html = _look(client, transfer(scene, number))
    assert html.index("1-month gap") < html.index('id="overlay-2"') < html.rindex("2-month gap")
    assert html.count('id="overlays"') == 1


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_what_to_pay_stands_on_the_first_screen(live_server: Any, page: Any) -> None:
    office, scene, number = Office(), Scene(), example_number()
    _assessed(office, number, **FLEXIBLE)
    application = transfer(scene, number)
    know_code(application)
    with time_machine.travel(ON, tick=True):
        page.goto(f"{live_server.url}/status/")
        page.fill("#id_reference", application.reference)
        page.fill("#id_code", CODE)
        press(page, "main button[type=submit]")
        page.wait_for_url(f"**/status/{application.reference}/")
        for language, size in zip(LANGUAGES, ("large", "standard"), strict=True):
            switch(page, live_server.url, language, size)
            page.reload()
            assert not examine(page, f"status-arrears-{language}-{size}", WIDTHS)
            assert page.locator("*").count() <= 600
        page.set_viewport_size({"width": 375, "height": 812})
        for language in LANGUAGES:
            switch(page, live_server.url, language)
            page.reload()
            box = page.locator(".box .you dd .first").first.bounding_box()
            assert box["y"] + box["height"] <= 812, (language, box)


def test_elsewhere_it_does_not_stand(client: Client, office: Office, scene: Scene) -> None:
    """Not over a case that was accepted, whatever is found out later."""
    application = scene.in_state(State.VALIDATED)
    _assessed(office, application.person.id_number)
    assert "overlays" not in _look(client, application)
