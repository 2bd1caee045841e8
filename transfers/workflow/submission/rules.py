"""What a submission must be like: the one set of rules for the form, the counter and the batches."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ...deadlines import calendars
from ...models.applications import Channel, MaterialKind, MoveReason, TransferApplication
from ...models.policies import TransferPolicy
from ...models.regions import Agency, Region
from ...policy import once, preload, resolve
from ...rules import identity
from ...rules import materials as required_materials
from ...rules.states import OPEN, Scheme
from .. import contact
from ..errors import Invalid
from .given import Road, Submission

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

# Free words and the columns that hold them; the others have a shape of their own.
_LONGEST = {"employer_name": 120, "certificate_number": 40}


def identity_problem(number: str, on: date) -> Any | None:
    """The sentence for a wrong identity number, or None."""
    try:
        found = identity.parse(number, on=on)
    except identity.IdentityError as error:
        return IDENTITY_SENTENCES[error.code]
    if found.is_example and settings.PRODUCTION:
        return IDENTITY_SENTENCES["province"]
    return None


def preload_pools(codes: Collection[str] | None = None) -> None:
    """Within `remembered`: read agency, terms and calendar of these places, or of all, in six queries."""
    offices, regions = Agency.objects.select_related("region"), Region.objects.all()
    if codes is not None:
        offices, regions = offices.filter(region__in=codes), regions.filter(pk__in=codes)
    agencies = {agency.region_id: agency for agency in offices}
    known = set(regions.values_list("pk", flat=True))
    for code in known.union(codes or ()):
        once(("agency", code), partial(agencies.get, code))
        once(("region", code), partial(known.__contains__, code))
    preload(TransferPolicy, agencies)
    calendars.preload(agencies)


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


def told_by(given: Submission) -> str:
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
    problems += contact.problems_of(given.contact_phone, given.contact_email, told_by(given))
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


def open_roads(numbers: Collection[str]) -> set[Road]:
    """The roads of the open applications of these people. One query for each thousand of them."""
    found: set[Road] = set()
    people = sorted(numbers)
    for start in range(0, len(people), 1_000):
        some = people[start : start + 1_000]
        rows = TransferApplication.objects.filter(person__id_number__in=some, state__in=OPEN)
        found.update(
            rows.values_list("person__id_number", "scheme_from", "origin_id", "destination_id")
        )
    return found


def open_already(given: Sequence[Submission]) -> set[int]:
    """Which of these submissions, by their place in the list, repeat an open application."""
    roads = [each.road for each in given]
    taken = open_roads({road[0] for road in roads})
    return {place for place, road in enumerate(roads) if road in taken}
