"""Where the pages of the arrears office are."""

from typing import Any

from django.urls import reverse

from arrears.models import ArrearsCase


def case_url(case: ArrearsCase, verb: str = "") -> str:
    if verb:
        return reverse("admin:arrears_move", args=[case.reference, verb])
    return reverse("admin:arrears_case", args=[case.reference])


def person_url(person: Any, action: str = "") -> str:
    return reverse(f"admin:{'arrears_from_gap' if action else 'arrears_person'}", args=[person.pk])


def text_of(response: Any) -> str:
    return str(response.content.decode())
