"""Raising alerts: every running step that has reached a rung of the ladder nobody was told of.

The sweep asks "what is past a rung now", never "what happened since the last run", so a run that was
missed, repeated or done by twenty workers at once changes nothing: `UNIQUE(step, rung)` is the claim.
It reads steps and neither writes nor locks them. The alert and its messages are rows of one
transaction; `delivery` sends them.

Rules:
- A rung is reached when so many working days, by the step's calendar, have passed since the due day.
- The highest rung reached fires. Those below it that never fired, after an outage, are recorded as
  skipped and tell nobody.
- Nothing is raised on a day off of the step's calendar, or while the step is paused.
- The handler is the person the step is assigned to. Without one, or when that person has left, every
  clerk of the agency that owes the step (for money: everyone in finance). The head is every
  supervisor of the agency, the supervising agency every supervisor there.
- A rung without anybody to tell is raised all the same and shows in the agency's own list.
- A step that the applicant owes (missing materials) is watched by the agency that asked: its staff
  are told like of any other step. The applicant has the day from the request itself and is never
  told that the agency is late.
- The applicant is told if the rung that fires says so, or one that was skipped with it.
- An applicant who wishes no messages gets none; others get one however many steps of the case are
  late, and none at night: those wait for the morning. When it is sent, it says what the status page
  says by then.
- Acknowledging an alert takes it out of its recipients' coming digests. Higher rungs still fire:
  they are for other people.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.timezone import localdate

from ..models.alerts import Audience, OutboxMessage
from ..models.applications import NotifyBy
from ..rules.states import Role
from ..rules.steps import STEPS, StepKind
from . import digest, horizon


@dataclass(frozen=True, slots=True)
class Raised:
    """What a sweep wrote: alerts that fired, rungs skipped, staff told, applicants told."""

    alerts: int = 0
    skipped: int = 0
    messages: int = 0
    applicants: int = 0

    @property
    def rows(self) -> int:
        return self.alerts + self.skipped + self.messages + self.applicants


# Steps whose highest rung reached has no alert yet, with that rung. One row a step, found from the
# index on due_on; what is far from due is never read. SQLite joins CROSS JOINs in the order written,
# without which it may walk every day of the calendar; PostgreSQL orders them itself.
_REACHED = """
today AS (
  SELECT calendar_id, ordinal FROM transfers_calendarday WHERE day = %(today)s AND working
), ladder AS (
  SELECT key, offset_days, audience, tells_applicant,
    lead(offset_days) OVER (ORDER BY offset_days) AS next_offset
  FROM transfers_alertrung
), latest AS (
  SELECT today.calendar_id, today.ordinal, d.day AS due_on
  FROM today JOIN transfers_calendarday d ON d.calendar_id = today.calendar_id AND d.working
    AND d.ordinal = today.ordinal - (SELECT min(offset_days) FROM ladder)
), reached AS MATERIALIZED (
  SELECT s.id AS step_id, s.due_on, latest.ordinal - due.ordinal AS late, top.key AS rung
  FROM latest CROSS JOIN transfers_step s CROSS JOIN transfers_calendarday due CROSS JOIN ladder top
  WHERE s.calendar_id = latest.calendar_id AND s.due_on <= latest.due_on
    AND s.closed_on IS NULL AND s.paused_on IS NULL
    AND due.calendar_id = s.calendar_id AND due.day = s.due_on
    AND top.offset_days <= latest.ordinal - due.ordinal
    AND (top.next_offset IS NULL OR top.next_offset > latest.ordinal - due.ordinal)
    AND NOT EXISTS (
      SELECT 1 FROM transfers_alert a WHERE a.step_id = s.id AND a.rung_id = top.key)
)
"""

# In one order for every sweeper, so that two of them never wait for each other in a circle.
_RAISE = """
INSERT INTO transfers_alert (step_id, rung_id, raised_at, due_on, skipped)
SELECT reached.step_id, ladder.key, %(now)s, reached.due_on, ladder.key <> reached.rung
FROM reached JOIN ladder ON ladder.offset_days <= reached.late
WHERE true
ORDER BY reached.step_id, ladder.offset_days
ON CONFLICT (step_id, rung_id) DO NOTHING
RETURNING id, step_id, rung_id, skipped
"""

# `raised`: the alerts of this sweep.
_TOLD = """
fired AS (
  SELECT raised.id AS alert_id, s.id AS step_id, s.application_id, s.agency_id, s.kind,
    assignee.id AS assignee_id, rung.key AS rung, rung.audience,
    EXISTS (
      SELECT 1 FROM {raised_with_it} JOIN transfers_alertrung lower ON lower.key = below.rung_id
      WHERE below.step_id = raised.step_id AND lower.tells_applicant {since_below}
    ) AS tells_applicant
  FROM {raised}
    JOIN transfers_step s ON s.id = raised.step_id
    JOIN transfers_alertrung rung ON rung.key = raised.rung_id
    LEFT JOIN transfers_user assignee ON assignee.id = s.assignee_id AND assignee.is_active
  WHERE NOT raised.skipped {since}
), staff AS (
  SELECT u.id AS user_id, u.agency_id, g.name AS role
  FROM transfers_user u
    JOIN transfers_user_groups ug ON ug.user_id = u.id JOIN auth_group g ON g.id = ug.group_id
  WHERE u.is_active AND g.name IN (%(clerk)s, %(finance)s, %(supervisor)s)
), told AS (
  SELECT fired.*, fired.assignee_id AS user_id FROM fired
  WHERE fired.audience = %(handler)s AND fired.assignee_id IS NOT NULL
  UNION
  SELECT fired.*, staff.user_id
  FROM fired JOIN staff ON staff.agency_id = fired.agency_id
    AND staff.role = CASE WHEN fired.kind IN ({money}) THEN %(finance)s ELSE %(clerk)s END
  WHERE fired.audience = %(handler)s AND fired.assignee_id IS NULL
  UNION
  SELECT fired.*, staff.user_id
  FROM fired JOIN staff ON staff.agency_id = fired.agency_id AND staff.role = %(supervisor)s
  WHERE fired.audience IN (%(head)s, %(both)s)
  UNION
  SELECT fired.*, staff.user_id
  FROM fired JOIN transfers_agency agency ON agency.id = fired.agency_id
    JOIN staff ON staff.agency_id = agency.supervised_by_id AND staff.role = %(supervisor)s
  WHERE fired.audience IN (%(supervising)s, %(both)s)
)
"""

_MESSAGES = """
INSERT INTO transfers_outboxmessage (key, kind, alert_id, application_id, recipient_id,
  created_at, next_try_at, attempts, last_error)
SELECT 'alert:' || told.step_id || ':' || told.rung || ':' || told.user_id, %(alert_kind)s,
  told.alert_id, told.application_id, told.user_id, %(now)s, NULL, 0, ''
FROM told
UNION ALL
SELECT 'late:' || late.step_id || ':' || late.rung, %(applicant_kind)s,
  late.alert_id, late.application_id, NULL, %(now)s, %(morning)s, 0, ''
FROM (
  SELECT fired.*, row_number() OVER (PARTITION BY fired.application_id ORDER BY fired.step_id) AS nth
  FROM fired JOIN transfers_transferapplication a ON a.id = fired.application_id
  WHERE fired.tells_applicant AND fired.kind <> %(supplement)s AND a.notify_by <> %(silent)s
) late
WHERE late.nth = 1
ON CONFLICT (key) DO NOTHING
RETURNING kind
"""

_MONEY = ", ".join(f"'{kind.value}'" for kind, rule in STEPS.items() if rule.money)

_POSTGRESQL = f"""
WITH {_REACHED}, raised AS ({_RAISE}),
{
    _TOLD.format(
        raised="raised", raised_with_it="raised below", since="", since_below="", money=_MONEY
    )
},
messages AS ({_MESSAGES})
SELECT
  (SELECT count(*) FROM raised WHERE NOT skipped),
  (SELECT count(*) FROM raised WHERE skipped),
  (SELECT count(*) FROM messages WHERE kind = %(alert_kind)s),
  (SELECT count(*) FROM messages WHERE kind = %(applicant_kind)s),
  {horizon.ENDED}
"""  # noqa: S608 - put together from this file's own constants

_SQLITE_BEFORE = f"SELECT coalesce(max(id), 0), {horizon.ENDED} FROM transfers_alert"  # noqa: S608
_SQLITE_RAISE = f"WITH {_REACHED} {_RAISE}"
_SQLITE_TELL = "WITH {told} {messages}".format(
    told=_TOLD.format(
        raised="transfers_alert raised",
        raised_with_it="transfers_alert below",
        since="AND raised.id > %(last)s",
        since_below="AND below.id > %(last)s",
        money=_MONEY,
    ),
    messages=_MESSAGES,
)

_DRIFT = f"WITH {_REACHED} SELECT count(*) FROM reached"  # noqa: S608


def raise_due(now: datetime) -> Raised:
    """Raise every alert that is due at `now` and queue whom to tell. Safe to run at any time, twice.

    One statement on PostgreSQL, three on SQLite. A calendar that is about to end is continued first
    (`horizon`), so that the sweep never falls silent.
    """
    raised, calendars_ended = _raise_due(now)
    if calendars_ended:
        horizon.extend(now)
        raised, _ = _raise_due(now)
    return raised


def drift(now: datetime) -> int:
    """How many steps are past a rung without its alert: 0 after a sweep, growing when it is down."""
    with connection.cursor() as cursor:
        cursor.execute(_DRIFT, _parameters(now))
        return int(cursor.fetchone()[0])


def _raise_due(now: datetime) -> tuple[Raised, int]:
    """One sweep, and how many calendars end too soon."""
    parameters = _parameters(now)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL, parameters)
            *counts, ended = cursor.fetchone()
            return Raised(*counts), ended
        with transaction.atomic():
            return _raise_on_sqlite(cursor, parameters)


def _raise_on_sqlite(cursor: CursorWrapper, parameters: dict[str, Any]) -> tuple[Raised, int]:
    """The same sweep in three statements: SQLite cannot insert in two tables with one."""
    cursor.execute(_SQLITE_BEFORE, parameters)
    last, ended = cursor.fetchone()
    cursor.execute(_SQLITE_RAISE, parameters)
    skipped = [bool(row[3]) for row in cursor.fetchall()]
    if not skipped:
        return Raised(), ended
    cursor.execute(_SQLITE_TELL, parameters | {"last": last})
    told = Counter(kind for (kind,) in cursor.fetchall())
    return Raised(
        alerts=skipped.count(False),
        skipped=skipped.count(True),
        messages=told[OutboxMessage.Kind.ALERT.value],
        applicants=told[OutboxMessage.Kind.APPLICANT.value],
    ), ended


def _parameters(now: datetime) -> dict[str, Any]:
    today: date = localdate(now)
    return {
        "now": connection.ops.adapt_datetimefield_value(now),
        "morning": connection.ops.adapt_datetimefield_value(max(now, digest.morning(now))),
        "today": connection.ops.adapt_datefield_value(today),
        "needed": connection.ops.adapt_datefield_value(horizon.needed(today)),
        "handler": Audience.HANDLER.value,
        "head": Audience.HEAD.value,
        "supervising": Audience.SUPERVISING.value,
        "both": Audience.HEAD_AND_SUPERVISING.value,
        "clerk": Role.CLERK.value,
        "finance": Role.FINANCE.value,
        "supervisor": Role.SUPERVISOR.value,
        "supplement": StepKind.SUPPLEMENT.value,
        "silent": NotifyBy.NONE.value,
        "alert_kind": OutboxMessage.Kind.ALERT.value,
        "applicant_kind": OutboxMessage.Kind.APPLICANT.value,
    }
