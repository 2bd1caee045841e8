"""`manage.py up` with real processes: it starts everything, and it ends everything."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
import redis

from config.embedded import LONGEST_SOCKET_NAME, socket_url, valkey_socket
from tests.services import ROOT, short_directory
from transfers.demo.plots import FEWEST

ANSWERS = re.compile(r"Jiexu answers at http://127\.0\.0\.1:\d+")
SERVICES = ("beat", "valkey", "web", "worker")


class Up:
    """One running `manage.py up` of its own port and data, and what it printed so far."""

    def __init__(self, data_dir: Path, *arguments: str, port: int | None = None) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", *arguments],
            cwd=data_dir.parent,
            env={**clean_environment(), "DATA_DIR": str(data_dir), "PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.append(line)

    @property
    def printed(self) -> str:
        return "".join(self._lines)

    def wait_until_it_answers(self) -> None:
        wait_for(
            lambda: ANSWERS.search(self.printed) or self.process.poll() is not None,
            seconds=240,
            why=lambda: self.printed,
        )
        assert self.process.poll() is None, self.printed

    def children(self) -> dict[str, psutil.Process]:
        """The processes that the supervisor itself started, by the names it gives them."""
        marks = {
            "valkey-server": "valkey",
            "gunicorn": "web",
            "worker": "worker",
            "beat": "beat",
        }
        found = {}
        for process in psutil.Process(self.process.pid).children():
            command = [Path(word).name for word in " ".join(process.cmdline()).split()]
            found[next(name for mark, name in marks.items() if mark in command)] = process
        return found

    def end(self) -> int:
        """Wait for its exit code, and for the last line it printed."""
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return code

    def get(self, path: str) -> tuple[int, str]:
        request = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            request.request("GET", path)
            answer = request.getresponse()
            return answer.status, answer.read().decode()
        finally:
            request.close()


def clean_environment() -> dict[str, str]:
    """Ours, without what would keep a start from its embedded defaults."""
    ours = ("DATABASE_URL", "DATA_DIR", "DJANGO_ALLOW_ASYNC_UNSAFE", "REDIS_URL", "SECRET_KEY")
    return {name: value for name, value in os.environ.items() if name not in ours}


def wait_for(
    ready: Callable[[], object], seconds: float, why: Callable[[], str] = lambda: ""
) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain. {why()}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def descendants(pid: int) -> list[psutil.Process]:
    """Every process below `pid`."""
    return psutil.Process(pid).children(recursive=True)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run. A zombie does not: it only waits for init to take note."""
    return [
        process
        for process in processes
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


@contextmanager
def starting() -> Iterator[Callable[..., Up]]:
    """Starts `manage.py up`; whatever of it still runs at the end is killed."""
    started: list[Up] = []

    def start(data_dir: Path, *arguments: str, port: int | None = None) -> Up:
        started.append(Up(data_dir, *arguments, port=port))
        return started[-1]

    try:
        yield start
    finally:
        for one in started:
            if one.process.poll() is None:
                left = descendants(one.process.pid)
                one.process.kill()
                for process in living(left):
                    process.kill()
            one.end()


@pytest.fixture
def up() -> Iterator[Callable[..., Up]]:
    with starting() as start:
        yield start


@pytest.fixture
def directory() -> Iterator[Path]:
    with short_directory() as path:
        yield path


@pytest.fixture(scope="module")
def steady() -> Iterator[Up]:
    """A first start on nothing, with demo data, for the tests that leave it as it is."""
    with short_directory() as path, starting() as start:
        one = start(path / "var", "--demo-cases", str(FEWEST))
        one.wait_until_it_answers()
        yield one


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """A DATA_DIR whose database is up to date; each test below starts on a copy of it."""
    with short_directory() as path:
        environment = clean_environment() | {"DATA_DIR": str(path / "var")}
        for command in ("migrate", "load_reference"):
            subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), command, "--verbosity", "0"],
                env=environment,
                check=True,
            )
        yield path / "var"


@pytest.fixture
def running(prepared: Path, directory: Path, up: Callable[..., Up]) -> Up:
    shutil.copytree(prepared, directory / "var")
    one = up(directory / "var", "--no-demo")
    one.wait_until_it_answers()
    return one


def test_up_starts_every_service_and_says_where(steady: Up) -> None:
    assert tuple(sorted(steady.children())) == SERVICES
    status, body = steady.get("/healthz")
    assert status == 200
    health = json.loads(body)
    assert (health["database"], health["broker"]) == ("ok", "ok")


def test_up_serves_static_files_without_collectstatic(steady: Up) -> None:
    status, body = steady.get("/static/admin/css/base.css")

    assert status == 200
    assert "--primary" in body


def test_the_broker_is_for_this_user_alone(steady: Up) -> None:
    assert steady.data_dir.stat().st_mode & 0o077 == 0
    assert valkey_socket(steady.data_dir).stat().st_mode & 0o077 == 0


def test_up_prints_demo_logins_that_work(steady: Up) -> None:
    demo = json.loads((steady.data_dir / "demo-logins.json").read_text(encoding="utf-8"))
    wait_for(lambda: demo["query_code"] in steady.printed, seconds=5, why=lambda: steady.printed)

    assert demo["reference"] in steady.printed
    assert demo["logins"]
    for login in demo["logins"]:
        assert login["username"] in steady.printed
        assert login["password"] in steady.printed
    assert signs_in(steady, demo["logins"][0]["username"], demo["logins"][0]["password"])
    assert not signs_in(steady, demo["logins"][0]["username"], "wrong password")


def test_a_second_start_on_the_same_data_is_refused(steady: Up, up: Callable[..., Up]) -> None:
    second = up(steady.data_dir)

    assert second.end() == 1
    assert "already runs" in second.printed
    assert steady.get("/healthz")[0] == 200


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, marks=pytest.mark.full),
    ],
)
def test_up_stops_everything_when_asked(running: Up, number: signal.Signals) -> None:
    everyone = descendants(running.process.pid)
    assert len(everyone) >= len(SERVICES)

    running.process.send_signal(number)

    assert running.end() == 0, running.printed
    assert not living(everyone)


@pytest.mark.parametrize(
    "name",
    ["worker", *(pytest.param(name, marks=pytest.mark.full) for name in ("beat", "valkey", "web"))],
)
def test_a_dead_child_stops_everything_with_exit_1(running: Up, name: str) -> None:
    everyone = descendants(running.process.pid)

    running.children()[name].kill()

    assert running.end() == 1
    assert f"{name} was killed by SIGKILL; stopping everything." in running.printed
    assert not living(everyone)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_killing_the_supervisor_leaves_no_orphans(running: Up) -> None:
    everyone = descendants(running.process.pid)

    running.process.kill()

    wait_for(lambda: not living(everyone), seconds=30)


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_a_start_right_after_a_kill_works(running: Up, up: Callable[..., Up]) -> None:
    running.process.kill()
    running.process.wait()

    again = up(running.data_dir, "--no-demo")

    again.wait_until_it_answers()


def test_a_taken_port_is_named_before_anything_starts(
    directory: Path, up: Callable[..., Up]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        one = up(directory / "var", port=taken.getsockname()[1])

        assert one.end() == 1

    assert f"Port {one.port} is taken" in one.printed
    assert not (one.data_dir / "jiexu.sqlite3").exists()


def test_a_second_start_keeps_queue_and_database(running: Up, up: Callable[..., Up]) -> None:
    url = socket_url(valkey_socket(running.data_dir))
    with redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
    key = (running.data_dir / "secret_key").read_text()
    database = (running.data_dir / "jiexu.sqlite3").stat().st_ino
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 0

    again = up(running.data_dir, "--no-demo")
    again.wait_until_it_answers()

    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"
    assert (again.data_dir / "secret_key").read_text() == key
    assert (again.data_dir / "jiexu.sqlite3").stat().st_ino == database


def test_up_works_in_a_long_path_with_spaces(
    prepared: Path, directory: Path, up: Callable[..., Up]
) -> None:
    data_dir = directory / "a b" / ("very long name " * 6).strip() / "数据"
    assert len(os.fsencode(data_dir / "valkey.sock")) > LONGEST_SOCKET_NAME
    shutil.copytree(prepared, data_dir)
    socket_home = valkey_socket(data_dir).parent
    try:
        one = up(data_dir, "--no-demo")
        one.wait_until_it_answers()

        assert socket_home.stat().st_mode & 0o077 == 0
        assert json.loads(one.get("/healthz")[1])["broker"] == "ok"
        one.process.send_signal(signal.SIGINT)
        assert one.end() == 0
    finally:
        shutil.rmtree(socket_home)


def signs_in(one: Up, username: str, password: str) -> bool:
    """Whether the staff site's login form lets them in."""
    request = http.client.HTTPConnection("127.0.0.1", one.port, timeout=10)
    try:
        request.request("GET", "/admin/login/")
        form = request.getresponse()
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', form.read().decode())
        cookie = form.getheader("Set-Cookie", "").split(";")[0]
        assert token is not None
        body = {"csrfmiddlewaretoken": token[1], "username": username, "password": password}
        request.request(
            "POST",
            "/admin/login/?next=/admin/",
            body=urlencode(body),
            headers={"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"},
        )
        return request.getresponse().status == http.HTTPStatus.FOUND
    finally:
        request.close()
