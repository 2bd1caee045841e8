"""Files for employers: the template, the rows to be corrected, what became of the rows."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ...intake import batches
from ...models.employers import Batch
from ...tables import CSV_TYPE, XLSX_TYPE
from .access import batch_or_404, for_employers

_TYPES = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=_TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


@for_employers
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    return _file(batches.template(timezone.localdate()), "template", "xlsx")


@for_employers
@require_safe
def annotated(request: HttpRequest, reference: str) -> HttpResponse:
    """The file with its problems beside it; there is one as soon as the rows are checked."""
    found = batch_or_404(request, reference)
    if found.state not in (Batch.State.CHECKED, Batch.State.SUBMITTING, Batch.State.DONE):
        raise Http404
    return _file(batches.annotated(found), f"{found.reference}-problems", "xlsx")


@for_employers
@require_safe
def export(request: HttpRequest, reference: str, kind: str) -> HttpResponse:
    found = batch_or_404(request, reference)
    if kind not in _TYPES or found.state not in (Batch.State.SUBMITTING, Batch.State.DONE):
        raise Http404
    return _file(batches.export(found, kind), found.reference, kind)
