"""Keeps a handful of processes alive together: all of them, or none."""

import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import BinaryIO, Self

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class StopAsked(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    foundation: bool
    unfinished_line: bytes = field(default=b"")


def tie_to_parent() -> Callable[[], None] | None:
    """What a child does before it starts, so that it ends with us even when we are killed.

    Linux only: elsewhere a `kill -9` of the supervisor leaves its children to be ended by hand.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_start() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # killed in between: nobody is left to send that signal
            os._exit(1)

    return before_start


class Supervisor:
    """Starts children, copies what they print with their name before it, and ends them together.

    A context manager: leaving it stops whatever still runs. Signals that ask to stop raise
    StopAsked inside it; a second one while stopping kills at once.
    """

    def __init__(self, out: BinaryIO, grace: float = 20.0, keep_open: Sequence[int] = ()) -> None:
        self.out = out
        self.grace = grace  # seconds from SIGTERM to SIGKILL
        self.keep_open = keep_open
        self.children: list[Child] = []
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._before_start = tie_to_parent()
        self._old_handlers: dict[int, object] = {}

    # --- As a context manager ---

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._old_handlers[number] = signal.signal(number, self._stop_asked)
        # A dead child must interrupt the wait for output: its signal writes a byte we wait for too.
        self._old_handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._bell, ringer = socket.socketpair()
        self._ringer = ringer
        for end in (self._bell, ringer):
            end.setblocking(False)
        self._old_wakeup = signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        signal.set_wakeup_fd(self._old_wakeup)
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() itself returned
        self._selector.close()
        self._bell.close()
        self._ringer.close()

    def _stop_asked(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            self._signal_all(signal.SIGKILL)
            return
        self._stopping = True
        raise StopAsked

    # --- Children ---

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        foundation: bool = False,
    ) -> Child:
        """Start a child. A foundation is one that the others need; it is stopped after them."""
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a terminal's Ctrl-C reaches us alone; we stop them in order
            pass_fds=self.keep_open,
            preexec_fn=self._before_start,  # safe here: this process runs a single thread
        )
        child = Child(name, process, foundation)
        self.children.append(child)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return child

    def say(self, text: str, name: str = "jiexu") -> None:
        """Print `text` as the output of `name`."""
        for line in text.splitlines() or [""]:
            self.out.write(f"{name:<7}| {line}".rstrip().encode() + b"\n")
        self.out.flush()

    def pump(self, timeout: float) -> None:
        """Copy the children's output; return after `timeout` seconds or when one of them died."""
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
            else:
                self._copy(key.data)

    def _copy(self, child: Child) -> None:
        stream = child.process.stdout
        assert stream is not None
        try:
            data = os.read(stream.fileno(), 65536)
        except BlockingIOError:  # nothing there after all
            return
        if data:
            *lines, child.unfinished_line = (child.unfinished_line + data).split(b"\n")
        else:  # everyone who could write to it is gone
            self._selector.unregister(stream)
            stream.close()
            lines, child.unfinished_line = [child.unfinished_line], b""
            if not lines[0]:
                return
        for line in lines:
            self.out.write(f"{child.name:<7}| ".encode() + line + b"\n")
        self.out.flush()

    def dead(self) -> Child | None:
        """The first child that has ended, if one has."""
        return next((child for child in self.children if child.process.poll() is not None), None)

    # --- Running and stopping ---

    def until_ready(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait for `ready`; say why and return False when a child dies or the time is over."""
        deadline = time.monotonic() + seconds
        while not self._report_dead():
            if ready():
                return True
            if time.monotonic() > deadline:
                self.say(f"No answer after {seconds:.0f} seconds.")
                return False
            self.pump(0.2)
        return False

    def until_one_dies(self) -> None:
        """Copy output until a child ends, which no child of ours does by itself."""
        while not self._report_dead():
            self.pump(1.0)

    def _report_dead(self) -> bool:
        child = self.dead()
        if child is None:
            return False
        code = child.process.returncode
        how = (
            f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        )
        self.say(f"{child.name} {how}; stopping everything.")
        return True

    def stop(self) -> None:
        """Ask every child to finish, wait, then kill what is left; foundations come last."""
        self._stopping = True
        for foundation in (False, True):
            batch = [child for child in self.children if child.foundation is foundation]
            for child in batch:
                if child.process.poll() is None:
                    child.process.terminate()
            deadline = time.monotonic() + self.grace
            while any(child.process.poll() is None for child in batch):
                if time.monotonic() > deadline:
                    break
                self._pump_quietly(0.2)
            for child in batch:
                # The whole group: a child that was killed may have left processes of its own.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self._pump_quietly(0)  # the last words
        for child in self.children:
            if child.process.stdout is not None:
                child.process.stdout.close()
        self.children.clear()

    def _pump_quietly(self, timeout: float) -> None:
        """Like pump(), when there may be nobody left to read what we print."""
        with contextlib.suppress(BrokenPipeError):
            self.pump(timeout)

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self.children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, number)


@contextlib.contextmanager
def only_one(lock: Path, patience: float = 30.0) -> Iterator[int]:
    """Hold `lock` while the block, or any child that inherits the yielded descriptor, lives.

    Raises BlockingIOError at once when another supervisor runs. Where only children of one that was
    killed are left, waits up to `patience` seconds for them to end, as theirs are the data files.
    """
    import fcntl  # not on Windows, where `manage.py` is still able to run everything else

    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if _alive(os.pread(descriptor, 32, 0)) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _alive(written_pid: bytes) -> bool:
    if not written_pid.strip().isdigit():
        return True  # just being written: its writer is alive
    try:
        os.kill(int(written_pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is another user's
    return True
