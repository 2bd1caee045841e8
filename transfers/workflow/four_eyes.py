"""Two pairs of eyes: one person prepares an action, another confirms it or sends it back."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..models.events import Preparation, Track
from ..money import ledger
from ..rules.balances import BALANCE, BalanceAction, BalanceMove
from ..rules.hashing import digest_of
from ..rules.ledger import Movement
from ..rules.states import RELATION, Action, FourEyes, Move
from .actors import Actor
from .case import Case
from .errors import Invalid, NotAllowed


def pending(application_id: int, verb: str | None = None) -> list[Preparation]:
    """Preparations of a case that nobody has decided on yet."""
    rows = Preparation.objects.filter(application=application_id, outcome="")
    if verb is not None:
        rows = rows.filter(verb=verb)
    return list(rows.select_related("prepared_by", "instruction"))


def may_confirm(preparation: Preparation, row: Move | BalanceMove, case: Case) -> bool:
    """Whether the actor is the second person this action asks for."""
    if case.by.user is None or case.by.user.pk == preparation.prepared_by_id:
        return False
    same = case.side == preparation.side
    return same if row.four_eyes is FourEyes.SAME_SIDE else case.side is not None and not same


def _may_still(preparation: Preparation, row: Move | BalanceMove, case: Case) -> bool:
    """Whether the maker still has the seat and the account that preparing it took."""
    maker = preparation.prepared_by
    return maker.is_active and bool(Actor.staff(maker).seats(case.application) & set(row.seats))


# The movement of money that waits in the ledger while its second pair of eyes is awaited.
MOVEMENTS: dict[str, Movement] = {
    BalanceAction.REMIT: Movement.REMIT,
    BalanceAction.RESEND: Movement.REMIT,
    BalanceAction.PAY_TO_PERSON: Movement.PAYOUT,
    Action.CREDIT_BALANCE: Movement.CREDIT,
}


def prepare(case: Case, verb: str, payload: dict[str, Any]) -> None:
    """Store what the maker proposes. Raises NotAllowed while another proposal waits."""
    if pending(case.application.pk, verb):
        raise NotAllowed(
            _("This has already been prepared and waits for a second person."), code="pending"
        )
    assert case.side is not None
    assert case.by.user is not None
    instruction = None
    if verb in MOVEMENTS:
        instruction = ledger.instruct(
            MOVEMENTS[verb], by=case.by.user, at=case.at, amount_fen=payload["amount_fen"],
            application=case.application,
        )  # fmt: skip
    Preparation.objects.create(
        instruction=instruction,
        application=case.application,
        verb=verb,
        side=case.side,
        payload=payload,
        payload_hash=digest_of(payload),
        prepared_by=case.by.user,
        prepared_at=case.at,
    )


def take(case: Case, verb: str, row: Move | BalanceMove, hash_: str) -> Preparation:
    """The proposal the checker confirms, marked so.

    Raises NotAllowed when there is none, when the maker confirms, or from the wrong agency; Invalid
    when the content is not the one the checker was shown.
    """
    waiting = pending(case.application.pk, verb)
    if not waiting:
        raise NotAllowed(
            _("Nothing has been prepared that could be confirmed."), code="none_pending"
        )
    (preparation,) = waiting
    if case.by.user is not None and case.by.user.pk == preparation.prepared_by_id:
        raise NotAllowed(_("Whoever prepared it cannot confirm it."), code="maker_is_checker")
    if not may_confirm(preparation, row, case):
        raise NotAllowed(_("The second person must be of the other agency.")
                         if row.four_eyes is FourEyes.BOTH_SIDES
                         else _("The second person must be of the same agency."),
                         code="wrong_side")  # fmt: skip
    if verb in MOVEMENTS and not _may_still(preparation, row, case):
        raise NotAllowed(
            _("Whoever prepared it no longer may. Send it back and prepare it anew."),
            code="maker_left",
        )
    if not digest_of(preparation.payload) == preparation.payload_hash == hash_:
        raise Invalid("hash", _("What was prepared has changed since you read it."), code="hash")
    _decide(case, preparation, Preparation.Outcome.CONFIRMED)
    return preparation


def send_back(case: Case, verb: str, row: Move | BalanceMove, text: str) -> None:
    """Refuse a proposal as its second person, or take one's own back. A reason is needed."""
    waiting = pending(case.application.pk, verb)
    if not waiting:
        raise NotAllowed(
            _("Nothing has been prepared that could be confirmed."), code="none_pending"
        )
    own = case.by.user is not None and case.by.user.pk == waiting[0].prepared_by_id
    if not own and not may_confirm(waiting[0], row, case):
        raise NotAllowed(_("Only the second person can send it back."), code="wrong_side")
    if not text.strip():
        raise Invalid("text", _("Give a reason."), code="required")
    _decide(case, waiting[0], Preparation.Outcome.RETURNED)


def void_outdated(case: Case, still_so: Callable[[Case, Preparation], bool]) -> None:
    """Void every waiting proposal that the case's new state no longer allows, or whose figures have
    changed (`still_so` says of one that they have not)."""
    for preparation in pending(case.application.pk):
        row, state = row_of(preparation.verb), str(case.application.state)
        if isinstance(row, BalanceMove):
            state = str(case.balance.state) if case.balance is not None else ""
        allowed = state in row.sources and case.application.is_open
        if not allowed or not still_so(case, preparation):
            _decide(case, preparation, Preparation.Outcome.VOID)


def _decide(case: Case, preparation: Preparation, outcome: Preparation.Outcome) -> None:
    preparation.outcome, preparation.decided_at = outcome, case.at
    preparation.decided_by = case.by.user
    preparation.save(update_fields=["outcome", "decided_at", "decided_by"])
    instruction = preparation.instruction
    if instruction is None:
        return
    if outcome is Preparation.Outcome.CONFIRMED:
        assert case.by.user is not None
        ledger.post(instruction, by=case.by.user, at=case.at)
    else:
        ledger.void(instruction, by=case.by.user, at=case.at)


def row_of(verb: str) -> Move | BalanceMove:
    """The table row of a verb. Raises ValueError for a verb in neither table."""
    if verb in Action.values:
        return RELATION[Action(verb)]
    return BALANCE[BalanceAction(verb)]


def track_of(verb: str) -> Track:
    return Track.RELATION if verb in Action.values else Track.MONEY
