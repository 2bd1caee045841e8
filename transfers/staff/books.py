"""The books: the latest proof, what is on its way by age, and the breaks somebody has to explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from ..models import BookProof, Break, StatementLine
from ..money.proof import AGES, Age, money_by_age, release
from ..rules.balances import BalanceState
from ..rules.ledger import AccountKind, Movement
from ..rules.money import yuan
from ..rules.states import Role, State
from .access import MONEY_READERS, for_roles
from .desk import desk_of
from .pages import page_context

_SUMS = (
    ("remitted_fen", pgettext_lazy("proof", "Remitted")),
    ("unknown_fen", pgettext_lazy("proof", "Received, owner unknown")),
    ("person_fen", pgettext_lazy("proof", "Credited")),
    ("returned_fen", pgettext_lazy("proof", "Returned")),
    ("paid_out_fen", pgettext_lazy("proof", "Paid out")),
    ("transit_fen", pgettext_lazy("proof", "In transit")),
    ("suspense_fen", pgettext_lazy("proof", "In suspense")),
    ("paid_in_fen", pgettext_lazy("proof", "Paid in by payers")),
    ("principal_fen", pgettext_lazy("proof", "Of that contributions")),
    ("late_fee_fen", pgettext_lazy("proof", "Of that late fees")),
)

OLD_DAYS = 30  # money that is on its way for longer is drawn as what somebody should look after


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: its words, its figures, and how long its bar is, in percent."""

    label: str
    count: int
    amount_fen: int
    percent: int
    old: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Money by age: a table whose rows carry a bar."""

    title: str
    bars: list[Bar]

    @property
    def count(self) -> int:
        return sum(bar.count for bar in self.bars)

    @property
    def amount_fen(self) -> int:
        return sum(bar.amount_fen for bar in self.bars)


def _label(age: Age, before: int | None) -> str:
    if age.up_to is None:
        return _("over %(n)d days") % {"n": AGES[-1]}
    start = 0 if before is None else before + 1
    return _("%(from)d–%(to)d days") % {"from": start, "to": age.up_to}


def chart_of(title: str, found: list[Age]) -> Chart:
    most = max((age.amount_fen for age in found), default=0) or 1
    bars, before = [], None
    for age in found:
        # Even the smallest amount is seen.
        percent = -(-100 * age.amount_fen // most)
        old = age.up_to is None or age.up_to > OLD_DAYS
        bars.append(Bar(_label(age, before), age.count, age.amount_fen, percent, old))
        before = age.up_to
    return Chart(title, bars)


@require_GET
@for_roles(MONEY_READERS, in_agency=True)
def books(request: HttpRequest) -> HttpResponse:
    """The page of the books. The sums are of all offices, ages and breaks of the reader's own."""
    desk = desk_of(request)
    agencies = list(desk.agencies)
    proof = BookProof.objects.first()
    open_breaks = Break.objects.filter(agency__in=agencies, cleared_at__isnull=True)
    context = page_context(
        request,
        title=pgettext("page title", "Books"),
        proof=proof,
        sums=[(label, proof.figures.get(name, 0)) for name, label in _SUMS] if proof else [],
        difference=proof.figures["difference_fen"] if proof else 0,
        charts=[
            chart_of(str(label), money_by_age(kind, desk.today, agencies=agencies))
            for kind, label in (
                (AccountKind.TRANSIT, _("Money in transit, by days since it was sent")),
                (AccountKind.SUSPENSE, _("Money in suspense, by days since it arrived")),
            )
        ],
        breaks=[
            (each, [(_label_of(name), _fact(name, value)) for name, value in each.facts.items()])
            for each in open_breaks.select_related(
                "application", "line__statement", "receivable", "agency"
            )[:200]
        ],
        earlier=BookProof.objects.all()[1:15],
        may_release=Role.SUPERVISOR in desk.roles,
    )
    return render(request, "staff/books.html", context)


# What the figures of a break are called; every name that `money.proof` gives one has its words here.
LABELS: dict[str, Any] = {
    "instruction": pgettext_lazy("break", "Instruction"),
    "amount_fen": pgettext_lazy("break", "Amount"),
    "legs": pgettext_lazy("break", "Legs"),
    "total_fen": pgettext_lazy("break", "Legs together"),
    "account": pgettext_lazy("break", "Account"),
    "balance_fen": pgettext_lazy("break", "Balance"),
    "entries_fen": pgettext_lazy("break", "Entries together"),
    "relation": pgettext_lazy("break", "Relation"),
    "money": pgettext_lazy("break", "Money"),
    "received_fen": pgettext_lazy("break", "Received"),
    "outcome": pgettext_lazy("break", "Line"),
    "movement": pgettext_lazy("break", "Movement"),
    "booked_fen": pgettext_lazy("break", "Booked"),
    "held_fen": pgettext_lazy("break", "In suspense"),
    "on": pgettext_lazy("break", "Day"),
}
_WORDS = {
    "account": AccountKind, "relation": State, "money": BalanceState, "movement": Movement,
    "outcome": StatementLine.Outcome,
}  # fmt: skip


def _label_of(name: str) -> str:
    return str(AccountKind(name).label if name in _HELD else LABELS[name])


def _fact(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name in _WORDS:
        return str(_WORDS[name](value).label)
    if isinstance(value, str):
        return value
    return yuan(value) if name.endswith("_fen") or name in _HELD else str(value)


_HELD = frozenset({"transit", "suspense", "person", "returned", "paid_out"})


@require_POST
@for_roles({Role.SUPERVISOR}, in_agency=True)
def release_break(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a case go on although its break was found; the reason is kept with the break."""
    desk = desk_of(request)
    found = get_object_or_404(Break, pk=pk, agency=desk.user.agency_id)
    reason = request.POST.get("reason", "").strip()[:200]
    if not reason:
        messages.error(request, _("Give a reason."))
    else:
        try:
            release(found, by=desk.user, reason=reason, at=desk.at)
        except ValueError:  # a proof was quicker
            messages.error(request, _("This was cleared already."))
        else:
            messages.success(request, _("Released. The next proof looks again."))
    return redirect("admin:books")
