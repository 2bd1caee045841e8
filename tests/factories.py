"""Rows for tests that need many, or need them out of the ordinary; made without the workflow."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from tests.scenes import moment
from transfers.deadlines.calendars import calendar_of, calendar_record_of
from transfers.models import Agency, Person, Sex, Step, TransferApplication
from transfers.rules import identity
from transfers.rules.steps import STEPS, Owner, StepKind, due_on

_serial = count(1)


def a_day(day: str | date) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


def people(number: int) -> list[Person]:
    """So many people with valid identity numbers that were never issued."""
    rows = []
    for _ in range(number):
        serial = next(_serial)
        born = date(1930, 1, 1) + timedelta(days=serial // 1000)
        digits = f"990100{born:%Y%m%d}{serial % 1000:03d}"
        rows.append(
            Person(id_number=digits + identity.check_digit(digits), sex=Sex.FEMALE, birth_on=born)
        )
    return Person.objects.bulk_create(rows)


def applications(number: int, **fields: Any) -> list[TransferApplication]:
    """So many applications that were just handed in; `origin` and `destination` are codes."""
    origin = fields.pop("origin", "990100")
    destination = fields.pop("destination", "350500")
    offices = {
        agency.region_id: agency
        for agency in Agency.objects.filter(region__in=(origin, destination))
    }
    given = {
        "scheme_from": "employee",
        "scheme_to": "employee",
        "channel": "online",
        "submitter": "applicant",
        "applicant_name": "张示例",
        "contact_email": "zhang@example.org",
        "submitted_at": moment("2025-09-24"),
        "query_code_hash": "!",
        **fields,
    }
    given.setdefault("notify_by", "email" if given["contact_email"] else "none")
    return TransferApplication.objects.bulk_create(
        TransferApplication(
            reference=f"T{next(_serial):09d}",
            person=person,
            origin_id=origin,
            destination_id=destination,
            origin_agency=offices[origin],
            destination_agency=offices[destination],
            **given,
        )
        for person in people(number)
    )


def step(
    application: TransferApplication | None = None,
    kind: StepKind = StepKind.TRANSFER_OUT,
    *,
    due: str | date | None = None,
    since: str | date | None = None,
    **fields: Any,
) -> Step:
    """A running step of the origin (or whoever owes its kind), saved; see `unsaved_step`."""
    if application is None:
        (application,) = applications(1)
    made = unsaved_step(application, kind, due=due, since=since, **fields)
    made.save()
    return made


def unsaved_step(
    application: TransferApplication,
    kind: StepKind = StepKind.TRANSFER_OUT,
    *,
    due: str | date | None = None,
    since: str | date | None = None,
    days: int = 10,
    **fields: Any,
) -> Step:
    """A step of `days` working days that is due on `due`, or runs since `since`."""
    owner = STEPS[kind].owner
    at_destination = owner is Owner.DESTINATION
    agency = application.destination_agency if at_destination else application.origin_agency
    agency = fields.pop("agency", agency)
    record = fields.pop("calendar", None) or calendar_record_of(agency.region_id)
    calendar = calendar_of(record)
    start = a_day(since) if since is not None else calendar.add(a_day(due or "2025-10-21"), -days)
    given: dict[str, Any] = {
        "owner": owner,
        "opened_on": start,
        "running_since": start,
        "limit_days": days,
        "statutory_days": days,
        "policy": {},
        **fields,
    }
    if given.get("paused_on") is None:
        used = given.get("used_days", 0)
        given["due_on"] = due_on(calendar, given["running_since"], days - used)
        given["statutory_due_on"] = due_on(
            calendar, given["running_since"], given["statutory_days"] - used
        )
        given["provisional"] = calendar.is_provisional(given["due_on"])
    return Step(application=application, agency=agency, kind=kind, calendar=record, **given)


def steps(number: int, due: Iterable[str | date] = ("2025-10-21",), **fields: Any) -> list[Step]:
    """So many running steps, each of its own application, due in turn on the days of `due`."""
    days = list(due)
    of = applications(number)
    first = unsaved_step(of[0], due=days[0], **fields)
    fields["calendar"] = first.calendar  # all steps are of one kind, hence of one agency
    return Step.objects.bulk_create(
        unsaved_step(application, due=days[n % len(days)], **fields)
        for n, application in enumerate(of)
    )


def mornings(first: str, last: str) -> list[datetime]:
    """09:00 of every day of a span, days off too."""
    start, end = a_day(first), a_day(last)
    return [moment(start + timedelta(days=n), 9) for n in range((end - start).days + 1)]
