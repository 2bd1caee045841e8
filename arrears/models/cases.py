"""One person's missed months as one case, each month of it, its materials, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, transition

from transfers.models.events import ActorKind
from transfers.models.ledger import Receivable
from transfers.models.people import Person
from transfers.models.regions import Agency, Region
from transfers.rules.states import Scheme

from ..rules.states import FINAL, MOVES, OPEN, OWING, QUOTED, Action, Cause, MaterialKind, State

_PAYING = [State.SETTLED, State.REINSTATED]


def _claimed(case: ArrearsCase) -> bool:
    return case.claimed


def _move(method: Callable[..., Any]) -> Callable[..., Any]:
    """A django-fsm transition whose sources and target stand in `rules.states.MOVES`.

    Only a case that `arrears.cases` has claimed may take it.
    """
    row = MOVES[Action(method.__name__)]
    target = row.targets[0] if len(row.targets) == 1 else RETURN_VALUE(*row.targets)
    return transition(
        field="state", source=sorted(row.sources), target=target, conditions=[_claimed]
    )(method)


class ArrearsCase(models.Model):
    """Months that a pool misses from one person. Its state changes only through `arrears.cases`.

    `from_month` and `to_month` are firsts of months, all months between them are missed; the gap lasts
    until `resumed_month`, or, while nothing is paid again, until the month of payment. `next_on` is
    the day of what comes next: until when to assess, to pay, or when benefits restart; provisional
    where it rests on a year whose holidays are not published. `version` is what two people who press
    at once compete for, and the number of the newest event.
    """

    claimed = False  # set on the instance by `arrears.cases` for the length of one transaction

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    state = FSMField(_("state"), default=State.OPENED, choices=State.choices, protected=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=60)
    pool = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("pool")
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", db_index=False, verbose_name=_("agency")
    )
    receivable = models.OneToOneField(
        Receivable, models.PROTECT, related_name="+", verbose_name=_("receivable")
    )
    scheme = models.CharField(
        _("scheme"), max_length=10, choices=[s for s in Scheme.choices if s[0] != Scheme.RESIDENT]
    )
    cause = models.CharField(_("cause"), max_length=10, choices=Cause)
    from_month = models.DateField(_("first missed month"))
    to_month = models.DateField(_("last missed month"))
    resumed_month = models.DateField(_("first month paid again"), null=True, blank=True)
    base_fen = models.PositiveBigIntegerField(_("own monthly base (fen)"), null=True, blank=True)
    consecutive_before = models.PositiveSmallIntegerField(
        _("consecutive months before the gap"), null=True, blank=True
    )
    switched = models.BooleanField(
        _("changed between the employee and the resident scheme"), default=False, db_default=False
    )

    contact_phone = models.CharField(_("mobile phone"), max_length=20, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(
        _("language of messages"), max_length=10, choices=settings.LANGUAGES, default="zh-hans"
    )
    employer_name = models.CharField(_("employer"), max_length=120, blank=True)
    employer_uscc = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    employer_email = models.EmailField(_("e-mail of the employer"), blank=True)

    opened_at = models.DateTimeField(_("opened at"))
    next_on = models.DateField(_("next date"), null=True, blank=True)
    next_provisional = models.BooleanField(_("estimated"), default=False)
    settled_on = models.DateField(_("paid in full on"), null=True, blank=True)
    restart_on = models.DateField(_("benefits restart on"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    close_text = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["-opened_at"]
        verbose_name = _("arrears case")
        verbose_name_plural = _("arrears cases")
        indexes = [
            models.Index(
                fields=["agency", "next_on", "id"],
                name="arrears_by_next_day",
                condition=Q(state__in=sorted(OPEN)),
            ),
            models.Index(
                fields=["next_on", "id"],
                name="arrears_quote_to_lapse",
                condition=Q(state__in=sorted(QUOTED)),
            ),
            models.Index(
                fields=["next_on", "id"],
                name="arrears_to_reinstate",
                condition=Q(state=State.SETTLED),
            ),
            models.Index(
                fields=["agency", "closed_at", "id"],
                name="arrears_by_closing",
                condition=Q(state__in=sorted(FINAL)),
            ),
            models.Index(
                fields=["person", "pool"],
                name="arrears_owed_by",
                condition=Q(state__in=sorted(OWING)),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_month__gte=F("from_month")), name="arrears_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(resumed_month__isnull=True) | Q(resumed_month__gt=F("to_month")),
                name="arrears_resumed_after_the_gap",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(State.values)), name="arrears_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False, state__in=sorted(FINAL))
                | Q(closed_at__isnull=True, state__in=sorted(OPEN)),
                name="arrears_closed_at_iff_final",
            ),
            models.CheckConstraint(
                condition=Q(next_on__isnull=True, state__in=sorted(FINAL))
                | Q(next_on__isnull=False, state__in=sorted(OPEN)),
                name="arrears_next_day_iff_open",
            ),
            models.CheckConstraint(
                condition=Q(settled_on__isnull=False, restart_on__isnull=False, state__in=_PAYING)
                | (Q(settled_on__isnull=True, restart_on__isnull=True) & ~Q(state__in=_PAYING)),
                name="arrears_restart_iff_settled",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.WAIVED, State.CANCELLED, State.INELIGIBLE])
                | ~Q(close_text=""),
                name="arrears_closed_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(cause=Cause.EMPLOYER) | ~Q(employer_name=""),
                name="arrears_employer_is_named",
            ),
            models.CheckConstraint(
                condition=~Q(cause=Cause.EMPLOYER) | Q(scheme=Scheme.EMPLOYEE),
                name="arrears_employer_only_of_employees",
            ),
            models.CheckConstraint(
                condition=~Q(scheme=Scheme.RESIDENT), name="arrears_resident_pays_by_year"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def owes(self) -> bool:
        return self.state in OWING

    # The transitions. Each touches this row alone; the door does the rest.

    @_move
    def assess(self, *, pay_by: date) -> str:
        self.next_on, self.next_provisional = pay_by, False
        return State.PARTLY_PAID if self.state == State.PARTLY_PAID else State.ASSESSED

    @_move
    def requote(self, *, pay_by: date) -> str:
        self.next_on, self.next_provisional = pay_by, False
        return State.PARTLY_PAID if self.state == State.PARTLY_PAID else State.ASSESSED

    @_move
    def refuse(self, *, at: datetime, text: str) -> None:
        self._close(at, text)

    @_move
    def pay(self, *, settled_on: date | None, restart_on: date | None, next_on: date) -> str:
        """`settled_on`: the day the last fen was paid; None while something is left."""
        self.next_on, self.next_provisional = next_on, False
        if settled_on is None:
            return State.PARTLY_PAID
        self.settled_on, self.restart_on = settled_on, restart_on
        return State.SETTLED

    @_move
    def take_back(self, *, something_paid: bool, pay_by: date) -> str:
        self.settled_on = self.restart_on = None
        self.next_on = pay_by
        return State.PARTLY_PAID if something_paid else State.ASSESSED

    @_move
    def waive(self, *, at: datetime, text: str) -> None:
        self._close(at, text)

    @_move
    def cancel(self, *, at: datetime, text: str) -> None:
        self._close(at, text)

    @_move
    def reinstate(self, *, at: datetime) -> None:
        self._close(at, "")

    def _close(self, at: datetime, text: str) -> None:
        self.closed_at, self.close_text = at, text
        self.next_on, self.next_provisional = None, False


class ArrearsMonth(models.Model):
    """One missed month of a case. While `live`, no other case may ask for the same month.

    Person, pool and scheme stand here as well, because that is what the database compares.
    """

    case = models.ForeignKey(
        ArrearsCase, models.PROTECT, related_name="months", db_index=False,
        verbose_name=_("arrears case"),
    )  # fmt: skip
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="+", db_index=False, verbose_name=_("person")
    )
    pool = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("pool")
    )
    month = models.DateField(_("month"))
    live = models.BooleanField(_("asked for"), default=True)

    class Meta:
        ordering = ["case_id", "month"]
        verbose_name = _("missed month")
        verbose_name_plural = _("missed months")
        constraints = [
            models.UniqueConstraint(fields=["case", "month"], name="one_row_a_month_of_a_case"),
            models.UniqueConstraint(
                fields=["person", "pool", "month"], condition=Q(live=True),
                name="a_month_is_asked_for_once",
                violation_error_message=_("Another arrears case asks for this month already."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.case} {self.month:%Y-%m}"


class ArrearsMaterial(models.Model):
    """Something handed in for a case."""

    case = models.ForeignKey(
        ArrearsCase, models.PROTECT, related_name="materials", db_index=False,
        verbose_name=_("arrears case"),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=20, choices=MaterialKind)
    received_at = models.DateTimeField(_("received at"))
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False,
        verbose_name=_("received by"),
    )  # fmt: skip

    class Meta:
        ordering = ["case_id", "received_at"]
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        constraints = [
            models.UniqueConstraint(fields=["case", "kind"], name="one_arrears_material_a_kind")
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class ArrearsEvent(models.Model):
    """One thing that happened to an arrears case: who, when, from, to, why. Only ever added.

    `shown_zh`, `shown_en`: what the person was told. `facts` holds figures and dates, never identity
    numbers. A request that names a `key` is carried out once; `asked` is the hash of what it asked.
    """

    append_only = True

    case = models.ForeignKey(
        ArrearsCase, models.PROTECT, related_name="events", db_index=False,
        verbose_name=_("arrears case"),
    )  # fmt: skip
    seq = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("at"))
    verb = models.CharField(_("action"), max_length=20, choices=Action)
    from_state = models.CharField(_("from"), max_length=20, blank=True)
    to_state = models.CharField(_("to"), max_length=20)
    actor = models.CharField(_("done by"), max_length=10, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("user"),
    )  # fmt: skip
    reason = models.TextField(_("reason"), blank=True)
    note = models.TextField(_("internal note"), blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    key = models.UUIDField(_("key of the request"), null=True, blank=True, unique=True)
    asked = models.CharField(max_length=64, blank=True, editable=False)
    shown_zh = models.TextField(_("shown to the person (Chinese)"), blank=True)
    shown_en = models.TextField(_("shown to the person (English)"), blank=True)

    class Meta:
        ordering = ["case_id", "seq"]
        verbose_name = _("arrears event")
        verbose_name_plural = _("arrears events")
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="one_arrears_event_a_version"),
            models.CheckConstraint(
                condition=Q(actor=ActorKind.STAFF, user__isnull=False)
                | (~Q(actor=ActorKind.STAFF) & Q(user__isnull=True)),
                name="staff_arrears_events_name_the_user",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} #{self.seq} {self.verb}"
