"""Editing a policy table: beside each value its source, below the form what applies in the region."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...models import Region, User, ValueStatus
from ...models.policies import RegionPolicy
from ...policy import in_force, lineage_of, rows_of
from ...rules.states import Role
from ..access import editable_regions
from .base import StaffModelAdmin

_STATUS, _SOURCE, _VERIFIED = "status_of_", "source_of_", "verified_of_"


class PolicyForm(forms.ModelForm):
    """A policy with, beside each value, how sure it is and where it comes from."""

    instance: RegionPolicy

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = self.instance.provenance or {}
        for name in self.instance.VALUES:
            if isinstance(self.initial.get(name), Decimal):
                # 0.08, as it is written, not 0.0800 as it is stored
                self.initial[name] = self.initial[name].normalize()
            known = told.get(name, {})
            for prefix, key in ((_STATUS, "status"), (_SOURCE, "source"), (_VERIFIED, "verified")):
                if prefix + name in self.fields:
                    self.fields[prefix + name].initial = known.get(key)

    def clean(self) -> dict[str, Any]:
        """A value needs a source, so that whoever reads it out can say where it comes from."""
        cleaned = super().clean() or self.cleaned_data
        for name in self.instance.VALUES:
            if cleaned.get(name) in (None, "") or _SOURCE + name not in self.fields:
                continue
            if not cleaned.get(_SOURCE + name):
                self.add_error(_SOURCE + name, _("Say where this value comes from."))
            if not cleaned.get(_STATUS + name):
                self.add_error(_STATUS + name, _("Say how sure this value is."))
        return cleaned

    def _post_clean(self) -> None:
        self.instance.provenance = self.provenance()
        super()._post_clean()

    def provenance(self) -> dict[str, dict[str, Any]]:
        """The source of each value given.

        A changed value is no longer verified unless its source or its mark was changed with it.
        """
        told = {}
        for name in self.instance.VALUES:
            if self.cleaned_data.get(name) in (None, ""):
                continue
            verified = bool(self.cleaned_data.get(_VERIFIED + name))
            about = {_SOURCE + name, _VERIFIED + name}
            if name in self.changed_data and not about & set(self.changed_data):
                verified = False
            told[name] = {
                "status": self.cleaned_data.get(_STATUS + name) or ValueStatus.OWN.value,
                "source": self.cleaned_data.get(_SOURCE + name, ""),
                "verified": verified,
            }
        return told


def policy_form(table: type[RegionPolicy]) -> type[PolicyForm]:
    """The form of a policy table, with three more fields for each value."""
    extra: dict[str, Any] = {}
    for name in table.VALUES:
        value = table._meta.get_field(name).verbose_name
        extra[_STATUS + name] = forms.ChoiceField(
            label=_("How sure"), required=False, choices=[("", "–"), *ValueStatus.choices]
        )
        extra[_SOURCE + name] = forms.CharField(label=_("Source"), required=False, max_length=500)
        extra[_VERIFIED + name] = forms.BooleanField(label=_("Verified"), required=False)
        for prefix in (_STATUS, _SOURCE, _VERIFIED):
            field = extra[prefix + name]
            field.widget.attrs["aria-label"] = _("%(value)s: %(what)s") % {
                "value": value,
                "what": field.label,
            }
    # Every value has its column; the form itself fills `provenance`.
    extra["Meta"] = type("Meta", (), {"model": table, "exclude": ("provenance",)})
    return type(f"{table.__name__}Form", (PolicyForm,), extra)


def lines(title: Any, *names: str) -> tuple[Any, dict[str, Any]]:
    """A fieldset with one line for each value."""
    fields = [(name, _STATUS + name, _SOURCE + name, _VERIFIED + name) for name in names]
    return title, {"classes": ("sourced",), "fields": fields}


SPAN = (None, {"fields": ("region", ("valid_from", "valid_to"))})


class RegionPolicyAdmin(StaffModelAdmin):
    """Everybody may read policies; a policy editor edits those of the own region and below.

    A row that has been in force is never deleted: cases were decided by it.
    """

    editors = frozenset({Role.POLICY_EDITOR})
    may_delete = True
    change_form_template = "admin/policy_form.html"

    list_display = ("region", "valid_from", "valid_to", "values_given", "to_confirm")
    list_select_related = ("region",)
    search_fields = ("region__code", "region__name_zh", "region__name_en")

    def editable(self, user: User) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows.filter(region__in=editable_regions(user).values("pk"))

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        future = obj is None or obj.valid_from > timezone.localdate()
        return future and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        return ("region",) if obj is not None else ()

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "region":
            kwargs["queryset"] = editable_regions(request.user)  # type: ignore[arg-type]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @staticmethod
    @admin.display(description=_("values of its own"))
    def values_given(policy: RegionPolicy) -> int:
        return len(policy.given())

    @staticmethod
    @admin.display(description=_("to be confirmed"))
    def to_confirm(policy: RegionPolicy) -> int:
        """How many of the values nobody has verified yet."""
        told = policy.provenance
        return sum(not told.get(name, {}).get("verified") for name in policy.given())

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, with what is in force in the region beside it, value by value."""
        policy = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if policy is not None:
            context["in_force"] = applying(policy)
        return super().change_view(request, object_id, form_url, context)


def applying(policy: RegionPolicy) -> list[dict[str, Any]]:
    """Each value as it applies in the region on the policy's first day, with its source."""
    table = type(policy)
    lineage = lineage_of(policy.region_id)
    values = in_force(rows_of(table, policy.region_id), lineage, policy.valid_from)
    regions = {region.pk: region.name for region in Region.objects.filter(pk__in=lineage)}
    return [
        {
            "label": table._meta.get_field(name).verbose_name,
            "value": shown(table, name, value.value),
            "region": regions[value.region_code],
            "own": value.region_code == policy.region_id,
            "status": ValueStatus(value.status).label,
            "source": value.source,
            "verified": value.verified,
        }
        for name in table.VALUES
        if (value := values.get(name)) is not None
    ]


def shown(table: type[RegionPolicy], name: str, value: Any) -> Any:
    """A value as a reader reads it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    choices = dict(getattr(table._meta.get_field(name), "flatchoices", ()))
    return choices.get(value, value)
