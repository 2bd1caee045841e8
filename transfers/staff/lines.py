"""Working through a bank statement: its lines by what they need, and the decision on each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..models import Statement, StatementLine, TransferApplication
from ..money.statements.lines import Problem
from ..money.statements.matching import rematch
from ..rules.states import Side
from ..workflow import receipts
from ..workflow.actors import Actor
from ..workflow.errors import Refused
from .access import MONEY_READERS, MONEY_WORKERS, for_roles
from .desk import Desk, desk_of
from .pages import page_context
from .queue import Chip

PAGE = 50
State, Outcome = StatementLine.State, StatementLine.Outcome

_OPEN = Q(outcome="")
# What the chips show, in the order in which the work is done.
VIEWS: dict[str, tuple[Any, Q]] = {
    "open": (pgettext_lazy("filter", "To decide"), _OPEN),
    "matched": (State.MATCHED.label, _OPEN & Q(state=State.MATCHED)),
    "proposed": (State.PROPOSED.label, _OPEN & Q(state=State.PROPOSED)),
    "amount_differs": (State.AMOUNT_DIFFERS.label, _OPEN & Q(state=State.AMOUNT_DIFFERS)),
    "no_match": (State.NO_MATCH.label, _OPEN & Q(state=State.NO_MATCH)),
    "duplicate": (State.DUPLICATE.label, _OPEN & Q(state=State.DUPLICATE)),
    "error": (State.ERROR.label, _OPEN & Q(state=State.ERROR)),
    "suspense": (Outcome.SUSPENSE.label, Q(outcome=Outcome.SUSPENSE)),
    "done": (
        pgettext_lazy("filter", "Decided"), ~Q(outcome="") & ~Q(outcome=Outcome.SUSPENSE)
    ),
}  # fmt: skip
_BY_STATE = {
    State.MATCHED: gettext_lazy("Our reference is in the note, and the amount is exact."),
    State.PROPOSED: gettext_lazy("Name, amount and origin fit this case alone."),
    State.AMOUNT_DIFFERS: gettext_lazy("The amount is not what is on its way."),
    State.NO_MATCH: gettext_lazy("No reference, and no case fits by name, amount and origin."),
}


def why(line: StatementLine) -> str:
    """Why a line stands where it does."""
    if line.problem in Problem.values:
        return str(Problem(line.problem).label)
    return str(_BY_STATE.get(State(line.state), ""))


def _statement_or_404(desk: Desk, pk: int) -> Statement:
    found = Statement.objects.filter(pk=pk, agency__in=list(desk.agencies))
    statement = found.select_related("agency", "imported_by").first()
    if statement is None:
        raise Http404
    return statement


def _may_decide(desk: Desk, statement: Statement) -> bool:
    return bool(desk.roles & MONEY_WORKERS) and statement.agency_id == desk.user.agency_id


@require_GET
@for_roles(MONEY_READERS, in_agency=True)
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines of a statement. At most fifteen queries, however many lines."""
    desk = desk_of(request)
    found = _statement_or_404(desk, pk)
    works = _may_decide(desk, found)
    if works:
        rematch(found, at=desk.at)
    view = request.GET.get("show", "")
    view = view if view in VIEWS else "open"
    counts = found.lines.aggregate(
        **{name: Count("pk", filter=query) for name, (_label, query) in VIEWS.items()},
        asked=Count("pk", filter=_OPEN & Q(accept_asked_at__isnull=False)),
        booked=Count("pk", filter=Q(accept_asked_at__isnull=False) & ~_OPEN),
        exact=Count(
            "pk", filter=_OPEN & Q(state=State.MATCHED, accept_asked_at__isnull=True)
        ),
    )  # fmt: skip
    lines = found.lines.filter(VIEWS[view][1]).select_related(
        "application__balance", "decided_by", "accept_asked_by"
    )
    after = request.GET.get("after", "")
    if after.isdigit() and len(after) < 10:
        lines = lines.filter(number__gt=int(after))
    rows = list(lines.order_by("number")[: PAGE + 1])
    here = reverse("admin:statement", args=[pk])
    context = page_context(
        request,
        title=_("Statement of %(bank)s") % {"bank": found.bank},
        statement=found,
        works=works,
        view=view,
        counts=counts,
        total=counts["asked"] + counts["booked"],
        chips=[
            Chip(str(label), _url(here, name), name == view, str(counts[name]))
            for name, (label, _query) in VIEWS.items()
            if counts[name] or name in ("open", view)
        ],
        rows=[(line, why(line)) for line in rows[:PAGE]],
        next_url=_url(here, view, rows[PAGE - 1].number) if len(rows) > PAGE else "",
        first_url=_url(here, view) if after else "",
        here=_url(here, view),
    )
    return render(request, "staff/statement.html", context)


def _url(here: str, view: str, after: int | None = None) -> str:
    parts = {} if view == "open" else {"show": view}
    if after is not None:
        parts["after"] = str(after)
    return f"{here}?{urlencode(parts)}" if parts else here


@require_POST
@for_roles(MONEY_WORKERS, in_agency=True)
def accept_exact(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the job book every line of a statement that matches exactly."""
    desk = desk_of(request)
    found = _statement_or_404(desk, pk)
    lines = list(
        found.lines.filter(_OPEN, state=State.MATCHED).values_list("pk", flat=True)
    )  # fmt: skip
    count = receipts.ask_to_accept(lines, by=Actor.staff(desk.user), at=desk.at)
    text = ngettext("%(n)d receipt is being booked.", "%(n)d receipts are being booked.", count)
    messages.success(request, text % {"n": count})
    return redirect("admin:statement", pk)


@require_http_methods(["GET", "POST"])
@for_roles(MONEY_READERS, in_agency=True)
def line(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """One line with all that can be decided about it."""
    desk = desk_of(request)
    statement = _statement_or_404(desk, pk)
    works = _may_decide(desk, statement)
    found = (
        StatementLine.objects.filter(statement=statement, pk=line)
        .select_related("application__balance", "decided_by", "instruction")
        .first()
    )
    if found is None:
        raise Http404
    error: Refused | None = None
    if request.method == "POST":
        if not works:
            raise Http404
        try:
            said = _decided(request, desk, found)
        except Refused as refusal:
            error = refusal
            found.refresh_from_db()
        else:
            messages.success(request, said)
            if request.POST.get("decision") == "link":
                return redirect("admin:statement_line", pk, line)
            return redirect("admin:statement", pk)
    title = _("Line %(n)d") % {"n": found.number}
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if error else title,
        statement=statement,
        line=found,
        why=why(found),
        error=error,
        given=request.POST if error else {},
        offers=_offers(found) if works else (),
        works=works,
        came_back=found.application is not None
        and found.application.side_of(found.agency_id) is Side.ORIGIN,
    )
    return render(request, "staff/statement_line.html", context, status=409 if error else 200)


def _offers(line: StatementLine) -> tuple[str, ...]:
    """What may be decided about a line; `workflow.receipts` asks again."""
    if line.outcome not in ("", Outcome.SUSPENSE) or line.accept_asked_at is not None:
        return ()
    if line.state == State.ERROR or line.problem == Problem.SEEN:
        return ("dismiss",)
    offers = ["link", "return"]
    if line.application_id is not None and line.problem not in (
        Problem.NOT_REMITTED, Problem.OTHER_STATE,
    ):  # fmt: skip
        offers.insert(0, "accept")
    if not line.outcome:
        offers.append("suspense")
        if line.state == State.DUPLICATE:
            offers.append("dismiss")
    return tuple(offers)


def _decided(request: HttpRequest, desk: Desk, line: StatementLine) -> str:
    """Carry a decision out; returns what to say. Raises Refused."""
    by, at = Actor.staff(desk.user), desk.at
    reason = request.POST.get("reason", "")
    decision = request.POST.get("decision", "")
    if decision == "link":
        words = request.POST.get("reference", "").strip().upper()
        case = TransferApplication.objects.visible_to(desk.user).filter(reference=words).first()
        if case is None:
            raise Refused(
                _("No case of your agency has this reference."), code="unknown", field="reference"
            )
        receipts.link(line, case, by=by)
        return _("The line is linked to %(reference)s.") % {"reference": case.reference}
    doors: dict[str, tuple[Callable[[], StatementLine], str]] = {
        "accept": (lambda: receipts.accept(line, by=by, at=at), _("The receipt is booked.")),
        "suspense": (
            lambda: receipts.to_suspense(line, by=by, at=at), _("The money is in suspense."),
        ),
        "return": (
            lambda: receipts.send_back(line, reason, by=by, at=at),
            _("The money is recorded as returned to the bank."),
        ),
        "dismiss": (
            lambda: receipts.dismiss(line, reason, by=by, at=at), _("The line is laid aside."),
        ),
    }  # fmt: skip
    if decision not in doors:
        raise Http404
    decide, said = doors[decision]
    decide()
    return said
