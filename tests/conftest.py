"""What every test shares: a database with its reference data, one key for passwords, a browser."""

import os
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

from tests.pristine import Pristine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}

_pristine: Pristine | None = None


def pytest_configure(config: pytest.Config) -> None:
    # Real hashing takes a quarter of a second a login, by design; tests log in some thousand times.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    config.addinivalue_line("markers", "database: asks the database; every test that does has it")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") or not DATABASE_FIXTURES.isdisjoint(fixtures):
            item.add_marker("database")


def _restore_instead_of_flush(self: TransactionTestCase) -> None:
    """After a test that commits: what the database held before the first test, and nothing else.

    Django's own way, `flush`, would take the reference data along, and the append-only tables
    refuse it, as they should.
    """
    if _pristine is None:
        raise AssertionError("A test commits to a database that django_db_setup did not prepare.")
    _pristine.restore()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, with the reference data that every installation starts with."""
    global _pristine
    patch = pytest.MonkeyPatch()
    with django_db_blocker.unblock():
        call_command("load_reference", verbosity=0)
        _pristine = Pristine(connection)
    patch.setattr(TransactionTestCase, "_fixture_teardown", _restore_instead_of_flush)
    yield
    patch.undo()
    with django_db_blocker.unblock():
        left = _sessions_left(seconds=30)
    assert not left, f"Tests left sessions open, which keep the database from being dropped: {left}"


def _sessions_left(seconds: float) -> list[tuple[str, str]]:
    """Who else is still connected, and what they last asked, once they had time to go."""
    if connection.vendor != "postgresql":
        return []
    deadline = time.monotonic() + seconds
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state, query FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            left = cursor.fetchall()
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


@pytest.fixture(scope="session")
def pristine(django_db_setup: None) -> Pristine:
    """What restores the test database."""
    assert _pristine is not None
    return _pristine


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The DATABASE_URL of the test database, for a process that a test starts on it."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    host = str(settings["HOST"]).replace("/", "%2F")
    password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgres://{settings['USER']}{password}@{host}{port}/{settings['NAME']}"


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The installed Chromium. Without one the test is skipped, except in CI, where it fails."""
    from playwright.sync_api import sync_playwright  # its driver is only started for these tests

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    found = found or next(
        (
            path
            for path in ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
            if os.access(path, os.X_OK)
        ),
        None,
    )
    if found is None:
        message = "No Chromium found; on Debian: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # Playwright runs an event loop in this thread, and Django refuses to touch the database from
    # one. Nothing here is asynchronous: the loop only carries the browser's messages.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=found, args=arguments)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A fresh page, in Chinese; an error on its console, as a blocked script is, fails the test.

    A form that comes back to be mended is an error to the console, too (422), and none to us.
    """
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    opened = context.new_page()
    errors: list[str] = []
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not [each for each in errors if "status of 422" not in each]
