"""Bank statements as a bank would write them, for tests."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from tests.scenes import moment
from transfers.models import Agency, Statement, StatementLine, TransferApplication, User
from transfers.money.statements.importing import import_statement

BANK = "示例银行"
COLUMNS = {
    "booked_on": "交易日期", "credit": "贷方发生额", "debit": "借方发生额", "payer": "对方户名",
    "note": "摘要", "bank_reference": "交易流水号",
}  # fmt: skip
HEADER = "交易日期,借方发生额,贷方发生额,对方户名,摘要,交易流水号"
TITLE = "中国示例银行对公账户明细\n账号:,99990000350500\n"
AT = moment("2025-10-29", 14)
_serial = count(1)


def line(
    amount: str = "1234.56",
    note: str = "",
    *,
    reference: str | None = None,
    payer: str = "示例市医疗保险基金",
    day: str = "2025-10-29",
    debit: str = "",
) -> str:
    """One row; without a `reference` it gets one of its own."""
    known = f"L{next(_serial):06d}" if reference is None else reference
    return f'{day},"{debit}","{amount}",{payer},{note},{known}'


def file_of(*rows: str, header: str = HEADER, title: str = TITLE) -> bytes:
    return "\n".join([title + header, *rows, ""]).encode()


def read_in(
    user: User, *rows: str, content: bytes | None = None, at: datetime = AT, **options: Any
) -> Statement:
    """Read a statement of these rows in, at the user's agency."""
    given = {"bank": BANK, "file_name": "october.csv", "columns": COLUMNS, **options}
    assert user.agency is not None
    return import_statement(
        user.agency, content=file_of(*rows) if content is None else content, by=user, at=at, **given
    )


def only_line(statement: Statement) -> StatementLine:
    return statement.lines.get()


def note_of(application: TransferApplication) -> str:
    return f"医保关系转移接续 {application.reference}"


def office(code: str) -> Agency:
    return Agency.objects.get(region=code)
