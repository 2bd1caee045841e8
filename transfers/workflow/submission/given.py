"""What the first door takes, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...models.applications import Channel, MoveReason, TransferApplication
from ...rules import identity

# What a side's record may be given with: see `models.applications.SideRecord`.
RECORD_FIELDS = frozenset(
    {
        "name", "id_number", "enrolled_on", "stopped_on", "paying", "in_arrears", "retired",
        "cover_year", "balance_fen",
    }
)  # fmt: skip

# Whose relation goes from where to where, and from which scheme: a person has one open application of
# each. Identity number, scheme at the origin, codes of origin and destination.
Road = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Submission:
    """What is handed in. `origin` and `destination` are region codes; the records are what is known
    of each side so far, by `RECORD_FIELDS`."""

    id_number: str
    name: str
    scheme_from: str
    scheme_to: str
    origin: str
    destination: str
    channel: str = Channel.ONLINE
    relocated_retiree: bool = False
    reason: str = MoveReason.NEW_JOB
    certificate_number: str = ""
    employer_name: str = ""
    employer_uscc: str = ""
    employer: int | None = None  # the account it comes from, which also says name and code
    contact_phone: str = ""
    contact_email: str = ""
    notify_by: str = ""  # see `contact.usual_channel`
    language: str = "zh-hans"
    materials: tuple[str, ...] = ()
    origin_record: Mapping[str, Any] | None = None
    destination_record: Mapping[str, Any] | None = None

    @property
    def road(self) -> Road:
        number = identity.normalise(self.id_number)
        return number, self.scheme_from, self.origin, self.destination


@dataclass(frozen=True, slots=True)
class Submitted:
    application: TransferApplication
    query_code: str  # shown once; only its hash is kept
