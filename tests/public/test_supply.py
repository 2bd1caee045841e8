"""Handing in online what an office asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.intake.malformed import MARK, encoded, jpg, picture, png
from tests.intake.raw_pdf import plain_pdf
from tests.looks import examine, press
from tests.public.visits import CODE, enter, know_code
from tests.scenes import Scene, moment, steps_of
from transfers.models import Material, TransferApplication, Upload
from transfers.rules.states import Action, State

DAY = moment("2025-09-26")


@pytest.fixture(autouse=True)
def _on_the_day(tmp_path: Path, settings: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    with time_machine.travel(DAY, tick=True) as traveller:
        yield traveller


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


@pytest.fixture
def application(scene: Scene) -> TransferApplication:
    """The origin asked for two papers on Thursday 2025-09-25."""
    made = scene.submit().application
    scene.do(made, "origin_clerk", Action.REQUEST_SUPPLEMENT, moment("2025-09-25"),
             items=["stop_proof", "id_card"], why="停保证明看不清")  # fmt: skip
    return made


def page_of(client: Client, application: TransferApplication, language: str = "en") -> str:
    client.cookies["jiexu-language"] = language
    return f"{enter(client, application)}supply/"


def sent(content: bytes, name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def shown(client: Client, address: str) -> str:
    return str(client.get(address).content.decode())


def fresh(application: TransferApplication) -> TransferApplication:
    return TransferApplication.objects.get(pk=application.pk)


def test_the_page_says_what_and_why_and_by_when(
    client: Client, application: TransferApplication
) -> None:
    html = shown(client, page_of(client, application))
    assert "Proof that insurance was stopped" in html
    assert "Identity card" in html
    assert '<p lang="zh-Hans">停保证明看不清</p>' in html
    assert re.search(r"By \w{3} \d+ \w+ 20\d\d", html)
    assert 'enctype="multipart/form-data"' in html
    # As WeChat needs it: one input for pictures, one without any list of types.
    assert html.count('type="file"') == 4
    assert html.count("accept=") == html.count('accept="image/*"') == 2


def test_everything_is_handed_in_once_every_item_has_a_file(
    client: Client, application: TransferApplication
) -> None:
    address = page_of(client, application)
    answer = client.post(
        address,
        {
            "photo_stop_proof": [sent(jpg()), sent(encoded(picture().rotate(90), "JPEG"))],
            "file_id_card": sent(plain_pdf()),
            "send": "",
        },
    )
    assert (answer.status_code, answer["Location"]) == (302, address.removesuffix("supply/"))
    assert fresh(application).state == State.APPLIED
    assert fresh(application).uploads.count() == 3
    kinds = Material.objects.filter(application=application).values_list("kind", flat=True)
    assert sorted(kinds) == ["id_card", "stop_proof"]
    assert application.supplement_requests.get().supplied_at is not None
    assert steps_of(application)["check_origin"].closed_on is None
    event = application.events.latest("seq")
    assert (event.verb, event.actor) == ("supply", "applicant")
    assert client.get(address).status_code == 302  # nothing is asked any more


def test_good_files_stay_when_another_is_refused(
    client: Client, application: TransferApplication
) -> None:
    address = page_of(client, application)
    answer = client.post(
        address,
        {
            "photo_stop_proof": [sent(jpg()), sent(b"MZ" + MARK), sent(png()[:60])],
            "send": "",
        },
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<title>Error: " in html
    assert "3 things to fix" in html
    assert "File 2: Only JPG, PNG and PDF files can be sent; this is another kind." in html
    assert "File 3: File damaged or locked." in html
    assert "Add a file: Identity card" in html
    for target in re.findall(r'<li><a href="#([^"]+)"', html):
        assert f'id="{target}"' in html
    assert fresh(application).state == State.SUPPLEMENT_REQUESTED
    assert Upload.objects.get().kind == "stop_proof"
    client.post(address, {"file_id_card": sent(png()), "send": ""})
    assert fresh(application).state == State.APPLIED


def test_files_are_kept_for_later_and_removed_one_by_one(
    client: Client, application: TransferApplication
) -> None:
    address = page_of(client, application)
    answer = client.post(address, {"file_stop_proof": sent(jpg()), "keep": ""})
    assert (answer.status_code, answer["Location"]) == (302, address)
    kept = Upload.objects.get()
    assert str(kept.token) in shown(client, address)
    client.post(address, {"remove": str(kept.token)})
    assert not Upload.objects.exists()
    assert client.post(address, {"remove": "x"}).status_code == 302
    assert fresh(application).state == State.SUPPLEMENT_REQUESTED


def test_what_was_handed_in_before_can_be_neither_removed_nor_sent_again(
    client: Client, scene: Scene, application: TransferApplication
) -> None:
    address = page_of(client, application)
    files = {"file_stop_proof": sent(jpg()), "file_id_card": sent(png()), "send": ""}
    client.post(address, files)
    old = Upload.objects.get(kind="stop_proof")
    with time_machine.travel(moment("2025-09-29"), tick=True):
        scene.do(application, "destination_clerk", Action.REQUEST_SUPPLEMENT,
                 moment("2025-09-28"), items=["stop_proof"], why="再拍一次")  # fmt: skip
        address = page_of(client, application)
        html = shown(client, address)
        assert str(old.token) not in html
        client.post(address, {"remove": str(old.token)})
        answer = client.post(address, {"file_stop_proof": sent(jpg()), "send": ""})
        assert answer.status_code == 422
        assert "The office has this file already; send another one." in answer.content.decode()
    assert Upload.objects.filter(pk=old.pk).exists()


def test_after_the_last_day_nothing_is_taken(
    client: Client, application: TransferApplication
) -> None:
    address = page_of(client, application)
    with time_machine.travel(moment("2025-12-30"), tick=True):
        address = page_of(client, application)
        answer = client.post(address, {"file_stop_proof": sent(jpg()), "send": ""})
    html = answer.content.decode()
    assert "The last day for the materials was" in html
    assert f'href="{address.removesuffix("supply/")}"' in html
    assert not Upload.objects.exists()


def test_two_presses_hand_in_once(client: Client, application: TransferApplication) -> None:
    address = page_of(client, application)
    files = {"file_stop_proof": jpg(), "file_id_card": png()}
    version = str(fresh(application).version)
    for _press in range(2):
        posted = {name: sent(content) for name, content in files.items()}
        answer = client.post(address, {**posted, "version": version, "send": ""})
    assert "Nothing is asked of you any more; nothing was sent." in answer.content.decode()
    assert application.events.filter(verb="supply").count() == 1


def test_a_page_opened_before_the_case_moved_on_hands_nothing_in(
    client: Client, application: TransferApplication
) -> None:
    address = page_of(client, application)
    answer = client.post(
        address,
        {"file_stop_proof": sent(jpg()), "file_id_card": sent(png()), "version": "1", "send": ""},
    )
    assert "The case has moved on since you opened this page." in answer.content.decode()
    assert fresh(application).state == State.SUPPLEMENT_REQUESTED
    assert Upload.objects.count() == 2


def test_files_are_shown_to_their_own_visit_alone_and_can_do_nothing(
    client: Client, scene: Scene, application: TransferApplication
) -> None:
    address = page_of(client, application)
    client.post(address, {"file_stop_proof": sent(jpg(), "张三.html"), "keep": ""})
    place = f"/uploads/{Upload.objects.get().token}/"
    answer = client.get(place)
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"] == 'inline; filename="stop_proof.jpg"'
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    stranger = Client()
    assert stranger.get(place).status_code == 404
    enter(stranger, scene.submit().application)
    assert stranger.get(place).status_code == 404
    assert stranger.get(address).status_code == 302
    assert client.get("/uploads/../../etc/passwd").status_code == 404


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_in_a_browser_without_script(live_server: Any, browser: Any, language: str) -> None:
    """The page with a file and a mistake, and the way to the end."""
    scene = Scene()
    application = scene.in_state(State.SUPPLEMENT_REQUESTED)
    know_code(application)
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/language/?to={language}&next=/status/")
    page.fill("#id_reference", application.reference)
    page.fill("#id_code", CODE)
    press(page, "main button[type=submit]")
    page.goto(f"{page.url}supply/")
    press(page, "button[name=send]")
    assert page.locator(".summary a").count() == 1
    page.set_input_files(
        "#id_photo_stop_proof",
        [
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpg()},
            {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": b"MZ"},
        ],
    )
    press(page, "button[name=send]")
    assert page.locator(".papers li").count() == 1
    looked = browser.new_context(storage_state=context.storage_state()).new_page()
    looked.goto(page.url)
    assert not examine(looked, f"supply-{language}")
    looked.context.close()
    press(page, "button[name=send]")
    page.wait_for_url(f"**/status/{application.reference}/")
    context.close()
    assert fresh(application).state == State.APPLIED
