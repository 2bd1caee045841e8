"""What keeps somebody from applying now, and what to do instead. No mistakes: nobody is told off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from ..models.regions import Agency
from ..policy import resolve
from ..rules.states import Scheme
from .questions import NO, RELOCATED, YES


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that comes first, in the active language. `step`: the page whose answer it follows;
    `office`: whom to turn to, where that is known."""

    key: str
    step: int
    title: str
    to_do: tuple[str, ...]
    office: Agency | None = None


def obstacles(answers: Mapping[str, Any], on: date) -> list[Obstacle]:
    """Everything in the way, by the answers so far; empty if one can go on."""
    found = _by_person(answers)
    origin, destination = str(answers.get("origin", "")), str(answers.get("destination", ""))
    if not (origin and destination):
        return found
    if origin == destination:
        return [*found, _same_pool()]
    return [
        *found,
        *_by_road(answers, origin, destination, on),
        *_not_connected((origin, destination), on),
    ]


def _by_person(answers: Mapping[str, Any]) -> list[Obstacle]:
    found = []
    if answers.get("stopped") == NO:
        found.append(
            Obstacle("origin_not_stopped", 1, _("Have the old insurance stopped"), (
                _("Employees: your old employer reports that you left. Ask its personnel office."),
                _("Flexible workers and residents: ask the office of the old place, in person or by phone."),
                _("Do not leave a gap: stop and enrol in months that follow each other."),
            ))
        )  # fmt: skip
    if answers.get("enrolled") == NO:
        found.append(
            Obstacle("destination_not_enrolled", 1, _("Get insured at the new place"), (
                _("Employees: your new employer enrols you."),
                _("Flexible workers and residents: enrol at the office of the new place and pay the first contribution."),
            ))
        )  # fmt: skip
    if answers.get("retired") == YES:
        found.append(
            Obstacle("already_retired", 1, _("Your insurance stays where it is"), (
                _("Once you draw retirement benefits, the insurance no longer moves. You lose nothing: you stay insured at the old place for life."),
                _("To see a doctor where you live now, register for treatment elsewhere (异地就医备案) with the office of the old place."),
                _("If you have settled in another province, you can have the balance paid out: change your answer to that."),
            ))
        )  # fmt: skip
    return found


def _same_pool() -> Obstacle:
    return Obstacle(
        "same_pool", 3, _("There is nothing to transfer"), (
            _("Both places belong to the same pool: your months and your balance are there already."),
            _("If you changed employer, the new one only enrols you; you need not do anything."),
            _("If you meant another place, change your answer."),
        ),
    )  # fmt: skip


def _by_road(answers: Mapping[str, Any], origin: str, destination: str, on: date) -> list[Obstacle]:
    found = []
    if answers.get("retired") == RELOCATED and origin[:2] == destination[:2]:
        found.append(
            Obstacle("retired_same_province", 3, _("Your insurance stays where it is"), (
                _("The balance is paid out only to who has settled in another province; these two places are in the same one."),
                _("To see a doctor where you live now, ask the office of the old place what is settled directly."),
            ))
        )  # fmt: skip
    if (
        answers.get("scheme_from") == answers.get("scheme_to") == Scheme.RESIDENT
        and answers.get("next_year") == NO
    ):
        found.append(
            Obstacle("resident_current_year", 3, _("First pay for next year at the new place"), (
                _("This year you stay insured at the old place; resident insurance is paid for whole years."),
                _("Enrol at the new place when it collects for %(year)s, mostly from September to December, and pay.") % {"year": on.year + 1},
                _("Then apply here; your answers are kept for a while."),
            ))
        )  # fmt: skip
    return found


def _not_connected(pools: tuple[str, str], on: date) -> list[Obstacle]:
    offices = {
        agency.region_id: agency
        for agency in Agency.objects.select_related("region").filter(region__in=pools)
    }
    return [
        Obstacle("use_offline_channel", 3,
            _("%(place)s: apply at the counter") % {"place": offices[pool].region.name}, (
                _("This place is not connected to the platform yet, so it cannot be done online."),
                _("First get the enrolment certificate (参保凭证) from the office of the old place."),
                _("Take it with your ID card to the counter of the new place. A clerk applies for you, and you get the same reference number and query code."),
            ),
            office=offices[pool],
        )
        for pool in pools
        if pool in offices and not resolve(pool, on).connected
    ]  # fmt: skip
