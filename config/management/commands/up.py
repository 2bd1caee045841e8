"""`manage.py up`: everything Jiexu needs, in one terminal."""

import errno
import http.client
import json
import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config.embedded import valkey_command, valkey_socket
from config.supervisor import StopAsked, Supervisor, only_one

ADDRESS = "127.0.0.1"
DEMO_CASES = 240  # every state many times; they all go through the real door, which takes a minute


class Command(BaseCommand):
    help = (
        "Bring the database up to date, then start web server, worker and scheduler, and a broker"
        " unless REDIS_URL names one. Ctrl-C stops everything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-demo", action="store_true", help="Do not load made-up agencies' cases and logins."
        )

        parser.add_argument(
            "--demo-cases",
            type=int,
            default=DEMO_CASES,
            help=f"How many made-up cases a first start loads (default: {DEMO_CASES}).",
        )

    def handle(self, *args: Any, no_demo: bool, demo_cases: int, **options: Any) -> None:
        self.demo = not settings.PRODUCTION and not no_demo
        self.demo_cases = demo_cases
        _refuse_taken_port()
        try:
            with only_one(settings.DATA_DIR / "up.lock") as lock:
                self._run(lock)
        except BlockingIOError as error:
            raise CommandError(f"Jiexu already runs on the data in {settings.DATA_DIR}.") from error

    def _run(self, lock: int) -> None:
        well = False
        try:
            # Children inherit the lock: nobody starts a second time on files that one still writes.
            with Supervisor(sys.stdout.buffer, keep_open=[lock]) as supervisor:
                try:
                    well = self._serve(supervisor)
                except StopAsked:
                    well = True
                    supervisor.say("Stopping …")
        finally:
            connections.close_all()
        if not well:
            raise CommandError("Stopped, because something failed; the lines above say what.")

    def _serve(self, supervisor: Supervisor) -> bool:
        """Prepare, start, and run until a child dies. Returns False: only StopAsked ends well."""
        if not os.environ.get("REDIS_URL"):
            _start_valkey(supervisor)
            if not supervisor.until_ready(_broker_answers, seconds=20):
                return False
        self._prepare(supervisor)
        _start_services(supervisor)
        if not supervisor.until_ready(_web_answers, seconds=120):
            return False
        for line in self._welcome():
            supervisor.say(line)
        supervisor.until_one_dies()
        return False

    def _prepare(self, supervisor: Supervisor) -> None:
        supervisor.say("Bringing the database up to date …")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("load_reference", verbosity=0)
        if self.demo:
            supervisor.say("Loading the demo, which takes about a minute the first time …")
            call_command("load_demo", count=self.demo_cases, verbosity=0)
        if settings.PRODUCTION:
            call_command("collectstatic", interactive=False, verbosity=0)
        connections.close_all()  # the children open their own

    def _welcome(self) -> list[str]:
        lines = ["", f"Jiexu answers at http://{ADDRESS}:{settings.PORT}  (staff: /admin/)"]
        if self.demo:
            lines += _demo_lines(settings.DATA_DIR / "demo-logins.json")
        return [*lines, "", "Ctrl-C stops everything.", ""]


def _demo_lines(path: Path) -> list[str]:
    """The demo logins and the demo case, as load_demo left them in `path`."""
    demo = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        (login["username"], login["password"], login["role"], login["agency"] or "")
        for login in demo["logins"]
    ]
    names = max(len(row[0]) for row in rows)
    words = max(len(row[1]) for row in rows)
    return [
        "",
        "Demo logins for /admin/ (made for this computer, never for production):",
        *(f"  {row[0]:<{names}}  {row[1]:<{words}}  {row[2]}  {row[3]}" for row in rows),
        "Demo login for /employer/:",
        f"  {demo['employer']['username']}  {demo['employer']['password']}",
        "Demo case for the public page:",
        f"  reference {demo['reference']}  query code {demo['query_code']}",
    ]


def _refuse_taken_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, settings.PORT))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise CommandError(
                f"Port {settings.PORT} is taken or not allowed; choose another: PORT=8080 bin/run"
            ) from error


def _start_valkey(supervisor: Supervisor) -> None:
    # Left behind by a kill. Nobody listens on it any more: we hold the lock that its server held.
    valkey_socket(settings.DATA_DIR).unlink(missing_ok=True)
    supervisor.start(
        "valkey", valkey_command(settings.DATA_DIR), cwd=settings.DATA_DIR, foundation=True
    )


def _start_services(supervisor: Supervisor) -> None:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config.celery"]
    commands = {
        "web": [
            *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
            *("--bind", f"{ADDRESS}:{settings.PORT}", "--graceful-timeout", "10"),
        ],
        "worker": [*celery, "worker", "-c", "1", "--without-gossip", "--without-mingle"],
        "beat": [
            *(*celery, "beat", "--schedule", str(settings.DATA_DIR / "beat-schedule")),
            "--pidfile=",  # one left by a kill would stop the next start; up.lock guards already
        ],
    }
    for name, command in commands.items():
        supervisor.start(name, command, cwd=settings.BASE_DIR)


def _broker_answers() -> bool:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, retry=None) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False  # not yet; a broker that died meanwhile is reported as a dead child


def _web_answers() -> bool:
    host = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), ADDRESS)
    request = http.client.HTTPConnection(ADDRESS, settings.PORT, timeout=5)
    try:
        request.request("GET", "/healthz", headers={"Host": host})
        return request.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False  # not yet
    finally:
        request.close()
