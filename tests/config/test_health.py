"""/healthz: what it says, and when it says that something is wrong."""

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config import health
from transfers.models import Heartbeat

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("age", "uptime", "expected"),
    [
        (0, 10_000, ("ok", 0)),
        (180, 10_000, ("ok", 180)),
        (181, 10_000, ("late", 181)),
        (181, 179, ("starting", 181)),
        (None, 179, ("starting", None)),
        (None, 180, ("late", None)),
        (-60, 10_000, ("ok", -60)),
        (-61, 10_000, ("late", -61)),
    ],
)
def test_sweep_state_by_age_and_uptime(
    age: int | None, uptime: float, expected: tuple[str, int | None]
) -> None:
    finished_at = None if age is None else NOW - timedelta(seconds=age)

    assert health.sweep_state(finished_at, NOW, uptime) == expected


@pytest.fixture
def long_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STARTED", health.time.monotonic() - 10_000)


@pytest.mark.django_db
def test_healthz_is_well_with_a_fresh_sweep(client: Client, long_up: None) -> None:
    Heartbeat.objects.create(job=health.SWEEP, finished_at=timezone.now())

    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert json.loads(answer.content) == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "sweep": "ok",
        "sweep_age_seconds": 0,
    }
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_healthz_is_unwell_when_no_sweep_ever_finished(client: Client, long_up: None) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert json.loads(answer.content)["sweep"] == "late"


@pytest.mark.django_db
def test_another_job_does_not_pass_for_the_sweep(client: Client, long_up: None) -> None:
    Heartbeat.objects.create(job="deliver_messages", finished_at=timezone.now())

    assert client.get("/healthz").status_code == 503


@pytest.mark.django_db
def test_healthz_names_a_dead_broker_and_nothing_about_it(
    client: Client, settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody-listens"
    Heartbeat.objects.create(job=health.SWEEP, finished_at=timezone.now())

    with caplog.at_level(logging.ERROR):
        answer = client.get("/healthz")

    assert answer.status_code == 503
    assert json.loads(answer.content)["broker"] == "down"
    assert b"nobody-listens" not in answer.content
    assert "The broker does not answer" in caplog.text


@pytest.mark.django_db
def test_healthz_names_a_dead_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead:
        def cursor(self) -> None:
            raise health.DatabaseError("secret address")

    monkeypatch.setattr(health, "connection", Dead())

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert json.loads(answer.content)["database"] == "down"
    assert b"secret" not in answer.content


def test_healthz_changes_nothing(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
