"""The policies and wage bases that ship: every value typed and sourced, loaded once, never written over."""

import csv
import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from arrears import reference
from arrears.models import ArrearsPolicy, WageBase
from arrears.policy import resolve
from tests.scenes import moment, staff
from transfers.deadlines.reference import load
from transfers.deadlines.reference_files import BadFile
from transfers.models import Agency
from transfers.rules.states import Role

pytestmark = pytest.mark.django_db

POLICIES, BASES = "arrears_policies.csv", "wage_bases.csv"
# Places with values of their own, and which (domain.md, sections 5 and 6).
PLACES: dict[str, dict[str, Any]] = {
    "230300": {"first_year_free": False},
    "320000": {"waiting_months_4_to_6": 3, "waiting_months_over_6": 3},
    "340000": {"back_pay_allowed": False, "restart_rule": "next_month"},
    "350000": {
        "restart_rule": "plus_30_days", "restart_rule_over": "plus_30_days", "retroactive": False,
    },
    "360000": {"window_from": "09-15", "window_to": "02-28"},
    "360100": {"waiting_months_4_to_6": 3, "waiting_months_over_6": 3},
    "370000": {
        "waiting_months_4_to_6": 3, "waiting_months_over_6": 3, "payment_month_counts": True,
        "retroactive": False,
    },
    "370200": {"first_year_free": True},
    "420000": {
        "max_gap_months": 3, "restart_rule": "payment_month", "waiting_months_4_to_6": 3,
        "waiting_months_over_6": 3,
    },
    "430000": {"max_gap_months": 3, "min_consecutive_months": 24},
    "450800": {
        "back_pay_allowed_flexible": False, "repair_from": "01-01", "repair_to": "03-31",
    },
    "990100": {
        "restart_rule": "next_month", "waiting_months_4_to_6": 6, "waiting_months_over_6": 6,
        "payment_month_counts": True, "contribution_rate_unit": Decimal("0.08"),
        "contribution_rate_person": Decimal("0.02"), "due_rule": "month_end",
    },
}  # fmt: skip
NATION: dict[str, tuple[Any, str]] = {
    "gap_free_months": (3, "law"),
    "back_pay_allowed": (True, "law"),
    "switch_months": (24, "law"),
    "restart_rule": ("payment_month", "law"),
    "waiting_months_4_to_6": (6, "own"),
    "waiting_months_over_6": (6, "own"),
    "payment_month_counts": (True, "own"),
    "retroactive": (True, "law"),
    "contribution_rate_unit": (Decimal("0.08"), "own"),
    "contribution_rate_person": (Decimal("0.02"), "own"),
    "due_rule": ("month_end", "own"),
    "late_fee_daily_rate": (Decimal("0.0005"), "law"),
    "late_fee_on_person": (True, "article"),
    "window_from": ("09-01", "own"),
    "window_to": ("12-31", "own"),
    "fixed_wait_months": (3, "law"),
    "wait_per_broken_year": (1, "law"),
    "repair_per_year": (1, "law"),
    "floor_from_4_years": (6, "law"),
    "first_year_free": (False, "own"),
    "quote_days": (10, "own"),
    "assess_days": (5, "own"),
    "pay_at_zh": ("当地医保经办窗口、税务部门或指定银行网点", "article"),
    "pay_at_en": (
        "the local medical insurance counter, the tax office or a designated bank",
        "article",
    ),
}


def rows(name: str) -> list[dict[str, str]]:
    with (reference.FILES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be spoilt."""
    return Path(shutil.copytree(reference.FILES, tmp_path / "fixtures"))


def test_the_nation_gives_every_default_with_its_status() -> None:
    nation = ArrearsPolicy.objects.get(region="100000", valid_to=None)
    told = {name: told["status"] for name, told in nation.provenance.items()}
    assert {name: (value, told[name]) for name, value in nation.given().items()} == NATION
    empty = {"back_pay_allowed_flexible", "max_gap_months", "min_consecutive_months",
             "restart_rule_over", "repair_from", "repair_to"}  # fmt: skip
    assert set(ArrearsPolicy.VALUES) - NATION.keys() == empty


def test_the_late_fee_of_before_2011_is_there_and_nothing_else_is() -> None:
    before = ArrearsPolicy.objects.get(region="100000", valid_to=date(2011, 6, 30))
    assert before.given() == {"late_fee_daily_rate": Decimal("0.002")}


def test_a_place_says_only_what_differs() -> None:
    places = ArrearsPolicy.objects.exclude(region="100000")
    assert {policy.region_id: policy.given() for policy in places} == PLACES


def test_every_value_is_stored_with_what_the_file_tells_of_it() -> None:
    told = {
        (row["region"], row["valid_from"], row["field"]):
            {"status": row["status"], "source": row["source"], "verified": row["verified"] == "yes"}
        for row in rows(POLICIES)
    }  # fmt: skip
    assert len(told) == len(rows(POLICIES))
    stored = {
        (policy.region_id, policy.valid_from.isoformat(), name): policy.provenance[name]
        for policy in ArrearsPolicy.objects.all()
        for name in policy.given()
    }
    assert stored == told


@pytest.mark.parametrize("name", [POLICIES, BASES])
def test_rows_are_sorted_and_cite_a_source_a_reader_can_use(name: str) -> None:
    keys = [tuple(row.values())[: 2 if name == BASES else 4] for row in rows(name)]
    assert keys == sorted(set(keys))
    for row in rows(name):
        assert re.search(r"[\u4e00-\u9fff]{4}", row["source"]), row
        assert not re.search(r"/|\\|\.txt|\.md", row["source"]), row
        if row["status"] == "law":
            assert "《" in row["source"], row
        if row["status"] == "own":
            assert row["verified"] == "no", row


def test_files_are_plain_utf8_with_unix_lines() -> None:
    for path in reference.FILES.glob("*.csv"):
        data = path.read_bytes()
        data.decode("utf-8")
        assert not data.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in data
        assert data.endswith(b"\n")
        assert not data.endswith(b"\n\n")


def test_the_demo_has_its_base_for_every_year() -> None:
    demo = WageBase.objects.filter(region="990100")
    assert {base.year: base.amount_fen for base in demo} == dict.fromkeys(range(2018, 2028), 800000)


def test_the_nation_stands_in_with_a_twelfth_of_the_average_wage() -> None:
    stored = {base.year: base for base in WageBase.objects.filter(region="100000")}
    assert sorted(stored) == list(range(2015, 2026))
    for base in stored.values():
        match = re.search(r"(\d{4})年全国.*平均工资(\d+)元", base.source)
        assert match is not None, base.source
        assert int(match[1]) == base.year - 1
        assert base.amount_fen == round(Decimal(match[2]) * 100 / 12)  # no year ends in a half
        assert (base.status, base.verified) == ("own", False)
        assert "不是当地缴费基数" in base.source
    assert stored[2025].amount_fen == 1034250
    assert stored[2020].amount_fen == 754175


def test_a_second_run_writes_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert load(moment("2026-11-10")).total == 0
    writes = [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert writes == []


def test_what_an_editor_changed_stays_and_what_is_missing_comes_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ArrearsPolicy.objects.filter(region="350000").update(
        valid_from=date(2021, 11, 1), restart_rule="next_month"
    )
    WageBase.objects.filter(region="990100", year=2025).update(amount_fen=812345)
    ArrearsPolicy.objects.filter(region="420000").delete()
    WageBase.objects.filter(region="100000", year=2020).delete()
    call_command("load_reference")
    assert capsys.readouterr().out == "arrears policies: 1 new\nwage bases: 1 new\n"
    assert ArrearsPolicy.objects.get(region="350000").restart_rule == "next_month"
    assert WageBase.objects.get(region="990100", year=2025).amount_fen == 812345
    assert resolve("420100", date(2025, 6, 10)).max_gap_months == 3


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        (POLICIES, "gap_free_months,3", "gap_free_months,13", "gap_free_months: "),
        (POLICIES, "first_year_free", "guess", "there is no value named 'guess'"),
        (POLICIES, "window_from,09-01", "window_from,09-31", "window_from: "),
        (POLICIES, "restart_rule,next_month", "restart_rule,some_day", "restart_rule: "),
        (POLICIES, "rate_person,0.02", "rate_person,2 %", "contribution_rate_person: "),
        (POLICIES, "waiting_months_over_6,6", "waiting_months_over_6,7", "waiting_months_over_6: "),
        (POLICIES, "retroactive,true", "retroactive,often", "value cannot be 'often'"),
        (BASES, "region,year", "region,years", "line 1: the columns must be"),
        (BASES, "100000,2015", "199999,2015", "line 2: region 199999 is unknown"),
        (BASES, "100000,2016", "100000,2015", "line 3: 100000 has a base for 2015 already"),
        (BASES, "100000,2015", "100000,MMXV", "line 2: year cannot be 'MMXV'"),
        (BASES, "2018,800000", "2018,0", "line 13: amount_fen"),
        (BASES, ",own,", ",rumour,", "line 2: status cannot be 'rumour'"),
        (BASES, "演示数据,no", "演示数据,so", "line 13: verified cannot be 'so'"),
    ],
)
def test_a_bad_file_is_named_with_its_line(
    files: Path, name: str, old: str, new: str, complaint: str
) -> None:
    text = (files / name).read_text(encoding="utf-8")
    assert old in text
    (files / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    ArrearsPolicy.objects.all().delete()
    WageBase.objects.all().delete()
    read = reference.load_policies if name == POLICIES else reference.load_wage_bases
    with pytest.raises(BadFile) as caught:
        read(files)
    assert re.match(rf"{name}, line \d+: ", str(caught.value))
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.CLERK, set()),
        (Role.POLICY_EDITOR, {"add", "change", "view"}),
        (Role.AUDITOR, {"view"}),
        (Role.ADMINISTRATOR, set()),
    ],
)
def test_roles_may_what_they_need_and_no_more(role: Role, may: set[str]) -> None:
    user = staff("somebody", Agency.objects.get(region="350500"), role)
    for model in ("arrearspolicy", "wagebase"):
        actions = ("add", "change", "delete", "view")
        assert {action for action in actions if user.has_perm(f"arrears.{action}_{model}")} == may
