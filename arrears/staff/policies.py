"""Editing what places ask for missed months. Before anything is stored, the editor sees what it changes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from transfers.intake.fields import FenField
from transfers.models import Region, User
from transfers.rules import money
from transfers.rules.states import Role
from transfers.staff.access import editable_regions
from transfers.staff.managed.base import StaffModelAdmin
from transfers.staff.managed.region_policies import (
    SPAN,
    RegionPolicyAdmin,
    lines,
    policy_form,
    shown,
)
from transfers.staff.pages import page_context

from ..models import ArrearsPolicy, WageBase
from ..previews import preview

CONFIRMED = "_confirmed"


class Previewed(StaffModelAdmin):
    """Saving a valid form first shows what it changes for the quotes that are out; then asks again."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and CONFIRMED not in request.POST:
            answer = self._preview(request, object_id)
            if answer is not None:
                return answer
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _preview(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The page in between; None where Django's own view has an error or a refusal to show."""
        stored = None if object_id is None else self.get_object(request, object_id)
        if object_id is None:
            allowed = self.has_add_permission(request)
        else:
            allowed = stored is not None and self.has_change_permission(request, stored)
        if not allowed:
            return None
        form = self.get_form(request, stored, change=stored is not None)(
            request.POST, request.FILES, instance=stored
        )
        if not form.is_valid():
            return None
        before = None if object_id is None else self.get_object(request, object_id)
        context = page_context(
            request,
            title=_("What this changes"),
            opts=self.opts,
            draft=form.instance,
            edits=self.edits(before, form),
            preview=preview(form.instance),
            given=[
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name != "csrfmiddlewaretoken"
            ],
            confirmed=CONFIRMED,
        )
        return render(request, "arrears/staff/policy_preview.html", context)

    @abstractmethod
    def edits(self, before: Any | None, form: Any) -> list[tuple[Any, Any, Any]]:
        """(what, before, after) of everything that was changed."""


class ArrearsPolicyAdmin(Previewed, RegionPolicyAdmin):
    form = policy_form(ArrearsPolicy)
    change_form_template = "arrears/staff/policy_form.html"
    fieldsets = (
        SPAN,
        lines(
            gettext_lazy("Which months may be paid later"),
            "gap_free_months", "back_pay_allowed", "back_pay_allowed_flexible", "max_gap_months",
            "min_consecutive_months", "switch_months",
        ),
        lines(
            gettext_lazy("When benefits restart"),
            "restart_rule", "restart_rule_over", "waiting_months_4_to_6", "waiting_months_over_6",
            "payment_month_counts", "retroactive",
        ),
        lines(
            gettext_lazy("What it costs (rates as fractions, 0.08 for eight percent)"),
            "contribution_rate_unit", "contribution_rate_person", "due_rule",
            "late_fee_daily_rate", "late_fee_on_person",
        ),
        lines(
            gettext_lazy("Residents (days as MM-DD)"),
            "window_from", "window_to", "repair_from", "repair_to", "fixed_wait_months",
            "wait_per_broken_year", "repair_per_year", "floor_from_4_years", "first_year_free",
        ),
        lines(
            gettext_lazy("How the place works"),
            "quote_days", "assess_days", "pay_at_zh", "pay_at_en",
        ),
    )  # fmt: skip

    def edits(self, before: Any | None, form: Any) -> list[tuple[Any, Any, Any]]:
        found = []
        for name in ("valid_from", "valid_to", *ArrearsPolicy.VALUES):
            old = "" if before is None else _told(name, getattr(before, name))
            new = _told(name, getattr(form.instance, name))
            if old != new:
                label = ArrearsPolicy._meta.get_field(name).verbose_name  # type: ignore[union-attr]
                found.append((label, old, new))
        return found


def _told(name: str, value: Any) -> Any:
    return "" if value in (None, "") else shown(ArrearsPolicy, name, value)


class WageBaseForm(forms.ModelForm):
    """The base in yuan, as people write it. A changed amount is no longer verified by itself."""

    amount_fen = FenField(label=pgettext_lazy("wage base", "Monthly base (yuan)"))

    class Meta:
        model = WageBase
        fields = ("region", "year", "amount_fen", "status", "source", "verified")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        changed = set(self.changed_data)
        if self.instance.pk and "amount_fen" in changed and not changed & {"source", "verified"}:
            cleaned["verified"] = False
        return cleaned


class WageBaseAdmin(Previewed):
    """Everybody may read them; a policy editor keeps those of the own region and below."""

    editors = frozenset({Role.POLICY_EDITOR})
    form = WageBaseForm
    change_form_template = "arrears/staff/policy_form.html"

    list_display = ("region", "year", "amount", "status", "verified", "source")
    list_select_related = ("region",)
    search_fields = ("=region__code", "region__name_zh", "region__name_en", "=year")
    fields = ("region", "year", "amount_fen", "status", "source", "verified")

    @staticmethod
    @admin.display(description=pgettext_lazy("wage base", "monthly base"))
    def amount(base: WageBase) -> str:
        return money.yuan(base.amount_fen)

    def editable(self, user: User) -> QuerySet[WageBase]:
        return WageBase.objects.filter(region__in=editable_regions(user).values("pk"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        return ("region", "year") if obj is not None else ()

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Region], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "region":
            kwargs["queryset"] = editable_regions(request.user)  # type: ignore[arg-type]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def edits(self, before: Any | None, form: Any) -> list[tuple[Any, Any, Any]]:
        now: WageBase = form.instance
        if before is not None and before.amount_fen == now.amount_fen:
            return []
        label = _("%(year)s, monthly base") % {"year": now.year}
        return [(label, "" if before is None else self.amount(before), self.amount(now))]
