"""Public statistics: how many transfers ended in a place, how long they took, and how many in time.

Everything here comes from figures that a job worked out (`status.figures`): four small queries,
however many cases there are. What is withheld there is shown nowhere, nor is any sum it is part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from ..models.regions import NATION, Region
from ..models.statistics import Measure, MonthFigure, StatisticsProgress
from ..rules.suppression import FEWEST, Withheld, shows_sum
from ..status.words import chinese, long_month
from ..tables.writing import CSV_TYPE, Cell, as_csv

# What the page offers month by month. How many balances have arrived goes with their crediting.
OFFERED = (
    Measure.RELATION, Measure.CHECK, Measure.TRANSFER_OUT, Measure.TRANSFER_IN, Measure.BALANCE,
)  # fmt: skip
# What the year is judged by, in the order of a case. Nobody promised when a balance arrives, so that
# it has is no matter of time kept.
JUDGED = (Measure.CHECK, Measure.TRANSFER_OUT, Measure.TRANSFER_IN, Measure.RELATION)


@dataclass(frozen=True, slots=True)
class Figure:
    """What may be said of one measure in a month or a year. Numbers are None where nothing may."""

    cases: int | None = None
    on_time: int | None = None
    median: str | None = None
    p90: str | None = None
    withheld: str = Withheld.NO
    empty: bool = False

    @property
    def counted(self) -> str:
        if self.cases is not None:
            return _number(self.cases)
        return _silence(self.withheld) if self.withheld else _("No data")

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 % means everybody."""
        if not self.cases or self.on_time is None:
            return None
        return self.on_time * 100 // self.cases

    @property
    def share(self) -> str:
        if self.percent is not None:
            return _("%(n)d %%") % {"n": self.percent}
        return _("not shown") if self.withheld else "–"

    @property
    def half(self) -> str:
        return self.median or (_("not shown") if self.withheld else "–")

    @property
    def most(self) -> str:
        return self.p90 or (_("not shown") if self.withheld else "–")


NOTHING = Figure(empty=True)


def _number(n: int) -> str:
    return f"{n:,}"


def _silence(withheld: str) -> str:
    """What stands in place of a number that is not shown."""
    return _("<%(n)d") % {"n": FEWEST} if withheld == Withheld.SMALL else _("not shown")


def _days(value: Any) -> str | None:
    return None if value is None else f"{value:.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart; lengths in percent of the picture's width, heights in em."""

    label: str
    label_base: str
    text: str
    length: str
    top: str
    base: str
    end: str = ""  # where the thin line beyond the bar ends; empty without one
    middle: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    title: str
    description: str
    bars: list[Bar]
    height: str
    left: str
    hint: str = ""


_RIGHT, _ROW = 72.0, 1.9  # where the longest bar ends, a row's height
_LEFT = 24.0  # where bars start that stand beside their labels
_ABOVE = 1.2  # the height of a line with a label above its bar


def _chart(
    name: str,
    title: str,
    rows: Iterable[tuple[str, str, float | None, float | None]],
    *,
    full: float | None = None,
    hint: str = "",
    above: bool = False,
) -> Chart | None:
    """A chart of (label, words, length, length of the line beyond); None where there is nothing to draw.

    `full`: the length that fills the picture; otherwise the longest does. `above`: labels stand above
    their bars, as they must if they are longer than the name of a month.
    """
    given = list(rows)
    longest = max((max(length or 0, line or 0) for *_words, length, line in given), default=0)
    if not longest:
        return None
    longest = full or longest
    bars = []
    left, head = (0.0, _ABOVE) if above else (_LEFT, 0.0)
    room, row = _RIGHT - left, _ROW + head
    for place, (label, text, length, line) in enumerate(given):
        top = place * row + head
        bars.append(
            Bar(
                label,
                f"{top + 1.25 - head:.2f}",
                text,
                f"{room * (length or 0) / longest:.2f}",
                f"{top + 0.35:.2f}",
                f"{top + 1.25:.2f}",
                f"{left + room * line / longest:.2f}" if line else "",
                f"{top + 0.85:.2f}",
            )
        )
    words = _("A bar for each row. The table below has the same numbers.")
    return Chart(name, title, words, bars, f"{len(given) * row:.2f}", f"{left:.0f}", hint)


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table."""

    label: str
    figure: Figure
    share: str
    month: date | None = None


class Page:
    """One place and year, as the reader asked for them."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        asked = request.GET
        self.today = timezone.localdate(now)
        self.code = asked.get("place") or NATION
        known = MonthFigure.objects.filter(region=NATION).aggregate(
            first=Min("month"), last=Max("month")
        )
        first, last = known["first"] or self.today, known["last"] or self.today
        self.first: date = first
        self.years = range(last.year, first.year - 1, -1)
        self.year = _whole(asked.get("year") or str(last.year))
        self.measure = asked.get("of") or Measure.RELATION
        if self.year not in self.years or self.measure not in OFFERED:
            raise Http404
        self.regions = list(_regions(self.code))
        self.place = next((each for each in self.regions if each.pk == self.code), None)
        if self.place is None:
            raise Http404
        self.rows = {
            (row.measure, row.month.month): row
            for row in MonthFigure.objects.filter(
                region=self.code,
                month__gte=date(self.year, 1, 1),
                month__lte=date(self.year, 12, 1),
            )
        }
        self.as_of = StatisticsProgress.objects.values_list("as_of", flat=True).first()

    @property
    def months(self) -> list[date]:
        """The months of the year that have begun, from the first that anything ended in."""
        months = (date(self.year, month, 1) for month in range(1, 13))
        return [month for month in months if self.first <= month <= self.today]

    def month(self, measure: str, month: date) -> Figure:
        row = self.rows.get((measure, month.month))
        if row is None:
            return NOTHING
        if row.withheld:
            return Figure(withheld=row.withheld)
        return Figure(row.cases, row.on_time, _days(row.median_days), _days(row.p90_days))

    def whole_year(self, measure: str) -> Figure:
        """Of the year only the sums: what half of all took does not follow from the months."""
        rows = [row for (of, _month), row in self.rows.items() if of == measure]
        if not rows:
            return NOTHING
        if not shows_sum(Withheld(row.withheld) for row in rows):
            return Figure(withheld=Withheld.OTHER)
        cases = sum(row.cases for row in rows)
        return Figure(cases, sum(row.on_time or 0 for row in rows))

    def judged(self) -> list[Line]:
        figures = ((measure, self.whole_year(measure)) for measure in JUDGED)
        return [Line(str(measure.label), figure, figure.share) for measure, figure in figures]

    def arrival(self) -> Line:
        """How many of the balances of the year's transfers have come by now."""
        figure = self.whole_year(Measure.ARRIVAL)
        return Line(str(Measure.ARRIVAL.label), figure, figure.share)

    def monthly(self) -> list[Line]:
        lines = []
        shared = Measure.ARRIVAL if self.measure == Measure.BALANCE else self.measure
        for month in self.months:
            share = self.month(shared, month).share
            lines.append(Line(long_month(month), self.month(self.measure, month), share, month))
        return lines

    def year_chart(self) -> Chart | None:
        return _chart(
            "year",
            _("In time, %(year)d") % {"year": self.year},
            ((_SHORT[m](), f.share, f.percent, None) for m in JUDGED for f in [self.whole_year(m)]),
            full=100,
            above=True,
        )

    def month_charts(self) -> list[Chart]:
        ended = [(_short_month(m), self.month(self.measure, m)) for m in self.months]
        balance = self.measure == Measure.BALANCE
        shared = [
            (_short_month(m), self.month(Measure.ARRIVAL if balance else self.measure, m))
            for m in self.months
        ]
        charts = (
            _chart("count", _("How many ended"), ((m, f.counted, f.cases, None) for m, f in ended)),
            _chart(
                "share",
                _("Share that has arrived") if balance else _("Share in time"),
                ((m, f.share, f.percent, None) for m, f in shared),
                full=100,
            ),
            _chart(
                "days",
                _("Working days it took"),
                ((m, _both(f), float(f.median or 0), float(f.p90 or 0)) for m, f in ended),
                hint=_("Bar and first number: half took no longer. Line and second: 9 in 10 did."),
            ),
        )
        return [chart for chart in charts if chart is not None]

    def choices(self) -> dict[str, Any]:
        def places(found: Sequence[Region]) -> list[Choice]:
            return [Choice(each.pk, each.name, each.pk == self.code) for each in found]

        provinces = [each for each in self.regions if each.level == Region.Level.PROVINCE]
        return {
            "nation": Choice(NATION, _("The whole country"), self.code == NATION),
            "provinces": places(provinces),
            "pools": places([each for each in self.regions if each.is_pool]),
            "years": [Choice(str(y), str(y), y == self.year) for y in self.years],
            "measures": [Choice(m, str(m.label), m == self.measure) for m in OFFERED],
        }


_SHORT = {
    Measure.CHECK: lambda: str(Measure.CHECK.label),
    Measure.TRANSFER_OUT: lambda: str(Measure.TRANSFER_OUT.label),
    Measure.TRANSFER_IN: lambda: str(Measure.TRANSFER_IN.label),
    Measure.RELATION: lambda: _("All of it"),
}


def _both(figure: Figure) -> str:
    if figure.median is None:
        return figure.half
    return f"{figure.median} · {figure.p90}"


def _short_month(month: date) -> str:
    return f"{month.month}月" if chinese() else long_month(month)[:3]


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise Http404
    return int(text)


def _regions(code: str) -> Any:
    """The nation, every province that has pools, and the pools of the province that is looked at."""
    pools = Region.objects.filter(parent=OuterRef("pk"), is_pool=True)
    wanted = Q(pk=NATION) | Q(Exists(pools), level=Region.Level.PROVINCE)
    if code != NATION:
        wanted |= Q(is_pool=True, code__startswith=code[:2])
    return Region.objects.filter(wanted).order_by("code")


@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    page = Page(request, now)
    assert page.place is not None
    context = {
        "page": page,
        "place": _("The whole country") if page.code == NATION else page.place.name,
        "chart": page.year_chart(),
        "charts": page.month_charts(),
        "balance": page.measure == Measure.BALANCE,
        "measure": Measure(page.measure).label,
        "fewest": FEWEST,
        **page.choices(),
    }
    return render(request, "public/statistics.html", context)


@require_safe
def as_table(request: HttpRequest) -> HttpResponse:
    """Everything shown of the place and year, all measures, as CSV; what is withheld is so here, too."""
    page = Page(request, timezone.now())
    assert page.place is not None
    rows: list[list[Cell]] = []
    for measure in Measure:
        for month in page.months:
            figure = page.month(measure, month)
            if figure.empty:
                continue
            percent = "" if figure.percent is None else figure.percent
            rows.append([
                page.code, page.place.name, f"{month:%Y-%m}", str(measure.label),
                figure.counted if figure.cases is None else figure.cases,
                *(("", percent) if measure == Measure.ARRIVAL else (percent, "")),
                figure.median or "", figure.p90 or "",
            ])  # fmt: skip
    header = [
        _("Code"), pgettext("of statistics", "Place"), _("Month"), _("Measure"), _("Ended"), _("In time (%)"),
        _("Arrived (%)"),
        _("Half took at most (working days)"), _("9 in 10 took at most (working days)"),
    ]  # fmt: skip
    response = HttpResponse(as_csv(header, rows), content_type=CSV_TYPE)
    name = f"statistics-{page.code}-{page.year}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
