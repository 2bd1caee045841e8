"""Keeping the statistics up to date: after each look they are what working out everything gives."""

import threading
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.scenes import FORM, Scene, moment
from transfers.deadlines import redate
from transfers.models import MonthFigure, StatisticsProgress, TransferApplication
from transfers.rules.states import Action, State
from transfers.status import freshness
from transfers.status.freshness import work_out

pytestmark = pytest.mark.django_db

LATE = ("other", "origin")


def shown() -> set[tuple[Any, ...]]:
    return set(
        MonthFigure.objects.values_list(
            "region", "month", "measure", "cases", "on_time", "median_days", "p90_days", "withheld"
        )
    )


def from_scratch(at: Any) -> set[tuple[Any, ...]]:
    """What the figures are when nothing is known yet; what was known is put back."""
    rows, progress = list(MonthFigure.objects.all()), StatisticsProgress.objects.get()
    MonthFigure.objects.all().delete()
    StatisticsProgress.objects.all().delete()
    work_out(at)
    found = shown()
    MonthFigure.objects.all().delete()
    MonthFigure.objects.bulk_create(rows)
    StatisticsProgress.objects.all().delete()
    progress.save(force_insert=True)
    return found


class Road:
    """A case on its way, a step at a time, on some working day after the one before."""

    def __init__(self, scene: Scene, rng: Random) -> None:
        self.scene, self.rng = scene, rng
        self.day = date(2025, 9, 2) + timedelta(days=rng.randrange(60))
        self.application: TransferApplication | None = None
        end = rng.choice(["credit", "credit", "wait", "refuse", "withdraw"])
        self.left = {
            "credit": ["submit", "check", "check2", "out", "in", "remit", "receive", "credit"],
            "wait": ["submit", "check", "check2", "out", "in"],
            "refuse": ["submit", "check", "reject"],
            "withdraw": ["submit", "check", "withdraw"],
        }[end]

    def go(self) -> None:
        do, at = self.scene.do, moment(self.day)
        verb, case = self.left.pop(0), self.application
        self.day += timedelta(days=self.rng.choice((1, 4, 9, 20)))
        late = {"lateness": LATE}
        if verb == "submit":
            self.application = self.scene.submit(at).application
            return
        assert case is not None
        if verb == "check":
            do(case, "origin_clerk", Action.PASS_CHECK, at, **late)
        elif verb == "check2":
            do(case, "destination_clerk", Action.PASS_CHECK, at, **late)
        elif verb == "out":
            self.four_eyes(Action.TRANSFER_OUT, "origin_clerk", "origin_checker", at, form=FORM)
        elif verb == "in":
            do(case, "destination_clerk", Action.TRANSFER_IN, at, merged_months=84, **late)
        elif verb == "remit":
            self.four_eyes("remit", "origin_finance", "origin_finance2", at)
        elif verb == "receive":
            do(case, "destination_finance", "receive", at, received_fen=FORM.balance_fen,
               bank_reference=f"B-{case.pk}")  # fmt: skip
            do(case, "destination_finance", "match", at)
        elif verb == "credit":
            self.four_eyes("credit_balance", "destination_finance", "destination_finance2", at)
        elif verb == "reject":
            do(case, "destination_clerk", Action.REJECT, at, code="destination_not_enrolled",
               text="还没有参保", **late)  # fmt: skip
        else:
            do(case, "applicant", Action.WITHDRAW, at)

    def four_eyes(self, verb: Any, maker: str, checker: str, at: Any, **data: Any) -> None:
        assert self.application is not None
        self.scene.four_eyes(self.application, verb, maker, checker, at, lateness=LATE, **data)


@pytest.mark.parametrize("seed", [1, 2])
def test_figures_kept_up_to_date_are_those_worked_out_from_scratch(seed: int) -> None:
    rng = Random(seed)
    scenes = [Scene(), Scene(origin="119900", destination="350100")]
    roads = [Road(rng.choice(scenes), rng) for _case in range(6)]
    last = moment("2026-12-01")
    looked = 0
    while roads := [road for road in roads if road.left]:
        rng.choice(roads).go()
        if rng.random() < 0.2:
            work_out(last)
            looked += 1
            assert shown() == from_scratch(last)
    work_out(last)
    assert shown() == from_scratch(last)
    assert looked > 2
    assert len(shown()) > 20


def test_a_look_without_a_change_works_out_nothing_and_reads_nothing_old() -> None:
    Scene().arrived()
    work_out(moment("2025-10-28", 18))
    work_out(moment("2025-10-28", 18, 1))
    with CaptureQueriesContext(connection) as asked:
        assert work_out(moment("2025-10-28", 18, 2)) == 0
    assert not any("transfers_step" in query["sql"] for query in asked)
    assert StatisticsProgress.objects.get().as_of == moment("2025-10-28", 18, 2)


def test_only_the_months_that_changed_are_worked_out() -> None:
    scene = Scene()
    application = scene.arrived()
    work_out(moment("2025-12-01"))
    work_out(moment("2025-12-01"))  # now nothing older can come any more
    before = dict(MonthFigure.objects.values_list("pk", "worked_out_at"))
    scene.money_matched(application)  # on 29 October
    at = moment("2025-12-02")
    assert work_out(at) == 1
    changed = MonthFigure.objects.exclude(pk__in=before) | MonthFigure.objects.filter(
        worked_out_at=at
    )
    assert set(changed.values_list("month", flat=True)) == {date(2025, 10, 1)}
    work_out(at)

    scene.four_eyes(application, "credit_balance", "destination_finance", "destination_finance2",
                    moment("2025-12-03"), lateness=("bank_delay", "bank"))  # fmt: skip
    at = moment("2025-12-03", 18)
    assert work_out(at) == 2
    changed = MonthFigure.objects.filter(worked_out_at=at).values_list("month", "measure")
    assert set(changed) == {(date(2025, 10, 1), "arrival"), (date(2025, 12, 1), "balance")}


def test_a_corrected_calendar_works_everything_out_again(settings: Any) -> None:
    Scene().arrived()
    at = moment("2025-12-01")
    months = work_out(at)
    assert months == 4  # from September on
    notice = (settings.BASE_DIR / "transfers/fixtures/calendar/2025.csv").read_text()
    redate.load(f"{notice}2025-10-23,holiday,示例\n", at=at)
    assert work_out(at) == months
    assert MonthFigure.objects.get(region="100000", measure="transfer_in").median_days == 4


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_run_that_was_cut_short_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    Scene().in_state(State.BALANCE_CREDITED)
    at = moment("2025-12-01")
    real, calls = freshness.work_out_month, 0

    def cut(*given: Any, **more: Any) -> None:
        nonlocal calls
        calls += 1
        real(*given, **more)
        if calls == fails_at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(freshness, "work_out_month", cut)
        with pytest.raises(KeyboardInterrupt):
            work_out(at)
    assert StatisticsProgress.objects.get().as_of is None
    assert work_out(at) == 4 - fails_at + 1
    assert StatisticsProgress.objects.get().as_of == at
    assert shown() == from_scratch(at)


def test_a_run_that_is_over_its_time_leaves_the_older_months_to_the_next() -> None:
    Scene().in_state(State.BALANCE_CREDITED)
    at = moment("2025-12-01")
    assert work_out(at, seconds=0) == 0
    assert sorted(StatisticsProgress.objects.get().months) == [
        "2025-09", "2025-10", "2025-11", "2025-12",
    ]  # fmt: skip
    assert work_out(at) == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="one writer waits for the other")
def test_what_becomes_visible_late_is_counted() -> None:
    """A move whose event has the smaller number is committed after a look that saw the greater."""
    scene = Scene()
    slow, quick = scene.out(), scene.out()
    at = moment("2025-10-28")
    work_out(at)
    work_out(at)
    drew, may_end = threading.Event(), threading.Event()

    def move() -> None:
        try:
            with transaction.atomic():
                scene.do(slow, "destination_clerk", Action.TRANSFER_IN, at, merged_months=84)
                drew.set()
                assert may_end.wait(30)
        finally:
            connection.close()

    mover = threading.Thread(target=move)
    mover.start()
    assert drew.wait(30)
    scene.do(quick, "destination_clerk", Action.TRANSFER_IN, at, merged_months=84)
    for _look in range(3):
        work_out(at)
    figure = MonthFigure.objects.filter(region="100000", measure="transfer_in")
    assert figure.get().cases == 1
    may_end.set()
    mover.join()
    assert work_out(at) == 1
    assert figure.get().cases == 2
    assert [work_out(at) for _look in range(3)] == [0, 0, 0]
    newest = slow.events.model.objects.latest("pk").pk
    assert StatisticsProgress.objects.get().counted_to == newest
