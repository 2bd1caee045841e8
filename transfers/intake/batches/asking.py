"""What an employer asks of a batch once it is checked: hand the good rows in, or put it away."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ...models.employers import Batch, BatchRow
from ...workflow.errors import NotAllowed

State = Batch.State
DISCARDABLE = (State.WAITING, State.CHECKING, State.CHECKED, State.UNREADABLE)


def hand_in(batch: Batch, *, at: datetime) -> None:
    """Ask for all good rows to be handed in. Raises NotAllowed where nothing can be handed in now."""
    if not batch.rows.filter(state=BatchRow.State.GOOD).exists():
        raise NotAllowed(_("There is no row that can be handed in."), code="no_good_row")
    asked = Batch.objects.filter(pk=batch.pk, state=State.CHECKED)
    if not asked.update(state=State.SUBMITTING, submit_asked_at=at, leased_until=None):
        raise NotAllowed(_("This batch was handed in or put away already."), code="wrong_state")


def discard(batch: Batch) -> None:
    """Forget the people of a batch nothing of which was handed in. Raises NotAllowed if some was."""
    with transaction.atomic():
        kept = Batch.objects.filter(pk=batch.pk, state__in=DISCARDABLE)
        if not kept.update(state=State.DISCARDED, leased_until=None, file="", header=[]):
            raise NotAllowed(_("This batch was handed in or put away already."), code="wrong_state")
        BatchRow.objects.filter(batch=batch).delete()
        if batch.file:
            transaction.on_commit(lambda: batch.file.delete(save=False))
