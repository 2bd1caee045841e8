"""The bank accounts of the agencies."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ...models import Agency, BankAccount, User
from ...rules.states import Role
from ..access import managed_agencies, roles_of
from .base import StaffModelAdmin


class BankAccountAdmin(StaffModelAdmin):
    """Administrators keep them; auditors look. Lists show the last four digits alone.

    What a confirmed remittance was sent to is kept with it; an account no longer used is taken out of
    use here and stays.
    """

    viewers = frozenset({Role.AUDITOR})
    editors = frozenset({Role.ADMINISTRATOR})

    list_display = ("agency", "holder", "bank", "number_masked", "in_use")
    list_select_related = ("agency",)
    search_fields = ("agency__name_zh", "agency__name_en", "holder", "bank")
    fields = ("agency", "holder", "bank", "number", "in_use")

    @staticmethod
    @admin.display(description=_("account number"))
    def number_masked(account: BankAccount) -> str:
        return f"…{account.number[-4:]}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankAccount]:
        """An administrator sees the accounts they manage, an auditor those of the agencies in scope."""
        user: Any = request.user
        seen = Q(agency__in=managed_agencies(user).values("pk"))
        if Role.AUDITOR in roles_of(user):
            seen |= Q(agency__in=Agency.objects.filter(user.scope).values("pk"))
        accounts: QuerySet[BankAccount] = super().get_queryset(request)
        return accounts.filter(seen)

    def editable(self, user: User) -> QuerySet[BankAccount]:
        return BankAccount.objects.filter(agency__in=managed_agencies(user).values("pk"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        """An account's number is not changed: another number is another account."""
        return ("agency", "number") if obj is not None else ()

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "agency":
            kwargs["queryset"] = managed_agencies(request.user).order_by("region_id")  # type: ignore[arg-type]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
