"""The arrears office in a real browser: accessible, without sideways scroll, also without scripts."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from arrears.rules.states import State
from tests.arrears.office import Office, month
from tests.looks import LANGUAGES, MATRIX, Look, examine, looks, press, switch
from tests.staff.test_browser import _explained, sign_in
from transfers.models import Contribution

from .addresses import case_url, person_url
from .conftest import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def now() -> Any:
    """The clock goes on: the server's threads and the browser need it to."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


def on_record(case: Any, *spans: tuple[str, str, str]) -> None:
    """Months of the person in the pool's record: first, last, kind."""
    for first, last, kind in spans:
        start, end = month(first), month(last)
        Contribution.objects.create(
            person=case.person, pool=case.pool, scheme=case.scheme, kind=kind,
            from_month=start, to_month=end, base_fen=800_000, recorded_at=NOW,
            months=(end.year - start.year) * 12 + end.month - start.month + 1,
        )  # fmt: skip


@pytest.fixture
def sights(transactional_db: None) -> dict[str, tuple[str, str]]:
    """A name for each page to look at: who opens it, and its address."""
    office = Office()
    opened = office.zhang(materials=("id_card",), on="2025-03-05")
    quoted = office.assessed()
    on_record(
        quoted, ("2022-07", "2023-02", "deemed"), ("2023-03", "2023-11", "actual"),
        ("2023-11", "2024-12", "actual"),
    )  # fmt: skip
    gone = office.zhang(from_month=month("2024-03"), to_month=month("2024-03"))
    on_record(gone, ("2023-01", "2024-02", "actual"), ("2024-04", "2024-11", "actual"))
    office.li("2025-03-10", from_month=month("2024-11"), to_month=month("2025-02"))
    partly = office.at(State.PARTLY_PAID)
    settled = office.at(State.SETTLED)
    waived = office.at(State.WAIVED)
    clerk, finance = office.user("clerk").username, office.user("finance").username
    supervisor = office.user("supervisor").username
    return {
        "queue": (clerk, "/admin/arrears/"),
        "queue-empty": (clerk, "/admin/arrears/?view=overdue&state=settled"),
        "new": (clerk, "/admin/arrears/new/"),
        "grid": (clerk, person_url(gone.person)),
        "case-opened": (clerk, case_url(opened)),
        "case": (clerk, case_url(quoted)),
        "case-partly": (finance, case_url(partly)),
        "case-settled": (finance, case_url(settled)),
        "case-waived": (clerk, case_url(waived)),
        "assess": (clerk, case_url(quoted, "assess")),
        "assess-missing": (clerk, case_url(opened, "assess")),
        "materials": (clerk, case_url(opened, "take_materials")),
        "refuse": (clerk, case_url(quoted, "refuse")),
        "cancel": (clerk, case_url(quoted, "cancel")),
        "waive": (supervisor, case_url(quoted, "waive")),
        "payment": (finance, case_url(partly, "pay")),
        "take-back": (finance, case_url(partly, "take_back")),
    }


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(looks, id="every_pair"),
        pytest.param(lambda number: MATRIX, id="whole_matrix", marks=pytest.mark.full),
    ],
)
def test_every_page_is_accessible(
    page: Any, live_server: Any, sights: dict[str, tuple[str, str]], chosen: Any
) -> None:
    """Each page in both languages and at each width; every explanation opened."""
    base, wrong, signed_in = live_server.url, [], ""
    ordered = sorted(sights.items(), key=lambda each: each[1][0])
    for number, (name, (username, address)) in enumerate(ordered):
        if username != signed_in:
            sign_in(page, base, username, "zh-hans")
            signed_in = username
        for language in LANGUAGES:
            found: tuple[Look, ...] = chosen(number)
            widths = {look.width for look in found if look.language == language}
            switch(page, base, language)
            page.goto(base + address)
            if name.startswith("case"):
                page.evaluate(
                    "document.querySelectorAll('main details:not(.more)').forEach(e => e.open = true)"
                )
            wrong += examine(page, f"arrears-{name}-{language}", widths, _explained)
    assert not wrong


def test_a_payment_goes_through_without_scripts(
    browser: Any, live_server: Any, sights: dict[str, tuple[str, str]]
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    username, address = sights["payment"]
    sign_in(page, live_server.url, username, "en")
    page.goto(live_server.url + address)
    page.fill("[name=amount_fen]", "100.00")
    page.check("input[name=method][value=counter]")
    press(page, "button[name=preview]")
    assert "What the amount covers" in page.inner_text("main")
    press(page, "main form button.primary")
    assert "Done: Record a payment." in page.inner_text("main")
    context.close()
