"""The commands: what they print, how they end, what they say about bad input."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests import factories
from tests.deadlines.test_redate import CLOSURES, NOTICE_2027
from tests.scenes import moment
from transfers.deadlines import heartbeats
from transfers.models import NATION, Alert, Calendar, CalendarNotice, Heartbeat, Step

pytestmark = pytest.mark.django_db

CHINESE = re.compile("[一-鿿]")


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "2027.csv"
    path.write_text(NOTICE_2027, encoding="utf-8")
    return path


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("explain_deadline", *arguments)
    return capsys.readouterr().out


def test_explain_prints_the_due_day_and_every_day_on_the_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = explain(capsys, "--from", "2025-09-30", "--days", "10", "--lang", "en").splitlines()
    assert lines[0] == "Due on 2025-10-21"
    assert lines[1].split() == ["2025-09-30", "0", "Day", "zero"]
    assert len(lines) == 1 + 1 + 21
    by_day = {line.split()[0]: line for line in lines[1:]}
    assert "–  Public holiday: 国庆节、中秋节 (国办发明电〔2024〕12号)" in by_day["2025-10-08"]
    assert "   3  Worked to make up for a holiday" in by_day["2025-10-11"]
    assert by_day["2025-10-12"].endswith("–  Weekend")
    assert by_day["2025-10-21"].endswith("10  Working day")


def test_explain_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(explain(capsys, "--from", "2025-09-30", "--days", "10", "--json"))
    assert set(data) == {"due", "provisional", "days"}
    assert (data["due"], data["provisional"]) == ("2025-10-21", False)
    assert [day["date"] for day in data["days"]][::20] == ["2025-10-01", "2025-10-21"]
    assert sum(day["working"] for day in data["days"]) == 10
    assert all(day["why"] for day in data["days"])


def test_explain_says_what_is_provisional(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--from", "2026-12-24", "--days", "10")
    assert json.loads(explain(capsys, *arguments, "--json"))["provisional"] is True
    first, *_, last = explain(capsys, *arguments, "--lang", "en").splitlines()
    assert first == "Due on 2027-01-07 (provisional)"
    assert last.endswith("Working day, not published yet")
    assert "no calendar yet" in explain(
        capsys, "--from", "2040-01-02", "--days", "1", "--lang", "en"
    )


def test_explain_counts_by_the_pool_s_calendar(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "closed.csv").write_text(CLOSURES, encoding="utf-8")
    call_command("load_calendar", str(tmp_path / "closed.csv"), "--pool", "350500")
    capsys.readouterr()
    arguments = ("--from", "2026-12-11", "--days", "1", "--lang", "en", "--pool")
    assert explain(capsys, *arguments, "990100").startswith("Due on 2026-12-14")
    out = explain(capsys, *arguments, "350500")
    assert out.startswith("Due on 2026-12-16")
    assert "The agency is closed: 系统升级" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--from", "30.9.2025", "--days", "10"), "“30.9.2025” is not a date"),
        (("--from", "2025-02-30", "--days", "10"), "“2025-02-30” is not a date"),
        (("--from", "2025-09-30", "--days", "0"), "“0” is not a number of working days"),
        (("--from", "2025-09-30", "--days", "-3"), "“-3” is not a number of working days"),
        (("--from", "2025-09-30", "--days", "²"), "“²” is not a number of working days"),
        (("--from", "2025-09-30", "--days", "99999"), "“99999” is not a number"),
        (("--from", "2003-12-31", "--days", "1"), "The calendar starts on 2004-01-01"),
        (("--from", "2025-09-30", "--days", "1", "--pool", "123456"), "no region 123456"),
    ],
)
def test_explain_refuses_bad_input_with_a_sentence(
    arguments: tuple[str, ...], complaint: str
) -> None:
    joined = [
        f"{name}={value}" for name, value in zip(arguments[::2], arguments[1::2], strict=True)
    ]
    with pytest.raises(CommandError, match=re.escape(complaint)):
        call_command("explain_deadline", *joined, "--lang", "en")


def test_explain_without_a_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    Step.objects.all().delete()
    Calendar.objects.get(pk=NATION).notices.all().delete()
    Calendar.objects.all().delete()
    with pytest.raises(CommandError, match="load_reference"):
        call_command("explain_deadline", "--from=2025-09-30", "--days=1")


def test_load_calendar_says_what_moved(capsys: pytest.CaptureFixture[str], notice: Path) -> None:
    factories.step(since="2026-12-24")
    call_command("load_calendar", str(notice), "--lang", "en", "--dry-run")
    assert not CalendarNotice.objects.filter(year=2027).exists()
    preview = capsys.readouterr().out
    call_command("load_calendar", str(notice), "--lang", "en")
    assert capsys.readouterr().out == preview
    assert "1 steps of 1 cases have new dates: 1 later, 0 earlier" in preview
    call_command("load_calendar", str(notice), "--lang", "en")
    assert "is loaded already" in capsys.readouterr().out


def test_load_calendar_lists_every_problem_with_its_line(notice: Path) -> None:
    bad = NOTICE_2027.replace("# verified: no", "# verified: maybe")
    bad = bad.replace("2027-01-09,makeup", "2027-01-08,makeup").replace("2027-02-05", "2027-02-31")
    bad += "2027-01-01,holiday,元旦\n2028-01-01,party,\n2027-05-01,holiday\n"
    notice.write_text(bad, encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        call_command("load_calendar", str(notice), "--lang", "en")
    assert str(caught.value).splitlines() == [
        "Line 6: “verified” is “maybe”; it is either yes or no.",
        "Line 11: 2027-01-08 is a make-up day, but from Monday to Friday everybody works anyway.",
        "Line 12: “2027-02-31” is not a date like 2027-01-31.",
        "Line 19: 2027-01-01 is on line 8 already.",
        "Line 20: “party” is none of holiday, makeup, closure.",
        "Line 20: 2028-01-01 is not in the year 2027.",
        "Line 20: 2028-01-01 has no name.",
        "Line 21: A row has 3 columns; this one has 2.",
    ]
    assert not CalendarNotice.objects.filter(year=2027).exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file"),
        ("日历".encode("gbk"), "is not UTF-8 text"),
        (NOTICE_2027.replace("2027", "2028").encode(), "would leave a gap"),
        (b"", "“# year: …” is missing."),
        (b"date,kind,name\n", "There is not one holiday in the file."),
    ],
)
def test_load_calendar_refuses_what_it_cannot_use(
    notice: Path, content: bytes | None, complaint: str
) -> None:
    notice.unlink()
    if content is not None:
        notice.write_bytes(content)
    with pytest.raises(CommandError, match=re.escape(complaint)):
        call_command("load_calendar", str(notice), "--lang", "en")


def test_load_calendar_for_a_place_that_is_no_pool(notice: Path) -> None:
    with pytest.raises(CommandError, match="350000"):
        call_command("load_calendar", str(notice), "--pool", "350000")


@time_machine.travel(moment("2025-10-22", 9), tick=False)
def test_sweep_raises_and_delivers_once(
    capsys: pytest.CaptureFixture[str], mailoutbox: list[Any]
) -> None:
    factories.steps(2)
    call_command("sweep")
    assert Alert.objects.filter(skipped=False).count() == 2
    assert len(mailoutbox) == 2  # the applicants; staff wait for the digest
    call_command("sweep")
    assert len(mailoutbox) == 2
    assert capsys.readouterr().out.splitlines()[1] == "0 rows raised, 0 messages handled"


def test_deadman_names_the_silent_job(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    now = timezone.now()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        heartbeats.record(entry["task"].rpartition(".")[2], now, 0)
    call_command("deadman")
    assert "finished lately" in capsys.readouterr().out
    Heartbeat.objects.filter(pk="deliver_messages").update(finished_at=moment("2025-10-22"))
    with pytest.raises(CommandError, match="deliver_messages: last finished 2025-10-22") as caught:
        call_command("deadman")
    assert "raise_deadline_alerts" not in str(caught.value)
