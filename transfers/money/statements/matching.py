"""What each receipt on a statement belongs to. A constant number of statements, however many lines.

In order: our reference in the note; else a person's name, the amount in transit and the origin's
name or account holder together, where exactly one case has all three; else nothing. The answer is a
proposal: money is booked by `workflow.receipts` alone, which asks again under the claim of the case.
A receipt that was booked by hand under the same bank reference is proven by its line.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, Subquery

from ...models.applications import TransferApplication
from ...models.ledger import Account, Instruction, InstructionResolution
from ...models.regions import Agency
from ...models.statements import BankAccount, Statement, StatementLine
from ...rules.balances import BalanceState
from ...rules.ledger import AccountKind, Movement
from .lines import Problem

if TYPE_CHECKING:
    from ...models.users import User

State, Outcome = StatementLine.State, StatementLine.Outcome

_REFERENCE = re.compile(r"ZY(\d{8})[-_.]?(\d{7})(?!\d)")
_SPACE = re.compile(r"\s+")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_ON_THE_WAY = (BalanceState.REMITTED, BalanceState.PAYING)
_BACK = (Movement.BOUNCE, Movement.RETURN)


@dataclass(frozen=True, slots=True)
class Case:
    """What matching knows of a case. Amounts in fen."""

    pk: int
    reference: str
    name: str
    origin: int
    destination: int
    state: str
    transit_fen: int
    missing_fen: int
    origin_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """A movement of a case that stands. `proven`: a line of a statement is tied to it."""

    pk: int
    kind: str
    amount_fen: int
    bank_reference: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Answer:
    state: StatementLine.State
    problem: str = ""
    case: int | None = None
    proves: int | None = None


def references_in(text: str) -> list[str]:
    """Every reference of ours in a note, each once, however the bank wrote dashes and widths."""
    said = _DASHES.sub("-", squeezed(text).upper())
    return list(dict.fromkeys(f"ZY{day}-{tail}" for day, tail in _REFERENCE.findall(said)))


def squeezed(text: str) -> str:
    """One width, no spaces."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


def _fetched(query: Q) -> list[Case]:
    """Cases with what is in transit and what the origin is called. One query."""
    in_transit = Account.objects.filter(application=OuterRef("pk"), kind=AccountKind.TRANSIT)
    holder = BankAccount.objects.filter(agency=OuterRef("origin_agency"), in_use=True)
    rows = (
        TransferApplication.objects.filter(query)
        .annotate(
            transit_fen=Subquery(in_transit.values("balance_fen")),
            holder=Subquery(holder.values("holder")[:1]),
        )
        .values_list(
            "pk", "reference", "applicant_name", "origin_agency", "destination_agency",
            "balance__state", "balance__amount_fen", "balance__received_fen", "transit_fen",
            "holder", "origin_agency__name_zh", "origin__name_zh",
        )
    )  # fmt: skip
    return [
        Case(
            pk, reference, squeezed(name), origin, destination, state or "", transit or 0,
            max(0, (due or 0) - (got or 0)), tuple(squeezed(word) for word in words if word),
        )
        for pk, reference, name, origin, destination, state, due, got, transit, *words in rows
    ]  # fmt: skip


def booked_on(cases: Iterable[int]) -> dict[int, list[Booked]]:
    """The receipts, bounces and returns of cases that stand. One query."""
    tied = StatementLine.objects.filter(instruction=OuterRef("pk"))
    posted = InstructionResolution.Outcome.POSTED
    rows = (
        Instruction.objects.filter(
            application__in=list(cases), kind__in=(Movement.RECEIVE, *_BACK),
            resolution__outcome=posted,
        )
        .exclude(reversed_by__resolution__outcome=posted)
        .annotate(proven=Exists(tied))
    )  # fmt: skip
    found: dict[int, list[Booked]] = defaultdict(list)
    for case, pk, kind, amount_fen, reference, proven in rows.values_list(
        "application_id", "pk", "kind", "amount_fen", "bank_reference", "proven"
    ):
        assert case is not None, "these movements are of cases"
        found[case].append(Booked(pk, kind, amount_fen, reference, proven))
    return found


def answer(line: StatementLine, case: Case, agency: int, booked: Sequence[Booked]) -> Answer:
    """What a line is to the case that it names."""
    if case.destination == agency:
        return _arrived(line, case, booked)
    if case.origin == agency:
        return _came_back(line, case, booked)
    return Answer(State.NO_MATCH, Problem.UNKNOWN_CASE)


def _arrived(line: StatementLine, case: Case, booked: Sequence[Booked]) -> Answer:
    receipts = [each for each in booked if each.kind == Movement.RECEIVE]
    equal = [each for each in receipts if each.amount_fen == line.amount_fen]
    for each in equal:
        if each.bank_reference == line.bank_reference and not each.proven:
            return Answer(State.MATCHED, case=case.pk, proves=each.pk)
    if equal:
        return Answer(State.DUPLICATE, Problem.RECEIVED, case.pk)
    if case.state == BalanceState.REMITTED:
        exact = line.amount_fen == case.transit_fen
        return Answer(State.MATCHED if exact else State.AMOUNT_DIFFERS, case=case.pk)
    if case.state == BalanceState.MISMATCHED and line.amount_fen == case.missing_fen:
        return Answer(State.MATCHED, case=case.pk)
    if case.state == BalanceState.PENDING:
        return Answer(State.NO_MATCH, Problem.NOT_REMITTED, case.pk)
    return Answer(State.NO_MATCH, Problem.OTHER_STATE, case.pk)


def _came_back(line: StatementLine, case: Case, booked: Sequence[Booked]) -> Answer:
    if case.state in _ON_THE_WAY:
        exact = line.amount_fen == case.transit_fen
        return Answer(State.MATCHED if exact else State.AMOUNT_DIFFERS, case=case.pk)
    back = [each for each in booked if each.kind in _BACK and each.amount_fen == line.amount_fen]
    for each in back:
        if not each.proven:
            return Answer(State.MATCHED, case=case.pk, proves=each.pk)
    if back:
        return Answer(State.DUPLICATE, Problem.RECEIVED, case.pk)
    return Answer(State.NO_MATCH, Problem.OTHER_STATE, case.pk)


def match(agency: Agency, lines: Sequence[StatementLine]) -> list[Answer]:
    """The answer for each line, in order; the lines stay as they are. Three queries."""
    named = [references_in(line.note) for line in lines]
    wanted = {reference for references in named for reference in references}
    ours = Q(origin_agency=agency) | Q(destination_agency=agency)
    found = _fetched(ours & Q(reference__in=wanted)) if wanted else []
    by_reference = {case.reference: case for case in found}
    booked = booked_on(case.pk for case in found) if found else {}
    by_amount = _candidates(
        agency,
        {
            line.amount_fen
            for line, references in zip(lines, named, strict=True)
            if not references and line.amount_fen
        },
    )
    answers, first = [], dict[tuple[int, int], int]()
    for place, (line, references) in enumerate(zip(lines, named, strict=True)):
        if references:
            cases = [by_reference[each] for each in references if each in by_reference]
            given = _named(line, cases, agency.pk, booked)
        else:
            given = _proposed(line, by_amount.get(line.amount_fen or 0, []))
        if given.proves is not None and first.setdefault((-1, given.proves), place) != place:
            given = Answer(State.DUPLICATE, Problem.RECEIVED, given.case)
        # Of two lines that would each bring the whole amount, one at most can be right.
        taken = (given.case or 0, line.amount_fen or 0)
        if given.state == State.MATCHED and first.setdefault(taken, place) != place:
            given = Answer(State.DUPLICATE, Problem.RECEIVED, given.case)
        answers.append(given)
    return answers


def _named(
    line: StatementLine, cases: list[Case], agency: int, booked: dict[int, list[Booked]]
) -> Answer:
    if not cases:
        return Answer(State.NO_MATCH, Problem.UNKNOWN_CASE)
    if len(cases) > 1:
        return Answer(State.NO_MATCH, Problem.TWO_REFERENCES)
    return answer(line, cases[0], agency, booked.get(cases[0].pk, []))


def _candidates(agency: Agency, amounts: set[int]) -> dict[int, list[Case]]:
    """The cases on the way to an agency by the amount in transit."""
    if not amounts:
        return {}
    found: dict[int, list[Case]] = defaultdict(list)
    query = Q(
        destination_agency=agency, balance__state=BalanceState.REMITTED,
        balance__amount_fen__in=amounts,
    )  # fmt: skip
    for case in _fetched(query):
        found[case.transit_fen].append(case)
    return found


def _proposed(line: StatementLine, cases: list[Case]) -> Answer:
    text = squeezed(line.payer) + "\n" + squeezed(line.note)
    fitting = [
        case
        for case in cases
        if case.name in text and any(word in text for word in case.origin_words)
    ]
    if len(fitting) == 1:
        return Answer(State.PROPOSED, case=fitting[0].pk)
    return Answer(State.NO_MATCH, Problem.SEVERAL if fitting else "")


def answer_for(line: StatementLine, application: TransferApplication) -> Answer:
    """What a line is to one case that a person names."""
    (case,) = _fetched(Q(pk=application.pk))
    return answer(line, case, line.agency_id, booked_on([case.pk]).get(case.pk, []))


def settle(line: StatementLine, given: Answer, *, by: "User | None", at: datetime) -> StatementLine:
    """Write an answer into a line, which the caller saves."""
    line.state, line.problem, line.application_id = given.state, given.problem, given.case
    if given.proves is not None:
        line.outcome, line.instruction_id = Outcome.PROVEN, given.proves
        line.decided_by, line.decided_at = by, at
    return line


def rematch(statement: Statement, *, at: datetime) -> int:
    """Ask again for the lines nobody has decided on, since cases move on; returns how many changed.

    What a person linked, asked to be booked, or what is a repetition or unreadable stays.
    """
    open_lines = (
        StatementLine.objects.filter(
            statement=statement, outcome="", accept_asked_at__isnull=True
        )
        .exclude(state=State.ERROR)
        .exclude(problem__in=(Problem.SEEN, Problem.LINKED))
    )  # fmt: skip
    lines = list(open_lines)
    if not lines:
        return 0
    before = [(line.state, line.problem, line.application_id, line.outcome) for line in lines]
    for line, given in zip(lines, match(statement.agency, lines), strict=True):
        settle(line, given, by=None, at=at)
    changed = [
        line
        for line, was in zip(lines, before, strict=True)
        if was != (line.state, line.problem, line.application_id, line.outcome)
    ]
    # The filter holds here as well: who decided meanwhile was first.
    open_lines.bulk_update(
        changed,
        ["state", "problem", "application", "outcome", "instruction", "decided_by", "decided_at"],
        batch_size=500,
    )
    return len(changed)
