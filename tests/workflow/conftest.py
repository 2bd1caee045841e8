import pytest

from tests.scenes import Scene


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()
