"""Correcting how one is reached and told of changes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..intake.contact import ContactForm
from ..workflow import contact as workflow
from ..workflow.actors import Actor
from ..workflow.errors import NotAllowed, Problems, Stale
from . import typed, visit
from .lookup import look_up_again
from .untold import or_progress


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@or_progress
def contact(request: HttpRequest, reference: str) -> HttpResponse:
    """The form; after it, the status page, which shows what is on file now."""
    application = visit.case_of(request, reference)
    if application is None:
        return look_up_again(request, reference, "contact", ContactForm.base_fields)
    now = timezone.now()
    if not workflow.may_change(application, now):
        return redirect("status", reference=reference)
    given = request.POST if request.method == "POST" else None
    form = ContactForm(application, given, initial=typed.initial(request))
    refusal = ""
    if request.method == "POST" and form.is_valid():
        version = request.POST.get("version", "")
        try:
            workflow.change(
                application,
                form.contact(),
                by=Actor.applicant(),
                at=now,
                seen=int(version) if version.isdecimal() else None,
            )
        except Problems as refused:
            for problem in refused.problems:
                form.add_error(problem.field, problem.message)
        except Stale:
            # The refusal's own sentence is for staff and may name a colleague.
            refusal = _("The case has moved on since you opened this page. Nothing was changed.")
            application = visit.case_of(request, reference)
        except NotAllowed as refused:
            refusal = str(refused)
        else:
            return redirect("status", reference=reference)
    context = {"application": application, "form": form, "refusal": refusal}
    status = 422 if form.errors or refusal else 200
    return render(request, "public/contact.html", context, status=status)
