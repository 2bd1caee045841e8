"""The notice that an application is not accepted, or refused later."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...rules.states import RejectCode
from ...status.reasons import REASONS
from .blocks import Body, Quote, Text
from .pieces import hotline_of, long_day, office_of, person


def rejection_notice(content: dict[str, Any]) -> Body:
    body, issuer = content["body"], content["issuer"]
    office = office_of(issuer)
    reason = REASONS[RejectCode(body["code"])]
    if body["late"]:
        lead = _(
            "The application below had been accepted on %(day)s. %(office)s refuses the transfer"
            " because of a fact that became known after that."
        ) % {"office": office, "day": long_day(body["accepted_on"])}
    else:
        lead = _("%(office)s does not accept the application below.") % {"office": office}
    rule = (
        str(reason.rule)
        if reason.rule
        else _("No national text names this ground. Ask the office which local rule it applies.")
    )
    phones = dict.fromkeys([issuer["phone"], hotline_of(content)])
    ask = _("First ask %(office)s, %(phones)s, whether an entry can be put right.") % {
        "office": office,
        "phones": pgettext("between two telephone numbers", " or ").join(phones),
    }
    fix = str(reason.fix)
    fix = _("%(fix)s, then apply again.") % {"fix": fix} if reason.again else _("%(fix)s.") % {"fix": fix}  # fmt: skip
    return lead, [
        person(
            content,
            (_("Ground"), str(RejectCode(body["code"]).label)),
            (_("Decided on"), long_day(body["rejected_on"])),
            (_("Rule"), rule),
        ),
        Quote(_("%(office)s gives this reason:") % {"office": office}, body["text"]),
        Text(_("What you can do"), (fix,)),
        Text(
            _("If you do not agree"),
            (
                ask,
                _(
                    "You may ask for administrative reconsideration within 60 days of receiving"
                    " this notice, or bring a suit before the people's court within 6 months"
                    " (Social Insurance Law, article 83; Administrative Reconsideration Law,"
                    " article 20; Administrative Litigation Law, article 46)."
                ),
            ),
        ),
    ]
