"""What is owed at the origin holds a transfer up, says so on every page, and lets it go when paid."""

import re
from datetime import date

import pytest
import time_machine
from django.test import Client

from arrears.models import ArrearsCase
from arrears.rules.states import Action as ArrearsAction
from tests.scenes import Scene, moment
from transfers.models import Event, OutboxMessage, SideRecord, TransferApplication
from transfers.plugs import overlays_of
from transfers.rules.states import Action, State
from transfers.workflow.actions import perform
from transfers.workflow.errors import ChecksFailed

from .office import Office, month

# January and February were missed, March was paid again; 96.80 and 85.60 of late fee by 30 September.
TOTAL, LEFT = "¥1,782.40", "¥782.40"
WHERE = "当地医保经办窗口、税务部门或指定银行网点"
FREE = "Your transfer is no longer held up by it; its check goes on."
ON, BY = "2025-09-25", "2025-09-30"


def submitted(scene: Scene) -> TransferApplication:
    application: TransferApplication = scene.submit().application
    return application


def missed(office: Office, transfer: TransferApplication) -> ArrearsCase:
    return office.zhang(ON, id_number=transfer.person.id_number, resumed_month=month("2025-03"))


def assessed(office: Office, case: ArrearsCase) -> ArrearsCase:
    return office.assessed(case, on=ON, pay_by=date.fromisoformat(BY))


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def pass_origin(scene: Scene, case: TransferApplication, on: str) -> TransferApplication:
    case = TransferApplication.objects.get(pk=case.pk)
    perform(case, Action.PASS_CHECK, by=scene.actor("origin_clerk"), at=moment(on))
    return TransferApplication.objects.get(pk=case.pk)


def test_a_transfer_waits_for_the_arrears_of_its_origin_and_goes_on_when_they_are_paid(
    scene: Scene, office: Office
) -> None:
    transfer = submitted(scene)
    case = missed(office, transfer)
    with pytest.raises(ChecksFailed) as refused:
        pass_origin(scene, transfer, ON)
    (failure,) = refused.value.failures
    assert failure.code == "origin_arrears"
    assert case.reference in str(failure.message)
    case = assessed(office, case)
    with pytest.raises(ChecksFailed) as refused:
        pass_origin(scene, transfer, ON)
    assert TOTAL in str(refused.value.failures[0].message)
    assert WHERE in str(refused.value.failures[0].message)
    case = office.paid(case, 100_000, on=BY)
    with pytest.raises(ChecksFailed) as refused:
        pass_origin(scene, transfer, BY)
    assert LEFT in str(refused.value.failures[0].message)
    office.paid(case, on=BY)
    assert pass_origin(scene, transfer, BY).state == State.APPLIED
    told = Event.objects.filter(application=transfer, verb="news").order_by("seq")
    assert [(TOTAL in each.shown_zh, LEFT in each.shown_zh) for each in told] == [
        (False, False), (True, False), (False, True), (False, True),
    ]  # fmt: skip
    assert "2025年10月1日" in told.latest("seq").shown_zh
    assert [FREE in each.shown_en for each in told] == [False, False, False, True]
    assert OutboxMessage.objects.filter(kind="applicant", event__verb="news").count() == 4


@pytest.mark.parametrize("end", [ArrearsAction.CANCEL, ArrearsAction.WAIVE, ArrearsAction.REFUSE])
def test_a_case_that_ends_otherwise_lets_the_transfer_go(
    scene: Scene, office: Office, end: ArrearsAction
) -> None:
    transfer = submitted(scene)
    case = missed(office, transfer)
    by = "supervisor" if end is ArrearsAction.WAIVE else "clerk"
    office.do(case, end, by=by, on=ON, text="说明理由")
    assert pass_origin(scene, transfer, ON).version > transfer.version


def test_arrears_elsewhere_or_of_another_person_hold_nothing_up(
    scene: Scene, office: Office
) -> None:
    transfer = submitted(scene)
    office.zhang(ON)
    missed(Office(pool="350500"), transfer)
    assert overlays_of(transfer, moment(ON).date()) == []
    pass_origin(scene, transfer, ON)
    passed = SideRecord.objects.get(application=transfer, side="origin")
    assert (passed.passed_at, passed.passed_by) == (moment(ON), scene.user("origin_clerk"))
    assert not Event.objects.filter(application=transfer, verb="news").exists()


def test_a_supervisor_may_let_it_pass_with_a_reason(scene: Scene, office: Office) -> None:
    transfer = submitted(scene)
    missed(office, transfer)
    perform(
        TransferApplication.objects.get(pk=transfer.pk), Action.PASS_CHECK,
        by=scene.actor("origin_supervisor"), at=moment(ON),
        overrides={"origin_arrears": "单位已承诺补缴"},
    )  # fmt: skip
    passed = SideRecord.objects.get(application=transfer, side="origin")
    assert (passed.passed_at, passed.passed_by) == (moment(ON), scene.user("origin_supervisor"))
    event = Event.objects.filter(application=transfer, verb="pass_check").latest("seq")
    assert "单位已承诺补缴" in str(event.facts) + event.reason


def test_of_two_cases_the_last_to_be_paid_sets_the_transfer_free(
    scene: Scene, office: Office
) -> None:
    transfer = submitted(scene)
    first, second = missed(office, transfer), office.zhang(
        ON, id_number=transfer.person.id_number, from_month=month("2024-05"),
        to_month=month("2024-05"), resumed_month=month("2024-06"),
    )  # fmt: skip
    for case, freed in ((first, False), (second, True)):
        office.paid(assessed(office, case), on=BY)
        told = Event.objects.filter(application=transfer, verb="news").latest("seq")
        assert (FREE in told.shown_en) is freed


def test_the_queue_marks_what_waits_and_what_may_be_checked_again(
    scene: Scene, office: Office, client: Client
) -> None:
    transfer = submitted(scene)
    submitted(scene)
    client.force_login(scene.user("origin_clerk"))
    client.cookies["jiexu-language"] = "en"

    def marks() -> list[str]:
        with time_machine.travel(moment(BY), tick=False):
            return re.findall(
                r'<span class="mark">([^<]+)', client.get("/admin/queue/").content.decode()
            )

    assert marks() == []
    case = assessed(office, missed(office, transfer))
    assert marks() == ["Waits for arrears"]
    office.paid(case, on=BY)
    assert marks() == ["Arrears paid"]


def test_the_overlay_says_what_to_do_by_when_and_how_much(scene: Scene, office: Office) -> None:
    transfer = submitted(scene)
    on = moment(ON).date()
    assert overlays_of(transfer, on) == []
    case = missed(office, transfer)
    (opened,) = overlays_of(transfer, on)
    assert "2025年10月9日" in opened.by
    assessed(office, case)
    (quoted,) = overlays_of(transfer, on)
    assert TOTAL in str(quoted.facts)
    assert "2025年9月30日" in quoted.by
    assert quoted.blocking
    assert quoted.staff_links[0][1] == f"/admin/arrears/{case.reference}/"
    assert WHERE in quoted.you
    # Only the employer's late fee is left: where to pay it stands there all the same.
    office.paid(ArrearsCase.objects.get(pk=case.pk), 160_000 + 9_680, on=BY)
    (employers,) = overlays_of(transfer, on)
    assert employers.due_on is None
    assert WHERE in employers.you
    office.paid(ArrearsCase.objects.get(pk=case.pk), on=BY)
    assert overlays_of(transfer, on) == []


def test_the_applicants_page_shows_the_overlay(
    scene: Scene, office: Office, client: Client
) -> None:
    made = scene.submit()
    assessed(office, missed(office, made.application))
    client.post("/status/", {"reference": made.application.reference, "code": made.query_code})
    page = client.get(f"/status/{made.application.reference}/").content.decode()
    assert TOTAL in page


def test_arrears_that_come_up_after_the_origin_passed_still_block_the_acceptance(
    scene: Scene, office: Office
) -> None:
    transfer = submitted(scene)
    other = submitted(scene)
    missed(office, other)
    perform(other, Action.PASS_CHECK, by=scene.actor("destination_clerk"), at=moment(ON))
    pass_origin(scene, transfer, ON)
    case = missed(office, transfer)
    with pytest.raises(ChecksFailed) as refused:
        perform(transfer, Action.PASS_CHECK, by=scene.actor("destination_clerk"), at=moment(ON))
    assert [failure.code for failure in refused.value.failures] == ["origin_arrears"]
    office.do(case, ArrearsAction.CANCEL, on=ON, text="误开")
    perform(transfer, Action.PASS_CHECK, by=scene.actor("destination_clerk"), at=moment(ON))
    assert TransferApplication.objects.get(pk=transfer.pk).state == State.VALIDATED
