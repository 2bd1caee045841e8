"""How long what a batch says of people is kept, and clearing away what is no longer needed."""

from datetime import date, datetime, timedelta

from django.core.files.storage import default_storage
from django.utils.timezone import localdate

from ...models.employers import Batch, BatchRow
from ...workflow.errors import NotAllowed
from .asking import discard

UNSENT = timedelta(days=30)  # checked, and nothing of it was handed in
SENT = timedelta(days=180)  # after everything was handed in
_ORPHANED = timedelta(days=1)
_FOLDER = "batches"

State = Batch.State
_UNREAD = (State.WAITING, State.CHECKING)


def kept_until(batch: Batch) -> date:
    """The last day of a batch nothing of which is handed in."""
    return localdate(batch.uploaded_at + UNSENT)


def forget(now: datetime) -> int:
    """Delete what is over its time, and files that a killed process left behind; returns how many."""
    done = 0
    unsent = Batch.objects.filter(
        state__in=(State.CHECKED, State.UNREADABLE), uploaded_at__lt=now - UNSENT
    )
    for batch in unsent:
        try:
            discard(batch)
        except NotAllowed:  # handed in at this very moment
            continue
        done += 1
    old = BatchRow.objects.filter(batch__state=State.DONE, batch__done_at__lt=now - SENT)
    done += old.exclude(cells=[], values={}).update(cells=[], values={})
    for batch in Batch.objects.exclude(file="").exclude(state__in=_UNREAD):
        batch.file.delete(save=False)
        done += Batch.objects.filter(pk=batch.pk).update(file="")
    return done + _drop_orphans(now)


def _drop_orphans(now: datetime) -> int:
    try:
        _folders, names = default_storage.listdir(_FOLDER)
    except FileNotFoundError:
        return 0
    known = set(Batch.objects.exclude(file="").values_list("file", flat=True))
    orphans = [
        path
        for path in (f"{_FOLDER}/{name}" for name in names)
        if path not in known and default_storage.get_modified_time(path) < now - _ORPHANED
    ]
    for path in orphans:
        default_storage.delete(path)
    return len(orphans)
