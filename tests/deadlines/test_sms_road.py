"""A whole road as its applicant hears of it: which messages, in which order, each once."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail

from tests.scenes import FORM, Scene, moment
from transfers.deadlines import delivery
from transfers.deadlines.sweep import raise_due
from transfers.models import TransferApplication
from transfers.rules.states import Action
from transfers.tasks import WORDS, lapse_supplements

pytestmark = pytest.mark.django_db

# What happens, and what is told of it: the beginning of the text message, of the mail.
ROAD = [
    ("申请已收到，9月30日前告知是否受理", "已收到，正在校验。"),
    ("请在10月22日前补交停保证明", "需要您补材料。"),
    ("补交的材料已收到，继续校验", "已收到，正在校验。"),
    ("申请已受理，转出地应在10月22日前办结转出", "转出办理中。"),
    ("办理晚了：转出地已超1个工作日", "比规定时间晚了。"),
    ("转出已办结，转入地应在10月30日前办理转入", "转入办理中。"),
    ("信息表已退回转出地更正，不是您的错", "退回更正。"),
    ("信息表已核实，转入地应在", "转入办理中。"),
    ("医保关系已转入，个人账户余额随后划转", "关系已转入，等余额。"),
    ("请上官网核对金额：余额已到账，转移已办结", "已办结，余额到账。"),
]


def send(at: datetime) -> None:
    """What the schedule does about a moment, twice: nothing is told a second time."""
    for _ in range(2):
        raise_due(at)
        delivery.deliver(at, words=WORDS)


def travel(scene: Scene, channel: str) -> TransferApplication:
    application = scene.submit(moment("2025-09-24"), notify_by=channel).application

    def do(who: str, verb: str, day: str, **data: Any) -> None:
        scene.do(application, who, verb, moment(day), **data)
        send(moment(day, 11))

    def both(verb: str, one: str, other: str, day: str, **data: Any) -> None:
        scene.four_eyes(application, verb, one, other, moment(day), **data)
        send(moment(day, 11))

    send(moment("2025-09-24", 11))
    do("origin_clerk", Action.REQUEST_SUPPLEMENT, "2025-09-25", items=["stop_proof"], why="看不清")
    do("applicant", Action.SUPPLY, "2025-09-26")
    do("origin_clerk", Action.PASS_CHECK, "2025-09-29")
    do("destination_clerk", Action.PASS_CHECK, "2025-10-09")
    for day in ("2025-10-21", "2025-10-22", "2025-10-23"):
        send(moment(day, 9))
    late = {"lateness": ("workload", "origin")}
    both(Action.TRANSFER_OUT, "origin_clerk", "origin_checker", "2025-10-23", form=FORM, **late)
    do(
        "destination_clerk",
        Action.RAISE_DISCREPANCY,
        "2025-10-24",
        fields=["rows"],
        text="月数不对",
    )
    both(Action.CORRECT, "origin_clerk", "origin_checker", "2025-10-27", form=FORM)
    do("destination_clerk", Action.TRANSFER_IN, "2025-10-28", merged_months=84)
    scene.money_matched(application)
    both(Action.CREDIT_BALANCE, "destination_finance", "destination_finance2", "2025-10-30")
    return application


def test_by_sms(settings: Any, tmp_path: Path) -> None:
    settings.SMS_URL = tmp_path.as_uri()
    application = travel(Scene(), "sms")
    lines = (tmp_path / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line) for line in lines]
    for text, (wanted, _mail) in zip(texts, ROAD, strict=True):
        body = text["text"].partition("】")[2]
        assert body.startswith(wanted), body
        assert f"编号…{application.reference[-4:]}" in body
        assert text["to"] == "13800000000"
    assert len({text["key"] for text in texts}) == len(texts)
    assert mail.outbox == []


def test_by_e_mail(settings: Any, tmp_path: Path) -> None:
    settings.SMS_URL = tmp_path.as_uri()
    travel(Scene(), "email")
    for letter, (_text, wanted) in zip(mail.outbox, ROAD, strict=True):
        assert letter.body.startswith(wanted), letter.body
        assert letter.to == ["zhang@example.org"]
    keys = {letter.extra_headers["Message-ID"] for letter in mail.outbox}
    assert len(keys) == len(mail.outbox)
    assert not (tmp_path / "messages.jsonl").exists()


def test_not_at_all(settings: Any, tmp_path: Path) -> None:
    settings.SMS_URL = tmp_path.as_uri()
    application = travel(Scene(), "none")
    assert mail.outbox == []
    assert not (tmp_path / "messages.jsonl").exists()
    assert not application.messages.filter(kind="applicant").exists()


def test_what_a_job_ends_at_night_is_told_in_the_morning() -> None:
    scene = Scene()
    application = scene.submit(moment("2025-09-24")).application
    scene.do(application, "origin_clerk", Action.REQUEST_SUPPLEMENT, moment("2025-09-25"),
             items=["stop_proof"], why="看不清")  # fmt: skip
    send(moment("2025-09-25", 11))
    mail.outbox.clear()
    with time_machine.travel(moment("2025-11-10", 0, 5), tick=False):
        lapse_supplements()
    send(moment("2025-11-10", 0, 6))
    assert mail.outbox == []
    send(moment("2025-11-10", 8, 30))
    (letter,) = mail.outbox
    assert letter.body.startswith("已终止，没有收到补交的材料。")
