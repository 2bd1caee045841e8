"""What the schedule runs for the arrears office. Each handles everything due by now and may run twice."""

import logging
import time
from datetime import datetime

from celery import shared_task
from django.utils import timezone
from django.utils.timezone import localdate

from transfers.deadlines import heartbeats
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed

from . import lapsing, reminders
from .cases import perform
from .models import ArrearsCase
from .rules.states import Action, State

logger = logging.getLogger(__name__)

SECONDS = 200.0  # of one run, below the task's time limit; the next run goes on


@shared_task
def requote_lapsed() -> int:
    """Quote anew what was not paid by its day: the late fee has grown."""
    now = timezone.now()
    run = lapsing.requote(now, seconds=SECONDS)
    if run.errors:
        raise ExceptionGroup("arrears cases that could not be quoted anew", run.errors)
    heartbeats.record("requote_lapsed", now, run.cases)
    return run.cases


@shared_task
def reinstate_settled() -> int:
    """Restart the benefits of settled cases on their day, and tell the people."""
    now = timezone.now()
    done, errors = _reinstate(now)
    if errors:
        raise ExceptionGroup("arrears cases whose benefits could not be restarted", errors)
    heartbeats.record("reinstate_settled", now, done)
    return done


def _reinstate(now: datetime) -> tuple[int, list[Exception]]:
    """One case that fails does not keep the others."""
    due = ArrearsCase.objects.filter(state=State.SETTLED, next_on__lte=localdate(now))
    errors: list[Exception] = []
    done = 0
    until = time.monotonic() + SECONDS
    for pk in list(due.order_by("next_on", "pk").values_list("pk", flat=True)):
        if time.monotonic() > until:
            break
        try:
            perform(ArrearsCase(pk=pk), Action.REINSTATE, by=Actor.system(), at=now)
            done += 1
        except NotAllowed:
            logger.info("Arrears case %s moved on before its benefits could restart", pk)
        except Exception as error:  # noqa: BLE001 - raised by the task, together with the others
            error.add_note(f"arrears case {pk}")
            errors.append(error)
    return done, errors


@shared_task
def remind_of_arrears() -> int:
    """Letters before a quote lapses, and to supervisors about cases not assessed in time."""
    now = timezone.now()
    written = reminders.write(now)
    heartbeats.record("remind_of_arrears", now, written)
    return written
