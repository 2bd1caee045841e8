"""The enrolment certificate 《参保凭证》."""

from typing import Any

from django.utils.translation import gettext as _

from ...models.regions import in_language
from ...status import words
from .blocks import Block, Body
from .pieces import amount, facts, long_day, office_of, person


def certificate(content: dict[str, Any]) -> Body:
    body, issuer = content["body"], content["issuer"]
    lead = _(
        "This certifies what %(office)s has on record of the person named below, for the transfer"
        " of the medical-insurance relation."
    ) % {"office": office_of(issuer)}
    blocks: list[Block] = [
        person(
            content,
            (_("Enrolled from"), long_day(body["enrolled_on"]) if body["enrolled_on"] else ""),
            (_("Insurance stopped"), long_day(body["stopped_on"]) if body["stopped_on"] else ""),
            (
                _("Benefits end"),
                long_day(body["benefits_end_on"]) if body["benefits_end_on"] else "",
            ),
            (
                _("Contribution time"),
                words.years_and_months(body["months"]) if body["months"] is not None else "",
            ),
            in_full=True,
        ),
    ]
    if body["balance_fen"] is not None:
        blocks.append(amount(_("Balance of the personal account"), body["balance_fen"]))
    blocks.append(
        facts(
            (_("Contact"), office_of(issuer)),
            (_("Phone"), issuer["phone"]),
            (_("Opening hours"), in_language(issuer["hours_zh"], issuer["hours_en"])),
            (_("Valid until"), long_day(content["valid_until"])),
        )
    )
    return lead, blocks
