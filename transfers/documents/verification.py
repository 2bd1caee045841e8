"""Whether a paper is genuine: the stored content hashed anew, the seal over it verified."""

import hmac
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.timezone import localtime

from .. import plugs
from ..models.papers import Paper
from ..rules.hashing import digest_of
from .numbers import normalise
from .signing import seals

CODE_LENGTH = 16  # hexadecimal characters of the content hash: 64 bits


class Verdict(StrEnum):
    GENUINE = "genuine"
    REPLACED = "replaced"  # genuine, and a newer one replaces it
    EXPIRED = "expired"  # genuine, and no longer valid
    WITHDRAWN = "withdrawn"  # genuine, and what it says no longer holds
    NOT_GENUINE = "not_genuine"


@dataclass(frozen=True, slots=True)
class Finding:
    """`paper` is None unless it is genuine, so that nothing can be told of one that is not."""

    verdict: Verdict
    paper: Paper | None = None


NOT_GENUINE = Finding(Verdict.NOT_GENUINE)


def code_of(paper: Paper) -> str:
    """What stands beside the number on the paper, and with it in the QR code."""
    return paper.content_hash[:CODE_LENGTH]


def is_sealed(paper: Paper) -> bool:
    """Whether the row is what was sealed: content, hash, signature, and the columns beside them."""
    content = paper.content
    digest = digest_of(content)
    if not hmac.compare_digest(digest, paper.content_hash):
        return False
    signer = seals().find(paper.signer)
    if signer is None or not signer.verify(digest, paper.signature):
        return False
    return (
        content.get("number"),
        content.get("kind"),
        content.get("version"),
        content.get("valid_until"),
        content.get("issued_at"),
    ) == (
        paper.number,
        paper.kind,
        paper.version,
        paper.valid_until.isoformat() if paper.valid_until else None,
        localtime(paper.issued_at).isoformat(timespec="seconds"),
    )


def verify(number: str, code: str, on: date) -> Finding:
    """What can be said of a number and a code on a day. The same for every kind of miss."""
    paper = Paper.objects.select_related("agency").filter(number=normalise(number)).first()
    given = "".join(code.lower().split())
    if paper is None or not hmac.compare_digest(given.encode(), code_of(paper).encode()):
        return NOT_GENUINE
    if not is_sealed(paper):
        return NOT_GENUINE
    if any(plug(paper) for plug in plugs.withdrawn):
        return Finding(Verdict.WITHDRAWN, paper)
    if paper.replacements.exists():
        return Finding(Verdict.REPLACED, paper)
    if paper.valid_until is not None and paper.valid_until < on:
        return Finding(Verdict.EXPIRED, paper)
    return Finding(Verdict.GENUINE, paper)
