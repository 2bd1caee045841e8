"""The status page by real requests: every state in both languages, masked, and only for its visitor."""

import re
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.translation import override

from tests.public.visits import CODE, EMAIL, NAME, PHONE, SIGHTS, STALE, enter, know_code
from tests.scenes import FORM, Scene, moment
from transfers.documents.sheets.completion_notice import completion_notice
from transfers.models import Event, OutboxMessage, Paper, TransferApplication
from transfers.rules.states import Action, State
from transfers.status import sms
from transfers.templatetags.jiexu import tel

pytestmark = pytest.mark.django_db

# Queries of the page where nothing is late: session, case, steps, two places' terms (two each),
# materials, log. A case that waits, is late, was refused or has a result that may be queried asks some
# things more, one with arrears at the origin most of all.
QUERIES = 10
MOST_QUERIES = 17

_CHINESE = re.compile(r"[\u3400-\u9fff]")
# What stays Chinese on an English page: an office's own words, the other language's name, and the
# surname.
_SAID_IN_CHINESE = re.compile(r'<(p|a) lang="zh-Hans".*?</\1>|<a [^>]*lang="zh-Hans".*?</a>')
_TAG = re.compile(r"<[^>]+>")
# Two or more English words in a row: on a Chinese page a sentence that nobody translated.
_ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,]+[A-Za-z]{2,}")


_TEL = re.compile(r'<a href="tel:[^"]*">([^<]*)</a>')


def text_of(html: str) -> str:
    html = _TEL.sub(r"\1", html)
    return re.sub(r"\s+", " ", _TAG.sub(" ", html)).strip()


def look(client: Client, name: str, *languages: str) -> list[str]:
    """The page of one of the SIGHTS, or of the STALE one, in each language."""
    sight = STALE if name == "stale" else SIGHTS[name]
    application = sight.make(Scene())
    pages = []
    with time_machine.travel(sight.at, tick=False):
        address = enter(client, application)
        for language in languages:
            client.cookies["jiexu-language"] = language
            answer = client.get(address)
            assert answer.status_code == 200
            pages.append(answer.content.decode())
            _nothing_personal(pages[-1], application)
    return pages


def _nothing_personal(html: str, application: TransferApplication) -> None:
    number = TransferApplication.objects.get(pk=application.pk).person.id_number
    for secret in (number, number[6:14], number[-4:], NAME, PHONE, EMAIL, "6200000000000000"):
        assert secret not in html
    assert "张*" in html


# What each state says, row by row of the experience guide's table, in Chinese and in English.
TABLE: dict[str, tuple[list[str], list[str]]] = {
    "submitted": (
        ["泉州市医疗保障经办机构和示例市医疗保障经办机构在核对能否转移。",
         "现在不用您做任何事，有变化会用电子邮件通知您。",
         "2025年9月30日（周二）前告诉您是否受理"],
        ["Example City Healthcare Security Agency are checking you can transfer.",
         "You don't need to do anything now. We'll tell you by e-mail when something changes.",
         "We'll say by Tue 30 September 2025, 5 working days left"],
    ),
    "half-checked": (
        ["示例市医疗保障经办机构已核对通过，泉州市医疗保障经办机构还在核对"],
        ["Example City Healthcare Security Agency has checked and passed; Quanzhou"],
    ),
    "supplement": (
        ["已暂停，期限不计。", "补交停保证明，因为停保证明看不清。",
         "2025年10月22日（周三）前，否则申请终止，原地关系不变",
         "请带到示例市医疗保障经办机构窗口", "等您补材料", "在这里补交", "把日期加入日历"],
        ["Paused; the clock is stopped.", "Send proof that insurance was stopped.",
         "By Wed 22 October 2025, or the application ends and your old record stays as it is",
         "Waiting for you", "Send them here", "Put the date into your calendar"],
    ),
    "refused": (
        ["原因：您在转入地还没有参保，或还没有缴费。依据：《基本医疗保险关系转移接续暂行办法》",
         "请先在转入地参保并缴费；可带原内容重新申请。", "泉州市医疗保障经办机构说明：",
         "带原内容重新申请"],
        ["Why: you are not enrolled at the new place yet, or have not paid there yet. Rule: ",
         "Enrol at the new place and pay the first contribution, then reapply with your answers.",
         "Apply again with these answers"],
    ),
    "refused-late": (["示例市医疗保障经办机构说明："], ["Why: you were insured in both places"]),
    "out": (
        ["示例市医疗保障经办机构在核对缴费记录，生成《信息表》。",
         "2025年10月21日（周二）前，还剩9个工作日",
         "国庆节、中秋节 10月1日–8日不计；10月11日（周六）调休上班，计入。",
         "接着由泉州市医疗保障经办机构在5个工作日内办理转入。预计2025年10月28日（周二）前。",
         "第 3 步，共 5 步：转出办理", "138****0000", "在核对缴费记录",
         "转出办结后可下载，最晚2025年10月21日（周二）"],
        ["Example City Healthcare Security Agency is preparing your record.",
         "By Tue 21 October 2025, 9 working days left",
         "National Day and Mid-Autumn Festival, 1–8 October, do not count;",
         "Sat 11 October is worked to make up for a holiday and counts.",
         "once the transfer out is completed, by Tue 21 October 2025"],
    ),
    "out-today": (["2025年10月21日（周二）前，今天是最后一天"], ["today is the last day"]),
    "in": (
        ["泉州市医疗保障经办机构已收到《信息表》，正在核对录入。",
         "2025年10月28日（周二）前，还剩4个工作日"],
        ["Quanzhou Healthcare Security Agency is adding your record.",
         "By Tue 28 October 2025, 4 working days left"],
    ),
    "late": (
        ["示例市医疗保障经办机构应在2025年10月21日（周二）前办完，已超3个工作日。",
         "不用催办或重新申请；反映请打12393。",
         "2025年10月29日（周三）前再告知，不论有无结果"],
        ["Example City Healthcare Security Agency was due Tue 21 October 2025, 3 working days ago.",
         "No need to chase or reapply. To complain: 12393.",
         "Next update by Wed 29 October 2025, even if nothing changed"],
    ),
    "returned": (
        ["泉州市医疗保障经办机构发现缴费月数对不上，退回示例市医疗保障经办机构。不是您的错。",
         "新期限2025年10月29日（周三）"],
        ["and sent it back to Example City Healthcare Security Agency. Not your mistake.",
         "New date Wed 29 October 2025"],
    ),
    "moved": (
        ["缴费7年已计入泉州市医疗保障经办机构；余额¥1,234.56在划转。",
         "通常20个工作日；不影响住院待遇", "提异议"],
        ["7 years now counted at Quanzhou Healthcare Security Agency; ¥1,234.56 on its way.",
         "Usually 20 working days; hospital cover unaffected"],
    ),
    "mismatch": (
        ["到账¥1,000.00，应为¥1,234.56，核对中。", "2025年11月5日（周三）前"],
        ["Got ¥1,000.00, expected ¥1,234.56; checking.", "By Wed 5 November 2025"],
    ),
    "credited": (
        ["¥1,234.56已于2025年10月30日（周四）记入个人账户。", "核对金额；评价服务。",
         "2025年11月27日（周四）前可提异议", "提异议", "把日期加入日历"],
        ["¥1,234.56 credited on Thu 30 October 2025.", "Check the amount; rate us.",
         "Query by Thu 27 November 2025", "Query the result"],
    ),
    "no-balance": (
        ["居民医保没有个人账户。", "不用操作。"],
        ["The resident scheme has no personal account.", "Nothing needs to be done."],
    ),
    "paid": (
        ["¥1,234.56已于2025年10月30日（周四）付到您本人的银行账户。", "核对金额；评价服务。"],
        ["¥1,234.56 was paid to your own bank account on Thu 30 October 2025."],
    ),
    "withdrawn": (
        ["2025年9月25日（周四）已停止，原地关系不变。", "需要时重新申请。"],
        ["Stopped Thu 25 September 2025; your old record is unchanged.", "Reapply any time."],
    ),
    "lapsed": (
        ["2025年11月10日（周一）已停止，原地关系不变。"],
        ["Stopped Mon 10 November 2025; your old record is unchanged."],
    ),
    "closed": (
        ["不同意可打12393，请示例市医疗保障经办机构复核。", "参保人已回原地工作"],
        ["To challenge it, call 12393 (Example City Healthcare Security Agency)."],
    ),
    "stale": (
        ["申请没有丢。最后更新2025年9月30日（周二）10:00：转出办理中。",
         "稍后再看或打12393（示例市医疗保障经办机构）。", "受理回执", "撤回申请"],
        ["Nothing is lost. Last known Tue 30 September 2025, 10:00: Transfer out in progress.",
         "Try later or call 12393 (Example City Healthcare Security Agency)."],
    ),
    # The two overlays.
    "gap": (
        ["您断缴2个月", "补缴后不设等待期", "2025年9月30日（周二）前：请缴个人应缴的¥320.00",
         "去算补缴", "把日期加入日历"],
        ["2-month gap", "Paying means no waiting period",
         "By Tue 30 September 2025: Pay your share of ¥320.00", "Work out what to pay"],
    ),
    "estimate": (
        ["预计2027年1月7日（周四）前", "2027年放假安排公布后可能调整。"],
        ["By about Thu 7 January 2027", "May move when 2027 holidays are published."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_every_state_says_what_the_table_says_in_both_languages(client: Client, name: str) -> None:
    sight = STALE if name == "stale" else SIGHTS[name]
    zh, en = look(client, name, "zh-hans", "en")
    assert '<html lang="zh-Hans">' in zh
    assert f"</span>{sight.zh}</h2>" in zh
    assert '<html lang="en">' in en
    assert f"</span>{sight.en}</h2>".replace("'", "&#x27;") in en
    for page, sentences in zip((zh, en), TABLE[name], strict=True):
        said = unescape(text_of(page))
        for sentence in sentences:
            assert sentence in said, (sentence, said)
    said = text_of(zh).replace("Cookie", "").replace("English", "")
    assert not _ENGLISH.search(said), _ENGLISH.search(said)
    said = text_of(_SAID_IN_CHINESE.sub("", en)).replace("张*", "")
    assert not _CHINESE.search(said), said[max(0, _CHINESE.search(said).start() - 60) :][:120]


def test_the_table_leaves_no_state_out() -> None:
    assert set(TABLE) == {*SIGHTS, "stale"}


def test_the_number_to_call_is_dialled_by_a_tap(client: Client) -> None:
    (html,) = look(client, "late", "zh-hans")
    assert '反映请打<a href="tel:12393">12393</a>。' in html
    assert '示例市医疗保障经办机构 <a href="tel:12393">12393</a></span>' in html
    assert tel("0851-12345678 转 <1>") == (
        '<a href="tel:085112345678">0851-12345678 转 &lt;1&gt;</a>'
    )


def test_a_late_balance_is_called_late_only_where_a_place_set_the_limit(client: Client) -> None:
    """The limit of the remittance is this product's own in the demo pool: no red, no past date."""
    (html,) = look(client, "moved", "zh-hans")
    assert "已超期" not in html
    assert "2025年10月21日（周二）前" not in html


@pytest.mark.parametrize("name", SIGHTS)
def test_number_of_queries(client: Client, name: str, django_assert_max_num_queries: Any) -> None:
    sight = SIGHTS[name]
    application = sight.make(Scene())
    with time_machine.travel(sight.at, tick=False):
        address = enter(client, application)
        client.get(address)  # builds the calendar
        with django_assert_max_num_queries(MOST_QUERIES):
            client.get(address)


def test_a_long_history_costs_no_query_more(client: Client, django_assert_num_queries: Any) -> None:
    application = SIGHTS["out"].make(Scene())
    with time_machine.travel(SIGHTS["out"].at, tick=False):
        address = enter(client, application)
        client.get(address)
        with django_assert_num_queries(QUERIES):
            few = client.get(address).content.decode()
        version = TransferApplication.objects.get(pk=application.pk).version
        Event.objects.bulk_create(
            Event(application=application, seq=version + n, at=moment("2025-10-09"),
                  track="relation", verb="redate", actor="system")
            for n in range(1, 51)
        )  # fmt: skip
        with django_assert_num_queries(QUERIES):
            many = client.get(address).content.decode()
    assert many.count("<time") == 50 > few.count("<time")
    assert len(re.findall(r"<[a-z]", many)) <= 600


def test_without_the_session_it_is_the_look_up_page(client: Client) -> None:
    mine = SIGHTS["out"].make(Scene())
    know_code(mine)
    for reference in (mine.reference, "ZY20250101-0000000"):
        answer = client.get(f"/status/{reference}/")
        assert (answer.status_code, answer.templates[0].name) == (200, "public/lookup.html")
        for ask in (client.get, client.post):
            answer = ask(f"/status/{reference}/withdraw/")
            assert (answer.status_code, answer.url) == (302, "/status/")
    assert TransferApplication.objects.get(pk=mine.pk).state == State.VALIDATED


def test_one_case_opens_no_other(client: Client) -> None:
    scene = Scene()
    mine, other = scene.in_state(State.APPLIED), scene.in_state(State.APPLIED)
    with time_machine.travel(moment("2025-09-25"), tick=False):
        enter(client, mine)
        assert client.get(f"/status/{other.reference}/").templates[0].name == "public/lookup.html"
        assert client.post(f"/status/{other.reference}/withdraw/").status_code == 302
    assert TransferApplication.objects.get(pk=other.pk).state == State.APPLIED


@pytest.mark.parametrize("name", ["submitted", "supplement", "out"])
def test_withdraw(client: Client, name: str) -> None:
    application = SIGHTS[name].make(Scene())
    with time_machine.travel(SIGHTS[name].at, tick=False):
        address = enter(client, application)
        assert f"{address}withdraw/" in client.get(address).content.decode()
        version = client.get(f"{address}withdraw/").context["application"].version
        answer = client.post(f"{address}withdraw/", {"version": version})
        assert (answer.status_code, answer.url) == (302, address)
        assert "您已撤回" in client.get(address).content.decode()
    assert TransferApplication.objects.get(pk=application.pk).state == State.WITHDRAWN


@pytest.mark.parametrize("name", ["in", "moved", "credited", "refused", "withdrawn"])
def test_withdraw_is_not_offered_and_not_done_later(client: Client, name: str) -> None:
    application = SIGHTS[name].make(Scene())
    before = TransferApplication.objects.get(pk=application.pk).state
    with time_machine.travel(SIGHTS[name].at, tick=False):
        address = enter(client, application)
        assert "withdraw/" not in client.get(address).content.decode()
        assert client.post(f"{address}withdraw/").url == address
    assert TransferApplication.objects.get(pk=application.pk).state == before


def test_an_outdated_withdrawal_is_refused_with_a_sentence(client: Client) -> None:
    application = SIGHTS["submitted"].make(Scene())
    with time_machine.travel(SIGHTS["submitted"].at, tick=False):
        address = enter(client, application)
        answer = client.post(f"{address}withdraw/", {"version": "0"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert TransferApplication.objects.get(pk=application.pk).state == State.APPLIED


def test_a_clerks_application_is_not_the_applicants_to_withdraw(client: Client) -> None:
    application = Scene().submit(by="origin_clerk").application
    with time_machine.travel(SIGHTS["submitted"].at, tick=False):
        address = enter(client, application)
        assert "withdraw/" not in client.get(address).content.decode()
        client.post(f"{address}withdraw/")
    assert TransferApplication.objects.get(pk=application.pk).state == State.APPLIED


def test_leaving_forgets_the_case(client: Client) -> None:
    application = SIGHTS["out"].make(Scene())
    with time_machine.travel(SIGHTS["out"].at, tick=False):
        address = enter(client, application)
        assert client.post("/status/leave/").url == "/"
        assert client.get(address).templates[0].name == "public/lookup.html"


def test_without_a_channel_the_page_promises_none(client: Client) -> None:
    application = Scene().accepted(notify_by="none")
    with time_machine.travel(moment("2025-10-24"), tick=False):
        late = text_of(client.get(enter(client, application)).content.decode())
    assert "再告知" not in late
    assert "办完后马上在本页显示" in late
    with time_machine.travel(moment("2025-10-09"), tick=False):
        fine = text_of(client.get(enter(client, application)).content.decode())
    assert "有变化会在本页显示" in fine
    assert "电子邮件通知" not in fine


def test_it_is_never_stored(client: Client) -> None:
    application = SIGHTS["out"].make(Scene())
    with time_machine.travel(SIGHTS["out"].at, tick=False):
        answer = client.get(enter(client, application))
    assert "no-store" in answer["Cache-Control"]
    assert application.reference not in answer.content.decode().split("</title>")[0]


def test_looking_up_turns_the_session(client: Client) -> None:
    application = SIGHTS["out"].make(Scene())
    client.get("/apply/")
    session = client.session
    session["apply"] = {}
    session.save()
    client.cookies["jiexu-session"] = session.session_key
    enter(client, application)
    assert client.session.session_key != session.session_key
    assert CODE not in str(dict(client.session))


# What a relocated retiree must never read: domain.md, "retired relations do not move".
_MOVED = re.compile(
    r"is now at|(?<!no )[Tt]ransfer (in|out)|[Tt]ransferred|add(s|ing) your record|counted|your months|"
    r"the new place, and|转入办|转出办|已转入|已在|已计入|转移已办结"
)


def test_a_relocated_retiree_never_reads_that_the_insurance_moves(client: Client) -> None:
    """Page, messages and papers of every state, in both languages."""
    scene = Scene()
    application = scene.submit(relocated_retiree=True).application
    late = ("bank_delay", "bank")
    steps: list[tuple[str, Any]] = [
        ("2025-09-24", lambda at: None),
        ("2025-09-25", lambda at: scene.do(
            application, "origin_clerk", Action.PASS_CHECK, at, record={"retired": True})),
        ("2025-09-26", lambda at: scene.do(
            application, "destination_clerk", Action.PASS_CHECK, at)),
        ("2025-10-13", lambda at: scene.four_eyes(
            application, Action.TRANSFER_OUT, "origin_clerk", "origin_checker", at, form=FORM)),
        ("2025-10-14", lambda at: scene.do(
            application, "destination_clerk", Action.RAISE_DISCREPANCY, at, fields=["rows"],
            text="数对不上")),
        ("2025-10-15", lambda at: scene.do(
            application, "origin_clerk", Action.UPHOLD, at, text="核对无误")),
        ("2025-10-16", lambda at: scene.do(
            application, "destination_clerk", Action.TRANSFER_IN, at, merged_months=0)),
        ("2025-10-29", lambda at: scene.four_eyes(
            application, "pay_to_person", "origin_finance", "origin_finance2", at, lateness=late,
            payee="张示例", payee_account="6200000000000000", text="异地安置")),
        ("2025-10-30", lambda at: scene.do(
            application, "origin_finance", "confirm_payout", at, bank_reference="B2")),
    ]  # fmt: skip
    read = []
    for day, do in steps:
        with time_machine.travel(moment(day, 12), tick=False):
            do(moment(day))
            address = enter(client, application)
            for language in ("zh-hans", "en"):
                client.cookies["jiexu-language"] = language
                page = client.get(address).content.decode()
                page = _SAID_IN_CHINESE.sub("", page.partition("<main")[2].partition("</main>")[0])
                read.append((day, language, unescape(text_of(page))))
    application = TransferApplication.objects.get(pk=application.pk)
    assert application.state == State.PAID_TO_PERSON
    assert "Your insurance stays at Example City Healthcare Security Agency" in read[-1][2]
    for event in Event.objects.filter(application=application).exclude(shown_zh=""):
        read += [(event.verb, "shown", event.shown_zh), (event.verb, "shown", event.shown_en)]
    for message in OutboxMessage.objects.filter(application=application, kind="applicant"):
        for language in ("zh-hans", "en"):
            message.application.language = language
            text = sms.text_of(message, moment("2025-10-31"))
            read.append((str(message.event.verb), "sms", text or ""))
    with override("en"):
        paper = Paper.objects.get(application=application, kind=Paper.Kind.COMPLETION_NOTICE)
        read.append(("notice", "paper", str(completion_notice(paper.content))))
    assert {kind for _, kind, _ in read} == {"zh-hans", "en", "shown", "sms", "paper"}
    for where, kind, text in read:
        text = re.sub(r"Medical insurance transfer|Your transfer", "", text)
        found = _MOVED.search(text)
        assert not found, (where, kind, text[max(0, found.start() - 80) : found.end() + 80])
