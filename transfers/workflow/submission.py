"""The first door: an application comes in. Every wrong answer is told at once, nothing half-written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from ..models.applications import (
    Channel,
    Material,
    MaterialKind,
    MoveReason,
    SideRecord,
    Submitter,
    TransferApplication,
)
from ..models.events import ActorKind
from ..models.people import Person
from ..models.policies import TransferPolicy
from ..models.regions import Agency, Region
from ..policy import once, preload, remembered, resolve
from ..rules import identity
from ..rules import materials as required_materials
from ..rules.states import OPEN, Action, Role, Scheme, Side, State
from ..rules.steps import StepKind
from . import contact, papers
from .actors import Actor
from .case import Case
from .errors import Invalid, NotAllowed, Problems
from .query_codes import QueryCode
from .references import new_reference

# What a side's record may be given with: see `models.applications.SideRecord`.
RECORD_FIELDS = frozenset(
    {
        "name", "id_number", "enrolled_on", "stopped_on", "paying", "in_arrears", "retired",
        "cover_year", "balance_fen",
    }
)  # fmt: skip

IDENTITY_SENTENCES: dict[str, Any] = {
    "length": _("Enter the 18-character ID; the last may be X."),
    "characters": _("Enter the 18-character ID; the last may be X."),
    "province": _("No identity number starts with these digits."),
    "birth_date": _("The date of birth in the number does not exist."),
    "future_birth": _("The date of birth in the number is in the future."),
    "check_digit": _("Check digit is wrong; please check what you typed."),
}

_EMPLOYEES_ONLY = _(
    "An employer can apply for the employee scheme only; for the resident scheme the person applies."
)
_REFERENCE_TRIES = 5

# Free words and the columns that hold them; the others have a shape of their own.
_LONGEST = {"employer_name": 120, "certificate_number": 40}


@dataclass(frozen=True, slots=True)
class Submission:
    """What is handed in. `origin` and `destination` are region codes; the records are what is known
    of each side so far, by `RECORD_FIELDS`."""

    id_number: str
    name: str
    scheme_from: str
    scheme_to: str
    origin: str
    destination: str
    channel: str = Channel.ONLINE
    relocated_retiree: bool = False
    reason: str = MoveReason.NEW_JOB
    certificate_number: str = ""
    employer_name: str = ""
    employer_uscc: str = ""
    employer: int | None = None  # the account it comes from, which also says name and code
    contact_phone: str = ""
    contact_email: str = ""
    notify_by: str = ""  # see `contact.usual_channel`
    language: str = "zh-hans"
    materials: tuple[str, ...] = ()
    origin_record: Mapping[str, Any] | None = None
    destination_record: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    application: TransferApplication
    query_code: str  # shown once; only its hash is kept


def identity_problem(number: str, on: date) -> Any | None:
    """The sentence for a wrong identity number, or None."""
    try:
        found = identity.parse(number, on=on)
    except identity.IdentityError as error:
        return IDENTITY_SENTENCES[error.code]
    if found.is_example and settings.PRODUCTION:
        return IDENTITY_SENTENCES["province"]
    return None


def preload_pools() -> None:
    """Within `remembered`: read every place's agency and terms now, in four queries for all of them.

    For whoever is about to ask `problems_of` about thousands of submissions.
    """
    agencies = {agency.region_id: agency for agency in Agency.objects.select_related("region")}
    for code in Region.objects.values_list("pk", flat=True):
        once(("agency", code), lambda code=code: agencies.get(code))
        once(("region", code), lambda: True)
    preload(TransferPolicy, agencies)


def _pool(code: str, field: str, problems: list[Invalid]) -> Agency | None:
    agency = once(
        ("agency", code),
        lambda: Agency.objects.select_related("region").filter(region=code).first(),
    )
    if agency is None or not agency.region.is_pool:
        known = once(("region", code), lambda: Region.objects.filter(pk=code).exists())
        sentence = (
            _("This place has no pool of its own; choose the city.")
            if known
            else _("This place is not known; choose one from the list.")
        )
        problems.append(Invalid(field, sentence, code="unknown_region"))
        return None
    return agency


def _told_by(given: Submission) -> str:
    return given.notify_by or contact.usual_channel(given.contact_phone, given.contact_email)


def problems_of(given: Submission, *, on: date) -> tuple[list[Invalid], dict[str, Agency]]:
    """Everything wrong with a submission, and the agencies of its two pools where they are known."""
    problems: list[Invalid] = []
    name = given.name.strip()
    if not name:
        problems.append(
            Invalid("name", _("Enter the name as on the identity card."), code="required")
        )
    elif len(name) > 60:
        problems.append(Invalid("name", _("The name is longer than 60 characters.")))
    if sentence := identity_problem(given.id_number, on):
        problems.append(Invalid("id_number", sentence, code="identity"))
    for field in ("scheme_from", "scheme_to"):
        if getattr(given, field) not in Scheme.values:
            problems.append(Invalid(field, _("Choose the scheme."), code="required"))
        elif given.employer is not None and getattr(given, field) == Scheme.RESIDENT:
            problems.append(Invalid(field, _EMPLOYEES_ONLY, code="employees_only"))
    agencies: dict[str, Agency] = {}
    for field in ("origin", "destination"):
        agency = _pool(getattr(given, field), field, problems)
        if agency is not None:
            agencies[field] = agency
    if given.origin and given.origin == given.destination:
        problems.append(
            Invalid(
                "destination",
                _("Origin and destination are the same pool; there is nothing to transfer."),
                code="same_pool",
            )
        )
    elif len(agencies) == 2:
        _check_channel(given, agencies, on, problems)
    problems += contact.problems_of(given.contact_phone, given.contact_email, _told_by(given))
    if given.employer_uscc and not identity.is_uscc(given.employer_uscc):
        problems.append(
            Invalid("employer_uscc", _("This is not a valid unified social credit code."))
        )
    for field, most in _LONGEST.items():
        if len(getattr(given, field)) > most:
            problems.append(
                Invalid(
                    field,
                    _("This is longer than %(n)d characters.") % {"n": most},
                    code="too_long",
                )
            )
    if given.reason not in MoveReason.values:
        problems.append(Invalid("reason", _("Say why you move."), code="required"))
    for material in given.materials:
        if material not in MaterialKind.values:
            problems.append(Invalid("materials", _("This kind of material is not known.")))
    if len(agencies) == 2:
        _check_materials(given, agencies, on, problems)
    return problems, agencies


def _check_materials(
    given: Submission, agencies: Mapping[str, Agency], on: date, problems: list[Invalid]
) -> None:
    """One problem that names everything missing."""
    missing = [
        str(MaterialKind(each.kind).label)
        for each in materials_for(given, [agency.region_id for agency in agencies.values()], on)
        if each.kind not in given.materials
    ]
    if missing:
        problems.append(
            Invalid(
                "materials",
                _("Materials are missing: %(materials)s.") % {"materials": "、".join(missing)},
                code="materials_incomplete",
            )
        )


def materials_for(
    given: Submission | TransferApplication, pools: Iterable[str], on: date
) -> tuple[required_materials.Requirement, ...]:
    """What must be handed in, with the sentence why. `pools`: codes of the two places."""
    return required_materials.required(
        required_materials.Facts(
            scheme_from=given.scheme_from,
            scheme_to=given.scheme_to,
            reason=given.reason,
            channel=given.channel,
            connected=all(resolve(pool, on).connected for pool in pools),
            by_employer=bool(given.employer_name) and given.channel == Channel.COUNTER,
        )
    )


def _check_channel(
    given: Submission, agencies: Mapping[str, Agency], on: date, problems: list[Invalid]
) -> None:
    """Online only where both sides are connected; else at the counter, with the certificate."""
    for agency in agencies.values():
        if resolve(agency.region_id, on).connected:
            continue
        if given.channel in (Channel.ONLINE, Channel.BATCH):
            problems.append(
                Invalid(
                    "origin" if agency is agencies["origin"] else "destination",
                    _(
                        "%(place)s is not connected to the platform. Please apply at the counter "
                        "with your enrolment certificate."
                    )
                    % {"place": agency.region.name},
                    code="use_offline_channel",
                )
            )
        elif not given.certificate_number:
            problems.append(
                Invalid(
                    "certificate_number",
                    _(
                        "%(place)s is not connected to the platform: the number of the enrolment "
                        "certificate is needed."
                    )
                    % {"place": agency.region.name},
                    code="required",
                )
            )


def duplicate() -> Invalid:
    return Invalid(
        "id_number",
        _("This person already has an open application."),
        code="open_application_exists",
    )


def open_already(given: Sequence[Submission]) -> set[int]:
    """Which of these submissions, by their place in the list, repeat an open application.

    One query for each thousand people.
    """
    numbers = [identity.normalise(each.id_number) for each in given]
    found: set[tuple[str, ...]] = set()
    for start in range(0, len(numbers), 1_000):
        rows = TransferApplication.objects.filter(
            person__id_number__in=numbers[start : start + 1_000], state__in=OPEN
        )
        found.update(
            rows.values_list("person__id_number", "scheme_from", "origin_id", "destination_id")
        )
    return {
        place
        for place, (number, each) in enumerate(zip(numbers, given, strict=True))
        if (number, each.scheme_from, each.origin, each.destination) in found
    }


def submit(
    given: Submission, *, by: Actor, at: datetime, query_code: QueryCode | None = None
) -> Submitted:
    """Take an application in: case, both sides' records, both check clocks, event, message.

    `query_code` is a fresh one unless given. Raises Problems with every wrong answer; NotAllowed for a clerk of neither side.
    """
    on = localdate(at)
    problems, agencies = problems_of(given, on=on)
    if problems:
        raise Problems(problems)
    origin, destination = agencies["origin"], agencies["destination"]
    if by.kind is ActorKind.STAFF and not (
        by.agency_id in (origin.pk, destination.pk) and by.roles & {Role.CLERK, Role.SUPERVISOR}
    ):
        raise NotAllowed(
            _("A clerk can only take in applications from or to the own pool."), code="wrong_side"
        )
    account = by.account
    if given.employer != (account.pk if account is not None else None):
        raise NotAllowed(_("An employer can only apply in its own name."), code="wrong_employer")
    code = query_code or QueryCode.new()
    with remembered(), transaction.atomic():
        number = identity.normalise(given.id_number)
        known = identity.parse(number, on=on)
        person, _created = Person.objects.get_or_create(
            id_number=number, defaults={"sex": known.sex, "birth_on": known.birth_on}
        )
        if open_already([given]):
            raise Problems([duplicate()])
        application = _store(
            TransferApplication(
                query_code_hash=code.hashed,
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
                notify_by=_told_by(given),
                language=given.language,
                submitted_at=at,
            ),
            on,
        )
        for side, record in (
            (Side.ORIGIN, given.origin_record),
            (Side.DESTINATION, given.destination_record),
        ):
            told = dict(record or {})
            unknown = set(told) - RECORD_FIELDS
            if unknown:
                raise ValueError(f"a side's record has no {', '.join(sorted(unknown))}")
            told["id_number"] = identity.normalise(told.get("id_number", ""))
            SideRecord.objects.create(application=application, side=side, **told)
        Material.objects.bulk_create(
            Material(application=application, kind=kind, received_at=at, received_by=by.user)
            for kind in dict.fromkeys(given.materials)
        )
        case = Case.claim(application, by, at)
        case.open(StepKind.CHECK_ORIGIN, Side.ORIGIN)
        case.open(StepKind.CHECK_DESTINATION, Side.DESTINATION)
        case.tell(Action.SUBMIT, from_state="", to_state=State.APPLIED)
        papers.issue_for(case, Action.SUBMIT)
    case.application.claimed = False
    return Submitted(case.application, code.plain)


def _submitter(by: Actor) -> Submitter:
    if by.kind is ActorKind.STAFF:
        return Submitter.CLERK
    return Submitter.EMPLOYER if by.kind is ActorKind.EMPLOYER else Submitter.APPLICANT


def _store(application: TransferApplication, on: date) -> TransferApplication:
    """Insert under a fresh reference; a reference already taken is drawn again."""
    for _try in range(_REFERENCE_TRIES):
        application.reference = new_reference(on)
        try:
            with transaction.atomic():
                application.save(force_insert=True)
        except IntegrityError as error:
            if TransferApplication.objects.filter(reference=application.reference).exists():
                continue
            if TransferApplication.objects.filter(
                person=application.person, state__in=OPEN
            ).exists():
                raise Problems([duplicate()]) from error
            raise
        return application
    raise RuntimeError(f"no free reference for {on} after {_REFERENCE_TRIES} tries")
