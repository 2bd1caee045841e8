"""Uploaded tables: what is read, what is refused with a sentence, and what is written harmlessly."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.utils.translation import override

from transfers.tables import (
    Row,
    TableProblem,
    as_csv,
    as_xlsx,
    find_columns,
    header_row,
    read,
    reading,
)

TEXT = "交易日期,对方户名,贷方发生额\n2026-10-15,示例市医疗保险基金,1234.56\n"
ROWS = [("交易日期", "对方户名", "贷方发生额"), ("2026-10-15", "示例市医疗保险基金", "1234.56")]


def cells(content: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in read(content)]


def workbook(rows: list[list[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def problem_of(content: bytes) -> TableProblem:
    with pytest.raises(TableProblem) as caught:
        read(content)
    with override("en"):
        assert str(caught.value).endswith((".", "。"))
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode("gb18030"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace(",", '","').replace("\n", '"\n"')[:-1].join(['"', ""]).encode(),
        TEXT.replace("2026-10-15", "\t2026-10-15 ").replace("1234.56", '"=""1234.56"""').encode(),
        workbook([list(row) for row in ROWS]),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "utf-16-be", "semicolon", "tab", "crlf", "cr",
         "quoted", "guarded", "xlsx"],
)  # fmt: skip
def test_one_table_however_it_is_saved(content: bytes) -> None:
    assert cells(content) == ROWS


def test_names_with_rare_characters_survive_both_encodings() -> None:
    for encoding in ("utf-8", "gb18030"):
        assert cells("姓名,金额\n𠮷㐂䶮䜣,1\n".encode(encoding))[1][0] == "𠮷㐂䶮䜣"
    # Bytes that the older table of GB18030 put into the private area.
    assert cells("姓名,金额\n".encode("gb18030") + b"\xfe\x59\xa8\xbc,1\n")[1][0] == "龴ḿ"


def test_empty_rows_are_left_out_and_the_others_keep_their_number() -> None:
    rows = read("甲,乙\n\n,\n1,2,,\n".encode())
    assert rows == [Row(1, ("甲", "乙")), Row(4, ("1", "2"))]
    rows = read(workbook([["甲", "乙"], [None], ["1", None, "2"]]))
    assert rows == [Row(1, ("甲", "乙")), Row(3, ("1", "", "2"))]
    assert (rows[1][2], rows[1][9]) == ("2", "")


def test_cells_of_a_workbook_are_said_as_text() -> None:
    row = [
        datetime(2026, 10, 15), datetime(2026, 10, 15, 12, 30), date(2026, 10, 15), 1234.56,
        0.1 + 0.2, 1200.0, 123456789012345, 6.21700001234567e18, "0012", True, 46310,
    ]  # fmt: skip
    assert cells(workbook([row]))[0] == (
        "2026-10-15", "2026-10-15 12:30:00", "2026-10-15", "1234.56", "0.3", "1200",
        "123456789012345", "6.21700001234567e+18", "0012", "TRUE", "46310",
    )  # fmt: skip


def test_a_formula_is_not_computed() -> None:
    assert cells(workbook([["a", "b"], ["x", '=HYPERLINK("http://x")']]))[1] == ("x",)


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def rezipped(change: Callable[[str, bytes], bytes], **extra: bytes) -> bytes:
    """A workbook with its members changed, and others put beside them."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([list(row) for row in ROWS]))) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in extra.items():
            new.writestr(name, content)
    return file.getvalue()


def laughs(name: str, content: bytes) -> bytes:
    if not name.endswith("sheet1.xml"):
        return content
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 50 + b'"><!ENTITY b "' + b"&a;" * 50 + b'">]>'
    return bomb + content.replace(b"<sheetData>", b"<sheetData><!-- -->&b;")


def outside(name: str, content: bytes) -> bytes:
    if not name.endswith("workbook.xml"):
        return content
    return b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + content


def no_sheets(name: str, content: bytes) -> bytes:
    return b"<broken" if name.endswith("sheet1.xml") else content


def wide(sheet: Any) -> None:
    sheet.cell(2, 61, "far away")


def deep(sheet: Any) -> None:
    sheet.cell(1_048_576, 1, "far below")


def encrypted_zip() -> bytes:
    content = bytearray(workbook([["a"]]))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        for _member in archive.infolist():
            pass
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


def a_zip(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500
BAD = {
    "nothing": (b"", "empty"),
    "blank": (b" \r\n \n", "empty"),
    "only commas": (b",,,\n,,\n", "empty"),
    "too big": (b"a,b\n" * (reading.MOST_BYTES // 4 + 1), "too_big"),
    "10 MB of junk": (os.urandom(reading.MOST_BYTES), "encoding"),
    "zeros": (b"\0" * 5000, "encoding"),
    "utf-16 without its mark": (TEXT.encode("utf-16-le"), "encoding"),
    "big5": ("交易日期,對方戶名,貸方發生額,匯款銀行,醫療保險經辦機構\n".encode("big5"), "encoding"),
    "latin-1": ("Straße,Größe,Übermaß;\n".encode("latin-1"), "encoding"),
    "truncated xlsx": (truncated(workbook([list(row) for row in ROWS] * 50)), "damaged"),
    "broken xml": (rezipped(no_sheets), "damaged"),
    "entities": (rezipped(laughs), "damaged"),
    "an entity from outside": (rezipped(outside), "damaged"),
    "zip bomb": (rezipped(lambda _n, c: c, big=b"\0" * (reading.MOST_UNZIPPED + 1)), "bomb"),
    "many members": (rezipped(lambda _n, c: c, **{f"m{n}": b"" for n in range(201)}), "bomb"),
    "some other zip": (a_zip(readme=b"hello"), "no_table"),
    "web page": (b"<html><table><tr><td>1</td></tr></table></html>", "no_table"),
    "json": (b'{"a": 1}', "no_table"),
    "pdf": (b"%PDF-1.7\n1 0 obj", "no_table"),
    "old excel": (OLE, "old_format"),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    "password inside the zip": (encrypted_zip(), "password"),
    "rows": (b"1,2\n" * (reading.MOST_ROWS + 1), "too_many_rows"),
    "columns": (b"," * 60 + b"1\n", "too_many_columns"),
    "a wide sheet": (workbook([["a"]], wide), "too_many_columns"),
    "long cell": (b"a,b\n1," + b"x" * 2001, "long_cell"),
    "open quotation": (b'a,b\n"1,2\n3,4\n', "damaged_text"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(name: str) -> None:
    content, code = BAD[name]
    assert problem_of(content).code == code


def test_a_sheet_that_claims_to_be_huge_costs_nothing() -> None:
    huge = rezipped(
        lambda name, content: (
            content.replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"')
            if name.endswith("sheet1.xml")
            else content
        )
    )
    assert cells(huge) == ROWS
    assert cells(workbook([["a", "b"]], deep)) == [("a", "b"), ("far below",)]


def test_a_sentence_quotes_nothing_of_the_file() -> None:
    problem = problem_of("姓名,号码\n张示例,".encode() + b"x" * 2001)
    for language in ("zh-hans", "en"):
        with override(language):
            assert "张示例" not in str(problem)


def test_the_header_is_found_below_title_lines() -> None:
    rows = read(
        "中国示例银行账户明细\n账号:,9999000012,户名:,示例市医保\n"
        "起始日期,2026-10-01,截止日期,2026-10-31\n"
        "交易日期,贷方发生额(收入),对方户名 ,摘要\n2026-10-15,1,甲,x\n".encode()
    )
    at = header_row(rows, {"交易日期", "贷方发生额", "对方户名"})
    assert rows[at].number == 4
    columns = find_columns(rows[at], {"amount": "贷方发生额", "payer": "对方户名"})
    assert columns.of(rows[at + 1], "amount") == "1"
    assert columns.of(rows[at + 1], "note") == ""


def test_an_unknown_header_is_the_first_wide_row_of_words() -> None:
    rows = read(b"Statement\nDay,Sum,From\n2026-10-15,1,x\n2026-10-16,2,x\n")
    assert header_row(rows, {"交易日期"}) == 1


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "just one column\nof text\n"])
def test_a_file_without_a_header_is_refused(text: str) -> None:
    with pytest.raises(TableProblem) as caught:
        header_row(read(text.encode()), {"交易日期", "金额"})
    assert caught.value.code == "no_header"


def test_a_header_with_nothing_below_is_refused() -> None:
    with pytest.raises(TableProblem) as caught:
        header_row(read("交易日期,金额\n".encode()), {"交易日期", "金额"})
    assert caught.value.code == "empty"


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TableProblem) as caught:
        find_columns(Row(1, ("交易日期",)), {"booked_on": "交易日期", "amount": "金额"})
    assert caught.value.code == "missing_column"
    assert "金额" in str(caught.value)


TRAPS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\0=1", "=1", "\r=1"]


@pytest.mark.parametrize("trap", TRAPS)
def test_what_a_spreadsheet_would_run_is_written_as_text(trap: str) -> None:
    for content in (as_csv(["a", "b"], [["x", trap]]), as_xlsx("t", ["a", "b"], [["x", trap]])):
        assert b"\0" not in content or content.startswith(b"PK")
        book = content if content.startswith(b"PK") else None
        if book:
            sheet: Any = openpyxl.load_workbook(io.BytesIO(book)).active
            cell = sheet["B2"]
            assert cell.data_type == "s"
            assert cell.value.startswith("'")
        else:
            assert "x,'" in content.decode("utf-8-sig").replace('"', "")


@pytest.mark.parametrize("trap", [*TRAPS, "＋1", "－1", "＠A1", "''=1", "=A2&B2", "=cmd|' /c'!A0"])
def test_what_was_written_harmlessly_reads_as_what_it_was(trap: str) -> None:
    """So a formula that was refused is refused again when our own file comes back."""
    meant = trap.replace("\0", "").strip().lstrip("'")
    for content in (as_csv(["a", "b"], [["x", trap]]), as_xlsx("t", ["a", "b"], [["x", trap]])):
        assert read(content, formulas=True)[1].cells == ("x", meant)
        again = as_csv(["a", "b"], [["x", meant]])
        assert read(again, formulas=True)[1].cells == ("x", meant)


def test_account_numbers_stay_text_and_amounts_stay_numbers() -> None:
    number = "9999000012345678901"
    content = as_xlsx("汇款", ["账号", "金额"], [[number, Decimal("1234.50")]])
    sheet: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A2"].number_format) == (
        number,
        "s",
        "@",
    )
    assert (sheet["B2"].value, sheet["B2"].data_type) == (1234.5, "n")
    assert cells(as_csv(["账号", "金额"], [[number, Decimal("1234.50")]]))[1] == (number, "1234.50")
