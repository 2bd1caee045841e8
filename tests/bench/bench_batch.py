"""An employer's batch of 5,000 people, 300 of whose rows are bad: checking, handing in, the files.

Run with ``python -m tests.bench.bench_batch [rows]``. It makes a database of its own (see
`bench_sweep`) and drops it. Beside the batch, in the same run:

- *bulk_create*: what any import has to write at least: as many people and applications, without events,
  steps, records, messages or receipts;
- *same rows, bare*: all rows that the batch wrote, inserted by SQL from a copy, with every index but no
  foreign key and no trigger: what the database itself needs (PostgreSQL only);
- *one by one*: the single `submit` for each of a sample.
"""

import resource
import sys
import time
from datetime import date, timedelta
from typing import Any

from tests.bench.bench_sweep import database, tidy, timed

BAD = 300
SAMPLE = 200
WRITTEN = (
    "person", "transferapplication", "siderecord", "step", "event", "outboxmessage", "paper",
)  # fmt: skip


def numbers(count: int) -> list[str]:
    """So many identity numbers that were never issued."""
    from transfers.rules import identity

    found = []
    for n in range(count):
        born = date(1960, 1, 1) + timedelta(days=n // 900)
        digits = f"990100{born:%Y%m%d}{n % 900:03d}"
        found.append(digits + identity.check_digit(digits))
    return found


def rows_of(rows: int) -> list[list[Any]]:
    """Good rows, and spread among them bad ones of six kinds."""
    from tests.intake.spreadsheets import row

    wrong = [
        {"stopped_on": ""}, {"id_number": "3.30E+17"}, {"enrolled_on": "45901"},
        {"destination": "福建省"}, {"scheme_from": "居民"}, {"contact_phone": "138"},
    ]  # fmt: skip
    every = max(1, rows // BAD)
    made = []
    for n, number in enumerate(numbers(rows)):
        bad = wrong[n // every % len(wrong)] if n % every == 0 and n // every < BAD else {}
        made.append(row(**{"id_number": number, "contact_email": "a@example.org", **bad}))
    return made


def bare_insert() -> float:
    """Seconds to insert all rows of the tables written once more, into tables like them."""
    from django.db import connection

    seconds = 0.0
    with connection.cursor() as cursor:
        for table in WRITTEN:
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE transfers_{table} INCLUDING ALL)")
            seconds += timed(
                lambda table=table: cursor.execute(
                    f"INSERT INTO bare_{table} SELECT * FROM transfers_{table}"
                )
            )[0]
            cursor.execute(f"DROP TABLE bare_{table}")
    return seconds


def one_by_one(numbers: list[str], user: Any) -> float:
    """Cases a second through the door for one; nothing of them stays."""
    from django.db import transaction

    from tests.intake.spreadsheets import AT
    from transfers.intake.batches.people import submission_of
    from transfers.workflow.actions import submit
    from transfers.workflow.actors import Actor
    from transfers.workflow.query_codes import QueryCode

    by, code = Actor.employer(user), QueryCode.of_nobody()
    values = {
        "name": "张示例", "scheme_from": "employee", "origin": "990100", "destination": "350500",
        "stopped_on": "2025-08-31", "enrolled_on": "2025-09-01", "contact_email": "a@example.org",
    }  # fmt: skip
    with transaction.atomic():
        began = time.perf_counter()
        for number in numbers:
            given = submission_of({**values, "id_number": number}, user.employer_id)
            submit(given, by=by, at=AT, query_code=code)
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return len(numbers) / seconds


def megabytes(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def main(rows: int) -> None:
    with database():
        from django.db import connection, transaction

        from tests import factories
        from tests.intake.spreadsheets import AT, an_employer, as_text, as_workbook, uploaded, work
        from transfers.intake import batches
        from transfers.models import BatchRow, TransferApplication

        def bare() -> None:
            with transaction.atomic():
                factories.applications(rows - BAD)
                transaction.set_rollback(True)

        factories.applications(1)
        at_least, _count, _made = timed(bare)
        print(f"bulk_create of {rows - BAD:,} people and applications: {at_least:.2f} s")
        user, table = an_employer(), rows_of(rows)
        work()  # everything that is loaded once
        before = megabytes(resource.RUSAGE_SELF)
        for kind, content in (("CSV", as_text(table)), ("XLSX", as_workbook(table))):
            batch = uploaded(user, content)
            worked = time.process_time()
            seconds, count, _run = timed(work)
            batch.refresh_from_db()
            bad = batch.rows.filter(state=BatchRow.State.BAD).count()
            print(
                f"{kind} of {len(content) / 1024:,.0f} KB read and checked: {seconds:.1f} s"
                f" ({time.process_time() - worked:.1f} s of the process), {count} statements,"
                f" {bad} bad rows of {batch.rows_total:,}; peak {megabytes(resource.RUSAGE_SELF):.0f} MB"
                f" (+{megabytes(resource.RUSAGE_SELF) - before:.0f}),"
                f" the reading child {megabytes(resource.RUSAGE_CHILDREN):.0f} MB"
            )
        seconds, count, file = timed(lambda: batches.annotated(batch))
        print(f"annotated file of {len(file) / 1024:,.0f} KB: {seconds:.1f} s, {count} statements")
        tidy()
        worked = time.process_time()
        batches.hand_in(batch, at=AT)
        seconds, count, _run = timed(lambda: work(36_000))
        worked = time.process_time() - worked
        cases = TransferApplication.objects.filter(channel="batch").count()
        print(
            f"{cases:,} rows handed in: {seconds:.1f} s ({worked:.1f} s of the process),"
            f" {cases / seconds:.0f} cases/s ({cases / worked:.0f} a second of the process),"
            f" {count} statements, {seconds / at_least:.1f} x bulk_create;"
            f" peak {megabytes(resource.RUSAGE_SELF):.0f} MB"
        )
        assert cases == rows - BAD
        if connection.vendor == "postgresql":
            bare = bare_insert()
            print(f"same rows, bare: {bare:.2f} s; the batch took {seconds / bare:.1f} x that")
        single = one_by_one(numbers(rows + SAMPLE)[-SAMPLE:], user)
        print(
            f"one by one: {single:.0f} cases/s; the batch is {cases / seconds / single:.1f} x that"
        )
        seconds, count, file = timed(lambda: batches.export(batch, "xlsx"))
        print(f"export of {len(file) / 1024:,.0f} KB: {seconds:.1f} s, {count} statements")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
