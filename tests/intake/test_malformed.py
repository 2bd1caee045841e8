"""Malformed uploads through the real door: each is refused in words or made harmless, in bounds."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.intake import measured
from tests.intake.malformed import MARK, Bad, battery
from tests.public.visits import enter
from tests.scenes import Scene, moment
from transfers.intake.cleaning.verdict import CPU_SECONDS, MEMORY_BYTES
from transfers.intake.uploads import SENTENCES
from transfers.models import Upload
from transfers.rules.states import State

SEED = 20251122
FIELD = "file_stop_proof"


@pytest.fixture(autouse=True)
def _uploads_of_its_own(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def _traces(content: bytes, file_type: str) -> Iterator[str]:
    """Where the mark is found in what was kept: as it is, and in every part of a PDF unpacked."""
    if MARK in content:
        yield "the file"
    if file_type != "application/pdf":
        return
    with pikepdf.open(io.BytesIO(content)) as kept:
        for item in kept.objects:
            if MARK in item.unparse(resolved=False):
                yield "an object"
            if isinstance(item, pikepdf.Stream):
                try:
                    unpacked = item.read_bytes()
                except pikepdf.PdfError:
                    unpacked = item.read_raw_bytes()
                if MARK in unpacked:
                    yield "a stream"


def _send(client: Client, address: str, bad: Bad) -> tuple[str, float]:
    """Send one; returns what is wrong with what came of it, or nothing, and the seconds it took."""
    file = SimpleUploadedFile("x", bad.content, content_type="image/jpeg")
    file._name = bad.file_name  # as it stands in the request, not as Django tidies it
    begun = time.monotonic()
    answer = client.post(address, {FIELD: file, "keep": ""})
    seconds = time.monotonic() - begun
    return _judged(answer, bad), seconds


def _judged(answer: Any, bad: Bad) -> str:
    kept = Upload.objects.first()
    if kept is None:
        sentences = [str(each()) for each in SENTENCES.values()]
        told = answer.content.decode()
        if answer.status_code != 422 or not any(sentence in told for sentence in sentences):
            return f"refused without a sentence ({answer.status_code})"
        return "refused" if bad.due == "clean" else ""
    content = kept.file.read()
    kept.file.close()
    found = [*_traces(content, kept.file_type)]
    kept.delete()
    if answer.status_code != 302:
        return f"kept with status {answer.status_code}"
    if found:
        return f"the mark is in {found}"
    return "kept" if bad.due == "refused" else ""


def _run(
    files: list[Bad] | Iterator[Bad], monkeypatch: pytest.MonkeyPatch, notes: Path
) -> tuple[int, dict[str, str]]:
    measured.measure(monkeypatch, notes)
    application = Scene().in_state(State.SUPPLEMENT_REQUESTED)
    client = Client()
    address = f"{enter(client, application)}supply/"
    wrong: dict[str, str] = {}
    number, slowest = 0, (0.0, "")
    for bad in files:
        number += 1
        outcome, seconds = _send(client, address, bad)
        slowest = max(slowest, (seconds, bad.name))
        if outcome:
            wrong[bad.name] = outcome
    used = measured.read(notes)
    memory = max(each.megabytes for each in used)
    cpu = max(each.cpu_seconds for each in used)
    print(
        f"{number} files: at most {memory} MB and {cpu} s of CPU in the process, "
        f"{slowest[0]:.1f} s for an answer ({slowest[1]})"
    )
    assert memory <= MEMORY_BYTES >> 20
    assert cpu <= CPU_SECONDS + 0.5
    return number, wrong


@pytest.fixture(autouse=True)
def _on_the_day(db: None) -> Iterator[None]:
    with time_machine.travel(moment("2025-09-26"), tick=True):
        yield


def test_a_sample_of_malformed_files_is_refused_in_words_or_made_harmless(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = (bad for number, bad in enumerate(battery(SEED)) if number % 6 == 0)
    number, wrong = _run(files, monkeypatch, tmp_path / "notes")
    assert not wrong
    assert number >= 40


@pytest.mark.full
def test_every_malformed_file_is_refused_in_words_or_made_harmless(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    number, wrong = _run(battery(SEED), monkeypatch, tmp_path / "notes")
    assert not wrong
    assert number >= 200
