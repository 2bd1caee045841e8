"""Which employers' accounts a member of staff keeps, and the link with which one chooses a password."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from ..models import Employer, OutboxMessage, User
from ..rules.states import Role
from .access import denied, for_roles
from .pages import page_context

EDITORS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})


def kept_by(user: Any) -> QuerySet[Employer]:
    """The accounts the user may edit and make links for: those made at the own office.

    Those that an administrator of no agency made are kept by such administrators.
    """
    if user.is_superuser:
        return Employer.objects.all()
    return Employer.objects.filter(agency=user.agency_id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(EDITORS)
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link with which the employer chooses a password. It is shown once and kept nowhere.

    Who holds it acts for the employer, so the employer gets a letter, and the account's history a line.
    """
    employer = Employer.objects.filter(pk=pk).first()
    user = User.objects.filter(employer=pk, is_active=True).order_by("pk").first()
    if employer is None:
        raise Http404
    if not kept_by(request.user).filter(pk=pk).exists():
        return denied(request)
    address = ""
    if request.method == "POST" and user is not None:
        word = urlsafe_base64_encode(force_bytes(user.pk))
        token = default_token_generator.make_token(user)
        address = settings.PUBLIC_URL + reverse("employer-welcome", args=[word, token])
        with transaction.atomic():
            admin.site.get_model_admin(Employer).log_change(
                request, employer, "A link to choose a password was made."
            )
            if employer.contact_email:
                _tell(employer, request.user, timezone.now())
    context = page_context(
        request, title=_("Link to choose a password"), employer=employer, user_found=user is not None,
        address=address, days=settings.PASSWORD_RESET_TIMEOUT // 86_400,
    )  # fmt: skip
    return render(request, "staff/employer_link.html", context)


def _tell(employer: Employer, user: Any, at: datetime) -> None:
    """Queue a letter to the employer, in both languages, that an office made a link; without the link."""
    subjects, texts = [], []
    for language in ("zh-hans", "en"):
        with override(language):
            office = user.agency.name if user.agency else _("The administration of the platform")
            subjects.append(_("A link for your employer's account"))
            texts.append(
                _(
                    "%(office)s made a link with which the password of the account %(code)s can be "
                    "chosen, at %(at)s. If nobody of yours asked for it, call the office at once."
                )
                % {
                    "office": f"{office} ({user.agency.phone})" if user.agency else office,
                    "code": employer.uscc,
                    "at": f"{timezone.localtime(at):%Y-%m-%d %H:%M}",
                }
            )
    OutboxMessage.objects.create(
        key=f"employer-link:{employer.pk}:{uuid4()}",
        kind=OutboxMessage.Kind.LETTER,
        address=employer.contact_email,
        subject=" / ".join(subjects),
        text="\n\n".join(texts),
        created_at=at,
        next_try_at=at,
    )
