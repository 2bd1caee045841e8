"""Opening, pausing, resuming and closing a step. Every day is a local date, Asia/Shanghai."""

from datetime import date

from ..models.applications import TransferApplication
from ..models.regions import Agency
from ..models.steps import Step
from ..policy import resolve
from ..rules.states import Side
from ..rules.steps import STEPS, LatenessReason, Outcome, Owner, StepKind, due_on
from ..rules.working_days import WorkingCalendar
from .calendars import calendar_of, calendar_record_of


def _set_due(step: Step, calendar: WorkingCalendar) -> None:
    step.due_on = due_on(calendar, step.running_since, step.limit_days - step.used_days)
    step.statutory_due_on = due_on(
        calendar, step.running_since, step.statutory_days - step.used_days
    )
    step.provisional = calendar.is_provisional(step.due_on)


def new_step(
    application: TransferApplication,
    kind: StepKind,
    side: Side,
    *,
    on: date,
    since: date | None = None,
) -> Step:
    """An obligation of `side` (or, for the applicant's, one that side watches), not stored yet.

    `on` decides which policy and calendar are pinned; day zero is `since`, by default `on`.
    """
    rule = STEPS[kind]
    agency: Agency = application.agency(side)
    terms = resolve(agency.region_id, on)
    record = calendar_record_of(agency.region_id)
    promised, statutory = terms.limit(rule.limit)
    step = Step(
        application=application,
        kind=kind,
        owner=rule.owner,
        agency=agency,
        calendar=record,
        policy=terms.pin(rule.limit),
        opened_on=on,
        running_since=since or on,
        limit_days=promised,
        statutory_days=statutory,
    )
    _set_due(step, calendar_of(record))
    return step


def pause(step: Step, *, on: date) -> None:
    """Stop the clock because somebody outside must act; what was used so far is kept."""
    step.used_days += calendar_of(step.calendar).count(step.running_since, on)
    step.paused_on, step.due_on, step.statutory_due_on = on, None, None
    step.save(update_fields=["used_days", "paused_on", "due_on", "statutory_due_on"])


def resume(step: Step, *, on: date) -> None:
    """Start the clock again with exactly the working days that were left."""
    step.running_since, step.paused_on = on, None
    _set_due(step, calendar_of(step.calendar))
    step.save(
        update_fields=["running_since", "paused_on", "due_on", "statutory_due_on", "provisional"]
    )


def late_days(step: Step, on: date) -> int:
    """How many working days after its due day a step is on `on`; 0 when in time or paused."""
    if step.due_on is None:
        return 0
    return max(0, calendar_of(step.calendar).count(step.due_on, on))


def close(
    step: Step,
    outcome: Outcome,
    *,
    on: date,
    lateness: tuple[LatenessReason, Owner] | None = None,
) -> None:
    """End a step. A late one needs a lateness reason and the party it is charged to."""
    step.late_days = late_days(step, on)
    if step.late_days:
        if lateness is None:
            raise ValueError(f"{step} is {step.late_days} working days late: a reason is needed")
        step.lateness_reason, step.charged_to = lateness
    step.closed_on, step.outcome = on, outcome
    step.save(update_fields=["closed_on", "outcome", "late_days", "lateness_reason", "charged_to"])
