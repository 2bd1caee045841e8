"""Proving the books of 100,000 cases, beside reading the same entries once.

Run with ``python -m tests.bench.bench_proof [cases]``. It makes a database of its own (see
`bench_sweep`) and drops it. Every case went from remitted to credited or stands somewhere between, all
through the ledger's own triggers; then ten breaks are planted past them.
"""

import random
import statistics
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.bench_sweep import database, tidy, timed

ROUNDS = 5
BATCH = 5_000
AT = datetime(2025, 11, 3, 2, 30, tzinfo=UTC)


def fill(cases: int) -> None:
    """Cases in every state of the money, a thousand of each in ten, by set-based statements."""
    from django.db import connection

    from tests import factories
    from tests.scenes import Scene
    from transfers.models import BalanceTransfer

    crew = Scene()
    made, states = 0, ("pending", "remitted", "received", "matched", "credited", "bounced")
    while made < cases:
        count = min(BATCH, cases - made)
        rows = factories.applications(count, submitted_at=AT - timedelta(days=60))
        BalanceTransfer.objects.bulk_create(
            BalanceTransfer(
                application=row, disposition="transfer", due_reason="ordinary",
                amount_fen=1_000 + n, remitted_at=AT - timedelta(days=n % 120),
                received_at=AT - timedelta(days=n % 7),
                received_fen=1_000 + n if states[n % 6] in states[2:5] else None,
                state=states[n % 6],
                settled_at=AT if states[n % 6] == "credited" else None,
            )
            for n, row in enumerate(rows)
        )  # fmt: skip
        made += count
    people = {name: crew.user(name).pk for name in crew.crew}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE transfers_transferapplication a SET state = 'balance_credited',"
                       " accepted_at = submitted_at, transferred_out_at = submitted_at,"
                       " transferred_in_at = submitted_at, closed_at = submitted_at,"
                       " merged_months = 1 FROM transfers_balancetransfer b"
                       " WHERE b.application_id = a.id AND b.state = 'credited'")  # fmt: skip
        for kind, side in (("transit", "origin"), ("suspense", "destination"),
                           ("person", "destination"), ("returned", "origin")):  # fmt: skip
            cursor.execute(
                "INSERT INTO transfers_account (kind, agency_id, application_id, balance_fen)"
                f" SELECT %s, {side}_agency_id, id, 0 FROM transfers_transferapplication",
                [kind],
            )
        cursor.execute("INSERT INTO transfers_account (kind, agency_id, balance_fen) SELECT DISTINCT"
                       " 'pool', origin_agency_id, NULL::bigint"
                       " FROM transfers_transferapplication")  # fmt: skip
        for kind, source, target, maker, checker, which in (
            ("remit", "pool", "transit", "origin_finance", "origin_finance2",
             "'remitted','received','matched','credited','bounced'"),
            ("receive", "transit", "suspense", "destination_finance", "destination_finance",
             "'received','matched','credited'"),
            ("credit", "suspense", "person", "destination_finance", "destination_finance2",
             "'credited'"),
            ("bounce", "transit", "returned", "origin_finance", "origin_finance", "'bounced'"),
        ):  # fmt: skip
            own = "s.agency_id = c.origin_agency_id AND s.application_id IS NULL"
            joined = own if source == "pool" else "s.application_id = c.id"
            cursor.execute(
                "INSERT INTO transfers_instruction (key, kind, application_id, attempt, source_id,"
                " target_id, amount_fen, bank_reference, made_by_id, made_at)"
                " SELECT gen_random_uuid(), %s, c.id, 1, s.id, t.id, b.amount_fen, '', %s, %s"
                " FROM transfers_transferapplication c"
                " JOIN transfers_balancetransfer b ON b.application_id = c.id"
                f" AND b.state IN ({which})"
                f" JOIN transfers_account s ON {joined} AND s.kind = %s"
                " JOIN transfers_account t ON t.application_id = c.id AND t.kind = %s",
                [kind, people[maker], AT - timedelta(days=9), source, target],
            )
            cursor.execute(
                "INSERT INTO transfers_instructionresolution (instruction_id, outcome, by_id, at)"
                " SELECT id, 'posted', %s, made_at FROM transfers_instruction WHERE kind = %s",
                [people[checker], kind],
            )
    tidy()


def plant() -> None:
    """Ten breaks, each on a case of its own, past every trigger."""
    from django.db import connection, transaction

    from transfers.models import BalanceTransfer

    received = list(
        BalanceTransfer.objects.filter(state="received").values_list("application", flat=True)
    )
    one, two, three, four, five, six, seven, eight, nine, ten = random.Random(7).sample(
        received, 10
    )
    leg = (
        "transfers_entry WHERE account_id = (SELECT id FROM transfers_account"
        " WHERE application_id = %s AND kind = 'suspense')"
    )
    resolution = (
        "transfers_instructionresolution WHERE instruction_id = (SELECT id FROM"
        " transfers_instruction WHERE application_id = %s AND kind = 'receive')"
    )
    set_leg = f"UPDATE {leg}".replace(" WHERE", " SET amount_fen = 5 WHERE", 1)
    balance = "UPDATE transfers_balancetransfer SET {} WHERE application_id = %s"
    account = (
        "UPDATE transfers_account SET balance_fen = balance_fen + 1"
        " WHERE application_id = %s AND kind = '{}'"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for sql, case in (
            (f"DELETE FROM {leg}", one),
            (set_leg, two),
            (f"DELETE FROM {resolution}", three),
            (account.format("suspense"), four),
            (account.format("person"), five),
            (balance.format("state = 'pending'"), six),
            (balance.format("received_fen = received_fen + 1"), seven),
            (balance.format("state = 'bounced'"), eight),
            (balance.format("state = 'credited', settled_at = received_at"), nine),
            (balance.format("state = 'remitted'"), ten),
        ):
            cursor.execute(sql, [case])
            assert cursor.rowcount == 1, sql


def main(cases: int) -> None:
    with database():
        from django.db import connection

        from transfers.models import Break, Entry
        from transfers.money.proof import prove

        seconds, _statements, _none = timed(lambda: fill(cases))
        print(f"{cases:,} cases, {Entry.objects.count():,} entries made in {seconds:.0f} s")

        def read_once() -> Any:
            with connection.cursor() as cursor:
                cursor.execute("SELECT SUM(amount_fen), COUNT(*) FROM transfers_entry")
                return cursor.fetchone()

        bare = statistics.median(timed(read_once)[0] for _round in range(ROUNDS))
        runs = [timed(lambda: prove(AT)) for _round in range(ROUNDS)]
        took = statistics.median(run[0] for run in runs)
        assert all(run[2].breaks_found == 0 for run in runs), Break.objects.all()[:5]
        print(f"prove: {took:.2f} s, {runs[0][1]} statements, 0 breaks;"
              f" {took / bare:.0f}× reading every entry once ({bare * 1000:.0f} ms)")  # fmt: skip
        plant()
        seconds, statements, proof = timed(lambda: prove(AT))
        cases_found = set(Break.objects.values_list("application", flat=True))
        kinds = sorted(Break.objects.values_list("kind", flat=True))
        print(f"after ten planted breaks: {len(cases_found)} cases found, {proof.breaks_found} breaks"
              f" ({', '.join(f'{kinds.count(k)} {k}' for k in sorted(set(kinds)))}),"
              f" {seconds:.2f} s, {statements} statements")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
