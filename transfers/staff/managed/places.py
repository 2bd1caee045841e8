"""Regions and agencies."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ...models import Agency, Region, User
from ...rules.states import Role
from ..access import RULE_EDITORS, managed_agencies
from .base import StaffModelAdmin


class RegionAdmin(StaffModelAdmin):
    """Regions belong to the nation: only an administrator of no agency edits them."""

    viewers = RULE_EDITORS
    editors = frozenset({Role.ADMINISTRATOR})

    list_display = ("code", "name_zh", "name_en", "parent", "level", "is_pool")
    list_display_links = ("code", "name_zh")
    list_filter = ("level", "is_pool")
    list_select_related = ("parent",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("code", "name_zh", "name_en", "parent", "level", "is_pool")

    def editable(self, user: User) -> QuerySet[Region]:
        return Region.objects.all() if user.agency_id is None else Region.objects.none()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.agency_id is None  # type: ignore[union-attr]

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()  # the code is the key of everything there

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "parent":
            kwargs["queryset"] = Region.objects.exclude(level=Region.Level.COUNTY)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AgencyAdmin(StaffModelAdmin):
    """Offices: everybody may look up a telephone number, administrators edit those they manage."""

    editors = frozenset({Role.ADMINISTRATOR})

    list_display = ("name_in_language", "region", "phone", "supervised_by")
    list_select_related = ("region", "supervised_by")
    search_fields = ("name_zh", "name_en", "region__code", "region__name_zh", "region__name_en")
    fields = (
        "region", ("name_zh", "name_en"), "phone", ("hours_zh", "hours_en"), "supervised_by",
    )  # fmt: skip

    @staticmethod
    @admin.display(description=_("agency"))
    def name_in_language(agency: Agency) -> str:
        return agency.name

    def editable(self, user: User) -> QuerySet[Agency]:
        return managed_agencies(user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.agency_id is None  # type: ignore[union-attr]

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        """Where an office belongs is not for its own administrator to change."""
        if request.user.agency_id is not None:  # type: ignore[union-attr]
            return ("region", "supervised_by")
        return ("region",) if obj is not None else ()

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "region":
            kwargs["queryset"] = Region.objects.filter(agency__isnull=True)
        if db_field.name == "supervised_by":
            kwargs["queryset"] = Agency.objects.filter(region__level__in=["province", "nation"])
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
