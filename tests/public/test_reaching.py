"""Phones as people write them; what is said of a lost code and of a message; pages without terms."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.public.visits import SIGHTS, enter, fill_in
from tests.scenes import Scene, example_number, moment
from transfers.intake.batches import cells
from transfers.intake.questions import Contact
from transfers.models import TransferApplication
from transfers.public.lookup import _plain_contact
from transfers.rules.states import State

pytestmark = pytest.mark.django_db

WRITTEN = {
    "１３８００００００００": "13800000000",
    "+86 138-0000-0000": "13800000000",
    "１３８\u3000００００\u3000００００": "13800000000",
    # Digits of another script are not understood, and not left out either.
    "138" + "\u0660" * 8: None,
    "1380000000\u0660": None,
    "138000000": None,
}


def of_questions(text: str) -> str | None:
    form = Contact({"contact_phone": text, "notify_by": "none", "consent": "on"})
    return str(form.cleaned_data["contact_phone"]) if form.is_valid() else None


@pytest.mark.parametrize(("text", "kept"), WRITTEN.items())
def test_every_form_reads_a_phone_alike(client: Client, text: str, kept: str | None) -> None:
    assert of_questions(text) == kept
    application = Scene().accepted()
    with time_machine.travel(moment("2025-10-09"), tick=False):
        given = {"notify_by": "none", "language": "en", "contact_phone": text, "version": ""}
        answer = client.post(f"{enter(client, application)}contact/", given)
    assert answer.status_code == (302 if kept else 422)
    if kept:
        assert TransferApplication.objects.get(pk=application.pk).contact_phone == kept
        assert _plain_contact(text) == cells.phone(text) == kept


@pytest.mark.parametrize(
    ("notify_by", "given", "said"),
    [
        ("email", {}, ["An e-mail is on its way to z***@example.org", "a new one can be sent"]),
        ("none", {"contact_phone": "", "contact_email": ""}, ["no new one can be sent"]),
    ],
)
def test_what_is_said_of_a_lost_code_is_true(
    client: Client,
    notify_by: str,
    given: dict[str, str],
    said: list[str],
    settings: Any,
    tmp_path: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    client.cookies["jiexu-language"] = "en"
    with time_machine.travel(moment("2025-09-24", 9), tick=False):
        fill_in(client, example_number(), notify_by=notify_by, **given)
        client.post("/apply/check/")
        html = client.get("/apply/done/").content.decode()
    assert "never again" not in html
    for sentence in said:
        assert sentence in html


@pytest.mark.parametrize("page", ["contact/", "dispute/", "calendar.ics"])
def test_without_terms_or_calendar_the_page_leads_back_to_the_progress(
    client: Client, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transfers.policy import PolicyMissing
    from transfers.status import situation

    application = Scene().in_state(State.BALANCE_CREDITED)
    with time_machine.travel(SIGHTS["credited"].at, tick=False):
        address = enter(client, application)
        assert client.get(f"{address}{page}").status_code == 200

        def missing(*_args: Any) -> Any:
            raise PolicyMissing("no terms for 350500")

        monkeypatch.setattr(situation, "resolve", missing)
        answer = client.get(f"{address}{page}")
        assert (answer.status_code, answer.get("Location")) == (302, address)
        assert client.get(address).status_code == 200
