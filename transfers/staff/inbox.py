"""The reader's inbox: deadline alerts, grouped by case."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from ..models import Alert, OutboxMessage, TransferApplication
from .access import CASE_READERS, for_roles
from .cues import Cue, cue_of
from .desk import desk_of
from .pages import page_context

LINES = 200  # the newest; older alerts stay with their cases


@dataclass
class Line:
    message: OutboxMessage
    cue: Cue

    @property
    def alert(self) -> Alert:
        assert self.message.alert is not None, "the database keeps alert lines with their alert"
        return self.message.alert

    @property
    def rung(self) -> str:
        """Which rung of the ladder told this."""
        offset = self.alert.rung.offset_days
        if offset == 0:
            return _("on the due day")
        if offset < 0:
            text = ngettext(
                "%(n)d working day before it was due",
                "%(n)d working days before it was due",
                -offset,
            )
            return text % {"n": -offset}
        text = ngettext("%(n)d working day overdue", "%(n)d working days overdue", offset)
        return text % {"n": offset}


@dataclass
class Group:
    """The alerts of one case, newest first."""

    application: TransferApplication
    lines: list[Line] = field(default_factory=list)

    @property
    def unread(self) -> list[Line]:
        return [line for line in self.lines if line.alert.acknowledged_at is None]


@require_GET
@for_roles(CASE_READERS, in_agency=True)
def inbox(request: HttpRequest) -> HttpResponse:
    """Alert lines to the reader, but for those of rungs that only the digest tells.

    `all=1` also shows those that were acknowledged.
    """
    desk = desk_of(request)
    everything = request.GET.get("all") == "1"
    lines = OutboxMessage.objects.filter(
        recipient=desk.user, kind=OutboxMessage.Kind.ALERT, alert__rung__digest_only=False
    )
    # A case that is no longer in the reader's scope, after a change of agency, is not shown either.
    lines = lines.filter(alert__step__application__in=_visible(desk.user))
    if not everything:
        lines = lines.filter(alert__acknowledged_at__isnull=True)
    lines = lines.select_related(
        "alert__rung", "alert__step__calendar", "alert__step__application__person",
        "alert__step__agency", "alert__acknowledged_by",
    )  # fmt: skip
    groups: dict[int, Group] = {}
    for message in lines.order_by("-created_at", "-pk")[:LINES]:
        assert message.alert is not None, "the database keeps alert lines with their alert"
        step = message.alert.step
        group = groups.setdefault(step.application_id, Group(step.application))
        group.lines.append(Line(message, cue_of(step, desk.today)))
    context = page_context(
        request,
        title=_("Inbox"),
        browser_title=f"({desk.unread}) {_('Inbox')}" if desk.unread else _("Inbox"),
        groups=list(groups.values()),
        everything=everything,
    )
    return render(request, "staff/inbox.html", context)


def _visible(user: object) -> object:
    return TransferApplication.objects.visible_to(user).values("pk")  # type: ignore[arg-type]


@require_POST
@for_roles(CASE_READERS, in_agency=True)
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Acknowledge alerts that were sent to the reader: they stop being repeated."""
    ids = [int(each) for each in request.POST.getlist("alert") if each.isdigit() and len(each) < 19]
    alerts = Alert.objects.filter(
        pk__in=ids, acknowledged_at__isnull=True, messages__recipient=request.user
    )
    count = Alert.objects.filter(pk__in=list(alerts.values_list("pk", flat=True))).update(
        acknowledged_at=timezone.now(), acknowledged_by=request.user
    )
    text = ngettext("%(n)d alert acknowledged.", "%(n)d alerts acknowledged.", count)
    messages.success(request, text % {"n": count})
    return redirect("admin:inbox")
