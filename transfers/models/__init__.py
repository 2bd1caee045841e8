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
from .contributions import Contribution, Merge
from .events import ActorKind, Disclosure, Event, Preparation, Track
from .forms import ContributionRow, InformationForm
from .ledger import Account, Entry, Instruction, InstructionResolution, Receivable
from .papers import Paper
from .people import Person, Sex
from .policies import TransferPolicy, ValueStatus
from .proofs import BookProof, Break
from .regions import NATION, Agency, Region, in_language
from .statements import BankAccount, Statement, StatementLayout, StatementLine
from .steps import Step
from .users import User

__all__ = [
    "NATION",
    "Account",
    "ActorKind",
    "Agency",
    "Alert",
    "AlertRung",
    "Audience",
    "BalanceTransfer",
    "BankAccount",
    "BookProof",
    "Break",
    "Calendar",
    "CalendarDay",
    "CalendarNotice",
    "Channel",
    "Contribution",
    "ContributionRow",
    "Disclosure",
    "Entry",
    "Event",
    "Heartbeat",
    "InformationForm",
    "Instruction",
    "InstructionResolution",
    "LookupThrottle",
    "Material",
    "MaterialKind",
    "Merge",
    "OutboxMessage",
    "Paper",
    "Person",
    "Preparation",
    "Receivable",
    "Region",
    "Sex",
    "SideRecord",
    "Statement",
    "StatementLayout",
    "StatementLine",
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
