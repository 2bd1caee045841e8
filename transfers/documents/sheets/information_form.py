"""The information form 《信息表》."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...models.forms import ContributionRow
from ...rules.money import yuan
from ...status import words
from .blocks import Body, Table
from .pieces import amount, facts, long_day, month_of, office_of, person


def information_form(content: dict[str, Any]) -> Body:
    body, relation = content["body"], content["relation"]
    months, account = body["months"], body["account"]
    rows = tuple(
        (
            str(number),
            row["from"],
            row["to"],
            str(row["months"]),
            str(ContributionRow.Kind(row["kind"]).label),
            yuan(row["base_fen"]) if row["base_fen"] else "–",
        )
        for number, row in enumerate(body["rows"], start=1)
    )
    table = Table(
        _("Contribution months"),
        (
            pgettext("column", "No."), _("From month"), _("To month"), _("Months"),
            pgettext("of contribution months", "Kind"), _("Monthly base"),
        ),
        rows,
        (
            "",
            _("Together"),
            "",
            str(months["total"]),
            _("actual %(actual)s, deemed %(deemed)s")
            % {"actual": months["actual"], "deemed": months["deemed"]},
            "",
        ),
        (True, False, False, True, False, True),
        (0, 1, 1, 0, 1.6, 1.2),
    )  # fmt: skip
    paid_from = ""
    if account is not None:
        paid_from = _("%(holder)s, %(bank)s, account ending in %(last4)s") % account
    return "", [
        person(
            content,
            (_("Version of the form"), str(body["form_version"])),
            (_("Transferred out by"), office_of(relation["origin"])),
            (_("Transferred to"), office_of(relation["destination"])),
            (_("Sealed"), words.moment(datetime.fromisoformat(body["sealed_at"]))),
            in_full=True,
        ),
        table,
        facts(
            (_("Last paid month"), month_of(body["last_paid_month"])),
            (_("Benefits end"), long_day(body["benefits_end_on"])),
            (_("Contributions interrupted"), _("Yes") if body["interrupted"] else _("No")),
            (_("Contribution time"), words.years_and_months(months["total"])),
        ),
        amount(_("Balance of the personal account"), body["balance_fen"]),
        facts(
            (_("Remitted from"), paid_from),
            (_("Content hash of the form (SHA-256)"), body["form_hash"]),
        ),
    ]
