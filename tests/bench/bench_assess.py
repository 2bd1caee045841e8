"""Cost of one assessment: the rules beside the bare arithmetic of the same case.

Run with ``python -m tests.bench.bench_assess``. Processor time of one process, so that other work on
the machine hardly counts; medians of 15 rounds that alternate. The bare arithmetic reckons Li's four
months in Decimal and knows nothing else: no checks, no dates but the days, no parties, no sources.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from arrears.rules.asked import Asked  # noqa: E402 - texts need the settings
from arrears.rules.assessment import assess  # noqa: E402
from arrears.rules.figures import figures, spell  # noqa: E402
from arrears.rules.rows import MonthPaid, Received  # noqa: E402
from arrears.rules.stored import from_json, to_json  # noqa: E402
from tests.arrears.rules.places import terms  # noqa: E402

ROUNDS, CALLS = 15, 400
CENT = Decimal("0.01")
LI = Asked("flexible", "individual", date(2025, 1, 1), date(2025, 6, 10))
ZHANG = Asked("employee", "employer", date(2024, 12, 1), date(2025, 3, 20))
YEARS = Asked("resident", "individual", None, date(2026, 10, 15), missed_years=2)
LONG = replace(LI, last_paid=date(2020, 5, 1))  # sixty months
PAID = {date(2025, 2, 1): MonthPaid((Received(date(2025, 5, 9), 0, 30000),))}
PLACE = terms()


def bare() -> Decimal:
    """Li's total, and nothing but it."""
    base, total = Decimal("8000.00"), Decimal(0)
    for month in range(2, 6):
        due = date(2025, month + 1, 1) - timedelta(days=1)
        principal = Decimal(0)
        for rate in (Decimal("0.08"), Decimal("0.02")):
            principal += (base * rate).quantize(CENT, ROUND_HALF_UP)
        late = (LI.paid_on - due).days
        total += principal + (principal * Decimal("0.0005") * late).quantize(CENT, ROUND_HALF_UP)
    return total


def ns_per_call(call: Callable[[], object]) -> float:
    """Processor time of one call in nanoseconds, loop included."""
    begun = time.process_time_ns()
    for _ in range(CALLS):
        call()
    return (time.process_time_ns() - begun) / CALLS


def main() -> None:
    found = assess(LI, PLACE)
    assert found.totals is not None
    assert bare() == Decimal(found.totals.total_fen) / 100 == Decimal("3289.60")
    stored = to_json(found)
    candidates: dict[str, Callable[[], object]] = {
        "the bare arithmetic": bare,
        "assess, four months": lambda: assess(LI, PLACE),
        "assess, four months, one partly paid": lambda: assess(LI, PLACE, PAID),
        "assess, two months": lambda: assess(ZHANG, PLACE),
        "assess, sixty months": lambda: assess(LONG, PLACE),
        "assess, a resident": lambda: assess(YEARS, PLACE),
        "as JSON, four months": lambda: json.dumps(to_json(found)),
        "from JSON, four months": lambda: from_json(stored),
        "every figure in words, four months": lambda: [spell(each) for each in figures(found)],
    }
    rounds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, call in candidates.items():
            rounds[name].append(ns_per_call(call))
    baseline = statistics.median(rounds["the bare arithmetic"])
    print(f"{ROUNDS} rounds of {CALLS}{'median':>32}{'a second':>14}{'ratio':>10}")
    for name, times in rounds.items():
        ns = statistics.median(times)
        print(f"{name:38}{ns / 1000:9,.1f} µs{1e9 / ns:13,.0f}{ns / baseline:9,.1f} x")


if __name__ == "__main__":
    main()
