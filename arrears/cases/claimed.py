"""A case under one action: held for one transaction, with what there is to tell of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from transfers.models.regions import Agency
from transfers.workflow.actors import Actor
from transfers.workflow.errors import Invalid

from ..letters import Facts
from ..models import ArrearsCase
from ..policy import NotInForce, resolve
from ..rules.terms import Terms


@dataclass
class Claimed:
    """A case under one action. Handlers leave in `facts` what the words are made of."""

    case: ArrearsCase
    by: Actor
    at: datetime
    agency: Agency
    facts: Facts
    reason: str = ""
    figures: dict[str, Any] | None = None

    @property
    def on(self) -> date:
        return localdate(self.at)

    @property
    def user(self) -> Any:
        assert self.by.user is not None, "only staff come here"
        return self.by.user

    def terms(self, on: date) -> Terms:
        """What applies here on a day. Raises Invalid beside the day where no policy covers it."""
        try:
            return resolve(self.case.pool_id, on)
        except NotInForce as error:
            raise Invalid("pay_by", str(error), code=error.code) from error

    def save(self, *fields: str) -> None:
        self.case.save(
            update_fields=[
                "state", "next_on", "next_provisional", "settled_on", "restart_on", "closed_at",
                "close_text", *fields,
            ]
        )  # fmt: skip


def needed(text: str, field: str = "text") -> str:
    text = text.strip()
    if not text:
        raise Invalid(field, _("Give a reason."), code="required")
    return text[:200]
