"""Who may open an employer's page, and which batches they see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from ...models.employers import Batch

View = Callable[..., HttpResponse]


def for_employers(view: View) -> View:
    """A page for whoever is signed in for an employer; everybody else is asked to sign in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not acts_for_employer(request):
            return redirect_to_login(request.get_full_path(), reverse("employer-login"))
        return view(request, *args, **kwargs)

    return never_cache(guarded)


def acts_for_employer(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and user.employer_id is not None


def batch_or_404(request: HttpRequest, reference: str) -> Batch:
    """The employer's own batch. Another's answers as one that does not exist."""
    user: Any = request.user
    found = Batch.objects.filter(employer=user.employer_id, reference=reference).first()
    if found is None or found.state == Batch.State.DISCARDED:
        raise Http404
    return found
