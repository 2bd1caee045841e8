"""The figures of an assessment, each with the inputs it follows from."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from transfers.rules.states import Scheme

from ..assessment import Assessment
from ..money import text
from ..reasons import Cause
from ..residents import opens_for_next_year
from ..rows import Row
from .spoken import Figure, Input


def figures(found: Assessment) -> tuple[Figure, ...]:
    """All figures of an assessment, in the order they are read out."""
    return tuple(_figures(found))


def _figures(found: Assessment) -> Iterator[Figure]:
    if found.asked.scheme == Scheme.RESIDENT:
        yield from _resident(found)
        return
    yield from _gap(found)
    if found.totals is not None:
        for row in found.rows:
            yield from _row(found, row)
        yield from _totals(found)
    yield from _restart(found)
    yield from _counters(found)
    yield from _retirement(found)


def _printed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _figure(key: str, value: Any, formula: str, inputs: Iterable[Input]) -> Figure:
    return Figure(key, _printed(value), formula, tuple(inputs))


def _plain(**values: Any) -> list[Input]:
    return [Input(name, _printed(value)) for name, value in values.items()]


def _policy(found: Assessment, *names: str) -> list[Input]:
    """Policy values as inputs; one that no region sets is printed as such."""
    return [_named(found, name, name) for name in names]


def _named(found: Assessment, name: str, policy_name: str) -> Input:
    value = found.used.values.get(policy_name)
    return Input(name, _printed(value.value if value else None), value)


def _month(day: date | None) -> str:
    return f"{day:%Y-%m}" if day else ""


def _gap(found: Assessment) -> Iterator[Figure]:
    asked = found.asked
    inputs = _plain(last_paid=_month(asked.last_paid), until=asked.until)
    yield _figure("gap_months", found.gap_months, "gap", inputs)
    if found.paid_before:
        inputs = _plain(gap_months=found.gap_months, paid_before=found.paid_before)
        yield _figure("months_left", found.months_left, "months_left", inputs)
    if found.gap_months:
        permission = "back_pay_allowed"
        if asked.scheme == Scheme.FLEXIBLE and "back_pay_allowed_flexible" in found.used.values:
            permission = "back_pay_allowed_flexible"
        inputs = [
            *_plain(gap_months=found.months_left),
            _named(found, "back_pay_allowed", permission),
        ]
        formula = "allowed"
        if found.used.max_gap_months is not None:
            formula += "_up_to"
            inputs += _policy(found, "max_gap_months")
        if found.used.min_consecutive_months is not None:
            formula += "_after"
            inputs += _policy(found, "min_consecutive_months")
            inputs += _plain(consecutive_months_before=asked.consecutive_months_before)
        yield _figure("back_pay_allowed", found.back_pay_allowed, formula, inputs)
    if found.free_until is not None:
        yield _figure(
            "free_until", found.free_until, "free_until",
            _plain(last_paid=_month(asked.last_paid)) + _policy(found, "gap_free_months"),
        )  # fmt: skip


def _base(found: Assessment, amount_fen: int, year: int) -> Input:
    base = None if found.asked.base_fen is not None else found.used.bases.get(year)
    return Input("base", text(amount_fen), base.amount if base else None)


def _row(found: Assessment, row: Row) -> Iterator[Figure]:
    month = _month(row.month)
    employers, own = text(row.principal_employer_fen), text(row.principal_person_fen)
    base = _base(found, row.base_fen, row.month.year)
    unit = _named(found, "employer_rate", "contribution_rate_unit")
    person = _named(found, "person_rate", "contribution_rate_person")
    if row.fixed:
        yield _figure(f"{month}.principal_employer", employers, "paid_up", _plain(amount=employers))
        yield _figure(f"{month}.principal_person", own, "paid_up", _plain(amount=own))
    elif found.asked.scheme == Scheme.FLEXIBLE:
        yield _figure(f"{month}.principal_person", own, "both_shares", [base, unit, person])
    else:
        yield _figure(f"{month}.principal_employer", employers, "share_employer", [base, unit])
        yield _figure(f"{month}.principal_person", own, "share_person", [base, person])
    parts = _plain(principal_employer=employers, principal_person=own)
    yield _figure(f"{month}.principal", text(row.principal_fen), "sum", parts)
    yield _figure(
        f"{month}.due_on", row.due_on, "due", _plain(month=month) + _policy(found, "due_rule")
    )
    if not row.fixed:
        until = row.due_on + timedelta(days=row.days)
        yield _figure(f"{month}.days", row.days, "days", _plain(due_on=row.due_on, until=until))
    yield _late_fee(found, row, month)
    if row.paid_employer_fen or row.paid_person_fen or row.paid_fee_fen:
        yield from _outstanding(row, month)


def _late_fee(found: Assessment, row: Row, month: str) -> Figure:
    waived = found.asked.cause == Cause.SYSTEM
    key = f"{month}.late_fee_waived" if waived else f"{month}.late_fee"
    fee = text(row.late_fee_waived_fen if waived else row.late_fee_fen)
    if found.asked.cause == Cause.INDIVIDUAL and not found.used.late_fee_on_person:
        return _figure(key, fee, "late_fee_none", _policy(found, "late_fee_on_person"))
    if row.fixed:
        return _figure(key, fee, "paid_up", _plain(amount=fee))
    rates = [found.used.rates[part.period].rate for part in row.segments]
    if len(row.segments) == 1 and row.segments[0].amount_fen == row.principal_fen:
        inputs = [
            Input("principal", text(row.principal_fen)),
            Input("rate", _printed(rates[0].value), rates[0]),
            Input("days", str(row.days)),
        ]
        return _figure(key, fee, "late_fee", inputs)
    inputs = []
    for n, (part, rate) in enumerate(zip(row.segments, rates, strict=True), 1):
        inputs += [
            Input(f"principal_{n}", text(part.amount_fen)),
            Input(f"rate_{n}", _printed(rate.value), rate),
            Input(f"days_{n}", str(part.days)),
        ]
    return _figure(key, fee, "late_fee_by_part", inputs)


def _outstanding(row: Row, month: str) -> Iterator[Figure]:
    for name, left, whole, paid in (
        (
            "employer",
            row.outstanding_employer_fen,
            row.principal_employer_fen,
            row.paid_employer_fen,
        ),
        ("person", row.outstanding_person_fen, row.principal_person_fen, row.paid_person_fen),
        ("fee", row.outstanding_fee_fen, row.late_fee_fen, row.paid_fee_fen),
    ):
        key = f"{month}.outstanding_{name}"
        yield _figure(key, text(left), "outstanding", _plain(total=text(whole), paid=text(paid)))
    parts = _plain(
        employer=text(row.outstanding_employer_fen),
        person=text(row.outstanding_person_fen),
        fee=text(row.outstanding_fee_fen),
    )
    yield _figure(f"{month}.outstanding", text(row.outstanding_fen), "sum", parts)


_SUMMED = (
    "principal_employer", "principal_person", "late_fee_employer", "late_fee_person",
    "late_fee_waived",
)  # fmt: skip


def _totals(found: Assessment) -> Iterator[Figure]:
    totals = found.totals
    assert totals is not None  # the caller asks
    for name in _SUMMED:
        parts = [Input(_month(row.month), text(getattr(row, f"{name}_fen"))) for row in found.rows]
        yield _figure(name, text(getattr(totals, f"{name}_fen")), "sum", parts)
    for name, of in (
        ("principal", ("principal_employer", "principal_person")),
        ("late_fee", ("late_fee_employer", "late_fee_person")),
        ("total", ("principal", "late_fee")),
    ):
        parts = [Input(each, text(getattr(totals, f"{each}_fen"))) for each in of]
        yield _figure(name, text(getattr(totals, f"{name}_fen")), "sum", parts)
    if any(row.outstanding_fen != row.total_fen for row in found.rows):
        parts = [Input(_month(row.month), text(row.outstanding_fen)) for row in found.rows]
        yield _figure("outstanding", text(totals.outstanding_fen), "sum", parts)


_BANDS = ("waiting_months_4_to_6", "waiting_months_over_6")


def _restart(found: Assessment) -> Iterator[Figure]:
    asked, gap = found.asked, found.gap_months
    if not gap:
        return
    yield _figure(
        "suspended_from", found.suspended_from, "suspension",
        _plain(last_paid=_month(asked.last_paid)),
    )  # fmt: skip
    rule = "restart_rule_over" if found.over else "restart_rule"
    waits = found.over and not found.used.restart_rule_over
    inputs = _plain(gap_months=gap)
    if found.over and not waits:
        yield _figure(
            "waiting_months", found.waiting_months, "wait_by_days",
            [_named(found, "restart_rule", rule)],
        )  # fmt: skip
    elif not found.over:
        inputs += _policy(found, "gap_free_months")
        yield _figure("waiting_months", found.waiting_months, "wait_none", inputs)
    elif gap > found.used.gap_free_months:
        inputs += _policy(found, *_BANDS)
        yield _figure("waiting_months", found.waiting_months, "wait_band", inputs)
    else:
        inputs += _plain(consecutive_months_before=asked.consecutive_months_before)
        inputs += _policy(found, "switch_months", *_BANDS)
        yield _figure("waiting_months", found.waiting_months, "wait_switched", inputs)
    if waits:
        inputs = _plain(waiting_months=found.waiting_months, paid_on=asked.paid_on)
        inputs += _policy(found, "payment_month_counts")
        yield _figure("restart_on", found.restart_on, "restart_wait", inputs)
    else:
        inputs = [_named(found, "restart_rule", rule), *_plain(paid_on=asked.paid_on)]
        yield _figure("restart_on", found.restart_on, "restart_rule", inputs)
    yield _figure("re_enrol", found.re_enrol, "re_enrol", _plain(gap_months=gap))
    if found.retroactive_from is not None:
        yield _figure(
            "retroactive_from", found.retroactive_from, "retroactive_from",
            _plain(suspended_from=found.suspended_from) + _policy(found, "retroactive"),
        )  # fmt: skip
        yield _figure(
            "retroactive_to", found.retroactive_to, "retroactive_to",
            _plain(restart_on=found.restart_on),
        )  # fmt: skip


def _counters(found: Assessment) -> Iterator[Figure]:
    before, after = found.asked.consecutive_months_before, found.consecutive_months_after
    if after is not None and (found.over or not found.whole):
        inputs = _plain(gap_months=found.gap_months)
        yield _figure("consecutive_months_after", after, "consecutive_broken", inputs)
    elif after is not None:
        inputs = _plain(
            consecutive_months_before=before,
            paid_back=found.gap_months,
        )
        yield _figure("consecutive_months_after", after, "consecutive_kept", inputs)
    months = [Input(f"month_{n}", _month(row.month)) for n, row in enumerate(found.rows, 1)]
    yield _figure("cumulative_months_added", found.cumulative_months_added, "cumulative", months)


def _retirement(found: Assessment) -> Iterator[Figure]:
    retiring, asked = found.retirement, found.asked
    if retiring is None or asked.retiring is None:
        return
    yield _figure(
        "months_short", retiring.months_short, "months_short",
        [
            _named(found, "minimum_years", f"minimum_years_{asked.retiring.sex}"),
            *_plain(cumulative_months=retiring.cumulative_months),
        ],
    )  # fmt: skip
    base = _base(found, retiring.base_fen, asked.paid_on.year)
    for name, policy_name, share in (
        ("employer", "contribution_rate_unit", retiring.share_employer_fen),
        ("person", "contribution_rate_person", retiring.share_person_fen),
    ):
        inputs = [base, _named(found, f"{name}_rate", policy_name)]
        yield _figure(f"{name}_share", text(share), f"share_{name}", inputs)
    yield _figure(
        "lump_sum", text(retiring.lump_fen), "lump_sum",
        _plain(
            months_short=retiring.months_short,
            employer_share=text(retiring.share_employer_fen),
            person_share=text(retiring.share_person_fen),
        ),
    )  # fmt: skip


def _resident(found: Assessment) -> Iterator[Figure]:
    asked = found.asked
    paid = _plain(paid_on=asked.paid_on)
    later = opens_for_next_year(found.used.window_from)
    formula = "cover_year" if later else "cover_year_itself"
    window = paid + _policy(found, "window_from")
    yield _figure("cover_year", found.cover_year, formula, window)
    inputs = [*_plain(missed_years=found.missed_years), *paid, *_policy(found, "back_pay_allowed")]
    formula = "allowed_resident"
    if found.used.repair_from:
        formula += "_in"
        inputs += _policy(found, "window_from", "window_to", "repair_from", "repair_to")
    yield _figure("back_pay_allowed", found.back_pay_allowed, formula, inputs)
    yield _figure(
        "waiting_months", found.waiting_months, "wait_resident",
        [
            *_plain(
                missed_years=found.missed_years,
                repaired_years=found.repaired_years,
                in_window=found.in_window,
                exempt=asked.exempt,
            ),
            *_policy(
                found, "fixed_wait_months", "wait_per_broken_year", "repair_per_year",
                "first_year_free", "floor_from_4_years",
            ),
        ],
    )  # fmt: skip
    yield _figure(
        "restart_on", found.restart_on, "restart_resident",
        [*paid, *_plain(cover_year=found.cover_year, waiting_months=found.waiting_months)],
    )  # fmt: skip
