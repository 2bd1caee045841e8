"""The staff pages in a real browser: accessible, without sideways scroll, small, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group

from tests.looks import LANGUAGES, MATRIX, Look, examine, is_a_sign, looks, press, switch
from tests.scenes import FORM, Scene, moment, staff
from tests.staff.conftest import NOW
from transfers.models import (
    Agency,
    Alert,
    AlertRung,
    Contribution,
    OutboxMessage,
    Step,
    TransferPolicy,
)
from transfers.rules.states import Role, State

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NODES, REQUESTS, KILOBYTES = 1500, 12, 90
# A count of one digit, in the same ink as the cells beside it, which are measured.
ONE_DIGIT = "Element content is too short to determine if it is actual text content"
# A cell that is scrolled half out of its table's own region is "obscured" by the region's edge; in the
# region's other position, and at the width where nothing is cut off, axe does measure it.
CUT_OFF = "partially obscured by another element"


@pytest.fixture(autouse=True)
def now() -> Any:
    """The clock goes on: the server's threads and the browser need it to."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def sights(transactional_db: None) -> dict[str, tuple[str, str]]:
    """A name for each page to look at: who opens it, and its address."""
    scene = Scene()
    applied = scene.submit(moment("2025-10-15")).application
    asked = scene.in_state(State.SUPPLEMENT_REQUESTED)
    accepted = scene.accepted(on="2025-10-27")
    waiting = scene.accepted(on="2025-10-27")
    scene.do(
        waiting, "origin_clerk", "transfer_out", moment("2025-10-28"), mode="prepare", form=FORM
    )
    out = scene.out()
    overlapping = scene.out()
    for pool in (overlapping.origin, overlapping.destination):
        Contribution.objects.create(
            person=overlapping.person, pool=pool, scheme="employee", kind="deemed", months=5,
            from_month=date(2025, 5, 1), to_month=date(2025, 10, 1), recorded_at=NOW,
        )  # fmt: skip
    credited = scene.in_state(State.BALANCE_CREDITED)
    arrived = scene.arrived()
    step = Step.objects.get(application=applied, kind="check_origin")
    alert = Alert.objects.create(
        step=step, rung=AlertRung.objects.get(pk="due"), raised_at=NOW, due_on=step.due_on
    )
    clerk = scene.user("origin_clerk")
    OutboxMessage.objects.create(
        key="a", kind="alert", alert=alert, recipient=clerk, created_at=NOW
    )
    OutboxMessage.objects.create(
        key="b",
        kind="applicant",
        application=applied,
        created_at=NOW,
        dead_at=NOW,
        last_error="550",
    )
    staff("editor", None, Role.POLICY_EDITOR, Role.ADMINISTRATOR)
    assert Group.objects.exists()
    policy = TransferPolicy.objects.get(region="350500")
    clerk_, finance = clerk.username, scene.user("origin_finance").username

    def of(application: Any, verb: str = "") -> str:
        return f"/admin/cases/{application.reference}/{verb + '/' if verb else ''}"

    return {
        "queue": (clerk_, "/admin/queue/?track=all"),
        "queue-empty": (clerk_, "/admin/queue/?view=today"),
        "case-applied": (clerk_, of(applied)),
        "case-asked": (clerk_, of(asked)),
        "case-out": (clerk_, of(out)),
        "case-credited": (finance, of(credited)),
        "applicant": (clerk_, of(applied, "applicant")),
        "identity": (clerk_, of(applied, "identity")),
        "contact": (clerk_, of(applied, "contact")),
        "check": (clerk_, of(applied, "pass_check")),
        "reject": (clerk_, of(applied, "reject")),
        "request": (clerk_, of(applied, "request_supplement")),
        "form": (clerk_, of(accepted, "transfer_out")),
        "confirm": (scene.user("origin_checker").username, of(waiting, "transfer_out")),
        "own": (clerk_, of(waiting, "transfer_out")),
        "discrepancy": (scene.user("destination_clerk").username, of(out, "raise_discrepancy")),
        "merge": (scene.user("destination_clerk").username, of(overlapping, "transfer_in")),
        "record": (clerk_, of(overlapping, "record")),
        "payout": (finance, of(arrived, "pay_to_person")),
        "remit": (finance, of(arrived, "remit")),
        "money": (finance, "/admin/finance/?group=to_remit"),
        "books": (finance, "/admin/books/"),
        "impossible": (clerk_, of(credited, "transfer_out")),
        "inbox": (clerk_, "/admin/inbox/"),
        "search": (clerk_, "/admin/search/"),
        "new": (clerk_, "/admin/cases/new/"),
        "outbox": (scene.user("origin_supervisor").username, "/admin/outbox/"),
        "denied": (clerk_, "/admin/outbox/"),
        "index": ("editor", "/admin/"),
        "calendar": ("editor", "/admin/calendar/"),
        "policies": ("editor", "/admin/transfers/transferpolicy/"),
        "policy": ("editor", f"/admin/transfers/transferpolicy/{policy.pk}/change/"),
        "users": ("editor", "/admin/transfers/user/"),
        "user": ("editor", f"/admin/transfers/user/{clerk.pk}/change/"),
        "newcomer": ("editor", "/admin/transfers/user/add/"),
        "agencies": ("editor", "/admin/transfers/agency/?q=泉州"),
        "agency": (
            "editor",
            f"/admin/transfers/agency/{Agency.objects.get(region='350500').pk}/change/",
        ),
        "ladder": ("editor", "/admin/transfers/alertrung/"),
        "regions": ("editor", "/admin/transfers/region/?q=3505"),
        "password": (clerk_, "/admin/password_change/"),
    }


def sign_in(page: Any, base: str, username: str, language: str) -> None:
    page.context.clear_cookies()
    switch(page, base, language)
    page.goto(f"{base}/admin/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", username)
    press(page, "main button[type=submit]")
    page.wait_for_url(re.compile(r"/admin/(?!login)"))


def _explained(page: Any, node: dict[str, Any]) -> bool:
    message = node["any"][0]["message"] if node["any"] else ""
    if message.endswith(CUT_OFF):
        inside = "cell => cell.closest('.table-region, .flush') !== null"
        return bool(page.locator(node["target"][0]).first.evaluate(inside))
    return is_a_sign(node) or message == ONE_DIGIT


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
    sights: dict[str, tuple[str, str]],
    chosen: Callable[[int], tuple[Look, ...]],
) -> None:
    """Each page in both languages and at each width; `full` sees every width in both."""
    # Pages that say no answer 403 or 409, which the browser's console reports.
    del sights["impossible"], sights["denied"]
    base, wrong, signed_in = live_server.url, [], ""
    ordered = sorted(sights.items(), key=lambda each: each[1][0])
    for number, (name, (username, address)) in enumerate(
        [("login", ("", "/admin/login/")), *ordered]
    ):
        if username != signed_in:
            sign_in(page, base, username, "zh-hans")
            signed_in = username
        for language in LANGUAGES:
            widths = {look.width for look in chosen(number) if look.language == language}
            switch(page, base, language)
            page.goto(base + address)
            wrong += examine(page, f"{name}-{language}", widths, _explained)
    assert not wrong


def test_the_queue_is_small(
    page: Any, live_server: Any, sights: dict[str, tuple[str, str]]
) -> None:
    from tests.factories import applications, unsaved_step
    from transfers.rules.steps import StepKind

    Step.objects.bulk_create(
        unsaved_step(each, StepKind.TRANSFER_OUT, due="2025-11-04") for each in applications(50)
    )
    username, address = sights["queue"]
    sign_in(page, live_server.url, username, "zh-hans")
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.goto(live_server.url + address, wait_until="networkidle")
    assert page.locator("table.queue tbody tr").count() == 50
    assert page.locator("*").count() <= NODES
    assert len(sizes) <= REQUESTS
    # Uncompressed, so well within the budget for what is sent compressed.
    assert sum(sizes) <= KILOBYTES * 1024, sizes


def test_keys_move_tick_and_find_and_can_be_switched_off(
    page: Any, live_server: Any, sights: dict[str, tuple[str, str]]
) -> None:
    username, address = sights["queue"]
    sign_in(page, live_server.url, username, "zh-hans")
    page.goto(live_server.url + address)
    references = page.locator("td.ref a").all_inner_texts()

    def focused() -> str:
        return str(page.evaluate("document.activeElement.textContent"))

    page.keyboard.press("j")
    assert focused() == references[0]
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("input[name=step]").nth(1).is_checked()
    page.keyboard.press("k")
    assert focused() == references[0]
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "words"
    page.keyboard.type("jk?")
    assert page.input_value("#words") == "jk?"
    page.locator("td.ref a").first.focus()
    page.keyboard.press("?")
    page.locator("dialog.keys input").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert focused() != references[0]


def test_without_scripts_everything_still_works(
    browser: Any, live_server: Any, sights: dict[str, tuple[str, str]]
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    username, address = sights["queue"]
    sign_in(page, live_server.url, username, "zh-hans")
    page.goto(live_server.url + sights["request"][1])
    page.check("input[value=id_card]")
    page.fill("[name=why]", "身份证过期")
    page.fill("[name=note]", "电话已通知")
    if page.locator("[name=lateness_reason]").count():
        page.select_option("[name=lateness_reason]", "workload")
        page.select_option("[name=charged_to]", "origin")
    press(page, "main form button.primary")
    assert "已办理：要求补正" in page.inner_text("main")
    page.click("details.more summary") if page.locator("details.more").count() else None
    page.goto(live_server.url + address)
    page.check("input[name=step] >> nth=0")
    press(page, "button[name=me]")
    assert "已将 1 件分派给" in page.inner_text("main")
    context.close()


def test_the_queue_can_be_walked_with_tab_alone(
    page: Any, live_server: Any, sights: dict[str, tuple[str, str]]
) -> None:
    """Every stop has a visible outline, and the first one jumps over the navigation."""
    username, address = sights["queue"]
    sign_in(page, live_server.url, username, "zh-hans")
    page.goto(live_server.url + address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    stops = 0
    while stops < 60:
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const e = document.activeElement; if (e === document.body) return null;"
            " return getComputedStyle(e).outlineStyle; })()"
        )
        if style is None:
            break
        assert style != "none", page.evaluate("document.activeElement.outerHTML")
        stops += 1
    assert stops > 20
