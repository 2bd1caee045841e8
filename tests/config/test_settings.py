"""Settings: refused loudly when wrong, safe in production, and a schedule that is data."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.test import Client

from config.embedded import celery_url, socket_url, valkey_socket
from tests.services import ROOT

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "qZ8vK2mX7cR4tN9wB6yH3jL5pD1sF0gA-uE_iOaVbCnMxQ-a-key-for-this-test-alone",
    "ALLOWED_HOSTS": "jiexu.example",
    "PUBLIC_URL": "https://jiexu.example",
    "SEAL_KEYS": "/run/jiexu/seal_keys.json",
    "DATABASE_URL": "postgres://jiexu@%2Frun%2Fpostgresql/jiexu",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtp+tls://mail.example:587",
}


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = ("DEBUG", "DATA_DIR", "SMS_URL", "SMS_TOKEN", "DJANGO_ALLOW_ASYNC_UNSAFE", *PRODUCTION)
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=kept | {"DATA_DIR": str(tmp_path / "var")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def setting(tmp_path: Path, name: str, **environment: str) -> str:
    code = f"from django.conf import settings; print(settings.{name})"
    done = manage(tmp_path, "shell", "--no-imports", "-c", code, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_production_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    seal = {"SEAL_KEYS": str(tmp_path / "seal_keys.json")}
    assert manage(tmp_path, "new_seal_key", **seal).returncode == 0
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **(PRODUCTION | seal))

    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_production_without_a_seal_key_fails_the_check(tmp_path: Path) -> None:
    seal = {"SEAL_KEYS": str(tmp_path / "seal_keys.json")}
    missing = manage(tmp_path, "check", **(PRODUCTION | seal))
    assert missing.returncode != 0
    assert "transfers.E001" in missing.stderr
    assert "new_seal_key" in missing.stderr

    assert manage(tmp_path, "new_seal_key", **(PRODUCTION | seal)).returncode == 0
    Path(seal["SEAL_KEYS"]).chmod(0o644)
    shared = manage(tmp_path, "check", **(PRODUCTION | seal))
    assert shared.returncode != 0
    assert "open to others" in shared.stderr


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"ENVIRONMENT"}))
def test_production_needs_every_setting(tmp_path: Path, name: str) -> None:
    done = manage(tmp_path, "check", **(PRODUCTION | {name: ""}))

    assert done.returncode != 0
    assert f"ENVIRONMENT=production also needs {name}." in done.stderr


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ENVIRONMENT": "prod"}, "either local or production"),
        (PRODUCTION | {"DEBUG": "true"}, "production refuses it"),
        ({"PORT": "eighty"}, "eighty"),
        ({"DATABASE_URL": "mysql://localhost/jiexu"}, "neither PostgreSQL nor SQLite"),
        ({"SMS_URL": "smpp://sms.example"}, "starts with 'smpp'"),
        ({"SMS_URL": "file:sms"}, "name the directory in full"),
        ({"SMS_URL": "https://sms.example/v1"}, "SMS_TOKEN"),
        ({"SMS_URL": "https://a:b@sms.example/", "SMS_TOKEN": "x"}, "holds no password"),
        (PRODUCTION | {"SMS_URL": "http://sms.example/", "SMS_TOKEN": "x"}, "starts with 'http'"),
    ],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, wrong: dict[str, str], said: str) -> None:
    done = manage(tmp_path, "check", **wrong)

    assert done.returncode != 0
    assert said in done.stderr


def test_sms_goes_to_a_file_locally_and_is_off_in_production_unless_set(tmp_path: Path) -> None:
    assert setting(tmp_path, "SMS_URL") == f"file://{tmp_path}/var/sms"
    assert setting(tmp_path, "SMS_URL", **PRODUCTION) == ""
    gateway = {"SMS_URL": "https://sms.example/v1", "SMS_TOKEN": "x"}
    assert setting(tmp_path, "SMS_URL", **(PRODUCTION | gateway)) == "https://sms.example/v1"


def test_a_local_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = setting(tmp_path, "SECRET_KEY")
    kept = tmp_path / "var" / "secret_key"

    assert len(first) >= 50
    assert kept.read_text() == first
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert setting(tmp_path, "SECRET_KEY") == first
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_a_socket_directory_in_the_database_url_is_read(tmp_path: Path) -> None:
    assert setting(tmp_path, "DATABASES['default']['HOST']", **PRODUCTION) == "/run/postgresql"


def test_celery_understands_a_socket_with_spaces(tmp_path: Path) -> None:
    url = socket_url(tmp_path / "a b" / "valkey.sock")

    assert url == f"unix://{tmp_path}/a%20b/valkey.sock"
    assert celery_url(url) == f"redis+socket://{tmp_path}/a%20b/valkey.sock"
    assert celery_url("redis://:word@host:6379/1") == "redis://:word@host:6379/1"


def test_the_socket_of_one_installation_is_always_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)

    assert valkey_socket(deep) == valkey_socket(deep)
    assert valkey_socket(deep) != valkey_socket(deep / "other")
    assert len(os.fsencode(valkey_socket(deep))) <= 103


def test_schedule_names_jobs_periods_and_expiry() -> None:
    def seconds(entry: dict[str, Any]) -> float | str:
        schedule = entry["schedule"]
        return str(schedule) if isinstance(schedule, crontab) else schedule

    assert {
        name: (entry["task"], seconds(entry), entry["options"]["expires"])
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
    } == {
        "raise-deadline-alerts": ("transfers.tasks.raise_deadline_alerts", 60.0, 60),
        "deliver-messages": ("transfers.tasks.deliver_messages", 10.0, 10),
        "book-receipts": ("transfers.tasks.book_receipts", 10.0, 10),
        "work-on-batches": ("transfers.tasks.work_on_batches", 10.0, 10),
        "work-out-statistics": ("transfers.tasks.work_out_statistics", 60.0, 60),
        "prove-books": (
            "transfers.tasks.prove_books",
            "<crontab: 30 2 * * * (m/h/dM/MY/d)>",
            3600,
        ),
        "queue-digests": (
            "transfers.tasks.queue_digests",
            "<crontab: 30 8 * * * (m/h/dM/MY/d)>",
            1800,
        ),
        "lapse-supplements": (
            "transfers.tasks.lapse_supplements",
            "<crontab: 5 * * * * (m/h/dM/MY/d)>",
            3600,
        ),
        "forget-expired": (
            "transfers.tasks.forget_expired",
            "<crontab: 15 3 * * * (m/h/dM/MY/d)>",
            3600,
        ),
        "watch-heartbeats": ("transfers.tasks.watch_heartbeats", 60.0, 60),
        "requote-lapsed": (
            "arrears.tasks.requote_lapsed",
            "<crontab: 20 * * * * (m/h/dM/MY/d)>",
            3600,
        ),
        "reinstate-settled": (
            "arrears.tasks.reinstate_settled",
            "<crontab: */10 * * * * (m/h/dM/MY/d)>",
            600,
        ),
        "remind-of-arrears": (
            "arrears.tasks.remind_of_arrears",
            "<crontab: 0 9 * * * (m/h/dM/MY/d)>",
            3600,
        ),
    }


def test_every_scheduled_task_exists() -> None:
    from config.celery import app

    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(app.tasks)


def test_a_killed_task_comes_back_and_a_slow_one_does_not_run_twice() -> None:
    from config.celery import app

    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]
    assert app.conf.accept_content == ["json"]


@pytest.mark.django_db
def test_every_page_carries_the_headers(client: Client) -> None:
    answer = client.get("/admin/login/")

    policy = {
        part.split()[0]: part.split()[1:] for part in answer["Content-Security-Policy"].split(";")
    }
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_production_cookies_are_bound_to_this_host(tmp_path: Path) -> None:
    names = ("SESSION", "CSRF", "LANGUAGE")
    wanted = ", ".join(
        f"settings.{name}_COOKIE_{part}"
        for name in names
        for part in ("NAME", "SECURE", "HTTPONLY")
    )
    printed = setting(tmp_path, f"DEBUG, {wanted}", **PRODUCTION)

    assert printed == (
        "False __Host-session True True __Host-csrf True True __Host-language True True"
    )
