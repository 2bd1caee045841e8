"""The one way gunicorn is started, whoever starts it."""

import re
import runpy
from pathlib import Path

from gunicorn.config import Config

ROOT = Path(__file__).resolve().parents[2]
SET = ("--workers", "--threads", "--timeout", "--preload", "--worker-class")


def test_a_slow_upload_keeps_a_thread_and_not_a_worker() -> None:
    config = Config()
    for name, value in runpy.run_path(str(ROOT / "gunicorn.conf.py")).items():
        if not name.startswith("__"):
            config.set(name, value)
    assert config.worker_class_str == "gthread"
    assert (config.workers, config.threads) == (2, 4)
    assert config.timeout >= 60


def test_nobody_starts_it_in_another_way() -> None:
    """The file is read from the directory of the start; what is said beside it would win."""
    for name in (
        "README.md",
        "README.zh-CN.md",
        "compose.yaml",
        "config/management/commands/up.py",
    ):
        (line,) = re.findall(
            r"gunicorn\W+config\.wsgi:application.*(?:\n.*)?", (ROOT / name).read_text()
        )
        assert not [option for option in SET if option in line], name
