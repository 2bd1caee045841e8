"""Members of staff and their roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from ...models import Agency, User
from ...rules.states import Role
from ..access import managed_agencies, roles_of
from .base import StaffModelAdmin


class RolesField(forms.ModelMultipleChoiceField):
    """The roles a person holds, named in the reader's language."""

    def label_from_instance(self, obj: Group) -> str:
        return str(Role(obj.name).label)


class UserAdmin(StaffModelAdmin, DjangoUserAdmin):
    """Accounts of the agencies an administrator manages. Nobody changes their own roles.

    A superuser's account is out of reach of everybody else.
    """

    viewers = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    editors = frozenset({Role.ADMINISTRATOR})

    list_display = ("username", "full_name", "agency", "role_names", "is_active", "last_login")
    list_filter = ("is_active",)
    list_select_related = ("agency",)
    search_fields = ("username", "last_name", "first_name")
    ordering = ("agency", "username")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": (("last_name", "first_name"), "email")}),
        (_("Work"), {"fields": ("agency", "groups", "is_active")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        (_("Person"), {"fields": (("last_name", "first_name"), "email")}),
        (_("Work"), {"fields": ("agency", "groups")}),
    )

    @staticmethod
    @admin.display(description=_("name"))
    def full_name(user: User) -> str:
        return user.get_full_name()

    @staticmethod
    @admin.display(description=_("roles"))
    def role_names(user: User) -> str:
        names = {group.name for group in user.groups.all()}
        return pgettext("list separator", ", ").join(
            str(role.label) for role in Role if role in names
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Only people of agencies in the reader's charge; superusers only for superusers."""
        people = User.objects.filter(employer__isnull=True).prefetch_related("groups")
        reader: Any = request.user
        if reader.is_superuser:
            return people
        people = people.filter(is_superuser=False)
        if Role.ADMINISTRATOR in roles_of(reader) and reader.agency_id is None:
            return people
        agencies = Agency.objects.filter(reader.scope).values("pk")
        return people.filter(
            Q(agency__in=managed_agencies(reader).values("pk")) | Q(agency__in=agencies)
        )

    def editable(self, user: User) -> QuerySet[User]:
        people = (
            User.objects.all() if user.is_superuser else User.objects.filter(is_superuser=False)
        ).filter(employer__isnull=True)
        if user.agency_id is None:
            return people
        return people.filter(agency__in=managed_agencies(user).values("pk"))

    def get_form(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> Any:
        """Django's form, without a hint that its password summary points to but does not show."""
        form = super().get_form(request, obj, **kwargs)
        if "password" in form.base_fields:
            form.base_fields["password"].help_text = ""
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        own = obj is not None and obj.pk == request.user.pk
        return (*self.readonly_fields, *(("agency", "groups", "is_active") if own else ()))

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "agency" and field is not None:
            field.queryset = managed_agencies(request.user)  # type: ignore[arg-type]
            # An account of no agency would see and edit everywhere: not for a local administrator.
            field.required = request.user.agency_id is not None  # type: ignore[union-attr]
        return field

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        return RolesField(
            queryset=Group.objects.filter(name__in=Role.values).order_by("pk"),
            label=_("Roles"),
            help_text=_("A person may hold several. Nobody can change their own."),
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Everybody with an account here is a member of staff."""
        obj.is_staff = True
        super().save_model(request, obj, form, change)
