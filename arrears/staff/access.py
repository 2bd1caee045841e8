"""Whose arrears cases and people a reader may see. Everything else answers 404, as if it did not exist."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from transfers.models import Contribution, Person, TransferApplication
from transfers.staff.desk import Desk, desk_of

from ..models import ArrearsCase


class Reference:
    """The address part of a case: two letters, a day, a serial number; never the name of a model."""

    regex = r"[A-Z]{2}[0-9]{8}-[0-9]{7}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def visible(desk: Desk) -> QuerySet[ArrearsCase]:
    """The cases of the agencies in the reader's scope; by their numbers, which the index serves."""
    if not desk.sees_cases:
        return ArrearsCase.objects.none()
    ids = list(desk.agencies)
    one = Q(agency=ids[0]) if len(ids) == 1 else Q(agency__in=ids)
    return ArrearsCase.objects.filter(one)


def arrears_or_404(request: HttpRequest, reference: str) -> ArrearsCase:
    """The case with what every page of it shows, if the reader may see it. Raises Http404."""
    cases = visible(desk_of(request)).select_related(
        "person", "pool__parent__parent__parent", "agency"
    )
    case = cases.filter(reference=reference).first()
    if case is None:
        raise Http404
    return case


def pools_of(desk: Desk) -> dict[str, str]:
    """The pools in the reader's scope, code → name, the own one first."""
    agencies = sorted(desk.agencies.values(), key=lambda each: each.pk != desk.user.agency_id)
    return {each.region_id: each.region.name for each in agencies if each.region.is_pool}


def person_or_404(request: HttpRequest, pk: int) -> Person:
    """A person whom a pool in the reader's scope has on record, or a case of theirs is about."""
    desk = desk_of(request)
    person = Person.objects.filter(pk=pk).first()
    if person is None or not desk.sees_cases or not knows(desk, person):
        raise Http404
    return person


def knows(desk: Desk, person: Person) -> bool:
    """Whether the offices in the reader's scope have anything to do with a person."""
    ids = list(desk.agencies)
    return (
        Contribution.objects.filter(person=person, pool__in=pools_of(desk)).exists()
        or visible(desk).filter(person=person).exists()
        or TransferApplication.objects.filter(
            Q(origin_agency__in=ids) | Q(destination_agency__in=ids), person=person
        ).exists()
    )


def name_of(desk: Desk, person: Person) -> str:
    """The name under which the own agency knows a person, from its newest case; empty if it has none."""
    own = desk.user.agency_id
    case = ArrearsCase.objects.filter(person=person, agency=own).order_by("-pk").first()
    if case is not None:
        return case.name
    transfers = TransferApplication.objects.filter(
        Q(origin_agency=own) | Q(destination_agency=own), person=person
    )
    found = transfers.order_by("-pk").values_list("applicant_name", flat=True).first()
    return found or ""
