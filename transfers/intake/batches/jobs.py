"""The jobs of batches: a file is read and checked; good rows are handed in, chunk by chunk.

What there is to do stands in the database, so it does not matter who looks, how often, or when one of
them is killed. A job holds a batch by its lease, which spares two of them the same work; that no row is
handed in twice does not hang on it, but on the rows themselves: those of a chunk are locked, still good,
and become cases in one transaction.
"""

import logging
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from ...models.employers import Batch, BatchRow
from ...policy import remembered
from ...workflow.actions import submit_many
from ...workflow.actors import Actor
from ...workflow.errors import Refused
from ...workflow.query_codes import QueryCode
from .people import entries_of, refusal, submission_of
from .problems import file_problem, row_problem
from .sheet import Sheet, sheet_of

logger = logging.getLogger(__name__)

State = Batch.State
TO_DO = (State.WAITING, State.CHECKING, State.SUBMITTING)
LEASE = timedelta(minutes=3)
ROWS_A_TURN = (
    200  # about half a second: no job waits longer for another, no lease comes near its end
)
_INSERTED = 500


class RowFailed(Exception):  # noqa: N818 - what happened
    """A row could not be handed in for a reason that nobody foresaw. Says nothing of the person."""


@dataclass
class Run:
    """What one run did: rows checked or handed in, and whether something is left to do."""

    rows: int = 0
    left: bool = False
    errors: list[Exception] = field(default_factory=list)


def work(clock: Callable[[], datetime], *, seconds: float) -> Run:
    """Do what there is to do, about so many seconds long, every batch in its turn.

    A batch that fails does not keep the others; it is tried again when its lease is over.
    """
    run = Run()
    until = time.monotonic() + seconds
    while True:
        batch = _claim(clock())
        if batch is None:
            return run
        if time.monotonic() > until:
            _release(batch, clock())
            run.left = True
            return run
        try:
            if batch.state == State.CHECKING:
                run.rows += _check(batch, clock())
            else:
                run.rows += _hand_in(batch, clock, run.errors)
        except Exception as error:  # noqa: BLE001 - raised by the task, together with the others
            error.add_note(f"batch {batch.pk}")
            run.errors.append(error)


def _claim(now: datetime) -> Batch | None:
    """The batch whose turn it is, held until `leased_until`; None when there is nothing to do."""
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    waiting = Batch.objects.filter(free, state__in=TO_DO)
    for pk, state in waiting.order_by(
        F("leased_until").asc(nulls_first=True), "uploaded_at", "pk"
    ).values_list("pk", "state")[:20]:
        doing = State.SUBMITTING if state == State.SUBMITTING else State.CHECKING
        mine = Batch.objects.filter(free, pk=pk, state=state)
        if mine.update(state=doing, leased_until=now + LEASE):
            return Batch.objects.select_related("employer", "uploaded_by__employer").get(pk=pk)
    return None


def _release(batch: Batch, now: datetime, **done: object) -> bool:
    """Give a batch back, unless it is no longer ours; whoever waits longest is next."""
    mine = Batch.objects.filter(pk=batch.pk, state=batch.state, leased_until=batch.leased_until)
    return bool(mine.update(**{"leased_until": now, **done}))


# Reading and checking


def _check(batch: Batch, now: datetime) -> int:
    """Read a file and write all of its rows with all of their problems; all of it or nothing."""
    try:
        with batch.file.open("rb") as file:
            sheet = sheet_of(file.read())
    except FileNotFoundError:
        sheet = Sheet(
            problems=[file_problem("gone", _("The file is no longer kept here. Upload it again."))]
        )
    kept = sorted(sheet.places.values())  # no other column is needed, so no other is stored
    entries = entries_of(sheet, batch.employer_id, localdate(now)) if sheet.is_usable else []
    with transaction.atomic():
        held = _release(
            batch, now,
            state=State.CHECKED if sheet.is_usable else State.UNREADABLE,
            header=[sheet.header[place][:120] for place in kept], problems=sheet.problems,
            rows_total=len(entries) if sheet.is_usable else None, checked_at=now, leased_until=None,
        )  # fmt: skip
        if not held:  # discarded meanwhile, or somebody else is at it
            return 0
        BatchRow.objects.bulk_create(
            (
                BatchRow(
                    batch=batch,
                    number=entry.row.number,
                    state=BatchRow.State.BAD if entry.problems else BatchRow.State.GOOD,
                    cells=[entry.row[place] for place in kept],
                    values=entry.values,
                    problems=entry.problems,
                )
                for entry in entries
            ),
            batch_size=_INSERTED,
        )
    batch.file.delete(save=False)  # the rows hold what it said
    Batch.objects.filter(pk=batch.pk).update(file="")
    return len(entries)


# Handing in


def _hand_in(batch: Batch, clock: Callable[[], datetime], errors: list[Exception]) -> int:
    """The next good rows become cases; returns how many were dealt with.

    A row that breaks is over, goes to `errors`, and keeps no other row.
    """
    good = BatchRow.objects.filter(batch=batch, state=BatchRow.State.GOOD).order_by("number")
    broken: list[Exception] = []
    with remembered(), transaction.atomic():
        rows = list(good.select_for_update().defer("cells")[:ROWS_A_TURN])
        _become_cases(rows, batch, clock(), broken)
        _keep(rows)
    errors += broken
    if len(rows) < ROWS_A_TURN and not good.exists():
        now = clock()
        _release(batch, now, state=State.DONE, done_at=now, leased_until=None)
    else:
        _release(batch, clock())
    return len(rows)


def _keep(rows: Sequence[BatchRow]) -> None:
    """Write what became of each row; those that are cases now in one statement."""
    refused = [row for row in rows if row.state == BatchRow.State.REFUSED]
    BatchRow.objects.bulk_update(refused, ["state", "problems"])
    made = [(row.pk, row.application_id) for row in rows if row.application_id is not None]
    if made:
        values = ", ".join(["(%s, %s)"] * len(made))
        statement = f"""
            UPDATE transfers_batchrow SET state = %s, application_id = made.column2
            FROM (VALUES {values}) AS made WHERE transfers_batchrow.id = made.column1
        """  # noqa: S608 - nothing but places for values
        with connection.cursor() as cursor:
            cursor.execute(statement, [BatchRow.State.SUBMITTED, *chain.from_iterable(made)])


def _become_cases(
    rows: Sequence[BatchRow], batch: Batch, now: datetime, broken: list[Exception]
) -> None:
    """Each row becomes a case, or is refused with the sentences why; nothing is written of the rows
    themselves. Where something breaks, each half is tried alone, down to the row that does it."""
    by, code = Actor.employer(batch.uploaded_by), QueryCode.of_nobody()
    failure: Exception | None = None
    try:
        given = [submission_of(row.values, batch.employer_id) for row in rows]
        with transaction.atomic():
            answers = submit_many(given, by=by, at=now, query_code=code)
    except (OperationalError, InterfaceError):
        raise  # the database's trouble, not a row's: it is tried again
    except Exception as error:  # noqa: BLE001 - one row must not keep the others for ever
        failure = error
    if failure is None:
        for row, each, answer in zip(rows, given, answers, strict=True):
            if isinstance(answer, Refused):
                row.state = BatchRow.State.REFUSED
                row.problems = refusal(each, answer, localdate(now))
            else:
                row.state, row.application = BatchRow.State.SUBMITTED, answer.application
    elif len(rows) > 1:
        half = len(rows) // 2
        _become_cases(rows[:half], batch, now, broken)
        _become_cases(rows[half:], batch, now, broken)
    else:
        (row,) = rows
        row.state, row.problems = BatchRow.State.REFUSED, [_failed(batch, row)]
        broken.append(_without_its_words(failure, row.pk))


def _failed(batch: Batch, row: BatchRow) -> dict[str, str]:
    return row_problem(
        "name", "failed",
        _("The row could not be handed in. Tell the office: batch %(reference)s and row %(row)s."),
        reference=batch.reference, row=row.number,
    )  # fmt: skip


def _without_its_words(error: Exception, pk: int) -> RowFailed:
    """The error for whoever looks after the system: its kind and place, as its words may name people."""
    kind = type(error).__name__
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Row %s could not be handed in: %s\n%s", pk, kind, place)
    return RowFailed(f"row {pk}: {kind}")
