"""`manage.py assess_arrears`: the contract for scripts, with the data that ships, and every bad input."""

import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from arrears.models import ArrearsPolicy

pytestmark = pytest.mark.django_db

KEYS = {
    "gap_months", "back_pay_allowed", "reason", "principal", "principal_employer",
    "principal_person", "late_fee", "late_fee_employer", "late_fee_person", "total",
    "suspended_from", "restart_on", "waiting_months", "re_enrol", "retroactive_from",
    "retroactive_to", "consecutive_months_after", "months",
}  # fmt: skip
ZHANG = {
    "region": "990100", "scheme": "employee", "cause": "employer", "last_paid": "2024-12",
    "months": ["2025-01", "2025-02"], "paid_on": "2025-03-20", "consecutive_months_before": 30,
}  # fmt: skip
LI = {
    "region": "990100", "scheme": "flexible", "cause": "individual", "last_paid": "2025-01",
    "months": ["2025-02", "2025-03", "2025-04", "2025-05"], "paid_on": "2025-06-10",
}  # fmt: skip
YEARS = {
    "region": "370200", "scheme": "resident", "cause": "individual", "paid_on": "2026-10-15",
    "missed_years": 2, "repaired_years": 0, "exempt": False,
}  # fmt: skip


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command on an input; text goes in as it is."""

    def run(given: Any, *arguments: str) -> str:
        raw = given if isinstance(given, bytes) else (
            given if isinstance(given, str) else json.dumps(given)
        ).encode()  # fmt: skip
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        out = io.StringIO()
        status = 0
        try:
            call_command("assess_arrears", *arguments, stdout=out)
        except SystemExit as error:
            status = int(error.code or 0)
        return out.getvalue() + (f"exit {status}" if status else "")

    return run


def answer(ask: Any, given: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(ask(given, "--json"))
    return said


def errors(ask: Any, given: Any) -> list[tuple[str | None, str]]:
    said, status = ask(given, "--json").rsplit("\n", 1)
    assert status == "exit 2"
    told = json.loads(said)
    assert set(told) == {"error", "errors"}
    assert told["error"] == told["errors"][0]
    for each in told["errors"]:
        assert set(each) == {"field", "code", "message", "message_zh"}
        assert each["message"]
        assert each["message_zh"]
    return [(each["field"], each["code"]) for each in told["errors"]]


# The worked examples of domain.md §6, with the policies that ship


def test_zhang(ask: Any) -> None:
    said = answer(ask, ZHANG)
    assert set(said) >= KEYS
    assert {key: said[key] for key in KEYS - {"months"}} == {
        "gap_months": 2, "back_pay_allowed": True, "reason": None,
        "principal": "1600.00", "principal_employer": "1280.00", "principal_person": "320.00",
        "late_fee": "27.20", "late_fee_employer": "27.20", "late_fee_person": "0.00",
        "total": "1627.20", "suspended_from": "2025-02-01", "restart_on": "2025-04-01",
        "waiting_months": 0, "re_enrol": False, "retroactive_from": "2025-02-01",
        "retroactive_to": "2025-03-31", "consecutive_months_after": 32,
    }  # fmt: skip
    assert [(row["month"], row["days"], row["late_fee"]) for row in said["months"]] == [
        ("2025-01", 48, "19.20"), ("2025-02", 20, "8.00"),
    ]  # fmt: skip
    assert said["months"][0] == {
        "month": "2025-01", "base": "8000.00", "provisional": False, "due_on": "2025-01-31",
        "days": 48, "principal": "800.00", "principal_employer": "640.00",
        "principal_person": "160.00", "late_fee": "19.20", "late_fee_employer": "19.20",
        "late_fee_person": "0.00", "late_fee_waived": "0.00", "total": "819.20",
    }  # fmt: skip


def test_li(ask: Any) -> None:
    said = answer(ask, LI)
    assert [
        said[key]
        for key in ("gap_months", "principal", "late_fee", "late_fee_person", "total", "restart_on")
    ] == [4, "3200.00", "89.60", "89.60", "3289.60", "2025-12-01"]
    assert (said["suspended_from"], said["waiting_months"]) == ("2025-03-01", 6)
    assert (said["retroactive_from"], said["retroactive_to"]) == (None, None)
    assert (said["consecutive_months_after"], said["cumulative_months_added"]) == (0, 4)
    assert [warning["code"] for warning in said["warnings"]] == ["fee_on_person"]
    without = {key: value for key, value in LI.items() if key != "months"}
    assert answer(ask, without) == said


@pytest.mark.parametrize(
    ("place", "region", "reason", "restart_on"),
    [
        ("Hubei", "420000", "gap_too_long", "2025-09-01"),
        ("Hunan", "430000", "gap_too_long", "2025-12-01"),
        ("Anhui", "340000", "not_allowed", "2025-12-01"),
        ("Shandong", "370000", None, "2025-09-01"),
        ("Nanchang", "360100", None, "2025-09-01"),
        ("Fujian", "350000", None, "2025-07-10"),
    ],
)
def test_li_elsewhere(
    ask: Any, place: str, region: str, reason: str | None, restart_on: str
) -> None:
    said = answer(ask, LI | {"region": region, "base": "8000"})
    assert (said["reason"], said["restart_on"]) == (reason, restart_on)
    assert said["back_pay_allowed"] is (reason is None)
    assert said["total"] == ("3289.60" if reason is None else None)
    assert (said["reason_en"] is None, said["months"] == []) == (reason is None, reason is not None)


def test_li_where_the_month_of_payment_does_not_count(ask: Any) -> None:
    ArrearsPolicy.objects.filter(region="990100").update(payment_month_counts=False)
    assert answer(ask, LI)["restart_on"] == "2026-01-01"


@pytest.mark.parametrize(
    ("changed", "waiting", "restart_on"),
    [
        ({}, 4, "2027-05-01"),
        ({"repaired_years": 1}, 3, "2027-04-01"),
        ({"region": "230300", "paid_on": "2025-03-01", "missed_years": 0}, 3, "2025-06-01"),
    ],
    ids=["Qingdao", "Qingdao, one year made up", "Jixi"],
)
def test_residents(ask: Any, changed: dict[str, Any], waiting: int, restart_on: str) -> None:
    said = answer(ask, YEARS | changed)
    assert (said["waiting_months"], said["restart_on"]) == (waiting, restart_on)
    assert set(said) >= KEYS
    assert [said[key] for key in ("gap_months", "principal", "total", "suspended_from")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    ("base", "principal", "employer", "person"),
    [("8123.45", "812.35", "649.88", "162.47"), (8123.45, "812.35", "649.88", "162.47"),
     (8000, "800.00", "640.00", "160.00"), ("0", "0.00", "0.00", "0.00")],
)  # fmt: skip
def test_a_base_of_the_persons_own(
    ask: Any, base: Any, principal: str, employer: str, person: str
) -> None:
    said = answer(ask, ZHANG | {"base": base, "months": ["2025-01"]})
    assert [said["principal"], said["principal_employer"], said["principal_person"]] == [
        principal, employer, person,
    ]  # fmt: skip


def test_a_late_fee_of_both_rates(ask: Any) -> None:
    early = {"last_paid": "2011-04", "months": ["2011-05"], "paid_on": "2011-07-10", "base": 8000}
    assert answer(ask, ZHANG | early)["late_fee"] == "52.00"  # 30 days at 0.2 %, 10 at 0.05 %


def test_retirement(ask: Any) -> None:
    question = ZHANG | {
        "region": "360100", "base": "8000",
        "retiring": {"sex": "female", "cumulative_months": 290},
    }  # fmt: skip
    assert answer(ask, question)["retirement"] == {
        "minimum_years": 25, "cumulative_months": 290, "months_short": 10, "lump_sum": "8000.00",
    }  # fmt: skip
    nowhere = answer(ask, question | {"region": "990100"})
    assert nowhere["retirement"] is None


def test_every_figure_has_its_words_and_sources(ask: Any) -> None:
    figures = {each["key"]: each for each in answer(ask, ZHANG)["figures"]}
    share = figures["2025-01.principal_employer"]
    assert (share["value"], share["formula"]) == ("640.00", "share_employer")
    assert share["formula_en"] == "8000.00 × 8 % = 640.00"
    assert share["label_en"] == "Contributions, employer, 2025-01"
    base, rate = share["inputs"]
    policy = ArrearsPolicy.objects.get(region="990100")
    assert (base["name"], base["value"]) == ("base", "8000.00")
    assert (base["source"]["table"], base["source"]["region"]) == ("wage_base", "990100")
    assert (rate["name"], rate["value"]) == ("employer_rate", "0.08")
    assert rate["source"] == {
        "table": "arrears_policy", "region": "990100", "policy": policy.pk, "status": "own", "source": "演示数据",
        "verified": False,
    }  # fmt: skip
    fee = figures["2025-01.late_fee"]
    assert fee["formula_en"] == "800.00 × 0.05 % a day × 48 days = 19.20"
    assert fee["inputs"][1]["source"]["status"] == "law"
    shown = set(figures)
    assert {"total", "restart_on", "suspended_from", "waiting_months", "retroactive_to"} <= shown


def test_a_place_without_rules_of_its_own_says_so(ask: Any) -> None:
    said = answer(ask, ZHANG | {"region": "110000"})
    codes = [warning["code"] for warning in said["warnings"]]
    assert {"national_base", "no_local_policy"} <= set(codes)
    assert said["policy"]["own"] is False


def test_a_new_answer_needs_no_more_queries_for_more_months(
    ask: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        ask(LI | {"last_paid": "2019-01", "months": None}, "--json")


# Read aloud


def test_a_clerk_can_read_it_out(ask: Any) -> None:
    said = ask(LI, "--lang", "en").splitlines()
    assert said[:7] == [
        "Months missed: 4", "Late fee: 89.60", "To pay in all: 3289.60",
        "Waiting period (months): 6", "Benefits restart on: 2025-12-01", "",
        "How this comes about:",
    ]  # fmt: skip
    assert "To pay in all: 3200.00 + 89.60 = 3289.60" in said
    assert len([line for line in said if line.startswith("Contribution rate, person 2 %: ")]) == 1
    assert said[-1].startswith("Note: No national rule was found")
    refused = ask(LI | {"region": "420000"}, "--lang", "en")
    assert refused.startswith("More months were missed than may be paid back here.\n")


def test_a_clerk_reads_what_is_wrong(ask: Any) -> None:
    with pytest.raises(CommandError) as error:
        ask(ZHANG | {"base": "-1"}, "--lang", "en")
    assert (str(error.value), error.value.returncode) == ("base: The base cannot be below 0.", 2)


# Bad input


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("", (None, "not_json")),
        ("{", (None, "not_json")),
        ("[" * 100_000, (None, "not_json")),
        (b"\xff\xfe{}", (None, "not_json")),
        ("[]", (None, "not_an_object")),
        ("null", (None, "not_an_object")),
        ("1e400", (None, "not_an_object")),
        (" " * 1_000_001, (None, "too_large")),
    ],
    ids=range(8),
)
def test_what_is_not_one_object_is_refused(ask: Any, given: Any, problem: Any) -> None:
    assert errors(ask, given) == [problem]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"regin": "990100"}, ("regin", "unknown_key")),
        ({"region": None}, ("region", "missing")),
        ({"scheme": None}, ("scheme", "missing")),
        ({"cause": None}, ("cause", "missing")),
        ({"last_paid": None}, ("last_paid", "missing")),
        ({"paid_on": None}, ("paid_on", "missing")),
        ({"region": "999999"}, ("region", "unknown")),
        ({"region": 990100}, ("region", "wrong_type")),
        ({"region": "９９０１００"}, ("region", "unknown")),
        ({"region": "990100\x00"}, ("region", "unknown")),
        ({"scheme": "pension"}, ("scheme", "unknown")),
        ({"scheme": ["employee"]}, ("scheme", "wrong_type")),
        ({"cause": "weather"}, ("cause", "unknown")),
        ({"last_paid": "2024-13"}, ("last_paid", "not_a_month")),
        ({"last_paid": "2024-12-01"}, ("last_paid", "not_a_month")),
        ({"last_paid": 202412}, ("last_paid", "wrong_type")),
        ({"last_paid": "20244-12"}, ("last_paid", "not_a_month")),
        ({"last_paid": "1900-01"}, ("last_paid", "out_of_range")),
        ({"last_paid": "2025-04", "months": None}, ("paid_on", "before_last_paid")),
        ({"paid_on": "2025-02-29"}, ("paid_on", "not_a_day")),
        ({"paid_on": "20250320"}, ("paid_on", "not_a_day")),
        ({"paid_on": "2025-03-20T10:00"}, ("paid_on", "not_a_day")),
        ({"paid_on": "9999-12-31"}, ("paid_on", "out_of_range")),
        ({"months": "2025-01"}, ("months", "wrong_type")),
        ({"months": [202501]}, ("months", "wrong_type")),
        ({"months": ["2025-02", "2025-01"]}, ("months", "out_of_order")),
        ({"months": ["2025-01", "2025-01"]}, ("months", "overlapping")),
        ({"months": ["2024-12", "2025-01"]}, ("months", "already_paid")),
        ({"months": ["2025-04"]}, ("months", "in_the_future")),
        ({"months": ["2025-02", "2025-03"]}, ("paid_on", "not_due_yet")),
        ({"months": []}, ("months", "empty")),
        ({"months": ["2025-01"] * 2000}, ("months", "too_many")),
        ({"base": -1}, ("base", "negative")),
        ({"base": "-0.01"}, ("base", "negative")),
        ({"base": "8000.001"}, ("base", "too_precise")),
        ({"base": "1e3"}, ("base", "wrong_type")),
        ({"base": "８０００"}, ("base", "wrong_type")),
        ({"base": True}, ("base", "wrong_type")),
        ({"base": float("nan")}, ("base", "wrong_type")),
        ({"base": float("-inf")}, ("base", "wrong_type")),
        ({"base": 10**30}, ("base", "wrong_type")),
        ({"base": 100_000_000}, ("base", "too_large")),
        ({"consecutive_months_before": True}, ("consecutive_months_before", "wrong_type")),
        ({"consecutive_months_before": 1.0}, ("consecutive_months_before", "wrong_type")),
        ({"consecutive_months_before": -1}, ("consecutive_months_before", "out_of_range")),
        ({"switched": 1}, ("switched", "wrong_type")),
        ({"switched": True, "consecutive_months_before": None},
         ("consecutive_months_before", "missing")),
        ({"missed_years": 1}, ("missed_years", "not_for_scheme")),
        ({"exempt": True}, ("exempt", "not_for_scheme")),
        ({"retiring": {"sex": "female"}}, ("retiring", "wrong_type")),
        ({"retiring": {"sex": "x", "cumulative_months": 3}}, ("retiring", "unknown")),
        ({"retiring": {"sex": "male", "cumulative_months": -3}}, ("retiring", "out_of_range")),
        ({"resumed": "2025-01", "months": None, "last_paid": "2025-01"},
         ("resumed", "before_the_gap")),
        ({"last_paid": "2009-01", "months": ["2009-02"]}, ("base", "unknown")),
        ({"paid_on": "2010-03-20", "last_paid": "2009-12", "months": None},
         ("paid_on", "not_in_force")),
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_value_is_named_by_its_field(
    ask: Any, changed: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert errors(ask, ZHANG | changed) == [problem]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"missed_years": None}, ("missed_years", "missing")),
        ({"missed_years": -1}, ("missed_years", "out_of_range")),
        ({"missed_years": 100}, ("missed_years", "out_of_range")),
        ({"repaired_years": 3}, ("repaired_years", "more_than_missed")),
        ({"exempt": "no"}, ("exempt", "wrong_type")),
        ({"base": "8000"}, ("base", "not_for_scheme")),
        ({"months": ["2025-01"]}, ("months", "not_for_scheme")),
    ],
    ids=str,
)
def test_a_bad_value_of_a_residents_is_named(
    ask: Any, changed: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert errors(ask, YEARS | changed)[0] == problem


def test_what_says_nothing_may_be_said_of_residents(ask: Any) -> None:
    nothing = {"last_paid": "2024-12", "months": [], "base": None, "switched": False}
    assert answer(ask, YEARS | nothing) == answer(ask, YEARS)
    assert answer(ask, ZHANG | {"missed_years": 0, "exempt": False}) == answer(ask, ZHANG)


def test_numbers_that_json_can_spell_and_nobody_reckon_with(ask: Any) -> None:
    for spelled in ("1e400", "-1e400", "1e999999999999999999999", "1" * 5000, "1e-400", "NaN"):
        document = json.dumps(ZHANG)[:-1] + f', "base": {spelled}}}'
        assert errors(ask, document)[0][0] == "base"


def test_a_closed_input_is_refused(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(SystemExit):
        call_command("assess_arrears", "--json", stdout=out)
    assert json.loads(out.getvalue())["error"]["code"] == "not_json"


def test_a_key_given_twice_is_refused(ask: Any) -> None:
    document = json.dumps(ZHANG)[:-1] + ', "paid_on": "2025-03-21"}'
    assert errors(ask, document) == [("paid_on", "given_twice")]


def test_half_a_character_in_a_key_is_told_in_plain_ascii(ask: Any) -> None:
    document = json.dumps(ZHANG)[:-1] + ', "\\ud800": 1}'
    assert errors(ask, document) == [("\ud800", "unknown_key")]


def test_everything_that_is_wrong_is_told_at_once(ask: Any) -> None:
    wrong = {
        "region": "999999",
        "scheme": "pension",
        "paid_on": "soon",
        "base": -1,
        "colour": "red",
    }
    assert errors(ask, ZHANG | wrong) == [
        ("region", "unknown"), ("scheme", "unknown"), ("paid_on", "not_a_day"),
        ("base", "negative"), ("colour", "unknown_key"),
    ]  # fmt: skip


def test_a_day_after_the_policys_end_is_refused_at_the_day(ask: Any) -> None:
    ArrearsPolicy.objects.filter(region="990100").update(valid_to=date(2025, 3, 19))
    assert errors(ask, ZHANG) == [("paid_on", "policy_expired")]
    assert answer(ask, ZHANG | {"paid_on": "2025-03-19"})["late_fee"] == "26.40"
