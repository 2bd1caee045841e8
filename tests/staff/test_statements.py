"""Bank statements and remittances at the staff desk."""

from __future__ import annotations

import io
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.scenes import Scene, money_at, money_state
from tests.staff.conftest import NOW
from tests.staff.desks import client_of, newcomers, text_of
from tests.statement_files import BANK, COLUMNS, file_of, line, note_of, read_in
from transfers import tasks
from transfers.models import Statement, StatementLayout, StatementLine, TransferApplication
from transfers.money.statements import waiting
from transfers.rules.balances import BalanceState
from transfers.rules.states import Role
from transfers.tables import read

FINANCE = "destination_finance"
READ, COLUMN, LIST = "/admin/statements/read/", "/admin/statements/columns/", "/admin/statements/"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def desk(scene: Scene) -> Client:
    return client_of(scene.user(FINANCE))


@pytest.fixture
def sent(scene: Scene) -> TransferApplication:
    return money_at(scene, BalanceState.REMITTED)


def send(client: Client, content: bytes, name: str = "october.csv", bank: str = BANK) -> Any:
    return client.post(READ, {"bank": bank, "file": SimpleUploadedFile(name, content)})


def known(scene: Scene) -> None:
    StatementLayout.objects.create(
        agency=scene.user(FINANCE).agency, bank=BANK, columns=COLUMNS
    )  # fmt: skip


def line_url(found: StatementLine) -> str:
    return f"/admin/statements/{found.statement_id}/lines/{found.pk}/"


def decide(client: Client, found: StatementLine, decision: str, **data: str) -> Any:
    return client.post(line_url(found), {"decision": decision, **data})


# Reading in


def test_a_file_is_read_in_and_worked_through(
    scene: Scene, desk: Client, sent: TransferApplication
) -> None:
    known(scene)
    answer = send(
        desk, file_of(line("1234.56", note_of(sent)), line("5.00", "无"), line("", debit="9"))
    )
    statement = Statement.objects.get()
    assert answer["Location"] == f"/admin/statements/{statement.pk}/"
    html = text_of(desk.get(answer["Location"]))
    assert "已读入 2 笔收款，略去 1 笔支出" in html
    assert sent.reference in html
    assert "¥1,234.56" in html
    assert "登记 1 笔完全相符的收款" in html
    assert BANK in text_of(desk.get(LIST))


def test_a_bank_s_first_file_asks_for_its_columns(
    scene: Scene, desk: Client, uploads: Path
) -> None:
    assert send(desk, file_of(line("5.00", "无")))["Location"] == COLUMN
    assert len(list(uploads.rglob("*"))) == 2  # the folder and the file
    html = text_of(desk.get(COLUMN))
    for field, header in COLUMNS.items():
        assert f'name="{field}"' in html
        assert f'<option value="{header}" selected>' in html
    answer = desk.post(COLUMN, COLUMNS)
    assert answer["Location"] == f"/admin/statements/{Statement.objects.get().pk}/"
    assert StatementLayout.objects.get().columns == COLUMNS
    assert [path for path in uploads.rglob("*") if path.is_file()] == []
    assert desk.post(COLUMN, COLUMNS)["Location"] == LIST
    assert Statement.objects.count() == 1


def test_columns_left_open_or_chosen_twice_are_told(scene: Scene, desk: Client) -> None:
    send(desk, file_of(line("5.00", "无")))
    for wrong, told in (
        ({"note": ""}, "请选择列。"),
        ({"note": "贷方发生额"}, "同一列被选作两种用途。"),
        ({"credit": ""}, "请指明哪一列是：收款金额。"),
        ({"booked_on": "摘要", "note": "交易日期"}, "没有一行可以读取"),
    ):
        answer = desk.post(COLUMN, COLUMNS | wrong)
        assert answer.status_code == 422
        assert told in text_of(answer)
    assert not Statement.objects.exists()


def test_looking_at_the_columns_reads_nothing_in(scene: Scene, desk: Client) -> None:
    send(desk, file_of(line("5.00", "无")))
    known(scene)
    assert desk.get(COLUMN).status_code == 200
    assert not Statement.objects.exists()


def test_files_nobody_came_back_to_are_forgotten(
    scene: Scene, desk: Client, uploads: Path, now: Any
) -> None:
    send(desk, file_of(line("5.00", "无")))
    (kept,) = (path for path in uploads.rglob("*") if path.is_file())
    assert kept.stat().st_mode & 0o777 == 0o600
    day_ago = (NOW - timedelta(days=1, minutes=1)).timestamp()
    assert waiting.forget(NOW) == 0
    os.utime(kept, (day_ago, day_ago))
    tasks.forget_expired()
    assert not kept.exists()
    assert desk.get(COLUMN)["Location"] == LIST


TRUNCATED = b"PK\x03\x04" + b"\0" * 400
FILES = {
    "truncated": (TRUNCATED, "a.xlsx", "Excel 文件已损坏或不完整"),
    "junk": (bytes(range(256)) * 40_000, "a.csv", "无法识别文字编码"),
    "encoding": (file_of(line("5")).decode().encode("utf-16-le"), "a.csv", "无法识别文字编码"),
    "no header": (b"1,2\n3,4\n", "a.csv", "找不到列名所在的行"),
    "missing column": (
        file_of("2025-10-29,,1,甲,x", header="交易日期,借方发生额,贷方发生额,对方户名,备注"), "a.csv",
        "文件中没有“摘要”、“交易流水号”这一列",
    ),
    "empty": (b"", "a.csv", "文件是空的"),
    "too big": (b"a,b\n" * 2_700_000, "a.csv", "文件超过 10 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_used_is_answered_with_a_sentence(
    scene: Scene, desk: Client, name: str
) -> None:
    known(scene)
    content, file_name, told = FILES[name]
    answer = send(desk, content, file_name)
    if answer.status_code == 302:  # a known bank whose file changed: its columns are asked for
        assert answer["Location"] == COLUMN
        answer = desk.get(COLUMN)
    else:
        assert answer.status_code == 422
    assert told in text_of(answer)
    assert not Statement.objects.exists()


def test_the_same_file_leads_to_the_statement_it_already_is(scene: Scene, desk: Client) -> None:
    known(scene)
    content = file_of(line("5.00", "无"))
    first = send(desk, content)["Location"]
    answer = desk.post(
        READ, {"bank": BANK, "file": SimpleUploadedFile("b.csv", content)}, follow=True
    )
    assert answer.redirect_chain[-1][0] == first
    assert "这个文件已经读入过" in text_of(answer)
    assert StatementLine.objects.count() == 1


# Working through


@pytest.fixture
def mixed(scene: Scene, sent: TransferApplication) -> Statement:
    return read_in(
        scene.user(FINANCE),
        line("1234.56", note_of(sent)),
        line("88.00", "不明"),
        line("abc"),
        line("7.00", "一", reference="R1"),
        line("7.00", "二", reference="R1"),
    )


def test_chips_count_the_states_and_narrow_the_list(
    scene: Scene, desk: Client, mixed: Statement
) -> None:
    html = text_of(desk.get(f"/admin/statements/{mixed.pk}/"))
    assert html.count('<td class="ref">') == 5
    for state, count in (("matched", 1), ("no_match", 2), ("duplicate", 1), ("error", 1)):
        narrowed = text_of(desk.get(f"/admin/statements/{mixed.pk}/?show={state}"))
        assert narrowed.count('<td class="ref">') == count
        assert f"?show={state}" in html


def test_a_line_is_booked_from_its_page(
    scene: Scene, desk: Client, mixed: Statement, sent: TransferApplication
) -> None:
    found = mixed.lines.get(state="matched")
    assert "登记到本件" in text_of(desk.get(line_url(found)))
    answer = decide(desk, found, "accept")
    assert answer["Location"] == f"/admin/statements/{mixed.pk}/"
    assert money_state(sent) == "matched"
    again = decide(desk, found, "accept")
    assert again.status_code == 409
    assert "这一行已经处理过" in text_of(again)
    html = text_of(desk.get(line_url(found)))
    assert 'value="accept"' not in html
    assert "已记入申请件" in html


def test_a_line_is_linked_by_reference(
    scene: Scene, desk: Client, mixed: Statement, sent: TransferApplication
) -> None:
    found = mixed.lines.filter(state="no_match").first()
    assert found is not None
    for wrong in ("", "ZY20250101-0000000"):
        answer = decide(desk, found, "link", reference=wrong)
        assert answer.status_code == 409
        assert "本机构没有这个编号的申请件" in text_of(answer)
    answer = decide(desk, found, "link", reference=f" {sent.reference.lower()} ")
    assert answer["Location"] == line_url(found)
    assert "登记并记录差额" in text_of(desk.get(line_url(found)))


def test_suspense_return_and_laying_aside(scene: Scene, desk: Client, mixed: Statement) -> None:
    unknown, other = mixed.lines.filter(state="no_match")
    decide(desk, unknown, "suspense")
    assert decide(desk, unknown, "return", reason="").status_code == 409
    decide(desk, unknown, "return", reason="付款人要求退回")
    decide(desk, other, "return", reason="查无此案")
    for state in ("duplicate", "error"):
        decide(desk, mixed.lines.get(state=state), "dismiss", reason="重复")
    assert dict(mixed.lines.values_list("number", "outcome")) == {
        4: "", 5: "returned", 6: "dismissed", 7: "returned", 8: "dismissed",
    }  # fmt: skip
    html = text_of(desk.get(f"/admin/statements/{mixed.pk}/?show=done"))
    assert "付款人要求退回" in html
    assert html.count('<td class="ref">') == 4


def test_only_what_fits_a_line_is_offered(scene: Scene, desk: Client, mixed: Statement) -> None:
    offers = {}
    for found in mixed.lines.all():
        html = text_of(desk.get(line_url(found)))
        named = ("accept", "link", "suspense", "return", "dismiss")
        offers[found.number] = {each for each in named if f'value="{each}"' in html}
    assert offers == {
        4: {"accept", "link", "suspense", "return"},
        5: {"link", "suspense", "return"},
        6: {"dismiss"},
        7: {"link", "suspense", "return"},
        8: {"dismiss"},
    }


def test_the_exact_ones_are_booked_in_the_background(
    scene: Scene, desk: Client, mixed: Statement, sent: TransferApplication
) -> None:
    url = f"/admin/statements/{mixed.pk}/"
    assert desk.post(f"{url}accept/")["Location"] == url
    html = text_of(desk.get(url))
    assert "正在登记：已完成 0 / 1" in html
    assert "登记 1 笔完全相符的收款" not in html
    asked = mixed.lines.get(state="matched")
    assert 'value="accept"' not in text_of(desk.get(line_url(asked)))
    assert tasks.book_receipts() == 1
    assert money_state(sent) == "matched"
    assert "正在登记" not in text_of(desk.get(url))


def test_a_line_read_in_too_early_is_matched_when_the_page_is_opened(
    scene: Scene, desk: Client
) -> None:
    case = scene.out()
    statement = read_in(scene.user(FINANCE), line("1234.56", note_of(case)))
    url = f"/admin/statements/{statement.pk}/"
    assert "转出地尚未登记这笔划款" in text_of(desk.get(url))
    scene.remit(case, NOW, ("bank_delay", "bank"))
    assert "登记 1 笔完全相符的收款" in text_of(desk.get(url))


def test_long_statements_come_in_pages_of_fifty(scene: Scene, desk: Client) -> None:
    rows = [line(f"{n + 1}.00", "无") for n in range(60)]
    statement = read_in(scene.user(FINANCE), *rows)
    html = text_of(desk.get(f"/admin/statements/{statement.pk}/"))
    assert html.count('<td class="ref">') == 50
    html = text_of(desk.get(f"/admin/statements/{statement.pk}/?after=53"))
    assert html.count('<td class="ref">') == 10


def test_pages_take_as_many_queries_for_many_lines_as_for_few(
    scene: Scene, desk: Client, django_assert_max_num_queries: Any
) -> None:
    cases = [money_at(scene, BalanceState.REMITTED) for _ in range(3)]
    read_in(scene.user(FINANCE), line("8.00", "无"))
    statement = read_in(
        scene.user(FINANCE),
        *(line("1234.56", note_of(case)) for case in cases),
        *(line(f"{n + 1}.00", "无") for n in range(60)),
    )
    with django_assert_max_num_queries(12):
        desk.get(f"/admin/statements/{statement.pk}/")
    with django_assert_max_num_queries(8):
        desk.get(LIST)
    with django_assert_max_num_queries(8):
        desk.get(line_url(statement.lines.all()[0]))


# Who may


def test_finance_decides_supervisors_and_auditors_read_and_nobody_else(
    scene: Scene, mixed: Statement
) -> None:
    people = newcomers()
    found = mixed.lines.get(state="matched")
    pages = (LIST, f"/admin/statements/{mixed.pk}/", line_url(found))
    for (where, role), user in people.items():
        client = client_of(user)
        reader = role in (Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR)
        mine = where == "destination" or (
            where == "supervising" and role in (Role.SUPERVISOR, Role.AUDITOR)
        )
        for page in pages[1:]:
            expected = 403 if not reader else 200 if mine else 404
            assert client.get(page).status_code == expected, (where, role, page)
        assert client.get(LIST).status_code == (200 if reader else 403)
        if (where, role) != ("destination", Role.FINANCE):
            answer = client.post(line_url(found), {"decision": "accept"})
            assert answer.status_code in (403, 404), (where, role)
            assert client.post(f"/admin/statements/{mixed.pk}/accept/").status_code in (
                (403, 404) if role is Role.FINANCE else (403,)
            )
            if role is not Role.FINANCE:
                assert send(client, b"x").status_code == 403
                assert client.post("/admin/remittances/export/").status_code == 403
    found.refresh_from_db()
    assert (found.outcome, found.accept_asked_at) == ("", None)


def test_the_navigation_offers_the_pages_to_readers_of_money_alone(scene: Scene) -> None:
    for who, offered in (
        (FINANCE, True),
        ("destination_supervisor", True),
        ("origin_clerk", False),
    ):
        html = text_of(client_of(scene.user(who)).get("/admin/queue/"))
        assert (f'href="{LIST}"' in html) is offered
        assert ('href="/admin/remittances/"' in html) is offered


# Remittances


@pytest.fixture
def origin(scene: Scene) -> Client:
    return client_of(scene.user("origin_finance"))


def export(client: Client, kind: str, first: str = "2025-10-29", last: str = "2025-10-29") -> Any:
    return client.post("/admin/remittances/export/", {"first": first, "last": last, "format": kind})


def test_what_was_confirmed_is_exported_for_the_bank(
    scene: Scene, origin: Client, sent: TransferApplication, caplog: pytest.LogCaptureFixture
) -> None:
    payout = money_at(scene, BalanceState.PAYING)
    scene.out()
    html = text_of(origin.get("/admin/remittances/"))
    assert "2 笔付款，共 ¥2,469.12" in html
    assert "6200000000000000" not in html
    with caplog.at_level(logging.INFO, "transfers"):
        answer = export(origin, "csv")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == (
        'attachment; filename="remittances-20251029-20251029.csv"'
    )
    assert answer.content.startswith(b"\xef\xbb\xbf")
    header, *rows = [row.cells for row in read(answer.content)]
    account = scene.user(FINANCE).agency.bank_accounts.get()  # type: ignore[union-attr]
    assert [row[:6] for row in rows] == [
        (account.holder, account.number, account.bank, "1234.56",
         f"{sent.reference} 张示例", sent.reference),
        ("张示例", "6200000000000000", "", "1234.56", f"{payout.reference} 张示例", payout.reference),
    ]  # fmt: skip
    assert len(header) == 7
    (said,) = [each.getMessage() for each in caplog.records if "exported" in each.getMessage()]
    assert "2 payments of 246912 fen" in said
    assert "张示例" not in said
    assert "6200" not in said


def test_the_workbook_keeps_account_numbers_as_text(
    scene: Scene, origin: Client, sent: TransferApplication
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export(origin, "xlsx").content))
    sheet: Any = book.active
    assert sheet["B2"].data_type == "s"
    assert (sheet["D2"].value, sheet["D2"].data_type) == (1234.56, "n")


def test_what_the_origin_exports_the_destination_matches(
    scene: Scene, origin: Client, desk: Client, sent: TransferApplication
) -> None:
    row = read(export(origin, "csv").content)[1].cells
    statement = read_in(scene.user(FINANCE), line(row[3], row[4]))
    assert statement.lines.get().state == "matched"


def test_only_the_days_asked_for_and_the_own_agency(
    scene: Scene, origin: Client, desk: Client, sent: TransferApplication
) -> None:
    assert len(read(export(desk, "csv").content)) == 1
    assert len(read(export(origin, "csv", "2025-10-01", "2025-10-28").content)) == 1
    html = text_of(origin.get("/admin/remittances/?first=2025-10-01&last=2025-10-28"))
    assert sent.reference not in html


@pytest.mark.parametrize(
    ("first", "last"),
    [("2025-10-29", "2025-10-28"), ("2025-01-01", "2025-10-29"), ("x", "2025-10-29")],
)
def test_days_that_make_no_period_are_refused(origin: Client, first: str, last: str) -> None:
    assert export(origin, "csv", first, last).status_code == 422
    assert origin.get(f"/admin/remittances/?first={first}&last={last}").status_code == 422


def test_money_that_came_back_and_is_sent_again_is_a_second_payment(
    scene: Scene, origin: Client
) -> None:
    case = money_at(scene, BalanceState.BOUNCED)
    scene.remit(case, NOW, ("bank_delay", "bank"))
    assert len(read(export(origin, "csv").content)) == 3
