"""Merging months at the destination, and the records on both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.scenes import FORM, Scene, moment
from transfers.models import Contribution, Event, Merge, TransferApplication, TransferPolicy
from transfers.rules.states import Scheme, Side, State
from transfers.workflow import merging
from transfers.workflow.errors import Invalid, NotAllowed, Problems, Stale
from transfers.workflow.forms import RowDraft
from transfers.workflow.merging import RecordDraft

AT = moment("2025-10-22")


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def hold(application: TransferApplication, first: str, last: str, **fields: Any) -> Contribution:
    """A row of the destination's own record."""
    start, end = (date.fromisoformat(f"{each}-01") for each in (first, last))
    whole = (end.year - start.year) * 12 + end.month - start.month + 1
    given = {
        "person": application.person, "pool": application.destination, "scheme": Scheme.EMPLOYEE,
        "months": whole, "recorded_at": AT,
    }  # fmt: skip
    return Contribution.objects.create(from_month=start, to_month=end, **(given | fields))


def count_in(scene: Scene, application: TransferApplication, **data: Any) -> Merge:
    scene.do(application, "destination_clerk", "transfer_in", AT, **data)
    return Merge.objects.get(application=application)


def reload(application: TransferApplication) -> TransferApplication:
    return TransferApplication.objects.get(pk=application.pk)


def test_months_are_added_to_an_empty_record(scene: Scene) -> None:
    application = scene.out()
    merge = count_in(scene, application)
    assert (merge.held_months, merge.on_form_months, merge.converted_months) == (0, 84, 84)
    assert (merge.added_months, merge.cumulative_months, merge.overlaps) == (84, 84, [])
    assert reload(application).merged_months == 84
    brought = Contribution.objects.filter(person=application.person, pool="350500")
    assert [(row.from_month, row.months, row.brought_by_id) for row in brought] == [
        (date(2018, 7, 1), 60, merge.form_id), (date(2023, 9, 1), 24, merge.form_id),
    ]  # fmt: skip
    facts = Event.objects.get(application=application, verb="transfer_in").facts
    assert (facts["months"], facts["cumulative"], facts["overlaps"]) == (84, 84, [])


def test_months_insured_twice_are_named_and_need_a_reason(scene: Scene) -> None:
    application = scene.out()
    hold(application, "2025-05", "2025-10")
    with pytest.raises(Invalid) as refusal:
        count_in(scene, application, text="  ")
    assert refusal.value.field == "text"
    assert "2025-05–2025-08" in str(refusal.value)
    assert not Merge.objects.exists()
    assert reload(application).state == State.TRANSFERRED_OUT
    merge = count_in(scene, application, text="原单位多缴，已退费")
    assert merge.overlaps == ["2025-05", "2025-06", "2025-07", "2025-08"]
    assert (merge.held_months, merge.added_months, merge.cumulative_months) == (6, 80, 86)
    assert merge.reason == "原单位多缴，已退费"
    event = Event.objects.get(application=application, verb="transfer_in")
    assert (event.reason, event.facts["overlaps"]) == (merge.reason, merge.overlaps)
    assert reload(application).merged_months == 80


def test_a_number_that_the_records_do_not_make_is_refused_with_both(scene: Scene) -> None:
    application = scene.out()
    with pytest.raises(Invalid) as refusal:
        count_in(scene, application, merged_months=83)
    assert refusal.value.field == "merged_months"
    assert "84" in str(refusal.value)
    assert "83" in str(refusal.value)
    assert count_in(scene, application, merged_months=84).added_months == 84


def from_elsewhere(scene: Scene, first: TransferApplication) -> TransferApplication:
    """Another transfer of the same person into the same pool."""
    number = first.person.id_number
    application: TransferApplication = scene.submit(origin="420100", id_number=number).application
    return application


RESIDENT = {"scheme_from": "resident", "scheme_to": "employee"}


@pytest.mark.parametrize(("year", "worth"), [(None, 0), (3, 21), (12, 84)])
def test_resident_years_convert_by_the_destinations_policy(
    scene: Scene, year: int | None, worth: int
) -> None:
    TransferPolicy.objects.filter(region="350500").update(resident_year_to_employee_months=year)
    application = scene.out(**RESIDENT, form=replace(FORM, balance_fen=0))
    merge = count_in(scene, application)
    assert (merge.on_form_months, merge.converted_months) == (84, worth)
    assert (merge.added_months, merge.cumulative_months) == (worth, worth)
    # They stay on record as what they were.
    rows = Contribution.objects.filter(person=application.person, pool="350500")
    assert {(row.scheme, row.months) for row in rows} == {("resident", 60), ("resident", 24)}


def test_what_resident_years_were_converted_into_is_carried_on(scene: Scene) -> None:
    TransferPolicy.objects.filter(region="350500").update(resident_year_to_employee_months=3)
    first = scene.out(**RESIDENT, form=replace(FORM, balance_fen=0))
    count_in(scene, first)
    hold(first, "2025-11", "2025-12")
    later = from_elsewhere(scene, first)
    report = merging.report_of(
        later, first.forms.get().rows.all(), merging.record_of(later, Side.DESTINATION)
    )
    # The resident rows brought before do not stand in the way of employee months of the same time.
    assert (report.held, report.added, report.overlaps) == (23, 84, ())


def test_cumulative_never_falls_below_what_was_told_before(scene: Scene) -> None:
    first = scene.out()
    count_in(scene, first)
    Contribution.objects.filter(person=first.person, pool="350500").delete()
    later = from_elsewhere(scene, first)
    report = merging.report_of(later, first.forms.get().rows.all(), [])
    assert report.held == 84


def test_a_relation_that_stays_leaves_no_row_behind(scene: Scene) -> None:
    at = moment("2025-09-30")
    application = scene.submit(relocated_retiree=True).application
    scene.do(application, "origin_clerk", "pass_check", at, record={"retired": True})
    scene.do(application, "destination_clerk", "pass_check", at)
    scene.four_eyes(application, "transfer_out", "origin_clerk", "origin_checker", at, form=FORM)
    scene.do(application, "destination_clerk", "transfer_in", at)
    merge = Merge.objects.get(application=application)
    assert (merge.on_form_months, merge.added_months, merge.cumulative_months) == (84, 0, 0)
    assert not Contribution.objects.filter(person=application.person, pool="350500").exists()


# --- the origin's record ----------------------------------------------------------


def test_what_is_sealed_becomes_the_record_of_an_origin_that_had_none(scene: Scene) -> None:
    application = scene.out()
    rows = Contribution.objects.filter(person=application.person, pool="990100")
    assert [(row.months, row.base_fen, row.brought_by) for row in rows] == [
        (60, 800_000, None), (24, 900_000, None),
    ]  # fmt: skip
    assert rows[0].recorded_by == scene.user("origin_checker")


def test_a_record_that_is_there_stays_as_it_is(scene: Scene) -> None:
    application = scene.accepted()
    own = hold(application, "2018-07", "2025-08", pool=application.origin)
    scene.four_eyes(application, "transfer_out", "origin_clerk", "origin_checker",
                    moment("2025-10-21"), form=FORM)  # fmt: skip
    assert list(Contribution.objects.filter(person=application.person)) == [own]


def test_months_twice_on_the_form_are_refused_and_named(scene: Scene) -> None:
    application = scene.accepted()
    twice = replace(FORM, rows=[*FORM.rows, RowDraft(date(2023, 5, 1), date(2023, 9, 1))])
    with pytest.raises(Problems) as refusal:
        scene.do(application, "origin_clerk", "transfer_out", AT, mode="prepare", form=twice)
    said = [str(each) for each in refusal.value.problems]
    assert any("3" in each and "2023-05, 2023-06" in each for each in said)
    assert any("2" in each and "2023-09" in each for each in said)


# --- changing the record ----------------------------------------------------------

ROWS = [RecordDraft(date(2020, 1, 1), date(2020, 12, 1), base_fen=500_000)]


def change(
    scene: Scene, application: TransferApplication, who: str, rows: Any = ROWS, **given: Any
) -> Event:
    return merging.record(application, rows, by=scene.actor(who), at=AT, **given)


def test_a_clerk_replaces_the_own_rows_and_the_log_says_so(scene: Scene) -> None:
    application = scene.out()
    seen = reload(application).version
    event = change(scene, application, "destination_clerk", seen=seen)
    (row,) = Contribution.objects.filter(person=application.person, pool="350500")
    assert (row.months, row.recorded_by) == (12, scene.user("destination_clerk"))
    assert (event.verb, event.facts["months"], event.facts["before"]) == ("record", 12, 0)
    assert reload(application).version == seen + 1
    change(scene, application, "destination_clerk", rows=[])
    assert not Contribution.objects.filter(person=application.person, pool="350500").exists()
    with pytest.raises(Stale):
        change(scene, application, "destination_clerk", seen=seen)


def test_rows_that_a_transfer_brought_stay(scene: Scene) -> None:
    first = scene.out()
    count_in(scene, first)
    back = Scene("350500", "990100").submit(id_number=first.person.id_number).application
    clerk = Scene.__new__(Scene)
    clerk.crew = {"clerk": scene.user("destination_clerk")}
    merging.record(back, ROWS, by=clerk.actor("clerk"), at=AT)
    rows = Contribution.objects.filter(person=first.person, pool="350500")
    assert sorted((row.months, row.brought_by is not None) for row in rows) == [
        (12, False), (24, True), (60, True),
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["origin_finance", "destination_finance", "applicant", "system"])
def test_only_a_clerk_of_the_side_changes_its_record(scene: Scene, who: str) -> None:
    application = scene.out()
    with pytest.raises(NotAllowed):
        change(scene, application, who)
    assert not Contribution.objects.filter(months=12).exists()


def test_after_the_merge_the_destinations_record_stands(scene: Scene) -> None:
    application = scene.arrived()
    with pytest.raises(NotAllowed):
        change(scene, application, "destination_clerk")
    change(scene, application, "origin_clerk")
    closed = scene.in_state(State.BALANCE_CREDITED)
    with pytest.raises(NotAllowed):
        change(scene, closed, "origin_clerk")


def test_a_record_is_held_to_the_same_rules_as_the_form(scene: Scene) -> None:
    application = scene.out()
    version = reload(application).version
    wrong = [*ROWS, RecordDraft(date(2020, 12, 1), date(2021, 1, 1)),
             RecordDraft(date(2019, 2, 1), date(2019, 1, 1)),
             RecordDraft(date(2018, 1, 1), date(2018, 2, 1), months=3, base_fen=-1)]  # fmt: skip
    with pytest.raises(Problems) as refusal:
        change(scene, application, "origin_clerk", rows=wrong)
    assert len(refusal.value.problems) == 4
    assert reload(application).version == version
    # In both kinds of scheme at once is a fact that can be recorded.
    both = [*ROWS, RecordDraft(date(2020, 6, 1), date(2020, 7, 1), scheme=Scheme.RESIDENT)]
    change(scene, application, "origin_clerk", rows=both)
