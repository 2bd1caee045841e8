"""What the schedule runs. A task reads the clock, hands over, and records its pulse.

Each handles everything that is due by now and may run twice, late, or not at all for a while.
"""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from . import plugs
from .deadlines import delivery, digest, heartbeats, redate, sweep
from .deadlines.mails import Words
from .intake import batches, drafts, uploads
from .models.alerts import LookupThrottle
from .models.applications import TransferApplication
from .models.steps import Step
from .money.proof import prove
from .money.statements import waiting
from .rules.states import Action
from .rules.steps import StepKind
from .status import held_up, shown, situation_of, sms
from .status.freshness import work_out
from .workflow import query_codes, receipts
from .workflow.actions import perform
from .workflow.actors import Actor
from .workflow.errors import NotAllowed

logger = logging.getLogger(__name__)

BOOKING_SECONDS = 15.0  # of one run; a longer one would look like a job that fell silent
BATCH_SECONDS = 15.0  # likewise
STATISTICS_SECONDS = 45.0  # likewise


@shared_task
def raise_deadline_alerts() -> int:
    """Raise the alerts that are due, and the morning's digests if their own run was missed."""
    now = timezone.now()
    rows = sweep.raise_due(now).rows
    if digest.is_missed(now):
        queue_digests()
    heartbeats.record("raise_deadline_alerts", now, rows)
    return rows


@shared_task
def queue_digests() -> int:
    """Queue the digests of the morning, from dates that agree with the calendar."""
    now = timezone.now()
    redate.correct(now)
    rows = digest.queue(now)
    heartbeats.record(digest.JOB, now, rows)
    return rows


@shared_task
def deliver_messages() -> int:
    """Send the messages that are due."""
    now = timezone.now()
    rows = delivery.deliver(now, words=WORDS).rows
    heartbeats.record("deliver_messages", now, rows)
    return rows


@shared_task
def book_receipts() -> int:
    """Book the lines of bank statements that somebody accepted in one go."""
    now = timezone.now()
    run = receipts.book_asked(now, seconds=BOOKING_SECONDS)
    if run.errors:
        raise ExceptionGroup("lines of bank statements that could not be booked", run.errors)
    heartbeats.record("book_receipts", now, run.booked)
    return run.booked


@shared_task
def work_on_batches() -> int:
    """Check the spreadsheets of employers and hand in what they asked for."""
    now = timezone.now()
    run = batches.work(timezone.now, seconds=BATCH_SECONDS)
    if run.errors:
        raise ExceptionGroup("batches that could not be worked on", run.errors)
    heartbeats.record("work_on_batches", now, run.rows)
    if run.left:
        nudge_batches()
    return run.rows


def nudge_batches() -> None:
    """Have the batches looked at now instead of at the next tick. Nothing depends on it."""
    try:
        work_on_batches.apply_async(expires=60, retry=False)
    except Exception:  # noqa: BLE001 - whatever the broker has, the schedule does the work later
        logger.info("The broker did not take the nudge; the schedule looks at the batches")


@shared_task
def lapse_supplements() -> int:
    """End the cases whose applicants let the day for missing materials pass.

    One case that fails does not keep the others; all failures rise together at the end.
    """
    now = timezone.now()
    overdue = Step.objects.overdue(timezone.localdate(now)).filter(kind=StepKind.SUPPLEMENT)
    errors = []
    lapsed = 0
    for pk in overdue.order_by("pk").values_list("application_id", flat=True):
        try:
            perform(TransferApplication.objects.get(pk=pk), Action.LAPSE, by=Actor.system(), at=now)
            lapsed += 1
        except NotAllowed:
            logger.info("Case %s moved on before it could lapse", pk)
        except Exception as error:  # noqa: BLE001 - raised below, together with the others
            error.add_note(f"case {pk}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("cases that could not lapse", errors)
    heartbeats.record("lapse_supplements", now, lapsed)
    return lapsed


@shared_task
def forget_expired() -> int:
    """Delete what no longer serves anybody: sessions that ended, applications that nobody handed in,
    look-ups that failed more than a day ago, statements whose columns nobody came to name,
    uploaded files that no row names, and batches that are over their time."""
    now = timezone.now()
    sessions, _by_model = Session.objects.filter(expire_date__lt=now).delete()
    day_ago = now - timedelta(days=1)
    lookups, _by_model = LookupThrottle.objects.filter(last_miss_at__lt=day_ago).delete()
    unsent = drafts.forget(timezone.localdate(now))
    files = waiting.forget(now) + uploads.forget(now)
    gone = sessions + lookups + unsent + files + batches.forget(now)
    heartbeats.record("forget_expired", now, gone)
    return gone


@shared_task
def prove_books() -> int:
    """Check that all books agree; log an error where they do not. The report is kept."""
    now = timezone.now()
    proof = prove(now)
    if proof.breaks_found:
        logger.error("The books do not agree: %s breaks in proof %s", proof.breaks_found, proof.pk)
    heartbeats.record("prove_books", now, proof.breaks_found)
    return proof.breaks_found


@shared_task
def work_out_statistics() -> int:
    """Work out the public statistics of the months in which anything changed since the last time."""
    now = timezone.now()
    months = work_out(now, seconds=STATISTICS_SECONDS)
    heartbeats.record("work_out_statistics", now, months)
    return months


@shared_task
def watch_heartbeats() -> int:
    """Log an error for every job that has fallen silent."""
    now = timezone.now()
    silent = heartbeats.stale(now)
    for job in silent:
        logger.error("A job has fallen silent. %s", job)
    heartbeats.record("watch_heartbeats", now, len(silent))
    return len(silent)


def _late_words(application: TransferApplication, at: datetime) -> tuple[str, str] | None:
    overlays = plugs.overlays_of(application, timezone.localdate(at))
    situation = held_up(situation_of(application, at=at), overlays)
    return shown(situation) if situation.late_clocks else None


WORDS = Words(
    late=_late_words,
    sms=sms.text_of,
    code_sms=sms.code_text,
    new_code=query_codes.code_of,
    keep_code=query_codes.keep,
)
