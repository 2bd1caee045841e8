"""What an assessment is asked about, and everything that can be wrong with the question."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from transfers.rules.months import YEAR, number
from transfers.rules.states import Scheme

from .periods import month_of
from .reasons import Cause

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)
MOST_BASE_FEN = 1_000_000_000  # ten million yuan a month
MOST_YEARS = 99
MOST_MONTHS = MOST_YEARS * YEAR


class Sex(TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


@dataclass(frozen=True, slots=True)
class Retiring:
    """Somebody at the age of retirement. The months count all that the person has on record."""

    sex: str
    cumulative_months: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One case. Months are firsts of months; `months` None: every month of the gap is paid back.

    `resumed`: the first month paid again; None while nothing is, when the gap lasts until the payment.
    `base_fen`: the person's own monthly base, None for the place's. `consecutive_months_before`:
    paid in a row before the gap. `switched`: between the employee and the resident scheme.
    `last_paid` may be None for residents who give `missed_years`.
    """

    scheme: str
    cause: str
    last_paid: date | None
    paid_on: date
    months: tuple[date, ...] | None = None
    resumed: date | None = None
    base_fen: int | None = None
    consecutive_months_before: int | None = None
    switched: bool = False
    missed_years: int | None = None
    repaired_years: int = 0
    exempt: bool = False
    retiring: Retiring | None = None

    @property
    def until(self) -> date:
        """A day of the month in which the gap ends: paid again, or at the latest paid back."""
        return self.paid_on if self.resumed is None else min(self.resumed, self.paid_on)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field, named as scripts name it."""

    field: str
    code: str
    words: str | Promise
    values: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        """What is wrong, in the active language."""
        return str(self.words) % self.values if self.values else str(self.words)


_FIELDS = tuple(each.name for each in fields(Asked))


class Refused(ValueError):  # noqa: N818 - a name callers read as a sentence
    """The question makes no sense. `problems`: all that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{one.field}: {one.code}" for one in self.problems))

    @property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """(field, sentence) of each problem, in the active language."""
        return tuple((one.field, one.sentence) for one in self.problems)


def problem(field: str, code: str, words: str | Promise, **values: Any) -> Problem:
    return Problem(field, code, words, values)


def problems_of(asked: Asked) -> list[Problem]:
    """Everything that is wrong with a question, whatever the place's rules are."""
    found = problems_among({name: getattr(asked, name) for name in _FIELDS})
    if asked.last_paid is None and asked.scheme != Scheme.RESIDENT:
        found.append(missing("last_paid"))
    if asked.last_paid is None and asked.scheme == Scheme.RESIDENT and asked.missed_years is None:
        found.append(missing("missed_years"))
    return found


def missing(field: str) -> Problem:
    return problem(field, "missing", _("This is needed and was not given."))


def problems_among(given: Mapping[str, Any]) -> list[Problem]:
    """The same for as much of a question as could be read; what is not there is not complained of."""
    return [*_limits(given), *_days(given), *_scheme(given), *_residents(given)]


def _limits(given: Mapping[str, Any]) -> Iterator[Problem]:
    for field in ("last_paid", "paid_on"):
        day = given.get(field)
        if day is not None and not EARLIEST <= day <= LATEST:
            yield problem(
                field, "out_of_range", _("Give a day from %(first)s to %(last)s."),
                first=EARLIEST, last=LATEST,
            )  # fmt: skip
    base = given.get("base_fen")
    if base is not None and base < 0:
        yield problem("base", "negative", _("The base cannot be below 0."))
    elif base is not None and base > MOST_BASE_FEN:
        yield problem("base", "too_large", _("The base is too large for a monthly wage."))
    retiring = given.get("retiring")
    numbers = {
        "consecutive_months_before": (given.get("consecutive_months_before"), MOST_MONTHS),
        "missed_years": (given.get("missed_years"), MOST_YEARS),
        "repaired_years": (given.get("repaired_years"), MOST_YEARS),
        "retiring": (getattr(retiring, "cumulative_months", None), MOST_MONTHS),
    }
    for field, (count, most) in numbers.items():
        if count is not None and not 0 <= count <= most:
            yield problem(
                field, "out_of_range", _("Give a whole number from 0 to %(most)s."), most=most
            )


def _days(given: Mapping[str, Any]) -> Iterator[Problem]:
    last_paid, paid_on = given.get("last_paid"), given.get("paid_on")
    resumed = given.get("resumed")
    if resumed is not None and last_paid is not None and resumed <= last_paid:
        yield problem(
            "resumed", "before_the_gap",
            _("Nothing was missed before %(month)s: paid up to %(last)s."),
            month=f"{resumed:%Y-%m}", last=f"{last_paid:%Y-%m}",
        )  # fmt: skip
    if last_paid is not None and paid_on is not None and paid_on < last_paid:
        yield problem(
            "paid_on", "before_last_paid",
            _("The payment cannot be before the month that was paid last, %(month)s."),
            month=f"{last_paid:%Y-%m}",
        )  # fmt: skip
    months = given.get("months")
    until = min((day for day in (resumed, paid_on) if day is not None), default=None)
    in_gap = last_paid and until and number(until) - number(last_paid) > 1
    if months == () and in_gap and given.get("scheme") != Scheme.RESIDENT:
        words = _("Name at least one month, or leave this out for all of them.")
        yield problem("months", "empty", words)
    if not months:
        return
    numbers = [number(month) for month in months]
    if len(set(numbers)) < len(numbers):
        twice = min(month for month, times in Counter(months).items() if times > 1)
        yield problem(
            "months", "overlapping", _("%(month)s is named more than once."), month=f"{twice:%Y-%m}"
        )
    if numbers != sorted(numbers):
        yield problem("months", "out_of_order", _("Name the months in order, the earliest first."))
    if last_paid is not None and min(numbers) <= number(last_paid):
        yield problem(
            "months", "already_paid", _("%(month)s is paid already: paid up to %(last)s."),
            month=f"{min(months):%Y-%m}", last=f"{last_paid:%Y-%m}",
        )  # fmt: skip
    if resumed is not None and max(numbers) >= number(resumed):
        yield problem(
            "months", "not_missed", _("%(month)s was not missed: paid again from %(resumed)s on."),
            month=f"{max(months):%Y-%m}", resumed=f"{resumed:%Y-%m}",
        )  # fmt: skip
    if paid_on is None:
        return
    if max(numbers) > number(paid_on):
        yield problem(
            "months", "in_the_future",
            _("%(month)s lies after the payment; only months that have passed can be paid back."),
            month=f"{max(months):%Y-%m}",
        )  # fmt: skip
    elif month_of(paid_on) in months:
        yield problem(
            "paid_on", "not_due_yet",
            _("%(month)s is due at its end and not missed yet; leave it out or pay later."),
            month=f"{paid_on:%Y-%m}",
        )  # fmt: skip


_ONLY = {
    "base_fen": "base",
    "months": "months",
    "resumed": "resumed",
    "switched": "switched",
    "retiring": "retiring",
}
_SCHEMES, _CAUSES = frozenset(Scheme.values), frozenset(Cause.values)
_RESIDENTS_ONLY = ("missed_years", "repaired_years", "exempt")


def _scheme(given: Mapping[str, Any]) -> Iterator[Problem]:
    scheme, cause = given.get("scheme"), given.get("cause")
    if scheme is not None and scheme not in _SCHEMES:
        yield problem("scheme", "unknown", _("There is no such scheme."))
        return
    if cause is not None and cause not in _CAUSES:
        yield problem("cause", "unknown", _("There is no such cause."))
    if scheme == Scheme.FLEXIBLE and cause == Cause.EMPLOYER:
        yield problem(
            "cause", "not_for_scheme",
            _("Flexible workers pay for themselves; no employer owes their months."),
        )  # fmt: skip
    if scheme == Scheme.RESIDENT:
        for name, field in _ONLY.items():
            if given.get(name) not in (None, False, ()):
                yield problem(
                    field, "not_for_scheme", _("This is not asked of residents; leave it out.")
                )
    elif scheme is not None:
        for field in _RESIDENTS_ONLY:
            if given.get(field):
                yield problem(
                    field, "not_for_scheme", _("This is only asked of residents; leave it out.")
                )


def _residents(given: Mapping[str, Any]) -> Iterator[Problem]:
    missed, repaired = given.get("missed_years"), given.get("repaired_years")
    if missed is not None and repaired is not None and repaired > missed:
        yield too_many_repaired(missed)


def too_many_repaired(missed: int) -> Problem:
    return problem(
        "repaired_years", "more_than_missed",
        _("No more years can be made up than were missed: %(missed)s."), missed=missed,
    )  # fmt: skip
