"""An assessment as scripts read it: one JSON object, each figure in English and in Chinese."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.utils.translation import override

from .asked import Problem
from .assessment import Assessment
from .figures import Figure, figures, label, spell, table_of
from .money import text
from .reasons import Caution, Reason
from .rows import Row

_AMOUNTS = (
    "principal", "principal_employer", "principal_person", "late_fee", "late_fee_employer",
    "late_fee_person", "late_fee_waived", "total",
)  # fmt: skip
_DAYS = ("suspended_from", "restart_on", "retroactive_from", "retroactive_to", "free_until")
_PLAIN = (
    "gap_months", "back_pay_allowed", "reason", "waiting_months", "re_enrol",
    "consecutive_months_after", "cumulative_months_added", "missed_years", "repaired_years",
    "cover_year", "in_window",
)  # fmt: skip


def answer(found: Assessment) -> dict[str, Any]:
    """The assessment; keys without a value are None."""
    asked, totals, used = found.asked, found.totals, found.used
    given: dict[str, Any] = {
        "region": used.region,
        "scheme": asked.scheme,
        "cause": asked.cause,
        "paid_on": asked.paid_on.isoformat(),
    }
    given |= {name: getattr(found, name) for name in _PLAIN}
    given |= {
        name: None if totals is None else text(getattr(totals, f"{name}_fen")) for name in _AMOUNTS
    }
    for name in _DAYS:
        day = getattr(found, name)
        given[name] = None if day is None else day.isoformat()
    given["months"] = [_month(found, row) for row in found.rows]
    given["retirement"] = _retirement(found)
    given["warnings"] = [
        {"code": code, **both("message", partial(_label, Caution(code)))} for code in found.cautions
    ]
    reason = found.reason
    if reason is None:
        given |= {"reason_en": None, "reason_zh": None}
    else:
        given |= both("reason", partial(_label, Reason(reason)))
    given["policy"] = {
        "region": used.region,
        "on": used.on.isoformat(),
        "own": used.own,
        "rows": sorted(
            {
                value.policy
                for name, value in used.values.items()
                if value.policy and not name.startswith("minimum_years")
            }
        ),
    }
    given["figures"] = [_figure(figure) for figure in figures(found)]
    return given


def _label(word: Reason | Caution) -> str:
    return str(word.label)


def both(name: str, say: Callable[[], str]) -> dict[str, str]:
    """What `say` returns in English and in Chinese, under `name`_en and `name`_zh."""
    said = {}
    for suffix, language in (("en", "en"), ("zh", "zh-hans")):
        with override(language):
            said[f"{name}_{suffix}"] = say()
    return said


def _month(found: Assessment, row: Row) -> dict[str, Any]:
    base = found.used.bases.get(row.month.year)
    amounts = {name: text(getattr(row, f"{name}_fen")) for name in _AMOUNTS}
    return {
        "month": f"{row.month:%Y-%m}",
        "base": text(row.base_fen),
        "provisional": bool(base and base.provisional),
        "due_on": row.due_on.isoformat(),
        "days": row.days,
        **amounts,
    }


def _retirement(found: Assessment) -> dict[str, Any] | None:
    short = found.retirement
    if short is None:
        return None
    return {
        "minimum_years": short.minimum_years,
        "cumulative_months": short.cumulative_months,
        "months_short": short.months_short,
        "lump_sum": text(short.lump_fen),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    inputs = []
    for each in figure.inputs:
        origin = None
        if each.source is not None:
            origin = {
                "table": table_of(each),
                "region": each.source.region,
                "policy": each.source.policy,
                "status": each.source.status,
                "source": each.source.source,
                "verified": each.source.verified,
            }
        inputs.append({"name": each.name, "value": each.value, "source": origin})
    return {
        "key": figure.key,
        "value": figure.value,
        **both("label", lambda: label(figure.key)),
        "formula": figure.formula,
        **both("formula", lambda: spell(figure)),
        "inputs": inputs,
    }


def complaint(problems: Iterable[Problem]) -> dict[str, Any]:
    """What is wrong with a question; `error` is the first of `errors`."""
    errors = []
    for one in problems:
        said = both("message", partial(getattr, one, "sentence"))
        errors.append({
            "field": one.field or None,
            "code": one.code,
            "message": said["message_en"],
            "message_zh": said["message_zh"],
        })  # fmt: skip
    return {"error": errors[0], "errors": errors}
