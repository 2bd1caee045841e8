"""Handing in, online, the materials that an office asked for."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..intake import uploads
from ..models.applications import MaterialKind, SupplementRequest, TransferApplication
from ..rules.states import Action, State
from ..rules.steps import StepKind
from ..status import situation_of
from ..status.pieces import quoted
from ..status.situation import Office
from ..status.words import long_date
from ..workflow.actions import perform
from ..workflow.actors import Actor
from ..workflow.errors import Invalid, Refused
from . import uploading, visit
from .lookup import look_up_again


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def supply(request: HttpRequest, reference: str) -> HttpResponse:
    """One place for each item asked for. Files sent stay; once every item has one, all is handed in."""
    application = visit.case_of(request, reference)
    if application is None:
        return look_up_again(request, reference, "supply", {})
    asked = _asked(application)
    if asked is None:
        if request.method != "POST":
            return redirect("status", reference=reference)
        return _told(request, application, _("Nothing is asked of you any more; nothing was sent."))
    now = timezone.now()
    situation = situation_of(application, at=now)
    clock = situation.clock(StepKind.SUPPLEMENT)
    if clock is not None and clock.late(situation.today):
        sentence = _(
            "The last day for the materials was %(day)s. Please call %(office)s: %(phone)s"
        )
        office = situation.office(asked.side)
        return _told(
            request,
            application,
            sentence
            % {"day": long_date(clock.due_on), "office": office.name, "phone": office.phone},
            office,
        )
    errors: list[Invalid] = []
    if request.method == "POST":
        errors = uploading.handle(request, asked.items, application=application, at=now)
        if "send" in request.POST:
            with transaction.atomic():
                # Held, so that no file is removed between the look and the handing in.
                TransferApplication.objects.select_for_update().get(pk=application.pk)
                errors += _missing(application, asked, errors)
                if not errors:
                    return _hand_in(request, application)
        if not errors:
            return redirect("supply", reference=reference)
    context = {
        "application": application,
        "asked": asked,
        "told": quoted(asked.why, situation.office(asked.side)),
        "clock": clock,
        "slots": uploading.slots(asked.items, application=application, errors=errors),
        "errors": errors,
    }
    return render(request, "public/supply.html", context, status=422 if errors else 200)


def _asked(application: TransferApplication) -> SupplementRequest | None:
    if application.state != State.SUPPLEMENT_REQUESTED:
        return None
    return SupplementRequest.objects.filter(
        application=application, supplied_at__isnull=True
    ).first()


def _missing(
    application: TransferApplication, asked: SupplementRequest, errors: list[Invalid]
) -> list[Invalid]:
    """The items without a file, unless something is said of them already."""
    there = set(uploads.changeable(application=application).values_list("kind", flat=True))
    told = {str(error.field).partition("_")[2] for error in errors}
    return [
        Invalid(
            f"photo_{item}",
            _("Add a file: %(material)s") % {"material": MaterialKind(item).label},
            code="required",
        )
        for item in asked.items
        if item not in there | told
    ]


def _hand_in(request: HttpRequest, application: TransferApplication) -> HttpResponse:
    seen = request.POST.get("version", "")
    try:
        perform(
            application,
            Action.SUPPLY,
            by=Actor.applicant(),
            at=timezone.now(),
            seen=int(seen) if seen.isdecimal() else None,
        )
    except Refused:
        # Its own sentence is for staff and may name a colleague.
        return _told(
            request,
            application,
            _("The case has moved on since you opened this page. Your files are kept."),
        )
    return redirect("status", reference=application.reference)


def _told(
    request: HttpRequest,
    application: TransferApplication,
    sentence: str,
    office: Office | None = None,
) -> HttpResponse:
    """The way back to the status page, with the sentence that says why. `office`: whom to call."""
    context = {"application": application, "refusal": sentence, "office": office}
    return render(request, "public/supply.html", context)
