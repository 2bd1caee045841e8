"""Files handed in as materials: cleaned, kept outside the web root, never without their row.

A file is written before its row and deleted after it, so that whatever breaks off in between leaves a
file without a row, which `forget` deletes, and never a row without a file.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import IO, Any, Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..models.applications import (
    Material,
    MaterialKind,
    SupplementRequest,
    TransferApplication,
)
from ..models.drafts import Draft, Upload
from ..rules.states import State
from ..workflow.errors import Invalid
from .cleaning import Unclean, Why, clean
from .cleaning.verdict import MAX_BYTES, MAX_PAGES

MAX_OF_A_KIND = 5
MAX_IN_ALL = 20
_FOLDER = "materials"
_ORPHANS_KEPT = timedelta(days=1)

SENTENCES: dict[Why, Callable[[], str]] = {
    Why.EMPTY: lambda: str(_("The file is empty; choose it again.")),
    Why.SIZE: lambda: str(_("File is over 10 MB; photograph it again or make it smaller.")),
    Why.TYPE: lambda: str(_("Only JPG, PNG and PDF files can be sent; this is another kind.")),
    Why.HEIC: lambda: str(
        _("This photo is in the HEIC format. Take it again from this page, or save it as JPG.")
    ),
    Why.DAMAGED: lambda: str(_("File damaged or locked.")),
    Why.PIXELS: lambda: str(_("The picture is too large; photograph it again, not so fine.")),
    Why.PAGES: lambda: (
        ngettext(
            "The file has more than %(n)d page; send only the pages asked for.",
            "The file has more than %(n)d pages; send only the pages asked for.",
            MAX_PAGES,
        )
        % {"n": MAX_PAGES}
    ),
    Why.COMPLEX: lambda: str(
        _("This file cannot be checked. Photograph the paper, or print it to a new PDF.")
    ),
}


class Sent(Protocol):
    """A file as a request brings it."""

    size: int | None

    def read(self) -> bytes: ...


def take(
    file: Sent | IO[bytes],
    kind: str,
    *,
    draft: Draft | None = None,
    application: TransferApplication | None = None,
    at: datetime,
) -> Upload:
    """Clean a file and keep it with its draft or case; the same file again is the one kept before.

    Raises workflow.errors.Invalid, about the field `file_<kind>`, when it cannot be taken.
    """
    field = f"file_{kind}"
    if kind not in MaterialKind.values:
        raise Invalid(field, _("This kind of material is not known."))
    # Before the file is looked at, which costs; and once more below, held.
    _owner(draft, application, field)
    _check_room(list(changeable(draft=draft, application=application)), kind, field)
    size = getattr(file, "size", None)
    try:
        if size is not None and size > MAX_BYTES:
            raise Unclean(Why.SIZE)
        cleaned = clean(file.read())
    except Unclean as unclean:
        raise Invalid(field, SENTENCES[unclean.why](), code=unclean.why.value) from None
    digest = sha256(cleaned.content).hexdigest()
    written = ""
    try:
        with transaction.atomic():
            owner = _owner(draft, application, field, held=True)
            same = Upload.objects.filter(**owner, kind=kind, sha256=digest).first()
            there = list(changeable(draft=draft, application=application))
            if same is not None and same not in there:
                raise Invalid(
                    field, _("The office has this file already; send another one."), code="same"
                )
            if same is not None:
                return same
            _check_room(there, kind, field)
            written = _write(cleaned.content)
            return Upload.objects.create(
                **owner,
                kind=kind,
                file_type=cleaned.file_type,
                file=written,
                size=len(cleaned.content),
                sha256=digest,
                pages=cleaned.pages,
                uploaded_at=at,
            )
    except BaseException:
        if written:
            default_storage.delete(written)
        raise


def changeable(
    *, draft: Draft | None = None, application: TransferApplication | None = None
) -> QuerySet[Upload]:
    """What may still be added to and removed: a draft's files, and those of a case that were sent
    since its open request for materials. What was handed in stays."""
    if draft is not None:
        return Upload.objects.filter(draft=draft)
    asked = SupplementRequest.objects.filter(application=application, supplied_at__isnull=True)
    return Upload.objects.filter(
        application=application, uploaded_at__gte=asked.values("requested_at")[:1]
    )


def _owner(
    draft: Draft | None,
    application: TransferApplication | None,
    field: str,
    *,
    held: bool = False,
) -> dict[str, Any]:
    """The owner, which may still be added to; else Invalid.

    `held` until the end of the transaction: two files at once are counted one by one, and nothing is
    handed in meanwhile.
    """
    if (draft is None) == (application is None):
        raise ValueError("a file belongs to a draft or to a case")
    if draft is not None:
        drafts = Draft.objects.select_for_update() if held else Draft.objects.all()
        found = drafts.filter(pk=draft.pk).first()
        if found is None or found.application_id is not None:
            raise Invalid(field, _("This application was handed in or deleted."), code="gone")
        return {"draft": found}
    assert application is not None
    cases = TransferApplication.objects.all()
    case = (cases.select_for_update() if held else cases).get(pk=application.pk)
    if case.state != State.SUPPLEMENT_REQUESTED:
        raise Invalid(field, _("Nothing is asked of you any more; nothing was sent."), code="gone")
    return {"application": case}


def _check_room(there: list[Upload], kind: str, field: str) -> None:
    if sum(each.kind == kind for each in there) >= MAX_OF_A_KIND:
        raise Invalid(
            field,
            ngettext(
                "There is already %(n)d file here; remove one first.",
                "There are already %(n)d files here; remove one first.",
                MAX_OF_A_KIND,
            )
            % {"n": MAX_OF_A_KIND},
            code="many",
        )
    if len(there) >= MAX_IN_ALL:
        raise Invalid(
            field,
            ngettext(
                "An application may have %(n)d file at most; remove one first.",
                "An application may have %(n)d files at most; remove one first.",
                MAX_IN_ALL,
            )
            % {"n": MAX_IN_ALL},
            code="many",
        )


def _write(content: bytes) -> str:
    """Write a file under a name nobody can guess, down to the disk; returns the name."""
    name = default_storage.save(f"{_FOLDER}/{secrets.token_hex(16)}", ContentFile(content))
    with default_storage.open(name) as file:
        os.fsync(file.fileno())
    return name


def remove(
    token: str, *, draft: Draft | None = None, application: TransferApplication | None = None
) -> None:
    """Delete the file that has this token, with its row. Raises Invalid once it was handed in."""
    with transaction.atomic():
        _owner(draft, application, "", held=True)
        for each in changeable(draft=draft, application=application):
            if str(each.token) == token:
                each.delete()


@receiver(post_delete, sender=Upload)
def _row_deleted(instance: Upload, **_signal: Any) -> None:
    """The file goes once it is certain that the row has, also when the row went with its owner."""
    name = instance.file.name
    transaction.on_commit(lambda: default_storage.delete(name))


def hand_over(draft: Draft, application: TransferApplication) -> None:
    """The draft's files become the case's, as materials received when it was submitted.

    For the transaction that submits the draft.
    """
    kinds = list(dict.fromkeys(draft.uploads.values_list("kind", flat=True)))
    draft.uploads.update(draft=None, application=application)
    for kind in kinds:
        Material.objects.get_or_create(
            application=application,
            kind=kind,
            defaults={"received_at": application.submitted_at},
        )


def forget(now: datetime) -> int:
    """Delete the files older than a day that no row names; returns how many."""
    try:
        _folders, names = default_storage.listdir(_FOLDER)
    except FileNotFoundError:
        return 0
    before = now - _ORPHANS_KEPT
    paths = [f"{_FOLDER}/{name}" for name in names]
    old = [path for path in paths if default_storage.get_modified_time(path) < before]
    known = set(Upload.objects.values_list("file", flat=True)) if old else set()
    orphans = [path for path in old if path not in known]
    for path in orphans:
        default_storage.delete(path)
    return len(orphans)
