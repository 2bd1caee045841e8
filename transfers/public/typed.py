"""What was typed on a page of a case after the visit had ended: it comes back after the look-up.

The look-up page carries it, sealed, with the case and the page it was typed for; the server keeps
nothing of it. Whoever looks up another case does not see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse

_SALT = "transfers.public.typed"
_LASTS = 24 * 60 * 60  # seconds
_LONGEST = 2_000  # characters of one answer
_MOST = 20  # answers to one question
_HERE = "jiexu.typed"  # in request.META, where no header of a visitor's can come


@dataclass(frozen=True, slots=True)
class Typed:
    """The answers of one page, by the name of its address and the reference in it."""

    page: str
    reference: str
    answers: dict[str, Any]


def sealed(
    request: HttpRequest, reference: str, page: str, questions: Mapping[str, forms.Field]
) -> str:
    """The answers that a POST brought to these questions, for the look-up page to carry."""
    answers = {
        name: _cut(question.widget.value_from_datadict(request.POST, request.FILES, name))
        for name, question in questions.items()
    }
    return signing.dumps([page, reference, answers], salt=_SALT, compress=True)


def _cut(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_cut(each) for each in answer[:_MOST]]
    return answer[:_LONGEST] if isinstance(answer, str) else answer


def carried(seal: str) -> dict[str, Any]:
    """What the look-up page needs to carry it on; nothing if the seal is not ours or too old.

    A page without questions brought files, which are not kept.
    """
    typed = _opened(seal)
    return {} if typed is None else {"typed": seal, "typed_files": not typed.answers}


def _opened(seal: str) -> Typed | None:
    try:
        return Typed(*signing.loads(seal, salt=_SALT, max_age=_LASTS))
    except signing.BadSignature:
        return None


def back(request: HttpRequest, reference: str) -> HttpResponse | None:
    """The page that it was typed on, with it, once the visit may see its case; None if there is none.

    Nothing is handed in: that takes the button of the page.
    """
    typed = _opened(request.POST.get("typed", ""))
    if typed is None or typed.reference != reference:
        return None
    found = resolve(reverse(typed.page, args=[reference]))
    request.method = "GET"
    request.META[_HERE] = typed.answers
    answer: HttpResponse = found.func(request, **found.kwargs)
    return answer


def initial(request: HttpRequest) -> dict[str, Any]:
    """What a form begins with: what was typed before the visit ended, else nothing."""
    answers: dict[str, Any] = request.META.get(_HERE, {})
    return {name: answer for name, answer in answers.items() if answer is not None}
