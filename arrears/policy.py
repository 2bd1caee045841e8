"""What is in force in a place on a day for missed months: each value from the nearest region that sets it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from transfers.models.policies import TransferPolicy
from transfers.models.regions import NATION, Region
from transfers.policy import (
    PolicyValue,
    in_force,
    lineage_of,
    once,
    remembered,
    rows_of,
    value_of,
)

from .models.policies import ArrearsPolicy, WageBase
from .rules.terms import Base, RatePeriod, Terms, Value

_RATE = "late_fee_daily_rate"
_MINIMUM_YEARS = ("minimum_years_male", "minimum_years_female")
_DAY = timedelta(days=1)

Supposed = ArrearsPolicy | WageBase
Stored = TypeVar("Stored", bound=ArrearsPolicy | WageBase)


class NotInForce(LookupError):  # noqa: N818 - a name callers read as a sentence
    """No policy covers the day. `str` of it is a sentence for the field with the date."""

    code = "not_in_force"

    def __init__(self, region: Region, on: date) -> None:
        super().__init__(region.pk, on)
        self.region, self.on = region, on

    def __str__(self) -> str:
        return _("No arrears policy of %(region)s covers %(day)s.") % {
            "region": self.region.name,
            "day": self.on.isoformat(),
        }


class Expired(NotInForce):
    """The place's own policy has ended before the day, and nobody has said what applies since."""

    code = "policy_expired"

    def __init__(self, region: Region, on: date, last_on: date) -> None:
        super().__init__(region, on)
        self.last_on = last_on

    def __str__(self) -> str:
        return _("The arrears policy of %(region)s ended on %(last)s. Choose an earlier day.") % {
            "region": self.region.name,
            "last": self.last_on.isoformat(),
        }


def resolve(region: Region | str, on: date) -> Terms:
    """The terms in force in `region` on `on`: pool → city → province → nation, value by value.

    Four queries, or none if `transfers.policy.remembered`. Raises Region.DoesNotExist for an unknown
    code; Expired or NotInForce, with a sentence for the reader, where no policy covers the day.
    """
    code = region if isinstance(region, str) else region.pk
    return once(("arrears terms", code, on), lambda: tables_of(code).terms(on))


def tables_of(code: str) -> "Tables":
    """Every row that can decide something in a place. Raises Region.DoesNotExist."""
    with remembered():  # the lineage is asked for thrice
        return Tables(
            code,
            tuple(lineage_of(code)),
            tuple(rows_of(ArrearsPolicy, code)),
            tuple(rows_of(TransferPolicy, code)),
            once(("wage bases", code), lambda: _bases(code)),
        )


def tables_for(codes: Collection[str]) -> dict[str, "Tables"]:
    """The tables of many places at once. Four queries, however many places; unknown ones are left out."""
    parents = dict(Region.objects.values_list("code", "parent_id"))
    lineages = {code: tuple(_upwards(code, parents)) for code in codes if code in parents}
    concerned = {each for lineage in lineages.values() for each in lineage}
    policies, transfer_policies, bases = (
        list(table._default_manager.filter(region__in=concerned).order_by())
        for table in (ArrearsPolicy, TransferPolicy, WageBase)
    )

    def part(rows: list[Any], lineage: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(row for row in rows if row.region_id in lineage)

    return {
        code: Tables(
            code,
            lineage,
            part(policies, lineage),
            part(transfer_policies, lineage),
            part(bases, lineage),
        )
        for code, lineage in lineages.items()
    }


def _upwards(code: str | None, parents: Mapping[str, str | None]) -> Iterator[str]:
    while code is not None:
        yield code
        code = parents[code]


def _bases(code: str) -> tuple[WageBase, ...]:
    return tuple(WageBase.objects.filter(region__in=lineage_of(code)).order_by())


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of a place and of what it is part of, nearest region first, whatever their time."""

    code: str
    lineage: tuple[str, ...]
    policies: tuple[ArrearsPolicy, ...]
    transfer_policies: tuple[TransferPolicy, ...]
    wage_bases: tuple[WageBase, ...]

    def supposing(self, draft: Supposed) -> "Tables":
        """The same with a row that is not stored yet, or not as it is stored."""
        if draft.region_id not in self.lineage:
            return self
        if isinstance(draft, WageBase):
            return replace(self, wage_bases=_with(self.wage_bases, draft))
        return replace(self, policies=_with(self.policies, draft))

    def terms(self, on: date) -> Terms:
        """What applies on a day. Raises Expired, NotInForce."""
        values = in_force(self.policies, self.lineage, on)
        minimum = in_force(self.transfer_policies, self.lineage, on)
        values |= {name: minimum[name] for name in _MINIMUM_YEARS if name in minimum}
        self._refuse_expired(on)
        if "gap_free_months" not in values:
            raise NotInForce(Region.objects.get(pk=self.code), on)
        return Terms(
            region=self.code,
            on=on,
            values={name: _value(found) for name, found in values.items()},
            rates=tuple(self.rates()),
            bases=self.bases(on.year),
            own=any(row.region_id != NATION and row.covers(on) for row in self.policies),
        )

    def _refuse_expired(self, on: date) -> None:
        """The nearest region with rows of its own must not have let them end before the day.

        Who goes back to the rules of the region above says so with an empty row.
        """
        for code in self.lineage:
            begun = [row for row in self.policies if row.region_id == code and row.valid_from <= on]
            if not begun:
                continue
            if not any(row.covers(on) for row in begun):
                ended = max(row.valid_to or on for row in begun)
                raise Expired(Region.objects.get(pk=code), on, ended)
            return

    def rates(self) -> Iterator[RatePeriod]:
        """The daily late-fee rate through all of time: on each day that of the nearest region."""
        setting = [row for row in self.policies if getattr(row, _RATE) is not None]
        begin = {row.valid_from for row in setting}
        begin |= {
            row.valid_to + _DAY for row in setting if row.valid_to and row.valid_to < date.max
        }
        starts = sorted(begin)
        period: RatePeriod | None = None
        for index, start in enumerate(starts):
            end = starts[index + 1] - _DAY if index + 1 < len(starts) else None
            row = self._nearest(setting, start)
            rate = None if row is None else _value(value_of(row, _RATE, getattr(row, _RATE)))
            if period and period.rate == rate:
                period = replace(period, to_on=end)
                continue
            if period:
                yield period
            period = None if rate is None else RatePeriod(start, end, rate)
        if period:
            yield period

    def _nearest(self, rows: Sequence[ArrearsPolicy], on: date) -> ArrearsPolicy | None:
        by_region = {row.region_id: row for row in rows if row.covers(on)}
        return next((by_region[code] for code in self.lineage if code in by_region), None)

    def bases(self, until: int) -> Mapping[int, Base]:
        """The wage base of each year, at least to `until`.

        The nearest region that has a figure for the year or an earlier one decides: the place's own
        latest figure is nearer to the truth than another place's of the right year.
        """
        known: dict[str, dict[int, WageBase]] = {}
        for row in self.wage_bases:
            known.setdefault(row.region_id, {})[row.year] = row
        years = {row.year for row in self.wage_bases}
        if not years:
            return {}
        found = {}
        for year in range(min(years), max(*years, until) + 1):
            for code in self.lineage:
                past = [each for each in known.get(code, ()) if each <= year]
                if past:
                    row = known[code][max(past)]
                    found[year] = Base(year, _amount(row), provisional=row.year != year)
                    break
        return found


def _with(rows: tuple[Stored, ...], draft: Stored) -> tuple[Stored, ...]:
    return (*(row for row in rows if row.pk != draft.pk), draft)


def _value(found: PolicyValue) -> Value:
    value = found.value
    if isinstance(value, Decimal):
        value = value.normalize()  # 0.08, as it is written, not 0.0800 as it is stored
    return Value(
        value, found.region_code, found.policy_id, found.status, found.source, found.verified
    )


def _amount(row: WageBase) -> Value:
    yuan = (Decimal(row.amount_fen) / 100).quantize(Decimal("0.01"))
    return Value(yuan, row.region_id, row.pk, row.status, row.source, row.verified)
