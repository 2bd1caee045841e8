from pathlib import Path
from typing import Any

import pytest

from tests.scenes import Scene


@pytest.fixture(autouse=True)
def seal_keys(settings: Any, tmp_path: Path) -> Path:
    """Every test seals with a key of its own."""
    settings.SEAL_KEYS = str(tmp_path / "seal_keys.json")
    return Path(settings.SEAL_KEYS)


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()
