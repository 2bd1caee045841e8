"""The action page: facts, form, what the applicant will read; and the way through the workflow's door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from ..models import InformationForm, Preparation, Step, TransferApplication
from ..rules.balances import BALANCE, BalanceAction
from ..rules.money import yuan
from ..rules.states import RELATION, Action, FourEyes, Role
from ..rules.steps import Owner
from ..workflow import errors
from ..workflow.actions import CONFIRM, DO, PREPARE, RETURN, Offer, closes_late, offers, perform
from ..workflow.actors import Actor
from .case import case_for, facts_of, forms_of, identity_bar
from .desk import Desk, desk_of
from .forms import ConfirmForm, Ground, MoveForm, ReturnForm
from .labels import label_of
from .outlook import Outlook
from .pages import page_context
from .tracks import lines_of, money_track
from .verbs import FORMS

MODES = (DO, PREPARE, CONFIRM, RETURN)


@dataclass
class Page:
    """One action page being made: who, which case, which action, and what may be done about it."""

    request: HttpRequest
    desk: Desk
    application: TransferApplication
    verb: str
    offered: list[Offer]

    @property
    def actor(self) -> Actor:
        return Actor.staff(self.desk.user)

    @property
    def modes(self) -> list[str]:
        return [offer.mode for offer in self.offered]

    @property
    def preparation(self) -> Preparation | None:
        return self.offered[0].preparation if self.offered else None

    def ground(self) -> Ground:
        forms = forms_of(self.application)
        newest: Any = forms[0] if forms else None
        return Ground(
            application=self.application,
            side=self.actor.side(self.application),
            reason_codes=self.offered[0].reason_codes if self.offered else _codes(self.verb),
            balance=getattr(self.application, "balance", None),
            newest=newest,
            rows=newest.spans if newest is not None else (),
        )

    def late_step(self) -> tuple[Step, int] | None:
        """The step that this action would complete late, if somebody must say why."""
        found = closes_late(self.application, self.verb, self.actor, self.desk.today)
        if found is None or found[0].owner == Owner.APPLICANT:
            return None
        return found


def _codes(verb: str) -> tuple[Any, ...]:
    return RELATION[Action(verb)].reason_codes if verb in Action.values else ()


def _four_eyes(verb: str) -> FourEyes:
    row = RELATION[Action(verb)] if verb in Action.values else BALANCE[BalanceAction(verb)]
    return row.four_eyes


def move(request: HttpRequest, reference: str, verb: str) -> HttpResponse:
    """GET shows the page of an action; POST carries it out. 404 for actions nobody does by hand."""
    if verb not in FORMS:
        raise Http404
    application = case_for(request, reference)
    desk = desk_of(request)
    offered = [each for each in offers(application, Actor.staff(desk.user)) if each.verb == verb]
    page = Page(request, desk, application, verb, offered)
    if request.method == "POST":
        return _posted(page)
    if not offered:
        return _render(page, None, refused=_("This cannot be done now, or is not yours to do."))
    return _render(page, _form(page, offered[0].mode, bound=False))


def _form(page: Page, mode: str, *, bound: bool, late: bool | None = None) -> MoveForm:
    """The form of a mode; `late` None: find out whether the step is late."""
    kinds = {CONFIRM: ConfirmForm, RETURN: ReturnForm}
    kind = kinds.get(mode) or FORMS[page.verb]
    if late is None:
        late = mode in (DO, CONFIRM) and page.late_step() is not None
    initial: dict[str, Any] = {"seen": page.application.version, "key": uuid4()}
    if mode == CONFIRM and page.preparation is not None:
        initial["hash"] = page.preparation.payload_hash
    return kind(page.ground(), page.request.POST if bound else None, initial=initial, late=late)


def _posted(page: Page) -> HttpResponse:
    mode = page.request.POST.get("mode", "")
    if mode not in MODES or (mode == DO) != (_four_eyes(page.verb) is FourEyes.NO):
        return HttpResponseBadRequest()
    form = _form(page, mode, bound=True)
    if "preview" in page.request.POST or "more_rows" in page.request.POST:
        return _render(page, form, mode=mode)
    if not form.is_valid():
        return _render(page, form, mode=mode, status=422)
    try:
        perform(
            page.application,
            page.verb,
            by=page.actor,
            at=page.desk.at,
            seen=form.cleaned_data["seen"],
            mode=mode,
            note=form.cleaned_data.get("note", ""),
            lateness=form.lateness,
            key=form.cleaned_data.get("key"),
            **form.data_for_workflow(),
        )
    except errors.Refused as refusal:
        return _refused(page, form, mode, refusal)
    messages.success(page.request, _success(page.verb, mode))
    return redirect("admin:case", page.application.reference)


def _success(verb: str, mode: str) -> str:
    if mode == PREPARE:
        return _("Prepared: %(action)s. Somebody else must confirm it.") % {
            "action": label_of(verb)
        }
    if mode == RETURN:
        return _("Sent back: %(action)s.") % {"action": label_of(verb)}
    return _("Done: %(action)s.") % {"action": label_of(verb)}


def _refused(page: Page, form: MoveForm, mode: str, refusal: errors.Refused) -> HttpResponse:
    """The same page with the refusal beside its field or on top, and everything typed still there."""
    if isinstance(refusal, errors.Stale):
        return _render(page, form, mode=mode, stale=refusal, status=409)
    if isinstance(refusal, errors.ChecksFailed):
        return _render(page, form, mode=mode, failed=refusal, status=422)
    problems = refusal.problems if isinstance(refusal, errors.Problems) else [refusal]
    if any(problem.field == "lateness_reason" for problem in problems) and (
        "lateness_reason" not in form.fields
    ):
        form = _form(page, mode, bound=True, late=True)
        form.is_valid()
    for problem in problems:
        name = {"fields": "fields_named"}.get(problem.field or "", problem.field)
        form.add_error(name if name in form.fields else None, str(problem.message))
    return _render(page, form, mode=mode, status=422)


def _render(
    page: Page,
    form: MoveForm | None,
    *,
    mode: str = "",
    refused: str = "",
    stale: errors.Stale | None = None,
    failed: errors.ChecksFailed | None = None,
    status: int = 200,
) -> HttpResponse:
    application, desk = page.application, page.desk
    steps = list(application.steps.all())
    for step in steps:
        step.application = application
    lines = lines_of(steps, desk.today)
    mode = mode or (page.modes[0] if page.modes else "")
    balance = getattr(application, "balance", None)
    name = str(label_of(page.verb))
    titles = {CONFIRM: _("Confirm: %(action)s"), RETURN: _("Send back: %(action)s")}
    title = titles.get(mode, "%(action)s") % {"action": name}
    wrong = status == 422
    money_verb = page.verb in BalanceAction.values or page.verb == Action.CREDIT_BALANCE
    forms = forms_of(application)
    late = page.late_step() if page.offered and mode in (DO, CONFIRM, PREPARE) else None
    context = page_context(
        page.request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title} if wrong else title,
        action_name=name,
        verb=page.verb,
        mode=mode,
        modes=page.modes,
        form=form,
        return_form=_form(page, RETURN, bound=False) if mode == CONFIRM and not stale else None,
        rows=_rows(page, form),
        preparation=page.preparation,
        content=content_of(page.preparation) if page.preparation is not None else None,
        own_preparation=page.modes == [RETURN],
        told=_outlook(page, form) if page.offered else None,
        late=late if mode != PREPARE else None,
        facts=facts_of(application.records.all()) if not money_verb else None,
        forms=forms[:1],
        money=money_track(balance, lines, desk.today) if money_verb else None,
        refused=refused,
        stale=stale,
        failures=_failures(page, failed),
        **identity_bar(application, lines, desk),
    )
    if not page.offered and status == 200:
        status = 409
    return render(page.request, "staff/move.html", context, status=status)


def _rows(page: Page, form: MoveForm | None) -> Any:
    """The formset of contribution rows, longer by six when more were asked for."""
    rows = getattr(form, "rows", None)
    if rows is None or form is None or "more_rows" not in page.request.POST:
        return rows
    data = page.request.POST.copy()
    data["rows-TOTAL_FORMS"] = str(min(rows.total_form_count() + 6, rows.max_num))
    return type(rows)(data, prefix="rows")


def _outlook(page: Page, form: MoveForm | None) -> tuple[str, str]:
    given: dict[str, Any] = {}
    ground = page.ground()
    given["months_on_form"] = sum(row.months for row in ground.rows)
    if page.preparation is not None:
        given.update(page.preparation.payload)
    if form is not None:
        known = form.known_so_far().items()
        given.update({key: value for key, value in known if value not in (None, "", [])})
    return Outlook(page.application, ground.side, page.desk, given).after(page.verb)


@dataclass(frozen=True, slots=True)
class FailureLine:
    code: str
    message: str
    overridable: bool
    override: str


def _failures(page: Page, failed: errors.ChecksFailed | None) -> list[FailureLine]:
    """Every failed check, with what a supervisor has typed against it so far."""
    if failed is None:
        return []
    supervisor = Role.SUPERVISOR in page.desk.roles
    return [
        FailureLine(
            each.code,
            str(each.message),
            each.overridable and supervisor,
            page.request.POST.get(f"override-{each.code}", ""),
        )
        for each in failed.failures
    ]


def content_of(preparation: Preparation) -> list[tuple[str, str]]:
    """What was prepared, line by line, as the second person reads it."""
    payload: dict[str, Any] = preparation.payload
    lines: list[tuple[str, str]] = []
    for name, value in payload.items():
        if name == "rows":
            lines += [
                (
                    _("Row %(n)s") % {"n": number},
                    _("%(start)s to %(end)s, %(months)s months, base %(base)s")
                    % {
                        "start": row["from"],
                        "end": row["to"],
                        "months": row["months"],
                        "base": yuan(row["base_fen"]),
                    },
                )
                for number, row in enumerate(value, start=1)
            ]
        else:
            lines.append((_payload_label(name), _payload_value(name, value)))
    return lines


def _payload_label(name: str) -> str:
    own = {
        "case": _("Reference"),
        "from": _("From the account"),
        "to": _("To the account"),
        "balance_fen": _("Personal account"),
        "amount_fen": _("Amount"),
        "received_fen": _("Received"),
        "credited_to": _("Credited to"),
        "payee": _("Account holder"),
        "payee_account": _("Account number"),
        "text": _("Reason"),
    }
    return own.get(name) or str(InformationForm._meta.get_field(name).verbose_name)


def _payload_value(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name in ("from", "to"):
        return f"{value['holder']} · {value['bank']} · {value['number']}"
    if name.endswith("_fen"):
        return yuan(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)
