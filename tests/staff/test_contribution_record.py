"""The contribution record: seen by the side it belongs to, changed by its clerk, and what uses it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.scenes import Scene, moment, staff
from tests.staff.desks import case_url, client_of, form_of, text_of
from transfers.models import Agency, Contribution, Merge, TransferApplication, TransferPolicy
from transfers.rules.states import Role, Scheme, State

MANAGEMENT = {
    "rows-TOTAL_FORMS": "6", "rows-INITIAL_FORMS": "0", "rows-MIN_NUM_FORMS": "0",
    "rows-MAX_NUM_FORMS": "60",
    **{f"rows-{n}-kind": "actual" for n in range(6)},
    **{f"rows-{n}-scheme": "employee" for n in range(6)},
}  # fmt: skip


def url(application: TransferApplication) -> str:
    return f"{case_url(application)}record/"


def line(n: int, first: str, last: str, **values: str) -> dict[str, str]:
    typed = {"from_month": first, "to_month": last, **values}
    return {f"rows-{n}-{name}": value for name, value in typed.items()}


def own(application: TransferApplication, side: str, first: str, last: str, **fields: Any) -> Any:
    start, end = (date.fromisoformat(f"{each}-01") for each in (first, last))
    given = {
        "person": application.person, "pool": getattr(application, side),
        "scheme": Scheme.EMPLOYEE, "recorded_at": moment("2025-10-01"), "base_fen": 800_000,
        "months": (end.year - start.year) * 12 + end.month - start.month + 1,
    }  # fmt: skip
    return Contribution.objects.create(from_month=start, to_month=end, **(given | fields))


def months_of(application: TransferApplication, pool: str) -> list[tuple[str, str, int]]:
    rows = Contribution.objects.filter(person=application.person, pool=pool)
    return [(f"{r.from_month:%Y-%m}", f"{r.to_month:%Y-%m}", r.months) for r in rows]


def press(scene: Scene, application: TransferApplication, typed: dict[str, str]) -> Any:
    client = client_of(scene.user("origin_clerk"))
    hidden = form_of(text_of(client.get(url(application))))
    return client.post(url(application), {**MANAGEMENT, "seen": hidden["seen"], **typed})


def test_the_record_is_shown_as_table_picture_and_words(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    own(application, "origin", "2023-05", "2023-08")
    own(application, "origin", "2023-08", "2023-09", kind="deemed")
    own(application, "origin", "2024-01", "2024-03", months=2)
    own(application, "destination", "2011-01", "2011-02")
    html = text_of(client_of(scene.user("origin_clerk")).get(url(application)))
    assert "2023-05" in html
    assert "2011-01" not in html, "the other side's record is not shown"
    picture = html.split('<div class="month-grid"')[1].split("</div>")[0]
    for status, n in {"paid": 3, "deemed": 1, "doubled": 1, "missing": 3, "partly": 3}.items():
        assert picture.count(f'class="square {status}"') == n, status
    assert 'role="img"' in picture
    words = html.split("<details>")[1]
    assert "2023-05–2023-07" in words
    assert "2023-10–2023-12" in words


def test_a_clerk_adds_and_removes_rows(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    link = f'href="{url(application)}"'
    assert link in text_of(client_of(scene.user("origin_clerk")).get(case_url(application)))
    typed = {**line(0, "2018-07", "2023-06", base_fen="8000"),
             **line(3, "2023-09", "2023-12", months="3", kind="deemed")}  # fmt: skip
    answer = press(scene, application, typed)
    assert answer.status_code == 302
    assert answer["Location"] == url(application)
    assert months_of(application, "990100") == [
        ("2018-07", "2023-06", 60), ("2023-09", "2023-12", 3),
    ]  # fmt: skip
    event = application.events.last()
    assert (event.verb, event.user) == ("record", scene.user("origin_clerk"))
    log = text_of(client_of(scene.user("origin_clerk")).get(case_url(application)))
    assert log.count('<li><p class="log-head">') == application.events.count()
    press(scene, application, line(0, "2018-07", "2023-06"))
    assert months_of(application, "990100") == [("2018-07", "2023-06", 60)]


def test_wrong_rows_are_all_named_and_nothing_is_saved(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    own(application, "origin", "2020-01", "2020-02")
    typed = {**line(0, "2018-07", "2018-06"), **line(1, "2019-01", "2019-03"),
             **line(2, "2019-03", "2019-04")}  # fmt: skip
    answer = press(scene, application, typed)
    html = text_of(answer)
    assert answer.status_code == 422
    assert len(re.findall(r"<li>[^<]*2019-03[^<]*</li>", html)) == 1
    assert 'value="2018-07"' in html
    assert months_of(application, "990100") == [("2020-01", "2020-02", 2)]


@pytest.mark.parametrize("typed", ["0001-01", "1949-09", "2027-01", "9999-12", "2024-13", "x"])
def test_months_outside_a_lifetime_are_refused(scene: Scene, typed: str) -> None:
    application = scene.accepted(on="2025-10-27")
    answer = press(scene, application, line(0, typed, typed))
    assert answer.status_code == 422
    assert 'id="id_rows-0-from_month_error"' in text_of(answer)
    assert not months_of(application, "990100")


def test_six_more_lines_keep_what_was_typed(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    html = text_of(press(scene, application, {**line(0, "2018-07", "2018-08"), "more_rows": "1"}))
    assert 'name="rows-11-from_month"' in html
    assert 'value="2018-07"' in html
    assert not months_of(application, "990100")


def test_a_stale_page_writes_nothing(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    client = client_of(scene.user("origin_clerk"))
    hidden = form_of(text_of(client.get(url(application))))
    press(scene, application, line(0, "2018-07", "2018-08"))
    late = {**MANAGEMENT, "seen": hidden["seen"], **line(0, "2001-01", "2001-02")}
    answer = client.post(url(application), late)
    assert answer.status_code == 409
    assert 'value="2001-01"' in text_of(answer)
    assert months_of(application, "990100") == [("2018-07", "2018-08", 2)]
    assert client.post(url(application), {**late, "seen": "²"}).status_code == 409
    del late["seen"]
    assert client.post(url(application), late).status_code == 409


def test_rows_that_a_transfer_brought_are_shown_but_not_offered(scene: Scene) -> None:
    application = scene.arrived()
    html = text_of(client_of(scene.user("destination_clerk")).get(url(application)))
    assert application.reference in html.split('class="list record"')[1]
    assert 'name="rows-0-from_month"' not in html, "after the merge the record stands"
    again = scene.submit(moment("2025-10-28"), origin="350500", destination="990100",
                         id_number=application.person.id_number).application  # fmt: skip
    html = text_of(client_of(scene.user("destination_clerk")).get(url(again)))
    assert "2018-07" in html
    assert 'value="2018-07"' not in html


READERS = [Role.CLERK, Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR]


@pytest.mark.parametrize("role", list(Role))
def test_who_may_read_and_who_may_change(scene: Scene, role: Role) -> None:
    application = scene.accepted(on="2025-10-27")
    typed = {**MANAGEMENT, "seen": str(application.version), **line(0, "2001-01", "2001-02")}
    for code, where in (("990100", "origin"), ("350500", "destination"), ("350000", "above"),
                        ("420100", "elsewhere")):  # fmt: skip
        user = staff(f"{where}_{role.value}_x", Agency.objects.get(region=code), role)
        client = client_of(user)
        answer = client.get(url(application))
        if where == "elsewhere" or role not in READERS:
            assert answer.status_code == 404
        elif where == "above":
            assert answer.status_code in (403, 404), "the record is for the two sides alone"
        else:
            assert answer.status_code == 200
            may = role in (Role.CLERK, Role.SUPERVISOR)
            assert ('name="rows-0-from_month"' in text_of(answer)) is may
        if where != "origin" or role not in (Role.CLERK, Role.SUPERVISOR):
            if where == "destination":
                continue
            assert client.post(url(application), typed).status_code in (403, 404, 409)
    assert not months_of(application, "990100")


def test_the_price_of_the_page_is_constant(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    client = client_of(scene.user("origin_clerk"))

    def price() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(application)).status_code == 200
        return len(queries)

    own(application, "origin", "2010-01", "2010-02")
    few = price()
    for year in range(2011, 2024):
        own(application, "origin", f"{year}-01", f"{year}-12")
    assert price() == few <= 17


# --- the information form ---------------------------------------------------------


def test_the_form_is_filled_in_from_the_record(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    own(application, "origin", "2018-07", "2023-06")
    own(application, "origin", "2023-09", "2025-08", kind="deemed")
    own(application, "origin", "2001-01", "2001-12", scheme=Scheme.RESIDENT)
    html = text_of(client_of(scene.user("origin_clerk")).get(case_url(application, "transfer_out")))
    for value in ("2018-07", "2023-06", "2023-09", "2025-08", "8000.00"):
        assert f'value="{value}"' in html, value
    assert 'value="2001-01"' not in html, "resident months are not part of an employee's relation"
    assert re.search(r'name="interrupted"[^>]*checked', html)
    last = re.search(r'<input[^>]*name="last_paid_month"[^>]*>', html)
    assert last is not None
    assert 'value="2025-08"' in last[0]
    assert f'href="{url(application)}"' in html


def test_months_twice_on_the_record_are_told_before_the_form_goes_out(scene: Scene) -> None:
    application = scene.accepted(on="2025-10-27")
    own(application, "origin", "2018-07", "2023-06")
    own(application, "origin", "2023-05", "2025-08")
    html = text_of(client_of(scene.user("origin_clerk")).get(case_url(application, "transfer_out")))
    assert "2023-05, 2023-06" in html


def test_without_a_record_the_form_starts_from_its_last_version(scene: Scene) -> None:
    application = scene.in_state(State.DISCREPANCY_RAISED)
    Contribution.objects.all().delete()
    html = text_of(client_of(scene.user("origin_clerk")).get(case_url(application, "correct")))
    assert 'value="2018-07"' in html
    fresh = scene.accepted(on="2025-10-27")
    html = text_of(client_of(scene.user("origin_clerk")).get(case_url(fresh, "transfer_out")))
    assert 'name="rows-0-from_month"' in html
    assert 'value="2018-07"' not in html


# --- the transfer in --------------------------------------------------------------


def transfer_in(scene: Scene, application: TransferApplication, **typed: str) -> Any:
    client = client_of(scene.user("destination_clerk"))
    address = case_url(application, "transfer_in")
    html = text_of(client.get(address))
    late = {"lateness_reason": "workload", "charged_to": "destination"}
    return html, client.post(address, {**form_of(html), **late, **typed})


def test_the_page_shows_both_records_the_overlap_and_the_sum(scene: Scene) -> None:
    application = scene.out()
    own(application, "destination", "2025-05", "2025-10")
    html, answer = transfer_in(scene, application, text="")
    assert 'type="number" name="merged_months"' not in html
    for month in ("2025-05", "2025-06", "2025-07", "2025-08"):
        assert f"<li>{month}</li>" in html
    assert "<li>2025-09</li>" not in html
    picture = html.split('<div class="month-grid"')[1].split("</div>")[0]
    assert picture.count('class="square doubled"') == 4
    assert form_of(html)["merged_months"] == "80"
    assert "7年2个月" in html, "the preview speaks of all months counted"
    assert answer.status_code == 422
    assert 'id="id_text_error"' in text_of(answer)
    _html, answer = transfer_in(scene, application, text="原单位多缴，已退费")
    assert answer.status_code == 302
    merge = Merge.objects.get(application=application)
    assert (merge.added_months, merge.cumulative_months) == (80, 86)
    for who in ("origin_clerk", "destination_clerk"):
        block = text_of(client_of(scene.user(who)).get(case_url(application)))
        block = block.split('aria-labelledby="months"')[1].split("</section>")[0]
        for said in ("86", "80", "84", "2025-05–2025-08", "原单位多缴，已退费"):
            assert said in block, said
    event = application.events.filter(verb="transfer_in").get()
    assert "缴费7年2个月已计入" in event.shown_zh


def test_without_overlap_no_reason_is_asked(scene: Scene) -> None:
    html, answer = transfer_in(scene, scene.out())
    assert 'name="text"' not in html
    assert answer.status_code == 302


def test_a_record_that_changed_meanwhile_is_not_confirmed_unseen(scene: Scene) -> None:
    application = scene.out()
    client = client_of(scene.user("destination_clerk"))
    address = case_url(application, "transfer_in")
    hidden = form_of(text_of(client.get(address)))
    late = {"lateness_reason": "workload", "charged_to": "destination", "text": "已退费"}
    own(application, "destination", "2025-08", "2025-08")  # by another case of the person
    answer = client.post(address, {**hidden, **late})
    assert answer.status_code == 422
    html = text_of(answer)
    assert "83" in html
    assert form_of(html)["merged_months"] == "83"
    assert not Merge.objects.exists()
    assert client.post(address, {**hidden, **late, "merged_months": "83"}).status_code == 302


@pytest.mark.parametrize(("year", "added"), [(None, 0), (3, 21)])
def test_the_page_tells_what_resident_years_are_worth(
    scene: Scene, year: int | None, added: int
) -> None:
    TransferPolicy.objects.filter(region="350500").update(resident_year_to_employee_months=year)
    application = scene.out(scheme_from="resident", scheme_to="employee")
    html, answer = transfer_in(scene, application)
    assert form_of(html)["merged_months"] == str(added)
    assert answer.status_code == 302
    application = TransferApplication.objects.get(pk=application.pk)
    assert (application.merged_months, application.state) == (added, "closed_without_balance")
    said = application.events.get(verb="close_without_balance").shown_en
    assert ("1 year 9 months now counted" if added else "do not count as employee months") in said


# --- the identity number at the check ---------------------------------------------


def check(scene: Scene, application: TransferApplication, **typed: str) -> Any:
    client = client_of(scene.user("origin_clerk"))
    address = case_url(application, "pass_check")
    html = text_of(client.get(address))
    given = {"name": "张示例", "enrolled_on": "2018-07-01", "stopped_on": "2025-08-31",
             "balance_fen": "1234.56"}  # fmt: skip
    return html, client.post(address, {**form_of(html), **given, **typed})


def test_an_identity_number_is_never_assumed(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27"), origin_record={}).application
    html, answer = check(scene, application)
    assert not re.search(r'name="id_same"[^>]*checked', html)
    assert answer.status_code == 422
    assert 'id="id_id_same_error"' in text_of(answer)
    assert application.records.get(side="origin").id_number == ""
    number = application.person.id_number
    other = f"{number[:-1]}{'0' if number[-1] != '0' else '1'}"
    _html, answer = check(scene, application, id_same="on", id_number=other)
    assert answer.status_code == 422
    assert 'id="id_id_number_error"' in text_of(answer)
    _html, answer = check(scene, application, id_number=other)
    assert answer.status_code == 422, "another number is a failed check"
    _html, answer = check(scene, application, id_same="on", id_number=f" {number.lower()} ")
    assert answer.status_code == 302
    assert application.records.get(side="origin").id_number == number
    assert application.records.get(side="origin").id_number == number


def test_a_number_known_to_be_the_same_is_ticked(scene: Scene) -> None:
    application = scene.submit(moment("2025-10-27")).application
    html, answer = check(scene, application)
    assert re.search(r'name="id_same"[^>]*checked', html)
    assert application.person.id_number not in html
    assert answer.status_code == 422, "what is posted counts, not what was shown"
