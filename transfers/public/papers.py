"""The applicant's papers: what can be downloaded from the status page, and what is there later."""

from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..documents import responses
from ..models.applications import TransferApplication
from ..models.papers import Paper
from ..rules.balances import Disposition
from ..rules.states import Scheme
from ..rules.steps import StepKind
from ..status import Situation
from ..status.words import long_date
from . import visit


@dataclass(frozen=True, slots=True)
class Download:
    """One kind of paper: the newest one, or none yet and when it will be there."""

    label: str
    when: str
    paper: Paper | None = None


def downloads(application: TransferApplication, situation: Situation | None) -> list[Download]:
    """What the status page offers, in the order of the road. One query.

    Without the situation, what is there already.
    """
    newest: dict[str, Paper] = {}
    for paper in Paper.objects.filter(application=application).order_by("version"):
        newest[paper.kind] = paper
    later = _later(application, situation) if situation and application.is_open else {}
    found = []
    for kind in _ORDER:
        if kind in newest:
            paper = newest[kind]
            day = long_date(localdate(paper.issued_at))
            when = _("issued %(day)s") % {"day": day}
            if paper.valid_until:
                until = long_date(paper.valid_until)
                when = _("issued %(day)s, valid until %(until)s") % {"day": day, "until": until}
            found.append(Download(str(kind.label), when, paper))
        elif kind in later:
            found.append(Download(str(kind.label), later[kind]))
    return found


_ORDER = (
    Paper.Kind.RECEIPT,
    Paper.Kind.SUPPLEMENT_NOTICE,
    Paper.Kind.REJECTION_NOTICE,
    Paper.Kind.INFORMATION_FORM,
    Paper.Kind.CERTIFICATE,
    Paper.Kind.COMPLETION_NOTICE,
)


def _later(application: TransferApplication, situation: Situation) -> dict[Paper.Kind, str]:
    """When a paper that is not there yet will be: with the day, where an office owes it by one."""
    form = _("once the transfer out is completed; the offices hand it over themselves")
    out = situation.clock(StepKind.TRANSFER_OUT)
    if out is not None and not out.late(situation.today):
        form = _("once the transfer out is completed, by %(day)s") % {"day": _day(out.due_on, out.provisional)}  # fmt: skip
    if situation.stays:
        form = _("once it is issued; the offices hand it over themselves")
    money = situation.money
    no_money = Scheme(application.scheme_from) is Scheme.RESIDENT or (
        money is not None and money.disposition is Disposition.NOT_DUE
    )
    if situation.stays:
        done = _("once everything is completed")
    elif not no_money and money is not None and money.disposition is Disposition.PAY_TO_PERSON:
        done = _("once the months are counted and the balance has been paid to you")
    elif not no_money:
        done = _("once the months are counted and the balance has been credited")
    else:
        done = _("once the months are counted at %(office)s") % {"office": situation.destination.name}  # fmt: skip
        into = situation.clock(StepKind.TRANSFER_IN)
        if into is not None and not into.late(situation.today):
            done = _("once the months are counted at %(office)s, by %(day)s") % {
                "office": situation.destination.name,
                "day": _day(into.due_on, into.provisional),
            }
    return {
        Paper.Kind.INFORMATION_FORM: form,
        Paper.Kind.CERTIFICATE: _("on request, from %(office)s")
        % {"office": situation.origin.name},
        Paper.Kind.COMPLETION_NOTICE: done,
    }


def _day(day: date, provisional: bool) -> str:
    text = long_date(day)
    return _("about %(day)s (estimated)") % {"day": text} if provisional else text


def _paper(request: HttpRequest, reference: str, number: str) -> Paper | None:
    """The paper, if it belongs to the case that this visit may see. Raises Http404 otherwise.

    None when the visit may see no case, or another one: then it is the look-up page's turn.
    """
    case = visit.case_id(request)
    if case is None:
        return None
    if not TransferApplication.objects.filter(pk=case, reference=reference).exists():
        return None
    paper = Paper.objects.filter(application=case, number=number).first()
    if paper is None:
        raise Http404
    return paper


@never_cache
@require_safe
def page(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    paper = _paper(request, reference, number)
    if paper is None:
        return redirect("lookup")
    return responses.page(
        request,
        paper,
        back=reverse("status", args=[reference]),
        pdf=reverse("paper-pdf", args=[reference, number]),
    )


@never_cache
@require_safe
def pdf(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    paper = _paper(request, reference, number)
    return redirect("lookup") if paper is None else responses.download(paper)
