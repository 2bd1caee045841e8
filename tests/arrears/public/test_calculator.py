"""The calculator by real requests: every kind of result in both languages, and every wrong answer."""

import gzip
import re
from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.test import Client

from arrears.models import ArrearsPolicy
from arrears.policy import resolve
from arrears.rules.reasons import Cause
from tests.arrears.public.questions import VISITS, Visit
from tests.public.test_status_page import text_of
from tests.scenes import moment
from transfers.models import NATION, Agency, Region

pytestmark = pytest.mark.django_db

QUERIES = 13


def ask(client: Client, visit: Visit, language: str = "en", **changes: str) -> str:
    """The page that answers a visit, in a language, with some answers changed."""
    client.cookies["jiexu-language"] = language
    with time_machine.travel(visit.at, tick=False):
        answer = client.get("/arrears/result/", {**visit.given, **changes})
    assert answer.status_code == 200
    return answer.content.decode()


def said(html: str) -> str:
    """The words of the page's main part."""
    main = html[html.index("<main") : html.index("</main")]
    return text_of(main).replace("&#x27;", "'")


@pytest.mark.parametrize("name", VISITS)
def test_the_headline_in_both_languages(client: Client, name: str) -> None:
    visit = VISITS[name]
    for language, headline in (("zh-hans", visit.zh), ("en", visit.en)):
        html = ask(client, visit, language)
        assert f"</span>{headline}</h2>" in html
        assert f"<title>{headline} – " in html
        assert html.count("<h1") == 1


@pytest.mark.parametrize("name", VISITS)
def test_each_language_all_through(client: Client, name: str) -> None:
    """Nothing untranslated; the sources of the rules are quoted as they were written."""
    english = re.search(
        r"[A-Za-z]{2,}[ ,]+[A-Za-z]{2,}", said(ask(client, VISITS[name], "zh-hans"))
    )
    assert english is None, english
    html = re.sub(r"<ul>(<li>.*?</li>)+</ul></details>", "", ask(client, VISITS[name]), flags=re.S)
    chinese = re.search(r"[\u3400-\u9fff]+", said(html))
    assert chinese is None, chinese


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("zhang", [
            "Up to and including Wed 30 April 2025; 41 days left",
            "¥1,627.20 for 2 months, January 2025 to February 2025",
            "Of this you pay ¥320.00 and the employer ¥1,307.20.",
            "who may not pass it on to you.",
            "Stopped since Sat 1 February 2025. They start again on Tue 1 April 2025, without a waiting",
            "Every day adds ¥0.80 to the late fee.",
            "Paid on Thu 1 May 2025: waiting period 6 months, benefits from Sat 1 November 2025.",
            "Today Thu 20 March 2025 ¥1,627.20 ¥27.20 Tue 1 April 2025 none",
            "The last day in time Wed 30 April 2025",
            "One day too late Thu 1 May 2025 ¥3,273.60 ¥73.60 Sat 1 November 2025 6 months",
            "Contributions ¥1,280.00 ¥320.00 ¥1,600.00 Late fee ¥27.20 ¥0.00 ¥27.20",
            "January 2025 8000.00 × 8 % = 640.00 8000.00 × 2 % = 160.00",
            "800.00 × 0.05 % a day × 48 days = 19.20 ¥819.20",
            "bills from Sat 1 February 2025 to Mon 31 March 2025 can be settled afterwards.",
            "Benefits restart on 2025-04-01",
            "in force since Wed 1 January 2020",
            "default of this product, to be confirmed",
            "This is an estimate; Example City Healthcare Security Agency decides",
            "the local medical insurance counter, the tax office or a designated bank",
        ]),
        ("li", [
            "¥3,289.60 for 4 months, February 2025 to May 2025",
            "They start again on Mon 1 December 2025, after a waiting period of 6 months.",
            "Until Sat 31 May 2025 the months would have counted as unbroken.",
            "Their count starts again with the next payment.",
            "Paid a month later, benefits start on Thu 1 January 2026.",
            "No national rule was found that charges a person a late fee.",
        ]),
        ("too-long", [
            "4 months are missed; at most 3 may be paid back.",
            "Pay from this month on without a break.",
            "They start again on Mon 1 September 2025, after a waiting period of 3 months.",
        ]),
        ("planned-too-late", [
            "You named Tue 10 June 2025; that is too late.",
            "Benefits then start on Mon 1 September 2025, waiting period 3 months.",
            "¥3,197.90 for 3 months, February 2025 to April 2025 Paid on Sat 31 May 2025.",
        ]),
        ("never", [
            "Missed months cannot be paid back here.",
            "The missed months stay unpaid.",
            "They start again on Tue 1 April 2025, without a waiting period.",
        ]),
        ("thirty-days", ["They start again on Thu 10 July 2025, 30 days after you pay."]),
        ("nothing", ["Go on paying every month.", "pay again by Tue 30 September 2025"]),
        ("switched", ["after a waiting period of 6 months"]),
        ("retiring", [
            "You are 60 months short of 30 years.",
            "2023: 11 months", "No late fee for a fault of the system",
            "With more than 6 months missed you must also enrol anew.",
        ]),
        ("resident", [
            "Paid on Sat 10 October 2026 they start on Sat 1 May 2027: waiting period 4 months.",
            "The payment is for the year 2027.",
            "Make up all 2 years you missed: waiting period 3 months.",
            "One day too late Fri 1 January 2027",
        ]),
        ("resident-late", [
            "they start on Sun 1 June 2025: waiting period 3 months.",
            "The next time to enrol is from Mon 1 September 2025 to Wed 31 December 2025.",
        ]),
        ("resident-refused", [
            "Missed years can be made up from Thu 1 January 2026 to Tue 31 March 2026.",
        ]),
        ("exempt", ["no waiting period"]),
    ],
)  # fmt: skip
def test_what_it_says(client: Client, name: str, sentences: list[str]) -> None:
    words = said(ask(client, VISITS[name]))
    for sentence in sentences:
        assert sentence in words, (sentence, words)


def test_the_deadline_comes_before_the_amount_and_both_before_the_rest(client: Client) -> None:
    words = said(ask(client, VISITS["zhang"]))
    order = ["Pay by Wed 30 April", "By when", "To pay", "On time or late", "Who pays what",
             "Month by month", "What becomes of benefits", "How this was worked out",
             "This is an estimate"]  # fmt: skip
    places = [words.index(each) for each in order]
    assert places == sorted(places)


def test_who_pays_again_has_the_gap_that_it_was(client: Client) -> None:
    """Li's months do not grow any more once somebody pays for her again."""
    words = said(ask(client, VISITS["li"], resumed="2025-04"))
    assert "Pay soon: no waiting period" in words
    assert "¥1,669.20 for 2 months, February 2025 to March 2025" in words
    words = said(ask(client, VISITS["li"], resumed="2025-02"))
    assert "Nothing to pay back" in words
    assert "again from the month after it on" in words


def test_a_day_that_is_past_is_told_as_of_that_day(client: Client) -> None:
    html = ask(client, replace(VISITS["zhang"], at=moment("2026-01-05")))
    assert VISITS["zhang"].en in html
    assert "The day you named Thu 20 March 2025" in said(html)


def test_benefits_that_have_not_stopped_yet_are_said_to_stop(client: Client) -> None:
    visit = replace(VISITS["zhang"], at=moment("2025-01-10"))
    assert "They stop on Sat 1 February 2025." in said(ask(client, visit))


def test_the_own_base_replaces_the_places(client: Client) -> None:
    words = said(ask(client, VISITS["zhang"], base="￥8,123.45"))
    assert "8123.45 × 8 % = 649.88" in words
    assert "8123.45 × 2 % = 162.47" in words


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("field", "value", "en", "zh"),
    [
        ("last_paid", "", "Enter the month that was paid last.", "请输入最后缴到的月份。"),
        ("last_paid", "last year", "Enter a year and a month", "请输入年和月"),
        ("last_paid", "2025-13", "Enter a year and a month", "请输入年和月"),
        ("last_paid", "2025-04", "This month is still to come.", "这个月还没有到。"),
        ("last_paid", "1989-12", "Give a day from 1990-01-01", "1990-01-01"),
        ("last_paid", "1998-10", "What applied so long ago", "没有当地这么早的规定"),
        ("resumed", "2024-11", "Nothing was missed before 2024-11", "2024-11"),
        ("resumed", "2025-04", "This month is still to come.", "这个月还没有到。"),
        ("cause", "", "Say why the months were not paid.", "请选择断缴的原因。"),
        ("cause", "weather", "This answer is not known", "没有这个选项"),
        ("paid_on", "", "Enter the day on which you will pay.", "请输入打算缴费的日期。"),
        ("paid_on", "tomorrow", "Enter a date as year, month and day.", "年"),
        ("paid_on", "2024-11-30", "The payment cannot be before the month", "2024-12"),
        ("paid_on", "2027-01-01", "Enter a day within a year from now", "请输入一年以内的日期"),
        ("base", "-1", "The base cannot be below 0.", "0"),
        ("base", "12345678.90", "The base is too large", ""),
        ("base", "a lot", "Enter an amount in yuan", "请输入金额（元）"),
        ("base", "1e9", "Enter an amount in yuan", "请输入金额（元）"),
        ("base", "1.234", "Enter an amount in yuan", "请输入金额（元）"),
        ("consecutive_months_before", "two", "Enter a whole number", "请输入整数"),
        ("consecutive_months_before", "-1", "Give a whole number from 0", "0"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_at_its_field_and_kept(
    client: Client, language: str, field: str, value: str, en: str, zh: str
) -> None:
    html = ask(client, VISITS["zhang"], language, **{"base": "8000", field: value})
    sentence = en if language == "en" else zh
    wrong = re.findall(r'<(?:div|fieldset) class="field wrong".*?</(?:div|fieldset)>', html, re.S)
    assert len(wrong) == 1, wrong
    assert f'name="{field}"' in wrong[0]
    assert sentence in wrong[0].replace("&#x27;", "'")
    assert html.count('class="summary"') == 1
    assert re.search(r'<a href="#id_' + field, html)
    assert f"<title>{'Error: ' if language == 'en' else '错误：'}" in html
    if field not in ("cause",) and value:
        assert f'value="{value}"' in wrong[0]
    if field != "base":
        assert 'value="8000"' in html


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"missed_years": ""}, "missed_years", "Enter how many years you missed, or 0."),
        ({"missed_years": "100"}, "missed_years", "Give a whole number from 0 to 99."),
        (
            {"repaired_years": "3"},
            "repaired_years",
            "No more years can be made up than were missed",
        ),
        ({"paid_on": "x"}, "paid_on", "Enter a date"),
    ],
)
def test_wrong_answers_of_residents(
    client: Client, changes: dict[str, str], field: str, sentence: str
) -> None:
    html = ask(client, VISITS["resident"], **changes)
    wrong = re.findall(r'<div class="field wrong".*?</div>', html, re.S)
    assert len(wrong) == 1
    assert f'name="{field}"' in wrong[0]
    assert sentence in wrong[0]


def test_all_that_is_wrong_is_told_at_once(client: Client) -> None:
    html = ask(client, VISITS["zhang"], last_paid="", cause="", paid_on="", base="-1")
    assert "4 things to fix" in html


def test_hunan_asks_how_many_months_in_a_row(client: Client) -> None:
    visit = Visit(moment("2025-03-20"), "430100", "employee", VISITS["zhang"].answers, "", "")
    html = ask(client, visit)
    assert "Enter the months paid in a row: here they decide." in html
    assert "This place asks for it." in html
    few = said(ask(client, visit, consecutive_months_before="23"))
    assert "23 months in a row were paid; at least 24 are needed." in few
    assert "Pay by" in said(ask(client, visit, consecutive_months_before="24"))


def test_a_change_of_scheme_asks_it_too_and_opens_its_part(client: Client) -> None:
    html = ask(client, VISITS["zhang"], switched="on")
    assert "Enter the months paid in a row: here they decide." in html
    assert '<details class="more" open>' in html


def test_half_an_answer_about_retiring_is_asked_for_in_full(client: Client) -> None:
    visit = VISITS["retiring"]
    assert "Enter how many months you paid in all." in ask(client, visit, cumulative_months="")
    assert "Say which of the two applies to you." in ask(client, visit, sex="")


def test_a_policy_that_has_ended_is_told_at_the_day(client: Client) -> None:
    ArrearsPolicy.objects.filter(region="990100").update(valid_to="2025-06-30")
    html = ask(client, VISITS["zhang"], paid_on="2025-07-10")
    wrong = re.findall(r'<div class="field wrong".*?</div>', html, re.S)
    assert len(wrong) == 1
    assert 'name="paid_on"' in wrong[0]
    assert "ended on 2025-06-30. Choose an earlier day." in wrong[0]


def _pools_with_rules() -> list[str]:
    """A pool of every region that ships with a policy of its own."""
    pools = []
    for code in ArrearsPolicy.objects.exclude(region=NATION).values_list("region", flat=True):
        region = Region.objects.get(pk=code)
        pool = region if region.is_pool else region.children.filter(is_pool=True).first()
        assert pool is not None, code
        pools.append(pool.pk)
    return pools


def test_every_place_with_a_policy_of_its_own_calculates(client: Client) -> None:
    pools = _pools_with_rules()
    assert len(pools) >= 12
    for pool in pools:
        for scheme, answers in (
            ("employee", VISITS["zhang"].answers),
            ("flexible", VISITS["li"].answers),
            ("resident", VISITS["resident-late"].answers),
        ):
            visit = Visit(moment("2025-06-10"), pool, scheme, answers, "", "")
            html = ask(client, visit, consecutive_months_before="36")
            assert '<h2 id="now">' in html, (pool, scheme)
            assert "This is an estimate" in html


@pytest.mark.parametrize("path", ["questions", "result"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_place_without_rules_leads_to_its_office(
    client: Client, path: str, language: str
) -> None:
    assert not resolve("410100", moment("2025-06-10").date()).own
    Agency.objects.filter(region="410100").update(phone="0371-00000000")
    client.cookies["jiexu-language"] = language
    with time_machine.travel(moment("2025-06-10"), tick=False):
        html = client.get(f"/arrears/{path}/?place=410100&scheme=employee").content.decode()
    words = said(html)
    assert ("No rules for this place yet" if language == "en" else "该地暂无参数") in words
    assert "0371-00000000" in words
    assert "12393" in words
    assert 'href="/arrears/?place=410100&amp;scheme=employee"' in html


def test_an_unknown_place_or_scheme_leads_back_to_the_first_step(client: Client) -> None:
    for path in ("questions", "result"):
        answer = client.get(
            f"/arrears/{path}/?place=123456&scheme=pets", headers={"accept-language": "en"}
        )
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "this place is not known. Enter the city" in html
        assert "This answer is not known; choose one of those shown." in html
        assert 'action="/arrears/questions/"' in html


def test_the_questions_are_those_of_the_scheme_and_the_place(client: Client) -> None:
    def names(place: str, scheme: str) -> set[str]:
        html = client.get(f"/arrears/questions/?place={place}&scheme={scheme}").content.decode()
        assert 'class="summary"' not in html
        return set(re.findall(r'name="(\w+)"', html)) - {"viewport", "place", "scheme"}

    common = {"paid_on"}
    employee = {"last_paid", "resumed", "cause", "base", "consecutive_months_before", "switched"}
    assert names("990100", "employee") - {"format"} == common | employee
    assert names("360100", "flexible") == common | employee | {"sex", "cumulative_months"}
    assert names("360100", "resident") == common | {"missed_years", "repaired_years", "exempt"}


def test_the_flexible_have_no_employer_to_blame(client: Client) -> None:
    html = client.get("/arrears/questions/?place=990100&scheme=flexible").content.decode()
    assert f'value="{Cause.EMPLOYER}"' not in html
    html = ask(client, VISITS["li"], cause="employer")
    assert "This answer is not known" in html


def test_going_back_keeps_every_answer(client: Client) -> None:
    html = ask(client, VISITS["switched"])
    [back] = re.findall(r'href="(/arrears/questions/\?[^"]*)"', html)
    form = client.get(back.replace("&amp;", "&")).content.decode()
    for value in ("2025-02", "2025-04-10", "12"):
        assert f'value="{value}"' in form
    assert re.search(r'name="switched"[^>]* checked', form)
    assert re.search(r'value="employer"[^>]* checked', form)
    [first] = re.findall(r'href="(/arrears/\?[^"]*)"', form)
    start = client.get(first.replace("&amp;", "&")).content.decode()
    assert 'value="Example City, Example Province"' in start


def test_language_and_size_keep_the_answers(client: Client) -> None:
    html = ask(client, VISITS["zhang"])
    for switch in re.findall(r'href="(/(?:language|text-size)/\?[^"]*)"', html):
        with time_machine.travel(VISITS["zhang"].at, tick=False):
            answer = client.get(switch.replace("&amp;", "&"), follow=True)
        assert '<h2 id="now">' in answer.content.decode()


def test_nothing_is_stored_and_nobody_is_asked_who_they_are(client: Client) -> None:
    html = ask(client, VISITS["zhang"])
    assert "sessionid" not in client.cookies
    assert not client.session.keys()
    form = client.get("/arrears/questions/?place=990100&scheme=employee").content.decode()
    assert not re.search(r'name="(name|id_number|phone|email)"', html + form)
    for address in ("/arrears/", "/arrears/questions/", "/arrears/result/"):
        assert client.post(address).status_code == 405


def test_the_start_page_leads_to_it(client: Client) -> None:
    assert 'href="/arrears/"' in client.get("/").content.decode()


@pytest.mark.parametrize("name", ["zhang", "retiring", "resident"])
def test_number_of_queries(client: Client, name: str, django_assert_max_num_queries: Any) -> None:
    visit = VISITS[name]
    with (
        time_machine.travel(visit.at, tick=False),
        django_assert_max_num_queries(QUERIES),
    ):
        client.get(visit.address)


def test_a_long_gap_costs_no_query_more_and_stays_small(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    visit = VISITS["zhang"]
    with django_assert_max_num_queries(QUERIES):
        html = ask(client, visit, last_paid="2018-01")
    assert len(re.findall(r"<[a-z]", html)) <= 600
    assert "2018: 11 months" in said(html)


def test_weight_of_the_page(client: Client) -> None:
    """Budget: 50 kB for the first load, of which styles may take 12."""
    assert len(gzip.compress(ask(client, VISITS["zhang"], "zh-hans").encode())) <= 10_000
