"""Arrears cases of the demo: one in every state, in time and late, through the real door.

They count back from the demo's today, at the pools that have printed logins. The people are made up
like the others of the demo (`transfers.demo.people`), with numbers of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.timezone import get_default_timezone

from transfers.deadlines.calendars import calendar_of
from transfers.demo import staff
from transfers.demo.people import id_number
from transfers.demo.places import EXAMPLE_CITY, NANJING, QUANZHOU, STAFFED
from transfers.demo.staff import Crew
from transfers.models.applications import TransferApplication
from transfers.models.contributions import Contribution
from transfers.models.people import Person
from transfers.rules import identity
from transfers.rules.states import Scheme, Side
from transfers.rules.states import State as TransferState
from transfers.rules.working_days import WorkingCalendar
from transfers.workflow.actors import Actor

from . import lapsing
from .cases import Draft, open_case, perform
from .models import ArrearsCase
from .quoting import rest_of
from .rules.parts import PAYABLE, Party
from .rules.periods import first_of
from .rules.reasons import Cause
from .rules.states import REQUIRED, Action

_EMPLOYER = "示例制造有限公司"
_PAID_BEFORE = 30  # months on record before a gap
_FAMILIES = "冯褚卫蒋沈韩杨朱秦尤许何"
_FIRST_SERIAL = 900  # beyond those of the transfers' people


def load(today: date) -> None:
    """Add the cases. Runs once, inside the transaction that loads the rest of the demo."""
    desk = _Desk(today, calendar_of(EXAMPLE_CITY), staff.crews())
    _example_city(desk)
    _elsewhere(desk)
    _blocking(desk)
    lapsing.requote(desk.at(desk.ago(1), 8))


def _example_city(desk: _Desk) -> None:
    """Everything that can become of a case, at the pool whose people have printed logins."""
    desk.open(opened=2, missed=2)
    desk.open(opened=11, missed=3, materials=())  # should have been assessed long ago
    desk.quote(desk.open(opened=3, missed=4, flexible=True), ago=2)
    desk.quote(desk.open(opened=11, missed=1), ago=10)  # to be paid about today
    desk.quote(desk.open(opened=16, missed=2), ago=15)  # has lapsed and is quoted anew
    part = desk.quote(desk.open(opened=8, missed=3), ago=7)
    desk.pay(part, ago=4, payer=Party.PERSON, share=2)
    settled = desk.quote(desk.open(opened=9, missed=5, cause=Cause.INDIVIDUAL), ago=8)
    desk.pay(settled, ago=3, payer=Party.PERSON)
    restarted = desk.quote(desk.open(opened=60, missed=2), ago=58)
    desk.reinstate(desk.pay(restarted, ago=52, payer=Party.EMPLOYER))
    desk.end(
        desk.open(opened=12, missed=8, flexible=True), Action.REFUSE, ago=10,
        text="这些月份已在外地缴费，本地不再补缴。",
    )  # fmt: skip
    desk.end(
        desk.open(opened=14, missed=1, cause=Cause.SYSTEM), Action.WAIVE, ago=12,
        text="系统扣款失败，单位当月已足额缴存，费款由系统补记。",
    )  # fmt: skip
    desk.end(
        desk.open(opened=7, missed=2), Action.CANCEL, ago=6, text="月份录错，另行立案。"
    )  # fmt: skip


def _elsewhere(desk: _Desk) -> None:
    desk.quote(desk.open(QUANZHOU, opened=5, missed=2, cause=Cause.INDIVIDUAL), ago=4)
    desk.open(NANJING, opened=4, missed=3)


def _blocking(desk: _Desk) -> None:
    """A transfer that waits: its person misses the last two months before leaving the origin."""
    waiting = (
        TransferApplication.objects.filter(state=TransferState.APPLIED, origin__in=STAFFED)
        .exclude(scheme_from=Scheme.RESIDENT)
        .exclude(records__side=Side.ORIGIN, records__passed_at__isnull=False)
        .select_related("person")
        .order_by("pk")
    )
    opened = desk.at(desk.ago(1), 16)
    for application in waiting.filter(submitted_at__lt=desk.at(desk.ago(1))):
        rows = Contribution.objects.filter(person=application.person, pool=application.origin_id)
        last = rows.order_by("to_month").last()
        if last is None or last.months <= 2:
            continue
        resumed = first_of(last.to_month, 1)
        last.to_month, last.months = first_of(last.to_month, -2), last.months - 2
        last.save(update_fields=["to_month", "months"])
        draft = Draft(
            id_number=application.person.id_number,
            name=application.applicant_name,
            pool=application.origin_id,
            scheme=application.scheme_from,
            cause=Cause.INDIVIDUAL,
            from_month=first_of(resumed, -2),
            to_month=first_of(resumed, -1),
            resumed_month=resumed,
            consecutive_before=last.months,
            contact_phone=application.contact_phone,
            contact_email=application.contact_email,
            language=application.language,
            materials=tuple(REQUIRED[Cause.INDIVIDUAL]),
        )
        crew = desk.crews[application.origin_id]
        case = open_case(draft, by=crew.clerk, at=opened)
        perform(case, Action.ASSESS, by=crew.clerk, at=desk.at(desk.ago(1), 16, 20))
        return


@dataclass
class _Desk:
    """The pools' people at work; `ago` are working days before the demo's today."""

    today: date
    calendar: WorkingCalendar
    crews: Mapping[str, Crew]
    opened: int = 0

    def ago(self, days: int) -> date:
        day = self.today
        for _day in range(days):
            day = self.calendar.previous_working(day - timedelta(days=1))
        return day

    def at(self, day: date, hour: int = 10, minute: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), get_default_timezone())

    def open(
        self,
        pool: str = EXAMPLE_CITY,
        *,
        opened: int,
        missed: int,
        flexible: bool = False,
        cause: Cause = Cause.EMPLOYER,
        materials: tuple[str, ...] | None = None,
    ) -> ArrearsCase:
        """Somebody misses the months before the last one; the flexible pay nothing again yet."""
        on = self.ago(opened)
        cause = Cause.INDIVIDUAL if flexible else cause
        last = first_of(on, -1 if flexible else -2)
        first = first_of(last, 1 - missed)
        number, name, phone = self._somebody()
        person = self._record(pool, number, first, last, on, flexible=flexible)
        employer = cause is Cause.EMPLOYER
        draft = Draft(
            id_number=person.id_number,
            name=name,
            pool=pool,
            scheme=Scheme.FLEXIBLE if flexible else Scheme.EMPLOYEE,
            cause=cause,
            from_month=first,
            to_month=last,
            resumed_month=None if flexible else first_of(last, 1),
            consecutive_before=_PAID_BEFORE,
            contact_phone=phone,
            contact_email=f"arrears{self.opened}@example.org",
            employer_name=_EMPLOYER if employer else "",
            employer_email="personnel@example.org" if employer else "",
            materials=tuple(REQUIRED[cause]) if materials is None else materials,
        )
        return open_case(draft, by=self.crews[pool].clerk, at=self.at(on))

    def _somebody(self) -> tuple[str, str, str]:
        self.opened += 1
        serial = _FIRST_SERIAL + self.opened
        born = date(self.today.year - 25 - self.opened, 1 + self.opened % 12, 1 + self.opened)
        family = _FAMILIES[self.opened % len(_FAMILIES)]
        return id_number(born, serial), f"{family}示例", f"1990000{serial:04d}"

    def _record(
        self, pool: str, number: str, first: date, last: date, on: date, *, flexible: bool
    ) -> Person:
        """What the pool has on record: paid before the gap and, by employers, after it."""
        person = Person.objects.create(id_number=number, **_facts(number, on))
        spans = [(first_of(first, -_PAID_BEFORE), _PAID_BEFORE)]
        if not flexible:
            spans.append((first_of(last, 1), 1))
        Contribution.objects.bulk_create(
            Contribution(
                person=person,
                pool_id=pool,
                scheme=Scheme.FLEXIBLE if flexible else Scheme.EMPLOYEE,
                from_month=start,
                to_month=first_of(start, months - 1),
                months=months,
                base_fen=800_000,
                recorded_at=self.at(on, 9),
            )
            for start, months in spans
        )
        return person

    def quote(self, case: ArrearsCase, *, ago: int) -> ArrearsCase:
        return self._do(case, Action.ASSESS, self.crews[case.pool_id].clerk, ago)

    def pay(self, case: ArrearsCase, *, ago: int, payer: Party, share: int = 1) -> ArrearsCase:
        """All that the payer can pay, or one of so many shares of it."""
        most = sum(each.fen for each in rest_of(case) if each.part in PAYABLE[payer])
        finance = self.crews[case.pool_id].finance
        return self._do(
            case, Action.PAY, finance, ago, payer=payer, method="counter",
            amount_fen=most // share, paid_on=self.ago(ago),
        )  # fmt: skip

    def end(self, case: ArrearsCase, verb: Action, *, ago: int, text: str) -> ArrearsCase:
        crew = self.crews[case.pool_id]
        by = crew.supervisor if verb is Action.WAIVE else crew.clerk
        return self._do(case, verb, by, ago, text=text)

    def reinstate(self, case: ArrearsCase) -> ArrearsCase:
        assert case.restart_on is not None, "a settled case has its day"
        perform(case, Action.REINSTATE, by=Actor.system(), at=self.at(case.restart_on, 6))
        return case

    def _do(self, case: ArrearsCase, verb: Action, by: Actor, ago: int, **data: Any) -> ArrearsCase:
        perform(case, verb, by=by, at=self.at(self.ago(ago)), **data)
        return ArrearsCase.objects.get(pk=case.pk)


def _facts(number: str, on: date) -> dict[str, Any]:
    known = identity.parse(number, on=on)
    return {"sex": known.sex, "birth_on": known.birth_on}
