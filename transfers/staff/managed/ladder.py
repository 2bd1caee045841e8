"""The alert ladder, and the pulse of the jobs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from ...models import AlertRung, User
from ...rules.states import Role
from ..access import OUTBOX_READERS
from .base import StaffModelAdmin


class AlertRungAdmin(StaffModelAdmin):
    """The ladder is one for the nation: only a policy editor of no agency edits it."""

    editors = frozenset({Role.POLICY_EDITOR})

    list_display = ("key", "offset_days", "audience", "digest_only", "tells_applicant")

    def editable(self, user: User) -> QuerySet[AlertRung]:
        return AlertRung.objects.all() if user.agency_id is None else AlertRung.objects.none()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.agency_id is None  # type: ignore[union-attr]

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        return ("key",) if obj is not None else ()


class HeartbeatAdmin(StaffModelAdmin):
    """When each job last finished; nobody edits that."""

    viewers = OUTBOX_READERS

    list_display = ("job", "finished_at", "rows")
