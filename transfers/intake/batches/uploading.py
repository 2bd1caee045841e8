"""A batch's way in: the file is kept, and a job reads it."""

import hashlib
import secrets
from datetime import datetime
from typing import IO

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from ...models.employers import Batch, Employer
from ...models.users import User
from ...tables import reading
from ...workflow.errors import NotAllowed
from ...workflow.references import new_reference

MOST_BYTES = 5 * 1024 * 1024
REFERENCE = "PL"  # 批量
MOST_OPEN = 20  # batches of one employer that nothing was handed in of
_TRIES = 5

# States in which a file stands for itself; one that could not be read may be sent again.
OPEN = (Batch.State.WAITING, Batch.State.CHECKING, Batch.State.CHECKED)
COUNTS = frozenset(Batch.State.values) - {Batch.State.DISCARDED, Batch.State.UNREADABLE}


class AlreadyUploaded(Exception):  # noqa: N818 - what happened
    """This very file was uploaded before, as `batch`."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch.pk)
        self.batch = batch


def take(file: IO[bytes], *, by: User, at: datetime) -> Batch:
    """Keep an uploaded file as a batch that waits to be read. Its content is not looked at here.

    Raises TableProblem for a file that is empty or too big, AlreadyUploaded for one that is known,
    NotAllowed where too many batches wait already.
    """
    assert by.employer is not None, "only employers upload batches"
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise reading.problem("too_big", n=MOST_BYTES // 1024 // 1024)
    if not content.strip():
        raise reading.problem("empty")
    checksum = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        # One upload of an employer after the other: none is counted past.
        employer = Employer.objects.select_for_update(no_key=True).get(pk=by.employer.pk)
        _refuse_again(employer, checksum)
        if Batch.objects.filter(employer=employer, state__in=OPEN).count() >= MOST_OPEN:
            raise NotAllowed(
                _("%(n)d batches are not handed in yet. Hand them in or put them away first.")
                % {"n": MOST_OPEN},
                code="too_many_open",
            )
        batch = Batch(
            employer=employer, uploaded_by=by, sha256=checksum, size=len(content), uploaded_at=at
        )
        # Under a name that nobody can guess and that says nothing.
        batch.file.save(secrets.token_urlsafe(24), ContentFile(content), save=False)
        try:
            _store(batch)
        except BaseException:
            batch.file.delete(save=False)
            raise
    return batch


def _refuse_again(employer: Employer, checksum: str) -> None:
    earlier = Batch.objects.filter(employer=employer, sha256=checksum, state__in=COUNTS).first()
    if earlier is not None:
        raise AlreadyUploaded(earlier)


def _store(batch: Batch) -> None:
    """Insert under a fresh reference; a reference already taken is drawn again."""
    for _try in range(_TRIES):
        batch.reference = new_reference(localdate(batch.uploaded_at), REFERENCE)
        try:
            with transaction.atomic():
                batch.save(force_insert=True)
        except IntegrityError:
            if Batch.objects.filter(reference=batch.reference).exists():
                continue
            raise
        return
    raise RuntimeError(f"no free batch number after {_TRIES} tries")
