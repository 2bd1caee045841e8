"""Telling a case's applicant something that another application found out, as an event of the case."""

from datetime import datetime

from django.db import transaction

from ..models.applications import TransferApplication
from ..models.events import Event
from ..policy import remembered
from .actors import Actor
from .case import NEWS, Case


def announce(
    application: TransferApplication, *, at: datetime, zh: str, en: str, note: str = ""
) -> Event:
    """Write the words into the case's history and send them to the applicant. No state moves.

    `note` is for the clerks. The words carry no name and no identity number.
    """
    with remembered(), transaction.atomic():
        case = Case.claim(application, Actor.system(), at, note=note)
        state = str(case.application.state)
        event = case.tell(NEWS, from_state=state, to_state=state, shown=(zh, en), message=True)
        case.application.claimed = False
    return event
