"""Which page opens to whom: every role, every state, other agencies."""

from typing import Any

import pytest
from django.test import Client

from arrears.models import ArrearsCase
from arrears.rules.states import State
from arrears.staff.forms import FORMS
from tests.arrears.office import Office
from tests.scenes import staff
from tests.staff.desks import client_of
from transfers.models import Agency
from transfers.rules.states import Role

from .addresses import case_url, person_url, text_of

READERS = {Role.CLERK, Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR}
COUNTER = {Role.CLERK, Role.SUPERVISOR}
# What each role may do by hand, by state; nobody else anything.
OFFERED: dict[State, dict[Role, set[str]]] = {
    State.OPENED: {
        Role.CLERK: {"take_materials", "assess", "refuse", "cancel"},
        Role.SUPERVISOR: {"take_materials", "assess", "refuse", "waive", "cancel"},
    },
    State.ASSESSED: {
        Role.CLERK: {"take_materials", "assess", "refuse", "cancel"},
        Role.SUPERVISOR: {"take_materials", "assess", "refuse", "waive", "cancel"},
        Role.FINANCE: {"pay"},
    },
    State.PARTLY_PAID: {
        Role.CLERK: {"take_materials", "assess"},
        Role.SUPERVISOR: {"take_materials", "assess"},  # February is paid in part
        Role.FINANCE: {"pay", "take_back"},
    },
    State.SETTLED: {Role.FINANCE: {"take_back"}},
}


def crew(pool: str = "990100", stem: str = "door") -> dict[Role, Client]:
    agency = Agency.objects.get(region=pool)
    return {role: client_of(staff(f"{stem}_{role.value}", agency, role), "en") for role in Role}


@pytest.mark.parametrize("state", list(State))
def test_each_role_is_offered_exactly_what_it_may_do(office: Office, state: State) -> None:
    case = office.at(state)
    for role, client in crew().items():
        answer = client.get(case_url(case))
        if role not in READERS:
            assert answer.status_code == 404, role
            continue
        assert answer.status_code == 200, role
        html = text_of(answer)
        offered = {verb for verb in FORMS if f'href="{case_url(case, verb)}"' in html}
        wanted = OFFERED.get(state, {}).get(role, set())
        # The notice of missing materials links to taking them in.
        assert offered == wanted, role
        for verb in FORMS:
            page = client.get(case_url(case, verb))
            assert page.status_code == (200 if verb in wanted else 409), (role, verb)


def test_what_nobody_does_by_hand_has_no_page(office: Office) -> None:
    case = office.zhang()
    client = client_of(office.user("supervisor"))
    for verb in ("open", "requote", "reinstate", "nonsense"):
        assert client.get(case_url(case, verb)).status_code == 404


def test_a_case_of_another_agency_does_not_exist(office: Office) -> None:
    case = office.assessed()
    pages = [case_url(case), case_url(case, "pay"), person_url(case.person)]
    posts = [f"{case_url(case)}papers/quote/", person_url(case.person, "open")]
    other = staff("far_clerk", Agency.objects.get(region="420100"), Role.CLERK, Role.FINANCE)
    client = client_of(other)
    for page in pages:
        assert client.get(page).status_code == 404, page
    for page in posts:
        assert client.post(page).status_code == 404, page
    assert client.post(case_url(case, "pay"), {"amount_fen": "1"}).status_code == 404
    assert text_of(client.get("/admin/arrears/")).count(case.reference) == 0


def test_the_supervising_agency_reads_and_does_not_act(office: Office) -> None:
    agency = Agency.objects.get(region="990100")
    above = agency.supervised_by
    assert above is not None
    client = client_of(staff("above", above, Role.SUPERVISOR), "en")
    case = office.assessed()
    html = text_of(client.get(case_url(case)))
    assert "acting on it is for its own agency" in html
    assert not [verb for verb in FORMS if f'href="{case_url(case, verb)}"' in html]
    assert client.post(f"{case_url(case)}papers/quote/").status_code == 403


@pytest.mark.parametrize("page", ["/admin/arrears/", "/admin/arrears/new/"])
def test_the_counter_and_the_queue_open_to_their_roles(office: Office, page: str) -> None:
    allowed = COUNTER if page.endswith("new/") else READERS
    for role, client in crew().items():
        assert client.get(page).status_code == (200 if role in allowed else 403), role


def test_strangers_are_sent_to_the_login(client: Client, office: Office) -> None:
    case = office.zhang()
    for page in ("/admin/arrears/", case_url(case), case_url(case, "assess")):
        answer = client.get(page)
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


def test_the_navigation_leads_to_the_queue(office: Office) -> None:
    html = text_of(client_of(office.user("clerk"), "en").get("/admin/queue/"))
    assert '<a href="/admin/arrears/">Arrears</a>' in html


def test_the_identity_number_stands_on_no_page(office: Office) -> None:
    case: Any = office.at(State.PARTLY_PAID)
    case = ArrearsCase.objects.select_related("person").get(pk=case.pk)
    client = client_of(office.user("finance"))
    for page in (case_url(case), case_url(case, "pay"), person_url(case.person), "/admin/arrears/"):
        html = text_of(client.get(page))
        assert case.person.id_number not in html
        assert case.name not in html
        assert case.person.id_number[-4:] in html
