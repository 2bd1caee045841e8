"""Employers with an account, who apply for their staff with spreadsheets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from ...models import Employer, User
from ...rules import identity
from ...rules.states import Role
from ..employers import EDITORS, kept_by
from .base import StaffModelAdmin


class EmployerForm(forms.ModelForm):
    may_sign_in = forms.BooleanField(
        label=_("may sign in"), required=False, initial=True,
        help_text=_("Without it the account is closed at once; its batches stay."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            users = self.instance.users.all()
            self.initial["may_sign_in"] = any(user.is_active for user in users)

    def clean_uscc(self) -> str:
        code = identity.normalise(self.cleaned_data["uscc"])
        if not identity.is_uscc(code):
            raise forms.ValidationError(_("This is not a valid unified social credit code."))
        if User.objects.filter(username=code).exclude(employer=self.instance.pk).exists():
            raise forms.ValidationError(_("This employer has an account already."))
        return code

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("contact_phone") and not given.get("contact_email"):
            self.add_error("contact_phone", _("Enter a phone or an e-mail address of the contact."))
        return given


class EmployerAdmin(StaffModelAdmin):
    """Accounts are made at the office, against the business licence; nobody registers by themselves.

    Every office sees them; an account is edited by the office that made it. An employer signs in with its code and a password that it chooses behind a link.
    """

    viewers = frozenset({Role.AUDITOR})
    editors = EDITORS
    form = EmployerForm
    change_form_template = "admin/employer_form.html"

    list_display = ("name", "uscc", "contact_phone", "contact_email", "agency", "created_at")
    list_select_related = ("agency",)
    search_fields = ("name", "uscc")
    fields = ("uscc", "name", "contact_phone", "contact_email", "may_sign_in")

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> tuple[str, ...]:
        """The code is what the employer signs in with, and what its cases carry."""
        return ("uscc", "agency") if obj is not None else ()

    def get_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        return [*self.fields, *(("agency",) if obj is not None else ())]

    def editable(self, user: Any) -> QuerySet[Any]:
        return kept_by(user)

    def save_model(self, request: HttpRequest, obj: Employer, form: Any, change: bool) -> None:
        if not change:
            obj.agency_id = request.user.agency_id  # type: ignore[union-attr]
        super().save_model(request, obj, form, change)
        if not change:
            user = User(username=obj.uscc, employer=obj, email=obj.contact_email)
            user.set_unusable_password()
            user.save()
        obj.users.update(is_active=form.cleaned_data["may_sign_in"])

    def response_add(
        self, request: HttpRequest, obj: Employer, post_url_continue: str | None = None
    ) -> HttpResponseRedirect:
        return redirect("admin:employer_link", obj.pk)
