from collections.abc import Iterator

import pytest
import time_machine

from tests.scenes import Scene, moment

NOW = moment("2025-10-29", 15)


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    """Wednesday 2025-10-29, 15:00 in Shanghai."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
