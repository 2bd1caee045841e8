"""What every installation starts with: complete, typed, safe to load again, loud about a bad file."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.scenes import moment, staff
from transfers.deadlines import reference
from transfers.deadlines.calendars import calendar_of
from transfers.deadlines.reference_files import BadFile
from transfers.models import (
    NATION,
    Agency,
    AlertRung,
    Calendar,
    CalendarDay,
    CalendarNotice,
    Region,
    TransferPolicy,
)
from transfers.rules.states import Role

pytestmark = pytest.mark.django_db

AT = moment("2026-11-10")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be spoilt."""
    return Path(shutil.copytree(reference.FILES, tmp_path / "fixtures"))


def test_everything_is_there() -> None:
    assert Region.objects.count() > 400
    assert Agency.objects.get(region="350500").supervised_by.region_id == "350000"  # type: ignore[union-attr]
    assert list(AlertRung.objects.values_list("key", "offset_days"))[:4] == [
        ("due-2", -2),
        ("due", 0),
        ("late-1", 1),
        ("late-3", 3),
    ]
    assert set(Group.objects.values_list("name", flat=True)) == {role.value for role in Role}


def test_the_calendar_has_every_day_and_the_vectors_hold() -> None:
    days = CalendarDay.objects.filter(calendar=NATION)
    calendar = Calendar.objects.get(pk=NATION)
    first, last = days.earliest("day").day, days.latest("day").day
    assert (first, last.month, last.day) == (date(2004, 1, 1), 12, 31)
    assert days.count() == (last - first).days + 1
    assert calendar.published_until == date(2026, 12, 31)
    assert CalendarNotice.objects.filter(calendar=NATION).count() == 23
    working = calendar_of(calendar)
    for start, n, due in [
        ("2025-09-30", 10, "2025-10-21"),
        ("2025-10-21", 5, "2025-10-28"),
        ("2026-02-13", 10, "2026-03-05"),
        ("2026-03-05", 5, "2026-03-12"),
        ("2026-09-24", 10, "2026-10-15"),
    ]:
        assert working.add(date.fromisoformat(start), n) == date.fromisoformat(due)
        start_row, due_row = (days.get(day=day) for day in (start, due))
        assert due_row.ordinal == start_row.ordinal + n


def test_policy_values_are_typed_and_carry_their_source() -> None:
    nation = TransferPolicy.objects.get(region=NATION)
    assert (nation.transfer_out_days, nation.connected, nation.hotline) == (10, True, "12393")
    assert nation.in_province_mode == "transfer"
    assert nation.minimum_years_male is None
    assert set(nation.provenance) == set(nation.given())
    told = nation.provenance["transfer_out_days"]
    assert (told["status"], told["verified"]) == ("law", True)
    assert "医保办发〔2021〕43号" in told["source"]
    quanzhou = TransferPolicy.objects.get(region="350500")
    assert quanzhou.given() == {"transfer_out_days": 8, "credit_days": 2}


def test_a_second_run_writes_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert reference.load(AT).total == 0
    writes = [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert writes == []


def test_what_an_editor_changed_stays() -> None:
    AlertRung.objects.filter(pk="late-3").update(offset_days=2, audience="head")
    TransferPolicy.objects.filter(region="350500").update(
        valid_from=date(2021, 11, 1), transfer_out_days=7
    )
    Region.objects.filter(pk="350500").update(name_zh="改名")
    assert reference.load(AT).total == 0
    assert AlertRung.objects.get(pk="late-3").offset_days == 2
    assert TransferPolicy.objects.get(region="350500").transfer_out_days == 7
    assert Region.objects.get(pk="350500").name_zh == "改名"


def test_what_is_missing_comes_back() -> None:
    AlertRung.objects.filter(pk="late-96").delete()
    TransferPolicy.objects.filter(region="350500").delete()
    Group.objects.get(name=Role.POLICY_EDITOR).permissions.clear()
    inserted = reference.load(AT).counts
    assert (inserted["policies"], inserted["alert rungs"]) == (1, 1)
    assert inserted["permissions"] > 10


def test_a_new_year_s_file_is_loaded_like_any_notice(files: Path) -> None:
    text = (files / "calendar" / "2026.csv").read_text(encoding="utf-8")
    lines = text.replace("2026", "2027").splitlines()
    kept = [line for line in lines if ",makeup," not in line]
    (files / "calendar" / "2027.csv").write_text("\n".join(kept), encoding="utf-8")
    assert reference.load(AT, files).counts["calendar years"] == 1
    assert Calendar.objects.get(pk=NATION).published_until == date(2027, 12, 31)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.CLERK, ["view_region", "view_agency"], ["view_user", "view_event", "change_step"]),
        (
            Role.POLICY_EDITOR,
            ["change_transferpolicy", "add_calendarday", "change_alertrung", "view_calendarnotice"],
            ["delete_transferpolicy", "change_user", "view_event", "change_region"],
        ),
        (
            Role.ADMINISTRATOR,
            ["add_user", "change_region", "change_agency"],
            ["delete_user", "change_transferpolicy", "view_event"],
        ),
        (
            Role.AUDITOR,
            ["view_event", "view_disclosure", "view_user", "view_transferpolicy"],
            ["change_event", "add_user", "change_transferpolicy"],
        ),
    ],
)
def test_roles_may_what_they_need_and_no_more(
    role: Role, may: list[str], may_not: list[str]
) -> None:
    user = staff("somebody", Agency.objects.get(region="350500"), role)
    for name in may:
        assert user.has_perm(f"transfers.{name}"), name
    for name in may_not:
        assert not user.has_perm(f"transfers.{name}"), name
    assert user.has_perm("auth.view_group") is (role in (Role.ADMINISTRATOR, Role.AUDITOR))
    assert not user.has_perm("auth.change_group")


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("regions.csv", "code,name_zh", "code,name", "line 1: the columns must be"),
        ("regions.csv", "100000,全国", "10000,全国", "line 3: no region 100000"),
        ("regions.csv", "prefecture,1", "village,1", "level"),
        ("regions.csv", "prefecture,1", "prefecture,perhaps", "is_pool cannot be 'perhaps'"),
        ("agencies.csv", ",110000\n", ",119999\n", "supervised_by 119999 is unknown"),
        ("agencies.csv", "12393", "1" * 41, "phone"),
        ("alert_rungs.csv", "due-2,-2", "due-2,two", "line 2: offset_days cannot be 'two'"),
        ("alert_rungs.csv", "handler", "everybody", "line 2: audience"),
        ("transfer_policies.csv", "check_days,5", "check_days,0", "line 3: check_days"),
        ("transfer_policies.csv", "check_days", "guess_days", "line 3: there is no value named"),
        ("transfer_policies.csv", "connected,true", "connected,maybe", "line 4: value cannot be"),
        ("transfer_policies.csv", ",own,", ",rumour,", "line 3: status cannot be 'rumour'"),
        ("transfer_policies.csv", "2020-01-01", "2020-13-01", "line 2: valid_from cannot be"),
        ("transfer_policies.csv", "check_days,5", "connected,true", "line 4: connected is there"),
        ("calendar/2026.csv", "# verified: yes", "# verified: so", "2026.csv, line 7"),
        ("alert_rungs.csv", "due-2,-2,handler,no,no", "due-2,-2,handler", "5 columns"),
    ],
)
def test_a_bad_file_is_named_with_its_line(
    files: Path, name: str, old: str, new: str, complaint: str
) -> None:
    text = (files / name).read_text(encoding="utf-8")
    assert old in text
    (files / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    for model in (AlertRung, TransferPolicy):
        model.objects.all().delete()
    if name in ("regions.csv", "agencies.csv"):
        for relation in Region._meta.get_fields(include_hidden=True):
            if relation.one_to_many and relation.related_model._meta.app_label != "transfers":
                relation.related_model.objects.all().delete()
        TransferPolicy.objects.all().delete()
        CalendarDay.objects.all().delete()
        CalendarNotice.objects.all().delete()
        Calendar.objects.all().delete()
        Agency.objects.update(supervised_by=None)
        Agency.objects.all().delete()
        Region.objects.update(parent=None)
        Region.objects.all().delete()
    with pytest.raises(BadFile) as caught:
        reference.load(AT, files)
    assert name.rpartition("/")[2] in str(caught.value)
    assert complaint in str(caught.value)
    assert not TransferPolicy.objects.exists()  # not even what came before the bad line


def test_the_command_says_what_it_did(
    capsys: pytest.CaptureFixture[str], files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("load_reference")
    assert capsys.readouterr().out == "Everything is there already.\n"
    AlertRung.objects.all().delete()
    call_command("load_reference")
    assert capsys.readouterr().out == "alert rungs: 9 new\n"


def test_the_command_fails_with_the_file_and_the_line(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "alert_rungs.csv").write_text("key\n", encoding="utf-8")
    monkeypatch.setattr(reference.load, "__defaults__", (files,))
    with pytest.raises(CommandError, match=r"alert_rungs\.csv, line 1"):
        call_command("load_reference")
