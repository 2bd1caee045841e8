"""Files that are sent, removed and forgotten while their application is handed in; nothing in vain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import RequestFactory

from tests.intake.malformed import jpg
from tests.scenes import Scene, moment
from transfers.intake import drafts, uploads
from transfers.models import Draft, Upload
from transfers.public import uploading
from transfers.workflow.errors import Invalid

NOW = moment("2025-09-24")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def new_draft() -> Draft:
    return Draft.objects.create(
        reference="CG20250924-0000003", code_hash="x", created_at=NOW, saved_at=NOW,
        expires_on=date(2025, 10, 24),
    )  # fmt: skip


def take(draft: Draft) -> Upload:
    return uploads.take(ContentFile(jpg()), "id_card", draft=draft, at=NOW)


def press_remove(upload: Upload) -> None:
    request = RequestFactory().post("/", {"remove": str(upload.token)})
    uploading.handle(request, ["id_card"], draft=Draft.objects.get(), at=NOW)


def forget(_upload: Upload) -> None:
    assert drafts.forget(date(2025, 11, 1)) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("undo", [press_remove, forget])
def test_what_is_being_handed_in_is_neither_removed_nor_forgotten(
    undo: Callable[[Upload], None],
) -> None:
    application = Scene().submit().application
    draft = new_draft()
    upload = take(draft)
    half, errors = Event(), []

    def hand_in() -> None:
        with transaction.atomic():
            held = Draft.objects.select_for_update().get(pk=draft.pk)
            uploads.hand_over(held, application)
            held.application = application
            held.save()
            half.set()
            Event().wait(0.7)
        connection.close()

    def undone() -> None:
        half.wait(5)
        try:
            undo(upload)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=hand_in), Thread(target=undone)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not errors
    assert Upload.objects.get().application == application
    assert Draft.objects.get().application == application
    assert upload.file.storage.exists(upload.file.name)


def never(_content: bytes) -> Any:
    raise AssertionError("looked at in vain")


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["gone", "many"])
def test_a_file_that_cannot_be_kept_is_not_looked_at(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = new_draft()
    if why == "gone":
        Draft.objects.update(application=Scene().submit().application)
    else:
        take(draft)
        monkeypatch.setattr(uploads, "MAX_OF_A_KIND", 1)
    monkeypatch.setattr(uploads, "clean", never)
    with pytest.raises(Invalid) as caught:
        take(draft)
    assert caught.value.code == why


def request_with(files: int) -> Any:
    return RequestFactory().post(
        "/", {"photo_id_card": [SimpleUploadedFile("a.jpg", bytes(1024)) for _ in range(files)]}
    )


@pytest.mark.django_db
def test_of_one_request_no_more_files_are_looked_at_than_an_application_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = []
    monkeypatch.setattr(uploads, "take", lambda file, *_rest, **_more: looked_at.append(file))
    (problem,) = uploading.handle(request_with(23), ["id_card"], draft=new_draft(), at=NOW)
    assert len(looked_at) == 20
    assert problem.code == "busy"


@pytest.mark.django_db
def test_an_address_has_its_share_of_files_in_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    from transfers.public import throttle

    monkeypatch.setattr(uploads, "take", lambda *_rest, **_more: None)
    monkeypatch.setattr(throttle, "FILES", throttle.Share("files", 3))
    draft = new_draft()
    (problem,) = uploading.handle(request_with(5), ["id_card"], draft=draft, at=NOW)
    assert (problem.field, problem.code) == ("photo_id_card", "busy")
    assert uploading.handle(request_with(3), ["id_card"], draft=draft, at=NOW)
    later = moment("2025-09-24", 23)
    assert not uploading.handle(request_with(3), ["id_card"], draft=draft, at=later)
    somebody = request_with(3)
    somebody.META["REMOTE_ADDR"] = "192.0.2.9"
    assert not uploading.handle(somebody, ["id_card"], draft=draft, at=NOW)


@pytest.mark.django_db
def test_a_picture_is_served_in_a_sandbox_and_a_pdf_is_not() -> None:
    """Some browsers show an empty page for a PDF in a sandbox, others ignore it."""
    from tests.intake.raw_pdf import plain_pdf
    from transfers.intake import serving

    draft = new_draft()
    held = {}
    for content in (jpg(), plain_pdf()):
        upload = uploads.take(ContentFile(content), "id_card", draft=draft, at=NOW)
        answer = serving.shown(upload)
        assert answer["X-Content-Type-Options"] == "nosniff"
        held[upload.file_type] = answer["Content-Security-Policy"]
    assert held == {
        "image/jpeg": "sandbox; default-src 'none'",
        "application/pdf": "default-src 'none'",
    }
