"""Taking applications in: one, or a chunk of a batch, by the same code and in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from ...documents.numbers import new_number
from ...models.alerts import OutboxMessage
from ...models.applications import Material, SideRecord, Submitter, TransferApplication
from ...models.events import ActorKind, Event
from ...models.papers import Paper
from ...models.people import Person
from ...models.regions import Agency
from ...models.steps import Step
from ...policy import once, remembered
from ...rules import identity
from ...rules.states import Action, Role, Side, State
from ...rules.steps import StepKind
from ...status import shown, situation_of
from .. import papers
from ..actors import Actor
from ..case import Case
from ..errors import NotAllowed, Problems, Refused
from ..query_codes import QueryCode
from ..references import new_reference
from .given import RECORD_FIELDS, Road, Submission, Submitted
from .rules import duplicate, open_roads, preload_pools, problems_of, told_by

_TRIES = 3

# Every table a submission writes to, each after those it points at.
_TABLES: tuple[type[models.Model], ...] = (
    TransferApplication, SideRecord, Material, Step, Event, OutboxMessage, Paper,
)  # fmt: skip


def submit(
    given: Submission, *, by: Actor, at: datetime, query_code: QueryCode | None = None
) -> Submitted:
    """Take an application in: case, both sides' records, both check clocks, event, message, receipt.

    `query_code` is a fresh one unless given. Raises Problems with every wrong answer; NotAllowed for a
    clerk of neither side.
    """
    (answer,) = submit_many([given], by=by, at=at, query_code=query_code)
    if isinstance(answer, Refused):
        raise answer
    return answer


def submit_many(
    given: Sequence[Submission], *, by: Actor, at: datetime, query_code: QueryCode | None = None
) -> list[Submitted | Refused]:
    """As `submit`, for many at once: each is taken in or refused by itself, in the order given.

    The number of statements does not grow with their number. Each gets a fresh query code, which takes
    a quarter of a second, unless they share a given one.
    """
    on = localdate(at)
    answers: dict[int, Submitted | Refused] = {}
    drafts: dict[int, _Draft] = {}
    with remembered():
        preload_pools({code for each in given for code in (each.origin, each.destination)})
        for place, each in enumerate(given):
            try:
                agencies = _checked(each, by, on)
            except Refused as refusal:
                answers[place] = refusal
            else:
                code = query_code or QueryCode.new()
                drafts[place] = _Draft(each, each.road, agencies, code)
        with transaction.atomic():
            people = _people({draft.number for draft in drafts.values()}, on)
            taken = open_roads(people)
            for place, draft in list(drafts.items()):
                if draft.road in taken:
                    answers[place] = Problems([duplicate()])
                    del drafts[place]
                taken.add(draft.road)
            made = _store(list(drafts.values()), people, by, at)
    answers |= {
        place: Submitted(application, draft.code.plain)
        for (place, draft), application in zip(drafts.items(), made, strict=True)
    }
    return [answers[place] for place in range(len(given))]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A submission that the rules let pass."""

    given: Submission
    road: Road
    agencies: dict[str, Agency]
    code: QueryCode

    @property
    def number(self) -> str:
        return self.road[0]


def _checked(given: Submission, by: Actor, on: date) -> dict[str, Agency]:
    """The agencies of the two pools. Raises Problems or NotAllowed."""
    problems, agencies = problems_of(given, on=on)
    if problems:
        raise Problems(problems)
    if by.kind is ActorKind.STAFF and not (
        by.agency_id in {agency.pk for agency in agencies.values()}
        and by.roles & {Role.CLERK, Role.SUPERVISOR}
    ):
        raise NotAllowed(
            _("A clerk can only take in applications from or to the own pool."), code="wrong_side"
        )
    if given.employer != (by.account.pk if by.account is not None else None):
        raise NotAllowed(_("An employer can only apply in its own name."), code="wrong_employer")
    return agencies


def _people(numbers: Collection[str], on: date) -> dict[str, Person]:
    """Their rows, made where there are none, and locked: until the transaction ends nobody else takes
    in an application of theirs. Always in one order, so that two chunks never wait for each other."""
    known = [identity.parse(number, on=on) for number in sorted(numbers)]
    Person.objects.bulk_create(
        [Person(id_number=each.number, sex=each.sex, birth_on=each.birth_on) for each in known],
        ignore_conflicts=True,
    )
    rows = Person.objects.select_for_update(no_key=True).filter(id_number__in=numbers)
    return {person.id_number: person for person in rows.order_by("id_number")}


def _store(
    drafts: Sequence[_Draft], people: dict[str, Person], by: Actor, at: datetime
) -> list[TransferApplication]:
    """Write each draft under a fresh reference, and its receipt under a fresh number.

    All are drawn again where somebody else stored one of them at this very moment.
    """
    on, count = localdate(at), len(drafts)
    for left in reversed(range(_TRIES)):
        references = _free(
            lambda: new_reference(on), TransferApplication.objects.all(), "reference", count
        )
        numbers = _free(
            lambda: new_number(Paper.Kind.RECEIPT, on), Paper.objects.all(), "number", count
        )
        rows: dict[type[models.Model], list[Any]] = defaultdict(list)
        for draft, reference, number in zip(drafts, references, numbers, strict=True):
            person = people[draft.number]
            for row in _rows(draft, person, reference, number, by, at):
                rows[type(row)].append(row)
        try:
            with transaction.atomic():
                for table in _TABLES:
                    table._default_manager.bulk_create(rows[table])
        except IntegrityError:
            if not left:
                raise
        else:
            break
    return rows[TransferApplication]


def _free(
    draw: Callable[[], str], stored: models.QuerySet[models.Model], field: str, count: int
) -> list[str]:
    """So many different numbers that nothing is stored under; the database has the last word."""
    found: list[str] = []
    for _try in range(_TRIES + 2):
        drawn = {draw() for _ in range(count - len(found))} - set(found)
        taken = stored.filter(**{f"{field}__in": drawn}).values_list(field, flat=True)
        found += drawn - set(taken)
        if len(found) == count:
            return found
    raise RuntimeError(f"no free {field} after {_TRIES + 2} tries")


def _rows(
    draft: _Draft, person: Person, reference: str, number: str, by: Actor, at: datetime
) -> Iterator[models.Model]:
    """Every row that a submission is, not stored yet."""
    given, account = draft.given, by.account
    origin, destination = draft.agencies["origin"], draft.agencies["destination"]
    application = TransferApplication(
        reference=reference,
        version=1,
        query_code_hash=draft.code.hashed,
        person=person,
        applicant_name=given.name.strip(),
        scheme_from=given.scheme_from,
        scheme_to=given.scheme_to,
        origin=origin.region,
        destination=destination.region,
        origin_agency=origin,
        destination_agency=destination,
        relocated_retiree=given.relocated_retiree,
        reason=given.reason,
        certificate_number=given.certificate_number,
        channel=given.channel,
        submitter=_submitter(by),
        submitted_by=by.user,
        submitted_agency_id=by.agency_id,
        employer=account,
        employer_name=account.name if account is not None else given.employer_name,
        employer_uscc=account.uscc if account is not None else given.employer_uscc,
        contact_phone=given.contact_phone,
        contact_email=given.contact_email,
        notify_by=told_by(given),
        language=given.language,
        submitted_at=at,
    )
    yield application
    for side, record in (
        (Side.ORIGIN, given.origin_record),
        (Side.DESTINATION, given.destination_record),
    ):
        told = dict(record or {})
        unknown = set(told) - RECORD_FIELDS
        if unknown:
            raise ValueError(f"a side's record has no {', '.join(sorted(unknown))}")
        told["id_number"] = identity.normalise(told.get("id_number", ""))
        yield SideRecord(application=application, side=side, **told)
    materials = list(dict.fromkeys(given.materials))
    for kind in materials:
        yield Material(application=application, kind=kind, received_at=at, received_by=by.user)
    case = Case(application, by, at)
    steps = [
        case.clock(StepKind.CHECK_ORIGIN, Side.ORIGIN),
        case.clock(StepKind.CHECK_DESTINATION, Side.DESTINATION),
    ]
    yield from steps
    # Of many who go the same way on one day the words are the same: nothing in them names the case.
    situation = replace(situation_of(application, at=at, steps=steps), reference="")
    words = once(("shown", situation), lambda: shown(situation))
    yield from case.telling(Action.SUBMIT, from_state="", to_state=State.APPLIED, shown=words)
    yield papers.receipt(case, number, materials, steps)


def _submitter(by: Actor) -> Submitter:
    if by.kind is ActorKind.STAFF:
        return Submitter.CLERK
    return Submitter.EMPLOYER if by.kind is ActorKind.EMPLOYER else Submitter.APPLICANT
