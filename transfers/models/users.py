"""Who can sign in: members of staff, and employers."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..rules.states import Role
from .employers import Employer
from .regions import Agency


class User(AbstractUser):
    """A member of staff of one agency, or somebody who acts for an employer; never both.

    Roles are the Django groups named as in `rules.states.Role`.
    """

    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="staff",
        verbose_name=_("agency"),
    )  # fmt: skip

    employer = models.ForeignKey(
        Employer, models.PROTECT, null=True, blank=True, related_name="users",
        verbose_name=_("employer"),
    )  # fmt: skip

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=Q(employer__isnull=True)
                | Q(agency__isnull=True, is_staff=False, is_superuser=False),
                name="staff_or_employer",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Family name first, without a space, as Chinese names are written."""
        return f"{self.last_name}{self.first_name}".strip()

    @cached_property
    def roles(self) -> frozenset[Role]:
        names = set(self.groups.values_list("name", flat=True))
        return frozenset(role for role in Role if role in names)

    @cached_property
    def scope(self) -> Q:
        """Agencies whose cases this person may see, as a filter on `Agency`.

        One's own; a supervisor or an auditor also sees those the own agency supervises.
        """
        if self.agency_id is None:
            return Q(pk__in=())
        own = Q(pk=self.agency_id)
        if self.roles & {Role.SUPERVISOR, Role.AUDITOR}:
            return own | Q(supervised_by=self.agency_id)
        return own
