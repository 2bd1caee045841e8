"""Real jobs, real pages: a Celery worker and beat on the test database, and people at browsers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from tests.looks import press
from transfers.deadlines import redate
from transfers.deadlines.calendars import calendar_of
from transfers.models import CalendarNotice
from transfers.models.regions import NATION
from transfers.rules.working_days import WorkingCalendar

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE = 60.0


def eventually(holds: Callable[[], object], what: str) -> None:
    """Wait for another process to make something true."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.2)


@dataclass
class Jobs:
    """A running worker and beat, and where their mail goes."""

    mail: Path

    def mails(self) -> str:
        """Everything sent so far, as one text."""
        return "\n".join(path.read_text("utf-8") for path in sorted(self.mail.glob("*")))


@pytest.fixture
def jobs(database_url: str, tmp_path: Path) -> Iterator[Jobs]:
    """`celery worker` and `celery beat` as in production, only more often."""
    mail = tmp_path / "mail"
    mail.mkdir()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "EMAIL_URL": f"filemail:///{mail}",
        "SWEEP_SECONDS": "1",
        "DELIVERY_SECONDS": "1",
    }
    celery = [sys.executable, "-m", "celery", "-A", "config.celery"]
    commands = {
        "worker": [*celery, "worker", "-c", "1", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile="],
    }
    logs = {name: (tmp_path / f"{name}.log").open("wb") for name in commands}
    processes = [
        subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdout=logs[name],
            stderr=subprocess.STDOUT, start_new_session=True,
        )
        for name, command in commands.items()
    ]  # fmt: skip
    yield Jobs(mail)
    for process in processes:
        assert process.poll() is None, f"{process.args!r} died"
        os.killpg(process.pid, signal.SIGTERM)
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for log in logs.values():
        log.close()


@pytest.fixture
def calendar(transactional_db: None) -> WorkingCalendar:
    """The nation's calendar after a notice that makes today a working day, whatever day it is."""
    calendar = made_working(timezone.localdate(), timezone.now())
    assert calendar.is_working(timezone.localdate())
    return calendar


def made_working(today: date, at: datetime) -> WorkingCalendar:
    """The nation's calendar after notices up to a day's year, of which the last makes the day a working one.

    A year whose notice does not come with the product has a bare one.
    """
    known = CalendarNotice.objects.filter(calendar=NATION).aggregate(newest=Max("year"))["newest"]
    for year in range(known + 1, today.year):
        redate.load("\n".join([*_bare_notice(year), ""]), at=at)
    shipped = settings.BASE_DIR / "transfers" / "fixtures" / "calendar" / f"{today.year}.csv"
    bare = _bare_notice(today.year)
    lines = shipped.read_text("utf-8").splitlines() if shipped.exists() else bare
    lines = [line for line in lines if not line.startswith(today.isoformat())]
    if today.weekday() >= 5:
        lines.append(f"{today},makeup,调休上班")
    redate.load("\n".join([*lines, ""]), at=at)
    return calendar_of("990100")


def _bare_notice(year: int) -> list[str]:
    return [
        f"# year: {year}",
        f"# notice: 示例发〔{year - 1}〕1号",
        f"# published: {year - 1}-11-01",
        "# title: 示例放假安排",
        f"# source: https://www.example.org/{year}",
        "# verified: no",
        "date,kind,name",
        f"{year}-01-01,holiday,元旦",
        f"{year}-10-01,holiday,国庆节",
    ]


class Person:
    """Somebody at a browser of their own; an error on the console fails the test."""

    def __init__(self, browser: "Browser", address: str, locale: str = "zh-CN") -> None:
        self.address = address
        self.context = browser.new_context(locale=locale, timezone_id="Asia/Shanghai")
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def goes_to(self, path: str) -> None:
        response = self.page.goto(self.address + path)
        assert response is not None
        assert response.status < 400, f"{path}: {response.status}"

    def signs_in(self, username: str) -> None:
        self.goes_to("/admin/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", username)
        self.presses("form [type=submit]")
        assert "/login/" not in self.page.url, f"{username} could not sign in"

    def presses(self, selector: str) -> None:
        press(self.page, selector)

    def reads(self) -> str:
        return self.page.locator("main").first.inner_text()


@pytest.fixture
def people(browser: "Browser", live_server: object) -> Iterator[Callable[..., Person]]:
    """Makes people; closes their browsers at the end."""
    made: list[Person] = []

    def person(locale: str = "zh-CN") -> Person:
        made.append(Person(browser, live_server.url, locale))  # type: ignore[attr-defined]
        return made[-1]

    yield person
    for each in made:
        each.context.close()
        assert not each.errors
