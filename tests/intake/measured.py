"""The process that cleans, with what it used written down.

Started between the test and the process: the memory a child is charged with starts at that of its
parent, and a test run is large.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from transfers.intake.cleaning import process

_BETWEEN = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[2:])
_pid, status, used = os.wait4(child.pid, 0)
with open(sys.argv[1], "a") as told:
    told.write(f"{used.ru_maxrss // 1024} {used.ru_utime + used.ru_stime:.2f}\\n")
sys.exit(0 if status == 0 else 1)
"""


@dataclass(frozen=True)
class Used:
    megabytes: int
    cpu_seconds: float


def measure(monkeypatch: pytest.MonkeyPatch, notes: Path) -> None:
    """From now on every cleaning adds a line to `notes`."""
    between = [sys.executable, "-S", "-E", "-c", _BETWEEN, str(notes)]
    monkeypatch.setattr(process, "_COMMAND", between + process._COMMAND)


def read(notes: Path) -> list[Used]:
    lines = notes.read_text().split("\n")[:-1] if notes.exists() else []
    return [Used(int(line.split()[0]), float(line.split()[1])) for line in lines]
