"""What is said of a situation: chased and next update only if true, previews, both languages."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from tests.public.visits import SIGHTS
from tests.scenes import Scene, moment, steps_of
from transfers.models import Alert, AlertRung, OutboxMessage, TransferApplication, User
from transfers.rules.balances import BalanceAction
from transfers.rules.states import Action, RejectCode, State
from transfers.status import describe, preview, shown, situation_of
from transfers.status.log import SENTENCES
from transfers.status.reasons import REASONS
from transfers.status.situation import Clock, Situation
from transfers.status.tracker import money_track, stages

pytestmark = pytest.mark.django_db

LATE = moment("2025-10-24")


def situation(name: str) -> Situation:
    sight = SIGHTS[name]
    application = sight.make(Scene())
    return situation_of(TransferApplication.objects.get(pk=application.pk), at=sight.at)


def _alert(
    application: TransferApplication, rung: str, *, sent: Any, step: str = "transfer_out"
) -> None:
    late = steps_of(application)[step]
    alert = Alert.objects.create(
        step=late, rung=AlertRung.objects.get(pk=rung), raised_at=LATE, due_on=late.due_on
    )
    OutboxMessage.objects.create(
        key=f"{late.pk} {rung}", kind="alert", alert=alert, created_at=LATE, sent_at=sent,
        recipient=User.objects.filter(is_staff=True).first(),
    )  # fmt: skip


def test_chased_is_said_only_once_the_message_went_out() -> None:
    application = Scene().accepted()
    _alert(application, "late-1", sent=None)
    with override("zh-hans"):
        assert "催办。" not in describe(situation_of(application, at=LATE)).happening
        OutboxMessage.objects.update(sent_at=moment("2025-10-22", 8, 30))
        _alert(application, "late-3", sent=None)
        told = describe(situation_of(application, at=LATE)).happening
    assert told.endswith("前办完，已超3个工作日；2025年10月22日（周三）已催办。")


def test_chased_is_said_of_the_office_that_was_chased() -> None:
    application = Scene().submit().application
    _alert(application, "late-1", sent=moment("2025-10-09", 8, 30), step="check_origin")
    with override("en"):
        told = describe(situation_of(application, at=moment("2025-10-10"))).happening
    for office, chased in (
        (application.origin_agency, True),
        (application.destination_agency, False),
    ):
        said = re.search(rf"{office.name_en} was due [^.]+ ago\.( We chased on )?", told)
        assert said is not None, told
        assert bool(said[1]) is chased


def test_a_reminder_before_the_due_day_is_no_chasing() -> None:
    application = Scene().accepted()
    _alert(application, "due-2", sent=moment("2025-10-17", 8, 30))
    assert situation_of(application, at=LATE).late_clocks[0].chased_on is None


def test_the_next_update_is_the_next_rung_that_tells_the_applicant() -> None:
    application = Scene().accepted()
    first = situation_of(application, at=moment("2025-10-22"))
    assert first.next_update_on == date(2025, 10, 22)  # one working day late, told that day
    _alert(application, "late-1", sent=None)
    assert situation_of(application, at=moment("2025-10-22")).next_update_on == date(2025, 10, 29)
    AlertRung.objects.update(tells_applicant=False)
    assert situation_of(application, at=LATE).next_update_on is None


def test_nobody_who_wishes_no_messages_is_promised_an_update() -> None:
    application = Scene().accepted(notify_by="none")
    assert situation_of(application, at=LATE).next_update_on is None


def test_a_day_off_after_the_due_day_counts_no_working_day() -> None:
    application = Scene().accepted("2025-10-11")
    due = steps_of(application)["transfer_out"].due_on
    assert due.weekday() == 4
    with override("zh-hans"):
        told = describe(situation_of(application, at=moment(due + timedelta(days=1))))
    assert told.key == "late"
    assert "现在还没有办完" in told.happening
    assert "0个工作日" not in told.happening


@pytest.mark.parametrize("name", SIGHTS)
def test_shown_is_what_both_readers_see(name: str) -> None:
    now = situation(name)
    with override("en"):
        zh, en = shown(now)
    assert zh.startswith(SIGHTS[name].zh + "。")
    assert en.startswith(SIGHTS[name].en + ".")
    for language, text in (("zh-hans", zh), ("en", en)):
        with override(language):
            told = describe(now)
        assert told.happening in text
        assert told.you in text
        assert told.by in text


@pytest.mark.parametrize("name", SIGHTS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_tracks_of_every_situation(name: str, language: str) -> None:
    now = situation(name)
    with override(language):
        told = describe(now)
        rows = stages(now, told)
        money = money_track(now)
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert 1 <= told.stage <= 5
    assert sum(row.mark in ("now", "late", "waits", "stopped") for row in rows) == (
        0 if told.tone == "done" else 1
    )
    assert all(row.when for row in rows if row.mark in ("done", "stopped"))
    assert all(office.phone for row in rows for office in row.offices)
    assert money.summary


@pytest.mark.parametrize(
    ("state", "changes", "zh"),
    [
        (State.VALIDATED, {"due_on": date(2025, 10, 21)}, "转出办理中。"),
        (State.TRANSFERRED_OUT, {"due_on": date(2025, 10, 28)}, "转入办理中。"),
        (State.DISCREPANCY_RAISED, {"due_on": date(2025, 10, 28), "discrepancy": "月数不符"},
         "退回更正。"),
        (State.SUPPLEMENT_REQUESTED, {"due_on": date(2025, 10, 28)}, "需要您补材料。"),
        (State.REJECTED, {"close_code": "origin_arrears", "close_text": "欠费两个月"},
         "没有受理。原因：转出地有欠费。"),
        (State.RECALLED, {"close_text": "参保人返回"}, "已终止。"),
        (State.WITHDRAWN, {}, "您已撤回。"),
        (State.TRANSFERRED_IN, {"merged_months": 84}, "关系已转入"),
    ],
)  # fmt: skip
def test_preview(state: State, changes: dict[str, Any], zh: str) -> None:
    application = Scene().submit().application
    now = situation_of(application, at=moment("2025-09-25"))
    told_zh, told_en = preview(now, state=state.value, **changes)
    assert told_zh.startswith(zh)
    assert told_en
    if "due_on" in changes:
        assert f"2025年10月{changes['due_on'].day}日" in told_zh
    if "close_text" in changes:
        assert changes["close_text"] in told_zh
    assert TransferApplication.objects.get(pk=application.pk).state == State.APPLIED


def test_the_months_that_count_are_those_held_and_those_brought() -> None:
    now = replace(situation("moved"), merged_months=80, cumulative_months=86)
    with override("zh-hans"):
        assert "缴费7年2个月已计入" in describe(now).happening
    assert replace(now, cumulative_months=None).counted_months == 80


@pytest.mark.parametrize("state", [State.CLOSED_WITHOUT_BALANCE, State.TRANSFERRED_IN])
def test_a_relation_that_stays_or_counts_for_nothing_is_not_called_counted(state: State) -> None:
    now = replace(situation("no-balance"), state=state, merged_months=0, cumulative_months=0)
    with override("en"):
        assert "do not count as employee months" in describe(now).happening
        stays = describe(replace(now, stays=True)).happening
    assert "Your insurance stays at" in stays
    assert "counted" not in stays


def test_a_provisional_date_is_called_an_estimate() -> None:
    now = situation("out")
    clock = replace(now.clocks[0], provisional=True)
    assert isinstance(clock, Clock)
    for language, word in (("zh-hans", "预计2025年10月21日（周二）前"), ("en", "By about Tue 21")):
        with override(language):
            assert describe(replace(now, clocks=(clock,))).by.startswith(word)


def test_every_reason_and_every_action_has_its_words() -> None:
    assert set(REASONS) == set(RejectCode)
    for verb in (*Action, *BalanceAction):
        assert verb.value in SENTENCES


def test_every_reason_reads_as_a_sentence_in_both_languages() -> None:
    now = situation("refused")
    for code in RejectCode:
        for language in ("zh-hans", "en"):
            with override(language):
                told = describe(replace(now, close_code=code))
            assert told.title
            assert "%" not in told.happening + told.you
