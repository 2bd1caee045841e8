"""Files in a form of ours: two plain inputs a kind, and what was sent before beside them.

`photo_<kind>` takes a picture or one of the album, `file_<kind>` any file: the browser inside WeChat
shows the right choice only for these two, and a list of types in `accept` breaks it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.client import client_ip

from ..intake import serving, uploads
from ..models.applications import MaterialKind, TransferApplication
from ..models.drafts import Draft, Upload
from ..workflow.errors import Invalid
from . import throttle, visit

REMOVE = "remove"
INPUTS = ("photo", "file")

# What one request may spend on checking files; those that are left can be sent again.
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind of material on a page: what is there already, and what was wrong with what was sent."""

    kind: MaterialKind
    uploads: Sequence[Upload]
    errors: Sequence[Invalid]


def slots(
    kinds: Iterable[str],
    *,
    draft: Draft | None = None,
    application: TransferApplication | None = None,
    errors: Sequence[Invalid] = (),
) -> list[Slot]:
    """What `public/upload.html` shows of each kind, in the order of `kinds`. One query."""
    there = list(uploads.changeable(draft=draft, application=application))
    return [
        Slot(
            MaterialKind(kind),
            [each for each in there if each.kind == kind],
            [each for each in errors if each.field in [f"{name}_{kind}" for name in INPUTS]],
        )
        for kind in kinds
    ]


def handle(
    request: HttpRequest,
    kinds: Iterable[str],
    *,
    draft: Draft | None = None,
    application: TransferApplication | None = None,
    at: datetime,
) -> list[Invalid]:
    """Take every file of a POST, and remove the one whose button was pressed.

    Returns what was wrong, each beside the input it came by; the good files stay.
    """
    token = request.POST.get(REMOVE, "")
    if token:
        with suppress(Invalid):  # handed in meanwhile: the next page says so
            uploads.remove(token, draft=draft, application=application)
    problems: list[Invalid] = []
    ends = time.monotonic() + _SECONDS
    left = uploads.MAX_IN_ALL
    for kind in kinds:
        for name in INPUTS:
            field = f"{name}_{kind}"
            sent = request.FILES.getlist(field)
            for number, file in enumerate(sent, 1):
                if not left or time.monotonic() > ends:
                    problems.append(
                        Invalid(field, _("Too much at once; send the rest again."), code="busy")
                    )
                    break
                left -= 1
                wait = throttle.spend(throttle.FILES, client_ip(request), _kilobytes(file), at)
                if wait is not None:
                    problems.append(Invalid(field, _too_many(wait), code="busy"))
                    break
                try:
                    uploads.take(file, kind, draft=draft, application=application, at=at)
                except Invalid as problem:
                    problems.append(
                        Invalid(field, _told(problem, number, len(sent)), code=problem.code)
                    )
    return problems


def _kilobytes(file: UploadedFile) -> int:
    return math.ceil((file.size or 0) / 1024)


def _too_many(wait: timedelta) -> str:
    minutes = math.ceil(wait.total_seconds() / 60)
    return ngettext(
        "Too many files came from your connection. Send the rest in %(n)d minute.",
        "Too many files came from your connection. Send the rest in %(n)d minutes.",
        minutes,
    ) % {"n": minutes}


def _told(problem: Invalid, number: int, of: int) -> str:
    """The sentence, with which of several files it is about; file names may hold personal data."""
    if of == 1:
        return str(problem)
    return _("File %(number)d: %(problem)s") % {"number": number, "problem": problem}


@never_cache
@require_safe
def upload(request: HttpRequest, token: UUID) -> HttpResponse:
    """A file, for the visit that holds its draft or its case; for everybody else there is none."""
    found = get_object_or_404(Upload, token=token)
    case, draft = visit.case_id(request), visit.draft_id(request)
    if found.application_id is not None:
        held = found.application_id == case
    else:
        held = found.draft_id == draft
    if not held:
        raise Http404
    return serving.shown(found)
