"""Applications that are not handed in yet: saved page by page, found again by reference and code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.timezone import localdate

from ..models.applications import TransferApplication
from ..models.drafts import Draft
from ..workflow.actions import submit
from ..workflow.actors import Actor
from ..workflow.query_codes import ALPHABET, LENGTH, QueryCode, hash_code, normalise
from ..workflow.references import new_reference
from ..workflow.submission import Submitted
from . import questions, uploads

# Long enough to fetch a missing paper from an office (15 working days are usual) and to come back;
# short enough that what nobody hands in does not pile up here.
KEPT = timedelta(days=30)
HEAD = "CG"  # 草稿
_SALT = "transfers.intake.drafts"
_TRIES = 5


class NotComplete(Exception):  # noqa: N818 - a name callers read as a sentence
    """A page is not right (any more): `step` is the first one."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


def begin(
    answers: Mapping[str, Any],
    *,
    reached: int,
    language: str,
    at: datetime,
    follows: TransferApplication | None = None,
) -> Draft:
    """Save the first answers under a fresh reference and code."""
    draft = Draft(
        answers=dict(answers), reached=reached, language=language, follows=follows,
        created_at=at, saved_at=at, expires_on=localdate(at) + KEPT,
    )  # fmt: skip
    draft.code_hash = hash_code(code_of(draft))
    for _try in range(_TRIES):
        draft.reference = new_reference(localdate(at), HEAD)
        try:
            with transaction.atomic():
                draft.save(force_insert=True)
        except IntegrityError:
            if not Draft.objects.filter(reference=draft.reference).exists():
                raise
            continue
        return draft
    raise RuntimeError(f"no free reference after {_TRIES} tries")


def code_of(draft: Draft) -> str:
    """The query code: worked out from the draft's token and the site's key, and stored nowhere.

    So it can be shown on every page, and a copy of the database does not give it away.
    """
    number = int.from_bytes(salted_hmac(_SALT, str(draft.token), algorithm="sha256").digest())
    letters = []
    for _place in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def resumed(draft: Draft, code: str) -> None:
    """Its owner came back with `code`, which is right. If the site has a new key since, the code
    that the pages show from now on is the right one from now on."""
    if code_of(draft) != normalise(code):
        Draft.objects.filter(pk=draft.pk).update(code_hash=hash_code(code_of(draft)))


def current(pk: int | None, on: date) -> Draft | None:
    """The unsent draft with this key, unless its time is over."""
    return (
        Draft.objects.select_related("follows__person")
        .filter(pk=pk, application=None, expires_on__gte=on)
        .first()
    )


def save(
    draft: Draft, given: Mapping[str, str], *, at: datetime, language: str, reached: int = 0
) -> Draft:
    """Add the answers of one page. Two tabs that save at once both keep theirs.

    Returns the draft as it now is; one that was handed in meanwhile stays as it is.
    """
    with transaction.atomic():
        kept = Draft.objects.select_for_update().get(pk=draft.pk)
        if kept.application_id is None:
            kept.answers |= given
            kept.reached = max(kept.reached, reached)
            kept.language = language
            kept.saved_at = at
            kept.expires_on = localdate(at) + KEPT
            kept.save(update_fields=["answers", "reached", "language", "saved_at", "expires_on"])
    return kept


def sealed(draft: Draft) -> str:
    """What a page carries, so that it is known where it belongs after the session ended."""
    return signing.Signer(salt=_SALT).sign(str(draft.token))


def unsealed(text: str, on: date) -> Draft | None:
    """The draft a page belongs to, handed in or not; None if the seal is not ours or it is gone."""
    try:
        token = UUID(signing.Signer(salt=_SALT).unsign(text))
    except (signing.BadSignature, ValueError):
        return None
    return Draft.objects.filter(token=token, expires_on__gte=on).first()


def hand_in(draft: Draft, *, at: datetime) -> Submitted:
    """Make a case of the draft, once. Its reference and code lead to that case from now on.

    Whoever comes second gets the case of the first. Raises NotComplete, or Problems as `submit`;
    then nothing is written. Call it in a transaction of your own to add to it.
    """
    with transaction.atomic():
        kept = Draft.objects.select_for_update().get(pk=draft.pk)
        code = code_of(kept)
        if kept.application is not None:
            return Submitted(kept.application, code)
        known = answers(kept)
        pages = questions.asked(known)
        for page in pages:
            if not page.is_valid():
                raise NotComplete(page.step)
        # What other answers asked for stands on no page any more, so it is not handed in.
        wanted = [row.kind for row in questions.materials_of(known)]
        for upload in kept.uploads.exclude(kind__in=wanted):
            upload.delete()
        kinds = dict.fromkeys(kept.uploads.values_list("kind", flat=True))
        given = questions.submission_of(pages, tuple(kinds), kept.language)
        done = submit(
            given, by=Actor.applicant(), at=at, query_code=QueryCode(code, kept.code_hash)
        )
        uploads.hand_over(kept, done.application)
        kept.application = done.application
        kept.answers = {}
        kept.save(update_fields=["application", "answers"])
    return done


def answers_of(application: TransferApplication) -> dict[str, str]:
    """What was answered for a case, as answers of a new application, but not for whom nor how to
    reach them (`answers`). Consent is given anew."""
    records = {record.side: record for record in application.records.all()}
    until = records["origin"].stopped_on
    since = records["destination"].enrolled_on
    return {
        "stopped": questions.YES,
        "enrolled": questions.YES,
        "retired": questions.RELOCATED if application.relocated_retiree else questions.NO,
        "origin": application.origin_id,
        "destination": application.destination_id,
        "scheme_from": application.scheme_from,
        "scheme_to": application.scheme_to,
        "reason": application.reason,
        "stopped_on": until.isoformat() if until else "",
        "enrolled_on": since.isoformat() if since else "",
        "notify_by": application.notify_by,
    }


def answers(draft: Draft) -> dict[str, Any]:
    """The answers, with what comes along unseen from the case it follows."""
    if draft.follows is None:
        return dict(draft.answers)
    kept = {
        "name": draft.follows.applicant_name,
        "id_number": draft.follows.person.id_number,
        "contact_phone": draft.follows.contact_phone,
        "contact_email": draft.follows.contact_email,
    }
    return {**draft.answers, questions.KEPT: kept}


def forget(on: date) -> int:
    """Delete the unsent drafts whose time is over, with their files. Returns how many."""
    over = Draft.objects.filter(application=None, expires_on__lt=on)
    gone = 0
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            # Held, or its files would go with it when it is handed in at the same time.
            draft = over.select_for_update().filter(pk=pk).first()
            if draft is not None:
                draft.delete()
                gone += 1
    return gone
