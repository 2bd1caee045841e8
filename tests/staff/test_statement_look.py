"""Bank statements in a real browser, from the file to the booked line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.looks import examine, press, switch
from tests.scenes import Scene, money_at
from tests.staff.conftest import NOW
from tests.staff.test_browser import _explained, sign_in
from tests.statement_files import BANK, file_of, line, note_of
from transfers.rules.balances import BalanceState

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_statement_is_read_in_and_worked_through(
    page: Any, live_server: Any, settings: Any, tmp_path: Path, language: str
) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    scene = Scene()
    sent, other = (money_at(scene, BalanceState.REMITTED) for _ in range(2))
    file = tmp_path / "october.csv"
    file.write_bytes(
        file_of(
            line("1234.56", note_of(sent), payer="示例市医疗保险基金财政专户"),
            line("1200.00", note_of(other)),
            line("88.00", "不明款项,谢谢".replace(",", "，"), payer="某某科技有限公司"),
            line("abc"),
            line("7.00", "利息", reference="R1"),
            line("7.00", "利息", reference="R1"),
            line("", "手续费", debit="5.00"),
        )
    )
    base, wrong = live_server.url, []
    sign_in(page, base, scene.user("destination_finance").username, language)
    switch(page, base, language)

    def look(name: str) -> None:
        nonlocal wrong
        width = 375 if language == "zh-hans" else 1280
        wrong += examine(page, f"{name}-{language}", (width,), _explained)

    page.goto(f"{base}/admin/statements/")
    look("statements-empty")
    page.fill("[name=bank]", BANK)
    page.set_input_files("[name=file]", str(file))
    press(page, "main form button.primary")
    page.wait_for_url("**/statements/columns/")
    look("statement-columns")
    press(page, "main form button.primary")
    page.wait_for_url("**/statements/*/")
    look("statement")
    assert page.locator("table.lines tbody tr").count() == 6
    press(page, "table.lines tbody tr:nth-child(2) td.ref a")
    look("statement-line-differs")
    press(page, "button[value=accept]")
    press(page, "table.lines tbody tr:nth-child(2) td.ref a")
    look("statement-line-unknown")
    press(page, "button[value=suspense]")
    press(page, ".toolbar button.primary")
    look("statement-booking")
    page.goto(f"{base}/admin/statements/")
    look("statements")
    sign_in(page, base, scene.user("origin_finance").username, language)
    switch(page, base, language)
    page.goto(f"{base}/admin/remittances/")
    look("remittances")
    assert not wrong
