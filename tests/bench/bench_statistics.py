"""The public statistics at a million cases: the page, the look that finds nothing, the month that changed.

Run with ``python -m tests.bench.bench_statistics [cases]``. It makes a PostgreSQL database of its own and
fills it with settled cases of 24 months, spread over every office: five steps, a balance and an event each.

- *everything*: the first run, all months.
- *look, nothing new*: what the job does every minute while nothing changes.
- *a case was credited*: the next look, which works out the newest month and, for the balances that have
  arrived, the month of the case's transfer in.
- *page*: the statements of the page and the whole request, for the country and for one pool.
- *everything again*: from the cases instead of from what was kept, to compare.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.bench.bench_sweep import database, tidy

MONTHS = 24
ROUNDS = 20
LAST = date(2025, 12, 1)


def copies(model: Any, template: Any, source: str, **changed: str) -> None:
    """As many rows as `source` has, each a copy of `template` but for these columns (SQL by name)."""
    from django.db import connection

    fields = [field for field in model._meta.local_concrete_fields if field.column != "id"]
    columns = ", ".join(field.column for field in fields)
    values = ", ".join(changed.get(field.column, f"t.{field.column}") for field in fields)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM {source}, {table} t WHERE t.id = %s",
            [template.pk],
        )


def fill(cases: int) -> None:
    from django.db import connection

    from tests import factories
    from tests.scenes import moment
    from transfers.models import BalanceTransfer, Event, Step, TransferApplication

    # Any state that is final: the figures ask the steps and the balance alone.
    (first,) = factories.applications(1, state="withdrawn", closed_at=moment(LAST))
    with connection.cursor() as cursor:
        # Rows that are right by construction need no check against each other.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "CREATE TEMPORARY TABLE office AS SELECT id, region_id,"
            " row_number() OVER (ORDER BY id) - 1 AS place FROM transfers_agency"
        )
        cursor.execute("SELECT count(*) FROM office")
        (offices,) = cursor.fetchone()
    begin = LAST - timedelta(days=30 * (MONTHS - 1))
    # The n-th case began so far into the two years, hence rows of a month lie together, as in life.
    day = f"(date '{begin}' + (n * {30 * (MONTHS - 2)}::bigint / {cases})::integer)"
    source = (
        f"(SELECT n, {day} AS day, o.id AS from_id, d.id AS to_id, o.region_id AS from_place,"
        f" d.region_id AS to_place FROM generate_series(1, {cases}) n"
        f" JOIN office o ON o.place = n * 7919 %% {offices}"
        f" JOIN office d ON d.place = (n * 104729 + 1) %% {offices}) s"
    )
    copies(
        TransferApplication, first, source, reference="'B' || s.n",
        origin_id="s.from_place", destination_id="s.to_place",
        origin_agency_id="s.from_id", destination_agency_id="s.to_id",
    )  # fmt: skip
    made = f"(SELECT c.id, s.* FROM {source} JOIN transfers_transferapplication c ON c.reference = 'B' || s.n) s"
    late = "(s.n + {0}) %% 17 = 0"
    for number, (kind, side, after, took) in enumerate(
        (
            ("check_origin", "from", 0, 4), ("check_destination", "to", 0, 5),
            ("transfer_out", "from", 5, 14), ("transfer_in", "to", 19, 7), ("credit", "to", 26, 12),
        )
    ):  # fmt: skip
        step = factories.step(first, kind, closed_on=LAST, outcome="done")  # type: ignore[arg-type]
        was_late = late.format(number)
        copies(
            Step, step, made, application_id="s.id", agency_id=f"s.{side}_id",
            opened_on=f"s.day + {after}", running_since=f"s.day + {after}",
            closed_on=f"s.day + {after} + {took} + (s.n * 31 %% 5)::integer",
            late_days=f"CASE WHEN {was_late} THEN 2 ELSE 0 END",
            lateness_reason=f"CASE WHEN {was_late} THEN 'other' ELSE '' END",
            charged_to=f"CASE WHEN {was_late} THEN t.owner ELSE '' END",
        )  # fmt: skip
        Step.objects.filter(pk=step.pk).delete()
    balance = BalanceTransfer.objects.create(
        application=first, state="credited", disposition="transfer", due_reason="ordinary",
        amount_fen=5, received_fen=5, payee="张示例", settled_at=moment(LAST),
    )  # fmt: skip
    copies(BalanceTransfer, balance, made, application_id="s.id")
    event = Event.objects.create(
        application=first, seq=1, at=moment(LAST), track="money", verb="credit_balance",
        actor="system",
    )  # fmt: skip
    copies(
        Event, event, made, application_id="s.id",
        at="(s.day + 38 + (s.n * 31 %% 5)::integer)::timestamptz",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")
    tidy()


def statements(work: Callable[[], Any]) -> tuple[float, float, int]:
    """(seconds in the database, seconds in all, statements) of one call."""
    from django.db import connection

    spent, count = 0.0, 0

    def watch(execute: Callable[..., Any], *given: Any) -> Any:
        nonlocal spent, count
        began = time.perf_counter()
        try:
            return execute(*given)
        finally:
            spent += time.perf_counter() - began
            count += 1

    with connection.execute_wrapper(watch):
        began = time.perf_counter()
        work()
        return spent, time.perf_counter() - began, count


def row(name: str, work: Callable[[], Any], rounds: int = ROUNDS) -> None:
    found = [statements(work) for _round in range(rounds)]
    database_ms = statistics.median(each[0] for each in found) * 1000
    whole_ms = statistics.median(each[1] for each in found) * 1000
    print(
        f"{name:<28}{database_ms:>14,.2f}{whole_ms:>14,.2f}{found[-1][2]:>12}",
        flush=True,
    )


def figures() -> set[tuple[Any, ...]]:
    from transfers.models import MonthFigure

    return set(
        MonthFigure.objects.values_list(
            "region", "month", "measure", "cases", "on_time", "median_days", "p90_days", "withheld"
        )
    )


def main(cases: int) -> None:
    from django.test import Client
    from django.utils.timezone import now

    from tests.scenes import moment
    from transfers.models import Event, MonthFigure, StatisticsProgress, Step
    from transfers.status.freshness import work_out

    began = time.perf_counter()
    fill(cases)
    steps = Step.objects.count()
    print(f"{cases:,} cases, {steps:,} steps, filled in {time.perf_counter() - began:.0f} s")
    print(f"{'':<28}{'statements ms':>14}{'in all ms':>14}{'statements':>12}")
    row("everything", lambda: work_out(now()), 1)
    work_out(now())
    row("look, nothing new", lambda: work_out(now()))

    last = Step.objects.filter(kind="credit").order_by("-closed_on", "-pk")[0]
    event = Event.objects.filter(application=last.application_id).latest("pk")
    seq = 1

    def credited() -> None:
        nonlocal seq
        seq += 1
        event.pk, event.seq, event._state.adding = None, seq, True
        event.save(force_insert=True)
        assert work_out(now()) in (1, 2)

    row("a case was credited", credited, 3)
    kept = figures()
    client = Client(SERVER_NAME="127.0.0.1")
    pool = MonthFigure.objects.exclude(region="100000").latest("cases").region_id
    for name, place in (("page, the country", "100000"), ("page, one pool", pool)):
        row(name, lambda place=place: client.get("/statistics/", {"place": place, "year": "2025"}))  # type: ignore[misc]

    def again_from_cases() -> None:
        MonthFigure.objects.all().delete()
        StatisticsProgress.objects.all().delete()
        work_out(moment(LAST + timedelta(days=60)))

    row("everything again", again_from_cases, 1)
    print(f"{len(kept):,} figures, kept ones equal to those from the cases: {kept == figures()}")


if __name__ == "__main__":
    with database():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
