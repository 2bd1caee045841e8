"""Who may open which staff page.

A page that a role may not use answers 403. A case outside the reader's agencies answers 404, in the
same words as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ..models import Agency, Region, TransferApplication
from ..rules.states import Role
from .pages import page_context

if TYPE_CHECKING:
    from ..models import User

CASE_WORKERS = frozenset({Role.CLERK, Role.FINANCE, Role.SUPERVISOR})
CASE_READERS = CASE_WORKERS | {Role.AUDITOR}
MONEY_READERS = frozenset({Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR})
MONEY_WORKERS = frozenset({Role.FINANCE})
COUNTER = frozenset({Role.CLERK, Role.SUPERVISOR})
EVERYBODY = frozenset(Role)
RULE_EDITORS = frozenset({Role.POLICY_EDITOR, Role.ADMINISTRATOR})
OUTBOX_READERS = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR})
OUTBOX_WORKERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})

View = Callable[..., HttpResponse]


def roles_of(user: User) -> frozenset[Role]:
    """The user's roles; a superuser manages rules and system, and sees no case by that."""
    if not user.is_authenticated:
        return frozenset()
    return user.roles | (RULE_EDITORS if user.is_superuser else frozenset())


def sees_cases(user: User) -> bool:
    return user.agency_id is not None and bool(roles_of(user) & CASE_READERS)


def works_cases(user: User) -> bool:
    return user.agency_id is not None and bool(roles_of(user) & CASE_WORKERS)


def editable_regions(user: User) -> QuerySet[Region]:
    """Where the user may edit policies and calendars: own region and what is part of it.

    A policy editor of no agency edits every place, the nation included.
    """
    if Role.POLICY_EDITOR not in roles_of(user):
        return Region.objects.none()
    if user.agency_id is None:
        return Region.objects.all()
    own = Agency.objects.filter(pk=user.agency_id).values("region")
    return Region.objects.filter(Q(pk__in=own) | Q(parent__in=own) | Q(parent__parent__in=own))


def managed_agencies(user: User) -> QuerySet[Agency]:
    """Whose entries and staff the user may edit: the own agency and those it supervises.

    An administrator of no agency manages all of them.
    """
    if Role.ADMINISTRATOR not in roles_of(user):
        return Agency.objects.none()
    if user.agency_id is None:
        return Agency.objects.all()
    return Agency.objects.filter(Q(pk=user.agency_id) | Q(supervised_by=user.agency_id))


def for_roles(roles: Collection[Role], *, in_agency: bool = False) -> Callable[[View], View]:
    """A view for these roles alone; `in_agency` also asks for membership of an agency."""
    allowed = frozenset(roles)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = request.user
            if not roles_of(user) & allowed or (in_agency and user.agency_id is None):
                return denied(request)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def denied(request: HttpRequest) -> HttpResponse:
    """The page that says a role does not include this."""
    context = page_context(request, title=_("You may not open this page"))
    return render(request, "staff/denied.html", context, status=403)


def case_or_404(
    user: User, reference: str, *related: str, prefetch: Collection[Any] = ()
) -> TransferApplication:
    """The case, if the user may see it. Raises Http404 otherwise, whether it exists or not."""
    if not sees_cases(user):
        raise Http404
    cases = TransferApplication.objects.visible_to(user).select_related(*related)
    case = cases.prefetch_related(*prefetch).filter(reference=reference).first()
    if case is None:
        raise Http404
    return case
