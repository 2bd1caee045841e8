"""Why the workflow refused. Each refusal carries a sentence for the person who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from ..models.events import Event


class Refused(Exception):  # noqa: N818 - a name callers read as a sentence
    """Nothing was written. `field` names the input the sentence belongs beside, if any."""

    def __init__(self, message: Any, *, code: str, field: str | None = None) -> None:
        super().__init__(code)
        self.message, self.code, self.field = message, code, field

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(Refused):
    """Not from this state, not by this side, or not in this role."""


class Invalid(Refused):
    """An input is missing or wrong."""

    def __init__(self, field: str, message: Any, *, code: str = "invalid") -> None:
        super().__init__(message, code=code, field=field)


class Problems(Refused):
    """Several inputs are wrong; all of them are told at once."""

    def __init__(self, problems: Sequence[Invalid]) -> None:
        super().__init__(_("Some answers need to be changed."), code="problems")
        self.problems = list(problems)


class Stale(Refused):
    """Somebody else acted on the case since the page was opened."""

    def __init__(self, message: Any, event: "Event") -> None:
        super().__init__(message, code="stale")
        self.event = event


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition that is not met, in a sentence for the clerk. `code` is a RejectCode where one fits."""

    code: str
    message: Any
    overridable: bool


class ChecksFailed(Refused):
    """The case does not meet every condition. All failures are told at once."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        super().__init__(_("The case does not meet every condition."), code="checks_failed")
        self.failures = list(failures)


class CheckCrashed(Refused):
    """A check could not give an answer, so the move stops; the cause is chained."""
