"""Working out the public statistics: how long what ended in a month had taken, and how much in time.

A step counts in the month in which the office answered it, whatever the answer; one that ended only
because the case did is nobody's answer and counts nowhere. Days are working days by the calendar the
step was counted with, pauses left out. A case as a whole counts from application to transfer in, with
every wait; it is in time if no office was late on the way. Balances count in the month of crediting,
and once more (`ARRIVAL`) in the month the case's months came, where `on_time` is what was credited
by now. Which months are worked out, and when: `status.freshness`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from ..models.regions import NATION
from ..models.statistics import Measure, MonthFigure
from ..rules.balances import BalanceState, Disposition
from ..rules.steps import Outcome, StepKind
from ..rules.suppression import withhold

_CHECKS = (StepKind.CHECK_ORIGIN, StepKind.CHECK_DESTINATION)
MEASURED = (*_CHECKS, StepKind.TRANSFER_OUT, StepKind.TRANSFER_IN)
ANSWERED = (Outcome.DONE, Outcome.SUPERSEDED)
# What an office may be late with on the way to the transfer in.
_ON_THE_WAY = (*MEASURED, StepKind.CORRECTION)


def _values(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# What ended, part by part: one row for each thing, with its measure, office, days and whether in time.
_STEPS = f"""
  SELECT
    CASE s.kind WHEN 'transfer_out' THEN 'transfer_out' WHEN 'transfer_in' THEN 'transfer_in'
      ELSE 'check' END AS measure,
    s.agency_id, s.used_days + e.ordinal - z.ordinal AS days,
    CASE WHEN s.late_days = 0 THEN 1 ELSE 0 END AS on_time
  FROM transfers_step s
    JOIN transfers_calendarday z ON z.calendar_id = s.calendar_id AND z.day = s.running_since
    JOIN transfers_calendarday e ON e.calendar_id = s.calendar_id AND e.day = s.closed_on
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind IN ({_values(MEASURED)}) AND s.outcome IN ({_values(ANSWERED)})
"""  # noqa: S608 - put together from this file's own constants, like all below
_RELATION = f"""
  SELECT 'relation' AS measure, s.agency_id, e.ordinal - z.ordinal AS days,
    CASE WHEN EXISTS (
      SELECT 1 FROM transfers_step l WHERE l.application_id = s.application_id
        AND l.late_days > 0 AND l.kind IN ({_values(_ON_THE_WAY)})
    ) THEN 0 ELSE 1 END AS on_time
  FROM transfers_step s
    JOIN transfers_calendarday z ON z.calendar_id = s.calendar_id AND z.day = (
      SELECT min(f.opened_on) FROM transfers_step f WHERE f.application_id = s.application_id)
    JOIN transfers_calendarday e ON e.calendar_id = s.calendar_id AND e.day = s.closed_on
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind = 'transfer_in' AND s.outcome = 'done'
"""  # noqa: S608
_BALANCE = """
  SELECT 'balance' AS measure, s.agency_id, e.ordinal - z.ordinal AS days,
    CAST(NULL AS integer) AS on_time
  FROM transfers_step s
    JOIN transfers_step i ON i.application_id = s.application_id
      AND i.kind = 'transfer_in' AND i.outcome = 'done'
    JOIN transfers_calendarday z ON z.calendar_id = i.calendar_id AND z.day = i.closed_on
    JOIN transfers_calendarday e ON e.calendar_id = i.calendar_id AND e.day = s.closed_on
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind = 'credit' AND s.outcome = 'done'
"""
_ARRIVAL = f"""
  SELECT 'arrival' AS measure, s.agency_id, CAST(NULL AS integer) AS days,
    CASE WHEN b.state = '{BalanceState.CREDITED}' THEN 1 ELSE 0 END AS on_time
  FROM transfers_step s
    JOIN transfers_balancetransfer b ON b.application_id = s.application_id
      AND b.disposition = '{Disposition.TRANSFER}'
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind = 'transfer_in' AND s.outcome = 'done'
"""  # noqa: S608

# How many took how long is counted in each pool first, and only those counts are spread over the pool,
# its province and the nation. Percentiles are those of the nearest rank; the median of an even number
# is the mean of the middle two. PostgreSQL and SQLite run the same words.
_FIGURES = f"""
WITH
ended AS (%(parts)s),
counted AS (
  SELECT measure, a.region_id AS pool, days, count(*) AS n, sum(on_time) AS on_time
  FROM ended JOIN transfers_agency a ON a.id = ended.agency_id
  GROUP BY measure, a.region_id, days
),
placed AS (
  SELECT measure, pool AS place, days, n, on_time FROM counted
  UNION ALL
  SELECT measure, substr(pool, 1, 2) || '0000', days, n, on_time FROM counted
  WHERE substr(pool, 3, 4) <> '0000'
  UNION ALL
  SELECT measure, '{NATION}', days, n, on_time FROM counted
),
ranked AS (
  SELECT measure, place, days, sum(n) AS n, sum(on_time) AS on_time,
    CAST(sum(sum(n)) OVER (PARTITION BY measure, place ORDER BY days) AS bigint) AS upto,
    CAST(sum(sum(n)) OVER (PARTITION BY measure, place) AS bigint) AS total
  FROM placed GROUP BY measure, place, days
)
SELECT measure, place, sum(n), sum(on_time),
  (min(CASE WHEN upto >= (total + 1) / 2 THEN days END)
    + min(CASE WHEN upto >= (total + 2) / 2 THEN days END)) / 2.0,
  min(CASE WHEN upto * 10 >= total * 9 THEN days END)
FROM ranked GROUP BY measure, place
"""  # noqa: S608


def _figures_of(*parts: str) -> str:
    return _FIGURES.replace("%(parts)s", " UNION ALL ".join(parts))


_ALL = _figures_of(_STEPS, _RELATION, _BALANCE, _ARRIVAL)
_ONLY_ARRIVAL = _figures_of(_ARRIVAL)


def work_out_month(month: date, at: datetime, *, only_arrival: bool = False) -> None:
    """Write a month's figures anew, or only those of `Measure.ARRIVAL`; part of a transaction."""
    measures = [Measure.ARRIVAL] if only_arrival else list(Measure)
    adapt = connection.ops.adapt_datefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            _ONLY_ARRIVAL if only_arrival else _ALL,
            {"first": adapt(month), "after": adapt(next_month(month))},
        )
        figures = [
            MonthFigure(
                region_id=place,
                month=month,
                measure=measure,
                cases=int(cases),
                on_time=None if on_time is None else int(on_time),
                median_days=None if median is None else Decimal(median),
                p90_days=p90,
                worked_out_at=at,
            )
            for measure, place, cases, on_time, median, p90 in cursor.fetchall()
        ]
    _withhold(figures)
    MonthFigure.objects.bulk_create(
        figures,
        update_conflicts=True,
        unique_fields=["region", "month", "measure"],
        update_fields=["cases", "on_time", "median_days", "p90_days", "withheld", "worked_out_at"],
    )
    kept = [figure.pk for figure in figures]
    MonthFigure.objects.filter(month=month, measure__in=measures).exclude(pk__in=kept).delete()


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _withhold(figures: list[MonthFigure]) -> None:
    """Mark what must not be shown, measure by measure, in the tree of pool, province and nation."""
    for measure in Measure:
        rows = {each.region_id: each for each in figures if each.measure == measure}
        told = withhold({place: row.cases for place, row in rows.items()}, _tree(rows))
        for place, row in rows.items():
            row.withheld = told[place]


def _tree(places: dict[str, MonthFigure]) -> dict[str, list[str]]:
    """Which of the places each total is the sum of."""
    tree: dict[str, list[str]] = defaultdict(list)
    for place in places:
        if place == NATION:
            continue
        is_province = place.endswith("0000")
        tree[NATION if is_province else f"{place[:2]}0000"].append(place)
    return tree
