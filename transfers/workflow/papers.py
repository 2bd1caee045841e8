"""Which papers an action owes: issued in its transaction, so that none is without its event."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..documents import content
from ..documents.issue import issue, sealed
from ..models.applications import TransferApplication
from ..models.forms import InformationForm
from ..models.papers import Paper
from ..models.regions import Agency
from ..models.steps import Step
from ..policy import remembered
from ..rules.balances import BalanceAction
from ..rules.months import months_after
from ..rules.states import Action, Role, Side
from .actors import Actor
from .case import Case
from .errors import NotAllowed

CERTIFICATE = (
    "certificate"  # the verb of its event; it moves no state, so the tables do not know it
)


def receipt(case: Case, number: str, materials: Iterable[str], checks: Iterable[Step]) -> Paper:
    """The receipt of an application that comes in, not stored yet.

    From the counter that took the papers; of an online application from the destination.
    """
    return sealed(
        Paper.Kind.RECEIPT,
        case.application,
        content.receipt(case.application, materials, checks),
        number=number,
        agency=case.application.agency(case.side or Side.DESTINATION),
        by=case.by.user,
        at=case.at,
    )


def issue_for(case: Case, verb: str) -> Paper | None:
    """Issue what `verb`, just done and told, owes on paper."""
    issuer = _ISSUED.get(verb)
    return None if issuer is None else issuer(case, verb)


def _issue(case: Case, kind: Paper.Kind, body: dict, agency: Agency, **fields: object) -> Paper:
    return issue(kind, case.application, body, agency=agency, by=case.by.user, at=case.at, **fields)


def _own(case: Case) -> Agency:
    """The office that acts."""
    assert case.side is not None
    return case.application.agency(case.side)


def _supplement(case: Case, _verb: str) -> Paper:
    body = content.supplement_notice(case.application)
    return _issue(case, Paper.Kind.SUPPLEMENT_NOTICE, body, _own(case))


def _rejection(case: Case, verb: str) -> Paper:
    body = content.rejection_notice(case.application, verb)
    return _issue(case, Paper.Kind.REJECTION_NOTICE, body, _own(case))


def _form(case: Case, _verb: str) -> Paper | None:
    """Of the newest form, unless it has its paper: an action may leave the form as it is."""
    form = InformationForm.objects.filter(application=case.application).latest("version")
    if Paper.objects.filter(form=form).exists():
        return None
    agency = case.application.origin_agency
    body = content.information_form(form, agency)
    return _issue(case, Paper.Kind.INFORMATION_FORM, body, agency, form=form)


def _completion(case: Case, _verb: str) -> Paper:
    """From the destination, which counted the months; of a relocated retiree from the origin."""
    application = case.application
    side = Side.ORIGIN if application.relocated_retiree else Side.DESTINATION
    body = content.completion_notice(application)
    return _issue(case, Paper.Kind.COMPLETION_NOTICE, body, application.agency(side))


_ISSUED: dict[str, Callable[[Case, str], Paper | None]] = {
    Action.REQUEST_SUPPLEMENT: _supplement,
    Action.REJECT: _rejection,
    Action.REFUSE_LATE: _rejection,
    Action.TRANSFER_OUT: _form,
    Action.CORRECT: _form,
    BalanceAction.RESTATE: _form,
    Action.CREDIT_BALANCE: _completion,
    Action.CLOSE_WITHOUT_BALANCE: _completion,
    Action.CLOSE_PAID_OUT: _completion,
}


def may_issue_certificate(application: TransferApplication, by: Actor) -> bool:
    """Clerks and supervisors of the origin, while the case is open."""
    return (
        application.is_open
        and by.side(application) is Side.ORIGIN
        and bool(by.roles & {Role.CLERK, Role.SUPERVISOR})
    )


def issue_certificate(
    application: TransferApplication, *, by: Actor, at: datetime, seen: int | None = None
) -> Paper:
    """Issue the enrolment certificate on demand, with an event that says who did.

    `seen` as for `actions.perform`. Raises a `workflow.errors.Refused` with a sentence.
    """
    with remembered(), transaction.atomic():
        case = Case.claim(application, by, at, seen=seen)
        if not case.application.is_open:
            raise NotAllowed(
                _("The case is closed: a certificate is only issued while it is open."),
                code="wrong_state",
            )
        if not may_issue_certificate(case.application, by):
            raise NotAllowed(
                _("The certificate is issued by a clerk of the origin."), code="wrong_seat"
            )
        paper = _issue(
            case,
            Paper.Kind.CERTIFICATE,
            content.certificate(case.application),
            case.application.origin_agency,
            valid_until=months_after(case.on, content.CERTIFICATE_MONTHS),
        )
        state = case.application.state
        case.tell(
            CERTIFICATE,
            from_state=state,
            to_state=state,
            facts={"paper": paper.number},
            message=False,
        )
        case.application.claimed = False
    return paper
