"""Working out the public statistics: how long what ended in a month had taken, and how much in time.

A step counts in the month in which the office answered it, whatever the answer; one that ended only
because the case did is nobody's answer and counts nowhere. Days are working days by the calendar the
step was counted with, pauses left out. A case as a whole counts from application to transfer in, with
every wait; it is in time if no office was late on the way. Balances count in the month of crediting,
and once more (`ARRIVAL`) in the month the case's months came, where `on_time` is what was credited
by now.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.functions import TruncMonth
from django.utils.timezone import localdate

from ..models.balances import BalanceTransfer
from ..models.regions import NATION
from ..models.statistics import Measure, MonthFigure
from ..models.steps import Step
from ..rules.balances import BalanceState, Disposition
from ..rules.steps import Outcome, StepKind
from ..rules.suppression import withhold

_CHECKS = (StepKind.CHECK_ORIGIN, StepKind.CHECK_DESTINATION)
_MEASURED = (*_CHECKS, StepKind.TRANSFER_OUT, StepKind.TRANSFER_IN)
_ANSWERED = (Outcome.DONE, Outcome.SUPERSEDED)
# What an office may be late with on the way to the transfer in.
_ON_THE_WAY = (*_MEASURED, StepKind.CORRECTION)

# A month's figures are worked out anew while anything may still end in it, and once more after that:
# what was written around midnight may become visible only after the run that followed.
_MARGIN = timedelta(days=1)

# A statement over a month of everybody's steps may take longer than one request's ever should.
_PATIENCE = "SET LOCAL statement_timeout = '4min'"


def _values(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# One row per ended thing, then three per thing (its pool, the province, the nation), then the figures
# of each place. Percentiles are those of the nearest rank; the median of an even number is the mean
# of the middle two. PostgreSQL and SQLite run the same words.
_FIGURES = f"""
WITH
ended AS (
  SELECT
    CASE s.kind WHEN 'transfer_out' THEN 'transfer_out' WHEN 'transfer_in' THEN 'transfer_in'
      ELSE 'check' END AS measure,
    s.agency_id, s.used_days + e.ordinal - z.ordinal AS days,
    CASE WHEN s.late_days = 0 THEN 1 ELSE 0 END AS on_time
  FROM transfers_step s
    JOIN transfers_calendarday z ON z.calendar_id = s.calendar_id AND z.day = s.running_since
    JOIN transfers_calendarday e ON e.calendar_id = s.calendar_id AND e.day = s.closed_on
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind IN ({_values(_MEASURED)}) AND s.outcome IN ({_values(_ANSWERED)})
  UNION ALL
  SELECT 'relation', s.agency_id, e.ordinal - z.ordinal,
    CASE WHEN EXISTS (
      SELECT 1 FROM transfers_step l WHERE l.application_id = s.application_id
        AND l.late_days > 0 AND l.kind IN ({_values(_ON_THE_WAY)})
    ) THEN 0 ELSE 1 END
  FROM transfers_step s
    JOIN transfers_calendarday z ON z.calendar_id = s.calendar_id AND z.day = (
      SELECT min(f.opened_on) FROM transfers_step f WHERE f.application_id = s.application_id)
    JOIN transfers_calendarday e ON e.calendar_id = s.calendar_id AND e.day = s.closed_on
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind = 'transfer_in' AND s.outcome = 'done'
  UNION ALL
  SELECT 'balance', s.agency_id, e.ordinal - z.ordinal, NULL
  FROM transfers_step s
    JOIN transfers_step i ON i.application_id = s.application_id
      AND i.kind = 'transfer_in' AND i.outcome = 'done'
    JOIN transfers_calendarday z ON z.calendar_id = i.calendar_id AND z.day = i.closed_on
    JOIN transfers_calendarday e ON e.calendar_id = i.calendar_id AND e.day = s.closed_on
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind = 'credit' AND s.outcome = 'done'
  UNION ALL
  SELECT 'arrival', s.agency_id, NULL,
    CASE WHEN b.state = '{BalanceState.CREDITED}' THEN 1 ELSE 0 END
  FROM transfers_step s
    JOIN transfers_balancetransfer b ON b.application_id = s.application_id
      AND b.disposition = '{Disposition.TRANSFER}'
  WHERE s.closed_on >= %(first)s AND s.closed_on < %(after)s
    AND s.kind = 'transfer_in' AND s.outcome = 'done'
),
local AS (
  SELECT ended.*, a.region_id AS pool FROM ended JOIN transfers_agency a ON a.id = ended.agency_id
),
placed AS (
  SELECT measure, pool AS place, days, on_time FROM local
  UNION ALL
  SELECT measure, substr(pool, 1, 2) || '0000', days, on_time FROM local
  WHERE substr(pool, 3, 4) <> '0000'
  UNION ALL
  SELECT measure, '{NATION}', days, on_time FROM local
),
ranked AS (
  SELECT placed.*, row_number() OVER (PARTITION BY measure, place ORDER BY days) AS rank,
    count(*) OVER (PARTITION BY measure, place) AS n
  FROM placed
)
SELECT measure, place, count(*), sum(on_time),
  avg(CASE WHEN rank IN ((n + 1) / 2, (n + 2) / 2) THEN days END),
  min(CASE WHEN rank * 10 >= n * 9 THEN days END)
FROM ranked GROUP BY measure, place
"""  # noqa: S608 - put together from this file's own constants


def work_out(at: datetime) -> int:
    """Work out the months in which anything changed since the last time; returns how many.

    May run twice or after a long while. Each month is a transaction of its own, the oldest first, so
    a run that was cut short goes on where it stopped.
    """
    months = _stale(localdate(at))
    for month in months:
        _work_out_month(month, at)
    return len(months)


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _stale(today: date) -> list[date]:
    """The months to work out: from the newest that was, and those whose balances arrived since."""
    known = MonthFigure.objects.aggregate(month=Max("month"), at=Max("worked_out_at"))
    if known["month"] is None:
        answered = Step.objects.filter(kind__in=_MEASURED, outcome__in=_ANSWERED)
        first = answered.aggregate(on=Min("closed_on"))["on"]
        if first is None:
            return []
        return _months(first, today)
    since = localdate(known["at"]) - _MARGIN
    settled = BalanceTransfer.objects.filter(settled_at__gte=known["at"] - _MARGIN)
    came = Step.objects.filter(
        kind=StepKind.TRANSFER_IN,
        outcome=Outcome.DONE,
        application__in=settled.values("application"),
    )
    cohorts = came.annotate(month=TruncMonth("closed_on")).values_list("month", flat=True)
    return sorted({*_months(min(since, known["month"]), today), *cohorts.distinct().order_by()})


def _months(first: date, last: date) -> list[date]:
    months = [first.replace(day=1)]
    while (month := next_month(months[-1])) <= last:
        months.append(month)
    return months


def _work_out_month(month: date, at: datetime) -> None:
    adapt = connection.ops.adapt_datefield_value
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_PATIENCE)
            cursor.execute(_FIGURES, {"first": adapt(month), "after": adapt(next_month(month))})
            figures = [
                MonthFigure(
                    region_id=place,
                    month=month,
                    measure=measure,
                    cases=cases,
                    on_time=on_time,
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
            update_fields=[
                "cases", "on_time", "median_days", "p90_days", "withheld", "worked_out_at",
            ],
        )  # fmt: skip
        kept = [figure.pk for figure in figures]
        MonthFigure.objects.filter(month=month).exclude(pk__in=kept).delete()


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
