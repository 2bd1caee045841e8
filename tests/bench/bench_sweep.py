"""Raising alerts and moving dates at 100,000 open steps, beside the same work row by row.

Run with ``python -m tests.bench.bench_sweep [open steps]``. It makes a database of its own on the
server of DATABASE_URL, or on a PostgreSQL out of a wheel if that is not set (not flushed to disk
then), and drops it. A tenth of the steps is newly due; set-based times are medians of five rounds.

- *sweep*: alerts, skipped rungs and messages of the newly due steps; *again*: the next run.
- *same rows, bare*: the rows the sweep wrote, inserted from a copy: what the database itself needs.
- *due, row by row*: get(), count, save() for each newly due step, a transaction each.
- *open, row by row*: the same for every open step, as a nightly job that looks at each case does.
  Both are measured on a sample of 1,000 steps and scaled up.
- *re-date*: a new year's notice that moves or confirms every open step, one event a case.
"""

import contextlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

SAMPLE = 1_000
ROUNDS = 5
BATCH = 5_000


@contextlib.contextmanager
def database() -> Iterator[None]:
    """An empty database with the reference data, gone afterwards."""
    from tests.services import postgres, short_directory

    with contextlib.ExitStack() as stack:
        os.environ.setdefault("DATA_DIR", stack.enter_context(TemporaryDirectory()))
        if not os.environ.get("DATABASE_URL"):
            directory: Path = stack.enter_context(short_directory())
            os.environ["DATABASE_URL"] = stack.enter_context(postgres(directory / "postgres"))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        kept = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            call_command("load_reference", verbosity=0)
            yield
        finally:
            connection.creation.destroy_test_db(kept, verbosity=0)


class Statements:
    """Counts the statements of a block."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


def timed(work: Callable[[], Any]) -> tuple[float, int, Any]:
    """(seconds, statements, result) of one call."""
    from django.db import connection

    counter = Statements()
    with connection.execute_wrapper(counter):
        began = time.perf_counter()
        result = work()
        return time.perf_counter() - began, counter.count, result


def tidy() -> None:
    """What autovacuum would have done by the time the next job runs."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def fill(open_steps: int, due: date) -> None:
    from django.db import transaction

    from tests import factories
    from tests.scenes import staff
    from transfers.models import Agency
    from transfers.rules.states import Role

    staff("clerk", Agency.objects.get(region="990100"), Role.CLERK)
    later = [due + timedelta(days=7 + n) for n in range(90)]
    for start in range(0, open_steps, BATCH):
        number = min(BATCH, open_steps - start)
        with transaction.atomic():
            factories.steps(number // 10, due=[due])
            factories.steps(number - number // 10, due=later)
    tidy()


def row_by_row(steps: list[int], now: Any) -> None:
    """What a loop does: read the step, count its days, save an alert and its messages."""
    from django.db import transaction
    from django.utils.timezone import localdate

    from transfers.deadlines.calendars import calendar_of
    from transfers.models import Alert, AlertRung, OutboxMessage, Step, User

    today = localdate(now)
    rungs = list(AlertRung.objects.order_by("offset_days"))
    for pk in steps:
        with transaction.atomic():
            step = Step.objects.select_related("calendar").get(pk=pk)
            assert step.due_on is not None
            late = -calendar_of(step.calendar).remaining(today, step.due_on)
            reached = [rung for rung in rungs if rung.offset_days <= late]
            for rung in reached:
                if Alert.objects.filter(step=step, rung=rung).exists():
                    continue
                alert = Alert(
                    step=step, rung=rung, raised_at=now, due_on=step.due_on,
                    skipped=rung is not reached[-1],
                )  # fmt: skip
                alert.save()
                if alert.skipped:
                    continue
                for user in User.objects.filter(
                    agency=step.agency_id, is_active=True, groups__name="clerk"
                ):
                    OutboxMessage(
                        key=f"alert:{pk}:{rung.pk}:{user.pk}", kind="alert", alert=alert,
                        application_id=step.application_id, recipient=user, created_at=now,
                    ).save()  # fmt: skip
            step.save()


def clear() -> None:
    from transfers.models import Alert, OutboxMessage

    OutboxMessage.objects.all().delete()
    Alert.objects.all().delete()


def bare_insert() -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("transfers_alert", "transfers_outboxmessage"):
            cursor.execute(f"INSERT INTO {table} SELECT * FROM copy_of_{table}")


def keep_copy() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("transfers_alert", "transfers_outboxmessage"):
            cursor.execute(f"CREATE TEMPORARY TABLE copy_of_{table} AS SELECT * FROM {table}")


def row(name: str, seconds: float, statements: int | str, rows: int | str) -> None:
    print(f"{name:<24}{seconds * 1000:>12,.1f} ms{statements:>12}{rows:>12}")


def sweeping(open_steps: int, due: date) -> None:
    from tests.scenes import moment
    from transfers.deadlines.sweep import raise_due
    from transfers.models import Step

    now = moment(due, 9)
    rounds, again, bare = [], [], []
    for _ in range(ROUNDS):
        clear()
        tidy()
        seconds, statements, raised = timed(lambda: raise_due(now))
        rounds.append(seconds)
        seconds, statements_again, nothing = timed(lambda: raise_due(now))
        again.append(seconds)
    assert nothing.rows == 0
    assert raised.alerts == open_steps // 10
    row("sweep", statistics.median(rounds), statements, raised.rows)
    row("again", statistics.median(again), statements_again, nothing.rows)
    keep_copy()
    for _ in range(ROUNDS):
        clear()
        tidy()
        bare.append(timed(bare_insert)[0])
    row("same rows, bare", statistics.median(bare), 2, raised.rows)
    clear()
    newly = list(Step.objects.filter(due_on=due).values_list("pk", flat=True)[:SAMPLE])
    others = list(Step.objects.exclude(due_on=due).values_list("pk", flat=True)[:SAMPLE])
    by_row, by_row_statements, _ = timed(lambda: row_by_row(newly, now))
    looked, looked_statements, _ = timed(lambda: row_by_row(others, now))
    share = open_steps // 10
    scaled = by_row / len(newly) * share
    whole = scaled + looked / len(others) * (open_steps - share)
    due_statements = by_row_statements * share // len(newly)
    open_statements = due_statements + looked_statements * (open_steps - share) // len(others)
    row("due, row by row", scaled, due_statements, raised.rows)
    row("open, row by row", whole, open_statements, raised.rows)
    sweep = statistics.median(rounds)
    print(
        f"  the sweep takes {sweep / statistics.median(bare):.2f} times the bare insert;"
        f" row by row {scaled / sweep:,.0f} times (due), {whole / sweep:,.0f} times (open) the sweep"
    )
    clear()


def moving(open_steps: int) -> None:
    from django.db import connection
    from django.db.models import F

    from tests.scenes import moment
    from transfers.deadlines import moves, redate
    from transfers.models import NATION, Calendar, CalendarNotice, Event, Step

    # Every step due in the first months of 2027, by Monday to Friday.
    days = 8 + F("id") % 40
    Step.objects.update(
        running_since=date(2026, 12, 24), limit_days=days, statutory_days=days, used_days=0
    )
    at = moment("2026-11-10")
    redate.correct(at)
    tidy()
    events = Event.objects.count()
    seconds, statements, loaded = timed(lambda: redate.load(NOTICE_2027, at=at))
    moved = loaded.moved
    assert moved.steps == moved.cases == open_steps == Event.objects.count() - events
    row("re-date, whole load", seconds, statements, moved.steps)
    Step.objects.update(provisional=True)
    tidy()
    seconds, statements, _ = timed(lambda: moves.redate([NATION], "9号", "", at))
    row("re-date alone", seconds, statements, open_steps)
    seconds, statements, again = timed(lambda: redate.load(NOTICE_2027, at=at))
    assert not again.changed
    row("re-date, second load", seconds, statements, 0)
    print(
        f"  {moved.later:,} later, {moved.earlier:,} earlier, {moved.confirmed:,} confirmed;"
        f" calendar version {Calendar.objects.get(pk=NATION).version},"
        f" {CalendarNotice.objects.count()} notices, {connection.vendor}"
    )


def main() -> None:
    open_steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    due = date(2025, 10, 21)
    with database():
        began = time.perf_counter()
        fill(open_steps, due)
        print(f"{open_steps:,} open steps, filled in {time.perf_counter() - began:.0f} s")
        print(f"{'':<24}{'time':>15}{'statements':>12}{'rows':>12}")
        sweeping(open_steps, due)
        moving(open_steps)


NOTICE_2027 = """\
# year: 2027
# notice: 国办发明电〔2026〕9号
# published: 2026-11-05
# title: 国务院办公厅关于2027年部分节假日安排的通知
# source: https://www.example.org/2027
# verified: no
date,kind,name
2027-01-01,holiday,元旦
2027-02-05,holiday,春节
2027-02-08,holiday,春节
2027-02-09,holiday,春节
2027-02-10,holiday,春节
2027-02-20,makeup,春节调休上班
"""

if __name__ == "__main__":
    main()
