"""/healthz: can this process reach what it needs, and is somebody still watching the deadlines?"""

import logging
import time
from datetime import datetime

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

SWEEP = "raise_deadline_alerts"
SWEEP_AGE_LIMIT: int = 3 * settings.SWEEP_SECONDS  # a heartbeat may be late, two may be lost
STARTING_SECONDS = 180
STARTED = time.monotonic()


def sweep_state(
    finished_at: datetime | None, now: datetime, uptime: float
) -> tuple[str, int | None]:
    """Whether the deadline sweep is alive, and how many seconds ago it last finished.

    "starting" gives a service that has just come up, after an hour off perhaps, time for its first
    sweep. An age far below zero means that a clock was set back: such a heartbeat proves nothing.
    """
    age = None if finished_at is None else round((now - finished_at).total_seconds())
    if age is not None and -60 <= age <= SWEEP_AGE_LIMIT:
        return "ok", age
    return ("starting" if uptime < STARTING_SECONDS else "late"), age


def _database() -> tuple[str, datetime | None]:
    from transfers.models import (
        Heartbeat,
    )  # the URL configuration is read before models in some tools

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        row = Heartbeat.objects.filter(pk=SWEEP).values_list("finished_at", flat=True).first()
    except DatabaseError:
        logger.exception("The database does not answer")
        return "down", None
    return "ok", row


def _broker() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=None
    )
    try:
        client.ping()
    except redis.RedisError:
        logger.exception("The broker does not answer")
        return "down"
    finally:
        client.close()
    return "ok"


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while everything works or is coming up, 503 otherwise; says which part, and never why."""
    database, finished_at = _database()
    broker = _broker()
    sweep, age = sweep_state(finished_at, timezone.now(), time.monotonic() - STARTED)
    well = database == "ok" and broker == "ok" and sweep != "late"
    return JsonResponse(
        {
            "status": "ok" if well else "unwell",
            "database": database,
            "broker": broker,
            "sweep": sweep,
            "sweep_age_seconds": age,
        },
        status=200 if well else 503,
    )
