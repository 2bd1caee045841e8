"""The conditions of acceptance: all asked, all told, a crash stops the move, a supervisor overrides."""

from datetime import date

import pytest

from tests.scenes import Scene, example_number, moment
from transfers.models import Event, TransferApplication
from transfers.rules.states import Action, Side, State
from transfers.workflow import checks
from transfers.workflow.errors import CheckCrashed, ChecksFailed, NotAllowed

WEDNESDAY = moment("2025-09-24", 15)


def codes(scene: Scene, application: TransferApplication, by: str, **data: object) -> set[str]:
    with pytest.raises(ChecksFailed) as refusal:
        scene.do(application, by, Action.PASS_CHECK, WEDNESDAY, **data)
    assert all(str(failure.message).strip() for failure in refusal.value.failures)
    return {failure.code for failure in refusal.value.failures}


NUMBER = example_number(41)
ORIGIN = {
    "id_number": NUMBER,
    "enrolled_on": date(2018, 7, 1),
    "stopped_on": date(2025, 8, 31),
    "balance_fen": 0,
}
DESTINATION = {"id_number": NUMBER, "enrolled_on": date(2025, 9, 1), "paying": True}


@pytest.mark.parametrize(
    ("by", "record", "expected"),
    [
        ("origin_clerk", {**ORIGIN, "stopped_on": None}, "origin_not_stopped"),
        ("origin_clerk", {**ORIGIN, "stopped_on": date(2025, 9, 25)}, "origin_not_stopped"),
        ("origin_clerk", {**ORIGIN, "enrolled_on": None}, "no_origin_record"),
        ("origin_clerk", {**ORIGIN, "in_arrears": True}, "origin_arrears"),
        ("origin_clerk", {**ORIGIN, "balance_fen": None}, "balance_unknown"),
        ("origin_clerk", {**ORIGIN, "id_number": ""}, "identity_mismatch"),
        ("origin_clerk", {**ORIGIN, "retired": True}, "already_retired"),
        ("origin_clerk", {**ORIGIN, "id_number": "11010119900307002X"}, "identity_mismatch"),
        ("origin_clerk", {**ORIGIN, "name": "张示范"}, "identity_mismatch"),
        ("destination_clerk", {**DESTINATION, "enrolled_on": None}, "destination_not_enrolled"),
        ("destination_clerk", {**DESTINATION, "paying": False}, "destination_not_enrolled"),
    ],
)
def test_each_condition_speaks_for_its_side(
    scene: Scene, by: str, record: dict, expected: str
) -> None:
    application = scene.submit(
        id_number=NUMBER, origin_record={}, destination_record={}
    ).application
    assert codes(scene, application, by, record=record) == {expected}
    good = ORIGIN if by == "origin_clerk" else DESTINATION
    scene.do(application, by, Action.PASS_CHECK, WEDNESDAY, record=good)


def test_all_failures_are_told_at_once(scene: Scene) -> None:
    application = scene.submit(
        by="origin_clerk", channel="counter", origin_record={"retired": True, "name": "别人"}
    ).application  # fmt: skip
    application.materials.all().delete()  # taken back since
    assert codes(scene, application, "origin_clerk") == {
        "origin_not_stopped", "no_origin_record", "already_retired", "identity_mismatch",
        "materials_incomplete", "balance_unknown",
    }  # fmt: skip


@pytest.mark.parametrize(("year", "fits"), [(None, False), (2025, False), (2026, True)])
def test_between_resident_schemes_only_the_next_year_counts(
    scene: Scene, year: int | None, fits: bool
) -> None:
    application = scene.submit(
        id_number=NUMBER, scheme_from="resident", scheme_to="resident", destination_record={}
    ).application
    record = {**DESTINATION, "cover_year": year}
    if fits:
        scene.do(application, "destination_clerk", Action.PASS_CHECK, WEDNESDAY, record=record)
    else:
        assert codes(scene, application, "destination_clerk", record=record) == {
            "resident_current_year"
        }


def test_another_open_application_of_the_person_stops_the_check(scene: Scene) -> None:
    first = scene.submit(id_number=NUMBER).application
    second = scene.submit(id_number=NUMBER, destination="320100").application
    assert codes(scene, second, "origin_clerk") == {"open_application_exists"}
    scene.do(first, "origin_clerk", Action.PASS_CHECK, WEDNESDAY)  # the earlier one is not held up


def test_a_supervisor_overrides_with_a_reason_and_a_clerk_does_not(scene: Scene) -> None:
    application = scene.submit(
        id_number=NUMBER, origin_record={**ORIGIN, "retired": True}
    ).application
    reason = {"already_retired": "退休待遇已停发，见附件"}
    with pytest.raises(NotAllowed) as refusal:
        scene.do(application, "origin_clerk", Action.PASS_CHECK, WEDNESDAY, overrides=reason)
    assert refusal.value.code == "wrong_role"
    event = scene.do(
        application, "origin_supervisor", Action.PASS_CHECK, WEDNESDAY, overrides=reason
    )
    assert event.facts["overrides"] == reason


def test_some_conditions_nobody_overrides(scene: Scene) -> None:
    application = scene.submit(
        id_number=NUMBER, origin_record={**ORIGIN, "enrolled_on": None}
    ).application
    overrides = {"no_origin_record": "确有参保"}
    with pytest.raises(ChecksFailed):
        scene.do(
            application, "origin_supervisor", Action.PASS_CHECK, WEDNESDAY, overrides=overrides
        )


def test_a_condition_that_crashes_stops_the_move(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_registry", list(checks._registry))

    @checks.register(Action.PASS_CHECK, "ledger_down", side=Side.ORIGIN)
    def crashes(asked: checks.Question) -> object:
        raise ConnectionError("the ledger does not answer")

    application = scene.submit().application
    before = Event.objects.count()
    with pytest.raises(CheckCrashed) as refusal:
        scene.do(application, "origin_clerk", Action.PASS_CHECK, WEDNESDAY)
    assert "ledger_down" in str(refusal.value)
    assert isinstance(refusal.value.__cause__, ConnectionError)
    assert Event.objects.count() == before
    assert TransferApplication.objects.get(pk=application.pk).state == State.APPLIED


def test_every_installed_app_may_add_a_condition() -> None:
    assert {each.code for each in checks._registry} >= {
        "origin_not_stopped", "destination_not_enrolled", "identity_mismatch", "same_pool",
        "open_application_exists", "use_offline_channel", "materials_incomplete",
        "resident_current_year", "already_retired", "no_origin_record",
    }  # fmt: skip
