"""The arrears office at work on Thursday 2025-03-20, the day Zhang pays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.scenes import moment

NOW = moment("2025-03-20", 15)


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def seal_keys(settings: Any, tmp_path: Path) -> None:
    """Every test seals with a key of its own."""
    settings.SEAL_KEYS = str(tmp_path / "seal_keys.json")
