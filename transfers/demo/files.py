"""A few made-up papers as pictures, so that clerks find files to open."""

from datetime import datetime
from io import BytesIO
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils.timezone import localdate
from PIL import Image, ImageDraw, ImageFont

from ..intake import uploads
from ..models.applications import MaterialKind, TransferApplication
from ..models.drafts import Draft
from ..rules.states import OPEN
from .places import STAFFED

_SIZE = (900, 1200)
_CASES = 3


def add_files(first: TransferApplication, at: datetime) -> None:
    """Files for the materials of `first` and of the newest open cases whose offices have staff."""
    agencies = Q(origin__in=STAFFED) | Q(destination__in=STAFFED)
    open_cases = TransferApplication.objects.filter(agencies, state__in=OPEN).exclude(pk=first.pk)
    for application in [first, *open_cases.order_by("-submitted_at", "pk")[:_CASES]]:
        kinds = [each.kind for each in application.materials.all()] or [MaterialKind.ID_CARD]
        _add(application, kinds, at)


def _add(application: TransferApplication, kinds: list[str], at: datetime) -> None:
    draft = Draft.objects.create(
        reference=uuid4().hex[:20], created_at=at, saved_at=at, expires_on=localdate(at)
    )
    for kind in kinds:
        uploads.take(ContentFile(_specimen(kind)), kind, draft=draft, at=application.submitted_at)
    uploads.hand_over(draft, application)
    draft.delete()


def _specimen(kind: str) -> bytes:
    """A sheet with lines where words would be, and plainly not a paper of anybody's."""
    image = Image.new("RGB", _SIZE, "#f7f4ec")
    draw = ImageDraw.Draw(image)
    draw.rectangle((50, 50, 850, 1150), outline="#8a8f98", width=4)
    draw.text((90, 100), "SPECIMEN", fill="#8a1408", font=ImageFont.load_default(72))
    name = kind.replace("_", " ").capitalize()
    draw.text((90, 200), f"{name}, made up", fill="#1b1f24", font=ImageFont.load_default(36))
    for number in range(12):
        draw.rectangle((90, 320 + 60 * number, 500 + 27 * (number * 5 % 13), 340 + 60 * number), fill="#c9cdd4")  # fmt: skip
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
