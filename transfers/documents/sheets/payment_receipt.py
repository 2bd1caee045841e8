"""The receipt for a payment of an arrears case: what was paid, by whom, and what it covers."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...rules.money import yuan
from ...status import words
from .blocks import Block, Body, Table, Text
from .pieces import amount, long_day, person, place_of, scheme_of


def payment_receipt(content: dict[str, Any]) -> Body:
    body = content["body"]
    lead = _(
        "The payment below has been received. It covers the oldest month first, and of a month the"
        " contribution before the late fee."
    )
    blocks: list[Block] = [
        person(
            content,
            (_("Place"), place_of(body["pool"])),
            (_("Scheme"), scheme_of(body["scheme"])),
            (_("Payment number"), str(body["number"])),
            (_("Paid by"), place_of(body["payer"])),
            (pgettext("of a payment", "Paid on"), long_day(body["paid_on"])),
            (_("Way of paying"), place_of(body["method"])),
            (_("Bank reference"), body["bank_reference"]),
            (_("Under the quote, version"), str(body["version"])),
        ),
        amount(pgettext("of a payment", "Received"), body["amount_fen"]),
        Table(
            _("What it covers"),
            (_("Month"), _("Part"), pgettext("column", "Amount")),
            tuple(
                (each["month"], place_of(each["part"]), yuan(each["fen"])) for each in body["lines"]
            ),
            (_("Together"), "", yuan(body["amount_fen"])),
            (False, False, True),
            (0, 2, 1),
        ),
    ]
    if body["left_fen"] and body["pay_by"]:
        left = _("%(amount)s is still to be paid, by %(day)s.") % {
            "amount": yuan(body["left_fen"]),
            "day": long_day(body["pay_by"]),
        }
    elif body["left_fen"]:
        left = _("What is still to be paid is being worked out anew.")
    elif body["settled"]:
        restart = ""
        if body["restart_on"]:
            restart = _("Benefits restart on %(day)s.") % {"day": long_day(body["restart_on"])}
        left = words.sentences(_("Everything is paid."), restart)
    else:
        left = _("Nothing more is asked for.")
    blocks.append(Text(_("What is left"), (left,)))
    return lead, blocks
