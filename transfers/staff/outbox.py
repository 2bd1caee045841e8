"""Messages that could not be delivered, and trying them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from ..models import Agency, OutboxMessage, TransferApplication
from ..rules.states import Role
from .access import OUTBOX_READERS, OUTBOX_WORKERS, for_roles
from .desk import Desk, desk_of
from .pages import page_context

if TYPE_CHECKING:
    from django.db.models import QuerySet

LINES = 100


def dead_letters(desk: Desk) -> QuerySet[OutboxMessage]:
    """What was given up, in the reader's scope: own agencies' cases and staff.

    An administrator of no agency runs the system and sees every one; the page names no applicant.
    """
    # An alert line is not sent by itself: its digest is.
    dead = OutboxMessage.objects.filter(dead_at__isnull=False).exclude(
        kind=OutboxMessage.Kind.ALERT
    )
    if desk.user.agency_id is None and Role.ADMINISTRATOR in desk.roles:
        return dead
    cases = TransferApplication.objects.visible_to(desk.user).values("pk")
    agencies = Agency.objects.filter(desk.user.scope).values("pk")
    return dead.filter(Q(application__in=cases) | Q(recipient__agency__in=agencies))


@require_GET
@for_roles(OUTBOX_READERS)
def outbox(request: HttpRequest) -> HttpResponse:
    desk = desk_of(request)
    found = dead_letters(desk).select_related("application", "recipient")
    lines = list(found.order_by("-dead_at", "-pk")[: LINES + 1])
    context = page_context(
        request,
        title=_("Undelivered messages"),
        lines=lines[:LINES],
        more=len(lines) > LINES,
        limit=LINES,
        may_retry=bool(desk.roles & OUTBOX_WORKERS),
    )
    return render(request, "staff/outbox.html", context)


@require_POST
@for_roles(OUTBOX_WORKERS)
def retry(request: HttpRequest) -> HttpResponse:
    """Put given-up messages back in the queue with a fresh count of attempts."""
    ids = [int(n) for n in request.POST.getlist("message") if n.isdigit() and len(n) < 19]
    wanted = list(dead_letters(desk_of(request)).filter(pk__in=ids).values_list("pk", flat=True))
    count = OutboxMessage.objects.filter(pk__in=wanted).update(
        dead_at=None, attempts=0, leased_until=None, next_try_at=timezone.now(), channel=""
    )
    text = ngettext(
        "%(n)d message will be tried again.", "%(n)d messages will be tried again.", count
    )
    messages.success(request, text % {"n": count})
    return redirect("admin:outbox")
