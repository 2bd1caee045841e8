"""The notice that a transfer is completed."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...rules.balances import BalanceState, DueReason
from ...status import words
from ...status.reasons import NO_BALANCE
from .blocks import Block, Body, Text
from .pieces import amount, due_day, facts, hotline_of, long_day, office_of, person


def completion_notice(content: dict[str, Any]) -> Body:
    body, relation = content["body"], content["relation"]
    there = office_of(relation["destination"])
    outcome, stays = BalanceState(body["outcome"]), body["relocated_retiree"]
    if outcome is BalanceState.CREDITED:
        lead = _(
            "The transfer below is completed: the contribution months are counted at %(office)s"
            " and the balance has been credited to the personal account there."
        )
    elif stays and outcome is not BalanceState.PAID_OUT:
        lead = _(
            "The application below is completed: there was no balance to pay; the insurance relation"
            " stays where it is."
        )
    elif stays:
        lead = _(
            "The application below is completed: the balance has been paid to the insured person;"
            " the insurance relation stays where it is."
        )
    elif outcome is BalanceState.PAID_OUT:
        lead = _(
            "The transfer below is completed: the contribution months are counted at %(office)s"
            " and the balance has been paid to the insured person."
        )
    else:
        lead = _(
            "The transfer below is completed: the contribution months are counted at %(office)s."
            " There was no balance to move."
        )
    cumulative, doubled = body["cumulative_months"], body["doubled_months"]
    blocks: list[Block] = [
        person(
            content,
            (
                _("Counted at the destination"),
                "" if stays else words.years_and_months(body["merged_months"]),
            ),
            (
                _("Cumulative now"),
                words.years_and_months(cumulative) if cumulative is not None and not stays else "",
            ),
            (
                _("Months insured twice, counted once"),
                ngettext("%(n)d month", "%(n)d months", doubled) % {"n": doubled}
                if doubled
                else "",
            ),
            (_("Transferred in on"), "" if stays else long_day(body["in_on"])),
            (_("Completed"), long_day(body["closed_on"])),
        ),
    ]
    if body["amount_fen"] is not None:
        label = _("Credited") if outcome is BalanceState.CREDITED else _("Paid to the person")
        blocks.append(amount(label, body["amount_fen"]))
        payee = ""
        if body["payee"]:
            payee = _("%(name)s, account ending in %(last4)s") % {
                "name": body["payee"],
                "last4": body["payee_last4"],
            }
        blocks.append(
            facts(
                (_("On"), long_day(body["settled_on"]) if body["settled_on"] else ""),
                (_("To"), payee),
            )
        )
    else:
        why = NO_BALANCE.get(DueReason(body["why"]))
        if why is not None:
            blocks.append(facts((_("Why there is no balance"), str(why))))
    if body["dispute_by"] is not None:
        query = _("If the amount is not right, tell %(office)s by %(day)s.") % {
            "office": there,
            "day": due_day(body["dispute_by"]),
        }
    else:
        query = _("If something on this paper is not right, tell %(office)s.") % {
            "office": office_of(content["issuer"])
        }
    blocks.append(
        Text(_("Please check it"), (query, _("Phone: %(phone)s") % {"phone": hotline_of(content)}))
    )
    return lead % {"office": there}, blocks
