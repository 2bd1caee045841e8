"""Applying: seven short pages, saved at each one. Without script; nothing personal in an address."""

from __future__ import annotations

import io
import math
from typing import Any

import segno
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from config.client import client_ip

from ..deadlines.delivery import code_channel
from ..intake import drafts, questions
from ..intake.eligibility import Obstacle, obstacles
from ..models.applications import MaterialKind, NotifyBy, TransferApplication
from ..models.drafts import Draft
from ..models.papers import Paper
from ..rules import identity
from ..rules.states import State
from ..status import describe, describe_unsent, situation_of
from ..workflow.errors import Invalid, Problems
from . import throttle, uploading, visit
from .pages import by_button_only

AGAIN = frozenset({State.REJECTED, State.WITHDRAWN, State.RECALLED})


def _draft(request: HttpRequest) -> Draft | None:
    """The unsent application of this visit."""
    return drafts.current(visit.draft_id(request), timezone.localdate())


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _address(step: int) -> str:
    if step == 1:
        return reverse("apply")
    return reverse("apply-check") if step == questions.CHECK else reverse("apply-page", args=[step])


def _next(draft: Draft) -> str:
    """Where filling in goes on: at what stands in the way, at the next page, or at the check."""
    if _in_the_way(draft):
        return reverse("apply-not-yet")
    return _address(min(draft.reached + 1, questions.CHECK))


def _in_the_way(draft: Draft, before: int = questions.CHECK) -> list[Obstacle]:
    """What comes first, by the pages answered so far, of those before a step."""
    last = min(draft.reached, before - 1)
    found = obstacles(draft.answers, timezone.localdate())
    return [each for each in found if each.step <= last]


def _lost(request: HttpRequest, draft: Draft | None) -> HttpResponse | None:
    """The answer to a page that does not belong to the application of this visit; None if it does.

    The session ended since, or another tab began something else: what was typed is kept with the
    application that the page was about, and nothing of it is shown.
    """
    on = timezone.localdate()
    of = drafts.unsealed(request.POST.get("draft", ""), on)
    if of is None or (draft is not None and draft.pk == of.pk):
        return None
    if of.application_id is not None:
        return redirect("apply-done")
    problems: list[Invalid] = []
    step = request.POST.get("step", "")
    if step.isdecimal() and 1 <= int(step) < questions.CHECK:
        page, now = questions.page_of(int(step)), timezone.now()
        if page is questions.Materials:
            kinds = [row.kind for row in questions.materials_of(of.answers)]
            problems = uploading.handle(request, kinds, draft=of, at=now)
        given = questions.as_given(page, request.POST)
        of = drafts.save(of, given, at=now, language=of.language)
    context = {"expires_on": of.expires_on, "problems": problems}
    return render(request, "public/signed_out.html", context, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, step: int = 1) -> HttpResponse:
    """One page of questions. Wrong answers stay in it, all named at once; right ones are saved."""
    if not 1 <= step < questions.CHECK:
        raise Http404
    draft = _draft(request)
    if request.method == "POST" and (lost := _lost(request, draft)) is not None:
        return lost
    if step > 1:
        if draft is None or step > draft.reached + 1:
            return redirect("apply" if draft is None else _next(draft))
        if _in_the_way(draft, before=step):
            return redirect("apply-not-yet")
    page = questions.page_of(step)
    if page is questions.Materials:
        assert draft is not None
        return _materials(request, draft)
    known = drafts.answers(draft) if draft else {}
    if request.method != "POST":
        form = page(initial=known, known=known)
        # Right when it was answered, no longer right by what was answered elsewhere since.
        if draft is not None and draft.reached >= step:
            again = page(known, known=known)
            form = form if again.is_valid() else again
        return _page(request, draft, form)
    given = questions.as_given(page, request.POST)
    form = page(request.POST, known=known)
    if draft is not None and "later" in request.POST:
        drafts.save(draft, given, at=timezone.now(), language=_language())
        return redirect("apply-saved")
    if not form.is_valid():
        return _page(request, draft, form)
    now = timezone.now()
    if draft is None:
        if (refusal := _too_many(request, form)) is not None:
            return refusal
        draft = drafts.begin(given, reached=step, language=_language(), at=now)
        visit.open_draft(request, draft)
    else:
        draft = drafts.save(draft, given, at=now, language=_language(), reached=step)
    if draft.application_id is not None:
        return redirect("apply-done")
    if isinstance(form, questions.Gap) and (
        form.missed_months or form.cleaned_data["gap"] != questions.NO
    ):
        return redirect("apply-gap")
    return redirect(_next(draft))


def _too_many(request: HttpRequest, form: questions.Questions) -> HttpResponse | None:
    """Counts an application about to be begun; its first page again if its address began too many."""
    wait = throttle.spend(throttle.DRAFTS, client_ip(request), 1, timezone.now())
    if wait is None:
        return None
    minutes = math.ceil(wait.total_seconds() / 60)
    sentence = ngettext(
        "Too many applications were begun from your connection. Try again in %(n)d minute.",
        "Too many applications were begun from your connection. Try again in %(n)d minutes.",
        minutes,
    )
    form.add_error(None, sentence % {"n": minutes})
    answer = _page(request, None, form)
    answer.status_code = 429
    return answer


def _page(
    request: HttpRequest, draft: Draft | None, form: questions.Questions, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "steps": questions.CHECK,
        "address": _address(form.step),
        **_kept(draft),
        **more,
    }
    wrong = request.method == "POST" and (form.errors or more.get("problems"))
    return render(request, "public/apply.html", context, status=422 if wrong else 200)


def _kept(draft: Draft | None) -> dict[str, Any]:
    """What a page shows and carries of the application it belongs to."""
    if draft is None:
        return {}
    return {"draft": draft, "code": _spaced(drafts.code_of(draft)), "sealed": drafts.sealed(draft)}


def _spaced(code: str) -> str:
    return f"{code[:4]} {code[4:]}"


def _materials(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The page of files. Each is there as soon as it was sent; going on needs every required one."""
    rows = questions.materials_of(draft.answers)
    kinds = [row.kind for row in rows]
    problems: list[Invalid] = []
    if request.method == "POST":
        now = timezone.now()
        problems = uploading.handle(request, kinds, draft=draft, at=now)
        draft.refresh_from_db(fields=["application"])
        if draft.application_id is not None:
            return redirect("apply-done")
        if "later" in request.POST and not problems:
            return redirect("apply-saved")
        if "stay" not in request.POST and uploading.REMOVE not in request.POST and not problems:
            problems = _missing(draft, kinds)
            if not problems:
                draft = drafts.save(
                    draft, {}, at=now, language=_language(), reached=questions.Materials.step
                )
                return redirect(_next(draft))
    slots = uploading.slots(kinds, draft=draft, errors=problems)
    return _page(
        request,
        draft,
        questions.Materials(),
        slots=list(zip(slots, (row.why for row in rows), strict=True)),
        problems=problems,
    )


def _missing(draft: Draft, kinds: list[str]) -> list[Invalid]:
    """One problem a material that is required and not there."""
    there = set(draft.uploads.values_list("kind", flat=True))
    return [
        Invalid(
            f"photo_{kind}",
            _("Send this: %(material)s.") % {"material": MaterialKind(kind).label},
            code="required",
        )
        for kind in kinds
        if kind not in there
    ]


@never_cache
@require_safe
def not_yet(request: HttpRequest) -> HttpResponse:
    """What has to happen before one can apply, and how. No mistake, so no error."""
    draft = _draft(request)
    found = _in_the_way(draft) if draft else []
    if draft is None or not found:
        return redirect("apply" if draft is None else _next(draft))
    context = {"obstacles": found, "change": _address(found[0].step), **_kept(draft)}
    return render(request, "public/not_yet.html", context)


@never_cache
@require_safe
def gap(request: HttpRequest) -> HttpResponse:
    """What months without insurance mean, and where that is worked out."""
    draft = _draft(request)
    if draft is None or draft.reached < questions.Gap.step:
        return redirect("apply" if draft is None else _next(draft))
    form = questions.Gap(drafts.answers(draft))
    if not form.is_valid():
        return redirect("apply-page", questions.Gap.step)
    context = {
        "missed": form.missed_months,
        "sure": form.cleaned_data["gap"] == questions.YES or form.missed_months,
        "onward": _next(draft),
        "change": _address(questions.Gap.step),
    }
    return render(request, "public/gap.html", context)


@never_cache
@require_safe
def saved(request: HttpRequest) -> HttpResponse:
    """An application that was not handed in yet: how to come back to it, and until when it is kept."""
    draft = _draft(request)
    if draft is None:
        return redirect("lookup")
    context = {"told": describe_unsent(draft.expires_on), "onward": _next(draft), **_kept(draft)}
    return render(request, "public/saved.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The answers once more, and the button that hands them in."""
    draft = _draft(request)
    if request.method == "POST" and (lost := _lost(request, draft)) is not None:
        return lost
    if draft is None:
        return redirect("apply-done" if visit.case_id(request) else "apply")
    if draft.reached < questions.CHECK - 1 or _in_the_way(draft):
        return redirect(_next(draft))
    problems: list[Invalid] = []
    if request.method == "POST":
        try:
            # With the session in the same transaction, of two presses of the button the second
            # finds the case that the first one made.
            now = timezone.now()
            with transaction.atomic():
                made = drafts.hand_in(draft, at=now)
                visit.submitted(request, made.application, made.query_code, now)
                request.session.save()
        except drafts.NotComplete as incomplete:
            return redirect(_address(incomplete.step))
        except Problems as refused:
            problems = refused.problems
        else:
            return redirect("apply-done")
    pages = questions.asked(drafts.answers(draft))
    for page in pages:
        if not page.is_valid():
            return redirect(_address(page.step))
    if _missing(draft, [row.kind for row in questions.materials_of(draft.answers)]):
        return redirect(_address(questions.Materials.step))
    context = {
        "parts": [
            (page.title, [(row, _address(row.step)) for row in page.told()], _address(page.step))
            for page in pages
        ],
        "materials": uploading.slots(
            [row.kind for row in questions.materials_of(draft.answers)], draft=draft
        ),
        "steps": questions.CHECK,
        "problems": [(problem.message, _where(problem)) for problem in problems],
        **_kept(draft),
    }
    return render(request, "public/check.html", context, status=422 if problems else 200)


def _where(problem: Invalid) -> str:
    """The question that a refusal is about."""
    for page in questions.PAGES:
        if problem.field in page.base_fields:
            return f"{_address(page.step)}#id_{problem.field}"
    return _address(questions.Materials.step if problem.field == "materials" else 1)


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
    receipt = Paper.objects.filter(application=application, kind=Paper.Kind.RECEIPT).last()
    # Without the code it opens nothing, and it names nobody.
    page = f"{settings.PUBLIC_URL}{reverse('status', args=[application.reference])}"
    context = {
        "application": application,
        "code": _spaced(code),
        "code_can_be_sent": code_channel(application) != NotifyBy.NONE,
        "told": describe(situation_of(application, at=now)),
        "receipt": receipt,
        "by_sms": application.notify_by == NotifyBy.SMS,
        "by_email": application.notify_by == NotifyBy.EMAIL,
        "email": identity.mask_email(application.contact_email),
        "page": page,
        "qr": mark_safe(_qr(page)),  # our own address
    }
    return render(request, "public/done.html", context)


def _qr(address: str) -> str:
    """A picture of the address, without a size of its own."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, nl=False, border=0, omitsize=True, svgclass=None,
        lineclass=None,
    )  # fmt: skip
    return out.getvalue().decode()


@by_button_only("status")
def again(request: HttpRequest, reference: str) -> HttpResponse:
    """A new application with the answers of one that came to nothing; files are asked for anew.

    Who it is for and how to reach them comes along unseen: who may see the case need not know it.
    """
    application = visit.case_of(request, reference)
    if application is None:
        return redirect("lookup")
    if application.state not in AGAIN:
        return redirect("status", reference=reference)
    draft = _draft(request)
    if draft is None or draft.follows_id != application.pk:
        known = drafts.answers_of(application)
        if (refusal := _too_many(request, questions.page_of(1)(known, known=known))) is not None:
            return refusal
        draft = drafts.begin(
            known, reached=0, language=_language(), at=timezone.now(),
            follows=application,
        )  # fmt: skip
        visit.open_draft(request, draft)
    return redirect("apply")
