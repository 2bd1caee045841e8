"""Batches: what is read, every problem of every row at once, and good rows that become cases."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from tests.intake.spreadsheets import (
    AT,
    HEADER,
    an_employer,
    as_text,
    as_workbook,
    checked,
    handed_in,
    row,
    uploaded,
    work,
)
from tests.scenes import Scene, example_number
from transfers.intake import batches
from transfers.intake.batches import jobs
from transfers.intake.batches.people import entries_of
from transfers.intake.batches.sheet import sheet_of
from transfers.models import Batch, BatchRow, Material, TransferApplication, TransferPolicy
from transfers.rules import identity
from transfers.tables import TableProblem, as_csv, read
from transfers.workflow import query_codes
from transfers.workflow.errors import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right files need no process of their own; tests/intake/test_batches_malformed.py has the others."""
    monkeypatch.setattr("transfers.intake.batches.sheet.read_confined", read)


def problems(*rows: list[Any], content: bytes | None = None) -> list[list[tuple[str, str]]]:
    """Column and code of every problem, row by row."""
    sheet = sheet_of(content if content is not None else as_workbook(rows))
    assert sheet.is_usable, sheet.problems
    return [
        [(problem["field"], problem["code"]) for problem in entry.problems]
        for entry in entries_of(sheet, 1, date(2025, 9, 24))
    ]


def sentence(*rows: list[Any]) -> str:
    """The first problem of the first row, in English."""
    sheet = sheet_of(as_workbook(rows))
    return entries_of(sheet, 1, date(2025, 9, 24))[0].problems[0]["en"]


def words_of(content: bytes) -> str:
    """Everything a workbook says, on all of its sheets."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(
        str(cell) for sheet in book for line in sheet.values for cell in line if cell is not None
    )


RIGHT = {
    "a code as a number": {"origin": 990100},
    "a code and a name": {"destination": "350500 泉州市"},
    "a name without 市": {"destination": "泉州"},
    "a name with its province": {"destination": "福建省泉州市"},
    "full-width digits": {"contact_phone": "１３８００００００００", "stopped_on": "２０２５－０８－３１"},
    "a day with strokes": {"stopped_on": "2025/8/31"},
    "a day with points": {"stopped_on": "2025.8.31"},
    "a day in Chinese": {"stopped_on": "2025年8月31日"},
    "a day in one": {"stopped_on": "20250831"},
    "a day of the spreadsheet": {"stopped_on": date(2025, 8, 31)},
    "a phone as a number": {"contact_phone": 13800000000},
    "a phone with its country": {"contact_phone": "+86 138-0000-0000"},
    "a spread name": {"name": "张　三"},
    "flexible employment": {"scheme_from": "灵活就业"},
    "a scheme in English": {"scheme_from": "Employee"},
    "an e-mail and no phone": {"contact_phone": "", "contact_email": "a@example.org"},
}  # fmt: skip


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_what_is_meant_is_understood(changes: dict[str, Any]) -> None:
    assert problems(row(**changes)) == [[]]


GOOD = example_number(7)
NEXT = "0" if GOOD[-1] != "0" else "1"
# In shape an e-mail address, and longer than the column that would hold it.
LONG_EMAIL = f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.org.example.org"
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"name": None}, "name", "empty"),
    "no day": ({"stopped_on": ""}, "stopped_on", "empty"),
    "no place": ({"origin": " "}, "origin", "empty"),
    "an exponent": ({"id_number": "9.90100E+17"}, "id_number", "id_exponent"),
    "rounded": ({"id_number": "990100198504120000"}, "id_number", "id_rounded"),
    "a float": ({"id_number": 9.90100198504120017e17}, "id_number", "id_exponent"),
    "a wrong check digit": ({"id_number": GOOD[:-1] + NEXT}, "id_number", "identity"),
    "17 digits": ({"id_number": GOOD[:-1]}, "id_number", "identity"),
    "no such birthday": ({"id_number": "990100198502300015"}, "id_number", "identity"),
    "lost zeros": ({"origin": "9901"}, "origin", "code_short"),
    "an unknown place": ({"destination": "亚特兰蒂斯"}, "destination", "unknown_region"),
    "an unknown code": ({"destination": "123456"}, "destination", "unknown_region"),
    "a province": ({"destination": "福建省"}, "destination", "unknown_region"),
    "the same pool": ({"destination": "990100"}, "destination", "same_pool"),
    "a day as a number": ({"stopped_on": 45900}, "stopped_on", "date_serial"),
    "a day as text of a number": ({"enrolled_on": "45901"}, "enrolled_on", "date_serial"),
    "no day at all": ({"stopped_on": "上个月"}, "stopped_on", "date"),
    "the 30th of February": ({"stopped_on": "2025-02-30"}, "stopped_on", "date"),
    "a day to come": ({"enrolled_on": "2025-12-01"}, "enrolled_on", "future"),
    "a formula": ({"name": "=1+1"}, "name", "formula"),
    "a command": ({"name": "=cmd|' /C calc'!A0"}, "name", "formula"),
    "an error": ({"scheme_from": "#N/A"}, "scheme_from", "error_value"),
    "no scheme": ({"scheme_from": "商业保险"}, "scheme_from", "required"),
    "residents": ({"scheme_from": "居民"}, "scheme_from", "employees_only"),
    "a phone that became a figure": ({"contact_phone": "1.38E+10"}, "contact_phone", "exponent"),
    "a short phone": ({"contact_phone": "1380000"}, "contact_phone", "invalid"),
    "no e-mail address": ({"contact_email": "zhang@"}, "contact_email", "invalid"),
    "no way to reach": ({"contact_phone": ""}, "contact_phone", "unreachable"),
    "a long name": ({"name": "张" * 61}, "name", "invalid"),
    "a long e-mail": ({"contact_email": LONG_EMAIL}, "contact_email", "too_long"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "code"), WRONG.values(), ids=WRONG)
def test_each_kind_of_damage_has_its_own_sentence(
    changes: dict[str, Any], field: str, code: str
) -> None:
    found = sheet_of(as_workbook([row(**changes)]))
    (entry,) = entries_of(found, 1, date(2025, 9, 24))
    assert [(each["field"], each["code"]) for each in entry.problems] == [(field, code)]
    for language in ("zh", "en"):
        told = entry.problems[0][language]
        assert told
        assert "%" not in told
        assert GOOD[:17] not in told


def test_a_sentence_names_what_was_seen_and_what_was_meant() -> None:
    assert "3.30E+17" in sentence(row(id_number="3.3010619850412E+17"))
    assert "2025-08-31" in sentence(row(stopped_on=45900))


def test_all_problems_of_a_row_are_told_at_once() -> None:
    bad = row(name="", id_number="1", origin="?", stopped_on="?", contact_phone="12")
    assert [field for field, _code in problems(bad)[0]] == [
        "name", "id_number", "origin", "stopped_on", "contact_phone",
    ]  # fmt: skip


def test_the_same_person_twice_is_told_in_both_rows() -> None:
    number = example_number()
    sheet = sheet_of(as_workbook([row(id_number=number), row(), row(id_number=f" {number} ")]))
    first, other, last = entries_of(sheet, 1, date(2025, 9, 24))
    assert [each["code"] for each in first.problems + last.problems] == ["twice", "twice"]
    assert "row 4" in first.problems[0]["en"]
    assert "row 2" in last.problems[0]["en"]
    assert not other.problems


def test_a_person_with_an_open_application_is_told() -> None:
    number = example_number()
    Scene().submit(id_number=number)
    assert problems(row(id_number=number), row()) == [
        [("id_number", "open_application_exists")], [],
    ]  # fmt: skip


def test_a_pool_that_is_not_connected_sends_people_to_the_counter() -> None:
    TransferPolicy.objects.filter(region="350500").update(connected=False)
    if not TransferPolicy.objects.filter(region="350500").exists():
        TransferPolicy.objects.create(
            region_id="350500", valid_from="2020-01-01", connected=False,
            provenance={"connected": {"status": "own", "source": "x", "verified": False}},
        )  # fmt: skip
    assert problems(row()) == [[("destination", "use_offline_channel")]]


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "gb18030": lambda text: text.encode("gb18030"),
    "utf-16": lambda text: text.encode("utf-16"),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs in gb18030": lambda text: text.replace(",", "\t").encode("gb18030"),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_text_is_read_in_every_encoding(encode: Callable[[str], bytes]) -> None:
    assert problems(content=encode(as_text([row(name="䶮示例")]).decode())) == [[]]


def file_problems(content: bytes) -> dict[str, str]:
    return {each["code"]: each["level"] for each in sheet_of(content).problems}


def test_a_wrong_header_is_told_whole() -> None:
    renamed = ["姓名", "证号", "转出地", "原险种", "停保日期", "转入地", "转入地", "手机号", "备注"]
    sheet = sheet_of(as_workbook([row()], renamed))
    told = [each["en"] for each in sheet.problems if each["level"] == "error"]
    assert len(told) == 3  # two are missing, one is there twice
    assert any("ID number" in each for each in told)
    assert not sheet.is_usable
    assert {each["code"] for each in sheet.problems} >= {"extra_column"}


def test_a_title_above_and_columns_in_another_order_are_fine() -> None:
    turned = list(reversed(HEADER))
    content = as_workbook([turned, list(reversed(row()))], ["2025年9月新进人员"])
    assert problems(content=content) == [[]]


def test_merged_headings_are_told() -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("A1:B1")

    found = sheet_of(as_workbook([row()], change=merge))
    assert not found.is_usable
    assert {"missing_column": "error", "unnamed_column": "error"}.items() <= {
        each["code"]: each["level"] for each in found.problems
    }.items()


def test_the_template_is_read_and_its_example_left_out() -> None:
    for language in ("zh-hans", "en"):
        with override(language):
            content = batches.template(date(2025, 9, 24))
        assert file_problems(content) == {"empty": "error", "example": "note"}
        header = read(content)[0].cells
        filled = as_workbook([read(content)[1].cells, row()], header)
        assert problems(content=filled) == [[]]


def test_more_than_the_most_people_are_refused() -> None:
    assert "too_many_people" in file_problems(as_text([["x"] * 9] * 5_001))


def test_the_queries_of_a_check_do_not_grow_with_the_rows() -> None:
    def queries(rows: int) -> int:
        sheet = sheet_of(as_text([row(origin=("990100", "nowhere")[n % 2]) for n in range(rows)]))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            entries_of(sheet, 1, date(2025, 9, 24))
        return len(seen)

    assert queries(2) == queries(60) <= 12


def test_good_rows_become_cases_of_the_employer_and_bad_ones_stay() -> None:
    user = an_employer("示例公司")
    batch = handed_in(user, as_workbook([row(), row(name=""), row(contact_email="a@example.org")]))
    assert batch.state == Batch.State.DONE
    assert list(batch.rows.values_list("number", "state")) == [
        (2, "submitted"), (3, "bad"), (4, "submitted"),
    ]  # fmt: skip
    case = batch.rows.get(number=4).application
    assert case is not None
    assert (case.employer, case.submitter, case.channel) == (user.employer, "employer", "batch")
    assert (case.employer_name, case.employer_uscc) == ("示例公司", user.username)
    assert (case.scheme_to, case.contact_email, case.notify_by) == (
        "employee",
        "a@example.org",
        "email",
    )
    assert case.records.get(side="origin").stopped_on == date(2025, 8, 31)
    assert case.records.get(side="destination").enrolled_on == date(2025, 9, 1)
    assert not query_codes.verify("", case.query_code_hash)
    assert not Material.objects.filter(application=case).exists()
    assert batch.rows_total == 3


def test_a_row_that_became_wrong_meanwhile_is_refused_with_its_sentence() -> None:
    user, number = an_employer(), example_number()
    batch = checked(user, as_workbook([row(id_number=number), row()]))
    Scene().submit(id_number=number)
    batches.hand_in(batch, at=AT)
    work()
    refused, good = batch.rows.order_by("number")
    assert (refused.state, good.state) == ("refused", "submitted")
    assert refused.problems[0]["code"] == "open_application_exists"
    assert refused.problems[0]["en"] == "This person already has an open application."


def test_a_refused_row_says_why_in_both_languages() -> None:
    batch = checked(an_employer(), as_workbook([row(), row(origin="420100")]))
    TransferPolicy.objects.filter(region="990100").update(connected=False)
    batches.hand_in(batch, at=AT)
    work()
    refused, good = batch.rows.order_by("number")
    assert (refused.state, good.state) == ("refused", "submitted")
    (problem,) = refused.problems
    assert (problem["field"], problem["code"]) == ("origin", "use_offline_channel")
    assert "没有接入平台" in problem["zh"]
    assert "is not connected to the platform" in problem["en"]


def test_a_row_that_breaks_ends_alone_and_somebody_notices(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = example_number()
    batch = checked(an_employer(), as_workbook([row(), row(id_number=broken), row()]))
    real = jobs.submit_many

    def fail(given: Any, **more: Any) -> Any:
        if any(each.id_number == broken for each in given):
            raise ValueError(f"no room for {broken}")
        return real(given, **more)

    monkeypatch.setattr(jobs, "submit_many", fail)
    batches.hand_in(batch, at=AT)
    run = batches.work(lambda: AT, seconds=60)
    batch.refresh_from_db()
    assert (batch.state, run.left) == (Batch.State.DONE, False)
    rows = list(batch.rows.order_by("number"))
    assert [each.state for each in rows] == ["submitted", "refused", "submitted"]
    assert rows[1].problems[0]["code"] == "failed"
    assert f"batch {batch.reference} and row 3." in rows[1].problems[0]["en"]
    assert [str(error) for error in run.errors] == [f"row {rows[1].pk}: ValueError"]
    assert f"Row {rows[1].pk} " in caplog.text
    assert broken not in caplog.text
    assert run.errors[0].__context__ is None  # nothing of the row hangs on it


def test_without_text_messages_a_phone_alone_reaches_nobody(settings: Any) -> None:
    settings.SMS_URL = ""
    assert problems(
        row(),
        row(contact_email="a@example.org"),
        row(contact_phone="", contact_email="a@example.org"),
        row(contact_phone=""),
        row(contact_email="zhang@"),
    ) == [
        [("contact_email", "unreachable")], [], [],
        [("contact_email", "unreachable")], [("contact_email", "invalid")],
    ]  # fmt: skip
    assert "No text messages are sent" in sentence(row())
    with override("en"):
        assert "left empty" not in words_of(batches.template(AT.date()))


def test_an_employer_has_so_many_batches_open_at_once() -> None:
    user = an_employer()
    first = uploaded(user, as_workbook([row()]))
    for _ in range(batches.MOST_OPEN - 1):
        uploaded(user, as_text([row()]))
    with pytest.raises(NotAllowed):
        uploaded(user, as_text([row()]))
    uploaded(an_employer(), as_text([row()]))
    batches.discard(first)
    uploaded(user, as_text([row()]))


def test_a_file_that_cannot_be_read_says_why_and_may_come_again() -> None:
    user, content = an_employer(), "甲,乙\n1,2\n".encode()
    batch = checked(user, content)
    assert batch.state == Batch.State.UNREADABLE
    assert not batch.rows.exists()
    assert batch.problems[0]["level"] == "error"
    assert uploaded(user, content) != batch


def test_the_same_file_is_known_again_but_not_another_employers() -> None:
    user, content = an_employer(), as_workbook([row()])
    batch = uploaded(user, content)
    with pytest.raises(batches.AlreadyUploaded) as known:
        uploaded(user, content)
    assert known.value.batch == batch
    assert uploaded(an_employer(), content).employer != user.employer


@pytest.mark.parametrize("content", [b"", b" \n", b"x" * (batches.MOST_BYTES + 1)])
def test_a_file_without_content_or_with_too_much_is_not_kept(content: bytes) -> None:
    with pytest.raises(TableProblem):
        uploaded(an_employer(), content)
    assert not Batch.objects.exists()


def test_a_batch_put_away_takes_file_and_people_with_it(
    django_capture_on_commit_callbacks: Any,
) -> None:
    user, content = an_employer(), as_workbook([row()])
    waiting = uploaded(user, content)
    name = waiting.file.name
    with django_capture_on_commit_callbacks(execute=True):
        batches.discard(waiting)
    assert not default_storage.exists(name)
    batch = checked(user, content)  # it may be uploaded again
    batches.discard(batch)
    assert not BatchRow.objects.exists()
    batch = handed_in(user, content)
    with pytest.raises(NotAllowed):
        batches.discard(batch)
    with pytest.raises(NotAllowed):
        batches.hand_in(batch, at=AT)
    assert TransferApplication.objects.count() == 1


def test_a_checked_file_is_no_longer_kept() -> None:
    batch = uploaded(an_employer(), as_workbook([row()]))
    name = batch.file.name
    assert default_storage.exists(name)
    work()
    assert not default_storage.exists(name)
    batch.refresh_from_db()
    assert not batch.file


def test_what_is_over_its_time_is_forgotten() -> None:
    user = an_employer()
    unsent = checked(user, as_workbook([row(name="")]))
    sent = handed_in(user, as_workbook([row()]))
    left = default_storage.save("batches/left-by-a-kill", ContentFile(b"x"))
    assert batches.forget(AT) == 0  # left behind in the future, as seen from 2025
    assert batches.forget(AT + timedelta(days=31)) == 1
    unsent.refresh_from_db()
    assert unsent.state == Batch.State.DISCARDED
    assert sent.rows.get().values["name"] == "张示例"
    batches.forget(AT + timedelta(days=3_650))
    assert not default_storage.exists(left)
    assert (sent.rows.get().values, sent.rows.get().cells) == ({}, [])
    assert TransferApplication.objects.count() == 1


def test_the_annotated_file_holds_what_was_read_with_every_problem_and_nothing_runs() -> None:
    user = an_employer()
    header = ["工资卡号", *reversed(HEADER), "部门"]
    rows = [
        ["6222021234567890", *reversed(row(name="=1+1", contact_email="@sum")), "x"],
        ["", *reversed(row()), "销售"],
    ]
    batch = checked(user, as_workbook(rows, header))
    with override("en"):
        content = batches.annotated(batch)
    table = read(content, formulas=True)
    written: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    assert table[0].cells == ("Problems", "Row of your file", *reversed(HEADER))
    assert "Name: Name holds a formula. Copy the column and paste it as values." in table[1][0]
    assert [written.cell(2, column).value for column in (2, 3, 11)] == ["2", "'@sum", "'=1+1"]
    assert (table[2][0], table[2][1], table[2][10]) == ("", "3", "张示例")
    # What is not needed is not kept, either.
    assert "6222021234567890" not in str(list(batch.rows.values()))
    batches.hand_in(batch, at=AT)
    work()
    batch.refresh_from_db()
    assert len(read(batches.annotated(batch))) == 2  # the header and what is left to do


@pytest.mark.parametrize(
    "name", ["=A2&B2", "＝A2&B2", "'=A2&B2", "＇=A2&B2", "=SUM(A1)", "+张", "@张"]
)
def test_what_was_refused_is_refused_again_and_what_was_meant_is_the_same(name: str) -> None:
    """The annotated file handed up again as it is, and saved as CSV."""
    user = an_employer()
    batch = checked(user, as_workbook([row(name=name)]))
    (first,) = batch.rows.all()
    assert (first.state == "bad") is ("A2" in name or "SUM" in name)
    back = batches.annotated(batch)
    table = [list(each.cells) for each in read(back, formulas=True)]
    for content in (back, as_csv(table[0], table[1:])):
        (again,) = checked(user, content).rows.all()
        assert (again.state, again.values.get("name")) == (first.state, first.values.get("name"))


def test_the_annotated_file_comes_back_corrected() -> None:
    user = an_employer()
    batch = checked(user, as_workbook([row(name="")]))
    header, line = (each.cells for each in read(batches.annotated(batch)))
    mended = [
        "张示例" if name == "姓名" else cell for name, cell in zip(header, line, strict=False)
    ]
    again = checked(user, as_workbook([mended], header))
    assert again.state == Batch.State.CHECKED
    assert list(again.rows.values_list("state", flat=True)) == ["good"]


def test_the_export_says_what_became_of_each_row_and_masks_people() -> None:
    number = example_number()
    batch = handed_in(an_employer(), as_workbook([row(id_number=number), row(name="")]))
    for kind in ("csv", "xlsx"):
        table = read(batches.export(batch, kind))
        case = batch.rows.get(number=2).application
        assert case is not None
        assert table[1].cells[:4] == ("2", "张*", identity.mask(number), case.reference)
        assert table[2][0] == "3"
        assert number not in str(table)


def test_problems_are_grouped_with_their_rows() -> None:
    number = example_number()
    rows = [row(stopped_on=""), row(id_number=number), row(stopped_on=""), row(id_number=number)]
    batch = checked(an_employer(), as_workbook(rows))
    with override("en"):
        groups = batches.groups_of(batch, BatchRow.State.BAD)
        assert [(each.column, each.sentence, list(each.rows)) for each in groups] == [
            ("ID number", "The same person stands in several rows.", [3, 5]),
            ("Stopped on", "Stopped on is empty.", [2, 4]),
        ]


def test_a_failing_batch_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = an_employer("甲"), an_employer("乙")
    poison, fine = uploaded(first, as_workbook([row()])), uploaded(second, as_workbook([row()]))
    real = jobs.entries_of

    def fail(sheet: Any, employer: int, on: date) -> Any:
        if employer == first.employer_id:
            raise RuntimeError("poison")
        return real(sheet, employer, on)

    monkeypatch.setattr(jobs, "entries_of", fail)
    run = batches.work(lambda: AT, seconds=60)
    assert [str(error) for error in run.errors] == ["poison"]
    fine.refresh_from_db()
    poison.refresh_from_db()
    assert (fine.state, poison.state) == ("checked", "checking")
    monkeypatch.undo()
    assert batches.work(lambda: AT, seconds=60).rows == 0  # still leased
    assert batches.work(lambda: AT + jobs.LEASE, seconds=60).rows == 1
