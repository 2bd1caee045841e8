"""What is stored, one file a noun."""

from .alerts import Alert, AlertRung, Audience, Heartbeat, LookupThrottle, OutboxMessage
from .applications import (
    Channel,
    Material,
    MaterialKind,
    MoveReason,
    NotifyBy,
    SideRecord,
    Submitter,
    SupplementRequest,
    TransferApplication,
)
from .balances import BalanceTransfer
from .calendar import Calendar, CalendarDay, CalendarNotice
from .contributions import Contribution, Merge
from .drafts import Draft, FileType, Upload
from .employers import Batch, BatchRow, Employer
from .events import ActorKind, Disclosure, Event, Preparation, Track
from .feedback import Dispute, Rating
from .forms import ContributionRow, InformationForm
from .ledger import Account, Entry, Instruction, InstructionResolution, Receivable
from .papers import Paper
from .people import Person, Sex
from .policies import TransferPolicy, ValueStatus
from .proofs import BookProof, Break
from .regions import NATION, Agency, Region, in_language
from .statements import BankAccount, Statement, StatementLayout, StatementLine
from .statistics import Measure, MonthFigure, StatisticsProgress
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
    "Batch",
    "BatchRow",
    "BookProof",
    "Break",
    "Calendar",
    "CalendarDay",
    "CalendarNotice",
    "Channel",
    "Contribution",
    "ContributionRow",
    "Disclosure",
    "Dispute",
    "Draft",
    "Employer",
    "Entry",
    "Event",
    "FileType",
    "Heartbeat",
    "InformationForm",
    "Instruction",
    "InstructionResolution",
    "LookupThrottle",
    "Material",
    "MaterialKind",
    "Measure",
    "Merge",
    "MonthFigure",
    "MoveReason",
    "NotifyBy",
    "OutboxMessage",
    "Paper",
    "Person",
    "Preparation",
    "Rating",
    "Receivable",
    "Region",
    "Sex",
    "SideRecord",
    "Statement",
    "StatementLayout",
    "StatementLine",
    "StatisticsProgress",
    "Step",
    "Submitter",
    "SupplementRequest",
    "Track",
    "TransferApplication",
    "TransferPolicy",
    "Upload",
    "User",
    "ValueStatus",
    "in_language",
]
