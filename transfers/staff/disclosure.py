"""Looking at a full identity number or at a file: written down, and not without end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from ..models import Disclosure, MaterialKind, User
from .access import case_or_404
from .desk import desk_of
from .pages import page_context

PER_HOUR = 30
FILES_PER_HOUR = 120  # a clerk's work with the files of twenty cases or more


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why do you need the full number?"),
        help_text=gettext_lazy("It is recorded with your name. Do not write the number here."),
        max_length=200,
        min_length=4,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def may_look(
    user: User,
    application_id: int,
    reason: str,
    at: datetime,
    *,
    material: MaterialKind | None = None,
) -> bool:
    """Write the disclosure, unless the hour's share is used up. One user's requests queue up.

    `material`: the kind of a file that is opened; files have a share of their own.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        hour = Disclosure.objects.filter(user=user, at__gt=at - timedelta(hours=1))
        used = hour.filter(material__isnull=material is None).count()
        if used >= (PER_HOUR if material is None else FILES_PER_HOUR):
            return False
        Disclosure.objects.create(
            application_id=application_id, user=user, at=at, reason=reason, material=material
        )
    return True


@never_cache
def identity(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask for the reason; then show the number in this one answer and nowhere else."""
    application = case_or_404(request.user, reference, "person")
    desk = desk_of(request)
    form = ReasonForm(request.POST or None)
    number, refused = "", False
    if request.method == "POST" and form.is_valid():
        if may_look(desk.user, application.pk, form.cleaned_data["reason"], desk.at):
            number = application.person.id_number
        else:
            refused = True
    context = page_context(
        request,
        title=_("Full identity number"),
        application=application,
        form=form,
        number=number,
        refused=refused,
        per_hour=PER_HOUR,
    )
    return render(request, "staff/identity.html", context, status=429 if refused else 200)
