"""Every formula of the rules, by name: how a figure follows from the inputs printed beside it.

Inputs and values are text as printed: amounts "8000.00", rates "0.08", days and months as in ISO 8601,
"true" and "false", "" for what is not set. A formula reckons with nothing else, and in Decimal, so that
it also checks what `assess` reckoned in whole fen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from transfers.rules.months import YEAR, end_of, months_after

from . import residents
from .periods import first_of, free_until, missed_months
from .restart import LONGEST_WAIT, MIDDLE_BAND, RestartRule, by_rule, by_wait

Inputs = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Formula:
    """`words` name inputs, and %(value)s; %(parts)s stands for what `parts` makes of the inputs."""

    words: Promise
    compute: Callable[[Inputs], str]
    parts: Callable[[Inputs], str] | None = None


def _day(text: str) -> date:
    return date.fromisoformat(text if len(text) > 7 else f"{text}-01")


def _cents(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _yes(flag: object) -> str:
    return "true" if flag else "false"


def _whole(given: str) -> int:
    return int(given or 0)


def _sum(given: Inputs) -> str:
    return _cents(sum((Decimal(amount) for amount in given.values()), Decimal(0)))


def _summands(given: Inputs) -> str:
    return " + ".join(given.values()) or "0"


def _shares(given: Inputs) -> str:
    base, rates = Decimal(given["base"]), ("employer_rate", "person_rate")
    shares = (_cents(base * Decimal(given[rate])) for rate in rates if rate in given)
    return str(sum(map(Decimal, shares), Decimal(0)))


def _late_fee(given: Inputs) -> str:
    return _cents(Decimal(given["principal"]) * Decimal(given["rate"]) * int(given["days"]))


def _triples(given: Inputs) -> Iterator[tuple[str, str, str]]:
    for n in range(1, len(given) // 3 + 1):
        yield given[f"principal_{n}"], given[f"rate_{n}"], given[f"days_{n}"]


def _late_fee_by_part(given: Inputs) -> str:
    return _cents(
        sum((Decimal(a) * Decimal(b) * int(c) for a, b, c in _triples(given)), Decimal(0))
    )


def percent(rate: str) -> str:
    """A rate as people read it: "0.0005" → "0.05 %"."""
    return f"{(Decimal(rate) * 100).normalize():f} %"


def _products(given: Inputs) -> str:
    return " + ".join(f"{a} × {percent(b)} × {c}" for a, b, c in _triples(given)) or "0"


def _gap(given: Inputs) -> str:
    missed = missed_months(_day(given["last_paid"]), _day(given["until"]))
    return str(len(missed))


def _months_left(given: Inputs) -> str:
    return str(int(given["gap_months"]) - int(given["paid_before"]))


def _allowed(given: Inputs) -> str:
    most, least = given.get("max_gap_months"), given.get("min_consecutive_months")
    return _yes(
        given["back_pay_allowed"] == "true"
        and (most is None or int(given["gap_months"]) <= int(most))
        and (least is None or _whole(given["consecutive_months_before"]) >= int(least))
    )


def _allowed_resident(given: Inputs) -> str:
    paid_on = _day(given["paid_on"])
    spans = (("window_from", "window_to"), ("repair_from", "repair_to"))
    timely = "repair_from" not in given or any(
        residents.within(paid_on, given[start], given[end]) for start, end in spans
    )
    missed = int(given["missed_years"])
    return _yes(not missed or (given["back_pay_allowed"] == "true" and timely))


def _band(given: Inputs) -> str:
    over = int(given["gap_months"]) > MIDDLE_BAND
    wait = given["waiting_months_over_6" if over else "waiting_months_4_to_6"]
    return str(min(LONGEST_WAIT, int(wait)))


def _after_wait(given: Inputs) -> str:
    counted = given["payment_month_counts"] == "true"
    return by_wait(int(given["waiting_months"]), _day(given["paid_on"]), counted).isoformat()


def _after_rule(given: Inputs) -> str:
    return by_rule(RestartRule(given["restart_rule"]), _day(given["paid_on"])).isoformat()


def _resident_wait(given: Inputs) -> str:
    missed = int(given["missed_years"])
    if given["exempt"] == "true" or (not missed and given["in_window"] == "true"):
        return "0"
    wait = int(given["fixed_wait_months"]) + residents.variable_wait(
        missed,
        int(given["repaired_years"]),
        int(given["wait_per_broken_year"]),
        int(given["repair_per_year"]),
        given["first_year_free"] == "true",
    )
    floor = given["floor_from_4_years"] if missed >= residents.FLOOR_FROM else ""
    return str(max(wait, _whole(floor)))


def _resident_restart(given: Inputs) -> str:
    start = max(_day(given["paid_on"]), date(int(given["cover_year"]), 1, 1))
    return months_after(start, int(given["waiting_months"])).isoformat()


FORMULAS: dict[str, Formula] = {
    "gap": Formula(_("whole months between %(last_paid)s and %(until)s: %(value)s"), _gap),
    "months_left": Formula(
        _("%(gap_months)s months missed, less %(paid_before)s paid in full before: %(value)s"),
        _months_left,
    ),
    "allowed": Formula(
        _("%(gap_months)s months missed; may be paid back here: %(back_pay_allowed)s"), _allowed
    ),
    "allowed_up_to": Formula(
        _(
            "%(gap_months)s months missed; may be paid back here: %(back_pay_allowed)s, up to "
            "%(max_gap_months)s months; so %(value)s"
        ),
        _allowed,
    ),
    "allowed_after": Formula(
        _(
            "%(gap_months)s months missed; may be paid back here: %(back_pay_allowed)s, after at "
            "least %(min_consecutive_months)s months in a row (%(consecutive_months_before)s before "
            "this gap); so %(value)s"
        ),
        _allowed,
    ),
    "allowed_up_to_after": Formula(
        _(
            "%(gap_months)s months missed; may be paid back here: %(back_pay_allowed)s, up to "
            "%(max_gap_months)s months and after at least %(min_consecutive_months)s in a row "
            "(%(consecutive_months_before)s before this gap); so %(value)s"
        ),
        _allowed,
    ),
    "allowed_resident": Formula(
        _("%(missed_years)s years missed; may be made up here: %(back_pay_allowed)s; so %(value)s"),
        _allowed_resident,
    ),
    "allowed_resident_in": Formula(
        _(
            "%(missed_years)s years missed; may be made up here: %(back_pay_allowed)s, from "
            "%(repair_from)s to %(repair_to)s or in the enrolment window, %(window_from)s to "
            "%(window_to)s (paid on %(paid_on)s); so %(value)s"
        ),
        _allowed_resident,
    ),
    "share_employer": Formula(_("%(base)s × %(employer_rate)s = %(value)s"), _shares),
    "share_person": Formula(_("%(base)s × %(person_rate)s = %(value)s"), _shares),
    "both_shares": Formula(
        _("%(base)s × %(employer_rate)s + %(base)s × %(person_rate)s, each rounded = %(value)s"),
        _shares,
    ),
    "paid_up": Formula(
        _("paid up before, does not change any more: %(amount)s"), lambda given: given["amount"]
    ),
    "sum": Formula(_("%(parts)s = %(value)s"), _sum, _summands),
    "due": Formula(
        _("the last day of %(month)s: %(value)s"),
        lambda given: end_of(_day(given["month"])).isoformat(),
    ),
    "days": Formula(
        _("days from %(due_on)s to %(until)s: %(value)s"),
        lambda given: str(max(0, (_day(given["until"]) - _day(given["due_on"])).days)),
    ),
    "late_fee": Formula(_("%(principal)s × %(rate)s a day × %(days)s days = %(value)s"), _late_fee),
    "late_fee_by_part": Formula(
        _("amount × rate a day × days: %(parts)s = %(value)s"), _late_fee_by_part, _products
    ),
    "late_fee_none": Formula(
        _("a late fee is charged to the person here: %(late_fee_on_person)s; so %(value)s"),
        lambda given: "0.00",
    ),
    "outstanding": Formula(
        _("%(total)s less %(paid)s paid before = %(value)s"),
        lambda given: _cents(max(Decimal(0), Decimal(given["total"]) - Decimal(given["paid"]))),
    ),
    "suspension": Formula(
        _("paid up to %(last_paid)s; the 1st of the second month after it: %(value)s"),
        lambda given: first_of(_day(given["last_paid"]), 2).isoformat(),
    ),
    "free_until": Formula(
        _(
            "no wait up to %(gap_free_months)s missed months after %(last_paid)s, "
            "so for payments until %(value)s"
        ),
        lambda given: free_until(
            _day(given["last_paid"]), int(given["gap_free_months"])
        ).isoformat(),
    ),
    "wait_none": Formula(
        _("%(gap_months)s months missed, no more than %(gap_free_months)s: no wait, %(value)s"),
        lambda given: "0",
    ),
    "wait_by_days": Formula(
        _(
            "benefits restart by a rule of its own (%(restart_rule)s), no months of waiting: %(value)s"
        ),
        lambda given: "0",
    ),
    "wait_band": Formula(
        _(
            "%(gap_months)s months missed: %(waiting_months_4_to_6)s months for up to 6, "
            "%(waiting_months_over_6)s for more, never over 6: %(value)s"
        ),
        _band,
    ),
    "wait_switched": Formula(
        _(
            "scheme changed after %(consecutive_months_before)s months in a row, under "
            "%(switch_months)s: as for a longer gap; %(waiting_months_4_to_6)s months for up to "
            "6 missed, %(waiting_months_over_6)s for more (%(gap_months)s here), never over 6: "
            "%(value)s"
        ),
        _band,
    ),
    "wait_resident": Formula(
        _(
            "%(fixed_wait_months)s months, and %(wait_per_broken_year)s for each of "
            "%(missed_years)s missed years (the first one free: %(first_year_free)s), less "
            "%(repair_per_year)s for each of %(repaired_years)s made up; at least "
            "%(floor_from_4_years)s from 4 years on; none if exempt (%(exempt)s) or nothing was "
            "missed and paid in the window (%(in_window)s): %(value)s"
        ),
        _resident_wait,
    ),
    "restart_rule": Formula(_("%(restart_rule)s, paid on %(paid_on)s: %(value)s"), _after_rule),
    "restart_wait": Formula(
        _(
            "%(waiting_months)s months from the month of payment (%(paid_on)s), which counts as "
            "waited: %(payment_month_counts)s; so from %(value)s"
        ),
        _after_wait,
    ),
    "restart_resident": Formula(
        _(
            "the later of %(paid_on)s and 1 January %(cover_year)s, and %(waiting_months)s months "
            "more: %(value)s"
        ),
        _resident_restart,
    ),
    "cover_year": Formula(
        _("paid on %(paid_on)s; from %(window_from)s on payments are for the next year: %(value)s"),
        lambda given: str(residents.cover_year(_day(given["paid_on"]), given["window_from"])),
    ),
    "cover_year_itself": Formula(
        _("paid on %(paid_on)s, for the year itself: %(value)s"),
        lambda given: str(residents.cover_year(_day(given["paid_on"]), given["window_from"])),
    ),
    "re_enrol": Formula(
        _("%(gap_months)s months missed, more than 6: %(value)s"),
        lambda given: _yes(int(given["gap_months"]) > MIDDLE_BAND),
    ),
    "retroactive_from": Formula(
        _("from the day benefits stopped, %(suspended_from)s"),
        lambda given: given["suspended_from"],
    ),
    "retroactive_to": Formula(
        _("to the day before benefits restart on %(restart_on)s: %(value)s"),
        lambda given: (_day(given["restart_on"]) - timedelta(days=1)).isoformat(),
    ),
    "consecutive_kept": Formula(
        _("%(consecutive_months_before)s before the gap and %(paid_back)s paid back = %(value)s"),
        lambda given: str(int(given["consecutive_months_before"]) + int(given["paid_back"])),
    ),
    "consecutive_broken": Formula(
        _(
            "the gap of %(gap_months)s months stays or was too long; the count starts anew: %(value)s"
        ),
        lambda given: "0",
    ),
    "cumulative": Formula(
        _("one for each of the months paid back (%(parts)s): %(value)s"),
        lambda given: str(len(given)),
        lambda given: ", ".join(given.values()) or "–",
    ),
    "months_short": Formula(
        _("%(minimum_years)s years × 12 − %(cumulative_months)s months = %(value)s"),
        lambda given: str(
            max(0, int(given["minimum_years"]) * YEAR - int(given["cumulative_months"]))
        ),
    ),
    "lump_sum": Formula(
        _("%(months_short)s months × (%(employer_share)s + %(person_share)s) = %(value)s"),
        lambda given: _cents(
            int(given["months_short"])
            * (Decimal(given["employer_share"]) + Decimal(given["person_share"]))
        ),
    ),
}
