"""What a visitor's session holds: the key of the unsent application, and the one case it may see."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from ..models.applications import TransferApplication
from ..models.drafts import Draft

_CASE = "case"
_CODE = "query_code"
_DRAFT = "draft"

# How long a fresh query code can be read again by reloading the page that shows it.
CODE_VISIBLE = timedelta(minutes=30)


def open_draft(request: HttpRequest, draft: Draft) -> None:
    """From now on this session fills in this application. The session gets a new name."""
    request.session.cycle_key()
    request.session[_DRAFT] = draft.pk


def draft_id(request: HttpRequest) -> int | None:
    """The unsent application this visit fills in."""
    found: int | None = request.session.get(_DRAFT)
    return found


def open_case(request: HttpRequest, application: TransferApplication) -> None:
    """From now on this session may see this case, and no other. The session gets a new name."""
    request.session.cycle_key()
    request.session[_CASE] = application.pk
    request.session.pop(_CODE, None)


def submitted(
    request: HttpRequest, application: TransferApplication, query_code: str, at: datetime
) -> None:
    """The draft became a case: it goes, and the case and its fresh code come in."""
    request.session.pop(_DRAFT, None)
    request.session[_CASE] = application.pk
    request.session[_CODE] = {"code": query_code, "until": (at + CODE_VISIBLE).timestamp()}


def fresh_code(request: HttpRequest, at: datetime) -> str:
    """The query code of a case just handed in; empty once it was put away or its time is over."""
    held: dict[str, Any] | None = request.session.get(_CODE)
    if held is None or at.timestamp() > held["until"]:
        return ""
    return str(held["code"])


def put_code_away(request: HttpRequest) -> None:
    if _CODE in request.session:
        del request.session[_CODE]


def case_id(request: HttpRequest) -> int | None:
    found: int | None = request.session.get(_CASE)
    return found


def case_of(request: HttpRequest, reference: str) -> TransferApplication | None:
    """The case this visit may see with what its pages show, if it is the one of the address.

    None: it is the look-up page's turn, whether such a case exists or not. One query at most.
    """
    pk = case_id(request)
    if pk is None:
        return None
    return (
        TransferApplication.objects.select_related(
            "origin__parent",
            "destination__parent",
            "origin_agency",
            "destination_agency",
            "balance",
            "merge",
            "rating__replied_by__agency",
        )
        .filter(pk=pk, reference=reference)
        .first()
    )


def leave(request: HttpRequest) -> None:
    request.session.flush()
