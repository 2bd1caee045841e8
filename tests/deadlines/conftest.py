"""What the tests of deadlines share."""

from collections.abc import Iterator

import pytest

from transfers.deadlines import calendars
from transfers.models import NATION


@pytest.fixture(autouse=True)
def _forget_rolled_back_calendars() -> Iterator[None]:
    """Calendars are kept by version, and a rolled-back test gives its versions away again."""
    yield
    for code, (version, _) in list(calendars._built.items()):
        if code != NATION or version != 1:
            del calendars._built[code]
