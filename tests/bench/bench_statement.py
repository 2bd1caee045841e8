"""A bank statement of 5,000 lines: reading in, matching, booking.

Run with ``python -m tests.bench.bench_statement [lines]``. It makes a database of its own (see
`bench_sweep`) and drops it. Of the lines 92 % name a case and bring the exact amount, 3 % only a name
and the origin, 2 % another amount, 2 % nothing that anybody knows, 1 % cannot be read; a tenth as many
again tell of money that went out. Booking is measured on the first 500 exact lines.
"""

import sys
import time
import tracemalloc
from datetime import timedelta
from typing import Any

from tests.bench.bench_sweep import database, tidy, timed

BOOKED = 500


def fill(crew: Any, cases: int, at: Any) -> list[tuple[str, str, int]]:
    """Cases whose money is on its way, through the ledger's own triggers: reference, name, fen."""
    import uuid

    from tests import factories
    from transfers.models import (
        Account,
        BalanceTransfer,
        Instruction,
        InstructionResolution,
        TransferApplication,
    )

    rows = factories.applications(cases, submitted_at=at - timedelta(days=30))
    for n, row in enumerate(rows):
        row.reference = f"ZY20250929-{n:07d}"
        row.applicant_name = f"示例{chr(0x4E00 + n % 5000)}{chr(0x4E00 + n // 100)}"
    TransferApplication.objects.bulk_update(rows, ["reference", "applicant_name"], batch_size=200)
    then = at - timedelta(days=9)
    TransferApplication.objects.update(
        state="transferred_out", accepted_at=then, transferred_out_at=then
    )
    BalanceTransfer.objects.bulk_create(
        BalanceTransfer(
            application=row, disposition="transfer", due_reason="ordinary", state="remitted",
            amount_fen=100_000 + n, remitted_at=at,
        )
        for n, row in enumerate(rows)
    )  # fmt: skip
    pool = Account.objects.create(kind="pool", agency=rows[0].origin_agency, balance_fen=None)
    transit = Account.objects.bulk_create(
        Account(kind="transit", agency_id=row.origin_agency_id, application=row) for row in rows
    )
    maker, checker = crew.user("origin_finance"), crew.user("origin_finance2")
    sent = Instruction.objects.bulk_create(
        Instruction(
            key=uuid.uuid4(), kind="remit", application=row, attempt=1, source=pool, target=account,
            amount_fen=100_000 + n, made_by=maker, made_at=at,
        )
        for n, (row, account) in enumerate(zip(rows, transit, strict=True))
    )  # fmt: skip
    InstructionResolution.objects.bulk_create(
        InstructionResolution(instruction=each, outcome="posted", by=checker, at=at)
        for each in sent
    )
    tidy()
    return [(row.reference, row.applicant_name, 100_000 + n) for n, row in enumerate(rows)]


def rows_of(cases: list[tuple[str, str, int]]) -> list[list[str]]:
    """The table that the destination's bank would give out."""
    rows = []
    for n, (reference, name, fen) in enumerate(cases):
        amount, note, payer = (
            f"{fen / 100:,.2f}",
            f"医保转移 {reference} {name}",
            "示例市医疗保险基金",
        )
        kind = n % 100
        if kind >= 99:
            amount = "?"
        elif kind >= 97:
            note, payer = "货款", "某某科技有限公司"
        elif kind >= 95:
            amount = f"{fen / 100 + 1:,.2f}"
        elif kind >= 92:
            note = f"个人账户 {name}"
        rows.append(["2025-10-29", "", amount, payer, note, f"E{n:012d}"])
        if n % 10 == 0:
            rows.append(["2025-10-29", "5.00", "", "示例银行", "手续费", f"F{n:012d}"])
    return rows


def main(lines: int) -> None:
    with database():
        from django.db import transaction

        from tests.scenes import Scene, moment
        from tests.statement_files import COLUMNS, HEADER, read_in
        from transfers.models import StatementLine
        from transfers.money.statements.matching import rematch
        from transfers.tables import as_csv, as_xlsx
        from transfers.workflow import receipts

        at, crew = moment("2025-10-29", 14), Scene()
        seconds, _count, cases = timed(lambda: fill(crew, lines, at))
        print(f"{lines:,} cases with money on its way made in {seconds:.0f} s")
        header, rows = HEADER.split(","), rows_of(cases)
        user = crew.user("destination_finance")
        files = {"CSV": as_csv(header, rows), "XLSX": as_xlsx("明细", header, rows)}
        with transaction.atomic():
            read_in(user, content=files["CSV"])  # everything that is loaded once
            transaction.set_rollback(True)
        for kind, content in files.items():
            with transaction.atomic():
                worked = time.process_time()
                seconds, count, statement = timed(
                    lambda content=content: read_in(user, content=content)
                )
                found = list(statement.lines.values_list("state", flat=True))
                told = ", ".join(f"{found.count(state)} {state}" for state in sorted(set(found)))
                share = found.count("matched") / len(found)
                print(
                    f"{kind} of {len(content) / 1024:,.0f} KB, {len(found):,} receipts and"
                    f" {statement.left_out} outgoing: {seconds:.2f} s ({time.process_time() - worked:.2f} s of the process), {count} statements"
                    f" ({len(found) / seconds:,.0f} lines/s); {told};"
                    f" {share:.1%} matched without a hand"
                )
                transaction.set_rollback(True)
        for kind, content in files.items():
            tracemalloc.start()
            with transaction.atomic():
                read_in(user, content=content)
                transaction.set_rollback(True)
            print(f"{kind}: peak {tracemalloc.get_traced_memory()[1] / 1024**2:.0f} MB of objects")
            tracemalloc.stop()
        with transaction.atomic():
            statement = read_in(user, content=files["CSV"], columns=COLUMNS)
        tidy()
        seconds, count, changed = timed(lambda: rematch(statement, at=at))
        print(f"asking again: {seconds:.2f} s, {count} statements, {changed} changed")
        exact = statement.lines.filter(state="matched").order_by("pk")[:BOOKED]
        by = crew.actor("destination_finance")
        asked = list(exact.values_list("pk", flat=True))
        seconds, count, marked = timed(lambda: receipts.ask_to_accept(asked, by=by, at=at))
        print(f"{marked} marked to be booked: {seconds * 1000:.0f} ms, {count} statement")
        worked = time.process_time()
        seconds, count, run = timed(lambda: receipts.book_asked(at, seconds=3600))
        worked = time.process_time() - worked
        assert (run.booked, run.refused, run.errors) == (marked, 0, [])
        assert StatementLine.objects.filter(outcome="accepted").count() == marked
        print(
            f"{run.booked} receipts booked and matched: {seconds:.1f} s ({worked:.1f} s of the process),"
            f" {run.booked / seconds:.0f} cases/s, {count / run.booked:.0f} statements a case"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
