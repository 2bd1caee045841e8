"""Issuing a paper: its number, its content, its seal. Part of the transaction that it tells of."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from ..models.applications import TransferApplication
from ..models.forms import InformationForm
from ..models.papers import Paper
from ..models.regions import Agency
from ..rules.hashing import digest_of
from .content import Matter, frame
from .numbers import new_number
from .signing import seals

if TYPE_CHECKING:
    from ..models.users import User

_NUMBER_TRIES = 5


def issue(
    kind: Paper.Kind,
    subject: TransferApplication | Matter,
    body: dict[str, Any],
    *,
    agency: Agency,
    by: "User | None",
    at: datetime,
    form: InformationForm | None = None,
    valid_until: date | None = None,
) -> Paper:
    """Seal and store the next version of a case's or a matter's paper. Nothing is rendered now.

    The caller holds the subject (`workflow.case.Case.claim`), so versions do not race. Raises
    `signing.SealError` when there is no key to seal with.
    """
    application, about = _of(subject)
    version = Paper.objects.filter(application=application, about=about, kind=kind).count() + 1
    for _try in range(_NUMBER_TRIES):
        number = new_number(kind, localdate(at))
        paper = sealed(
            kind, subject, body, number=number, version=version, agency=agency, by=by, at=at,
            form=form, valid_until=valid_until,
        )  # fmt: skip
        try:
            with transaction.atomic():
                paper.save(force_insert=True)
        except IntegrityError:
            if Paper.objects.filter(number=number).exists():
                continue
            raise
        return paper
    raise RuntimeError(f"no free number for a paper after {_NUMBER_TRIES} tries")


def sealed(
    kind: Paper.Kind,
    subject: TransferApplication | Matter,
    body: dict[str, Any],
    *,
    number: str,
    version: int = 1,
    agency: Agency,
    by: "User | None",
    at: datetime,
    form: InformationForm | None = None,
    valid_until: date | None = None,
) -> Paper:
    """A paper under its number and its seal, not stored yet. Raises `signing.SealError`."""
    seal = seals().current
    application, about = _of(subject)
    content = frame(kind, subject, agency, at=at) | {
        "number": number,
        "version": version,
        "valid_until": valid_until.isoformat() if valid_until else None,
        "body": body,
    }
    digest = digest_of(content)
    return Paper(
        number=number,
        kind=kind,
        application=application,
        about=about,
        version=version,
        form=form,
        content=content,
        content_hash=digest,
        signer=seal.id,
        signature=seal.sign(digest),
        agency=agency,
        issued_by=by,
        issued_at=at,
        valid_until=valid_until,
    )


def _of(subject: TransferApplication | Matter) -> tuple[TransferApplication | None, str]:
    """The transfer a paper belongs to, or the reference of what else it does."""
    return (subject, "") if isinstance(subject, TransferApplication) else (None, subject.reference)
