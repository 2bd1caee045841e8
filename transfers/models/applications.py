"""The application: one person's relation on its way from one pool to another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, transition

from ..rules.states import FINAL, OPEN, RELATION, Action, RejectCode, Scheme, Side, State
from .people import Person
from .regions import Agency, Region

if TYPE_CHECKING:
    from .users import User


class Channel(models.TextChoices):
    ONLINE = "online", _("Online")
    COUNTER = "counter", _("At the counter")
    BATCH = "batch", _("In an employer's batch")


class MoveReason(models.TextChoices):
    """Why somebody moves; which materials are asked for depends on it (`rules.materials`)."""

    NEW_JOB = "new_job", _("New job")
    MOVED = "moved", _("Moved house")
    RETIRED = "retired", _("Retired and settled elsewhere")
    OTHER = "other", _("Another reason")


class NotifyBy(models.TextChoices):
    SMS = "sms", _("By SMS")
    EMAIL = "email", _("By e-mail")
    NONE = "none", _("Not at all; I look at the status page")


class Submitter(models.TextChoices):
    APPLICANT = "applicant", _("The applicant")
    EMPLOYER = "employer", _("The employer")
    CLERK = "clerk", _("A counter clerk")


def _claimed(application: TransferApplication) -> bool:
    return application.claimed


def _move(method: Callable[..., Any]) -> Callable[..., Any]:
    """A django-fsm transition whose sources and target stand in `rules.states.RELATION`.

    Only a case that `workflow` has claimed may take it.
    """
    row = RELATION[Action(method.__name__)]
    target = row.targets[0] if len(row.targets) == 1 else RETURN_VALUE(*row.targets)
    return transition(
        field="state", source=sorted(row.sources), target=target, conditions=[_claimed]
    )(method)


class ApplicationQuerySet(models.QuerySet["TransferApplication"]):
    def visible_to(self, user: User) -> ApplicationQuerySet:
        """Cases of the agencies in the user's scope, on either side."""
        agencies = Agency.objects.filter(user.scope).values("pk")
        return self.filter(Q(origin_agency__in=agencies) | Q(destination_agency__in=agencies))

    def open(self) -> ApplicationQuerySet:
        return self.filter(state__in=OPEN)


class TransferApplication(models.Model):
    """One application. Its state changes only through `transfers.workflow`.

    `version` counts everything that ever happened to the case, on either track; it is what two
    people who press at once compete for, and the sequence number of the newest event.
    """

    claimed = False  # set on the instance by `workflow.case` for the length of one transaction

    reference = models.CharField(_("reference"), max_length=20, unique=True)
    query_code_hash = models.CharField(max_length=160, editable=False)
    state = FSMField(_("state"), default=State.APPLIED, choices=State.choices, protected=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="applications", verbose_name=_("person")
    )
    applicant_name = models.CharField(_("name"), max_length=60)
    scheme_from = models.CharField(_("scheme at the origin"), max_length=10, choices=Scheme)
    scheme_to = models.CharField(_("scheme at the destination"), max_length=10, choices=Scheme)
    # Cases are found by agency and name (below), never by place or clerk, and an index that nobody
    # reads costs every action on every case.
    origin = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("origin")
    )
    destination = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("destination")
    )
    origin_agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", db_index=False, verbose_name=_("origin agency")
    )
    destination_agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", db_index=False,
        verbose_name=_("destination agency"),
    )  # fmt: skip
    relocated_retiree = models.BooleanField(_("retiree settled in another province"), default=False)
    reason = models.CharField(
        _("reason"), max_length=10, choices=MoveReason, default=MoveReason.NEW_JOB,
        db_default=MoveReason.NEW_JOB,
    )  # fmt: skip
    certificate_number = models.CharField(
        _("number of the enrolment certificate"), max_length=40, blank=True
    )

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    submitter = models.CharField(_("submitted by"), max_length=10, choices=Submitter)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("clerk who submitted"),
    )  # fmt: skip
    submitted_agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("counter it was submitted at"),
    )  # fmt: skip
    employer = models.ForeignKey(
        "transfers.Employer", models.PROTECT, null=True, blank=True, related_name="+",
        db_index=False, verbose_name=_("employer's account"),
    )  # fmt: skip
    employer_name = models.CharField(_("employer"), max_length=120, blank=True)
    employer_uscc = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    contact_phone = models.CharField(_("mobile phone"), max_length=20, blank=True)
    contact_email = models.EmailField(_("e-mail"), blank=True)
    notify_by = models.CharField(
        _("told of changes"), max_length=5, choices=NotifyBy, default=NotifyBy.NONE,
        db_default=NotifyBy.NONE,
    )  # fmt: skip
    language = models.CharField(
        _("language of messages"), max_length=10, choices=settings.LANGUAGES, default="zh-hans"
    )

    merged_months = models.PositiveSmallIntegerField(_("months merged"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    transferred_out_at = models.DateTimeField(_("transferred out at"), null=True, blank=True)
    transferred_in_at = models.DateTimeField(_("transferred in at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    close_code = models.CharField(
        _("reason code"), max_length=40, blank=True, choices=RejectCode.choices
    )
    close_text = models.TextField(_("reason"), blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at"]
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        indexes = [
            models.Index(fields=["origin_agency", "applicant_name"], name="name_at_origin"),
            models.Index(fields=["destination_agency", "applicant_name"], name="name_at_dest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "scheme_from", "origin", "destination"],
                condition=Q(state__in=sorted(OPEN)),
                name="one_open_application",
                violation_error_message=_("This person already has an open application."),
            ),
            models.CheckConstraint(
                condition=~Q(origin=models.F("destination")), name="pools_differ"
            ),
            models.CheckConstraint(
                condition=Q(notify_by=NotifyBy.NONE)
                | (Q(notify_by=NotifyBy.SMS) & ~Q(contact_phone=""))
                | (Q(notify_by=NotifyBy.EMAIL) & ~Q(contact_email="")),
                name="told_where_an_address_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(State.values)), name="state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False, state__in=sorted(FINAL))
                | Q(closed_at__isnull=True, state__in=sorted(OPEN)),
                name="closed_at_iff_final",
            ),
            models.CheckConstraint(
                condition=Q(submitter=Submitter.CLERK, submitted_agency__isnull=False)
                | (~Q(submitter=Submitter.CLERK) & Q(submitted_agency__isnull=True)),
                name="counter_names_its_agency",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.REJECTED, State.WITHDRAWN])
                | Q(
                    accepted_at__isnull=True,
                    state__in=[State.APPLIED, State.SUPPLEMENT_REQUESTED],
                )
                | (
                    Q(accepted_at__isnull=False)
                    & ~Q(state__in=[State.APPLIED, State.SUPPLEMENT_REQUESTED])
                ),
                name="accepted_at_follows_state",
            ),
            models.CheckConstraint(
                condition=Q(
                    transferred_out_at__isnull=True,
                    state__in=[
                        State.APPLIED, State.SUPPLEMENT_REQUESTED, State.VALIDATED,
                        State.REJECTED, State.WITHDRAWN,
                    ],
                )
                | Q(
                    transferred_out_at__isnull=False,
                    state__in=[
                        State.TRANSFERRED_OUT, State.DISCREPANCY_RAISED, State.RECALLED,
                        State.TRANSFERRED_IN, State.BALANCE_CREDITED,
                        State.CLOSED_WITHOUT_BALANCE, State.PAID_TO_PERSON,
                    ],
                ),
                name="transferred_out_at_iff_out",
            ),
            models.CheckConstraint(
                condition=Q(
                    transferred_in_at__isnull=False,
                    merged_months__isnull=False,
                    state__in=[
                        State.TRANSFERRED_IN, State.BALANCE_CREDITED,
                        State.CLOSED_WITHOUT_BALANCE, State.PAID_TO_PERSON,
                    ],
                )
                | Q(
                    transferred_in_at__isnull=True,
                    state__in=[
                        State.APPLIED, State.SUPPLEMENT_REQUESTED, State.VALIDATED,
                        State.TRANSFERRED_OUT, State.DISCREPANCY_RAISED,
                        State.REJECTED, State.WITHDRAWN, State.RECALLED,
                    ],
                ),
                name="transferred_in_at_iff_in",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.REJECTED) | (~Q(close_code="") & ~Q(close_text="")),
                name="rejected_with_reason",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.reference

    def agency(self, side: Side) -> Agency:
        return self.origin_agency if side is Side.ORIGIN else self.destination_agency

    def agency_id_of(self, side: Side) -> int:
        return self.origin_agency_id if side is Side.ORIGIN else self.destination_agency_id

    def side_of(self, agency_id: int | None) -> Side | None:
        """On which side an agency stands, if on any."""
        if agency_id is not None and agency_id == self.origin_agency_id:
            return Side.ORIGIN
        if agency_id is not None and agency_id == self.destination_agency_id:
            return Side.DESTINATION
        return None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    # The transitions. Each touches its own fields and nothing else; `workflow.actions` calls them.

    @_move
    def pass_check(self, *, accepted: bool, at: datetime) -> State:
        if not accepted:
            return State.APPLIED
        self.accepted_at = at
        return State.VALIDATED

    @_move
    def reject(self, *, code: str, text: str, at: datetime) -> None:
        self.close_code, self.close_text, self.closed_at = code, text, at

    @_move
    def request_supplement(self) -> None: ...

    @_move
    def supply(self) -> None: ...

    @_move
    def lapse(self, *, at: datetime) -> None:
        self.close_code, self.closed_at = RejectCode.MATERIALS_INCOMPLETE, at

    @_move
    def withdraw(self, *, at: datetime) -> None:
        self.closed_at = at

    @_move
    def refuse_late(self, *, code: str, text: str, at: datetime) -> None:
        self.close_code, self.close_text, self.closed_at = code, text, at

    @_move
    def transfer_out(self, *, at: datetime) -> None:
        self.transferred_out_at = at

    @_move
    def raise_discrepancy(self) -> None: ...

    @_move
    def correct(self) -> None: ...

    @_move
    def uphold(self) -> None: ...

    @_move
    def recall(self, *, text: str, at: datetime) -> None:
        self.close_text, self.closed_at = text, at

    @_move
    def transfer_in(self, *, merged_months: int, at: datetime) -> None:
        self.merged_months, self.transferred_in_at = merged_months, at

    @_move
    def credit_balance(self, *, at: datetime) -> None:
        self.closed_at = at

    @_move
    def close_without_balance(self, *, at: datetime) -> None:
        self.closed_at = at

    @_move
    def close_paid_out(self, *, at: datetime) -> None:
        self.closed_at = at


class SideRecord(models.Model):
    """What one side's own records say of the person, and whether that side has passed its check."""

    application = models.ForeignKey(
        TransferApplication, models.CASCADE, related_name="records", verbose_name=_("application")
    )
    side = models.CharField(_("side"), max_length=11, choices=Side)
    name = models.CharField(_("name on record"), max_length=60, blank=True)
    id_number = models.CharField(_("identity number on record"), max_length=18, blank=True)
    enrolled_on = models.DateField(_("enrolled on"), null=True, blank=True)
    stopped_on = models.DateField(_("stopped on"), null=True, blank=True)
    paying = models.BooleanField(_("paying contributions"), default=False)
    in_arrears = models.BooleanField(_("in arrears"), default=False)
    retired = models.BooleanField(_("draws retirement benefits"), default=False)
    cover_year = models.PositiveSmallIntegerField(
        _("year of resident cover"), null=True, blank=True
    )
    balance_fen = models.PositiveBigIntegerField(_("personal account (fen)"), null=True, blank=True)
    passed_at = models.DateTimeField(_("check passed at"), null=True, blank=True)
    passed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("check passed by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("record of a side")
        verbose_name_plural = _("records of the sides")
        constraints = [
            models.UniqueConstraint(fields=["application", "side"], name="one_record_a_side"),
            models.CheckConstraint(
                condition=Q(passed_at__isnull=True, passed_by__isnull=True)
                | Q(passed_at__isnull=False, passed_by__isnull=False),
                name="passed_at_iff_passed_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.get_side_display()}"


class MaterialKind(models.TextChoices):
    ID_CARD = "id_card", _("Identity card")
    SOCIAL_SECURITY_CARD = "social_security_card", _("Social-security card")
    CERTIFICATE = "certificate", _("Enrolment certificate")
    STOP_PROOF = "stop_proof", _("Proof that insurance was stopped")
    EMPLOYMENT_PROOF = "employment_proof", _("Proof of employment")
    RESIDENCE_PROOF = "residence_proof", _("Proof of residence")
    AUTHORISATION = "authorisation", _("Authorisation of a representative")


class Material(models.Model):
    """A paper the applicant has handed in."""

    application = models.ForeignKey(
        TransferApplication, models.CASCADE, related_name="materials", verbose_name=_("application")
    )
    kind = models.CharField(_("kind"), max_length=24, choices=MaterialKind)
    received_at = models.DateTimeField(_("received at"))
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("received by"),
    )  # fmt: skip

    class Meta:
        ordering = ["received_at", "pk"]
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        constraints = [
            models.UniqueConstraint(fields=["application", "kind"], name="one_material_a_kind")
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class SupplementRequest(models.Model):
    """The one request for missing materials a side may make. `items`: material kinds."""

    application = models.ForeignKey(
        TransferApplication, models.CASCADE, related_name="supplement_requests",
        verbose_name=_("application"),
    )  # fmt: skip
    side = models.CharField(_("asked by"), max_length=11, choices=Side)
    items = models.JSONField(_("items"))
    why = models.TextField(_("why"))
    requested_at = models.DateTimeField(_("requested at"))
    supplied_at = models.DateTimeField(_("supplied at"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for materials")
        verbose_name_plural = _("requests for materials")
        constraints = [
            models.UniqueConstraint(fields=["application", "side"], name="one_request_a_side"),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(supplied_at__isnull=True),
                name="one_unanswered_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.get_side_display()}"

    @property
    def item_labels(self) -> list[str]:
        return [str(MaterialKind(item).label) for item in self.items]
