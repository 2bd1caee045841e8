"""The night's re-quote of 100,000 lapsed cases, beside writing as many of the same rows and no more.

Run with ``python -m tests.bench.bench_requote [cases] [--profile]``. It makes a database of its own
(see `bench_sweep`) and drops it. No two cases are alike where it costs something: one to six missed
months, two in three with a base of their own, each a different one, half of them through an employer,
who gets a letter as well, every fifth reader in English; every tenth has paid something.

*Bare* is what the database itself needs: the rows that the run wrote (quote, event, letters, and the
case's new day), written once more from a copy of them, a statement a table, with all constraints.
*Processor time* is that of the process that works the quotes out, without the database's.
"""

import cProfile
import pstats
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from tests.bench.bench_sweep import database, tidy, timed

BATCH = 5_000
PAY_BY, NOW = date(2025, 3, 20), "2025-03-21"
LAST = date(2025, 2, 1)  # month missed last


def fill(cases: int) -> None:
    """Cases as one real case is, each with person, months, event and quote of its own."""
    from arrears.models import ArrearsCase, ArrearsEvent, ArrearsMonth, Quote
    from arrears.quoting import months_of
    from tests.arrears.office import Office, month
    from tests.scenes import moment
    from transfers.models import Person, Receivable
    from transfers.policy import remembered

    office = Office()
    like = office.assessed(office.zhang(resumed_month=month("2025-03")))
    office.paid(like, 80_000)
    made = 1
    while made < cases:
        numbers = range(made, min(made + BATCH, cases))
        people = Person.objects.bulk_create(
            Person(id_number=f"9901001985{n:08d}", sex="male", birth_on=date(1985, 4, 12))
            for n in numbers
        )
        owed = Receivable.objects.bulk_create(
            Receivable(agency=like.agency, reference=f"QF{n:014d}") for n in numbers
        )
        rows = ArrearsCase.objects.bulk_create(
            _case(like, n, person, one)
            for n, person, one in zip(numbers, people, owed, strict=True)
        )
        ArrearsMonth.objects.bulk_create(
            ArrearsMonth(case=row, person_id=row.person_id, pool_id=row.pool_id, month=missed)
            for row in rows
            for missed in months_of(row)
        )
        ArrearsEvent.objects.bulk_create(
            ArrearsEvent(
                case=row, seq=seq, at=moment("2025-03-10"), verb="assess", to_state=row.state,
                actor="system",
            )
            for row in rows
            for seq in (1, 2)
        )  # fmt: skip
        with remembered():
            _quote(rows, moment("2025-03-10"))
        quotes = Quote.objects.filter(case__in=[row for row in rows if row.state == "partly_paid"])
        _pay(quotes.select_related("case__receivable"), office.user("finance"))
        made = numbers.stop
    assert moment(NOW).date() == PAY_BY + timedelta(days=1)
    tidy()


def _case(like: Any, n: int, person: Any, owed: Any) -> Any:
    from arrears.models import ArrearsCase
    from arrears.rules.periods import first_of

    given = {
        field.attname: getattr(like, field.attname)
        for field in ArrearsCase._meta.concrete_fields
        if field.attname not in ("id", "person_id", "receivable_id")
    }
    given |= {
        "reference": owed.reference,
        "from_month": first_of(LAST, -(n % 6)),
        "base_fen": None if n % 3 == 0 else 400_000 + 7 * n,
        "consecutive_before": n % 60,
        "state": "partly_paid" if n % 10 == 0 else "assessed",
        "language": "en" if n % 5 == 0 else "zh-hans",
        "version": 2,
    }
    if n % 2:
        given |= {
            "scheme": "flexible",
            "cause": "individual",
            "employer_name": "",
            "employer_email": "",
        }
    return ArrearsCase(person=person, receivable=owed, **given)


def _quote(rows: Sequence[Any], at: Any) -> None:
    from arrears import quoting
    from arrears.policy import resolve
    from arrears.rules.assessment import assess

    made = (assess(quoting.asked_of(row, PAY_BY), resolve(row.pool_id, PAY_BY)) for row in rows)
    quoting.store_all(
        [quoting.quote_of(row, found, version=1) for row, found in zip(rows, made, strict=True)],
        at=at,
    )


def _pay(quotes: Iterable[Any], clerk: Any) -> None:
    """The contribution of the first month of each quote, as the door records it."""
    from arrears.models import Allocation, Payment
    from arrears.quoting import rows_of
    from tests.scenes import moment
    from transfers.money import ledger
    from transfers.rules.ledger import Movement

    allocations = []
    payments = []
    for quote in quotes:
        first = rows_of(quote)[0]
        instruction = ledger.instruct(
            Movement.PAY_PRINCIPAL, by=clerk, at=moment("2025-03-20"),
            amount_fen=first.principal_fen, receivable=quote.case.receivable,
        )  # fmt: skip
        payment = Payment(
            case=quote.case, number=1, quote=quote, payer="employer", method="counter",
            amount_fen=first.principal_fen, paid_on=PAY_BY, principal=instruction,
            recorded_by=clerk, recorded_at=moment("2025-03-20"),
        )  # fmt: skip
        payments.append(payment)
        allocations += [
            Allocation(payment=payment, month=first.month, part=part, amount_fen=fen)
            for part, fen in (
                ("principal_employer", first.principal_employer_fen),
                ("principal_person", first.principal_person_fen),
            )
            if fen
        ]
    Payment.objects.bulk_create(payments)
    Allocation.objects.bulk_create(allocations)


# Tables of a run: the column of its moment, and what makes a row another one.
BARE = {
    "arrears_quote": ("made_at", {"version": "version + 1"}),
    "arrears_arrearsevent": ("at", {"seq": "seq + 1"}),
    "transfers_outboxmessage": ("created_at", {"key": "key || '.'"}),
}


def bare(at: Any) -> float:
    """Seconds for the same rows again, without working anything out; nothing of it is kept."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        for table, (moment, altered) in BARE.items():
            spelled = ", ".join(f"{altered.get(name, name)} AS {name}" for name in _columns(table))
            cursor.execute(
                f"CREATE TABLE bare_{table} AS SELECT {spelled} FROM {table} WHERE {moment} = %s",
                [at],
            )
    tidy()
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table in BARE:
            names = ", ".join(_columns(table))
            cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM bare_{table}")
        cursor.execute(
            "UPDATE arrears_arrearscase SET version = version + 1, next_on = next_on + 1"
            " WHERE id IN (SELECT case_id FROM bare_arrears_quote)"
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return took


def _columns(table: str) -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
    return [column.name for column in found if column.name != "id"]


def main(cases: int, profile: bool = False) -> None:
    with database():
        from arrears.lapsing import requote
        from arrears.models import Quote
        from tests.scenes import moment

        seconds, _statements, _none = timed(lambda: fill(cases))
        print(f"{cases:,} cases made in {seconds:.0f} s")
        profiler = cProfile.Profile()
        if profile:
            profiler.enable()
        processor = time.process_time()
        took, statements, run = timed(lambda: requote(moment(NOW)))
        processor = time.process_time() - processor
        if profile:
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
        assert run.cases == cases, run.errors[:3]
        assert Quote.objects.filter(version=2).count() == cases
        written = bare(moment(NOW))
        print(
            f"requote: {took:.1f} s, {statements} statements ({statements / cases:.4f} a case),"
            f" {cases / took:,.0f} cases/s, {cases / processor:,.0f} a second of processor time;"
            f" {took / written:.1f}× the bare rows ({written:.1f} s)"
        )
        again, statements, run = timed(lambda: requote(moment(NOW)))
        assert run.cases == 0
        print(f"with nothing lapsed: {again * 1000:.0f} ms, {statements} statements")


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    main(numbers[0] if numbers else 100_000, "--profile" in sys.argv)
