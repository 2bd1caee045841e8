"""Moving the dates of open steps to what their calendar says now, with an event per case.

A step's dates follow from its calendar by the rule of `rules.steps.due_on`; here the same rule is
SQL over the numbered days, so that the work is a fixed number of statements however many steps
there are. PostgreSQL and SQLite share every statement but for the words of their JSON functions.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import dateformat, translation
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from ..rules.steps import StepKind


@dataclass(frozen=True, slots=True)
class Moved:
    """Steps whose dates changed, counted by what changed for whoever waits for them.

    `confirmed`: the same day, no longer provisional. `cases` have an event each.
    """

    steps: int = 0
    cases: int = 0
    later: int = 0
    earlier: int = 0
    confirmed: int = 0
    no_longer_overdue: int = 0
    newly_overdue: int = 0


# Day zero is z. `left` = limit − used working days: the due day is the working day whose ordinal is
# z's plus left; with none left it is z itself or the next working day.
_TARGET = """
  LEFT JOIN transfers_calendarday {name} ON {name}.calendar_id = s.calendar_id AND {name}.working
    AND {name}.ordinal = z.ordinal + s.{limit} - s.used_days
      + CASE WHEN s.{limit} = s.used_days AND NOT z.working THEN 1 ELSE 0 END
"""

# A statement over every open step may take longer than one request's statement ever should.
_PATIENCE = "SET LOCAL statement_timeout = '10min'"

_CREATE = """
CREATE TEMPORARY TABLE redated (
  id bigint PRIMARY KEY, application_id bigint, kind varchar(20), running_since date,
  old_on date, old_statutory_on date, old_provisional boolean,
  new_on date, new_statutory_on date, new_provisional boolean
)
"""

_FIND = f"""
INSERT INTO redated
SELECT s.id, s.application_id, s.kind, s.running_since,
  s.due_on, s.statutory_due_on, s.provisional,
  due.day, statute.day, due.day > c.published_until
FROM transfers_step s
  JOIN transfers_calendar c ON c.region_id = s.calendar_id
  LEFT JOIN transfers_calendarday z
    ON z.calendar_id = s.calendar_id AND z.day = s.running_since
  {_TARGET.format(name="due", limit="limit_days")}
  {_TARGET.format(name="statute", limit="statutory_days")}
WHERE s.closed_on IS NULL AND s.paused_on IS NULL
  AND s.calendar_id IN (SELECT value FROM {{codes}})
  AND (due.day IS NULL OR statute.day IS NULL OR s.due_on <> due.day
    OR s.statutory_due_on <> statute.day
    OR s.provisional <> (due.day > c.published_until))
"""  # noqa: S608 - put together from this file's own constants

# The workflow writes an application's row before it touches a step of it, so whoever holds the row
# is alone with its steps. Steps that changed while we waited for it drop out again.
_LOCK = """
SELECT count(*) FROM (
  SELECT id FROM transfers_transferapplication
  WHERE id IN (SELECT application_id FROM redated) ORDER BY id FOR NO KEY UPDATE
) held
"""
_FORGET_CHANGED = """
DELETE FROM redated WHERE NOT EXISTS (
  SELECT 1 FROM transfers_step s WHERE s.id = redated.id
    AND s.closed_on IS NULL AND s.paused_on IS NULL
    AND s.running_since = redated.running_since AND s.due_on = redated.old_on
)
"""

_GROUP = """
SELECT kind, old_on, new_on, old_provisional, new_provisional, count(*)
FROM redated GROUP BY 1, 2, 3, 4, 5
"""

_UPDATE = """
UPDATE transfers_step
SET due_on = redated.new_on, statutory_due_on = redated.new_statutory_on,
  provisional = redated.new_provisional
FROM redated WHERE transfers_step.id = redated.id
"""

_CLAIM = """
UPDATE transfers_transferapplication SET version = version + 1
WHERE id IN (SELECT application_id FROM redated)
"""

_TELL = """
INSERT INTO transfers_event (application_id, seq, at, track, verb, from_state, to_state, actor,
  side, reason_code, reason, note, facts, policy, asked, shown_zh, shown_en)
SELECT a.id, a.version, %(at)s, 'relation', 'redate', a.state, a.state, 'system',
  '', '', %(reason)s, '', told.facts, '{{}}', '',
  CASE WHEN told.zh IS NULL THEN '' ELSE replace(%(frame_zh)s, '…', told.zh) END,
  CASE WHEN told.en IS NULL THEN '' ELSE replace(%(frame_en)s, '…', told.en) END
FROM transfers_transferapplication a JOIN (
  SELECT m.application_id, {facts} AS facts, {zh} AS zh, {en} AS en
  FROM (
    SELECT redated.*, w.zh, w.en FROM redated JOIN {words}
      ON w.kind = redated.kind AND w.old_on = redated.old_on AND w.new_on = redated.new_on
        AND w.old_provisional = redated.old_provisional
        AND w.new_provisional = redated.new_provisional
    ORDER BY redated.application_id, redated.id
  ) m
  GROUP BY m.application_id
) told ON told.application_id = a.id
"""

_POSTGRESQL = {
    "codes": "jsonb_array_elements_text(%(codes)s::jsonb) AS listed(value)",
    "facts": (
        "jsonb_build_object('notice', %(number)s::text, 'steps', jsonb_agg(jsonb_build_object("
        "'kind', m.kind, 'old', m.old_on, 'new', m.new_on, 'old_provisional', m.old_provisional,"
        " 'new_provisional', m.new_provisional) ORDER BY m.id))"
    ),
    "zh": "string_agg(m.zh, '；' ORDER BY m.id)",
    "en": "string_agg(m.en, '; ' ORDER BY m.id)",
    "words": (
        "jsonb_to_recordset(%(words)s::jsonb) AS w(kind text, old_on date, new_on date,"
        " old_provisional boolean, new_provisional boolean, zh text, en text)"
    ),
}
_SQLITE = {
    "codes": "json_each(%(codes)s) AS listed",
    "facts": (
        "json_object('notice', %(number)s, 'steps', json_group_array(json_object("
        "'kind', m.kind, 'old', m.old_on, 'new', m.new_on,"
        " 'old_provisional', json(CASE WHEN m.old_provisional THEN 'true' ELSE 'false' END),"
        " 'new_provisional', json(CASE WHEN m.new_provisional THEN 'true' ELSE 'false' END))))"
    ),
    "zh": "group_concat(m.zh, '；')",
    "en": "group_concat(m.en, '; ')",
    "words": (
        "(SELECT json_extract(value, '$.kind') AS kind, json_extract(value, '$.old_on') AS old_on,"
        " json_extract(value, '$.new_on') AS new_on,"
        " json_extract(value, '$.old_provisional') AS old_provisional,"
        " json_extract(value, '$.new_provisional') AS new_provisional,"
        " json_extract(value, '$.zh') AS zh, json_extract(value, '$.en') AS en"
        " FROM json_each(%(words)s)) AS w"
    ),
}


def redate(codes: Iterable[str], number: str, title: str, at: datetime) -> Moved:
    """Move the dates of running steps on these calendars to what their calendar says, with events.

    Runs inside the caller's transaction. Errors: ValueError if a calendar ends before a due day.
    """
    dialect = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_PATIENCE)
        cursor.execute(_CREATE)
        cursor.execute(_FIND.format(codes=dialect["codes"]), {"codes": json.dumps(list(codes))})
        if connection.vendor == "postgresql":
            cursor.execute(_LOCK)
        cursor.execute(_FORGET_CHANGED)
        cursor.execute(_GROUP)
        groups = [_Group(*row) for row in cursor.fetchall()]
        cases = _write(cursor, dialect, groups, number, title, at) if groups else 0
        cursor.execute("DROP TABLE redated")
    return _count(groups, cases, localdate(at))


@dataclass(frozen=True, slots=True)
class _Group:
    """Steps of one kind that all moved from one day to one other."""

    kind: str
    old_on: date
    new_on: date
    old_provisional: bool
    new_provisional: bool
    steps: int


def _write(
    cursor: CursorWrapper,
    dialect: Mapping[str, str],
    groups: list[_Group],
    number: str,
    title: str,
    at: datetime,
) -> int:
    """Write steps, versions and events of the table `redated`; returns the number of cases."""
    if any(group.new_on is None for group in groups):
        raise ValueError("a calendar has no row for the day an open step is due")
    cursor.execute(_UPDATE)
    cursor.execute(_CLAIM)
    frames = {}
    for language, name in (("zh-hans", "frame_zh"), ("en", "frame_en")):
        with translation.override(language):
            frames[name] = _("A new holiday notice (%(number)s) moved the dates: ….") % {
                "number": number
            }
    cursor.execute(
        _TELL.format_map(dialect),
        {
            "at": connection.ops.adapt_datetimefield_value(at),
            "number": number,
            "reason": f"{number} {title}".strip(),
            "words": json.dumps([_worded(group) for group in groups]),
            **frames,
        },
    )
    return int(cursor.rowcount)


def _worded(group: _Group) -> dict[str, Any]:
    """A group's move, said in both languages; None where only the statutory day changed."""
    return {
        "kind": group.kind,
        "old_on": group.old_on.isoformat(),
        "new_on": group.new_on.isoformat(),
        "old_provisional": group.old_provisional,
        "new_provisional": group.new_provisional,
        "zh": _said(group, "zh-hans", "Y年n月j日"),
        "en": _said(group, "en", "j F Y"),
    }


def _said(group: _Group, language: str, day_format: str) -> str | None:
    same_day = group.old_on == group.new_on
    if same_day and group.old_provisional == group.new_provisional:
        return None
    with translation.override(language):
        values = {
            "step": StepKind(group.kind).label,
            "old": dateformat.format(group.old_on, day_format),
            "new": dateformat.format(group.new_on, day_format),
        }
        if group.new_provisional:
            values["new"] = _("about %(day)s") % {"day": values["new"]}
        if same_day and not group.new_provisional:
            return _("%(step)s is now certain to be due on %(new)s") % values
        if same_day:
            return _("%(step)s is now due on %(new)s") % values
        return _("%(step)s was due on %(old)s and is now due on %(new)s") % values


def _count(groups: list[_Group], cases: int, today: date) -> Moved:
    def steps(chosen: Iterable[_Group]) -> int:
        return sum(group.steps for group in chosen)

    return Moved(
        steps=steps(groups),
        cases=cases,
        later=steps(g for g in groups if g.new_on > g.old_on),
        earlier=steps(g for g in groups if g.new_on < g.old_on),
        confirmed=steps(
            g
            for g in groups
            if g.new_on == g.old_on and g.old_provisional and not g.new_provisional
        ),
        no_longer_overdue=steps(g for g in groups if g.old_on < today <= g.new_on),
        newly_overdue=steps(g for g in groups if g.new_on < today <= g.old_on),
    )
