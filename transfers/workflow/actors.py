"""Who is acting, and which seats that person fills in a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..models.applications import Submitter, TransferApplication
from ..models.events import ActorKind
from ..rules.states import SEATED, Role, Seat, Side

if TYPE_CHECKING:
    from ..models.employers import Employer
    from ..models.users import User

_SUBMITTED_AS = {
    ActorKind.APPLICANT: Submitter.APPLICANT,
    ActorKind.EMPLOYER: Submitter.EMPLOYER,
    ActorKind.STAFF: Submitter.CLERK,
}


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    user: User | None = None
    agency_id: int | None = None
    roles: frozenset[Role] = frozenset()
    account: Employer | None = None

    @classmethod
    def staff(cls, user: User) -> Actor:
        return cls(ActorKind.STAFF, user, user.agency_id, user.roles)

    @classmethod
    def system(cls) -> Actor:
        return cls(ActorKind.SYSTEM)

    @classmethod
    def applicant(cls) -> Actor:
        """The insured person; the page has already proved it is theirs."""
        return cls(ActorKind.APPLICANT)

    @classmethod
    def employer(cls, user: User | None = None) -> Actor:
        """Somebody who acts for an employer; without a user, for one that has no account."""
        return cls(ActorKind.EMPLOYER, user, account=user.employer if user is not None else None)

    def side(self, application: TransferApplication) -> Side | None:
        return application.side_of(self.agency_id)

    def seats(self, application: TransferApplication) -> frozenset[Seat]:
        """Every seat this actor fills in this case."""
        if self.kind is ActorKind.SYSTEM:
            return frozenset({Seat.SYSTEM})
        seats: set[Seat] = set()
        if self.kind is ActorKind.APPLICANT:
            seats.add(Seat.APPLICANT)
        elif self.kind is ActorKind.EMPLOYER:
            if self._submitted(application):
                seats.add(Seat.EMPLOYER)
        else:
            side = self.side(application)
            seats.update(
                seat for seat, (of, roles) in SEATED.items() if of is side and roles & self.roles
            )
        if self._submitted(application):
            seats.add(Seat.SUBMITTER)
        return frozenset(seats)

    def _submitted(self, application: TransferApplication) -> bool:
        """Whether the case was submitted by this actor, or by a colleague at the same counter."""
        if application.submitter != _SUBMITTED_AS[self.kind]:
            return False
        if self.kind is ActorKind.EMPLOYER:
            own = self.account.pk if self.account is not None else None
            return application.employer_id == own
        if self.kind is not ActorKind.STAFF:
            return True
        return application.submitted_agency_id == self.agency_id and bool(
            self.roles & {Role.CLERK, Role.SUPERVISOR}
        )
