"""A bank statement for each pool that one can log in at: every kind of line is on one of them."""

from datetime import date, datetime, timedelta
from itertools import count

from django.utils.timezone import localdate

from ..models.applications import TransferApplication
from ..models.ledger import Instruction, InstructionResolution
from ..models.regions import Agency
from ..models.statements import StatementLine
from ..models.users import User
from ..money.statements.importing import import_statement
from ..rules.balances import BalanceState
from ..rules.ledger import Movement
from ..tables import as_csv
from ..workflow import receipts
from ..workflow.actors import Actor
from .places import DEMO_BANK, STAFFED

DAYS = timedelta(days=14)
_COLUMNS = {
    "booked_on": "交易日期",
    "debit": "借方发生额",
    "credit": "贷方发生额",
    "payer": "对方户名",
    "note": "摘要",
    "bank_reference": "交易流水号",
}


def add_statements(at: datetime) -> None:
    """Read a statement of the days before `at` in at each staffed pool.

    It shows every receipt that was booked by hand in these days, and some that nobody has booked yet.
    """
    for region, word in STAFFED.items():
        finance = User.objects.get(username=f"finance.{word}")
        agency = Agency.objects.get(region=region)
        statement = import_statement(
            agency,
            bank=DEMO_BANK,
            file_name=f"{DEMO_BANK}.csv",
            content=as_csv(list(_COLUMNS.values()), _rows(agency, localdate(at))),
            columns=_COLUMNS,
            by=finance,
            at=at,
        )
        # A second receipt of one case has the first one's bank reference in the books.
        for line in statement.lines.filter(
            state=StatementLine.State.DUPLICATE, application__isnull=False
        ):
            receipts.accept(line, by=Actor.staff(finance), at=at)


def _rows(agency: Agency, last: date) -> list[list[str]]:
    serial = count(1)
    day = f"{last:%Y-%m-%d}"

    def row(fen: int, payer: str, note: str, reference: str = "", on: str = day) -> list[str]:
        known = reference or f"DEMO-{agency.region_id}-{next(serial):04d}"
        return [on, "", f"{fen / 100:,.2f}", payer, note, known]

    rows, taken = [], set[str]()
    for receipt in _receipts(agency, last):
        case = receipt.application
        assert case is not None, "receipts are of cases"
        fresh = receipt.bank_reference not in taken
        taken.add(receipt.bank_reference)
        rows.append(
            row(
                receipt.amount_fen,
                _holder(case),
                f"医保转移接续 {case.reference}",
                receipt.bank_reference if fresh else "",
                f"{localdate(receipt.made_at):%Y-%m-%d}",
            )
        )
    for number, case in enumerate(_on_the_way(agency)[:5]):
        fen, payer = case.balance.amount_fen, _holder(case)
        if number == 1:
            rows.append(row(fen, payer, f"个人账户余额 {case.applicant_name}"))
        elif number == 2:
            rows.append(row(fen - 100, payer, f"医保转移接续 {case.reference}"))
        else:
            rows.append(row(fen, payer, f"医保转移接续 {case.reference}"))
    rows += [
        row(126_000, "示例制造有限公司", "职工医保费退款"),
        row(3_518, DEMO_BANK, "结息"),
    ]
    rows.append(list(rows[-1]))
    unreadable = row(0, "示例商贸有限公司", "往来款")
    unreadable[2] = "1,2?0.00"
    outgoing = row(0, DEMO_BANK, "手续费")
    outgoing[1:3] = ["5.00", ""]
    return [*rows, unreadable, outgoing]


def _receipts(agency: Agency, last: date) -> list[Instruction]:
    posted = InstructionResolution.Outcome.POSTED
    return list(
        Instruction.objects.filter(
            kind=Movement.RECEIVE, target__agency=agency, resolution__outcome=posted,
            made_at__date__range=(last - DAYS, last),
        )
        .exclude(reversed_by__resolution__outcome=posted)
        .select_related("application__origin")
        .order_by("pk")
    )  # fmt: skip


def _on_the_way(agency: Agency) -> list[TransferApplication]:
    return list(
        TransferApplication.objects.filter(
            destination_agency=agency, balance__state=BalanceState.REMITTED
        )
        .select_related("balance", "origin")
        .order_by("balance__remitted_at", "pk")
    )


def _holder(case: TransferApplication) -> str:
    return f"{case.origin.name_zh}医疗保险基金（演示）"
