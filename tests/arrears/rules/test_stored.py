"""What quotes keep: small, and those of the first form are read all the same."""

import json
from datetime import date

from arrears.rules.asked import Asked
from arrears.rules.assessment import Assessment, assess
from arrears.rules.rows import MonthPaid, Received
from arrears.rules.stored import found_json, from_json, rows_from, terms_json

from .places import terms

# 100 yuan of January came in on 10 March. Word for word as the first quotes were stored.
FIRST_FORM = """
{"back_pay_allowed": true, "reason": null, "gap_months": 2, "paid_before": 0, "months_left": 2,
 "whole": true, "over": false, "suspended_from": "2025-02-01", "restart_on": "2025-04-01",
 "waiting_months": 0, "re_enrol": false, "retroactive_from": "2025-02-01",
 "retroactive_to": "2025-03-31", "consecutive_months_after": 26, "cumulative_months_added": 2,
 "free_until": "2025-04-30", "missed_years": null, "repaired_years": null, "cover_year": null,
 "in_window": null,
 "asked": {"scheme": "employee", "cause": "employer", "last_paid": "2024-12-01",
  "paid_on": "2025-03-20", "resumed": null, "base": null, "consecutive_months_before": 24,
  "switched": false, "missed_years": null, "repaired_years": 0, "exempt": false, "months": null,
  "retiring": null},
 "rows": [
  {"month": "2025-01-01", "base": "8000.00", "principal_employer": "640.00",
   "principal_person": "160.00", "due_on": "2025-01-31", "days": 48, "late_fee_employer": "18.70",
   "late_fee_person": "0.00", "late_fee_waived": "0.00", "paid_employer": "0.00",
   "paid_person": "100.00", "paid_fee": "0.00", "fixed": false,
   "segments": [["800.00", 1, 38], ["700.00", 1, 10]]},
  {"month": "2025-02-01", "base": "8000.00", "principal_employer": "640.00",
   "principal_person": "160.00", "due_on": "2025-02-28", "days": 20, "late_fee_employer": "8.00",
   "late_fee_person": "0.00", "late_fee_waived": "0.00", "paid_employer": "0.00",
   "paid_person": "0.00", "paid_fee": "0.00", "fixed": false, "segments": [["800.00", 1, 20]]}],
 "totals": {"principal_employer": "1280.00", "principal_person": "320.00",
  "late_fee_employer": "26.70", "late_fee_person": "0.00", "late_fee_waived": "0.00",
  "outstanding": "1526.70"},
 "retirement": null, "cautions": []}
"""


def the_same() -> Assessment:
    asked = Asked(
        "employee", "employer", date(2024, 12, 1), date(2025, 3, 20), consecutive_months_before=24
    )
    received = Received(date(2025, 3, 10), 0, 10_000)
    return assess(asked, terms(), {date(2025, 1, 1): MonthPaid((received,))})


def test_a_quote_of_the_first_form_is_read_alike() -> None:
    first, found = json.loads(FIRST_FORM), the_same()
    assert from_json({**first, "used": terms_json(found.used)}) == found
    assert rows_from(first["rows"]) == found.rows


def test_what_says_nothing_is_left_out() -> None:
    stored = found_json(the_same())
    assert "paid_person_fen" in stored["rows"]
    for name in ("paid_employer_fen", "paid_fee_fen", "fixed"):
        assert name not in stored["rows"]
    assert not {"missed_years", "cautions", "retirement", "over"} & set(stored)
    assert len(json.dumps(stored)) < len(json.dumps(json.loads(FIRST_FORM))) * 2 / 3
