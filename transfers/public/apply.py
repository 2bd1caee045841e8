"""Applying: answer → check the answers → handed in. Without script; nothing personal in an address."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ..models.applications import TransferApplication
from ..status import describe, situation_of
from ..workflow.actions import submit
from ..workflow.actors import Actor
from ..workflow.errors import Problems
from ..workflow.submission import problems_of
from . import visit
from .forms import ApplicationForm, submission_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The form. Wrong answers stay in it, all named at once; right ones wait to be checked."""
    if request.method != "POST":
        kept = visit.answers(request)
        return render(request, "public/apply.html", {"form": ApplicationForm(initial=kept)})
    form = ApplicationForm(request.POST)
    if form.is_valid():
        _add_problems(form)
    if form.errors:
        return render(request, "public/apply.html", {"form": form})
    visit.keep_answers(request, form.to_keep())
    return redirect("apply-not-yet" if form.not_yet else "apply-check")


def _add_problems(form: ApplicationForm) -> None:
    """What the workflow would refuse, beside the answer it is about."""
    problems, _agencies = problems_of(
        submission_of(form, get_language() or ""), on=timezone.localdate()
    )
    for problem in problems:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)


def _kept(request: HttpRequest) -> ApplicationForm | None:
    """The kept answers as a valid form; None if there are none, or they no longer hold."""
    kept = visit.answers(request)
    form = ApplicationForm(kept)
    return form if kept and form.is_valid() else None


@never_cache
@require_safe
def not_yet(request: HttpRequest) -> HttpResponse:
    """What has to happen before one can apply, and how."""
    form = _kept(request)
    if form is None or not form.not_yet:
        return redirect("apply")
    context = {
        "stopped": form.cleaned_data["stopped"] == "yes",
        "enrolled": form.cleaned_data["enrolled"] == "yes",
    }
    return render(request, "public/not_yet.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The answers once more, and the button that hands them in."""
    form = _kept(request)
    if form is None or form.not_yet:
        return redirect("apply-done" if visit.case_id(request) and form is None else "apply")
    if request.method == "POST":
        now = timezone.now()
        try:
            # With the session in the same transaction, of two presses of the button the second
            # finds the case that the first one made.
            with transaction.atomic():
                made = submit(
                    submission_of(form, get_language() or "zh-hans"), by=Actor.applicant(), at=now
                )
                visit.submitted(request, made.application, made.query_code, now)
                request.session.save()
        except Problems as refused:
            if visit.became_case(request):
                return redirect("apply-done")
            for problem in refused.problems:
                field = problem.field if problem.field in form.fields else None
                form.add_error(field, problem.message)
            return render(request, "public/apply.html", {"form": form})
        return redirect("apply-done")
    return render(request, "public/check.html", {"rows": form.answers()})


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Reference and query code, as long as the code may be read; after that, the status page."""
    pk = visit.case_id(request)
    if pk is None:
        return redirect("lookup")
    application = TransferApplication.objects.select_related(
        "origin_agency", "destination_agency", "balance"
    ).get(pk=pk)
    now = timezone.now()
    code = visit.fresh_code(request, now)
    if not code:
        return redirect("status", reference=application.reference)
    context = {
        "application": application,
        "code": f"{code[:4]} {code[4:]}",
        "told": describe(situation_of(application, at=now)),
    }
    return render(request, "public/done.html", context)
