"""Quotes whose pay-by date has passed, quoted anew in one go: set-based, a chunk a transaction.

A chunk is read, worked out in memory and written with a handful of statements. A case that somebody
works on is left for the next run; one that cannot be quoted does not keep the others.
"""

import json
import time
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.timezone import localdate

from transfers.models.alerts import OutboxMessage
from transfers.models.events import ActorKind
from transfers.models.regions import Agency
from transfers.policy import remembered
from transfers.workflow.news import announce

from . import quoting
from .cases.door import waiting_transfers
from .growing import follow, let_go
from .letters import Facts, Letter, Told, letters, outgoing, told, where_of
from .models import ArrearsCase, ArrearsEvent, ArrearsMonth, Quote
from .policy import resolve
from .quoting import Covered, Quoted
from .reminders import stuck_letters
from .rules.assessment import Assessment, assess
from .rules.parts import Part, by_part, left
from .rules.rows import Row
from .rules.states import QUOTED, Action, State
from .rules.terms import Terms
from .storing import insert

CHUNK = 1_000


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
    """The next cases that nobody holds, each with what its newest quote says. Two queries.

    SQLite has one writer at a time and locks no rows.
    """
    newest = Quote.objects.filter(case=OuterRef("pk")).order_by("-version")
    rows = ArrearsCase.objects.filter(state__in=QUOTED, next_on__lt=today, pk__gt=after).annotate(
        quoted=Subquery(newest.values("version")[:1]),
        fee_before_fen=Subquery(newest.values(fee=F("fee_employer_fen") + F("fee_person_fen"))[:1]),
    )
    held = rows.select_for_update(of=("self",), skip_locked=True)
    cases = list(held.order_by("pk")[:chunk])
    agencies = Agency.objects.in_bulk({case.agency_id for case in cases})
    for case in cases:
        case.agency = agencies[case.agency_id]
    return cases


def _requote(cases: list[ArrearsCase], now: datetime) -> Requoted:
    done = Requoted()
    today = localdate(now)
    before = {case.pk: (case.to_month, case.resumed_month) for case in cases}
    claimed = follow(cases, today)
    covered = quoting.covered_by([case for case in cases if case.state == State.PARTLY_PAID])
    under = {each.quote_id for parts in covered.values() for each in parts}
    rows = quoting.rows_of_quotes(under)
    night = _Night(now)
    made: list[_Made] = []
    stuck: list[OutboxMessage] = []
    for case in cases:
        try:
            one = night.work_out(case, covered.get(case.pk, []), rows)
        except Exception as error:  # noqa: BLE001 - raised by the task, together with the others
            error.add_note(f"arrears case {case.pk}")
            done.errors.append(error)
            continue
        if one is None:
            stuck += stuck_letters(case, case.quoted, now)
        else:
            made.append(one)
    kept = {one.case.pk for one in made}
    ArrearsMonth.objects.bulk_create(month for month in claimed if month.case_id in kept)
    # A letter about a case that is stuck is there once, however many nights it is.
    OutboxMessage.objects.bulk_create(stuck, ignore_conflicts=True)
    _store(made, now)
    _move(made, before)
    _tell_transfers(made, now)
    done.cases = len(made)
    return done


@dataclass(frozen=True, slots=True)
class _Made:
    """One case worked out anew, nothing of it stored yet."""

    case: ArrearsCase
    quote: Quoted
    words: Told
    letters: list[Letter]


@dataclass(frozen=True, slots=True)
class _Place:
    """What the cases of a pool have in common tonight. `terms` are those of the pay-by date."""

    pay_by: date
    terms: Terms
    where: Told


class _Night:
    """The working out of one chunk: what many cases share is found once."""

    def __init__(self, now: datetime) -> None:
        self.now, self.today = now, localdate(now)
        self._places: dict[tuple[str, bool], _Place] = {}

    def work_out(
        self, case: ArrearsCase, covered: list[Covered], rows: dict[int, tuple[Row, ...]]
    ) -> _Made | None:
        """One case. None where the place's rules let nothing be paid back any more, or a month costs
        less than is paid for it: a person has to decide.
        """
        place = self._place_of(case)
        found = assess(
            quoting.asked_of(case, place.pay_by), place.terms, quoting.paid_of(covered, rows)
        )
        if not found.back_pay_allowed or quoting.surplus_of(found) is not None:
            return None
        quote = quoting.quote_of(case, found, version=case.quoted + 1)
        owed = _left(quote, found, covered)
        facts = Facts(
            case,
            quote=quote,
            left_fen=sum(owed.values()),
            left=owed,
            fee_before_fen=case.fee_before_fen,
            where=place.where,
        )
        words = told(Action.REQUOTE, facts)
        stem = f"arrears:{case.reference}:{case.version + 1}"
        return _Made(
            case, quote, words, letters(stem, case, case.agency, words, facts, Action.REQUOTE)
        )

    def _place_of(self, case: ArrearsCase) -> _Place:
        key = case.pool_id, case.resumed_month is None
        place = self._places.get(key)
        if place is None:
            pay_by = quoting.pay_by_of(case, self.today, resolve(case.pool_id, self.today))
            place = _Place(pay_by, resolve(case.pool_id, pay_by), where_of(case, pay_by))
            self._places[key] = place
        return place


def _store(made: list[_Made], now: datetime) -> None:
    """The quotes, what happened, and the letters: a statement each."""
    quoting.store_all([one.quote for one in made], at=now)
    insert(
        ArrearsEvent(at=now, verb=Action.REQUOTE, actor=ActorKind.SYSTEM),
        ("case_id", "seq", "from_state", "to_state", "facts", "shown_zh", "shown_en"),
        (
            (case.pk, case.version + 1, state, state, _figures(one.quote), *one.words)
            for one in made
            for case, state in [(one.case, one.case.state)]
        ),
    )
    insert(outgoing(now), Letter._fields, (letter for one in made for letter in one.letters))


def _left(quote: Quoted, found: Assessment, covered: list[Covered]) -> dict[Part, int]:
    """What is left to pay of each part."""
    if covered:
        return by_part(left(quoting.owed_of(found.rows), quoting.sums_of(covered)))
    return {
        Part.PRINCIPAL_EMPLOYER: quote.principal_employer_fen,
        Part.PRINCIPAL_PERSON: quote.principal_person_fen,
        Part.FEE_EMPLOYER: quote.fee_employer_fen,
        Part.FEE_PERSON: quote.fee_person_fen,
    }


def _figures(quote: Quoted) -> str:
    return json.dumps({
        "quote": quote.version, "total_fen": quote.total_fen, "pay_by": quote.pay_by.isoformat(),
    })  # fmt: skip


def _move(made: list[_Made], before: dict[int, tuple[date, date | None]]) -> None:
    """The cases as they are now: a statement for each pay-by date, and one for gaps that grew or
    ended; months that are let go."""
    by_day: dict[date, list[int]] = {}
    for one in made:
        by_day.setdefault(one.quote.pay_by, []).append(one.case.pk)
    for pay_by, ids in by_day.items():
        ArrearsCase.objects.filter(pk__in=ids).update(
            version=F("version") + 1, next_on=pay_by, next_provisional=False
        )
    grown = [
        one.case
        for one in made
        if before[one.case.pk] != (one.case.to_month, one.case.resumed_month)
    ]
    if grown:
        ArrearsCase.objects.bulk_update(grown, ["to_month", "resumed_month"])
    shrunk = [case for case in grown if case.to_month < before[case.pk][0]]
    if shrunk:
        let_go(shrunk)


def _tell_transfers(made: list[_Made], now: datetime) -> None:
    """Applicants whose transfer waits read the new amount. One query, and those of each such transfer."""
    waiting = waiting_transfers([one.case for one in made]).in_bulk() if made else {}
    if not waiting:
        return
    by_owner: dict[tuple[int, str], list[_Made]] = {}
    for one in made:
        by_owner.setdefault((one.case.person_id, one.case.pool_id), []).append(one)
    for transfer in waiting.values():
        for one in by_owner.get((transfer.person_id, transfer.origin_id), ()):
            zh, en = one.words
            announce(transfer, at=now, zh=zh, en=en, note=one.case.reference)
