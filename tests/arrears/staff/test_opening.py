"""Opening a case: typed at the counter, or with one press beside a gap of the record."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from arrears.models import ArrearsCase
from arrears.rules.states import State
from tests.arrears.office import Office, month
from tests.scenes import Scene, example_number, moment
from tests.staff.desks import client_of
from transfers.models import Contribution, Person

from .addresses import case_url, person_url, text_of
from .conftest import NOW

NEW = "/admin/arrears/new/"


def typed(**changes: Any) -> dict[str, Any]:
    given = {
        "name": "张示例", "id_number": example_number(), "scheme": "employee", "cause": "employer",
        "from_month": "2025-01", "to_month": "2025-02", "language": "zh-hans",
        "employer_name": "示例有限公司", "materials": ["id_card"],
    }  # fmt: skip
    return {**given, **changes}


def record(
    person: Any, *spans: tuple[str, str], pool: str = "990100", kind: str = "actual"
) -> None:
    for first, last in spans:
        start, end = month(first), month(last)
        Contribution.objects.create(
            person=person, pool_id=pool, scheme="employee", kind=kind, from_month=start,
            to_month=end, base_fen=800_000, recorded_at=NOW,
            months=(end.year - start.year) * 12 + end.month - start.month + 1,
        )  # fmt: skip


def someone() -> Person:
    number = example_number()
    return Person.objects.create(id_number=number, sex="male", birth_on="1985-04-12")


def hidden(html: str) -> list[dict[str, str]]:
    """The values of each form beside a gap."""
    found = []
    for form in re.findall(r'<form class="gap-do".*?</form>', html, re.S):
        inputs = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        cause = re.search(r'<option value="(\w+)"', form)
        assert cause is not None
        found.append({**dict(inputs), "cause": cause[1]})
    return found


def test_a_clerk_types_a_case(office: Office) -> None:
    client = client_of(office.user("clerk"), "en")
    given = typed(base_fen="8123.45", consecutive_before="24", resumed_month="2025-03")
    answer = client.post(NEW, given)
    case = ArrearsCase.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, case_url(case))
    assert (case.base_fen, case.consecutive_before, case.pool_id) == (812_345, 24, "990100")
    assert (case.from_month, case.to_month) == (month("2025-01"), month("2025-02"))
    assert case.resumed_month == month("2025-03")
    assert [each.kind for each in case.materials.all()] == ["id_card"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id_number", "990100198504120000"),
        ("name", ""),
        ("from_month", "2025-13"),
        ("to_month", "2024-12"),
        ("to_month", "2025-03"),
        ("to_month", "2031-01"),
        ("resumed_month", "2025-02"),
        ("base_fen", "-1"),
        ("base_fen", "0"),
        ("base_fen", "1.234"),
        ("consecutive_before", "-3"),
        ("cause", ""),
        ("cause", "nonsense"),
        ("scheme", "resident"),
        ("employer_name", ""),
        ("employer_uscc", "12345"),
        ("employer_email", "no address"),
        ("contact_phone", "12345"),
        ("contact_email", "no address"),
        ("materials", ["nonsense"]),
        ("language", "fr"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_typed_is_lost(
    office: Office, field: str, value: Any
) -> None:
    given = typed(**{field: value})
    answer = client_of(office.user("clerk"), "en").post(NEW, given)
    assert answer.status_code == 422
    assert not ArrearsCase.objects.exists()
    assert list(answer.context["form"].errors) == [field]
    html = text_of(answer)
    assert "Error: Open an arrears case" in html
    for name in ("name", "employer_name", "from_month"):
        if name != field:
            assert f'value="{given[name]}"' in html


def test_every_wrong_answer_is_told_at_once(office: Office) -> None:
    given = typed(id_number="990100198504120000", employer_name="", contact_phone="1")
    answer = client_of(office.user("clerk"), "en").post(NEW, given)
    assert set(answer.context["form"].errors) == {"id_number", "employer_name", "contact_phone"}


def test_months_that_are_paid_or_asked_for_already_are_refused(office: Office) -> None:
    case = office.zhang()
    client = client_of(office.user("clerk"), "en")
    number = case.person.id_number
    answer = client.post(NEW, typed(id_number=number, from_month="2025-02"))
    assert case.reference in str(answer.context["form"].errors["from_month"])
    record(case.person, ("2024-01", "2024-12"))
    answer = client.post(NEW, typed(id_number=number, from_month="2024-11", to_month="2024-12"))
    assert "paid already: 2024-11, 2024-12" in str(answer.context["form"].errors["from_month"])


# From the record


def test_the_grid_shows_every_gap_and_one_press_opens_its_case(office: Office) -> None:
    case = office.zhang()  # makes the person known, under a name
    person = case.person
    office_case = case.reference
    record(person, ("2023-01", "2024-02"), ("2024-05", "2024-12"))
    client = client_of(office.user("clerk"), "en")
    html = text_of(client.get(person_url(person)))
    assert "2024-03–2024-04" in html
    assert "2 months missing" in html
    assert "paid up to 2024-02, again from 2024-05" in html
    assert office_case in html  # the gap since January has its case
    [offered] = hidden(html)
    assert offered["cause"] == "employer"
    # The employer is not known here, so the press asks for it and loses nothing.
    answer = client.post(person_url(person, "open"), offered)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["employer_name"]
    assert 'value="2024-03"' in text_of(answer)
    assert person.id_number not in text_of(answer)
    assert "张示例" not in text_of(answer)
    answer = client.post(person_url(person, "open"), {**offered, "cause": "individual"})
    opened = ArrearsCase.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, case_url(opened))
    assert (opened.from_month, opened.to_month) == (month("2024-03"), month("2024-04"))
    assert (opened.resumed_month, opened.consecutive_before) == (month("2024-05"), 14)
    assert (opened.name, opened.cause) == ("张示例", "individual")
    assert hidden(text_of(client.get(person_url(person)))) == []


def test_pressing_twice_opens_one_case(office: Office) -> None:
    case = office.zhang()
    record(case.person, ("2023-01", "2024-02"), ("2024-05", "2024-12"))
    client = client_of(office.user("clerk"), "en")
    [offered] = hidden(text_of(client.get(person_url(case.person))))
    given = {**offered, "cause": "system"}
    assert client.post(person_url(case.person, "open"), given).status_code == 302
    answer = client.post(person_url(case.person, "open"), given)
    assert answer.status_code == 422
    assert "asks for 2024-03 already" in str(answer.context["form"].errors["from_month"])
    assert ArrearsCase.objects.count() == 2


def test_a_person_without_a_name_on_record_is_asked_for_it(office: Office) -> None:
    person = someone()
    record(person, ("2023-01", "2024-11"))
    client = client_of(office.user("clerk"), "en")
    [offered] = hidden(text_of(client.get(person_url(person))))
    given = {**offered, "cause": "individual"}
    answer = client.post(person_url(person, "open"), given)
    assert list(answer.context["form"].errors) == ["name"]
    answer = client.post(person_url(person, "open"), {**given, "name": "王示例"})
    assert answer.status_code == 302
    assert ArrearsCase.objects.get().name == "王示例"


def test_readers_see_the_grid_and_open_nothing(office: Office) -> None:
    person = someone()
    record(person, ("2023-01", "2024-11"))
    for who in ("finance", "auditor"):
        client = client_of(office.user(who), "en")
        html = text_of(client.get(person_url(person)))
        assert "2024-12–2025-02" in html
        assert hidden(html) == []
        assert client.post(person_url(person, "open"), typed()).status_code == 403


def test_a_person_that_no_pool_of_the_reader_knows_does_not_exist(office: Office) -> None:
    person = someone()
    record(person, ("2023-01", "2024-11"), pool="350500")
    client = client_of(office.user("clerk"))
    assert client.get(person_url(person)).status_code == 404
    assert client.post(person_url(person, "open"), typed()).status_code == 404
    assert client.get("/admin/arrears/people/999999/").status_code == 404


def test_months_twice_deemed_and_missing_are_told_apart(office: Office) -> None:
    person = someone()
    record(person, ("2023-01", "2023-06"), kind="deemed")
    record(person, ("2023-06", "2024-02"), ("2024-05", "2025-02"))
    html = text_of(client_of(office.user("clerk"), "en").get(person_url(person)))
    assert "Deemed as paid: 5 months; Insured twice: 1 month; Missing: 2 months" in html
    assert "Insured twice: 2023-06." in html


def test_a_paid_back_gap_is_no_gap_any_more(office: Office) -> None:
    case = office.at(State.SETTLED)
    html = text_of(client_of(office.user("clerk"), "en").get(person_url(case.person)))
    assert "No month is missing." in html
    assert case.reference in html


def test_the_grid_asks_the_database_as_often_for_three_gaps_as_for_one(office: Office) -> None:
    one, three = someone(), someone()
    record(one, ("2023-01", "2024-02"), ("2024-05", "2025-02"))
    record(three, ("2022-01", "2022-05"), ("2022-08", "2023-02"), ("2023-05", "2024-05"),
           ("2024-09", "2025-02"))  # fmt: skip
    client = client_of(office.user("clerk"), "en")

    def queries(person: Person) -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(person_url(person))
        return len(caught)

    queries(one)
    assert queries(one) == queries(three)


# From a transfer


def test_the_record_of_a_transfer_shows_the_gaps_and_opens_their_case(office: Office) -> None:
    scene = Scene()
    transfer = scene.submit(moment("2025-03-18")).application
    record(transfer.person, ("2023-01", "2024-02"), ("2024-05", "2025-02"))
    client = client_of(scene.user("origin_clerk"), "en")
    page = f"/admin/cases/{transfer.reference}/record/"
    [offered] = hidden(text_of(client.get(page)))
    answer = client.post(person_url(transfer.person, "open"), {**offered, "cause": "individual"})
    case = ArrearsCase.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, case_url(case))
    assert case.name == transfer.applicant_name
    html = text_of(client.get(page))
    assert case_url(case) in html
    assert hidden(html) == []
    # The case page leads back to the transfer that waits for it.
    assert f"/admin/cases/{transfer.reference}/" in text_of(client.get(case_url(case)))


def test_a_record_without_gaps_says_nothing_of_arrears(office: Office) -> None:
    scene = Scene()
    transfer = scene.submit(moment("2025-03-18")).application
    record(transfer.person, ("2023-01", "2025-02"))
    client = client_of(scene.user("origin_clerk"), "en")
    html = text_of(client.get(f"/admin/cases/{transfer.reference}/record/"))
    assert 'id="gaps"' not in html
