"""Visits to the calculator: every kind of result, and the answers that lead to it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from tests.scenes import moment


@dataclass(frozen=True)
class Visit:
    """What somebody asks on a day, and the headline that answers."""

    at: datetime
    place: str
    scheme: str
    answers: dict[str, str]
    zh: str
    en: str

    @property
    def address(self) -> str:
        return f"/arrears/result/?{urlencode(self.given)}"

    @property
    def given(self) -> dict[str, str]:
        return {"place": self.place, "scheme": self.scheme, **self.answers}


def _employer(last_paid: str, paid_on: str, **more: str) -> dict[str, str]:
    return {"last_paid": last_paid, "cause": "employer", "paid_on": paid_on, **more}


def _own(last_paid: str, paid_on: str, **more: str) -> dict[str, str]:
    return {"last_paid": last_paid, "cause": "individual", "paid_on": paid_on, **more}


# Zhang and Li are the worked examples of the domain text.
VISITS: dict[str, Visit] = {
    "zhang": Visit(
        moment("2025-03-20"), "990100", "employee", _employer("2024-12", "2025-03-20"),
        "请在2025年4月30日（周三）前缴清，不设等待期",
        "Pay by Wed 30 April 2025: no waiting period",
    ),
    "li": Visit(
        moment("2025-06-10"), "990100", "flexible", _own("2025-01", "2025-06-10"),
        "断缴已超过3个月，等待期6个月",
        "More than 3 months missed: the waiting period is 6 months",
    ),
    "too-long": Visit(
        moment("2025-06-10"), "420100", "flexible", _own("2025-01", "2025-06-10"),
        "这里不能补缴这些月份",
        "These months cannot be paid back here",
    ),
    "planned-too-late": Visit(
        moment("2025-03-10"), "420100", "flexible", _own("2025-01", "2025-06-10"),
        "请在2025年5月31日（周六）前缴清，不设等待期",
        "Pay by Sat 31 May 2025: no waiting period",
    ),
    "never": Visit(
        moment("2025-03-10"), "340100", "flexible", _own("2025-01", "2025-03-10"),
        "请在2025年5月31日（周六）前续缴，不设等待期",
        "Start paying again by Sat 31 May 2025: no waiting period",
    ),
    "thirty-days": Visit(
        moment("2025-06-10"), "350500", "flexible", _own("2025-01", "2025-06-10"),
        "请尽快补缴，缴费30日后恢复待遇",
        "Pay soon: benefits start 30 days after you pay",
    ),
    "nothing": Visit(
        moment("2025-06-10"), "990100", "employee", _employer("2025-05", "2025-06-10"),
        "不用补缴", "Nothing to pay back",
    ),
    "switched": Visit(
        moment("2025-04-10"), "990100", "employee",
        _employer("2025-02", "2025-04-10", switched="on", consecutive_months_before="12"),
        "请尽快补缴，等待期6个月",
        "Pay soon: the waiting period is 6 months",
    ),
    "retiring": Visit(
        moment("2025-06-10"), "360100", "employee",
        {"last_paid": "2023-01", "cause": "system", "paid_on": "2025-06-10", "sex": "male",
         "cumulative_months": "300"},
        "断缴已超过3个月，等待期3个月",
        "More than 3 months missed: the waiting period is 3 months",
    ),
    "resident": Visit(
        moment("2026-10-10"), "370200", "resident", {"missed_years": "2", "paid_on": "2026-10-10"},
        "请在2026年12月31日（周四）前缴费，等待期4个月",
        "Pay by Thu 31 December 2026: waiting period 4 months",
    ),
    "resident-late": Visit(
        moment("2025-03-01"), "230300", "resident", {"missed_years": "0", "paid_on": "2025-03-01"},
        "请尽快缴费，等待期3个月", "Pay soon: waiting period 3 months",
    ),
    "resident-refused": Visit(
        moment("2025-06-10"), "450800", "resident", {"missed_years": "1", "paid_on": "2025-06-10"},
        "请尽快缴费，等待期4个月", "Pay soon: waiting period 4 months",
    ),
    "exempt": Visit(
        moment("2025-06-10"), "370200", "resident",
        {"missed_years": "0", "paid_on": "2025-06-10", "exempt": "on"},
        "不设等待期", "No waiting period",
    ),
}  # fmt: skip
