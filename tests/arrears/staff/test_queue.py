"""The arrears queue: whose cases, in which order, with which clocks, at what price."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from arrears.models import ArrearsCase
from arrears.rules.states import State
from arrears.staff import queue as queue_module
from tests.arrears.office import Office
from tests.scenes import staff
from tests.staff.desks import client_of
from transfers.models import Agency
from transfers.rules.states import Role

from .addresses import case_url, person_url, text_of

QUEUE = "/admin/arrears/"
FIND = "/admin/arrears/find/"


def references(html: str) -> list[str]:
    return re.findall(r'<td class="ref"><a href="/admin/arrears/([^/]+)/">', html)


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def cues(html: str) -> list[str]:
    return [plain(each) for each in re.findall(r'<td class="clock">(.*?)</td>', html, re.S)]


def chips(html: str) -> dict[str, str]:
    found = re.findall(r'<a href="(/admin/arrears/[^"]*)"[^>]*>([^<]*) <b>([^<]*)</b></a>', html)
    return {label.strip(): count for _url, label, count in found}


def queue_of(office: Office, query: str = "", who: str = "clerk") -> str:
    answer = client_of(office.user(who), "en").get(f"{QUEUE}{query}")
    assert answer.status_code == 200
    return text_of(answer)


def test_the_most_overdue_comes_first_whatever_it_waits_for(office: Office) -> None:
    settled = office.at(State.SETTLED)  # benefits restart on 1 April
    late = office.zhang("2025-03-05")  # to be assessed by 12 March
    due = office.assessed()  # to be paid by 20 March, today
    closed = office.at(State.CANCELLED)
    html = queue_of(office)
    assert references(html) == [late.reference, due.reference, settled.reference]
    assert closed.reference not in html
    assert cues(html) == [
        "▲ 6 working days overdue Wed 12 Mar",
        "◆ Due today Thu 20 Mar",
        "○ Restarts in 12 days Tue 1 Apr",
    ]
    assert "(1 overdue) Arrears" in html


def test_a_row_says_months_cause_state_and_what_is_owed(office: Office) -> None:
    office.zhang()
    part = office.at(State.PARTLY_PAID)
    html = queue_of(office)
    rows = [plain(row) for row in re.findall(r"<tr>(.*?)</tr>", html, re.S)[1:]]
    assert rows[0].endswith("2025-01–2025-02 2 months The employer did not pay Opened not assessed")
    assert rows[1].endswith("Partly paid ¥727.20")
    assert part.reference in rows[1]


def test_chips_count_and_narrow(office: Office) -> None:
    office.zhang("2025-03-05")
    office.assessed()
    assessed = office.assessed()
    html = queue_of(office)
    counts = chips(html)
    assert counts == {
        "All": "3", "Overdue": "1", "Today": "2", "Closed": "0", "Every state": "3", "Opened": "1",
        "Assessed, waiting for payment": "2", "Partly paid": "0", "Settled, benefits to restart": "0",
    }  # fmt: skip
    narrowed = queue_of(office, "?state=assessed")
    assert len(references(narrowed)) == 2
    assert assessed.reference in narrowed
    assert references(queue_of(office, "?view=overdue&state=assessed")) == []
    assert "No arrears case waits here." in queue_of(office, "?view=overdue&state=assessed")


@pytest.mark.parametrize(
    "query",
    ["?state=nonsense", "?view=x", "?after=x", "?after=2025-13-01:1", "?after=2025-01-01:²"],
)
def test_what_an_address_asks_nonsensically_is_not_asked(office: Office, query: str) -> None:
    case = office.zhang()
    assert references(queue_of(office, query)) == [case.reference]


def test_pages_follow_by_key_and_miss_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "PAGE", 2)
    days = ("2025-03-06", "2025-03-05", "2025-03-05", "2025-03-07", "2025-03-07")
    made = [office.zhang(day) for day in days]
    wanted = [
        case.reference
        for case in ArrearsCase.objects.order_by("next_on", "pk")
        if case.pk in {each.pk for each in made}
    ]
    assert turned_over(office, "") == wanted


def turned_over(office: Office, address: str) -> list[str]:
    """The references of every page, from an address on."""
    seen = []
    while True:
        html = queue_of(office, address)
        assert len(references(html)) <= queue_module.PAGE
        seen += references(html)
        following = re.search(r'href="/admin/arrears/(\?[^"]+)" rel="next"', html)
        if following is None:
            return seen
        address = unescape(following[1])


def test_closed_cases_have_a_view_the_latest_first(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "PAGE", 2)
    office.zhang()
    states = (State.CANCELLED, State.WAIVED, State.REINSTATED, State.CANCELLED, State.INELIGIBLE)
    made = {state: office.at(state) for state in states}
    wanted = [
        case.reference
        for case in ArrearsCase.objects.exclude(closed_at=None).order_by("-closed_at", "-pk")
    ]
    assert wanted[0] == made[State.REINSTATED].reference  # on 1 April, the others on 10 March
    assert turned_over(office, "?view=closed") == wanted
    html = queue_of(office, "?view=closed")
    assert cues(html)[0] == "Tue 1 Apr"
    assert "¥1,627.20" in html  # what was paid
    assert chips(html) == {
        "All": "1", "Overdue": "1", "Today": "0", "Closed": "5", "Every state": "5",
        "Benefits restarted": "1", "Cannot be paid back": "1", "Waived": "1", "Cancelled": "2",
    }  # fmt: skip
    assert len(turned_over(office, "?view=closed&state=cancelled")) == 2
    assert len(turned_over(office, "?view=closed&state=opened")) == 5  # no state of this view
    assert len(turned_over(office, "?view=closed&after=2025-03-20")) == 5


def test_nothing_closed_is_said(office: Office) -> None:
    office.zhang()
    assert "No arrears case is closed yet." in queue_of(office, "?view=closed")


def queries_of(office: Office, address: str = QUEUE) -> int:
    client = client_of(office.user("supervisor"), "en")
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_the_queue_asks_the_database_as_often_for_three_rows_as_for_one(office: Office) -> None:
    office.assessed()
    one = queries_of(office)
    office.at(State.PARTLY_PAID)
    office.at(State.SETTLED)
    assert len(references(queue_of(office))) == 3
    assert queries_of(office) == one
    assert one <= 10
    office.at(State.CANCELLED)
    closed = queries_of(office, f"{QUEUE}?view=closed")
    office.at(State.WAIVED)
    assert queries_of(office, f"{QUEUE}?view=closed") == closed <= one


def test_cases_of_other_agencies_are_not_there(office: Office) -> None:
    office.zhang()
    other = staff("elsewhere", Agency.objects.get(region="420100"), Role.CLERK)
    assert references(text_of(client_of(other).get(QUEUE))) == []


# Finding


def test_a_reference_leads_to_its_case_and_a_number_to_the_person(office: Office) -> None:
    case = office.zhang()
    client = client_of(office.user("clerk"))
    answer = client.post(FIND, {"words": f" {case.reference.lower()} "})
    assert (answer.status_code, answer["Location"]) == (302, case_url(case))
    answer = client.post(FIND, {"words": case.person.id_number})
    assert (answer.status_code, answer["Location"]) == (302, person_url(case.person))
    assert case.person.id_number not in answer["Location"]


@pytest.mark.parametrize(
    "words", ["", "0024", "BJ20250310-0000000", "990100198504129999", "张示例"]
)
def test_what_is_not_found_is_said_at_the_field_and_stays_typed(office: Office, words: str) -> None:
    office.zhang()
    answer = client_of(office.user("clerk"), "en").post(FIND, {"words": words})
    assert answer.status_code == 422
    html = text_of(answer)
    assert 'aria-invalid="true"' in html
    (typed,) = re.findall(r'<input[^>]* name="words"[^>]*>', html)
    assert (f'value="{words}"' in typed) is bool(words)


def test_a_person_of_another_agency_is_not_found(office: Office) -> None:
    case = office.zhang()
    other = staff("elsewhere", Agency.objects.get(region="420100"), Role.CLERK)
    client = client_of(other, "en")
    for words in (case.reference, case.person.id_number):
        assert client.post(FIND, {"words": words}).status_code == 422
    assert client_of(other).get(FIND).status_code == 405


def test_an_estimated_day_is_marked(office: Office) -> None:
    case = office.zhang()
    ArrearsCase.objects.filter(pk=case.pk).update(next_on=date(2027, 3, 1), next_provisional=True)
    assert "est." in queue_of(office)
