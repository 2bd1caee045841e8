"""The policy editor in a real browser: accessible, without sideways scroll, usable without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from arrears.models import ArrearsPolicy, WageBase
from tests.arrears.office import Office
from tests.looks import LANGUAGES, MATRIX, Look, examine, looks, press, switch
from tests.scenes import moment, staff
from tests.staff.test_browser import _explained, sign_in
from transfers.rules.states import Role

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(moment("2025-03-12"), tick=True) as traveller:
        yield traveller


@pytest.fixture
def demo(transactional_db: None) -> ArrearsPolicy:
    office = Office()
    office.assessed(office.zhang())
    staff("editor", None, Role.POLICY_EDITOR)
    return ArrearsPolicy.objects.get(region="990100")


def to_the_preview(page: Any, base: str, policy: ArrearsPolicy) -> None:
    page.goto(f"{base}/admin/arrears/arrearspolicy/{policy.pk}/change/")
    page.fill("#id_contribution_rate_unit", "0.09")
    press(page, "main button.primary")


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(looks, id="every_pair"),
        pytest.param(lambda number: MATRIX, id="whole_matrix", marks=pytest.mark.full),
    ],
)
def test_every_page_is_accessible(
    page: Any,
    live_server: Any,
    demo: ArrearsPolicy,
    chosen: Callable[[int], tuple[Look, ...]],
) -> None:
    base, wrong = live_server.url, []
    sign_in(page, base, "editor", "zh-hans")
    wage = WageBase.objects.get(region="990100", year=2025)
    addresses = {
        "arrears-policies": "/admin/arrears/arrearspolicy/",
        "arrears-policy": f"/admin/arrears/arrearspolicy/{demo.pk}/change/",
        "arrears-preview": "",
        "wage-bases": "/admin/arrears/wagebase/",
        "wage-base": f"/admin/arrears/wagebase/{wage.pk}/change/",
    }
    for number, (name, address) in enumerate(addresses.items()):
        for language in LANGUAGES:
            switch(page, base, language)
            if address:
                page.goto(base + address)
            else:
                to_the_preview(page, base, demo)
                assert page.locator("tbody tr").count() == 2
            widths = {look.width for look in chosen(number) if look.language == language}
            wrong += examine(page, f"{name}-{language}", widths, _explained)
    assert not wrong


def test_an_edit_is_previewed_and_published_without_scripts(
    browser: Any, live_server: Any, demo: ArrearsPolicy
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    sign_in(page, live_server.url, "editor", "en")
    to_the_preview(page, live_server.url, demo)
    assert "1 quote would come out differently" in page.inner_text("main")
    press(page, "main button.primary")
    assert page.url.endswith("/admin/arrears/arrearspolicy/")
    demo.refresh_from_db()
    assert str(demo.contribution_rate_unit) == "0.0900"
    context.close()
