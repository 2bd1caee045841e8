"""The finance queue: every case whose money waits for somebody, by what it waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET

from ..models import Preparation, Step, TransferApplication
from ..rules.balances import BalanceState, Disposition
from ..rules.states import Side, State
from ..workflow.four_eyes import MOVEMENTS
from .access import MONEY_READERS, for_roles
from .cues import Cue, cue_of
from .desk import Desk, desk_of
from .pages import page_context
from .queue import MONEY_KINDS, PAGE, Chip, capped, capped_counts

_SEALED = (State.TRANSFERRED_OUT, State.DISCREPANCY_RAISED, State.TRANSFERRED_IN)


def _at(side: Side, desk: Desk) -> Q:
    return Q(**{f"{side.value}_agency__in": list(desk.agencies)})


def _state(*states: BalanceState, side: Side) -> Callable[[Desk], Q]:
    return lambda desk: Q(balance__state__in=states) & _at(side, desk)


def _either(*states: BalanceState) -> Callable[[Desk], Q]:
    return lambda desk: (
        Q(balance__state__in=states) & (_at(Side.ORIGIN, desk) | _at(Side.DESTINATION, desk))
    )


def _to_send(disposition: Disposition) -> Callable[[Desk], Q]:
    return lambda desk: (
        Q(balance__state=BalanceState.PENDING, balance__disposition=disposition, state__in=_SEALED)
        & _at(Side.ORIGIN, desk)
        & ~_prepared()
    )


def _bounced(desk: Desk) -> Q:
    """Of a case that was recalled, the money has come home and waits for nobody."""
    return Q(balance__state=BalanceState.BOUNCED, state__in=_SEALED) & _at(Side.ORIGIN, desk)


def _prepared() -> Q:
    waiting = Preparation.objects.filter(
        application=OuterRef("pk"), outcome="", verb__in=list(MOVEMENTS)
    )
    return Q(Exists(waiting))


def _to_confirm(desk: Desk) -> Q:
    """What somebody else of the own agency prepared."""
    agencies = list(desk.agencies)
    waiting = Preparation.objects.filter(
        application=OuterRef("pk"), outcome="", verb__in=list(MOVEMENTS),
        prepared_by__agency__in=agencies,
    ).exclude(prepared_by=desk.user)  # fmt: skip
    return Q(Exists(waiting))


def _prepared_by_me(desk: Desk) -> Q:
    mine = Preparation.objects.filter(
        application=OuterRef("pk"), outcome="", verb__in=list(MOVEMENTS), prepared_by=desk.user
    )
    return Q(Exists(mine))


def _to_credit(desk: Desk) -> Q:
    matched = Q(balance__state=BalanceState.MATCHED, state=State.TRANSFERRED_IN)
    return matched & _at(Side.DESTINATION, desk) & ~_prepared()


B = BalanceState
# name → label, and which cases; in the order of the work.
GROUPS: dict[str, tuple[Any, Callable[[Desk], Q]]] = {
    "to_confirm": (pgettext_lazy("finance queue", "To confirm"), _to_confirm),
    "prepared": (pgettext_lazy("finance queue", "Prepared by me"), _prepared_by_me),
    "to_remit": (pgettext_lazy("finance queue", "To remit"), _to_send(Disposition.TRANSFER)),
    "to_pay": (pgettext_lazy("finance queue", "To pay out"), _to_send(Disposition.PAY_TO_PERSON)),
    "received": (
        pgettext_lazy("finance queue", "Received, not matched"),
        _state(B.RECEIVED, side=Side.DESTINATION),
    ),
    "mismatched": (pgettext_lazy("finance queue", "Amount differs"), _either(B.MISMATCHED)),
    "to_credit": (pgettext_lazy("finance queue", "To credit"), _to_credit),
    "bounced": (
        pgettext_lazy("finance queue", "Bounced"),
        _bounced,
    ),
    "on_the_way": (pgettext_lazy("finance queue", "On the way"), _either(B.REMITTED)),
    "paying": (
        pgettext_lazy("finance queue", "Payout with the bank"),
        _state(B.PAYING, side=Side.ORIGIN),
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the queue. `age`: how long its money has been where it is."""

    case: TransferApplication
    step: Step | None
    cue: Cue | None
    amount_fen: int
    age: str
    prepared_by: Any


def _row(case: TransferApplication, desk: Desk) -> Row:
    balance = case.balance
    steps = list(case.steps.all())
    for step in steps:
        step.application = case
    step = min(steps, key=lambda each: (each.due_on is None, each.due_on), default=None)
    arrived = balance.state in (B.RECEIVED, B.MATCHED, B.MISMATCHED)
    since = balance.received_at if arrived else balance.remitted_at
    age = ""
    if since is not None:
        days = (desk.today - localdate(since)).days
        age = ngettext("%(n)d day so far", "%(n)d days so far", days) % {"n": days}
    waiting = next(iter(case.preparations.all()), None)
    return Row(
        case,
        step,
        cue_of(step, desk.today) if step is not None else None,
        balance.received_fen if arrived else balance.amount_fen,
        age,
        waiting.prepared_by if waiting is not None else None,
    )


@require_GET
@for_roles(MONEY_READERS, in_agency=True)
def finance(request: HttpRequest) -> HttpResponse:
    """The finance queue, oldest cases first. A constant number of queries, however many rows."""
    desk = desk_of(request)
    group = request.GET.get("group", "")
    if group not in GROUPS:
        group = next(iter(GROUPS))
    base = TransferApplication.objects.all()
    counts = capped_counts({name: base.filter(which(desk)) for name, (_l, which) in GROUPS.items()})
    if "group" not in request.GET:
        group = next((name for name in GROUPS if counts[name]), group)
    cases = base.filter(GROUPS[group][1](desk)).order_by("pk")
    after = request.GET.get("after", "")
    if after.isdigit() and len(after) < 19:
        cases = cases.filter(pk__gt=int(after))
    steps = Step.objects.open().filter(kind__in=MONEY_KINDS).select_related("calendar", "agency")
    waiting = Preparation.objects.filter(outcome="", verb__in=list(MOVEMENTS))
    found = list(
        cases.select_related("balance", "person", "origin", "destination").prefetch_related(
            Prefetch("steps", steps),
            Prefetch("preparations", waiting.select_related("prepared_by")),
        )[: PAGE + 1]
    )
    here = f"{reverse('admin:finance')}?group={group}"
    context = page_context(
        request,
        title=pgettext("page title", "Money"),
        group=group,
        group_label=GROUPS[group][0],
        chips=[
            Chip(str(label), f"{reverse('admin:finance')}?group={name}", name == group,
                 capped(counts[name]))
            for name, (label, _which) in GROUPS.items()
        ],
        rows=[_row(case, desk) for case in found[:PAGE]],
        next_url=f"{here}&after={found[PAGE - 1].pk}" if len(found) > PAGE else "",
        first_url=here if after else "",
    )  # fmt: skip
    return render(request, "staff/finance.html", context)
