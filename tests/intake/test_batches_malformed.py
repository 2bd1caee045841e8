"""Files that were made to hurt, or are merely broken: a sentence for each, no row of any, in bounds."""

from __future__ import annotations

import io
import random
import resource
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.intake.spreadsheets import HEADER, an_employer, as_text, as_workbook, checked, row
from tests.scenes import example_number
from transfers.intake.batches.sheet import sheet_of
from transfers.models import Batch, BatchRow, TransferApplication
from transfers.tables import TableProblem, confined, read

pytestmark = pytest.mark.django_db

SEED = 20250924


def rezipped(change: Callable[[str, bytes], bytes], **extra: bytes) -> bytes:
    """A right workbook with its members changed, and others put beside them."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(RIGHT)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in extra.items():
            new.writestr(name, content)
    return file.getvalue()


def in_sheet(change: Callable[[bytes], bytes]) -> bytes:
    return rezipped(lambda name, old: change(old) if name.endswith("sheet1.xml") else old)


def a_row(number: int = 0) -> list[Any]:
    return row(id_number=example_number(number))


RIGHT = as_workbook([a_row()])
TEXT = as_text([a_row()])
NULLS = b"\0" * 90_000_000


def laughs(old: bytes) -> bytes:
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return f'<!DOCTYPE x [<!ENTITY a "ha">{entities}]>'.encode() + old.replace(
        b"<sheetData>", b"<sheetData>&i;"
    )


def deep_xml(old: bytes) -> bytes:
    return old.replace(b"<sheetData>", b"<x>" * 200_000 + b"<sheetData>")


def one_row_many_times(old: bytes) -> bytes:
    filler = b'<row r="9"><c r="A9"><v>1</v></c></row>' * 1_500_000
    return old.replace(b"</sheetData>", filler + b"</sheetData>")


def million_rows(cell: str) -> Callable[[bytes], bytes]:
    filler = "".join(f'<row r="{n}">{cell.format(n)}</row>' for n in range(9, 1_000_009))
    return lambda old: old.replace(b"</sheetData>", filler.encode() + b"</sheetData>")


def long_text(old: bytes) -> bytes:
    return old.replace(
        b"</sheetData>",
        b'<row r="9"><c r="A9" t="inlineStr"><is><t>'
        + b"x" * 30_000_000
        + b"</t></is></c></row></sheetData>",
    )


def far_cell(where: str) -> Callable[[bytes], bytes]:
    cell = f'<row r="9"><c r="{where}"><v>1</v></c></row></sheetData>'.encode()
    return lambda old: old.replace(b"</sheetData>", cell)


def cases() -> Iterator[tuple[str, bytes]]:
    """More than a hundred files, each with a name."""
    yield "a zip bomb in a member", rezipped(lambda _name, old: old, **{"xl/x.bin": NULLS + NULLS})
    yield "a zip bomb in the sheet", in_sheet(lambda old: old + b" " * 90_000_000)
    yield (
        "a zip bomb in the strings",
        rezipped(
            lambda name, old: (
                b"<sst>" + b"<si><t>x</t></si>" * 4_000_000 if "sharedStrings" in name else old
            )
        ),
    )
    yield "billion laughs", in_sheet(laughs)
    yield "deep nesting", in_sheet(deep_xml)
    yield "a million rows of one number", in_sheet(one_row_many_times)
    yield "a million rows", in_sheet(million_rows('<c r="A{}"><v>1</v></c>'))
    yield "a million rows of nothing", in_sheet(million_rows('<c r="A{}" s="1"/>'))
    yield "thirty megabytes in a cell", in_sheet(long_text)
    for where in ("XFD9", "A1048576", "XFD1048576", "ZZZZ9", "A99999999999", "9", "", "é1"):
        yield f"a cell at {where or 'nowhere'}", in_sheet(far_cell(where))
    yield (
        "an outside entity",
        in_sheet(
            lambda old: (
                b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                + old.replace(b"<sheetData>", b"<sheetData>&a;")
            )
        ),
    )
    yield (
        "an outside definition",
        in_sheet(lambda old: b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">' + old),
    )
    for part in (
        "workbook.xml",
        "sheet1.xml",
        "styles.xml",
        "[Content_Types].xml",
        "workbook.xml.rels",
    ):
        for name, content in (
            ("empty", b""),
            ("broken", b"<broken"),
            ("binary", bytes(range(256))),
            ("another", b"<html/>"),
        ):
            yield (
                f"{name} {part}",
                rezipped(
                    lambda member, old, part=part, content=content: (
                        content if member.endswith(part) else old
                    )
                ),
            )
    yield "no sheet", in_sheet(lambda old: b"<worksheet/>")
    yield (
        "a zip of something else",
        rezipped(lambda _n, old: old)[:0] + _zip({"word/document.xml": b"<x/>"}),
    )
    yield "a zip with names outside", _zip({"../../etc/passwd": b"x", "/abs": b"x"})
    yield (
        "macros",
        rezipped(
            lambda name, old: old[:0] if name == "xl/styles.xml" else old,
            **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"},
        ),
    )
    yield (
        "many members",
        _zip({f"xl/{n}": b"" for n in range(5_000)} | {"xl/workbook.xml": b"<x/>"}),
    )
    yield "thousands of columns", as_workbook([["x"] * 5_000], HEADER)
    yield (
        "thousands of headings",
        as_workbook([a_row()], [*HEADER, *(f"x{n}" for n in range(3_000))]),
    )
    yield "thousands of columns as text", as_text([["x"] * 9_000])
    yield "a long cell", as_text([[*a_row()[:-1], "x" * 3_000]])
    yield "a million short rows", b"a,b\n" + b"1,2\n" * 1_000_000
    yield "a million empty rows", b"\n" * 4_000_000 + b"a"
    yield "only delimiters", b"," * 4_000_000
    yield "only quotes", b'"' * 4_000_001
    yield "an open quote", TEXT + b'"'
    yield "null bytes", b"\0" * 1_000
    yield "null bytes between", TEXT.replace(b",", b",\0")
    yield "old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4_000
    yield "a password", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    yield "a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
    yield "a PDF", b"%PDF-1.7\n" + bytes(range(256)) * 40
    yield "a page", b"<!doctype html><table><tr><td>x</td></tr></table>"
    yield "JSON", b'{"name": 1}'
    yield "half a UTF-8 character", TEXT[:-3] + "张".encode()[:2]
    yield "UTF-16 without an end", TEXT.decode().encode("utf-16") + b"\x00"
    yield "UTF-32", TEXT.decode().encode("utf-32")
    yield "Shift JIS", "氏名,番号\nテスト,1\n".encode("shift_jis")
    yield "Big5", "姓名,號碼\n測試,1\n".encode("big5")
    yield "only a mark", b"\xef\xbb\xbf"
    yield "another table", "甲,乙\n1,2\n".encode()
    yield "only headings", as_text([])
    yield "no headings", "\n".join(",".join(a_row(n)) for n in range(3)).encode()
    yield "one column", as_text([["x"]], ["姓名"])
    yield "too many people", as_text([a_row(n % 900) for n in range(5_001)])
    yield "a formula in each cell", as_workbook([["=1+1"] * 9])
    yield "a link in each cell", as_workbook([['=HYPERLINK("http://127.0.0.1:9/")'] * 9])
    yield "a command in each cell", as_text([["=cmd|' /C calc'!A0"] * 9])
    yield (
        "text that turns around",
        as_text([[f"\u202e{cell}" for cell in a_row(1)][:1] + ["x"] * 8]),
    )
    yield "the same person many times", as_text([a_row(5)] * 400)
    yield "wrong check digits", as_text([[*a_row()[:1], a_row()[1][:-1] + "?", *a_row()[2:]]] * 50)
    chance = random.Random(SEED)
    for n in range(10):
        cut = chance.randrange(1, len(RIGHT))
        yield f"truncated {n}", RIGHT[:cut]
    for n in range(10):
        spoiled = bytearray(RIGHT)
        for _ in range(20):
            spoiled[chance.randrange(len(RIGHT))] = chance.randrange(256)
        yield f"spoiled {n}", bytes(spoiled)
    for n in range(5):
        yield f"noise {n}", chance.randbytes(20_000)
    for n in range(5):
        yield f"noise in a zip {n}", b"PK\x03\x04" + chance.randbytes(20_000)


def _zip(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.full)])
def test_no_broken_file_becomes_a_good_row_or_an_error_of_ours(
    every: int, record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    user, seen, slowest = an_employer(), 0, (0.0, "")
    monkeypatch.setattr("transfers.intake.batches.uploading.MOST_BYTES", 20 * 1024 * 1024)
    whole = checked(an_employer(), RIGHT).rows.get().values
    for number, (name, content) in enumerate(cases()):
        if number % every:
            continue
        seen += 1
        before = _childrens_seconds()
        batch = checked(user, content)
        slowest = max(slowest, (_childrens_seconds() - before, name))
        # What was merely scratched is still whole: then it says what it always said.
        good = batch.rows.exclude(state=BatchRow.State.BAD)
        assert all(each.values == whole for each in good), name
        if batch.state == Batch.State.UNREADABLE:
            told = [each for each in batch.problems if each["level"] == "error"]
            assert told, name
            assert all(each["zh"] and each["en"] for each in told), name
            assert not batch.rows.exists(), name
        else:
            assert batch.rows.count() == batch.rows_total, name
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{seen} files; slowest {slowest[0]:.1f} s ({slowest[1]}); a child took {most:.0f} MB at most"
    )
    record_property("files", seen)
    assert seen >= 100 // every
    assert slowest[0] <= confined.CPU_SECONDS + 0.5  # what the system takes to notice
    assert not TransferApplication.objects.exists()


def test_a_sheet_is_read_no_further_than_the_last_person_it_may_have() -> None:
    content = as_workbook([row() for _ in range(3)])
    assert len(read(content, most_rows=4)) == 4
    cut = as_text([row(), row()]) + b'"never closed'
    for most, code in ((2, "too_many_rows"), (4, "damaged_text")):
        with pytest.raises(TableProblem) as refused:
            read(cut, most_rows=most)
        assert refused.value.code == code
    with pytest.raises(TableProblem) as refused:
        read(content, most_rows=3)
    assert refused.value.code == "too_many_rows"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a million rows of one number", "damaged"),
        ("a million rows", "too_many_people"),
        ("a million rows of nothing", "too_many_cells"),
        ("a million short rows", "too_many_people"),
        ("thousands of columns", "too_many_columns"),
        ("a cell at A1048576", None),
        ("a cell at XFD9", "too_many_columns"),
    ],
)
def test_what_is_too_much_is_told(name: str, code: str | None) -> None:
    content = next(content for each, content in cases() if each == name)
    told = [each["code"] for each in sheet_of(content).problems]
    assert told == ([code] if code else [])


def _childrens_seconds() -> float:
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
