"""Quotes whose pay-by date has passed, quoted anew in one go: set-based, a chunk a transaction.

A chunk is read, worked out in memory and written with a handful of statements. A case that somebody
works on is left for the next run; one that cannot be quoted does not keep the others.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from transfers.models.alerts import OutboxMessage
from transfers.models.events import ActorKind
from transfers.policy import remembered
from transfers.workflow.news import announce

from . import letters, quoting
from .cases.door import waiting_transfers
from .growing import follow
from .letters import Facts
from .models import ArrearsCase, ArrearsEvent, ArrearsMonth, Quote
from .policy import resolve
from .quoting import Covered
from .reminders import stuck_letters
from .rules.assessment import assess
from .rules.parts import left
from .rules.rows import Row
from .rules.states import QUOTED, Action

CHUNK = 500


@dataclass
class Requoted:
    """What a run did: cases quoted anew, and what went wrong with single ones."""

    cases: int = 0
    errors: list[Exception] = field(default_factory=list)


def requote(now: datetime, *, chunk: int = CHUNK, seconds: float | None = None) -> Requoted:
    """Quote anew every case whose newest quote has lapsed. Safe to run again, and twice at once.

    After `seconds` no new chunk is begun; the next run goes on.
    """
    done = Requoted()
    cases: list[ArrearsCase] = []
    last = after = 0
    until = None if seconds is None else time.monotonic() + seconds
    while until is None or time.monotonic() < until:
        try:
            with remembered(), transaction.atomic():
                cases = _lapsed(localdate(now), last, chunk)
                if not cases:
                    return done
                after, last = last, cases[-1].pk
                run = _requote(cases, now)
        except Exception as error:  # noqa: BLE001 - kept, or found again in the one case it is of
            if len(cases) == 1:
                done.errors.append(error)
                continue
            # Something of one case broke the statement for all: the same chunk, case by case.
            last, chunk = after, 1
            continue
        done.cases += run.cases
        done.errors += run.errors
    return done


def _lapsed(today: date, after: int, chunk: int) -> list[ArrearsCase]:
    """The next cases that nobody holds. SQLite has one writer at a time and locks no rows."""
    rows = ArrearsCase.objects.filter(state__in=QUOTED, next_on__lt=today, pk__gt=after)
    held = rows.select_related("agency").select_for_update(of=("self",), skip_locked=True)
    return list(held.order_by("pk")[:chunk])


def _requote(cases: list[ArrearsCase], now: datetime) -> Requoted:
    done = Requoted()
    today = localdate(now)
    before = {case.pk: (case.to_month, case.resumed_month) for case in cases}
    claimed = follow(cases, today)
    newest = _newest(cases)
    covered = quoting.covered_by(cases)
    under = {each.quote_id for parts in covered.values() for each in parts}
    rows = quoting.rows_of_quotes(under)
    changed: list[ArrearsCase] = []
    quotes: list[Quote] = []
    events: list[ArrearsEvent] = []
    messages: list[OutboxMessage] = []
    for case in cases:
        try:
            made = _one(case, newest[case.pk], covered.get(case.pk, []), rows, now, today)
        except Exception as error:  # noqa: BLE001 - raised by the task, together with the others
            error.add_note(f"arrears case {case.pk}")
            done.errors.append(error)
            continue
        if made is None:
            messages += stuck_letters(case, newest[case.pk].version, now)
            continue
        quote, event, written = made
        changed.append(case)
        quotes.append(quote)
        events.append(event)
        messages += written
    kept = {case.pk for case in changed}
    grown = [case for case in changed if before[case.pk] != (case.to_month, case.resumed_month)]
    ArrearsMonth.objects.bulk_create(month for month in claimed if month.case_id in kept)
    quoting.store(quotes)
    ArrearsEvent.objects.bulk_create(events)
    # A letter about a case that is stuck is there once, however many nights it is.
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
    _store(changed, grown)
    _tell_transfers(changed, events, now)
    done.cases = len(changed)
    return done


def _store(changed: list[ArrearsCase], grown: list[ArrearsCase]) -> None:
    """The cases as they are now: a statement for each pay-by date, and one for gaps that grew."""
    by_day: dict[date, list[int]] = {}
    for case in changed:
        assert case.next_on is not None
        by_day.setdefault(case.next_on, []).append(case.pk)
    for pay_by, ids in by_day.items():
        ArrearsCase.objects.filter(pk__in=ids).update(
            version=F("version") + 1, next_on=pay_by, next_provisional=False
        )
    if grown:
        ArrearsCase.objects.bulk_update(grown, ["to_month", "resumed_month"])


def _one(
    case: ArrearsCase,
    newest: Quote,
    covered: list[Covered],
    rows: dict[int, tuple[Row, ...]],
    now: datetime,
    today: date,
) -> tuple[Quote, ArrearsEvent, list[OutboxMessage]] | None:
    """One case worked out, nothing stored yet. None where the place's rules let nothing be paid back
    any more, or a month costs less than is paid for it: a person has to decide.
    """
    terms = resolve(case.pool_id, today)
    pay_by = quoting.pay_by_of(case, today, terms)
    found = assess(
        quoting.asked_of(case, pay_by), resolve(case.pool_id, pay_by),
        quoting.paid_of(covered, rows),
    )  # fmt: skip
    if not found.back_pay_allowed or quoting.surplus_of(found) is not None:
        return None
    quote = quoting.quote_of(case, found, version=newest.version + 1, by=None, at=now)
    rest = left(quoting.owed_of(found.rows), quoting.sums_of(covered))
    facts = Facts(
        case,
        quote=quote,
        left_fen=sum(each.fen for each in rest),
        rest=tuple(rest),
        fee_before_fen=newest.fee_employer_fen + newest.fee_person_fen,
        where=letters.where_of(case, pay_by),
    )
    before = str(case.state)
    case.claimed = True
    case.requote(pay_by=pay_by, provisional=False)
    case.claimed = False
    case.version += 1
    words = letters.told(Action.REQUOTE, facts)
    event = ArrearsEvent(
        case=case,
        seq=case.version,
        at=now,
        verb=Action.REQUOTE,
        from_state=before,
        to_state=case.state,
        actor=ActorKind.SYSTEM,
        facts={
            "quote": quote.version, "total_fen": quote.total_fen, "pay_by": pay_by.isoformat(),
        },
        shown_zh=words[0],
        shown_en=words[1],
    )  # fmt: skip
    stem = f"arrears:{case.reference}:{event.seq}"
    return quote, event, letters.letters(stem, case, case.agency, words, facts, now)


def _newest(cases: Iterable[ArrearsCase]) -> dict[int, Quote]:
    """The newest quote of each case. One query."""
    found: dict[int, Quote] = {}
    rows = Quote.objects.filter(case__in=list(cases)).order_by("case", "version")
    for quote in rows.defer("found"):
        found[quote.case_id] = quote
    return found


def _tell_transfers(cases: list[ArrearsCase], events: list[ArrearsEvent], now: datetime) -> None:
    """Applicants whose transfer waits read the new amount. One query, and those of each such transfer."""
    waiting = waiting_transfers(cases).in_bulk() if cases else {}
    if not waiting:
        return
    by_owner: dict[tuple[int, str], list[tuple[ArrearsCase, ArrearsEvent]]] = {}
    for case, event in zip(cases, events, strict=True):
        by_owner.setdefault((case.person_id, case.pool_id), []).append((case, event))
    for transfer in waiting.values():
        for case, event in by_owner.get((transfer.person_id, transfer.origin_id), ()):
            announce(transfer, at=now, zh=event.shown_zh, en=event.shown_en, note=case.reference)
