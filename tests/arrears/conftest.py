"""What tests of the arrears office share."""

import pytest

from .office import Office


@pytest.fixture
def office(db: None) -> Office:
    return Office()
