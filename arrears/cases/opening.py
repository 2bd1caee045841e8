"""Opening a case. Every wrong answer is told at once, nothing is half-written."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from transfers.models.ledger import Receivable
from transfers.models.people import Person
from transfers.models.regions import Agency
from transfers.policy import remembered
from transfers.rules import identity
from transfers.rules.states import Scheme
from transfers.workflow.actors import Actor
from transfers.workflow.errors import Invalid, NotAllowed, Problems
from transfers.workflow.references import new_reference
from transfers.workflow.submission import identity_problem

from ..coverage import coverage_of
from ..letters import Facts
from ..models import ArrearsCase, ArrearsMaterial, ArrearsMonth
from ..policy import NotInForce
from ..quoting import months_of
from ..redating import assess_by
from ..rules.asked import EARLIEST, MOST_BASE_FEN, MOST_MONTHS
from ..rules.periods import first_of
from ..rules.states import MOVES, OWING, Action, Cause, MaterialKind
from .assessing import claim_months, not_over, only_after, paid_in
from .claimed import Claimed
from .door import tell

HEAD = "QF"  # 欠费
LONGEST = 120  # months
_MOBILE = re.compile(r"1[3-9]\d{9}")
_REFERENCE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A case as a clerk types it. Months are firsts of months, `pool` a region code.

    `resumed_month`: the first month that is paid again, here or elsewhere; None while nothing is.
    `switched`: the person changed between the employee and the resident scheme.
    """

    id_number: str
    name: str
    pool: str
    scheme: str
    cause: str
    from_month: date | None
    to_month: date | None
    resumed_month: date | None = None
    base_fen: int | None = None
    consecutive_before: int | None = None
    switched: bool = False
    contact_phone: str = ""
    contact_email: str = ""
    language: str = "zh-hans"
    employer_name: str = ""
    employer_uscc: str = ""
    employer_email: str = ""
    materials: tuple[str, ...] = ()


def open_case(draft: Draft, *, by: Actor, at: datetime) -> ArrearsCase:
    """Open a case for missed months: case, months, materials, event, letter.

    Raises Problems with every wrong answer; NotAllowed for who is no clerk of the pool's office.
    """
    on = localdate(at)
    agency = Agency.objects.select_related("region").filter(region=draft.pool).first()
    if agency is None or by.agency_id != agency.pk or not by.roles & MOVES[Action.OPEN].roles:
        raise NotAllowed(
            _("Only a clerk of the pool's own office can open an arrears case."), code="wrong_seat"
        )
    problems = problems_of(draft, on=on)
    if problems:
        raise Problems(problems)
    with remembered(), transaction.atomic():
        person = _person(draft, on)
        draft = _as_the_record_has_it(draft, person, on)
        case = _store(draft, person, agency, at)
        _claim(case)
        kinds = list(dict.fromkeys(draft.materials))
        ArrearsMaterial.objects.bulk_create(
            ArrearsMaterial(case=case, kind=kind, received_at=at, received_by=by.user)
            for kind in kinds
        )
        claimed = Claimed(case, by, at, agency, Facts(case))
        claimed.figures = {
            "from": f"{case.from_month:%Y-%m}", "to": f"{case.to_month:%Y-%m}", "kinds": kinds,
        }  # fmt: skip
        tell(claimed, Action.OPEN, "")
    return case


def problems_of(draft: Draft, *, on: date) -> list[Invalid]:
    """Everything that is wrong with a draft by itself."""
    found: list[Invalid] = []

    def wrong(field: str, sentence: Any, code: str = "invalid") -> None:
        found.append(Invalid(field, sentence, code=code))

    name = draft.name.strip()
    if not name:
        wrong("name", _("Enter the name as on the identity card."), "required")
    elif len(name) > 60:
        wrong("name", _("The name is longer than 60 characters."))
    if sentence := identity_problem(draft.id_number, on):
        wrong("id_number", sentence, "identity")
    if draft.scheme == Scheme.RESIDENT:
        wrong("scheme", _("Residents pay by the year: use the calculator; no case is opened."))
    elif draft.scheme not in Scheme.values:
        wrong("scheme", _("Choose the scheme."), "required")
    if draft.cause not in Cause.values:
        wrong("cause", _("Choose why the months were not paid."), "required")
    elif draft.cause == Cause.EMPLOYER:
        if draft.scheme == Scheme.FLEXIBLE:
            wrong("cause", _("Flexible workers pay for themselves; no employer owes their months."))
        if not draft.employer_name.strip():
            wrong("employer_name", _("Name the employer who did not pay."), "required")
    _months(draft, on, wrong)
    if draft.base_fen is not None and not 0 < draft.base_fen <= MOST_BASE_FEN:
        wrong("base_fen", _("The base must be above 0 and that of one month."))
    if draft.consecutive_before is not None and not 0 <= draft.consecutive_before <= MOST_MONTHS:
        wrong("consecutive_before", _("Give a whole number of months."))
    for field in ("contact_email", "employer_email"):
        address = getattr(draft, field)
        if address:
            try:
                validate_email(address)
            except ValidationError:
                wrong(field, _("This is not an e-mail address."))
    if draft.contact_phone and not _MOBILE.fullmatch(draft.contact_phone):
        wrong("contact_phone", _("Enter the 11 digits of a mobile phone."))
    if draft.employer_uscc and not identity.is_uscc(draft.employer_uscc):
        wrong("employer_uscc", _("This is not a valid unified social credit code."))
    if set(draft.materials) - set(MaterialKind.values):
        wrong("materials", _("This kind of material is not known."))
    return found


def _months(draft: Draft, on: date, wrong: Any) -> None:
    first, last, resumed = draft.from_month, draft.to_month, draft.resumed_month
    if first is None or last is None:
        for field, month in (("from_month", first), ("to_month", last)):
            if month is None:
                wrong(field, _("Give the month as YYYY-MM."), "required")
        return
    if last < first:
        wrong("to_month", _("The last missed month lies before the first."), "out_of_order")
    elif first < EARLIEST:
        wrong("from_month", _("Months before %(year)s are not handled here.") % {"year": EARLIEST.year})  # fmt: skip
    elif last >= on.replace(day=1):
        wrong("to_month", not_over(last), "future")
    elif (last.year - first.year) * 12 + last.month - first.month >= LONGEST:
        wrong("to_month", _("One case asks for at most %(n)s months.") % {"n": LONGEST})
    if resumed is not None and not last < resumed:
        wrong("resumed_month", only_after(last))
    elif resumed is not None and resumed > on:
        wrong("resumed_month", _("This month lies in the future."), "future")


def _person(draft: Draft, on: date) -> Person:
    number = identity.normalise(draft.id_number)
    known = identity.parse(number, on=on)
    person, _made = Person.objects.get_or_create(
        id_number=number, defaults={"sex": known.sex, "birth_on": known.birth_on}
    )
    return person


def _as_the_record_has_it(draft: Draft, person: Person, on: date) -> Draft:
    """The draft with what records know of the gap: from where to where, and when it is paid again, here
    or elsewhere.

    Raises Problems for months that are paid, and for a part of a gap, because the wait goes by the
    whole of it.
    """
    first, last = draft.from_month, draft.to_month
    assert first is not None
    assert last is not None

    def refused(field: str, sentence: Any, code: str) -> Problems:
        return Problems([Invalid(field, sentence, code=code)])

    on_record = coverage_of([(person.pk, draft.pool, first_of(first, -1))])[person.pk, draft.pool]
    if (why := paid_in(on_record, first, last)) is not None:
        raise refused("from_month", why, "paid")
    before = max((month for month in on_record.own if month < first), default=None)
    if before is not None and first_of(before, 1) != first:
        raise refused(
            "from_month",
            _("The gap begins with %(month)s; ask for it from there.")
            % {"month": f"{first_of(before, 1):%Y-%m}"},
            "part_of_a_gap",
        )
    back = on_record.next_paid(last, on)
    here = back is not None and back in on_record.own
    typed = draft.resumed_month
    if here and typed not in (None, back):
        raise refused(
            "resumed_month",
            _("Our record has months again from %(month)s on.") % {"month": f"{back:%Y-%m}"},
            "not_the_record",
        )
    if back is None or (typed is not None and typed < back):
        back = typed
    elif first_of(back, -1) != last and on_record.asks(first_of(last, 1)):
        missed = first_of(back, -1)
        ends = min(missed, on_record.stopped_in or missed)
        raise refused(
            "to_month",
            _("The gap lasts until %(month)s; ask for all of it.") % {"month": f"{ends:%Y-%m}"},
            "part_of_a_gap",
        )
    _refuse_beside(draft, person, first, last)
    return replace(draft, resumed_month=back)


def _refuse_beside(draft: Draft, person: Person, first: date, last: date) -> None:
    """Two open cases side by side are one gap. Months that another asks for are refused later."""
    live = ArrearsMonth.objects.filter(person=person, pool=draft.pool, live=True)
    if live.filter(month__gte=first, month__lte=last).exists():
        return
    beside = (
        live.filter(
            month__in=(first_of(first, -1), first_of(last, 1)),
            case__state__in=sorted(OWING),
        )
        .select_related("case")
        .first()
    )
    if beside is not None:
        raise Problems(
            [
                Invalid(
                    "from_month",
                    _("Arrears case %(reference)s asks for %(month)s: one gap is one case.")
                    % {"reference": beside.case.reference, "month": f"{beside.month:%Y-%m}"},
                    code="part_of_a_gap",
                )
            ]
        )


def _claim(case: ArrearsCase) -> None:
    try:
        with transaction.atomic():
            claim_months(case, case.from_month, case.to_month)
    except Invalid as taken:
        raise Problems([taken]) from taken
    except IntegrityError as error:  # somebody opened another case in the same moment
        if not ArrearsMonth.objects.filter(
            person=case.person_id, pool=case.pool_id, live=True, month__in=months_of(case)
        ).exists():
            raise
        raise Problems(
            [Invalid("from_month", _("Another arrears case asks for these months already."))]
        ) from error


def _store(draft: Draft, person: Person, agency: Agency, at: datetime) -> ArrearsCase:
    """Insert under a fresh reference; a reference already taken is drawn again."""
    on = localdate(at)
    try:
        day, provisional = assess_by(draft.pool, on)
    except NotInForce as error:
        raise Problems([Invalid("from_month", str(error), code=error.code)]) from error
    case = ArrearsCase(
        version=1, person=person, name=draft.name.strip(), pool=agency.region, agency=agency,
        scheme=draft.scheme, cause=draft.cause, from_month=draft.from_month,
        to_month=draft.to_month, resumed_month=draft.resumed_month, base_fen=draft.base_fen,
        consecutive_before=draft.consecutive_before, switched=draft.switched,
        contact_phone=draft.contact_phone, contact_email=draft.contact_email,
        language=draft.language,
        employer_name=draft.employer_name.strip(), employer_uscc=draft.employer_uscc,
        employer_email=draft.employer_email, opened_at=at, next_on=day,
        next_provisional=provisional,
    )  # fmt: skip
    for _try in range(_REFERENCE_TRIES):
        case.reference = new_reference(on, HEAD)
        try:
            with transaction.atomic():
                case.receivable = Receivable.objects.create(agency=agency, reference=case.reference)
                case.save(force_insert=True)
        except IntegrityError:
            if Receivable.objects.filter(reference=case.reference).exists():
                continue
            raise
        return case
    raise RuntimeError(f"no free reference for {on} after {_REFERENCE_TRIES} tries")
