"""The notice of missing materials."""

from typing import Any

from django.utils.translation import gettext as _

from ...models.applications import MaterialKind
from ...status import words
from .blocks import Body, Items, Quote, Text
from .pieces import contact_of, due_day, facts, office_of, person


def supplement_notice(content: dict[str, Any]) -> Body:
    body, issuer = content["body"], content["issuer"]
    office = office_of(issuer)
    lead = _(
        "To go on with the application below, %(office)s needs the following materials. Until"
        " they are there the application is paused and its time limits do not run."
    ) % {"office": office}
    by, contact = due_day(body["by"]), contact_of(issuer)
    where = f"{office}（{contact}）" if words.chinese() else f"{office} ({contact})"
    late = _(
        "If they are not there by then, the application ends. The insurance relation stays where"
        " it is, and a new application is possible at any time."
    )
    return lead, [
        person(content),
        Items(
            _("Materials to hand in"), tuple(str(MaterialKind(each).label) for each in body["items"])
        ),
        Quote(_("%(office)s says why:") % {"office": office}, body["why"]),
        facts((_("Hand in by"), by)),
        facts((_("Where to hand in"), where)),
        Text(_("If they do not come"), (late,)),
    ]  # fmt: skip
