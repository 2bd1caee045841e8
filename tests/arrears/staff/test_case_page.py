"""The case page: what to do, the quote explained, versions, payments, log, at a constant price."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from arrears.models import Quote
from arrears.quoting import current_quote
from arrears.rules.figures import figures, spell
from arrears.rules.states import Action, State
from arrears.rules.stored import from_json
from arrears.staff.explained import explained
from tests.arrears.office import Office
from tests.staff.desks import client_of

from .addresses import case_url, text_of


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def page_of(office: Office, case: Any, query: str = "", who: str = "clerk") -> str:
    answer = client_of(office.user(who), "en").get(f"{case_url(case)}{query}")
    assert answer.status_code == 200
    return text_of(answer)


def test_every_figure_stands_there_with_formula_inputs_and_policy(office: Office) -> None:
    case = office.assessed()
    quote = current_quote(case)
    assert quote is not None
    page = words(page_of(office, case))
    found = from_json(quote.assessment)
    assert len(figures(found)) > 25
    for figure in figures(found):
        assert words(spell(figure)) in page, figure.key
    told = explained(quote)
    assert told.sources
    for source in told.sources:
        assert f"{source.what.en} {source.value.en}" in page
        assert f"since {source.since}" in page
        assert source.place.en in page
        assert words(source.text) in page
    used = {given.source for line in (*told.money, *told.restart) for given in line.inputs}
    used |= {given.source for each in told.months for line in each.lines for given in line.inputs}
    assert used - {None} == {source.number for source in told.sources}


def test_the_months_the_totals_and_the_restart_of_the_worked_example(office: Office) -> None:
    page = words(page_of(office, office.assessed()))
    for row in (
        "2025-01 ¥8,000.00 ¥640.00 ¥160.00 48 ¥19.20 ¥819.20",
        "2025-02 ¥8,000.00 ¥640.00 ¥160.00 20 ¥8.00 ¥808.00",
        "Together ¥1,280.00 ¥320.00 ¥27.20 ¥1,627.20",
        "Employer ¥1,280.00 ¥27.20 ¥1,307.20",
        "The insured person ¥320.00 ¥0.00 ¥320.00",
        "Benefits stopped from Sat 1 February 2025",
        "Benefits restart on Tue 1 April 2025",
        "2025-02-01 – 2025-03-31",
    ):
        assert row in page, row


def test_a_wait_is_told_with_the_rule(office: Office) -> None:
    case = office.assessed(office.li(), on="2025-06-05", pay_by=date(2025, 6, 10))
    page = words(page_of(office, case))
    assert "Benefits restart on Mon 1 December 2025" in page
    assert "Waiting period 6 months" in page
    assert "6 months from the month of payment (2025-06-10)" in page
    assert "No national rule was found" in page


def test_earlier_versions_can_be_read_word_for_word(office: Office) -> None:
    case = office.assessed()
    case = office.assessed(case, on="2025-03-11", pay_by=date(2025, 3, 25))
    assert Quote.objects.filter(case=case).count() == 2
    newest, old = page_of(office, case), page_of(office, case, "?version=1")
    assert "Quote, version 2" in newest
    assert "A newer version replaces this one." not in newest
    assert "Quote, version 1" in old
    assert "A newer version replaces this one." in old
    assert "¥1,627.20" in words(old)
    assert "Quote, version 2" in page_of(office, case, "?version=99")


def test_what_to_do_is_said_for_every_state(office: Office) -> None:
    said = {
        State.OPENED: "Assess the case and hand out the quote.",
        State.ASSESSED: "¥1,627.20 is left to pay by Thu 20 March 2025.",
        State.PARTLY_PAID: "¥727.20 is left to pay by Thu 20 March 2025.",
        State.SETTLED: "Benefits restart on Tue 1 April 2025 by themselves.",
        State.REINSTATED: "The case is closed.",
        State.WAIVED: "The case is closed. Nothing is left to do. 说明理由",
    }
    for state, sentence in said.items():
        assert sentence in words(page_of(office, office.at(state))), state


def test_missing_materials_are_named(office: Office) -> None:
    case = office.zhang(materials=("id_card",))
    page = words(page_of(office, case))
    assert "Still missing: Labour contract, Proof of wages" in page
    assert "Take in the materials, then assess and quote." in page


def test_a_case_of_the_system_is_for_the_supervisor_to_assess(office: Office) -> None:
    case = office.zhang(cause="system", employer_name="", employer_email="")
    assert "A supervisor assesses the case" in page_of(office, case)
    case = office.do(case, Action.ASSESS, by="supervisor", pay_by=date(2025, 3, 20))
    page = words(page_of(office, case))
    assert "¥19.20 waived" in page
    assert "¥1,600.00 is left to pay" in page


def test_the_log_tells_everything_and_the_person_what_was_last_told(office: Office) -> None:
    case = office.at(State.PARTLY_PAID)
    page = page_of(office, case)
    log = words(page[page.index('class="log"') :])
    labels = ["Record a payment", "Assess and quote", "Open the case"]
    assert [log.index(label) for label in labels] == sorted(log.index(label) for label in labels)
    assert "¥900.00 has been received." in page
    assert 'lang="zh-Hans"' in page


def test_the_case_page_asks_the_database_as_often_however_much_has_happened(
    office: Office,
) -> None:
    client = client_of(office.user("supervisor"), "en")

    def queries(case: Any) -> int:
        client.get(case_url(case))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(case_url(case)).status_code == 200
        return len(caught)

    case = office.paid(office.assessed(), 10_000)
    once = queries(case)
    case = office.assessed(case, on="2025-03-12", pay_by=date(2025, 3, 25))
    case = office.paid(case, 20_000)
    case = office.paid(case, 30_000)
    assert queries(case) == once
    assert once <= 32


def test_the_case_page_offers_at_most_two_buttons_in_sight(office: Office) -> None:
    for state in (State.OPENED, State.ASSESSED, State.PARTLY_PAID):
        page = page_of(office, office.at(state), who="supervisor")
        actions = re.search(r'class="identity-actions">(.*?)<details', page, re.S)
        assert actions is not None
        assert actions[1].count("<a ") <= 2


def test_who_cannot_be_told_is_named_while_the_case_is_open(office: Office, settings: Any) -> None:
    person, employer = "Not told: the person", "Not told: the employer"

    def said(**known: str) -> list[bool]:
        page = page_of(office, office.zhang(**known))
        return [person in page, employer in page]

    assert said() == [False, False]
    assert said(contact_email="") == [False, False]  # told by text message
    assert said(contact_email="", contact_phone="") == [True, False]
    assert said(employer_email="") == [False, True]
    li = page_of(office, office.li())
    assert person not in li
    assert employer not in li
    closed = office.do(office.zhang(employer_email=""), Action.CANCEL, text="误开")
    assert employer not in page_of(office, closed)
    settings.SMS_URL = ""
    assert said(contact_email="") == [True, False]
