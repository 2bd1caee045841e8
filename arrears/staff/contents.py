"""What the papers of an arrears case say, as plain data: codes, ISO days, fen; words in both languages."""

from __future__ import annotations

from datetime import date
from typing import Any

from ..letters import in_both
from ..models import ArrearsCase, Payment, Quote
from ..quoting import covered_by, current_quote, months_of, rest_of
from ..rules.parts import Part
from ..rules.rows import Row
from ..rules.states import State
from ..rules.terms import Terms
from .explained import Both, Explained, Source, explained


def quote_body(case: ArrearsCase, quote: Quote, *, pay_at: tuple[str, str]) -> dict[str, Any]:
    """The quote as a paper. `pay_at`: where to pay; the office itself where the place names nothing."""
    told = explained(quote)
    months = months_of(case)
    paid = sum(each.fen for each in covered_by([case]).get(case.pk, ()))
    found, totals = told.found, told.found.totals
    assert totals is not None, "only what may be paid back is quoted"
    return {
        **_about(case),
        "cause": Both.of(lambda: str(case.get_cause_display())).as_data(),
        "from": f"{months[0]:%Y-%m}",
        "to": f"{months[-1]:%Y-%m}",
        "count": len(months),
        "version": quote.version,
        "pay_by": quote.pay_by.isoformat(),
        "pay_at": {"zh": pay_at[0] or case.agency.name_zh, "en": pay_at[1] or case.agency.name_en},
        "months": [_month(month.row, found.used) for month in told.months],
        "totals": {
            "principal_employer_fen": totals.principal_employer_fen,
            "principal_person_fen": totals.principal_person_fen,
            "fee_employer_fen": totals.late_fee_employer_fen,
            "fee_person_fen": totals.late_fee_person_fen,
            "waived_fen": totals.late_fee_waived_fen,
            "total_fen": quote.total_fen,
            "paid_fen": paid,
            "left_fen": sum(each.fen for each in rest_of(case, quote)),
        },
        **_restart(told),
        "cautions": [each.as_data() for each in told.cautions],
        "sources": [_source(each) for each in told.sources],
    }


def _about(case: ArrearsCase) -> dict[str, Any]:
    return {
        "scheme": case.scheme,
        "pool": {"region": case.pool_id, "zh": case.pool.name_zh, "en": case.pool.name_en},
    }


def _month(row: Row, used: Terms) -> dict[str, Any]:
    return {
        "month": f"{row.month:%Y-%m}",
        "base_fen": row.base_fen,
        "employer_fen": row.principal_employer_fen,
        "person_fen": row.principal_person_fen,
        "due_on": row.due_on.isoformat(),
        "days": row.days,
        "fee_fen": row.late_fee_fen,
        "waived_fen": row.late_fee_waived_fen,
        "fixed": row.fixed,
        "parts": [
            {
                "amount_fen": part.amount_fen,
                "rate": f"{used.rates[part.period].rate.value:f}",
                "days": part.days,
            }
            for part in row.segments
        ],
    }


def _restart(told: Explained) -> dict[str, Any]:
    found = told.found

    def day(name: str) -> str | None:
        value = getattr(found, name)
        return None if value is None else value.isoformat()

    return {
        "suspended_from": day("suspended_from"),
        "restart_on": day("restart_on"),
        "waiting_months": found.waiting_months or 0,
        "rule": told.rule.as_data(),
        "re_enrol": bool(found.re_enrol),
        "retroactive_from": day("retroactive_from"),
        "retroactive_to": day("retroactive_to"),
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "what": source.what.as_data(),
        "value": source.value.as_data(),
        "place": source.place.as_data(),
        "since": source.since,
        "status": source.status.as_data(),
        "verified": source.verified,
        "source": source.text,
    }


def receipt_body(case: ArrearsCase, payment: Payment, on: date) -> dict[str, Any]:
    """The receipt of one payment, with what is left to pay by the newest quote on the day."""
    settled = case.state in (State.SETTLED, State.REINSTATED)
    newest = current_quote(case)
    assert newest is not None, "nothing is paid without a quote"
    return {
        **_about(case),
        "number": payment.number,
        "version": payment.quote.version,
        "payer": Both.of(lambda: str(payment.get_payer_display())).as_data(),
        "method": Both.of(lambda: str(payment.get_method_display())).as_data(),
        "amount_fen": payment.amount_fen,
        "paid_on": payment.paid_on.isoformat(),
        "bank_reference": payment.bank_reference,
        "lines": [
            {
                "month": f"{line.month:%Y-%m}",
                "part": _words(Part(line.part)),
                "fen": line.amount_fen,
            }
            for line in payment.allocations.all()
        ],
        "left_fen": sum(each.fen for each in rest_of(case, newest)) if case.owes else 0,
        "pay_by": newest.pay_by.isoformat() if newest.pay_by >= on else None,
        "settled": settled,
        "restart_on": case.restart_on.isoformat() if settled and case.restart_on else None,
    }


def _words(part: Part) -> dict[str, str]:
    zh, en = in_both(lambda: str(part.label))
    return {"zh": zh, "en": en}
