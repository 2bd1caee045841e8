"""“When would mine be due?”: the agreed examples, day by day, in both languages, with their source."""

import re
from html import unescape

import pytest
import time_machine
from django.test import Client

from tests.scenes import moment
from transfers.models import TransferPolicy

pytestmark = pytest.mark.django_db

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,]+[A-Za-z]{2,}")


def ask(client: Client, language: str = "zh-hans", **given: str) -> tuple[int, str]:
    client.cookies["jiexu-language"] = language
    answer = client.get("/deadline/", given)
    return answer.status_code, answer.content.decode()


def said(html: str) -> str:
    main = html[html.index("<main") : html.index("</main")]
    main = re.sub(r'<span lang="zh-Hans">.*?</span>', "", main)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


@pytest.mark.parametrize(
    ("what", "place", "start", "zh", "en", "days"),
    [
        ("transfer_out_days", "990100", "2025-09-30", "2025年10月21日（周二）",
         "Tue 21 October 2025", 21),
        ("transfer_in_days", "350500", "2025-10-21", "2025年10月28日（周二）",
         "Tue 28 October 2025", 7),
        ("transfer_out_days", "990100", "2026-02-13", "2026年3月5日（周四）",
         "Thu 5 March 2026", 20),
        ("transfer_out_days", "990100", "2026-09-24", "2026年10月15日（周四）",
         "Thu 15 October 2026", 21),
    ],
)  # fmt: skip
def test_the_agreed_examples_in_both_languages(
    client: Client, what: str, place: str, start: str, zh: str, en: str, days: int
) -> None:
    with time_machine.travel(moment("2026-01-15"), tick=False):
        for language, due in (("zh-hans", zh), ("en", en)):
            status, html = ask(client, language, what=what, place=place, start=start)
            assert status == 200
            assert f"</span>{due}</h2>" in html
            assert html.count('<th scope="row">') == days
            stray = _ENGLISH if language == "zh-hans" else _CHINESE
            assert not stray.search(said(html)), stray.search(said(html))


def test_each_day_says_whether_and_why_it_counts(client: Client) -> None:
    with time_machine.travel(moment("2026-01-15"), tick=False):
        _status, html = ask(
            client, "en", what="transfer_out_days", place="990100", start="2025-09-30"
        )
    text = said(html)
    assert "Wed 1 October – National Day and Mid-Autumn Festival" in text
    assert "Thu 9 October 1 Working day" in text
    assert "Sat 11 October 3 Worked to make up for a holiday" in text
    assert "Sun 12 October – Weekend" in text
    assert "Tue 21 October 10 Working day" in text
    assert "国办发明电" in html  # the notice, as it is called


@pytest.mark.parametrize(
    ("what", "place", "sentences"),
    [
        ("transfer_out_days", "990100", ["10个工作日", "全国，政策第1号：国家规定。"]),
        ("transfer_out_days", "350500", ["8个工作日", "泉州市，政策第", "国家规定10个工作日，该地承诺更短。"]),
        ("check_days", "990100", ["5个工作日", "没有文件规定这个时限，以经办机构为准。"]),
    ],
)  # fmt: skip
def test_the_limit_names_who_set_it(
    client: Client, what: str, place: str, sentences: list[str]
) -> None:
    with time_machine.travel(moment("2026-01-15"), tick=False):
        _status, html = ask(client, what=what, place=place, start="2025-09-30")
    for sentence in sentences:
        assert sentence in said(html), (sentence, said(html))


def test_past_the_last_notice_the_day_is_called_an_estimate(client: Client) -> None:
    with time_machine.travel(moment("2026-12-24"), tick=False):
        _status, html = ask(client, what="transfer_out_days", place="990100", start="2026-12-24")
    assert "</span>预计2027年1月" in html
    assert "2027年放假安排公布后可能调整。" in html
    assert "放假安排尚未公布" in html


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"what": ""}, "what", "请选择要办的事。"),
        ({"what": "hotline"}, "what", "请选择要办的事。"),
        ({"place": ""}, "place", "在哪里办？"),
        ({"place": "Suzhou"}, "place", "安徽省宿州市"),
        ({"start": ""}, "start", "请填写起算日。"),
        ({"start": "2026-02-30"}, "start", "请按年、月、日输入日期。"),
        ({"start": "9999-12-31"}, "start", "请填写2024年至2028年之间的日期。"),
        ({"start": "0001-01-01"}, "start", "请填写2024年至2028年之间的日期。"),
    ],
)
def test_wrong_answers_get_a_sentence_at_their_field(
    client: Client, given: dict[str, str], field: str, sentence: str
) -> None:
    answers = {"what": "check_days", "place": "990100", "start": "2026-01-15"} | given
    with time_machine.travel(moment("2026-01-15"), tick=False):
        status, html = ask(client, **answers)
    assert status == 422
    assert sentence in html
    assert f'href="#id_{field}' in html
    assert html.split("<title>")[1].startswith("错误")


def test_a_limit_nobody_knows_is_said(client: Client) -> None:
    with time_machine.travel(moment("2026-01-15"), tick=False):
        TransferPolicy.objects.update(dispute_days=None)
        _status, html = ask(client, what="dispute_days", place="990100", start="2026-01-15")
        assert "该地没有这项时限的资料" in html


def test_the_form_comes_back_with_what_was_answered(client: Client) -> None:
    with time_machine.travel(moment("2026-01-15"), tick=False):
        _status, html = ask(client, what="transfer_in_days", place="350500", start="2025-10-21")
        change = re.search(r'href="(/deadline/\?[^"]*change=1)"', html)
        assert change
        form = client.get(unescape(change[1])).content.decode()
    assert 'value="福建省泉州市"' in form
    assert 'value="2025-10-21"' in form
    assert re.search(r'value="transfer_in_days"[^>]* checked', form)


def test_one_count_is_a_handful_of_queries(
    client: Client, django_assert_max_num_queries: object
) -> None:
    given = {"what": "transfer_out_days", "place": "990100", "start": "2025-09-30"}
    with time_machine.travel(moment("2026-01-15"), tick=False):
        ask(client, **given)
        with django_assert_max_num_queries(12):  # type: ignore[operator]
            ask(client, **given)
