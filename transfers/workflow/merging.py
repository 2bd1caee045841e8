"""What a pool has on record of a person's contributions, and what a transfer adds to it.

How months are counted is `rules.months`; here the rows are read and written. Whoever writes rows of a
person holds the person's row, so two cases of one person are never merged at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from ..models.applications import TransferApplication
from ..models.contributions import Contribution, Merge
from ..models.events import Event
from ..models.forms import ContributionRow, InformationForm
from ..models.people import Person
from ..policy import remembered, resolve
from ..rules import months
from ..rules.months import MergeReport, Span
from ..rules.states import Scheme, Seat, Side, State
from .actors import Actor
from .case import Case
from .errors import Invalid, NotAllowed, Problems
from .forms import RowDraft, checked_rows

RECORD = "record"  # the verb of the event that a change of the record makes

_CLERK_OF = {Side.ORIGIN: Seat.ORIGIN_CLERK, Side.DESTINATION: Seat.DESTINATION_CLERK}
_BEFORE_THE_MERGE = frozenset(
    {
        State.APPLIED,
        State.SUPPLEMENT_REQUESTED,
        State.VALIDATED,
        State.TRANSFERRED_OUT,
        State.DISCREPANCY_RAISED,
    }
)


@dataclass(frozen=True, slots=True)
class RecordDraft(RowDraft):
    """A row of a pool's record as it is typed."""

    scheme: str = Scheme.EMPLOYEE


def pool_of(application: TransferApplication, side: Side) -> str:
    """The region whose record a side of the case keeps."""
    return application.origin_id if side is Side.ORIGIN else application.destination_id


def record_of(application: TransferApplication, side: Side) -> list[Contribution]:
    """The pool's rows of the insured person, in order. One query."""
    rows = Contribution.objects.filter(
        person=application.person_id, pool=pool_of(application, side)
    )
    rows = rows.select_related("brought_by__application", "paid_back_under")
    return list(rows.order_by("from_month", "pk"))


def retyped(row: Contribution) -> bool:
    """Whether a row is the clerk's to type: no transfer brought it, no payment entered it."""
    return row.brought_by_id is None and row.paid_back_under_id is None


def spans_of(rows: Iterable[Contribution | ContributionRow]) -> list[Span]:
    return [Span(row.from_month, row.to_month, row.months, row.kind, row.base_fen) for row in rows]


def for_the_form(
    application: TransferApplication, rows: Iterable[Contribution]
) -> list[Contribution]:
    """Of the origin's rows those that the information form is made of: the kind that moves."""
    return [row for row in rows if months.same_kind(row.scheme, application.scheme_from)]


def counted_at(scheme: str, rows: Iterable[Contribution]) -> list[Contribution]:
    """Of a pool's rows those that count towards the months of a scheme there."""
    return [row for row in rows if months.conversion(row.scheme, scheme, None) is None]


def report_of(
    application: TransferApplication,
    brought: Sequence[ContributionRow],
    held: Sequence[Contribution],
) -> MergeReport:
    """What counting the form's rows at the destination comes to, on top of its own rows.

    The value of a resident year is the destination's on the day of submission. Three queries.
    """
    theirs = spans_of(brought)
    if application.relocated_retiree:
        return months.stays_at_origin(theirs)
    scheme = application.scheme_to
    terms = resolve(application.destination_id, localdate(application.submitted_at))
    # Months counted before that no row shows: what resident years were converted into.
    earlier = Merge.objects.filter(
        application__person=application.person_id,
        application__destination=application.destination_id,
    ).exclude(application=application)
    told = _same_kind(earlier, scheme).aggregate(
        most=Max("cumulative_months"),
        converted=Sum("added_months", filter=Q(application__scheme_from=Scheme.RESIDENT)),
    )
    carried = 0 if scheme == Scheme.RESIDENT else told["converted"] or 0
    return months.merge(
        spans_of(counted_at(scheme, held)),
        theirs,
        convert=months.conversion(
            application.scheme_from, scheme, terms.resident_year_to_employee_months
        ),
        carried=carried,
        floor=told["most"] or 0,
    )


def _same_kind(merges: QuerySet[Merge], scheme: str) -> QuerySet[Merge]:
    if scheme == Scheme.RESIDENT:
        return merges.filter(application__scheme_to=Scheme.RESIDENT)
    return merges.exclude(application__scheme_to=Scheme.RESIDENT)


def merge(case: Case, *, merged_months: int | None, text: str) -> Merge:
    """Write what the transfer adds into the destination's record, and what it came to.

    `merged_months` cross-checks what a caller expects. Raises Invalid where it differs, and where
    months overlap and nobody says how that was settled.
    """
    application = case.application
    hold(application.person_id)
    form = InformationForm.objects.filter(application=application).latest("version")
    brought = list(form.rows.all())
    report = report_of(application, brought, record_of(application, Side.DESTINATION))
    if merged_months is not None and merged_months != report.added:
        raise Invalid(
            "merged_months",
            _("By the two records %(computed)s months are added, not %(given)s.")
            % {"computed": report.added, "given": merged_months},
        )
    if report.overlaps and not text:
        raise Invalid(
            "text",
            _("Say how the months insured twice were settled: %(months)s.")
            % {"months": months.spelled(report.overlaps)},
            code="required",
        )
    if not application.relocated_retiree:
        _add(application, Side.DESTINATION, brought, form, case)
    return Merge.objects.create(
        application=application,
        form=form,
        held_months=report.held,
        on_form_months=report.on_form,
        converted_months=report.worth,
        added_months=report.added,
        cumulative_months=report.cumulative,
        overlaps=[f"{month:%Y-%m}" for month in report.overlaps],
        reason=text,
        at=case.at,
    )


def facts_of(merge: Merge) -> dict[str, object]:
    """What the event of the transfer-in says of the months."""
    return {
        "months": merge.added_months,
        "on_form": merge.on_form_months,
        "held": merge.held_months,
        "worth": merge.converted_months,
        "cumulative": merge.cumulative_months,
        "overlaps": merge.overlaps,
    }


def keep(case: Case, form: InformationForm) -> None:
    """Take what was sealed as the origin's record, where it had none of the person."""
    application = case.application
    hold(application.person_id)
    if not Contribution.objects.filter(
        person=application.person_id, pool=application.origin_id
    ).exists():
        _add(application, Side.ORIGIN, form.rows.all(), None, case)


def hold(person_id: int) -> None:
    """Hold a person's row until the end of the transaction, to write rows of the record."""
    Person.objects.select_for_update().get(pk=person_id)


def _add(
    application: TransferApplication,
    side: Side,
    rows: Iterable[ContributionRow],
    brought_by: InformationForm | None,
    case: Case,
) -> None:
    Contribution.objects.bulk_create(
        Contribution(
            person_id=application.person_id,
            pool_id=pool_of(application, side),
            scheme=application.scheme_from,
            from_month=row.from_month,
            to_month=row.to_month,
            months=row.months,
            kind=row.kind,
            base_fen=row.base_fen,
            brought_by=brought_by,
            recorded_by=case.by.user,
            recorded_at=case.at,
        )
        for row in rows
    )


def may_record(application: TransferApplication, by: Actor) -> bool:
    """Whether `by` may change the record of the own side now: a clerk of it, while the case is open,
    and at the destination until the months are merged."""
    side = by.side(application)
    if side is None or _CLERK_OF[side] not in by.seats(application):
        return False
    if side is Side.ORIGIN:
        return application.is_open
    return application.state in _BEFORE_THE_MERGE


def record(
    application: TransferApplication,
    rows: Sequence[RecordDraft],
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
) -> Event:
    """Replace the own side's rows of the person; rows that a transfer brought stay as they are, and so
    do months that were paid back.

    Raises NotAllowed for who may not, Problems naming what is wrong with the rows, Stale when
    somebody else acted on the case since `seen`.
    """
    with remembered(), transaction.atomic():
        case = Case.claim(application, by, at, seen=seen)
        fresh, side = case.application, case.side
        if side is None or not may_record(fresh, by):
            raise NotAllowed(_("This record cannot be changed now, or not by you."), code="record")
        hold(fresh.person_id)
        checked, problems = checked_rows(rows, group=_kind)
        held = Contribution.objects.filter(
            person=fresh.person_id, pool=pool_of(fresh, side), brought_by=None
        )
        problems += _paid_back_already(rows, held.filter(paid_back_under__isnull=False))
        if problems:
            raise Problems(problems)
        own = held.filter(paid_back_under=None)
        before = sum(row.months for row in own)
        own.delete()
        schemes = [row.scheme for row in sorted(rows, key=lambda row: row.from_month)]
        Contribution.objects.bulk_create(
            Contribution(
                person_id=fresh.person_id,
                pool_id=pool_of(fresh, side),
                scheme=scheme,
                from_month=date.fromisoformat(f"{row['from']}-01"),
                to_month=date.fromisoformat(f"{row['to']}-01"),
                months=row["months"],
                kind=row["kind"],
                base_fen=row["base_fen"],
                recorded_by=by.user,
                recorded_at=at,
            )
            for row, scheme in zip(checked, schemes, strict=True)
        )
        after = sum(row["months"] for row in checked)
        event = case.tell(
            RECORD,
            from_state=fresh.state,
            to_state=fresh.state,
            facts={"rows": checked, "months": after, "before": before},
            message=False,
        )
        fresh.claimed = False
    return event


def _paid_back_already(
    rows: Sequence[RecordDraft], held: Iterable[Contribution]
) -> Iterator[Invalid]:
    """Typed rows with months that stand in the record because they were paid back."""
    paid = months.covered(spans_of(held))
    for number, row in enumerate(rows, start=1):
        first, last = row.from_month.replace(day=1), row.to_month.replace(day=1)
        if row.scheme == Scheme.RESIDENT or last < first:
            continue
        if twice := paid & months.covered([Span(first, last)]):
            yield Invalid(
                "rows",
                _("Row %(row)s repeats months that were paid back: %(months)s. Leave them out.")
                % {"row": number, "months": months.spelled(twice)},
                code="overlap",
            )


def _kind(row: RowDraft) -> bool:
    """Months may stand once in a scheme; insured in both kinds at once is a fact to be recorded."""
    return isinstance(row, RecordDraft) and row.scheme == Scheme.RESIDENT
