"""The receipt of an application."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ...models.applications import Channel, MaterialKind, Submitter
from ...status import words
from .blocks import Block, Body, Items, Text
from .pieces import due_day, office_of, person


def receipt(content: dict[str, Any]) -> Body:
    body, relation = content["body"], content["relation"]
    lead = _(
        "The application below has been received. Both offices now check it; this receipt is not"
        " a decision yet."
    )
    blocks: list[Block] = [
        person(
            content,
            (_("Received on"), words.moment(datetime.fromisoformat(body["submitted_at"]))),
            (
                pgettext("channel", "Handed in"),
                f"{Channel(body['channel']).label} · {Submitter(body['submitter']).label}",
            ),
            (_("We say whether it is accepted by"), due_day(body["answer_by"])),
            (
                _("Checked by"),
                words.listing([office_of(relation["destination"]), office_of(relation["origin"])]),
            ),
        ),
    ]
    if body["materials"]:
        labels = tuple(str(MaterialKind(each).label) for each in body["materials"])
        blocks.append(Items(_("Materials received"), labels))
    blocks.append(
        Text(
            _("How to follow it"),
            (
                _(
                    "The reference number and the query code you were given open the page with"
                    " the progress. The query code is not on this paper: keep the two apart."
                ),
            ),
        )
    )
    return lead, blocks
