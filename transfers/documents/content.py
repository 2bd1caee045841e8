"""What each paper says, as plain data: codes, ISO dates, fen, identifiers already masked.

Both languages, page and PDF are written from it (`sheets`). Words stand in it only where people wrote
them (names of offices, reasons). Of the birth date only the year is told: together with the masked
number the whole date would leave few numbers to guess (reliability.md §2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate, localtime

from ..models.applications import SupplementRequest, TransferApplication
from ..models.balances import BalanceTransfer
from ..models.contributions import Merge
from ..models.forms import ContributionRow, InformationForm
from ..models.papers import Paper
from ..models.people import Person
from ..models.regions import Agency, Region
from ..models.statements import BankAccount
from ..models.steps import Step
from ..policy import resolve
from ..rules import identity
from ..rules.balances import BalanceState
from ..rules.states import Side
from ..rules.steps import StepKind
from ..status.situation import query_period

SCHEMA = 1
CERTIFICATE_MONTHS = 3  # domain.md §7
LATE = frozenset({"refuse_late"})


@dataclass(frozen=True, slots=True)
class Matter:
    """What a paper belongs to where that is no transfer: its reference, and whom it is about."""

    reference: str
    name: str
    person: Person


def frame(
    kind: Paper.Kind, subject: TransferApplication | Matter, issuer: Agency, *, at: datetime
) -> dict[str, Any]:
    """What every paper says, besides its number and version. Only a transfer has a `relation`."""
    on = localdate(at)
    transfer = subject if isinstance(subject, TransferApplication) else None
    name = subject.name if isinstance(subject, Matter) else subject.applicant_name
    return {
        "schema": SCHEMA,
        "kind": str(kind),
        "reference": subject.reference,
        "issued_at": localtime(at).isoformat(timespec="seconds"),
        "issuer": _office(issuer)
        | {
            "phone": issuer.phone,
            "hours_zh": issuer.hours_zh,
            "hours_en": issuer.hours_en,
            "hotline": resolve(issuer.region_id, on).hotline or "",
        },
        "person": {
            "name": identity.mask_name(name),
            "id_number": identity.mask(subject.person.id_number),
            "sex": subject.person.sex,
            "birth_year": subject.person.birth_on.year,
        },
        "relation": None if transfer is None else _relation(transfer),
    }


def _relation(application: TransferApplication) -> dict[str, Any]:
    return {
        "scheme_from": application.scheme_from,
        "scheme_to": application.scheme_to,
        "origin": _place(application.origin) | _office(application.origin_agency),
        "destination": _place(application.destination) | _office(application.destination_agency),
    }


def _office(agency: Agency) -> dict[str, str]:
    return {"office_zh": agency.name_zh, "office_en": agency.name_en}


def _place(region: Region) -> dict[str, str]:
    return {"region": region.pk, "zh": region.name_zh, "en": region.name_en}


def _day(at: datetime | None) -> str | None:
    return None if at is None else localdate(at).isoformat()


def _due(steps: Iterable[Step]) -> dict[str, Any] | None:
    """The last due day of running steps."""
    found = max(((step.due_on, step.provisional) for step in steps if step.due_on), default=None)
    return None if found is None else {"on": found[0].isoformat(), "provisional": found[1]}


def receipt(
    application: TransferApplication, materials: Iterable[str], checks: Iterable[Step]
) -> dict[str, Any]:
    """That the application was received, with what was handed in, and by when both checks answer."""
    return {
        "submitted_at": localtime(application.submitted_at).isoformat(timespec="seconds"),
        "channel": application.channel,
        "submitter": application.submitter,
        "materials": [str(kind) for kind in materials],
        "answer_by": _due(checks),
    }


def supplement_notice(application: TransferApplication) -> dict[str, Any]:
    """What is missing, why, and by when. Raises SupplementRequest.DoesNotExist without a request."""
    request = SupplementRequest.objects.get(application=application, supplied_at__isnull=True)
    return {
        "side": request.side,
        "items": list(request.items),
        "why": request.why,
        "by": _due(
            Step.objects.running().filter(application=application, kind=StepKind.SUPPLEMENT)
        ),
    }


def rejection_notice(application: TransferApplication, verb: str) -> dict[str, Any]:
    """Why the application was refused; `late`: after it had been accepted."""
    return {
        "code": application.close_code,
        "text": application.close_text,
        "late": verb in LATE,
        "rejected_on": _day(application.closed_at),
        "accepted_on": _day(application.accepted_at),
    }


def information_form(form: InformationForm, agency: Agency) -> dict[str, Any]:
    """The form as it was sealed, with the account of the origin that the balance comes from."""
    rows = list(form.rows.all())
    account = BankAccount.objects.filter(agency=agency, in_use=True).first()
    months = {
        str(kind): sum(row.months for row in rows if row.kind == kind)
        for kind in ContributionRow.Kind
    }
    return {
        "form_version": form.version,
        "form_hash": form.content_hash,
        "sealed_at": localtime(form.sealed_at).isoformat(timespec="seconds"),
        "rows": [
            {
                "from": f"{row.from_month:%Y-%m}",
                "to": f"{row.to_month:%Y-%m}",
                "months": row.months,
                "kind": row.kind,
                "base_fen": row.base_fen,
            }
            for row in rows
        ],
        "months": months | {"total": sum(months.values())},
        "last_paid_month": f"{form.last_paid_month:%Y-%m}",
        "benefits_end_on": form.benefits_end_on.isoformat(),
        "interrupted": form.interrupted,
        "balance_fen": form.balance_fen,
        "account": None
        if account is None
        else {
            "holder": account.holder,
            "bank": account.bank,
            "last4": identity.last4(account.number),
        },
    }


def certificate(application: TransferApplication) -> dict[str, Any]:
    """What the origin has on record of the person; what it does not know is None."""
    record = application.records.get(side=Side.ORIGIN)
    form = InformationForm.objects.filter(application=application).order_by("version").last()
    balance: BalanceTransfer | None = getattr(application, "balance", None)
    balance_fen = record.balance_fen
    if form is not None:
        balance_fen = form.balance_fen
    elif balance_fen is None and balance is not None:
        balance_fen = balance.amount_fen
    return {
        "enrolled_on": _iso(record.enrolled_on),
        "stopped_on": _iso(record.stopped_on),
        "benefits_end_on": _iso(form.benefits_end_on) if form else None,
        "months": form.total_months if form else None,
        "balance_fen": balance_fen,
    }


def completion_notice(application: TransferApplication) -> dict[str, Any]:
    """How the case ended: months counted, and what became of the balance."""
    balance = application.balance
    merge = Merge.objects.filter(application=application).first()
    settled_on = None if balance.settled_at is None else localdate(balance.settled_at)
    dispute: dict[str, Any] | None = None
    if balance.state == BalanceState.CREDITED and settled_on is not None:
        found = query_period(application)
        if found:
            dispute = {
                "on": found["query_until"].isoformat(),
                "provisional": found["query_provisional"],
            }
    return {
        "outcome": balance.state,
        "closed_on": _day(application.closed_at),
        "in_on": _day(application.transferred_in_at),
        "relocated_retiree": application.relocated_retiree,
        "merged_months": application.merged_months,
        "cumulative_months": merge.cumulative_months if merge else None,
        "doubled_months": len(merge.overlaps) if merge else None,
        "amount_fen": balance.amount_fen if balance.state != BalanceState.NOT_DUE else None,
        "settled_on": _iso(settled_on),
        "why": balance.due_reason,
        "payee": identity.mask_name(balance.payee),
        "payee_last4": identity.last4(balance.payee_account) if balance.payee_account else "",
        "dispute_by": dispute,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
