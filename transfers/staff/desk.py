"""Where the reader sits: agency, roles, what is unread, what the side navigation offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .. import plugs
from ..models import Agency, OutboxMessage
from ..models.feedback import Dispute
from ..rules.states import Role
from ..workflow.feedback import queries_for
from .access import (
    CASE_READERS,
    COUNTER,
    EVERYBODY,
    MONEY_READERS,
    OUTBOX_READERS,
    RULE_EDITORS,
    roles_of,
    sees_cases,
    works_cases,
)

if TYPE_CHECKING:
    from ..models import User

UNREAD_CAP = 99


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    current: bool
    count: str = ""
    counted: str = ""  # what the count is of
    late: bool = False  # whether some of it is overdue


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: str
    items: list[NavItem]


@dataclass
class Desk:
    """One reader and one request. `at` is the moment the page speaks of, `today` its local date."""

    user: User
    path: str
    at: datetime = field(default_factory=timezone.now)

    @property
    def today(self) -> date:
        return timezone.localdate(self.at)

    @cached_property
    def roles(self) -> frozenset[Role]:
        return roles_of(self.user)

    @cached_property
    def agencies(self) -> dict[int, Agency]:
        """The agencies in the reader's scope by id, each with what waits for the reader; one query."""
        found = Agency.objects.filter(self.user.scope).select_related("region")
        found = found.annotate(
            unread=_unread(self.user),
            queries=_queries(self.user),
            queries_late=_queries(self.user, answer_by__lt=self.today),
        )
        return {agency.pk: agency for agency in found}

    @property
    def agency(self) -> Agency | None:
        return self.agencies.get(self.user.agency_id or 0)

    @property
    def role_labels(self) -> str:
        return pgettext("list separator", ", ").join(
            str(role.label) for role in Role if role in self.roles
        )

    @property
    def sees_cases(self) -> bool:
        return sees_cases(self.user)

    @property
    def works_cases(self) -> bool:
        return works_cases(self.user)

    @property
    def works_at_counter(self) -> bool:
        return self.works_cases and bool(self.roles & COUNTER)

    @property
    def unread(self) -> int:
        """Lines of the reader's inbox that nobody has acknowledged, counted up to a cap."""
        return getattr(self.agency, "unread", None) or 0

    @property
    def queries(self) -> int:
        """Queries of results that the reader's office has not answered."""
        return getattr(self.agency, "queries", None) or 0

    @property
    def queries_late(self) -> int:
        """How many of them should have been answered by now."""
        return getattr(self.agency, "queries_late", None) or 0

    def nav(self) -> list[NavGroup]:
        """Only what this reader may open."""
        groups: dict[str, list[NavItem]] = {}
        for group, label, name, roles, in_agency in _pages():
            if not self.roles & roles or (in_agency and not self.sees_cases):
                continue
            url = reverse(f"admin:{name}")
            item = NavItem(label, url, self.path.startswith(url), *self._count(name))
            groups.setdefault(group, []).append(item)
        return [NavGroup(label, items) for label, items in groups.items()]

    def _count(self, name: str) -> tuple[str, str, bool]:
        """What waits behind a line of the navigation: how many, of what, whether some is overdue."""
        if name == "inbox" and self.unread:
            return _capped(self.unread), _("unread"), False
        if name == "feedback" and self.queries:
            words = _("to be answered")
            if self.queries_late:
                words = _("to be answered, %(n)d overdue") % {"n": self.queries_late}
            return _capped(self.queries), words, bool(self.queries_late)
        return "", "", False


def _capped(n: int) -> str:
    return f"{UNREAD_CAP}+" if n > UNREAD_CAP else str(n)


def _queries(user: User, **late: date) -> Subquery:
    waiting = Dispute.objects.filter(queries_for(user.agency_id), answered_at__isnull=True, **late)
    # All open ones share the one value of `answered_at`, so this is one row or none.
    counted = waiting.order_by().values("answered_at").annotate(n=Count("pk"))
    return Subquery(counted.values("n"))


def _unread(user: User) -> Subquery:
    lines = OutboxMessage.objects.filter(
        recipient=user,
        kind=OutboxMessage.Kind.ALERT,
        alert__acknowledged_at__isnull=True,
        alert__rung__digest_only=False,
    )
    capped = OutboxMessage.objects.filter(pk__in=lines.order_by().values("pk")[: UNREAD_CAP + 1])
    counted = capped.order_by().values("kind").annotate(n=Count("pk"))
    return Subquery(counted.values("n"))


def _pages() -> list[tuple[str, str, str, frozenset[Role], bool]]:
    """Group, label, address name, roles, and whether only for members of an agency, in order."""
    work, rules, system = _("Work"), _("Rules"), _("System")
    own = [
        (work, pgettext("navigation", "Queue"), "queue", CASE_READERS, True),
        (work, pgettext("navigation", "Money"), "finance", MONEY_READERS, True),
        (work, _("Bank statements"), "statements", MONEY_READERS, True),
        (work, _("Remittances"), "remittances", MONEY_READERS, True),
        (work, pgettext("navigation", "Books"), "books", MONEY_READERS, True),
        (work, pgettext("navigation", "Inbox"), "inbox", CASE_READERS, True),
        (work, _("Queries and ratings"), "feedback", CASE_READERS, True),
        (work, pgettext("navigation", "Search"), "search", CASE_READERS, True),
        (work, _("New application"), "case_new", COUNTER, False),
        (rules, pgettext("navigation", "Policies"), "transfers_transferpolicy_changelist",
         EVERYBODY, False),
        (rules, pgettext("navigation", "Calendar"), "calendar", EVERYBODY, False),
        (rules, _("Alert ladder"), "transfers_alertrung_changelist", EVERYBODY, False),
        (system, _("Agencies"), "transfers_agency_changelist", EVERYBODY, False),
        (system, _("Bank accounts"), "transfers_bankaccount_changelist",
         frozenset({Role.ADMINISTRATOR, Role.AUDITOR}), False),
        (system, _("Regions"), "transfers_region_changelist", RULE_EDITORS, False),
        (system, _("Users and roles"), "transfers_user_changelist",
         frozenset({Role.ADMINISTRATOR, Role.AUDITOR}), False),
        (system, _("Employers"), "transfers_employer_changelist",
         frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR}), False),
        (system, _("Undelivered messages"), "outbox", OUTBOX_READERS, False),
        (system, _("Heartbeats"), "transfers_heartbeat_changelist", OUTBOX_READERS, False),
    ]  # fmt: skip
    groups = {"work": work, "rules": rules, "system": system}
    plugged = [
        (groups[each.group], str(each.label), each.url_name, each.roles, each.in_agency)
        for each in plugs.navigation
    ]
    return sorted([*own, *plugged], key=lambda page: [work, rules, system].index(page[0]))


def desk_of(request: HttpRequest) -> Desk:
    """The desk of a request, made once."""
    desk: Any = getattr(request, "desk", None)
    if desk is None:
        desk = request.desk = Desk(request.user, request.path)  # type: ignore[attr-defined]
    return desk
