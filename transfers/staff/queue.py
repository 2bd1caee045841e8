"""The queue: the open steps of the reader's agencies, most overdue first, paused last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from .. import plugs
from ..models import Preparation, Step, SupplementRequest, User
from ..rules.states import Role, State
from ..rules.steps import STEPS, StepKind
from .access import CASE_READERS, CASE_WORKERS, for_roles
from .cues import Cue, cue_of
from .desk import Desk, desk_of
from .pages import page_context

if TYPE_CHECKING:
    from ..models.steps import StepQuerySet

PAGE = 50
COUNT_CAP = 1000  # counting further costs more than anybody reads out of the number

MONEY_KINDS = tuple(kind for kind, rule in STEPS.items() if rule.money)
# The applicant's own step is shown by the paused check beside it, unless it is asked for by kind.
RELATION_KINDS = tuple(
    kind for kind, rule in STEPS.items() if not rule.money and kind is not StepKind.SUPPLEMENT
)
TRACKS = {"relation": RELATION_KINDS, "money": MONEY_KINDS, "all": RELATION_KINDS + MONEY_KINDS}
VIEWS = ("all", "overdue", "today", "mine", "supplement", "unassigned")


def default_track(roles: frozenset[Role]) -> str:
    """Finance staff see money first, clerks the relation, everybody else both."""
    if Role.SUPERVISOR in roles or {Role.CLERK, Role.FINANCE} <= roles:
        return "all"
    if Role.FINANCE in roles:
        return "money"
    return "relation" if Role.CLERK in roles else "all"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for. Unknown values fall back to what everybody may see first."""

    track: str
    view: str = "all"
    kind: str = ""
    after: str = ""

    @classmethod
    def read(cls, request: HttpRequest, roles: frozenset[Role]) -> Filters:
        asked = request.GET
        track, view, kind = asked.get("track", ""), asked.get("view", ""), asked.get("kind", "")
        return cls(
            track=track if track in TRACKS else default_track(roles),
            view=view if view in VIEWS else "all",
            kind=kind if kind in StepKind.values else "",
            after=asked.get("after", ""),
        )

    def url(self, **changes: str) -> str:
        changed = replace(self, **{"after": "", **changes})
        parts = {"track": changed.track, "view": changed.view, "kind": changed.kind}
        if changed.after:
            parts["after"] = changed.after
        shown = {name: value for name, value in parts.items() if value and value != "all"}
        if changed.track == "all":
            shown["track"] = "all"
        return f"{reverse('admin:queue')}?{urlencode(shown)}"


def steps_of(desk: Desk) -> StepQuerySet:
    """Open steps owed by the agencies in scope. One agency is an equality, which the index serves."""
    ids = list(desk.agencies)
    scope = Q(agency=ids[0]) if len(ids) == 1 else Q(agency__in=ids)
    return Step.objects.open().filter(scope)


def narrowed(steps: StepQuerySet, filters: Filters, desk: Desk) -> StepQuerySet:
    """The steps that a set of filters leaves; the page (`after`) is not among them."""
    if filters.kind:
        steps = steps.filter(kind=filters.kind)
    else:
        steps = steps.filter(kind__in=TRACKS[filters.track])
    if filters.view == "overdue":
        return steps.overdue(desk.today)
    if filters.view == "today":
        return steps.running().filter(due_on=desk.today)
    if filters.view == "mine":
        return steps.filter(assignee=desk.user)
    if filters.view == "unassigned":
        return steps.filter(assignee__isnull=True)
    if filters.view == "supplement":
        return steps.filter(application__state=State.SUPPLEMENT_REQUESTED)
    return steps


def capped_counts(querysets: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each has, none counted further than one past `COUNT_CAP`. One statement."""
    names, parts, values = [], [], []
    counts = dict.fromkeys(querysets, 0)
    for name, rows in querysets.items():
        try:
            sql, params = rows.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        names.append(name)
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) counted)")  # noqa: S608 - compiled by the ORM
        values.extend(params)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", values)
            counts.update(zip(names, cursor.fetchone(), strict=True))
    return counts


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    url: str
    current: bool
    count: str = ""


def capped(count: int) -> str:
    return f"{COUNT_CAP}+" if count > COUNT_CAP else str(count)


def _cursor(text: str) -> tuple[date | None, int] | None:
    """The place of the last row of the page before: `2026-10-15:42`, or `paused:42`."""
    day, _colon, number = text.partition(":")
    if not number.isdigit() or len(number) > 18:
        return None
    if day == "paused":
        return None, int(number)
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        return None


def page_of(steps: StepQuerySet, after: str) -> tuple[list[Step], str]:
    """One page in queue order, and the cursor of the next one, empty at the end.

    By key, not by offset: the hundredth page costs what the first does. Two statements: steps that
    run by due day, then, if there is room, the paused ones.
    """
    place = _cursor(after)
    rows: list[Step] = []
    if place is None or place[0] is not None:
        running = steps.filter(paused_on__isnull=True).order_by("due_on", "pk")
        if place is not None and place[0] is not None:
            running = running.filter(
                Q(due_on__gt=place[0]) | Q(pk__gt=place[1]), due_on__gte=place[0]
            )
        rows += running[: PAGE + 1]
    if len(rows) <= PAGE:
        paused = steps.filter(paused_on__isnull=False).order_by("pk")
        if place is not None and place[0] is None:
            paused = paused.filter(pk__gt=place[1])
        rows += paused[: PAGE + 1 - len(rows)]
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    day = "paused" if last.due_on is None else last.due_on.isoformat()
    return rows[:PAGE], f"{day}:{last.pk}"


@dataclass(frozen=True, slots=True)
class Row:
    step: Step
    cue: Cue
    marks: list[str]


def _marks(step: Any) -> list[str]:
    """Short words for what sets a case apart."""
    marks = []
    if step.awaits_confirmation:
        marks.append(pgettext("mark in the queue", "To confirm"))
    if step.asked_materials:
        marks.append(pgettext("mark in the queue", "Materials"))
    if step.application.state == State.DISCREPANCY_RAISED:
        marks.append(pgettext("mark in the queue", "Discrepancy"))
    return marks


@require_GET
@for_roles(CASE_READERS, in_agency=True)
def queue(request: HttpRequest) -> HttpResponse:
    """The queue page. At most twelve queries, however many rows."""
    desk = desk_of(request)
    filters = Filters.read(request, desk.roles)
    base = steps_of(desk)
    case = OuterRef("application")
    listed = narrowed(base, filters, desk).select_related(
        "application__person", "application__origin", "application__destination",
        "assignee", "calendar", "agency",
    ).annotate(
        asked_materials=Exists(SupplementRequest.objects.filter(application=case)),
        awaits_confirmation=Exists(Preparation.objects.filter(application=case, outcome="")),
    )  # fmt: skip
    steps, after = page_of(listed, filters.after)
    more = plugs.marks_of([step.application for step in steps])
    rows = [
        Row(step, cue_of(step, desk.today), [*_marks(step), *more.get(step.application_id, [])])
        for step in steps
    ]

    countable = {
        f"view:{view}": narrowed(base, replace(filters, view=view), desk) for view in VIEWS
    }
    kinds = [kind for kind in StepKind if _offered(kind, filters)]
    for kind in kinds:
        countable[f"kind:{kind}"] = narrowed(base, replace(filters, kind=kind), desk)
    countable["track"] = narrowed(base, replace(filters, kind=""), desk)
    countable["due_today"] = narrowed(base, Filters(filters.track, "today"), desk)
    countable["late"] = narrowed(base, Filters(filters.track, "overdue"), desk)
    counts = capped_counts(countable)

    title = pgettext("page title", "Queue")
    late = counts["late"]
    context = page_context(
        request,
        title=title,
        browser_title=_("(%(n)s overdue) %(title)s") % {"n": capped(late), "title": title}
        if late
        else title,
        rows=rows,
        late=capped(late) if late else "",
        due_today=capped(counts["due_today"]) if counts["due_today"] else "",
        total=capped(counts[f"view:{filters.view}"]),
        filters=filters,
        track_chips=_track_chips(filters),
        view_chips=_view_chips(filters, counts),
        kind_chips=_kind_chips(filters, counts, kinds),
        next_url=filters.url(after=after) if after else "",
        first_url=filters.url() if filters.after else "",
        here=request.get_full_path(),
        colleagues=colleagues_of(desk),
        next_due=_next_due(base, filters, desk) if not rows else None,
        show_agency=len(desk.agencies) > 1,
    )
    return render(request, "staff/queue.html", context)


def _offered(kind: StepKind, filters: Filters) -> bool:
    if filters.track == "all":
        return True
    return STEPS[kind].money is (filters.track == "money")


def _track_chips(filters: Filters) -> list[Chip]:
    labels = {
        "relation": pgettext("track", "Relation"),
        "money": pgettext("track", "Money"),
        "all": pgettext("track", "Both"),
    }
    return [
        Chip(label, filters.url(track=track, kind=""), filters.track == track)
        for track, label in labels.items()
    ]


def _view_chips(filters: Filters, counts: dict[str, int]) -> list[Chip]:
    labels = {
        "all": pgettext("filter", "All"),
        "overdue": pgettext("filter", "Overdue"),
        "today": pgettext("filter", "Today"),
        "mine": pgettext("filter", "Mine"),
        "supplement": pgettext("filter", "Materials"),
        "unassigned": pgettext("filter", "Unassigned"),
    }
    return [
        Chip(label, filters.url(view=view), filters.view == view, capped(counts[f"view:{view}"]))
        for view, label in labels.items()
    ]


def _kind_chips(filters: Filters, counts: dict[str, int], kinds: list[StepKind]) -> list[Chip]:
    """One chip a kind of step that has any, and one for every kind."""
    chips = [
        Chip(
            pgettext("filter", "Every step"),
            filters.url(kind=""),
            not filters.kind,
            capped(counts["track"]),
        )
    ]
    for kind in kinds:
        count = counts[f"kind:{kind}"]
        if count or filters.kind == kind:
            chips.append(
                Chip(str(kind.label), filters.url(kind=kind), filters.kind == kind, capped(count))
            )
    return chips


def _next_due(base: StepQuerySet, filters: Filters, desk: Desk) -> Step | None:
    """What is due next on this track, for a reader with nothing before them."""
    running = narrowed(base, Filters(filters.track), desk).running()
    return running.select_related("application").order_by(F("due_on"), "pk").first()


def colleagues_of(desk: Desk) -> list[User]:
    """Whom the reader may give a step to: active members of the same agency who work on cases."""
    if not desk.works_cases:
        return []
    people = User.objects.filter(
        agency=desk.user.agency_id, is_active=True, groups__name__in=[*CASE_WORKERS]
    )
    return list(people.distinct().order_by("last_name", "first_name", "username"))


@require_POST
@for_roles(CASE_WORKERS, in_agency=True)
def assign(request: HttpRequest) -> HttpResponse:
    """Give ticked steps of the own agency to oneself, to a colleague, or back to nobody.

    Assignment changes no state, so it is no event; steps of other agencies are left alone.
    """
    desk = desk_of(request)
    ids = [int(each) for each in request.POST.getlist("step") if each.isdigit() and len(each) < 19]
    steps = Step.objects.open().filter(pk__in=ids, agency=desk.user.agency_id)
    wanted = request.POST.get("to", "")
    people = {str(person.pk): person for person in colleagues_of(desk)}
    if "me" in request.POST:
        wanted = str(desk.user.pk)
    if not ids:
        messages.error(request, _("Tick at least one case first."))
    elif wanted == "nobody":
        count = steps.update(assignee=None)
        text = ngettext("%(n)d case is unassigned now.", "%(n)d cases are unassigned now.", count)
        messages.success(request, text % {"n": count})
    elif wanted in people:
        count = steps.update(assignee=people[wanted])
        text = ngettext(
            "%(n)d case assigned to %(name)s.", "%(n)d cases assigned to %(name)s.", count
        )
        messages.success(request, text % {"n": count, "name": people[wanted]})
    else:
        messages.error(request, _("Choose a colleague of your agency."))
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page the form stood on, if it is one of ours."""
    url = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()):
        return url
    return reverse("admin:queue")
