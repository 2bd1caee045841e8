"""What tests of the arrears office share."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from .office import Office


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Words are Chinese unless a test asks for others, whatever language a request before it left."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def office(db: None) -> Office:
    return Office()
