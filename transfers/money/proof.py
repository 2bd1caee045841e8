"""The proof that the books agree: every check one statement over all books. Amounts in fen.

A statement sees one moment, and every action on a case is one transaction, so a proof that runs beside
the day's work finds no break that is not there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.timezone import localdate

from ..models.alerts import OutboxMessage
from ..models.ledger import Account, Entry, Instruction, InstructionResolution
from ..models.proofs import BookProof, Break
from ..models.statements import Statement
from ..models.users import User
from ..rules.ledger import AccountKind, Movement
from ..rules.states import Role

# How long money may be on its way: the upper ends, in days, of the groups that the chart shows.
AGES = (2, 10, 30, 90)

# A statement that covers a day may be followed by one that books it a little later.
GRACE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that does not agree: whose it is, on which case, line or receivable, and the figures."""

    kind: Break.Kind
    agency: int
    application: int | None
    line: int | None
    receivable: int | None
    facts: dict[str, Any] = field(hash=False)

    @property
    def subject(self) -> "Subject":
        return self.kind, None if self.line else self.application, self.line, self.receivable


Subject = tuple[str, int | None, int | None, int | None]


_LEGS = """
WITH legs AS (
  SELECT e.instruction_id, COUNT(*) AS legs, SUM(e.amount_fen) AS total,
    SUM(CASE WHEN e.account_id = i.source_id THEN -e.amount_fen ELSE 0 END) AS out_fen,
    SUM(CASE WHEN e.account_id = i.target_id THEN e.amount_fen ELSE 0 END) AS in_fen
  FROM transfers_entry e JOIN transfers_instruction i ON i.id = e.instruction_id
  GROUP BY e.instruction_id)
SELECT a.agency_id, i.application_id, i.line_id, i.receivable_id, i.id AS instruction, i.amount_fen,
  COALESCE(l.legs, 0) AS legs, COALESCE(l.total, 0) AS total_fen
FROM transfers_instruction i
JOIN transfers_account a ON a.id = i.source_id
LEFT JOIN transfers_instructionresolution r ON r.instruction_id = i.id
LEFT JOIN legs l ON l.instruction_id = i.id
WHERE CASE WHEN r.outcome = 'posted'
  THEN l.legs IS NULL OR l.legs <> 2 OR l.total <> 0
    OR l.out_fen <> i.amount_fen OR l.in_fen <> i.amount_fen
  ELSE l.legs IS NOT NULL END
"""

_BALANCES = """
WITH sums AS (SELECT account_id, SUM(amount_fen) AS total FROM transfers_entry GROUP BY account_id)
SELECT a.agency_id, a.application_id, a.line_id, a.receivable_id, a.kind AS account,
  a.balance_fen, COALESCE(s.total, 0) AS entries_fen
FROM transfers_account a LEFT JOIN sums s ON s.account_id = a.id
WHERE a.balance_fen IS NOT NULL AND a.balance_fen <> COALESCE(s.total, 0)
"""

# What each state of the money asks of the accounts of its case.
_STATES = """
WITH held AS (
  SELECT application_id,
    SUM(CASE WHEN kind = 'transit' THEN balance_fen ELSE 0 END) AS transit,
    SUM(CASE WHEN kind = 'suspense' THEN balance_fen ELSE 0 END) AS suspense,
    SUM(CASE WHEN kind = 'person' THEN balance_fen ELSE 0 END) AS person,
    SUM(CASE WHEN kind = 'returned' THEN balance_fen ELSE 0 END) AS returned,
    SUM(CASE WHEN kind = 'paid_out' THEN balance_fen ELSE 0 END) AS paid_out
  FROM transfers_account WHERE application_id IS NOT NULL GROUP BY application_id),
cases AS (
  SELECT c.id, c.state, c.origin_agency_id, c.destination_agency_id,
    COALESCE(h.transit, 0) AS transit, COALESCE(h.suspense, 0) AS suspense,
    COALESCE(h.person, 0) AS person, COALESCE(h.returned, 0) AS returned,
    COALESCE(h.paid_out, 0) AS paid_out
  FROM transfers_transferapplication c LEFT JOIN held h ON h.application_id = c.id)
SELECT CASE WHEN b.state IN ('received', 'mismatched', 'matched', 'credited')
    THEN c.destination_agency_id ELSE c.origin_agency_id END AS agency_id,
  c.id AS application_id, NULL AS line_id, NULL AS receivable_id, c.state AS relation, b.state AS money, b.amount_fen,
  b.received_fen, c.transit, c.suspense, c.person, c.returned, c.paid_out
FROM cases c LEFT JOIN transfers_balancetransfer b ON b.application_id = c.id
WHERE NOT (
  CASE b.state
    WHEN 'not_due' THEN transit = 0 AND suspense = 0 AND person = 0 AND paid_out = 0
    WHEN 'pending' THEN transit = 0 AND suspense = 0 AND person = 0 AND paid_out = 0
    WHEN 'bounced' THEN transit = 0 AND suspense = 0 AND person = 0 AND paid_out = 0 AND returned > 0
    WHEN 'remitted' THEN transit > 0 AND suspense = 0 AND person = 0 AND paid_out = 0
    WHEN 'paying' THEN transit = b.amount_fen AND suspense = 0 AND person = 0 AND paid_out = 0
    WHEN 'received' THEN suspense = COALESCE(b.received_fen, -1) AND person = 0 AND paid_out = 0
    WHEN 'mismatched' THEN suspense = COALESCE(b.received_fen, -1) AND person = 0 AND paid_out = 0
    WHEN 'matched' THEN suspense = COALESCE(b.received_fen, -1) AND transit = 0 AND person = 0 AND paid_out = 0
    WHEN 'credited' THEN person = COALESCE(b.received_fen, -1) AND transit = 0 AND suspense = 0 AND paid_out = 0
    WHEN 'paid_out' THEN paid_out = b.amount_fen AND transit = 0 AND suspense = 0 AND person = 0
    ELSE transit = 0 AND suspense = 0 AND person = 0 AND paid_out = 0 AND returned = 0
  END)
  OR (c.state = 'balance_credited') <> (COALESCE(b.state, '') = 'credited')
  OR (c.state = 'paid_to_person') <> (COALESCE(b.state, '') = 'paid_out'
    AND c.state NOT IN ('transferred_out', 'discrepancy_raised'))
"""

_LINES = """
WITH suspended AS (
  SELECT line_id, SUM(balance_fen) AS held FROM transfers_account
  WHERE line_id IS NOT NULL GROUP BY line_id)
SELECT l.agency_id, l.application_id, l.id AS line_id, NULL AS receivable_id, l.outcome, l.amount_fen,
  i.kind AS movement, i.amount_fen AS booked_fen, COALESCE(s.held, 0) AS held_fen
FROM transfers_statementline l
LEFT JOIN transfers_instruction i ON i.id = l.instruction_id
LEFT JOIN transfers_instructionresolution r ON r.instruction_id = i.id
LEFT JOIN suspended s ON s.line_id = l.id
WHERE CASE
  WHEN l.outcome IN ('accepted', 'proven') THEN i.id IS NULL OR COALESCE(r.outcome, '') <> 'posted'
    OR i.kind NOT IN ('receive', 'bounce', 'return') OR i.amount_fen <> COALESCE(l.amount_fen, 0)
    OR COALESCE(i.application_id, 0) <> COALESCE(l.application_id, -1)
    OR COALESCE(s.held, 0) <> 0 OR EXISTS (SELECT 1 FROM transfers_instruction b
      JOIN transfers_instructionresolution d ON d.instruction_id = b.id AND d.outcome = 'posted'
      WHERE b.reverses_id = i.id)
  WHEN l.outcome = 'suspense' THEN COALESCE(s.held, 0) <> COALESCE(l.amount_fen, -1)
  ELSE COALESCE(s.held, 0) <> 0 END
"""

_STATEMENTS = (
    (Break.Kind.LEGS, _LEGS),
    (Break.Kind.BALANCE, _BALANCES),
    (Break.Kind.STATE, _STATES),
    (Break.Kind.LINE, _LINES),
)


def _by_statement() -> Iterator[Found]:
    for kind, sql in _STATEMENTS:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            names = [column[0] for column in cursor.description][4:]
            for agency, application, line, receivable, *figures in cursor.fetchall():
                facts = {
                    name: value if isinstance(value, str | None) else int(value)
                    for name, value in zip(names, figures, strict=True)
                }
                yield Found(kind, agency, application, line, receivable, facts)


def _unproven() -> Iterator[Found]:
    """Receipts booked by hand that the bank's own statement of that day does not show."""
    read_in = Statement.objects.filter(agency=OuterRef("target__agency"))
    latest = dict(Statement.objects.values_list("agency").annotate(Max("last_on")))
    receipts = (
        Instruction.objects.filter(
            kind=Movement.RECEIVE,
            resolution__outcome=InstructionResolution.Outcome.POSTED,
            reversed_by__isnull=True,
            statement_lines__isnull=True,
        )
        .annotate(on=TruncDate("made_at"))
        .filter(Exists(read_in.filter(first_on__lte=OuterRef("on"), last_on__gte=OuterRef("on"))))
        .values_list("target__agency", "application", "on", "pk", "amount_fen")
    )
    for agency, application, on, pk, amount_fen in receipts:
        seen_until = latest[agency]
        if seen_until is not None and seen_until >= on + GRACE:
            facts = {"instruction": pk, "amount_fen": amount_fen, "on": on.isoformat()}
            yield Found(Break.Kind.UNPROVEN, agency, application, None, None, facts)


CHECKS: tuple[Callable[[], Iterable[Found]], ...] = (_by_statement, _unproven)


def prove(at: datetime) -> BookProof:
    """Check all books, keep the report, open and clear breaks, and tell the finance of their owners.

    Nothing in the books is touched, whatever is found.
    """
    with _time_to_read():
        found = {each.subject: each for check in CHECKS for each in check()}
        figures = sums() | {"ages": ages(localdate(at))}
    with transaction.atomic():
        proof = BookProof.objects.create(
            started_at=at, finished_at=timezone.now(), figures=figures, breaks_found=len(found)
        )
        _keep(proof, found, at)
    return proof


@contextmanager
def _time_to_read() -> Iterator[None]:
    """Reading all books there are takes longer than a page may; the job has a limit of its own.

    SQLite ends no statement early, and a transaction would keep everybody else from writing.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _keep(proof: BookProof, found: dict[Subject, Found], at: datetime) -> None:
    known: dict[Subject, Break] = {
        (
            each.kind,
            None if each.line_id else each.application_id,
            each.line_id,
            each.receivable_id,
        ): each
        for each in Break.objects.filter(cleared_at__isnull=True)
    }
    gone = [each.pk for subject, each in known.items() if subject not in found]
    # What a proof that began later has found is not this one's to clear.
    Break.objects.filter(pk__in=gone, found_at__lte=at).update(cleared_at=at)
    # A proof at the same time may have been quicker with a break: it is kept, and told, once.
    Break.objects.bulk_create(
        [
            Break(
                kind=each.kind, agency_id=each.agency, application_id=each.application,
                line_id=each.line, receivable_id=each.receivable, facts=each.facts, found_in=proof, found_at=at,
            )
            for subject, each in found.items()
            if subject not in known
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    _tell(proof, at)


def _tell(proof: BookProof, at: datetime) -> None:
    """A message for everybody in the finance of the office that owns a new break."""
    finance = User.objects.filter(is_active=True, groups__name=Role.FINANCE)
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            key=f"break:{each.pk}:{user}", kind=OutboxMessage.Kind.BREAK, book_break=each,
            recipient_id=user, application_id=each.application_id, created_at=at, next_try_at=at,
        )
        for each in proof.breaks.all()
        for user in finance.filter(agency=each.agency_id).values_list("pk", flat=True)
    )  # fmt: skip


def sums() -> dict[str, int]:
    """What left the pools, came in unknown or was paid in, and where all of it is; no difference."""
    by_kind = dict(
        Entry.objects.order_by().values_list("account__kind").annotate(fen=Sum("amount_fen"))
    )
    fen = {kind.value: int(by_kind.get(kind.value) or 0) for kind in AccountKind}
    remitted, unknown, paid_in = -fen.pop("pool"), -fen.pop("outside"), -fen.pop("payer")
    return {
        "remitted_fen": remitted,
        "unknown_fen": unknown,
        "paid_in_fen": paid_in,
        **{f"{kind}_fen": amount for kind, amount in fen.items()},
        "difference_fen": remitted + unknown + paid_in - sum(fen.values()),
    }


@dataclass(frozen=True, slots=True)
class Age:
    """Money of one age: `up_to` days (None: older than all), how many amounts, how much."""

    up_to: int | None
    count: int
    amount_fen: int


def money_by_age(
    kind: AccountKind, today: date, *, agencies: Sequence[int] | None = None
) -> list[Age]:
    """What the transit or suspense accounts hold, by days since it was sent or arrived."""
    rows = Account.objects.filter(kind=kind, balance_fen__gt=0)
    if agencies is not None:
        case = Q(application__origin_agency__in=agencies)
        case |= Q(application__destination_agency__in=agencies)
        rows = rows.filter(case | Q(line__agency__in=agencies))
    since = "remitted_at" if kind is AccountKind.TRANSIT else "received_at"
    amounts = rows.annotate(
        since=F(f"application__balance__{since}"), booked_on=F("line__booked_on")
    ).values_list("since", "booked_on", "balance_fen")
    counts: dict[int | None, int] = dict.fromkeys((*AGES, None), 0)
    totals: dict[int | None, int] = dict.fromkeys((*AGES, None), 0)
    for since_at, booked_on, fen in amounts.iterator():
        day = localdate(since_at) if since_at is not None else booked_on
        days = (today - day).days if day is not None else AGES[-1] + 1
        group = next((up_to for up_to in AGES if days <= up_to), None)
        counts[group] += 1
        totals[group] += fen or 0
    return [Age(group, counts[group], totals[group]) for group in counts]


def ages(today: date) -> dict[str, list[list[int | None]]]:
    """Transit and suspense by age, as the report keeps it: [up to days, count, fen]."""
    return {
        kind.value: [[age.up_to, age.count, age.amount_fen] for age in money_by_age(kind, today)]
        for kind in (AccountKind.TRANSIT, AccountKind.SUSPENSE)
    }


def release(each: Break, *, by: User, reason: str, at: datetime) -> None:
    """Let a case go on although its break was found; the next proof looks again.

    Raises ValueError without a reason or where the break is cleared already.
    """
    if not reason.strip():
        raise ValueError("a release needs its reason")
    changed = Break.objects.filter(pk=each.pk, cleared_at__isnull=True).update(
        cleared_at=at, released_by=by, release_reason=reason.strip()
    )
    if not changed:
        raise ValueError("cleared already")
