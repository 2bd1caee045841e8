"""Dated cases in every place the texts name, reckoned by hand from domain.md §6, with the data that ships."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db

# Four months missed, February to May 2025, paid on 10 June: restart, and whether it may be paid back.
LONG = {
    "420000": ("2025-09-01", False), "430000": ("2025-12-01", False),
    "340000": ("2025-12-01", False), "450800": ("2025-12-01", False),
    "370000": ("2025-09-01", True), "370200": ("2025-09-01", True),
    "360100": ("2025-09-01", True), "320100": ("2025-09-01", True),
    "350000": ("2025-07-10", True), "350500": ("2025-07-10", True), "350200": ("2025-07-10", True),
    "410100": ("2025-12-01", True), "630100": ("2025-12-01", True), "440200": ("2025-12-01", True),
    "230100": ("2025-12-01", True), "230300": ("2025-12-01", True), "990000": ("2025-12-01", True),
}  # fmt: skip
# Two months missed, February and March 2025, paid on 10 April, ten months in a row before: the same,
# and whether costs from 1 March to the day before the restart are paid afterwards.
SHORT = {
    "350000": ("2025-05-10", True, False), "350500": ("2025-05-10", True, False),
    "370000": ("2025-04-01", True, False), "370200": ("2025-04-01", True, False),
    "230100": ("2025-04-01", True, True), "420000": ("2025-04-01", True, True),
    "320100": ("2025-04-01", True, True), "360100": ("2025-04-01", True, True),
    "340000": ("2025-05-01", False, False), "430000": ("2025-04-01", False, False),
    "450800": ("2025-04-01", False, False),
}  # fmt: skip


def asked(region: str, last: str, paid: str, **more: Any) -> dict[str, Any]:
    return {
        "region": region, "scheme": "flexible", "cause": "individual", "last_paid": last,
        "paid_on": paid, "base": "8000", **more,
    }  # fmt: skip


def employed(region: str, last: str, paid: str, **more: Any) -> dict[str, Any]:
    return asked(region, last, paid, **{"scheme": "employee", "cause": "employer", **more})


def resident(region: str, paid: str, missed: int, **more: Any) -> dict[str, Any]:
    return {
        "region": region, "scheme": "resident", "paid_on": paid, "missed_years": missed, **more
    }  # fmt: skip


VECTORS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the rate changes on 1 July 2011: 61, 30 and 0 days at 0.2 %, then 20 at 0.05 %": (
        asked("230100", "2011-03", "2011-07-20"),
        {"gap_months": 3, "late_fee": "169.60", "restart_on": "2011-07-01"},
    ),
    "Hunan, three months after 24 in a row": (
        asked("430000", "2025-01", "2025-05-15", consecutive_months_before=24),
        {
            "total": "2454.40", "restart_on": "2025-05-01", "retroactive_to": "2025-04-30",
            "consecutive_months_after": 27,
        },
    ),
    "Guigang lets employees pay back": (
        employed("450800", "2025-01", "2025-04-10", cause="individual"),
        {"back_pay_allowed": True, "restart_on": "2025-04-01"},
    ),
    "an employer's long gap is made good until the restart": (
        employed("990100", "2024-10", "2025-04-10", consecutive_months_before=60),
        {
            "gap_months": 5, "restart_on": "2025-10-01", "retroactive_from": "2024-12-01",
            "retroactive_to": "2025-09-30", "consecutive_months_after": 0,
        },
    ),
    "but not in Shandong": (
        employed("370000", "2024-10", "2025-04-10"),
        {"restart_on": "2025-07-01", "waiting_months": 3, "retroactive_from": None},
    ),
    "six months": (asked("990100", "2024-08", "2025-03-10"), {"gap_months": 6, "re_enrol": False}),
    "seven months": (asked("990100", "2024-07", "2025-03-10"), {"gap_months": 7, "re_enrol": True}),
    "seven months in Jiangsu": (
        asked("320000", "2024-07", "2025-03-10"),
        {"restart_on": "2025-06-01", "waiting_months": 3},
    ),
    "the last day on which three are missed": (
        asked("990100", "2024-11", "2025-03-31"),
        {"gap_months": 3, "restart_on": "2025-04-01", "retroactive_from": "2025-01-01"},
    ),
    "the day after it": (
        asked("990100", "2024-11", "2025-04-01"),
        {"gap_months": 4, "restart_on": "2025-10-01", "retroactive_from": None},
    ),
    "ten days from a leap day": (
        asked("990100", "2024-01", "2024-03-10"), {"late_fee": "4.00", "total": "804.00"},
    ),
    "benefits that never stopped are not made good": (
        asked("230100", "2024-01", "2024-03-10"),
        {"suspended_from": "2024-03-01", "restart_on": "2024-03-01", "retroactive_from": None},
    ),
    "thirty days over February": (
        asked("350500", "2024-05", "2025-01-31"), {"restart_on": "2025-03-02", "re_enrol": True},
    ),
    "each share half up": (
        employed("990100", "2024-12", "2025-02-10", base="56.25"),
        {"principal_employer": "4.50", "principal_person": "1.13", "principal": "5.63"},
    ),
    "the fee half up": (asked("990100", "2024-12", "2025-02-01", base="8100"), {"late_fee": "0.41"}),
    "one of two months paid, the gap stays": (
        employed("990100", "2024-12", "2025-03-20", months=["2025-01"]),
        {"gap_months": 2, "total": "819.20", "consecutive_months_after": 0},
    ),
    "paid again before the payment": (
        asked("990100", "2025-01", "2025-06-10", resumed="2025-04"),
        {"gap_months": 2, "principal": "1600.00", "late_fee": "69.20"},
    ),
    "a change of scheme after 23 months": (
        asked("230100", "2025-01", "2025-04-10", switched=True, consecutive_months_before=23),
        {"waiting_months": 6, "restart_on": "2025-10-01", "consecutive_months_after": 0},
    ),
    "a change of scheme after 24 months": (
        asked("230100", "2025-01", "2025-04-10", switched=True, consecutive_months_before=24),
        {"waiting_months": 0, "restart_on": "2025-04-01"},
    ),
    "each month by the base of its year": (
        asked("230100", "2024-11", "2025-02-15", base=None), {"principal": "2040.06"},
    ),
    "no cap at the contribution: 2,192 days": (
        asked("990100", "2018-12", "2025-01-31", months=["2019-01"]), {"late_fee": "876.80"},
    ),
    "Jixi, two years": (resident("230300", "2026-10-10", 2), {"restart_on": "2027-06-01"}),
    "Jixi, four years": (
        resident("230300", "2026-10-10", 4), {"waiting_months": 7, "restart_on": "2027-08-01"},
    ),
    "Jixi, three of four made up": (
        resident("230300", "2026-10-10", 4, repaired_years=3), {"restart_on": "2027-07-01"},
    ),
    "Qingdao, four years": (resident("370200", "2026-10-10", 4), {"waiting_months": 6}),
    "no 31 November": (resident("230300", "2025-08-31", 0), {"restart_on": "2025-11-30"}),
    "exempt": (resident("230300", "2025-03-01", 3, exempt=True), {"restart_on": "2025-03-01"}),
    "in time": (resident("230300", "2026-10-10", 0), {"restart_on": "2027-01-01"}),
    "Nanchang pays until February": (
        resident("360100", "2025-02-10", 0), {"waiting_months": 0, "restart_on": "2025-02-10"},
    ),
    "Nanchang in March": (resident("360100", "2025-03-05", 0), {"restart_on": "2025-06-05"}),
    "Nanchang the day before the window": (
        resident("360100", "2025-09-14", 0), {"restart_on": "2025-12-14"},
    ),
    "Nanchang on its first day": (resident("360100", "2025-09-15", 0), {"restart_on": "2026-01-01"}),
}  # fmt: skip
VECTORS |= {
    f"long, {place}": (
        asked(place, "2025-01", "2025-06-10"),
        {
            "restart_on": restart, "back_pay_allowed": allowed, "retroactive_from": None,
            "total": "3289.60" if allowed else None,
        },
    )
    for place, (restart, allowed) in LONG.items()
}  # fmt: skip
VECTORS |= {
    f"short, {place}": (
        asked(place, "2025-01", "2025-04-10", consecutive_months_before=10),
        {
            "restart_on": restart, "back_pay_allowed": allowed, "suspended_from": "2025-03-01",
            "retroactive_from": "2025-03-01" if made_good else None,
            "consecutive_months_after": 12 if allowed else 0,
        },
    )
    for place, (restart, allowed, made_good) in SHORT.items()
}  # fmt: skip


@pytest.mark.parametrize("name", list(VECTORS))
def test_a_case_comes_to_what_was_reckoned_by_hand(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, wanted = VECTORS[name]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(given)))
    out = io.StringIO()
    call_command("assess_arrears", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert {key: found[key] for key in wanted} == wanted
