"""The statistics' figures against a count in plain Python, and how they are kept up to date."""

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests import factories
from tests.scenes import Scene, moment
from transfers.deadlines.calendars import calendar_of
from transfers.models import BalanceTransfer, Measure, MonthFigure, Step
from transfers.policy import remembered
from transfers.rules.states import State
from transfers.rules.steps import Outcome, StepKind
from transfers.status.freshness import work_out

pytestmark = pytest.mark.django_db

POOLS = ("990100", "350500", "350100", "119900")
KINDS = (
    StepKind.CHECK_ORIGIN, StepKind.CHECK_DESTINATION, StepKind.TRANSFER_OUT,
    StepKind.TRANSFER_IN, StepKind.CORRECTION, StepKind.CREDIT, StepKind.REMIT,
)  # fmt: skip
Key = tuple[str, str, date]  # measure, place, month


@dataclass
class Count:
    days: list[int]
    on_time: list[bool]


def generated(seed: int, cases: int) -> list[Step]:
    """Cases with some of the steps, closed or not, late or not, and with or without a balance."""
    rng = Random(seed)
    with remembered():
        return _generated(rng, cases)


def _generated(rng: Random, cases: int) -> list[Step]:
    made: list[Step] = []
    balances = []
    for origin in POOLS:
        destination = POOLS[(POOLS.index(origin) + rng.randrange(1, len(POOLS))) % len(POOLS)]
        for case in factories.applications(cases, origin=origin, destination=destination):
            day = date(2025, 6, 20) + timedelta(days=rng.randrange(120))
            for kind in KINDS:
                if rng.random() < 0.2:
                    continue
                step = factories.unsaved_step(case, kind, since=day)
                day += timedelta(days=rng.choice((0, 1, 3, 8, 20)))
                if kind is StepKind.TRANSFER_IN or rng.random() < 0.9:
                    end(step, day, rng)
                made.append(step)
            balances.append(balance(case, rng))
    BalanceTransfer.objects.bulk_create(balances)
    return Step.objects.bulk_create(made)


def end(step: Step, on: date, rng: Random) -> None:
    step.closed_on = on
    step.outcome = rng.choices(list(Outcome), (8, 1, 1))[0]
    step.used_days = rng.choice((0, 0, 0, 4))
    if rng.random() < 0.3:
        step.late_days, step.lateness_reason = rng.randrange(1, 9), "other"
        step.charged_to = step.owner


def balance(case: Any, rng: Random) -> BalanceTransfer:
    state = rng.choice(("not_due", "pending", "received", "credited", "credited", "paid_out"))
    disposition = {"not_due": "not_due", "paid_out": "pay_to_person"}.get(state, "transfer")
    settled = moment("2025-11-03") if state in ("credited", "paid_out") else None
    return BalanceTransfer(
        application=case, state=state, disposition=disposition, due_reason="ordinary",
        amount_fen=5, received_fen=5, payee="张示例", settled_at=settled,
    )  # fmt: skip


def counted(steps: list[Step]) -> dict[Key, Count]:
    """What the figures must say, case by case."""
    found: dict[Key, Count] = defaultdict(lambda: Count([], []))

    def add(measure: str, step: Step, on: date, days: int | None, on_time: bool | None) -> None:
        pool = step.agency.region_id
        for place in {pool, pool[:2] + "0000", "100000"}:
            entry = found[measure, place, on.replace(day=1)]
            entry.days.append(0 if days is None else days)
            if on_time is not None:
                entry.on_time.append(on_time)

    owed = {each.application_id: each for each in BalanceTransfer.objects.all()}
    by_case: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        by_case[step.application_id].append(step)
    for case in by_case.values():
        way = [step for step in case if step.kind not in (StepKind.CREDIT, StepKind.REMIT)]
        came = next(
            (s for s in case if s.kind == StepKind.TRANSFER_IN and s.outcome == "done"), None
        )
        for step in case:
            measure = {
                "check_origin": "check", "check_destination": "check",
                "transfer_out": "transfer_out", "transfer_in": "transfer_in",
            }.get(step.kind)  # fmt: skip
            if step.closed_on is None:
                continue
            calendar = calendar_of(step.calendar)
            if measure and step.outcome in ("done", "superseded"):
                days = step.used_days + calendar.count(step.running_since, step.closed_on)
                add(measure, step, step.closed_on, days, step.late_days == 0)
            if step.kind == StepKind.CREDIT and step.outcome == "done" and came:
                days = calendar_of(came.calendar).count(came.closed_on, step.closed_on)  # type: ignore[arg-type]
                add("balance", step, step.closed_on, days, None)
        if came is None or came.closed_on is None:
            continue
        first = min(step.opened_on for step in case)
        days = calendar_of(came.calendar).count(first, came.closed_on)
        add("relation", came, came.closed_on, days, not any(step.late_days for step in way))
        money = owed[came.application_id]
        if money.disposition == "transfer":
            add("arrival", came, came.closed_on, None, money.state == "credited")
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_figures_are_what_a_count_case_by_case_gives(seed: int) -> None:
    expected = counted(generated(seed, 40))
    assert work_out(moment("2026-03-01")) >= 6
    rows = {(row.measure, row.region_id, row.month): row for row in MonthFigure.objects.all()}
    assert rows.keys() == expected.keys()
    assert {measure for measure, _place, _month in rows} == set(Measure.values)
    for key, entry in expected.items():
        row = rows[key]
        assert row.cases == len(entry.days), key
        if row.measure == Measure.ARRIVAL:
            assert (row.median_days, row.p90_days) == (None, None)
        else:
            rank = math.ceil(len(entry.days) * 9 / 10)
            assert row.median_days == Decimal(statistics.median(entry.days)), key
            assert row.p90_days == sorted(entry.days)[rank - 1], key
        on_time = None if row.measure == Measure.BALANCE else sum(entry.on_time)
        assert row.on_time == on_time, key


def test_small_counts_are_marked_and_cover_each_other() -> None:
    generated(3, 25)
    work_out(moment("2025-12-01"))
    small = MonthFigure.objects.filter(cases__lt=10)
    assert small.exists()
    assert set(small.values_list("withheld", flat=True)) <= {"small", "other"}
    for row in small.filter(region__level="prefecture"):
        beside = MonthFigure.objects.filter(month=row.month, measure=row.measure).exclude(pk=row.pk)
        siblings = beside.filter(region__parent=row.region.parent_id).exclude(withheld="")
        above = beside.filter(region=row.region.parent_id).exclude(withheld="")
        assert siblings.exists() or above.exists(), row


def test_a_balance_that_comes_later_counts_for_the_month_its_months_came() -> None:
    scene = Scene()
    application = scene.arrived()
    work_out(moment("2025-10-28", 23))
    work_out(moment("2025-10-28", 23))
    october = MonthFigure.objects.filter(region="350500", month="2025-10-01")
    assert october.get(measure="arrival").on_time == 0
    assert october.get(measure="relation").median_days > 0
    scene.money_matched(application)
    scene.four_eyes(application, "credit_balance", "destination_finance", "destination_finance2",
                    moment("2026-02-02"), lateness=("bank_delay", "bank"))  # fmt: skip
    assert work_out(moment("2026-02-02", 23)) == 2
    assert october.get(measure="arrival").on_time == 1


def test_a_case_through_the_real_door_counts_once_in_each_measure() -> None:
    Scene().in_state(State.BALANCE_CREDITED)
    work_out(moment("2025-11-03"))
    nation = MonthFigure.objects.filter(region="100000")
    assert set(nation.values_list("measure", "month", "cases", "on_time", "median_days")) == {
        ("check", date(2025, 9, 1), 2, 2, Decimal(1)),
        ("transfer_out", date(2025, 10, 1), 1, 1, Decimal(10)),
        ("transfer_in", date(2025, 10, 1), 1, 1, Decimal(5)),
        ("relation", date(2025, 10, 1), 1, 1, Decimal(16)),
        ("balance", date(2025, 10, 1), 1, None, Decimal(2)),
        ("arrival", date(2025, 10, 1), 1, 1, None),
    }
