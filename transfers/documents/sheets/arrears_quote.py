"""The quote of an arrears case: month by month, fees with their formula, totals, restart, sources."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ...rules.money import yuan
from ...status import words
from .blocks import Block, Body, Items, Table
from .pieces import amount, facts, long_day, month_of, person, place_of, scheme_of


def arrears_quote(content: dict[str, Any]) -> Body:
    body = content["body"]
    lead = _(
        "What the contributions for the months below come to if they are paid by %(day)s. After that"
        " day the late fee is reckoned anew and a new quote replaces this one."
    ) % {"day": long_day(body["pay_by"])}
    totals = body["totals"]
    blocks: list[Block] = [
        person(
            content,
            (_("Place"), place_of(body["pool"])),
            (_("Scheme"), scheme_of(body["scheme"])),
            (_("Months not paid"), span_of(body)),
            (_("Why they were not paid"), place_of(body["cause"])),
            (_("Version of the quote"), str(body["version"])),
        ),
        _months(body),
        _fees(body),
        facts(
            (_("Employer: contributions"), _owed(totals["principal_employer_fen"])),
            (_("Employer: late fee"), _owed(totals["fee_employer_fen"])),
            (_("Insured person: contributions"), _owed(totals["principal_person_fen"])),
            (_("Insured person: late fee"), _owed(totals["fee_person_fen"])),
            (_("Late fee waived"), _owed(totals["waived_fen"])),
            (pgettext("of arrears", "Paid so far"), _owed(totals["paid_fen"])),
            heading=_("Who pays what"),
        ),
        amount(_("Still to pay") if totals["paid_fen"] else _("To pay in all"), totals["left_fen"]),
        facts(
            (_("Pay by"), long_day(body["pay_by"])),
            (_("Where to pay"), place_of(body["pay_at"])),
        ),
        _restart(body),
    ]
    if body["cautions"]:
        blocks.append(Items(_("Please note"), tuple(place_of(each) for each in body["cautions"])))
    if body["sources"]:
        blocks.append(_sources(body["sources"]))
    return lead, blocks


def span_of(body: dict[str, Any]) -> str:
    """2025年2月–2025年5月（4个月）: the first and the last month and how many they are."""
    first, last, n = body["from"], body["to"], body["count"]
    months = month_of(first) if first == last else f"{month_of(first)}–{month_of(last)}"
    counted = ngettext("%(n)d month", "%(n)d months", n) % {"n": n}
    return f"{months}（{counted}）" if words.chinese() else f"{months} ({counted})"


def _owed(fen: int) -> str:
    return yuan(fen) if fen else ""


def _months(body: dict[str, Any]) -> Table:
    rows = tuple(
        (
            each["month"],
            yuan(each["base_fen"]),
            yuan(each["employer_fen"]),
            yuan(each["person_fen"]),
            str(each["days"]),
            yuan(each["fee_fen"]),
            yuan(each["employer_fen"] + each["person_fen"] + each["fee_fen"]),
        )
        for each in body["months"]
    )
    totals = body["totals"]
    return Table(
        _("Month by month"),
        (
            _("Month"), _("Base"), _("Employer's share"), _("Personal share"),
            _("Days late"), _("Late fee"), pgettext("sum of a row", "Together"),
        ),
        rows,
        (
            _("Together"), "", yuan(totals["principal_employer_fen"]),
            yuan(totals["principal_person_fen"]), "",
            yuan(totals["fee_employer_fen"] + totals["fee_person_fen"]),
            yuan(totals["total_fen"]),
        ),
        (False, True, True, True, True, True, True),
        (0, 1, 1, 1, 0, 1, 1),
    )  # fmt: skip


def _plain(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _percent(rate: str) -> str:
    return f"{(Decimal(rate) * 100).normalize():f} %"


def _fee(month: dict[str, Any]) -> str:
    fee = _plain(month["fee_fen"] + month["waived_fen"])
    if month["fixed"]:
        line = _("%(month)s: paid up before, the late fee of %(fee)s does not change any more")
        return line % {"month": month["month"], "fee": fee}
    products = " + ".join(
        f"{_plain(part['amount_fen'])} × {_percent(part['rate'])} × {part['days']}"
        for part in month["parts"]
    )
    if not month["fee_fen"] and not month["waived_fen"]:
        return _("%(month)s: no late fee") % {"month": month["month"]}
    if month["waived_fen"]:
        line = _("%(month)s: %(products)s = %(fee)s, waived")
    else:
        line = _("%(month)s: %(products)s = %(fee)s")
    return line % {"month": month["month"], "products": products, "fee": fee}


def _fees(body: dict[str, Any]) -> Items:
    heading = _("Late fee: contribution × rate a day × days after the due date")
    return Items(heading, tuple(map(_fee, body["months"])))


def _restart(body: dict[str, Any]) -> Block:
    wait = body["waiting_months"]
    retroactive = ""
    if body["retroactive_from"]:
        retroactive = _("%(first)s to %(last)s") % {
            "first": long_day(body["retroactive_from"]),
            "last": long_day(body["retroactive_to"]),
        }
    return facts(
        (_("Benefits stopped from"), _day(body["suspended_from"])),
        (_("Benefits restart on, if all is paid on the last day"), _day(body["restart_on"])),
        (_("Waiting period"), ngettext("%(n)d month", "%(n)d months", wait) % {"n": wait}),
        (_("By the rule"), place_of(body["rule"])),
        (_("Benefits are paid afterwards for"), retroactive),
        (_("Enrol anew"), _("Yes") if body["re_enrol"] else ""),
        heading=_("When benefits restart"),
    )


def _day(day: str | None) -> str:
    return long_day(day) if day else ""


def _sources(sources: list[dict[str, Any]]) -> Items:
    lines = tuple(
        _("%(what)s: %(value)s. %(place)s, since %(since)s, %(status)s. %(source)s")
        % {
            "what": place_of(each["what"]),
            "value": place_of(each["value"]),
            "place": place_of(each["place"]),
            "since": each["since"],
            "status": place_of(each["status"]),
            "source": each["source"],
        }
        for each in sources
    )
    return Items(_("By which policy"), lines)
