"""Files of an application: cleaned, counted, kept with their row, deleted with it."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.db import connection, transaction
from django.test import RequestFactory
from PIL import Image

from tests.intake.malformed import MARK, encoded, exif, jpg, picture, png
from tests.intake.raw_pdf import plain_pdf
from tests.scenes import Scene, moment
from transfers.intake import uploads
from transfers.models import Draft, Material, Upload
from transfers.workflow.errors import Invalid

NOW = moment("2025-09-24")
KIND = "stop_proof"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return tmp_path / "uploads" / "materials"


@pytest.fixture
def draft(db: None) -> Draft:
    return new_draft("CG20250924-0000001")


def new_draft(reference: str) -> Draft:
    return Draft.objects.create(
        reference=reference, code_hash="x", created_at=NOW, saved_at=NOW, expires_on=date(2025, 10, 24)
    )  # fmt: skip


def file(content: bytes) -> ContentFile:
    return ContentFile(content, name="../../张三330102.jpg")


def shade(number: int) -> bytes:
    """A picture unlike those of the other numbers."""
    return encoded(Image.new("L", (8, 8), number * 10), "PNG")


def take(content: bytes, kind: str = KIND, **owner: Any) -> Upload:
    return uploads.take(file(content), kind, at=NOW, **owner)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Invalid) as caught:
        yield
    assert caught.value.code == code


def names(root: Path) -> list[str]:
    return sorted(each.name for each in root.iterdir()) if root.exists() else []


def test_a_photograph_is_kept_upright_without_the_place_it_was_taken_at(
    draft: Draft, root: Path
) -> None:
    sent = jpg(exif=exif(6))
    assert MARK in sent
    kept = take(sent, draft=draft)
    content = (root / Path(kept.file.name).name).read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == ("JPEG", picture().size[::-1])
        assert not image.getexif()
    assert MARK not in content
    assert (kept.file_type, kept.size, kept.pages) == ("image/jpeg", len(content), 1)


def test_a_file_has_a_name_nobody_can_guess_and_only_the_service_may_read_it(
    draft: Draft, root: Path
) -> None:
    kept = take(png(), draft=draft)
    (name,) = names(root)
    assert len(name) == 32
    assert name not in (kept.token.hex, kept.sha256)
    assert "330102" not in kept.file.name
    assert stat.S_IMODE((root / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_a_pdf_keeps_its_pages(draft: Draft) -> None:
    kept = take(plain_pdf(3), draft=draft)
    assert (kept.file_type, kept.pages) == ("application/pdf", 3)
    with kept.file.open("rb") as content, pikepdf.open(content) as pages:
        assert b"(word) Tj" in pages.pages[2].Contents.read_bytes()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"GIF89a" + bytes(99), "type"),
        (b"\0\0\0\x18ftypheic" + bytes(99), "heic"),
        (jpg()[:300], "damaged"),
        (jpg().ljust((10 << 20) + 1, b"\0"), "size"),
        (plain_pdf(51), "pages"),
    ],
)
def test_what_cannot_be_taken_leaves_nothing(
    draft: Draft, root: Path, content: bytes, code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        take(content, draft=draft)
    assert (caught.value.code, caught.value.field) == (code, "file_stop_proof")
    assert names(root) == []
    assert not Upload.objects.exists()


def test_no_more_of_a_file_is_written_down_than_a_page_would_take(rf: RequestFactory) -> None:
    long = SimpleUploadedFile("a.jpg", bytes(12 << 20))
    request = rf.post("/", {"long": long, "short": SimpleUploadedFile("b.jpg", b"short")})
    assert 10 << 20 < request.FILES["long"].size <= (10 << 20) + 2 * FileUploadHandler.chunk_size
    assert request.FILES["short"].read() == b"short"
    request.close()


def test_the_same_file_again_is_the_one_kept_before(draft: Draft, root: Path) -> None:
    first = take(jpg(), draft=draft)
    assert take(jpg(), draft=draft) == first
    assert take(jpg(), "id_card", draft=draft) != first
    assert len(names(root)) == 2


def test_five_of_a_kind_and_twenty_in_all(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        take(shade(number), draft=draft)
    with refused("many"):
        take(shade(5), draft=draft)
    monkeypatch.setattr(uploads, "MAX_IN_ALL", 6)
    take(shade(5), "id_card", draft=draft)
    with refused("many"):
        take(shade(6), "id_card", draft=draft)
    assert draft.uploads.count() == 6


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_come_past_the_limit() -> None:
    draft = new_draft("CG20250924-0000002")
    start, codes = Barrier(8), []

    def send(number: int) -> None:
        start.wait()
        try:
            take(shade(number), draft=draft)
        except Invalid as problem:
            codes.append(problem.code)
        finally:
            connection.close()

    threads = [Thread(target=send, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert draft.uploads.count() == 5
    assert codes == ["many"] * 3


def test_a_row_that_cannot_be_written_leaves_no_file(
    draft: Draft, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_row: Any) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(Upload.objects, "create", fail)
    with pytest.raises(RuntimeError):
        take(jpg(), draft=draft)
    assert names(root) == []


def test_a_file_goes_when_its_row_is_certainly_gone(
    draft: Draft, root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    kept = take(jpg(), draft=draft)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        uploads.remove(str(kept.token), draft=draft)
        transaction.set_rollback(True)
    assert len(names(root)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        uploads.remove(str(kept.token), draft=draft)
        assert len(names(root)) == 1
    assert names(root) == []


def test_files_go_with_the_draft_they_belong_to(
    draft: Draft, root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    take(jpg(), draft=draft)
    with django_capture_on_commit_callbacks(execute=True):
        Draft.objects.filter(pk=draft.pk).delete()
    assert names(root) == []


def test_files_without_a_row_are_forgotten_after_a_day(draft: Draft, root: Path) -> None:
    """What a process leaves that is killed between the file and its row, or the row and its file."""
    kept = take(jpg(), draft=draft)
    for name in ("old", "new"):
        default_storage.save(f"materials/{name}", ContentFile(b"x"))
    for name, hours in (("old", 25), ("new", 23), (Path(kept.file.name).name, 9_999)):
        at = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(root / name, (at, at))
    assert uploads.forget(NOW) == 1
    assert names(root) == sorted(["new", Path(kept.file.name).name])
    assert uploads.forget(NOW) == 0


def test_handing_over_moves_the_files_and_names_the_materials(draft: Draft) -> None:
    take(jpg(), draft=draft)
    take(shade(1), draft=draft)
    take(shade(2), "id_card", draft=draft)
    application = Scene().submit(materials=("id_card",)).application
    uploads.hand_over(draft, application)
    assert not draft.uploads.exists()
    assert application.uploads.count() == 3
    kinds = Material.objects.filter(application=application).values_list("kind", flat=True)
    assert sorted(kinds) == ["id_card", "stop_proof"]


def test_nothing_is_added_to_what_was_handed_in(draft: Draft) -> None:
    application = Scene().submit().application
    with refused("gone"):
        take(jpg(), application=application)
    Draft.objects.filter(pk=draft.pk).update(application=application)
    with refused("gone"):
        take(jpg(), draft=draft)
