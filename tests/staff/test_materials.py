"""The files of a case at the desks: who opens them, and what is written down of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.intake.malformed import encoded, picture
from tests.scenes import Scene, moment
from tests.staff.desks import case_url, client_of, newcomers, text_of
from transfers.intake import uploads
from transfers.models import Disclosure, TransferApplication, Upload
from transfers.rules.states import Action, Role, State
from transfers.staff import disclosure


@pytest.fixture(autouse=True)
def _uploads_of_its_own(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture
def application(scene: Scene) -> TransferApplication:
    return scene.in_state(State.SUPPLEMENT_REQUESTED)


def add(application: TransferApplication, turned: int = 0) -> Upload:
    content = ContentFile(encoded(picture().rotate(turned), "JPEG"))
    return uploads.take(content, "stop_proof", application=application, at=moment("2025-09-26"))


def place(application: TransferApplication, upload: Upload) -> str:
    return f"{case_url(application)}files/{upload.token}/"


def test_the_agencies_of_the_case_open_its_files_and_each_opening_is_written_down(
    scene: Scene, application: TransferApplication
) -> None:
    upload = add(application)
    other = scene.in_state(State.APPLIED)
    crowd = newcomers((Role.CLERK, Role.AUDITOR, Role.POLICY_EDITOR))
    for (where, role), user in crowd.items():
        client = client_of(user)
        answer = client.get(place(application, upload))
        seen = role in (Role.CLERK, Role.AUDITOR) and (
            where in ("origin", "destination") or (where == "supervising" and role == Role.AUDITOR)
        )
        assert answer.status_code == (200 if seen else 404), (where, role)
        found = Disclosure.objects.filter(user=user, application=application, material="stop_proof")
        assert found.count() == int(seen)
        if seen:
            assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
            assert answer["Content-Disposition"] == 'inline; filename="stop_proof.jpg"'
            assert client.get(place(other, upload)).status_code == 404


def test_files_have_an_hourly_share_of_their_own(
    scene: Scene, application: TransferApplication, monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    upload = add(application)
    monkeypatch.setattr(disclosure, "FILES_PER_HOUR", 2)
    user = scene.user("origin_clerk")
    client = client_of(user, "en")

    def status() -> int:
        return int(client.get(place(application, upload)).status_code)

    assert [status() for _each in range(3)] == [200, 200, 302]
    assert "You have opened" in text_of(client.get(case_url(application)))
    assert disclosure.may_look(user, application.pk, "reason", moment("2025-10-29", 15))
    now.shift(timedelta(hours=1, seconds=1))
    assert status() == 200


def test_the_case_page_names_every_file_with_one_query(
    scene: Scene, application: TransferApplication
) -> None:
    client = client_of(scene.user("origin_clerk"), "en")
    first = add(application)
    html = text_of(client.get(case_url(application)))
    assert "being sent" in html
    assert place(application, first) in html
    with CaptureQueriesContext(connection) as once:
        client.get(case_url(application))
    second = add(application, turned=90)
    scene.do(application, "applicant", Action.SUPPLY, moment("2025-09-26"))
    with CaptureQueriesContext(connection) as again:
        html = text_of(client.get(case_url(application)))
    assert "being sent" not in html
    assert place(application, second) in html
    assert sum("transfers_upload" in each["sql"] for each in once.captured_queries) == 1
    assert sum("transfers_upload" in each["sql"] for each in again.captured_queries) == 1
