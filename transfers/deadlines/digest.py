"""The morning's digest: one message a person with every new alert, instead of a mail an alert.

A line is in exactly one digest. Lines wait while their calendar has a day off and while their step is
paused; an alert that was acknowledged before is left out for good.
"""

from datetime import datetime, time
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import localdate, localtime

from ..models.alerts import OutboxMessage
from . import heartbeats

MORNING = time(8, 30)
JOB = "queue_digests"

# Lines of steps that are over go along with the others, to be left out when the digest is written;
# but nobody gets a digest for them alone.
_LINES = """
  FROM transfers_outboxmessage line
    JOIN transfers_alert a ON a.id = line.alert_id
    JOIN transfers_step s ON s.id = a.step_id
    JOIN transfers_calendarday d ON d.calendar_id = s.calendar_id AND d.day = %(today)s
  WHERE line.kind = %(alert)s AND line.digest_id IS NULL
    AND a.acknowledged_at IS NULL AND s.paused_on IS NULL AND d.working
"""

_QUEUE = f"""
INSERT INTO transfers_outboxmessage (key, kind, recipient_id, created_at, next_try_at,
  attempts, last_error)
SELECT 'digest:' || line.recipient_id || ':' || %(date)s, %(digest)s, line.recipient_id,
  %(now)s, %(now)s, 0, ''
{_LINES} AND s.closed_on IS NULL
GROUP BY line.recipient_id
ON CONFLICT (key) DO NOTHING
RETURNING id
"""

_ATTACH = f"""
UPDATE transfers_outboxmessage SET digest_id = digest.id
FROM transfers_outboxmessage digest
WHERE digest.kind = %(digest)s AND digest.id BETWEEN %(first)s AND %(last)s
  AND digest.recipient_id = transfers_outboxmessage.recipient_id
  AND transfers_outboxmessage.id IN (SELECT line.id {_LINES})
"""  # noqa: S608 - put together from this file's own constants


def queue(now: datetime) -> int:
    """Queue today's digest for everybody with new lines; returns how many. Twice a day is once.

    Two statements. A line that is raised after today's digest waits for the next working morning.
    """
    today = localdate(now)
    parameters: dict[str, Any] = {
        "now": connection.ops.adapt_datetimefield_value(now),
        "today": connection.ops.adapt_datefield_value(today),
        "date": today.isoformat(),
        "alert": OutboxMessage.Kind.ALERT.value,
        "digest": OutboxMessage.Kind.DIGEST.value,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_QUEUE, parameters)
        made = [row[0] for row in cursor.fetchall()]
        if made:
            cursor.execute(_ATTACH, parameters | {"first": min(made), "last": max(made)})
    return len(made)


def morning(now: datetime) -> datetime:
    """The moment of that local day at which digests go out."""
    return localtime(now).replace(hour=MORNING.hour, minute=MORNING.minute, second=0, microsecond=0)


def is_missed(now: datetime) -> bool:
    """Whether it is past this morning's time and the job has not run since."""
    if now < morning(now):
        return False
    last = heartbeats.last(JOB)
    return last is None or last < morning(now)
