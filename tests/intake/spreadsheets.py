"""Spreadsheets as employers send them, right and wrong, and the employers themselves."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import openpyxl
from django.core.files.base import ContentFile

from tests.scenes import example_number, moment
from transfers.intake import batches
from transfers.models import Batch, Employer, User

AT = moment("2025-09-24")
HEADER = [
    "姓名",
    "身份证号",
    "转出地",
    "原险种",
    "停保日期",
    "转入地",
    "参保日期",
    "手机号",
    "电子邮箱",
]
FIELDS = [
    "name", "id_number", "origin", "scheme_from", "stopped_on", "destination", "enrolled_on",
    "contact_phone", "contact_email",
]  # fmt: skip
CODES = ["91350500M0001AB01X", "91420100MA0002CD2N", "91110000100000000A"]

_serial = count(1)


def row(**changes: Any) -> list[Any]:
    """A row that is right, of a person of its own."""
    given: dict[str, Any] = {
        "name": "张示例", "id_number": example_number(), "origin": "990100", "scheme_from": "职工",
        "stopped_on": "2025-08-31", "destination": "泉州市", "enrolled_on": "2025-09-01",
        "contact_phone": "13800000000", "contact_email": "", **changes,
    }  # fmt: skip
    return [given[field] for field in FIELDS]


def as_text(rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER) -> bytes:
    """CSV in UTF-8."""
    lines = [",".join(str(cell) for cell in line) for line in (header, *rows)]
    return "\n".join([*lines, ""]).encode()


def as_workbook(
    rows: Iterable[Sequence[Any]],
    header: Sequence[str] = HEADER,
    change: Callable[[Any], None] | None = None,
) -> bytes:
    """XLSX; cells keep the type that they are given with."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for line in (header, *rows):
        sheet.append(list(line))
    if change is not None:
        change(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def an_employer(name: str = "示例公司") -> User:
    """Somebody who acts for an employer of their own; the password is the user name."""
    from stdnum.cn import uscc

    body = f"91350500M{next(_serial):08d}"
    code = body + uscc.calc_check_digit(body)
    employer = Employer.objects.create(uscc=code, name=name, contact_phone="059500000000")
    return User.objects.create_user(username=code, password=code, employer=employer)


def uploaded(by: User, content: bytes) -> Batch:
    return batches.take(ContentFile(content), by=by, at=AT)


def work(seconds: float = 600) -> batches.Run:
    """What the schedule does, once."""
    run = batches.work(lambda: AT, seconds=seconds)
    if run.errors:
        raise run.errors[0]
    return run


def checked(by: User, content: bytes) -> Batch:
    """A batch that was uploaded and read."""
    batch = uploaded(by, content)
    work()
    batch.refresh_from_db()
    return batch


def handed_in(by: User, content: bytes) -> Batch:
    """A batch whose good rows became cases."""
    batch = checked(by, content)
    batches.hand_in(batch, at=AT)
    work()
    batch.refresh_from_db()
    return batch
