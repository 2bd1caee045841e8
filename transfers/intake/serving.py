"""An uploaded file as an answer: shown, and able to do nothing."""

from django.http import HttpResponse

from ..models.drafts import FileType, Upload

_ENDINGS = {FileType.JPEG: "jpg", FileType.PNG: "png", FileType.PDF: "pdf"}


def shown(upload: Upload) -> HttpResponse:
    """The file under a name that says nothing. Who asks may see it; the view made sure."""
    with upload.file.open("rb") as file:
        response = HttpResponse(file.read(), content_type=upload.file_type)
    name = f"{upload.kind}.{_ENDINGS[FileType(upload.file_type)]}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    # A sandbox around a PDF guards nothing and hides some: Chromium (156, seen in a window) shows a PDF
    # the same with it, because its viewer is given no policy; Safari is reported to show an empty page
    # (adobe/aem-core-wcm-components#2839), as Chromium once did. Ours are built anew, without a script
    # (`cleaning.pdf`).
    sandbox = "" if upload.file_type == FileType.PDF else "sandbox; "
    response.headers["Content-Security-Policy"] = f"{sandbox}default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
