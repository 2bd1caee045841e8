"""A person's months in a pool: paid, deemed, missing, twice; and each gap with the way to a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from transfers.models import Contribution, Person, TransferApplication
from transfers.rules.months import Span, doubled, months_of, spelled
from transfers.rules.states import Scheme
from transfers.staff.access import CASE_READERS, for_roles
from transfers.staff.desk import Desk, desk_of
from transfers.staff.pages import page_context

from ..gaps import Gap, coverage, gaps_of, spans
from ..models import ArrearsCase
from ..rules.reasons import Cause
from .access import name_of, person_or_404, pools_of, visible
from .grids import Grid, grid


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap with what opening a case of it asks: the scheme of the months before, and the cause."""

    gap: Gap
    scheme: str

    @property
    def causes(self) -> list[tuple[str, Any]]:
        """The likeliest first: an employer pays for employees, the flexible for themselves."""
        return [choice for choice in Cause.choices if self._likely(choice[0])]

    def _likely(self, cause: str) -> bool:
        return cause != Cause.EMPLOYER or self.scheme == Scheme.EMPLOYEE


@dataclass(frozen=True, slots=True)
class Record:
    """What one pool has on record of a person. `opens`: whether the reader may open cases here."""

    person: Person
    pool: str
    name: str
    grid: Grid | None
    twice: str
    gaps: list[GapRow]
    opens: bool


def record_of(desk: Desk, person: Person, pool: str, name: str) -> Record:
    """The record of one pool. Five queries."""
    held, known = spans(person, pool), coverage(person, pool)
    found = gaps_of(person, pool, until=desk.today, known=known)
    asked = [month for gap in found if gap.case for month in _asked(gap.case)]
    schemes = _schemes(person, pool)
    own = desk.agency is not None and desk.agency.region_id == pool
    return Record(
        person=person,
        pool=pool,
        name=name,
        grid=grid(held, until=desk.today, other=asked, away=known.months_away(desk.today)),
        twice=spelled(doubled(held)),
        gaps=[GapRow(gap, schemes.get(gap.last_paid_month, Scheme.EMPLOYEE)) for gap in found],
        opens=own and desk.works_at_counter,
    )


def _asked(case: ArrearsCase) -> set[Any]:
    return set(months_of(Span(case.from_month, case.to_month)))


def _schemes(person: Person, pool: str) -> dict[Any, str]:
    """The scheme of the last month of each row."""
    rows = Contribution.objects.filter(person=person, pool=pool).exclude(scheme=Scheme.RESIDENT)
    return dict(rows.values_list("to_month", "scheme"))


@never_cache
@require_safe
@for_roles(CASE_READERS, in_agency=True)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """The months and gaps of a person in the pools of the reader's scope, and the cases about them."""
    who, desk = person_or_404(request, pk), desk_of(request)
    pools = pools_of(desk)
    known = Contribution.objects.filter(person=who, pool__in=pools).exclude(scheme=Scheme.RESIDENT)
    there = set(known.values_list("pool_id", flat=True))
    context = page_context(
        request,
        title=_("Months of a person"),
        person=who,
        name=name_of(desk, who),
        records=[record_of(desk, who, code, name) for code, name in pools.items() if code in there],
        cases=visible(desk).filter(person=who).order_by("-pk"),
        may_open=desk.works_at_counter,
    )
    return render(request, "arrears/staff/person.html", context)


def panel(request: HttpRequest, application: TransferApplication, pool: str) -> str:
    """The gaps of an applicant's record, for the page that shows that record."""
    desk = desk_of(request)
    record = record_of(desk, application.person, pool, "")
    if not record.gaps:
        return ""
    return render_to_string(
        "arrears/staff/gaps_panel.html",
        {"record": record, "desk": desk, "employer_name": application.employer_name},
        request,
    )
