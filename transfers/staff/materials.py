"""The materials of a case: which are here, and the files among them, each opening written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..intake import serving
from ..models import MaterialKind, TransferApplication, Upload
from .access import case_or_404
from .desk import desk_of
from .disclosure import FILES_PER_HOUR, may_look


@dataclass(slots=True)
class Handed:
    """One kind of material, with its files. `received_at`: None while the applicant still sends."""

    kind: MaterialKind
    received_at: datetime | None = None
    files: list[Upload] = field(default_factory=list)


def materials_of(application: TransferApplication) -> list[Handed]:
    """What was handed in, in the order it came, and what is being sent. One query, if the materials
    are at hand."""
    found = {
        each.kind: Handed(MaterialKind(each.kind), each.received_at)
        for each in application.materials.all()
    }
    for upload in Upload.objects.filter(application=application):
        found.setdefault(upload.kind, Handed(MaterialKind(upload.kind))).files.append(upload)
    return list(found.values())


@never_cache
@require_safe
def material(request: HttpRequest, reference: str, token: UUID) -> HttpResponse:
    """A file, for the agencies of its case. A HEAD request opens nothing and is not written down."""
    application = case_or_404(request.user, reference)
    upload = Upload.objects.filter(application=application, token=token).first()
    if upload is None:
        raise Http404
    desk = desk_of(request)
    kind = MaterialKind(upload.kind)
    reason = _("File opened: %(kind)s") % {"kind": kind.label}
    if request.method == "GET" and not may_look(
        desk.user, application.pk, reason, desk.at, material=kind
    ):
        told = ngettext(
            "You have opened %(n)d file within the last hour. Go on later, or ask your supervisor.",
            "You have opened %(n)d files within the last hour. Go on later, or ask your supervisor.",
            FILES_PER_HOUR,
        )
        messages.error(request, told % {"n": FILES_PER_HOUR})
        return redirect("admin:case", reference)
    return serving.shown(upload)
