"""Reading an uploaded table in a process of its own, which may use so much memory and time, no more.

What a hostile file makes of the parser then costs that process alone.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from .problems import TableProblem
from .reading import MOST_ROWS, SENTENCES, Row, problem

MEMORY = 200 * 1024 * 1024  # bytes of data, beyond what the program itself maps
CPU_SECONDS = 5
SECONDS = 90  # by the clock: a machine with a lot to do is no reason to refuse a file

_ROOT = Path(__file__).resolve().parents[2]


def read_confined(
    content: bytes, *, formulas: bool = False, most_rows: int = MOST_ROWS
) -> list[Row]:
    """As `reading.read`, within the limits above. Raises TableProblem."""
    command = [
        sys.executable,
        "-m",
        "transfers.tables.child",
        str(most_rows),
        *(["--formulas"] if formulas else []),
    ]
    environment = {"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT,
            env=environment, timeout=SECONDS, check=False,
        )  # fmt: skip
        answer = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        answer = None
    if answer is None:
        raise problem("bomb")
    if "problem" in answer:
        raise _told(answer["problem"], answer["values"])
    return [Row(number, tuple(cells)) for number, cells in answer["rows"]]


def _told(code: str, values: dict[str, int]) -> TableProblem:
    return problem(code if code in SENTENCES else "damaged", **values)
