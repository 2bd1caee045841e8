"""The link with which an employer chooses a password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.tokens import default_token_generator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..models import Employer, User
from ..rules.states import Role
from .access import for_roles
from .pages import page_context

EDITORS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(EDITORS)
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link with which the employer chooses a password. It is shown once and kept nowhere."""
    employer = Employer.objects.filter(pk=pk).first()
    user = User.objects.filter(employer=pk, is_active=True).order_by("pk").first()
    if employer is None:
        raise Http404
    address = ""
    if request.method == "POST" and user is not None:
        word = urlsafe_base64_encode(force_bytes(user.pk))
        token = default_token_generator.make_token(user)
        address = settings.PUBLIC_URL + reverse("employer-welcome", args=[word, token])
        admin.site.get_model_admin(Employer).log_change(
            request, employer, "A link to choose a password was made."
        )
    context = page_context(
        request, title=_("Link to choose a password"), employer=employer, user_found=user is not None,
        address=address, days=settings.PASSWORD_RESET_TIMEOUT // 86_400,
    )  # fmt: skip
    return render(request, "staff/employer_link.html", context)
