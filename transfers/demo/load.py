"""Loading the demo: staff, cases, and the alerts they would have raised. All of it, or nothing.

One transaction, so the first login being there tells that everything is. Whoever writes meanwhile
waits for it; it is meant for the moment before the services start.
"""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.timezone import get_default_timezone

from .. import plugs
from ..deadlines import digest, sweep
from ..deadlines.calendars import calendar_of
from ..models.alerts import OutboxMessage
from ..models.applications import NotifyBy, TransferApplication
from ..models.regions import NATION
from ..models.steps import Step
from ..models.users import User
from ..money.proof import prove
from ..policy import remembered
from ..rules.states import Role
from ..status.freshness import work_out
from ..workflow.query_codes import QueryCode
from . import employers, logins, staff
from .casting import case_files
from .files import add_files
from .people import SHOWCASE_NUMBER
from .places import STAFFED, add_bank_accounts, add_sample_city
from .statements import add_statements
from .timeline import by_day, mornings, schedule

_SEED = 990100  # the same people and stories on every computer, counted back from its today


def load(count: int, today: date, logins_file: Path) -> int:
    """Make the demo if it is not there, and the file with its logins if that is lost.

    Returns how many cases were made. Errors: ValueError for fewer cases than show every state.
    """
    there = User.objects.filter(username=staff.MARKER).exists()
    if there and logins.is_current(logins_file):
        return 0
    names = [*(login.username for login in staff.LOGINS), employers.CODE]
    passwords = {name: logins.new_password() for name in names}
    code = QueryCode.new()
    # Hashing takes a second a password, by design; one thread does it beside the cases.
    with ThreadPoolExecutor(max_workers=1) as hashing, transaction.atomic():
        hashed = {name: hashing.submit(make_password, word) for name, word in passwords.items()}
        employers.add_employer()
        if there:
            _change_query_code(code)
        else:
            _make(count, today, code)
        staff.set_passwords({name: done.result() for name, done in hashed.items()})
    logins.write(logins_file, passwords, _showcase().reference, code.plain)
    return 0 if there else count


def _showcase() -> TransferApplication:
    return TransferApplication.objects.filter(person__id_number=SHOWCASE_NUMBER).earliest("pk")


def _change_query_code(code: QueryCode) -> None:
    """All demo cases share one code, so one hash names them all."""
    shared = TransferApplication.objects.filter(query_code_hash=_showcase().query_code_hash)
    shared.update(query_code_hash=code.hashed)


def _make(count: int, today: date, code: QueryCode) -> None:
    rng = Random(_SEED)  # noqa: S311 - made-up people are no secret
    add_sample_city()
    add_bank_accounts()
    staff.add_staff()
    calendar = calendar_of(NATION)
    moves = [
        move
        for case, plot in case_files(count, today, code, rng)
        for move in schedule(case, plot, calendar, today, rng)
    ]
    days = by_day(moves)
    watched = set(mornings(calendar, today))
    with remembered():
        for day in sorted(watched | days.keys()):
            if day in watched:
                _morning(day)
            for move in days.get(day, ()):
                move.act(move.case, move.at)
            _send_on_paper(_at(day, time(18)))
    add_statements(_at(today - timedelta(days=1), time(17)))
    employers.add_batch(_at(today - timedelta(days=1), time(17, 30)))
    add_files(_showcase(), _at(today - timedelta(days=1), time(17)))
    for add in plugs.demo:
        add(today)
    _send_on_paper(_at(today - timedelta(days=1), time(18)))
    prove(_at(today, time(2, 30)))
    work_out(_at(today, time(7, 40)))
    _assign()


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, get_default_timezone())


def _morning(day: date) -> None:
    """The sweep and the digests of one past morning."""
    sweep.raise_due(_at(day, time(8)))
    now = _at(day, digest.MORNING)
    digest.queue(now)
    _send_on_paper(now)


def _send_on_paper(now: datetime) -> None:
    """Mark what was to be sent by `now` as sent: nobody wants months of letters at the first start."""
    due = OutboxMessage.objects.filter(
        sent_at__isnull=True, dead_at__isnull=True, next_try_at__lte=now
    )
    # As in a real digest, steps that are over are left out.
    OutboxMessage.objects.filter(
        digest__in=list(due.filter(kind=OutboxMessage.Kind.DIGEST).values_list("pk", flat=True)),
        alert__step__closed_on__isnull=True,
    ).update(sent_at=now)
    by_sms = TransferApplication.objects.filter(notify_by=NotifyBy.SMS)
    due.filter(kind=OutboxMessage.Kind.APPLICANT, application__in=by_sms).update(
        sent_at=now, channel="sms"
    )
    due.update(sent_at=now, channel="email")


def _assign() -> None:
    """Two in three open steps of the staffed pools are somebody's; the others wait for a taker."""
    takers: dict[tuple[int | None, str], list[User]] = defaultdict(list)
    for role in (Role.CLERK, Role.FINANCE):
        for user in User.objects.filter(groups__name=role, agency__region__in=STAFFED):
            takers[user.agency_id, role].append(user)
    steps = Step.objects.open().filter(agency__region__in=STAFFED).order_by("pk")
    for number, step in enumerate(steps):
        role = Role.FINANCE if step.on_money_track else Role.CLERK
        if number % 3 < 2:
            step.assignee = takers[step.agency_id, role][number % 3]
    Step.objects.bulk_update(steps, ["assignee"])
