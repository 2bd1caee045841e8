"""The night's re-quote of 100,000 lapsed cases, beside reading and writing as many rows and no more.

Run with ``python -m tests.bench.bench_requote [cases]``. It makes a database of its own (see
`bench_sweep`) and drops it. Every case misses two months; every tenth has paid some of them.
"""

import sys
from datetime import date, timedelta
from typing import Any

from tests.bench.bench_sweep import database, tidy, timed

BATCH = 5_000
PAY_BY, NOW = date(2025, 3, 20), "2025-03-21"


def fill(cases: int) -> None:
    """Cases as one real case is, each with person, months, event and quote of its own."""
    from arrears.models import Allocation, ArrearsCase, ArrearsEvent, ArrearsMonth, Payment, Quote
    from arrears.quoting import current_quote
    from tests.arrears.office import Office, month
    from tests.scenes import moment
    from transfers.models import Instruction, Person, Receivable
    from transfers.rules.ledger import Movement

    office = Office()
    case = office.assessed(office.zhang(resumed_month=month("2025-03")))
    quote = current_quote(case)
    assert quote is not None
    case = office.paid(case, 80_000)
    payment = Payment.objects.select_related("principal").get()
    made = 1
    while made < cases:
        count = min(BATCH, cases - made)
        people = Person.objects.bulk_create(
            Person(id_number=f"9901001985{made + n:08d}", sex="male", birth_on=date(1985, 4, 12))
            for n in range(count)
        )
        owed = Receivable.objects.bulk_create(
            Receivable(agency=case.agency, reference=f"QF{made + n:014d}") for n in range(count)
        )
        state = {True: "partly_paid", False: "assessed"}
        given = {
            field.attname: getattr(case, field.attname)
            for field in ArrearsCase._meta.concrete_fields
            if field.attname
            not in ("id", "reference", "person_id", "receivable_id", "state", "version")
        }
        rows = ArrearsCase.objects.bulk_create(
            ArrearsCase(
                **given, reference=one.reference, person=person, receivable=one, version=2,
                state=state[n % 10 == 0],
            )
            for n, (person, one) in enumerate(zip(people, owed, strict=True))
        )  # fmt: skip
        ArrearsMonth.objects.bulk_create(
            ArrearsMonth(case=row, person_id=row.person_id, pool_id=row.pool_id, month=month(name))
            for row in rows
            for name in ("2025-01", "2025-02")
        )
        ArrearsEvent.objects.bulk_create(
            ArrearsEvent(case=row, seq=seq, at=quote.made_at, verb="assess", to_state=row.state, actor="system")
            for row in rows
            for seq in (1, 2)
        )  # fmt: skip
        given = {
            field.attname: getattr(quote, field.attname)
            for field in Quote._meta.concrete_fields
            if field.attname not in ("id", "case_id")
        }
        quotes = Quote.objects.bulk_create(Quote(**given, case=row) for row in rows)
        partly = [pair for pair in zip(rows, quotes, strict=True) if pair[0].state == "partly_paid"]
        principal = payment.principal
        assert principal is not None
        payments = []
        for row, own in partly:
            instruction = _moved(row, principal, Movement.PAY_PRINCIPAL)
            payments.append(
                Payment(
                    case=row, number=1, quote=own, payer="employer", method="counter",
                    amount_fen=80_000, paid_on=PAY_BY, principal=instruction,
                    recorded_by_id=payment.recorded_by_id, recorded_at=payment.recorded_at,
                )
            )  # fmt: skip
        Payment.objects.bulk_create(payments)
        Allocation.objects.bulk_create(
            Allocation(payment=each, month=month("2025-01"), part=part, amount_fen=fen)
            for each in payments
            for part, fen in (("principal_employer", 64_000), ("principal_person", 16_000))
        )
        made += count
    assert Instruction.objects.count() == Payment.objects.count()
    assert moment(NOW).date() == PAY_BY + timedelta(days=1)
    tidy()


def _moved(row: Any, like: Any, movement: str) -> Any:
    """A pending movement of the receivable: what the payment row points at."""
    from transfers.money import ledger

    return ledger.instruct(
        movement, by=like.made_by, at=like.made_at, amount_fen=80_000, receivable=row.receivable
    )


def main(cases: int) -> None:
    with database():
        from arrears.lapsing import requote
        from arrears.models import Quote
        from tests.scenes import moment

        seconds, _statements, _none = timed(lambda: fill(cases))
        print(f"{cases:,} cases made in {seconds:.0f} s")

        def copy() -> None:
            """The same number of rows of the same size, read and written back to a table of no rules."""
            from django.db import connection

            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE copied AS SELECT * FROM arrears_quote")
                cursor.execute("SELECT COUNT(*) FROM copied")

        bare, _statements, _none = timed(copy)
        took, statements, run = timed(lambda: requote(moment(NOW)))
        assert run.cases == cases, run.errors[:3]
        assert Quote.objects.filter(version=2).count() == cases
        print(
            f"requote: {took:.0f} s, {statements} statements ({statements / cases:.3f} a case),"
            f" {cases / took:,.0f} cases/s; {took / bare:.0f}× copying as many quotes inside the"
            f" database ({bare:.1f} s)"
        )
        again, statements, run = timed(lambda: requote(moment(NOW)))
        assert run.cases == 0
        print(f"with nothing lapsed: {again * 1000:.0f} ms, {statements} statements")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
