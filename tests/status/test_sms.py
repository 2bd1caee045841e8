"""Text messages: what to do first, seventy characters at most, nothing personal, in both languages."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.utils.translation import override

from tests.scenes import Scene, moment
from transfers.models import Agency, Event, OutboxMessage, TransferApplication
from transfers.models.applications import MaterialKind
from transfers.rules.balances import BalanceAction
from transfers.rules.states import Action, State
from transfers.status import situation_of, sms
from transfers.status.sms import TEXTS, When, units
from transfers.workflow.case import _TOLD
from transfers.workflow.news import announce


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


REFERENCE = "ZY20251231-9999999"
DAYS = [None, When(date(2025, 12, 31)), When(date(2026, 12, 31), provisional=True)]
LONGEST_ZH = [
    "新疆维吾尔自治区本级医疗保障经办机构",  # of those that come with the product
    "黔西南布依族苗族自治州望谟县城乡居民基本医疗保险事业管理服务中心",
    "延边" * 40,
    "𠮷林市医疗保障经办机构",  # two units a character
]
LONGEST_EN = [
    "Inner Mongolia Regional Healthcare Security Agency",
    "Qianxinan Buyei and Miao Autonomous Prefecture Healthcare Security Agency of Wangmo County",
    "Q" * 120,
    "Example City Healthcare Security Agency",
]


def values(language: str) -> dict[str, str]:
    """The longest that can stand in a text, in the active language."""
    zh = language == "zh-hans"
    return {
        "what": max((str(kind.label) for kind in MaterialKind), key=len),
        "code": "ABCD EFGH",
        "phone": "0851-12345678 转 1234" if zh else "0851-12345678 ext. 1234",
        "office": "转出地" if zh else "Old office",
        "days": "250个工作日" if zh else "250 working days",
    }


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("key", TEXTS)
def test_every_text_fits_whatever_the_office_is_called(language: str, key: str) -> None:
    for zh, en in zip(LONGEST_ZH, LONGEST_EN, strict=True):
        for when in DAYS:
            with override(language):
                agency = Agency(name_zh=zh, name_en=en)
                wordings = TEXTS[key] if key == "late" and when else ()
                text = sms.written(
                    key, agency, REFERENCE, when, values(language), wordings=wordings
                )
            assert units(text) <= 70, text
            assert not re.search(r"[%{}]|None", text), text
            signature = re.match("【(.{4,})】|\\[(.{10,})\\] ", text)
            assert signature, text
            if "医疗" in zh:
                assert "医保" in signature[0] or "Healthcare" in signature[0], text
            assert REFERENCE[-4:] in text
            assert (REFERENCE in text) is (key == sms.FIRST)
            if language == "zh-hans":
                plain = text.replace("ABCD EFGH", "").replace(REFERENCE, "")
                assert not re.search("[A-Za-z]{2,}", plain), text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "key", [Action.SUBMIT, Action.PASS_CHECK, Action.REQUEST_SUPPLEMENT, Action.TRANSFER_OUT,
            Action.RAISE_DISCREPANCY, Action.CORRECT, Action.SUPPLY],
)  # fmt: skip
def test_the_day_is_never_left_out_for_want_of_room(language: str, key: str) -> None:
    for zh, en in zip(LONGEST_ZH, LONGEST_EN, strict=True):
        for when in DAYS[1:]:
            with override(language):
                agency = Agency(name_zh=zh, name_en=en)
                text = sms.written(key, agency, REFERENCE, when, values(language))
            assert ("12月31日" if language == "zh-hans" else "31 Dec") in text, text
            assert (("约" if language == "zh-hans" else "about ") in text) is when.provisional


def test_whatever_the_applicant_is_told_has_a_text_of_its_own() -> None:
    told = {sms._SAME.get(verb, verb) for verb in _TOLD} | {
        Action.PASS_CHECK, BalanceAction.MISMATCH, BalanceAction.BOUNCE, BalanceAction.PAY_TO_PERSON,
    }  # fmt: skip
    assert told <= set(TEXTS)
    by_name = {sms.FIRST, "late", "code", "contact", "counter_code", "answer", "news"}
    assert set(TEXTS) == told | set(sms._STAYS.values()) | by_name


def message(application: TransferApplication, event: Event | None = None) -> OutboxMessage:
    return OutboxMessage(kind="applicant", application=application, event=event)


def said(application: TransferApplication, language: str = "zh-hans") -> str | None:
    """What the newest event's message says by SMS."""
    application = TransferApplication.objects.select_related(
        "origin_agency", "destination_agency"
    ).get(pk=application.pk)
    application.language = language
    event = Event.objects.filter(application=application).order_by("seq").last()
    text = sms.text_of(message(application, event), moment("2025-10-01"))
    assert text is None or "张示例" not in text
    return text and text.replace(application.reference[-4:], "0381")


ENDS = {
    State.APPLIED: (
        "【泉州市医保】申请已收到，9月30日前告知是否受理，编号…0381。官网可查进度。",
        "[Quanzhou Healthcare] Received, …0381. Answer by 30 Sep.",
    ),
    State.SUPPLEMENT_REQUESTED: (
        "【示例市医保】请在10月22日前补交停保证明，编号…0381。官网可查进度。",
        "[Example City Healthcare] Send the materials by 22 Oct, …0381.",
    ),
    State.VALIDATED: (
        "【泉州市医保】申请已受理，转出地应在10月21日前办结转出，编号…0381。官网可查进度。",
        "[Quanzhou Healthcare] Accepted, …0381. Next step by 21 Oct.",
    ),
    State.TRANSFERRED_OUT: (
        "【示例市医保】转出已办结，转入地应在10月28日前办理转入，编号…0381。官网可查进度。",
        "[Example City Healthcare] Transferred out, …0381. Next step by 28 Oct.",
    ),
    State.DISCREPANCY_RAISED: (
        "【泉州市医保】信息表已退回转出地更正，不是您的错，新期限10月29日，编号…0381。",
        "[Quanzhou Healthcare] Being corrected, …0381. New date 29 Oct.",
    ),
    State.TRANSFERRED_IN: (
        "【泉州市医保】医保关系已转入，个人账户余额随后划转，编号…0381。官网可查进度。",
        "[Quanzhou Healthcare] Transferred, …0381. Balance to follow.",
    ),
    State.BALANCE_CREDITED: (
        "【泉州市医保】请上官网核对金额：余额已到账，转移已办结，编号…0381。",
        "[Quanzhou Healthcare] Balance credited, …0381. Check it.",
    ),
    State.CLOSED_WITHOUT_BALANCE: (
        "【泉州市医保】转移已办结，没有余额要转，编号…0381。官网可查详情。",
        "[Quanzhou Healthcare] Complete, …0381: no balance to move.",
    ),
    State.PAID_TO_PERSON: (
        "【泉州市医保】请核对金额：余额已付到您本人的银行账户，转移已办结，编号…0381。",
        "[Quanzhou Healthcare] Balance paid to you, …0381. Check it.",
    ),
    State.REJECTED: (
        "【泉州市医保】请上官网查看原因和办法：您的申请没有受理，编号…0381。",
        "[Quanzhou Healthcare] Not accepted, …0381. See why online.",
    ),
    State.WITHDRAWN: (
        "【泉州市医保】申请已撤回，原地关系不变，编号…0381。需要时可重新申请。",
        "[Quanzhou Healthcare] Withdrawn, …0381. Reapply any time.",
    ),
    State.RECALLED: (
        "【泉州市医保】转移已终止，关系留在转出地，编号…0381。原因请上官网查看。",
        "[Quanzhou Healthcare] Closed, not transferred, …0381.",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("state", ENDS)
def test_what_each_stage_is_told_as(scene: Scene, state: State) -> None:
    application = scene.in_state(state)
    assert (said(application), said(application, "en")) == ENDS[state]


@pytest.mark.django_db
def test_several_materials_are_counted(scene: Scene) -> None:
    application = scene.submit().application
    scene.do(application, "destination_clerk", Action.REQUEST_SUPPLEMENT, moment("2025-09-25"),
             items=["stop_proof", "id_card"], why="看不清")  # fmt: skip
    text = said(application)
    assert text == "【泉州市医保】请在10月22日前补交2项材料，编号…0381。官网可查进度。"


@pytest.mark.django_db
def test_news_of_another_application_only_says_that_there_is_some(scene: Scene) -> None:
    application = scene.accepted()
    announce(application, at=moment("2025-10-09"), zh="欠费三个月", en="Three months owed")
    assert said(application) == "【泉州市医保】您的转移申请有新消息，请上官网查看，编号…0381。"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({}, "【泉州市医保】办理晚了：转出地已超3个工作日，10月29日前再告知，编号…0381。",
         "[Quanzhou Healthcare] Old office 3 working days late, …0381."),
        ({"chased_on": date(2025, 10, 22)},
         "【泉州市医保】办理晚了：转出地已超3个工作日，已催办，10月29日前再告知，编号…0381。",
         "[Quanzhou Healthcare] Old office 3 working days late, chased, …0381."),
        ({"chased_on": date(2025, 10, 22), "next_update_on": None},
         "【泉州市医保】办理晚了：转出地已超3个工作日，已催办，编号…0381。",
         "[Quanzhou Healthcare] Old office 3 working days late, chased, …0381."),
    ],
)  # fmt: skip
def test_late_says_who_and_how_long_and_chased_only_if_it_was(
    scene: Scene, changes: dict[str, Any], zh: str, en: str
) -> None:
    application = TransferApplication.objects.select_related("destination_agency").get(
        pk=scene.accepted().pk
    )
    situation = situation_of(application, at=moment("2025-10-24"))
    changes = dict(changes)
    chased = changes.pop("chased_on", None)
    clocks = tuple(replace(clock, chased_on=chased) for clock in situation.clocks)
    situation = replace(situation, clocks=clocks, **changes)
    tail = application.reference[-4:]
    for language, wanted in (("zh-hans", zh), ("en", en)):
        with override(language):
            text = sms.late(situation, application)
        assert text is not None
        assert text.replace(tail, "0381") == wanted


@pytest.mark.django_db
def test_what_is_not_late_by_now_is_not_told(scene: Scene) -> None:
    application = scene.accepted()
    assert sms.text_of(message(application), moment("2025-10-09")) is None
