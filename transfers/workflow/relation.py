"""What each action on the relation does, once it is known to be legal. Called by `workflow.actions`.

A handler changes the application through its django-fsm transition, opens and closes clocks, and
returns what the event should say. One that prepares a four-eyes action returns the proposal instead.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from ..deadlines import clocks
from ..models.applications import Material, MaterialKind, SideRecord, SupplementRequest
from ..models.balances import BalanceTransfer
from ..models.events import Preparation
from ..models.forms import InformationForm
from ..policy import resolve
from ..rules import identity
from ..rules.balances import (
    MONEY_AT_ORIGIN,
    BalanceState,
    Disposition,
    InProvinceMode,
    what_is_due,
)
from ..rules.states import RELATION, Action, Role, Scheme, Side, State
from ..rules.steps import Outcome, StepKind
from . import checks, merging
from .case import Case
from .errors import ChecksFailed, Failure, Invalid, NotAllowed
from .forms import FormDraft, content_of, write_form
from .submission import RECORD_FIELDS

CHECKS = {Side.ORIGIN: StepKind.CHECK_ORIGIN, Side.DESTINATION: StepKind.CHECK_DESTINATION}

# The money has left and nobody has vouched for its amount yet, so a new form may still change it.
_AMOUNT_OPEN = frozenset({BalanceState.REMITTED, BalanceState.RECEIVED, BalanceState.MISMATCHED})


@dataclass
class Said:
    """What the event of an action says besides who and when."""

    reason_code: str = ""
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    message: bool | None = None


def sentence(text: str | None, field_name: str = "text") -> str:
    """A reason as given. Raises Invalid when there is none."""
    plain = (text or "").strip()
    if not plain:
        raise Invalid(field_name, _("Give a reason."), code="required")
    return plain


def _code(code: str | None, action: Action) -> str:
    if code not in RELATION[action].reason_codes:
        raise Invalid("code", _("Choose a reason from the list."), code="required")
    return str(code)


def pass_check(
    case: Case,
    *,
    record: Mapping[str, Any] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Said:
    """One side is satisfied; with the second, the case is accepted and what is due is decided."""
    application, side = case.application, case.side
    assert side is not None
    own = case.record(side)
    _write_record(own, record or {})
    failures = checks.failures(application, Action.PASS_CHECK, side, case.on)
    overruled = _overrule(case, failures, overrides or {})
    own.passed_at, own.passed_by = case.at, case.by.user
    own.save(update_fields=["passed_at", "passed_by"])
    accepted = not SideRecord.objects.filter(
        application=application, passed_at__isnull=True
    ).exists()
    case.finish(CHECKS[side])
    application.pass_check(accepted=accepted, at=case.at)
    case.save("accepted_at")
    facts: dict[str, Any] = {"accepted": accepted}
    if overruled:
        facts["overrides"] = overruled
    if accepted:
        case.open(StepKind.TRANSFER_OUT, Side.ORIGIN)
        balance = decide_due(case, case.record(Side.ORIGIN).balance_fen or 0)
        facts["due"] = {"disposition": balance.disposition, "why": balance.due_reason}
    return Said(facts=facts, message=accepted)


def _write_record(own: SideRecord, given: Mapping[str, Any]) -> None:
    unknown = set(given) - RECORD_FIELDS
    if unknown:
        raise ValueError(f"a side's record has no {', '.join(sorted(unknown))}")
    for name, value in given.items():
        setattr(own, name, identity.normalise(value) if name == "id_number" else value)
    own.save()


def _overrule(
    case: Case, failures: Sequence[Failure], overrides: Mapping[str, str]
) -> dict[str, str]:
    """Reasons a supervisor gave against failures. Raises ChecksFailed with those that still stand."""
    given = {code: text.strip() for code, text in overrides.items() if text.strip()}
    if given and Role.SUPERVISOR not in case.by.roles:
        raise NotAllowed(_("Only a supervisor can override a check."), code="wrong_role")
    standing = [each for each in failures if not (each.overridable and given.get(each.code))]
    if standing:
        raise ChecksFailed(failures)
    return {each.code: given[each.code] for each in failures}


def decide_due(case: Case, balance_fen: int) -> BalanceTransfer:
    """Decide, or decide anew, what is due of the balance, and start or stop the origin's clock for it."""
    application = case.application
    on = localdate(application.submitted_at)
    origin = resolve(application.origin, on)
    destination = resolve(application.destination, on)
    due = what_is_due(
        scheme=Scheme(application.scheme_from),
        balance_fen=balance_fen,
        same_province=application.origin.province_code == application.destination.province_code,
        in_province_mode=InProvinceMode(origin.in_province_mode),
        origin_disposition=Disposition(origin.balance_disposition),
        destination_connected=bool(destination.connected),
        relocated_retiree=application.relocated_retiree,
    )
    balance = case.balance or BalanceTransfer(application=application)
    balance.remitted_at = None
    balance.decide(due=due, amount_fen=balance_fen)
    balance.save()
    application.balance = balance
    case.drop(StepKind.RESEND)
    if balance.state == BalanceState.NOT_DUE:
        case.drop(StepKind.REMIT)
    elif not case.running([StepKind.REMIT]):
        case.open(StepKind.REMIT, Side.ORIGIN)
    return balance


def _refuse(case: Case, action: Action, code: str, text: str, own: StepKind) -> Said:
    """A refusal answers the refusing side's own obligation: that step is done, the others drop."""
    code, text = _code(code, action), sentence(text)
    getattr(case.application, action.value)(code=code, text=text, at=case.at)
    case.save("close_code", "close_text", "closed_at")
    case.finish(own)
    case.drop()
    return Said(reason_code=code, reason=text)


def reject(case: Case, *, code: str, text: str) -> Said:
    assert case.side is not None
    return _refuse(case, Action.REJECT, code, text, CHECKS[case.side])


def refuse_late(case: Case, *, code: str, text: str) -> Said:
    return _refuse(case, Action.REFUSE_LATE, code, text, StepKind.TRANSFER_OUT)


def request_supplement(case: Case, *, items: Sequence[str], why: str) -> Said:
    """Ask for everything missing at once. Nobody can check meanwhile, so both check clocks stop."""
    wanted = list(dict.fromkeys(items))
    if not wanted or any(item not in MaterialKind.values for item in wanted):
        raise Invalid("items", _("Tick at least one material."), code="required")
    why = sentence(why, "why")
    assert case.side is not None
    SupplementRequest.objects.create(
        application=case.application, side=case.side, items=wanted, why=why, requested_at=case.at
    )
    case.application.request_supplement()
    case.save()
    for step in case.running(CHECKS.values()):
        clocks.pause(step, on=case.on)
    case.open(StepKind.SUPPLEMENT, case.side)
    return Said(reason=why, facts={"items": wanted})


def supply(case: Case, *, items: Sequence[str] | None = None) -> Said:
    """The materials are here: the clocks go on with what was left."""
    request = SupplementRequest.objects.get(application=case.application, supplied_at__isnull=True)
    handed_in = list(request.items if items is None else items)
    missing = [item for item in request.items if item not in handed_in]
    if missing:
        names = "、".join(str(MaterialKind(item).label) for item in missing)
        raise Invalid("items", _("Still missing: %(materials)s.") % {"materials": names})
    for kind in handed_in:
        Material.objects.get_or_create(
            application=case.application,
            kind=kind,
            defaults={"received_at": case.at, "received_by": case.by.user},
        )
    request.supplied_at = case.at
    request.save(update_fields=["supplied_at"])
    case.application.supply()
    case.save()
    case.finish(StepKind.SUPPLEMENT)
    for step in case.running(CHECKS.values()):
        clocks.resume(step, on=case.on)
    return Said(facts={"items": handed_in})


def lapse(case: Case) -> Said:
    """End a case whose materials did not come; only once the day for them is over."""
    supplement = next(iter(case.running([StepKind.SUPPLEMENT])), None)
    if supplement is None or not clocks.late_days(supplement, case.on):
        raise NotAllowed(_("The day for the materials is not over yet."), code="not_due")
    case.application.lapse(at=case.at)
    case.save("close_code", "closed_at")
    case.drop()
    return Said()


def withdraw(case: Case) -> Said:
    case.application.withdraw(at=case.at)
    case.save("closed_at")
    case.drop()
    return Said()


def propose_form(case: Case, *, form: FormDraft) -> dict[str, Any]:
    """The maker's side of `transfer_out` and `correct`: the content of the next form."""
    return content_of(form)


def seal(case: Case, preparation: Preparation) -> InformationForm:
    """The next version of the form, as it was prepared."""
    form = write_form(
        case.application.pk,
        preparation.payload,
        prepared_by=preparation.prepared_by,
        prepared_at=preparation.prepared_at,
        sealed_by=case.by.user,
        sealed_at=case.at,
    )
    merging.keep(case, form)
    case.sealed = True
    return form


def _seal(case: Case, preparation: Preparation) -> InformationForm:
    """The next version of the form, and what it means for the money."""
    form = seal(case, preparation)
    balance = case.balance
    assert balance is not None, "what is due is decided at acceptance"
    if balance.amount_fen == form.balance_fen:
        return form
    if balance.state in MONEY_AT_ORIGIN:
        decide_due(case, form.balance_fen)
    elif balance.state not in _AMOUNT_OPEN or form.balance_fen == 0:
        raise Invalid(
            "balance_fen",
            _("The money is on its way or settled at another amount."),
            code="settled",
        )
    else:
        balance.amount_fen = form.balance_fen
        balance.save(update_fields=["amount_fen"])
    return form


def _form_facts(form: InformationForm) -> dict[str, Any]:
    return {
        "form": form.version,
        "hash": form.content_hash,
        "months": form.total_months,
        "balance_fen": form.balance_fen,
    }


def transfer_out(case: Case, preparation: Preparation) -> Said:
    form = _seal(case, preparation)
    case.application.transfer_out(at=case.at)
    case.save("transferred_out_at")
    case.finish(StepKind.TRANSFER_OUT)
    case.open(StepKind.TRANSFER_IN, Side.DESTINATION)
    return Said(facts=_form_facts(form))


def raise_discrepancy(case: Case, *, fields: Sequence[str], text: str) -> Said:
    """Send the form back: the destination's clock ends unfinished, the origin's correction starts."""
    if not fields:
        raise Invalid("fields", _("Tick at least one field that is wrong."), code="required")
    text = sentence(text)
    case.application.raise_discrepancy()
    case.save()
    case.finish(StepKind.TRANSFER_IN, outcome=Outcome.SUPERSEDED)
    case.open(StepKind.CORRECTION, Side.ORIGIN)
    return Said(reason=text, facts={"fields": list(fields)})


def _back_to_destination(case: Case) -> None:
    case.save()
    case.finish(StepKind.CORRECTION)
    case.open(StepKind.TRANSFER_IN, Side.DESTINATION)


def correct(case: Case, preparation: Preparation) -> Said:
    form = _seal(case, preparation)
    case.application.correct()
    _back_to_destination(case)
    return Said(facts=_form_facts(form))


def uphold(case: Case, *, text: str) -> Said:
    text = sentence(text)
    case.application.uphold()
    _back_to_destination(case)
    return Said(reason=text)


def propose_recall(case: Case, *, text: str) -> dict[str, Any]:
    return {"text": sentence(text)}


def recall(case: Case, preparation: Preparation) -> Said:
    text = str(preparation.payload["text"])
    if case.balance is not None and case.balance.state not in MONEY_AT_ORIGIN:
        raise NotAllowed(
            _("The money has left the origin; it must come back before a recall."), code="money_out"
        )
    case.application.recall(text=text, at=case.at)
    case.save("close_text", "closed_at")
    case.drop()
    return Said(reason=text)


def transfer_in(case: Case, *, merged_months: int | None = None, text: str = "") -> Said:
    """Count the months at the destination; where some are insured twice, `text` says how that was
    settled. `merged_months`: what the caller expects to be added."""
    merge = merging.merge(case, merged_months=merged_months, text=text.strip())
    case.application.transfer_in(merged_months=merge.added_months, at=case.at)
    case.save("merged_months", "transferred_in_at")
    case.finish(StepKind.TRANSFER_IN)
    if case.balance is not None and case.balance.state in (
        BalanceState.RECEIVED,
        BalanceState.MATCHED,
    ):
        case.open(StepKind.CREDIT, Side.DESTINATION)
    return Said(reason=merge.reason, facts=merging.facts_of(merge))


def amounts(case: Case) -> dict[str, Any]:
    """What both pairs of eyes must have seen the same of before money is credited."""
    application, balance = case.application, case.balance
    assert balance is not None
    return {
        "case": application.reference,
        "amount_fen": balance.amount_fen,
        "received_fen": balance.received_fen,
        "credited_to": application.applicant_name,
    }


def credit_balance(case: Case, preparation: Preparation) -> Said:
    assert case.balance is not None
    if preparation.payload != amounts(case):
        raise Invalid("hash", _("What was prepared has changed since you read it."), code="hash")
    case.balance.credit(at=case.at)
    case.save_balance("settled_at")
    case.application.credit_balance(at=case.at)
    case.save("closed_at")
    case.finish(StepKind.CREDIT)
    case.drop()
    paid = preparation.payload
    return Said(facts={"amount_fen": paid["amount_fen"], "received_fen": paid["received_fen"]})


def close_without_balance(case: Case) -> Said:
    balance = case.balance
    if balance is None or balance.state != BalanceState.NOT_DUE:
        raise NotAllowed(_("Money is due in this case."), code="money_due")
    case.application.close_without_balance(at=case.at)
    case.save("closed_at")
    case.drop()
    return Said(reason=str(balance.get_due_reason_display()), facts={"why": balance.due_reason})


def close_paid_out(case: Case) -> Said:
    balance = case.balance
    if balance is None or balance.state != BalanceState.PAID_OUT:
        raise NotAllowed(_("The bank has not confirmed the payout yet."), code="not_paid")
    case.application.close_paid_out(at=case.at)
    case.save("closed_at")
    case.drop()
    return Said(facts={"amount_fen": balance.amount_fen})


def automatic_end(case: Case) -> Action | None:
    """The closing action the system owes a case that has nothing left to do."""
    if case.application.state != State.TRANSFERRED_IN or case.balance is None:
        return None
    return {
        BalanceState.NOT_DUE: Action.CLOSE_WITHOUT_BALANCE,
        BalanceState.PAID_OUT: Action.CLOSE_PAID_OUT,
    }.get(BalanceState(case.balance.state))


HANDLERS: dict[str, Callable[..., Said]] = {
    Action.PASS_CHECK: pass_check,
    Action.REJECT: reject,
    Action.REQUEST_SUPPLEMENT: request_supplement,
    Action.SUPPLY: supply,
    Action.LAPSE: lapse,
    Action.WITHDRAW: withdraw,
    Action.REFUSE_LATE: refuse_late,
    Action.TRANSFER_OUT: transfer_out,
    Action.RAISE_DISCREPANCY: raise_discrepancy,
    Action.CORRECT: correct,
    Action.UPHOLD: uphold,
    Action.RECALL: recall,
    Action.TRANSFER_IN: transfer_in,
    Action.CREDIT_BALANCE: credit_balance,
    Action.CLOSE_WITHOUT_BALANCE: close_without_balance,
    Action.CLOSE_PAID_OUT: close_paid_out,
}
PROPOSALS: dict[str, Callable[..., dict[str, Any]]] = {
    Action.TRANSFER_OUT: propose_form,
    Action.CORRECT: propose_form,
    Action.RECALL: propose_recall,
    Action.CREDIT_BALANCE: amounts,
}

# Which of the case's open steps an action completes, by the side that acts.
CLOSES: dict[str, Callable[[Side | None], tuple[StepKind, ...]]] = {
    Action.PASS_CHECK: lambda side: (CHECKS[side],) if side else (),
    Action.REJECT: lambda side: (CHECKS[side],) if side else (),
    Action.REFUSE_LATE: lambda _side: (StepKind.TRANSFER_OUT,),
    Action.SUPPLY: lambda _side: (StepKind.SUPPLEMENT,),
    Action.TRANSFER_OUT: lambda _side: (StepKind.TRANSFER_OUT,),
    Action.RAISE_DISCREPANCY: lambda _side: (StepKind.TRANSFER_IN,),
    Action.CORRECT: lambda _side: (StepKind.CORRECTION,),
    Action.UPHOLD: lambda _side: (StepKind.CORRECTION,),
    Action.TRANSFER_IN: lambda _side: (StepKind.TRANSFER_IN,),
    Action.CREDIT_BALANCE: lambda _side: (StepKind.CREDIT,),
}
