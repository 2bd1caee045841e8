"""What is stored, one file a noun."""

from .alerts import Alert, AlertRung, Audience, Heartbeat, LookupThrottle, OutboxMessage
from .applications import (
    Channel,
    Material,
    MaterialKind,
    SideRecord,
    Submitter,
    SupplementRequest,
    TransferApplication,
)
from .balances import BalanceTransfer
from .calendar import Calendar, CalendarDay, CalendarNotice
from .events import ActorKind, Disclosure, Event, Preparation, Track
from .forms import ContributionRow, InformationForm
from .people import Person, Sex
from .policies import TransferPolicy, ValueStatus
from .regions import NATION, Agency, Region, in_language
from .steps import Step
from .users import User

__all__ = [
    "NATION",
    "ActorKind",
    "Agency",
    "Alert",
    "AlertRung",
    "Audience",
    "BalanceTransfer",
    "Calendar",
    "CalendarDay",
    "CalendarNotice",
    "Channel",
    "ContributionRow",
    "Disclosure",
    "Event",
    "Heartbeat",
    "InformationForm",
    "LookupThrottle",
    "Material",
    "MaterialKind",
    "OutboxMessage",
    "Person",
    "Preparation",
    "Region",
    "Sex",
    "SideRecord",
    "Step",
    "Submitter",
    "SupplementRequest",
    "Track",
    "TransferApplication",
    "TransferPolicy",
    "User",
    "ValueStatus",
    "in_language",
]
