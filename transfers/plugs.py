"""Where other applications plug in, besides the checks (`workflow.checks`).

Each list is filled once, when the apps are ready: by an app's `ready`, its `transfer_checks` or its
`admin` module. Nothing here names an app; what plugs nothing in is simply not there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .models.applications import TransferApplication
    from .models.papers import Paper
    from .rules.states import Role

logger = logging.getLogger(__name__)

# What `load_reference` inserts besides: a name, and a function of the moment that returns how many
# rows were new.
reference: list[tuple[str, Callable[[datetime], int]]] = []

# What each role may do with an app's models besides: functions that return (app, codename) pairs.
permissions: list[Callable[[], dict[Role, set[tuple[str, str]]]]] = []

# What the demo adds once the transfers are there: functions of the demo's today.
demo: list[Callable[[date], None]] = []


@dataclass(frozen=True, slots=True)
class Overlay:
    """Something beside a transfer that its applicant and its clerks must know, in the active language.

    `you` and `by` tell the applicant what to do and until when; `links` are (label, address) pairs for
    the applicant, `staff_links` for clerks. `blocking`: the transfer waits for it. `must_act`: it is the
    applicant who has to do something, not an office. `agency`: key of the only one whose staff may
    follow the staff links; None: everybody may. `due_on`: the day of `by` that the applicant must keep,
    and `number` what it is about: neither changes when only the words do.
    """

    key: str
    title: str
    happening: str
    you: str
    by: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    staff_links: tuple[tuple[str, str], ...] = ()
    blocking: bool = True
    must_act: bool = True
    agency: int | None = None
    due_on: date | None = None
    number: str = ""


# Papers that no longer hold although nothing replaced them: functions that answer for their own.
withdrawn: list[Callable[[Paper], bool]] = []

# What to show over a transfer on the day: functions that return overlays.
overlays: list[Callable[[TransferApplication, date], list[Overlay]]] = []


def overlays_of(application: TransferApplication, on: date) -> list[Overlay]:
    """Every overlay of a transfer, in the order the apps were installed."""
    found: list[Overlay] = []
    for plug in overlays:
        try:
            found += plug(application, on)
        except Exception:
            # The transfer's own page must not fail for what stands beside it.
            logger.exception("an overlay of %s could not be made", application.reference)
    return found


# What else is dated by working days: functions of a new notice's name and the moment, which move the
# dates of their own to what the calendars say now, inside the transaction that loads it.
redate: list[Callable[[str, datetime], int]] = []

# Short marks in the queue: functions that answer by the key of a transfer, for those of one page.
marks: list[Callable[[Sequence[TransferApplication]], dict[int, str]]] = []


def marks_of(applications: Sequence[TransferApplication]) -> dict[int, list[str]]:
    """Every such mark of so many transfers, by their keys."""
    found: dict[int, list[str]] = {}
    for plug in marks:
        for key, mark in plug(applications).items():
            found.setdefault(key, []).append(mark)
    return found


@dataclass(frozen=True, slots=True)
class StaffPage:
    """A page of the staff site: address below /admin/, view, address name."""

    route: str
    view: Callable[..., Any]
    name: str


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A line of the side navigation, for these roles; `group` is "work", "rules" or "system"."""

    group: str
    label: Any
    url_name: str
    roles: frozenset[Role]
    in_agency: bool = True


staff_pages: list[StaffPage] = []
navigation: list[NavEntry] = []

# What to show below a person's contribution record in a pool (its code) on the page of a transfer:
# functions that return safe HTML, empty where there is nothing to show.
record_panels: list[Callable[[HttpRequest, TransferApplication, str], str]] = []
