"""The arrears queue: the open cases of the reader's agencies, most overdue first; the closed ones apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from transfers.models import Person
from transfers.rules.identity import normalise
from transfers.rules.months import number
from transfers.staff.access import CASE_READERS, for_roles
from transfers.staff.cues import Cue
from transfers.staff.desk import Desk, desk_of
from transfers.staff.pages import page_context
from transfers.staff.queue import PAGE, Chip, capped, capped_counts

from ..models import ArrearsCase, Payment, Quote
from ..rules.states import FINAL, OPEN, State
from .access import knows, visible
from .clocks import calendars_of, cue_of

VIEWS = ("all", "overdue", "today", "closed")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; unknown values count as not given."""

    view: str = "all"
    state: str = ""
    after: str = ""

    @classmethod
    def read(cls, request: HttpRequest) -> Filters:
        asked = request.GET
        filters = cls(
            view=asked.get("view", "") if asked.get("view") in VIEWS else "all",
            state=asked.get("state", ""),
            after=asked.get("after", ""),
        )
        return filters if filters.state in filters.states else replace(filters, state="")

    @property
    def closed(self) -> bool:
        return self.view == "closed"

    @property
    def states(self) -> tuple[State, ...]:
        """The states that cases of this view may be in."""
        among = FINAL if self.closed else OPEN
        return tuple(state for state in State if state in among)

    def seen_by(self, view: str) -> Filters:
        """The same in another view, which may not know the state."""
        other = replace(self, view=view)
        return other if other.state in other.states else replace(other, state="")

    def url(self, **changes: str) -> str:
        changed = replace(self, **{"after": "", **changes})
        parts = {"view": changed.view, "state": changed.state, "after": changed.after}
        shown = {name: value for name, value in parts.items() if value and value != "all"}
        return f"{reverse('admin:arrears')}{'?' if shown else ''}{urlencode(shown)}"


def narrowed(cases: QuerySet[ArrearsCase], filters: Filters, today: date) -> QuerySet[ArrearsCase]:
    """The cases that a set of filters leaves; the page (`after`) is not among them."""
    cases = cases.filter(state__in=[filters.state] if filters.state else sorted(filters.states))
    if filters.view == "overdue":
        return cases.filter(next_on__lt=today)
    if filters.view == "today":
        return cases.filter(next_on=today)
    return cases


Day = TypeVar("Day", date, datetime)


def _cursor(text: str, read: Callable[[str], Day]) -> tuple[Day, int] | None:
    """The place of the last row of the page before: `2026-10-15:42`."""
    day, _colon, key = text.rpartition(":")
    if not (key.isascii() and key.isdigit()) or len(key) > 18:
        return None
    try:
        return read(day), int(key)
    except ValueError:
        return None


def page_of(cases: QuerySet[ArrearsCase], after: str) -> tuple[list[ArrearsCase], str]:
    """One page by next day, and the cursor of the next one, empty at the end. By key, not by offset."""
    place = _cursor(after, date.fromisoformat)
    if place is not None:
        cases = cases.filter(Q(next_on__gt=place[0]) | Q(pk__gt=place[1]), next_on__gte=place[0])
    return _page(cases.order_by("next_on", "pk"), lambda last: f"{last.next_on}:{last.pk}")


def page_of_closed(cases: QuerySet[ArrearsCase], after: str) -> tuple[list[ArrearsCase], str]:
    """The same of closed cases, the last one closed first."""
    place = _cursor(after, _moment)
    if place is not None:
        at, key = place
        cases = cases.filter(Q(closed_at__lt=at) | Q(pk__lt=key), closed_at__lte=at)
    ordered = cases.order_by("-closed_at", "-pk")
    return _page(ordered, lambda last: f"{last.closed_at.isoformat()}:{last.pk}")


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment has its offset")
    return at


def _page(
    ordered: QuerySet[ArrearsCase], place_of: Callable[[Any], str]
) -> tuple[list[ArrearsCase], str]:
    rows = list(ordered[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    return rows[:PAGE], place_of(rows[PAGE - 1])


def with_amounts(cases: QuerySet[ArrearsCase]) -> QuerySet[ArrearsCase]:
    """Each case with `quoted_fen` of its newest quote and `paid_fen` by payments that hold."""
    case = OuterRef("pk")
    quoted = Quote.objects.filter(case=case).order_by("-version").values("total_fen")[:1]
    paid = Payment.objects.filter(case=case, taken_back__isnull=True).order_by().values("case")
    return cases.annotate(
        quoted_fen=Subquery(quoted),
        paid_fen=Subquery(paid.annotate(n=Sum("amount_fen")).values("n")),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the queue. `owed_fen` None: nothing has been quoted yet. `paid_fen`: so far."""

    case: ArrearsCase
    cue: Cue | None
    months: int
    owed_fen: int | None
    paid_fen: int


def row_of(case: Any, cue: Cue | None) -> Row:
    paid = case.paid_fen or 0
    owed = None if case.quoted_fen is None else max(0, case.quoted_fen - paid)
    return Row(case, cue, number(case.to_month) - number(case.from_month) + 1, owed, paid)


@require_GET
@for_roles(CASE_READERS, in_agency=True)
def queue(request: HttpRequest) -> HttpResponse:
    """The queue page. A constant number of queries, however many rows."""
    desk = desk_of(request)
    filters = Filters.read(request)
    base = visible(desk)
    listed = narrowed(base, filters, desk.today).select_related(
        "person", "pool__parent__parent__parent", "agency"
    )
    turn = page_of_closed if filters.closed else page_of
    cases, after = turn(with_amounts(listed), filters.after)
    calendars = calendars_of(cases)
    countable = {
        f"view:{view}": narrowed(base, filters.seen_by(view), desk.today) for view in VIEWS
    }
    countable |= {
        f"state:{state}": narrowed(base, replace(filters, state=state), desk.today)
        for state in ("", *filters.states)
    }
    countable["late"] = narrowed(base, Filters("overdue"), desk.today)
    counts = capped_counts(countable)
    title = pgettext("page title", "Arrears")
    late = counts["late"]
    context = page_context(
        request,
        title=title,
        browser_title=_("(%(n)s overdue) %(title)s") % {"n": capped(late), "title": title}
        if late
        else title,
        late=capped(late) if late else "",
        late_url=Filters("overdue").url(),
        rows=[row_of(case, cue_of(case, calendars, desk.today)) for case in cases],
        view_chips=_view_chips(filters, counts),
        state_chips=_state_chips(filters, counts),
        next_url=filters.url(after=after) if after else "",
        first_url=filters.url() if filters.after else "",
        closed=filters.closed,
        show_pool=len(desk.agencies) > 1,
        may_open=desk.works_at_counter,
    )
    return render(request, "arrears/staff/queue.html", context)


def _view_chips(filters: Filters, counts: dict[str, int]) -> list[Chip]:
    labels = {
        "all": pgettext("filter", "All"),
        "overdue": pgettext("filter", "Overdue"),
        "today": pgettext("filter", "Today"),
        "closed": pgettext("filter", "Closed"),
    }
    return [
        Chip(
            label,
            filters.seen_by(view).url(),
            filters.view == view,
            capped(counts[f"view:{view}"]),
        )
        for view, label in labels.items()
    ]


def _state_chips(filters: Filters, counts: dict[str, int]) -> list[Chip]:
    labels: dict[str, str] = {"": pgettext("filter", "Every state")}
    labels |= {each.value: str(each.label) for each in filters.states}
    return [
        Chip(
            label,
            filters.url(state=state),
            filters.state == state,
            capped(counts[f"state:{state}"]),
        )
        for state, label in labels.items()
    ]


class SearchForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Reference or identity number"),
        help_text=gettext_lazy(
            "The whole reference of an arrears case, or all 18 characters of the number."
        ),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "type": "search"}
        ),
    )


@never_cache
@require_POST
@for_roles(CASE_READERS, in_agency=True)
def search(request: HttpRequest) -> HttpResponse:
    """To the case of that reference, or to the months of that person; else the form again, and why.

    What was typed never stands in an address.
    """
    desk = desk_of(request)
    form = SearchForm(request.POST)
    if form.is_valid():
        address = _found(desk, form.cleaned_data["words"])
        if address:
            return redirect(address)
        form.add_error(
            "words",
            _(
                "Nothing of your agency matches. Check what you typed; a person must be on its record."
            ),
        )
    title = _("Find a person or a case")
    context = page_context(
        request,
        title=title,
        browser_title=_("Error: %(title)s") % {"title": title},
        form=form,
        may_open=desk.works_at_counter,
    )
    return render(request, "arrears/staff/search.html", context, status=422)


def _found(desk: Desk, words: str) -> str:
    plain = normalise(words)
    case = visible(desk).filter(reference=plain).first()
    if case is not None:
        return reverse("admin:arrears_case", args=[case.reference])
    person = Person.objects.filter(id_number=plain).first()
    if person is not None and knows(desk, person):
        return reverse("admin:arrears_person", args=[person.pk])
    return ""
