"""What all our model admins share: access by role, plain inputs, no scripts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from ...rules.states import Role
from ..access import EVERYBODY, roles_of
from ..fields import DayField

NOBODY: frozenset[Role] = frozenset()


class StaffModelAdmin(admin.ModelAdmin):
    """Who may look and who may edit, by role; which rows, by `editable`.

    Inputs are the browser's own (date, select), so that every page works without scripts.
    """

    viewers: frozenset[Role] = EVERYBODY
    editors: frozenset[Role] = NOBODY
    may_delete = False

    actions = None
    show_full_result_count = False
    list_per_page = 50
    formfield_overrides = {
        models.DateField: {
            "form_class": DayField,
            "widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
    }

    def editable(self, user: Any) -> QuerySet[Any]:
        """The rows the user may edit."""
        return self.model._default_manager.all()

    @property
    def media(self) -> forms.Media:
        return forms.Media()

    def _edits(self, request: HttpRequest, obj: Any | None) -> bool:
        if not roles_of(request.user) & self.editors:  # type: ignore[arg-type]
            return False
        return obj is None or self.editable(request.user).filter(pk=obj.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return bool(roles_of(request.user) & (self.viewers | self.editors))  # type: ignore[arg-type]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._edits(request, None)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self._edits(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self.may_delete and self._edits(request, obj)

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Django's field, without the pop-up links around choices, which need scripts."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = getattr(field, "widget", None)
        if hasattr(widget, "can_add_related"):
            field.widget = widget.widget
        return field
