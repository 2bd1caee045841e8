"""Reading bank statements in: what each row becomes, and that a file is read in whole and once."""

from __future__ import annotations

from datetime import date
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.scenes import moment, staff
from tests.statement_files import AT, BANK, COLUMNS, HEADER, TITLE, file_of, line, office, read_in
from transfers.models import Statement, StatementLayout, StatementLine, User
from transfers.money.statements import importing, layouts
from transfers.money.statements.importing import AlreadyImported, LayoutNeeded
from transfers.money.statements.lines import Problem, Unreadable, amount_of, day_of
from transfers.rules.states import Role
from transfers.tables import TableProblem, as_xlsx

pytestmark = pytest.mark.django_db


def wide(text: str) -> str:
    """In full-width characters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.fixture
def finance() -> User:
    return staff("finance", office("350500"), Role.FINANCE)


def lines_of(statement: Statement) -> list[StatementLine]:
    return list(statement.lines.all())


def nothing_written() -> bool:
    return not Statement.objects.exists() and not StatementLine.objects.exists()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-10-15", date(2025, 10, 15)),
        ("2025/1/5", date(2025, 1, 5)),
        ("20251015", date(2025, 10, 15)),
        ("2025年10月15日", date(2025, 10, 15)),
        ("2025-10-15 12:22:11", date(2025, 10, 15)),
        ("20251015122211", date(2025, 10, 15)),
        ("2025.10.15 09:00", date(2025, 10, 15)),
        (wide("2025-10-15"), date(2025, 10, 15)),
        ("45945", date(2025, 10, 15)),
        ("45945.5", date(2025, 10, 15)),
    ],
)
def test_days_as_banks_write_them(text: str, day: date) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    "text", ["", "2025-13-01", "2025-02-30", "15.10.2025", "2025115", "99999", "1925-10-15", "x"]
)
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(Unreadable):
        day_of(text)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,234.56", 123_456), ("¥1234.56", 123_456), ("¥1,234.5", 123_450),
        (wide("1,234.56"), 123_456), ("1234", 123_400), ("+12.00", 1_200), ("12.00元", 1_200),
        ("CNY 12.00", 1_200), ("人民币12.00", 1_200), ("-5", -500), ("", 0), ("-", 0), ("0.00", 0),
    ],
)  # fmt: skip
def test_amounts_as_banks_write_them(text: str, fen: int) -> None:
    assert amount_of(text) == fen


@pytest.mark.parametrize("text", ["1.234", "1e5", "abc", "1 2x", "(5.00)", "NaN", "--5"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Unreadable):
        amount_of(text)


def test_receipts_are_kept_and_money_going_out_is_left_out_and_counted(finance: User) -> None:
    statement = read_in(
        finance,
        line("1,234.56", "工资"),
        line("", "手续费", debit="5.00"),
        line("0.00", "划款", debit="1,000.00"),
        line("¥77.00", "利息", day="2025-10-27"),
        "合计,1005.00,1311.56,,,",
        HEADER,
        line("8", "x"),
    )
    assert [(each.number, each.amount_fen, each.note) for each in lines_of(statement)] == [
        (4, 123_456, "工资"),
        (7, 7_700, "利息"),
        (10, 800, "x"),
    ]
    assert statement.left_out == 2
    assert (statement.first_on, statement.last_on) == (date(2025, 10, 27), date(2025, 10, 29))
    assert (statement.bank, statement.file_name, statement.imported_by) == (
        BANK, "october.csv", finance,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (line("-5.00"), Problem.NEGATIVE),
        (line("12,3x"), Problem.AMOUNT),
        (line("0.00"), Problem.AMOUNT),
        (line(""), Problem.AMOUNT),
        (line("5", debit="5"), Problem.DIRECTION),
        (line("100000000.01"), Problem.TOO_MUCH),
        (line("5", day="2025-13-01"), Problem.DAY),
        (line("5", day=""), Problem.DAY),
        (line("5", day="2025-10-30"), Problem.FUTURE),
        (line("5", reference=""), Problem.NO_REFERENCE),
        (line("5", reference="6.21700001234567E+18"), Problem.LOST_DIGITS),
        (line("5", reference="9" * 41), Problem.LONG_REFERENCE),
    ],
)
def test_a_row_that_cannot_be_read_becomes_an_error_line_and_stops_nothing(
    finance: User, row: str, problem: str
) -> None:
    bad, good = lines_of(read_in(finance, row, line("5")))
    assert (bad.state, bad.problem, bad.outcome) == ("error", problem, "")
    assert bad.cells
    assert (bad.amount_fen, bad.bank_reference) == (None, "")
    assert good.state == "no_match"


def test_a_single_column_of_amounts_is_told_in_from_out(finance: User) -> None:
    header = "记账日期,借贷标志,交易金额,付款人名称,附言,用途,流水号"
    content = file_of(
        "20251029,贷,100.00,甲,ZY,转移,A1",
        "20251029,借,100.00,甲,b,,A2",
        "20251029,收,100.00,甲,c,,A3",
        "20251029,?,100.00,甲,d,,A4",
        header=header,
    )
    with pytest.raises(LayoutNeeded) as caught:
        read_in(finance, content=content, columns=None)
    guess = caught.value.columns
    assert guess == {
        "booked_on": "记账日期", "amount": "交易金额", "direction": "借贷标志", "payer": "付款人名称",
        "note": "附言", "note_more": "用途", "bank_reference": "流水号",
    }  # fmt: skip
    statement = read_in(finance, content=content, columns=guess)
    assert [(each.note, each.problem) for each in lines_of(statement)] == [
        ("ZY 转移", ""), ("c", ""), ("", Problem.DIRECTION),
    ]  # fmt: skip
    assert statement.left_out == 1


def test_a_negative_amount_in_a_single_column_is_an_error_line(finance: User) -> None:
    content = file_of("2025-10-29,-5,甲,x,A1", "2025-10-29,5,甲,x,A2", header="日期,金额,付款人,备注,流水号")  # fmt: skip
    columns = {"booked_on": "日期", "amount": "金额", "note": "备注", "bank_reference": "流水号"}
    statement = read_in(finance, content=content, columns=columns)
    assert [each.problem for each in lines_of(statement)] == [Problem.NEGATIVE, ""]


@pytest.mark.parametrize(
    "headers",
    [
        "交易日期,交易时间,借方发生额(支取),贷方发生额(收入),余额,币种,对方户名,对方账号,摘要,备注,账户明细编号-交易流水号",
        "凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,对方单位名称,用途,摘要,附言",
        "交易时间,收入金额,支出金额,账户余额,交易行名,对方省市,对方账号,对方户名,交易用途,摘要,流水号",
        "Booking date,Credit,Debit,Payer,Remark,Bank reference",
    ],
)
def test_the_headers_of_known_exports_are_guessed_in_full(headers: str) -> None:
    found = layouts.guess(headers.split(","))
    assert layouts.problem_of(found) is None
    assert {"booked_on", "credit", "debit", "payer", "note", "bank_reference"} <= set(found)


def test_a_bank_s_first_file_asks_for_its_columns_and_the_next_does_not(finance: User) -> None:
    with pytest.raises(LayoutNeeded) as caught:
        read_in(finance, line("5"), columns=None)
    assert caught.value.problem is None
    assert caught.value.columns == COLUMNS
    assert nothing_written()
    read_in(finance, line("5"))
    assert StatementLayout.objects.get(agency=finance.agency).columns == COLUMNS
    read_in(finance, line("6"), columns=None)
    other = staff("other", office("420100"), Role.FINANCE)
    with pytest.raises(LayoutNeeded):
        read_in(other, line("6"), columns=None)


def test_a_file_without_a_known_column_names_it_and_asks_anew(finance: User) -> None:
    read_in(finance, line("5"))
    content = file_of("2025-10-29,,5,甲,x,A9", header=HEADER.replace("交易流水号", "编号"))
    with pytest.raises(LayoutNeeded) as caught:
        read_in(finance, content=content, columns=None)
    assert caught.value.problem is not None
    assert "交易流水号" in str(caught.value.problem)
    assert "bank_reference" not in caught.value.columns
    assert caught.value.columns["note"] == "摘要"
    assert Statement.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bank_reference": ""}, "missing_column"),
        ({"note": ""}, "missing_column"),
        ({"credit": ""}, "missing_column"),
        ({"note": "贷方发生额"}, "column_twice"),
        ({"note": "摘要2"}, "missing_column"),
    ],
)
def test_columns_that_would_not_do_are_refused(finance: User, changes: Any, code: str) -> None:
    with pytest.raises((LayoutNeeded, TableProblem)) as caught:
        read_in(finance, line("5"), columns=COLUMNS | changes)
    problem = caught.value if isinstance(caught.value, TableProblem) else caught.value.problem  # type: ignore[attr-defined]
    assert problem is not None
    assert problem.code == code
    assert nothing_written()


def test_columns_by_which_no_row_can_be_read_are_asked_for_again(finance: User) -> None:
    with pytest.raises(LayoutNeeded) as caught:
        read_in(finance, line("5"), columns=COLUMNS | {"booked_on": "摘要", "note": "交易日期"})
    assert caught.value.problem is not None
    assert caught.value.problem.code == "no_line"
    assert nothing_written()


def test_the_same_file_is_read_in_once_whatever_it_is_called(finance: User) -> None:
    content = file_of(line("5"), line("6"))
    first = read_in(finance, content=content)
    with pytest.raises(AlreadyImported) as caught:
        read_in(finance, content=content, file_name="again.csv")
    assert caught.value.statement == first
    assert StatementLine.objects.count() == 2
    other = staff("other", office("420100"), Role.FINANCE)
    assert read_in(other, content=content).pk != first.pk


def test_a_line_is_known_again_by_its_bank_reference(finance: User) -> None:
    read_in(finance, line("5", reference="R1"), line("5", reference="R2"))
    statement = read_in(
        finance, line("5", reference="R2"), line("5", reference="R3"), line("5", reference="R3")
    )
    assert [(each.state, each.problem) for each in lines_of(statement)] == [
        ("duplicate", Problem.SEEN), ("no_match", ""), ("duplicate", Problem.SEEN),
    ]  # fmt: skip
    other = staff("other", office("420100"), Role.FINANCE)
    assert lines_of(read_in(other, line("5", reference="R1")))[0].state == "no_match"
    with pytest.raises(IntegrityError), transaction.atomic():  # the database knows it, too
        StatementLine.objects.filter(state="duplicate").update(state="no_match")


def test_the_same_rows_from_a_workbook(finance: User) -> None:
    header = HEADER.split(",")
    rows = [["2025-10-29", "", "1234.56", "示例市医疗保险基金", "摘要", "0012345678901234567"]]
    statement = read_in(finance, content=as_xlsx("明细", header, rows), file_name="a.xlsx")
    (found,) = lines_of(statement)
    assert (found.amount_fen, found.bank_reference) == (123_456, "0012345678901234567")


def test_a_workbook_with_real_dates_and_numbers(finance: User) -> None:
    import io
    from datetime import datetime

    book = openpyxl.Workbook()
    for row in (
        ["明细"],
        HEADER.split(","),
        [datetime(2025, 10, 29), None, 1234.56, "甲", "x", 12],
    ):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    (found,) = lines_of(read_in(finance, content=file.getvalue()))
    assert (found.booked_on, found.amount_fen, found.bank_reference) == (
        date(2025, 10, 29), 123_456, "12",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_every_encoding_of_a_bank(finance: User, encoding: str) -> None:
    content = file_of(line("5", "𠮷㐂䶮")).decode().encode(encoding)
    assert lines_of(read_in(finance, content=content))[0].note == "𠮷㐂䶮"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        TITLE.encode(),
        file_of(),
        file_of(line("5")).decode().encode("utf-16-le"),
        as_xlsx("x", HEADER.split(","), [["2025-10-29"] * 6] * 40)[:2000],
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
    ],
    ids=["empty", "titles only", "header only", "wrong encoding", "truncated", "old excel"],
)
def test_a_file_that_cannot_be_used_leaves_nothing_behind(finance: User, content: bytes) -> None:
    with pytest.raises(TableProblem):
        read_in(finance, content=content)
    assert nothing_written()


def test_a_failure_in_the_middle_leaves_nothing_behind(
    finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(importing, "match", broken)
    with pytest.raises(KeyError):
        read_in(finance, line("5"))
    assert nothing_written()
    assert not StatementLayout.objects.exists()


def test_an_import_takes_as_many_statements_for_many_lines_as_for_few(finance: User) -> None:
    counts = []
    read_in(finance, line("5"))
    for number in (3, 400):
        content = file_of(*(line(f"{n + 1}.00", f"示例{n}") for n in range(number)))
        with CaptureQueriesContext(connection) as queries:
            read_in(finance, content=content)
        inserts = [q for q in queries if 'INSERT INTO "transfers_statementline"' in q["sql"]]
        counts.append(len(queries) - len(inserts))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_the_moment_of_import_decides_what_lies_in_the_future(finance: User) -> None:
    statement = read_in(finance, line("5", day="2025-10-30"), at=moment("2025-10-30", 1))
    assert lines_of(statement)[0].state == "no_match"
    assert moment("2025-10-30", 1) > AT
