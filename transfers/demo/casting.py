"""Who plays in which plot, between which pools."""

from collections.abc import Iterator
from datetime import date
from random import Random

from ..models.applications import Submitter
from ..rules.states import Scheme
from ..workflow.query_codes import QueryCode
from . import staff
from .casefile import CaseFile
from .people import insured
from .places import (
    EXAMPLE_CITY,
    GUANGZHOU,
    NANJING,
    QUANZHOU,
    SAMPLE_CITY,
    SHAOGUAN,
    WEIGHTS,
    Route,
)
from .plots import Plot, Way, cast

_SCHEMES = (
    (Scheme.EMPLOYEE, Scheme.EMPLOYEE, 80),
    (Scheme.FLEXIBLE, Scheme.EMPLOYEE, 9),
    (Scheme.EMPLOYEE, Scheme.FLEXIBLE, 6),
    (Scheme.EMPLOYEE, Scheme.RESIDENT, 5),
)


def case_files(
    count: int, today: date, code: QueryCode, rng: Random
) -> Iterator[tuple[CaseFile, Plot]]:
    """Every case with its plot. The first is the one whose reference is printed."""
    crews = staff.crews()
    for serial, plot in enumerate(cast(count)):
        route = _route(plot.way, rng)
        scheme_from, scheme_to = _schemes(plot.way, rng)
        retired = plot.way is Way.RETIREE
        empty = plot.way in (Way.RESIDENT, Way.EMPTY)
        yield (
            CaseFile(
                insured=insured(serial, rng, today, scheme_from, retired=retired),
                route=route,
                crews=crews,
                rng=rng,
                query_code=code,
                submitter=_submitter(plot, route, scheme_to, rng),
                scheme_from=scheme_from,
                scheme_to=scheme_to,
                balance_fen=0 if empty else round(rng.lognormvariate(12.6, 0.9)) + 5_000,
                retired=retired,
                language="en" if serial and rng.random() < 0.06 else "zh-hans",
            ),
            plot,
        )


def _route(way: Way, rng: Random) -> Route:
    if way is Way.SHOWCASE:
        return Route(EXAMPLE_CITY, QUANZHOU)
    if way is Way.SHARED:
        return Route(*rng.choice([(GUANGZHOU, SHAOGUAN), (SHAOGUAN, GUANGZHOU)]))
    if way is Way.LONG:
        return Route(SAMPLE_CITY, _pool(rng, {NANJING}))
    if way is Way.UNCONNECTED:
        return Route(_pool(rng, {NANJING}), SAMPLE_CITY)
    if way is Way.PAID_BY_ORIGIN:
        return Route(NANJING, _pool(rng, {NANJING}))
    while True:
        # Elsewhere than from Nanjing the balance follows the person, except inside Guangdong.
        origin = _pool(rng, {NANJING})
        route = Route(origin, _pool(rng, {origin}))
        if {route.origin, route.destination} != {GUANGZHOU, SHAOGUAN}:
            return route


def _pool(rng: Random, without: set[str]) -> str:
    codes = [code for code in WEIGHTS if code not in without]
    return rng.choices(codes, [WEIGHTS[code] for code in codes])[0]


def _schemes(way: Way, rng: Random) -> tuple[Scheme, Scheme]:
    if way is Way.RESIDENT:
        return Scheme.RESIDENT, rng.choice([Scheme.RESIDENT, Scheme.EMPLOYEE])
    if way in (Way.SHOWCASE, Way.RETIREE):
        return Scheme.EMPLOYEE, Scheme.EMPLOYEE
    *pairs, weights = zip(*_SCHEMES, strict=True)
    scheme_from, scheme_to = rng.choices(list(zip(*pairs, strict=True)), weights)[0]
    return scheme_from, scheme_to


def _submitter(plot: Plot, route: Route, scheme_to: Scheme, rng: Random) -> Submitter:
    if not route.online:
        return Submitter.CLERK
    if plot.way is Way.SHOWCASE:
        return Submitter.APPLICANT
    by_employer = 12 if scheme_to is Scheme.EMPLOYEE and plot.way is Way.ORDINARY else 0
    return rng.choices(
        [Submitter.APPLICANT, Submitter.CLERK, Submitter.EMPLOYER], [60, 28, by_employer]
    )[0]
