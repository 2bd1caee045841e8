"""Bad input at the first door: every wrong answer told at its field, nothing written."""

import json
import re
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.scenes import Scene, example_number, moment
from transfers.documents.verification import is_sealed
from transfers.models import (
    Event,
    Material,
    OutboxMessage,
    Paper,
    Person,
    SideRecord,
    Step,
    TransferApplication,
    TransferPolicy,
)
from transfers.rules import identity
from transfers.status import shown, situation_of
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed, Problems
from transfers.workflow.query_codes import QueryCode, normalise, verify
from transfers.workflow.references import is_reference
from transfers.workflow.submission import door, submit, submit_many


def fields(scene: Scene, **changes: object) -> dict[str, str]:
    with pytest.raises(Problems) as refusal:
        scene.submit(**changes)
    assert not TransferApplication.objects.exists()
    assert not Person.objects.exists()
    return {problem.field: problem.code for problem in refusal.value.problems}


AT = moment("2025-09-24")
CODE = QueryCode.new()
GOOD = example_number(7)
WRONG_DIGIT = GOOD[:17] + ("0" if GOOD[17] != "0" else "1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id_number": ""}, "id_number"),
        ({"id_number": "123"}, "id_number"),
        ({"id_number": WRONG_DIGIT}, "id_number"),
        ({"id_number": "99010020990101001" + "0"}, "id_number"),
        ({"name": "  "}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"origin": "123456"}, "origin"),
        ({"origin": "350000"}, "origin"),
        ({"destination": "990100"}, "destination"),
        ({"scheme_from": "pension"}, "scheme_from"),
        ({"contact_email": "zhang@"}, "contact_email"),
        ({"contact_phone": "12345"}, "contact_phone"),
        ({"contact_email": "", "notify_by": "email"}, "contact_email"),
        ({"contact_phone": "", "notify_by": "sms"}, "contact_phone"),
        ({"notify_by": "fax"}, "notify_by"),
        ({"employer_uscc": "91350500"}, "employer_uscc"),
        ({"materials": ("passport",)}, "materials"),
    ],
)
def test_each_wrong_answer_is_told_at_its_field(scene: Scene, changes: dict, field: str) -> None:
    assert set(fields(scene, **changes)) == {field}


@pytest.mark.parametrize(
    ("phone", "email", "asked", "told"),
    [
        ("13800000000", "zhang@example.org", "", "email"),
        ("13800000000", "", "", "sms"),
        ("", "", "", "none"),
        ("13800000000", "zhang@example.org", "sms", "sms"),
        ("13800000000", "zhang@example.org", "none", "none"),
    ],
)
def test_people_are_told_the_way_they_choose(
    scene: Scene, phone: str, email: str, asked: str, told: str
) -> None:
    made = scene.submit(contact_phone=phone, contact_email=email, notify_by=asked).application
    assert made.notify_by == told


def test_sms_is_not_offered_without_a_gateway(scene: Scene, settings: Any) -> None:
    settings.SMS_URL = ""
    assert set(fields(scene, notify_by="sms")) == {"notify_by"}
    assert scene.submit(contact_email="").application.notify_by == "none"


def test_all_wrong_answers_are_told_at_once(scene: Scene) -> None:
    wrong = fields(scene, id_number="1", name="", origin="0", contact_email="x", scheme_to="")
    assert set(wrong) == {"id_number", "name", "origin", "contact_email", "scheme_to"}


def test_the_sentence_is_in_the_readers_language(scene: Scene) -> None:
    with pytest.raises(Problems) as refusal:
        scene.submit(id_number=WRONG_DIGIT)
    (problem,) = refusal.value.problems
    with translation.override("zh-hans"):
        assert str(problem) == "校验码不对，请检查是否输错"
    with translation.override("en"):
        assert str(problem).startswith("Check digit is wrong")


def test_the_same_person_cannot_have_two_open_applications_of_one_road(scene: Scene) -> None:
    first = scene.submit().application
    with pytest.raises(Problems) as refusal:
        scene.submit(id_number=first.person.id_number)
    assert [problem.code for problem in refusal.value.problems] == ["open_application_exists"]
    scene.do(first, "applicant", "withdraw", moment("2025-09-24", 16))
    scene.submit(id_number=first.person.id_number)


def test_the_database_refuses_the_second_open_application_too(scene: Scene) -> None:
    first = scene.submit().application
    first.pk, first.reference = None, "ZY20250924-0000000"
    with pytest.raises(IntegrityError, match=r"one_open_application|UNIQUE"), transaction.atomic():
        first.save(force_insert=True)


def written(application: TransferApplication) -> dict[str, list[dict[str, str]]]:
    """Every row of a case but for what tells one case from another."""
    (paper,) = application.papers.all()
    number = application.person.id_number
    names = (application.reference, paper.number, number, identity.mask(number))
    own = re.compile("|".join(map(re.escape, names)))
    left_out = {"id", "application_id", "event_id", "person_id", "content_hash", "signature"}
    case = {"application": application}
    rows = {
        table.__name__: table.objects.filter(**among).order_by("pk").values()
        for table, among in [
            (Person, {"pk": application.person_id}),
            (TransferApplication, {"pk": application.pk}),
            *((each, case) for each in (SideRecord, Material, Step, Event, OutboxMessage, Paper)),
        ]
    }
    return {
        table: [
            {
                field: own.sub("*", json.dumps(value, default=str, ensure_ascii=False))
                for field, value in row.items()
                if field not in left_out
            }
            for row in found
        ]
        for table, found in rows.items()
    }


def test_many_at_once_are_each_what_one_alone_is(scene: Scene) -> None:
    given = [scene.submission(id_number=example_number(n, date(1985, 4, 12))) for n in (3, 5, 7)]
    with translation.override("en"):  # whatever language is active
        alone = submit(given[0], by=Actor.applicant(), at=AT, query_code=CODE)
        many = submit_many(given[1:], by=Actor.applicant(), at=AT, query_code=CODE)
    assert [each.application.person.id_number for each in many] == [
        each.id_number for each in given[1:]
    ]
    first = written(alone.application)
    assert all(first.values())
    for each in many:
        assert written(each.application) == first
        assert is_sealed(each.application.papers.get())
        assert verify(CODE.plain, each.application.query_code_hash)
        stored = TransferApplication.objects.get(pk=each.application.pk)
        event = stored.events.get()
        assert (event.shown_zh, event.shown_en) == shown(situation_of(stored, at=AT))


def test_of_many_each_is_refused_by_itself(scene: Scene) -> None:
    known = scene.submit(id_number=example_number(11)).application
    numbers = [WRONG_DIGIT, GOOD, example_number(11), GOOD, example_number(13)]
    answers = submit_many(
        [scene.submission(id_number=number) for number in numbers],
        by=Actor.applicant(), at=AT, query_code=CODE,
    )  # fmt: skip
    codes = [
        [problem.code for problem in each.problems] if isinstance(each, Problems) else "taken in"
        for each in answers
    ]
    assert codes == [
        ["identity"], "taken in", ["open_application_exists"], ["open_application_exists"],
        "taken in",
    ]  # fmt: skip
    assert known.person.applications.count() == 1
    assert Person.objects.filter(id_number=WRONG_DIGIT).count() == 0


def test_the_statements_do_not_grow_with_the_number(scene: Scene) -> None:
    def statements(serials: range) -> int:
        given = [scene.submission(id_number=example_number(n)) for n in serials]
        with CaptureQueriesContext(connection) as seen:
            submit_many(given, by=Actor.applicant(), at=AT, query_code=CODE)
        return len(seen)

    # A few: SQLite takes so many values in a statement, and so many more statements for hundreds.
    assert statements(range(2)) == statements(range(2, 12)) <= 25


def test_numbers_already_taken_are_drawn_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scene.submit().application
    drawn = iter([first.reference, "ZY20250924-0000000"])
    monkeypatch.setattr(door, "new_reference", lambda _on: next(drawn))
    assert scene.submit().application.reference == "ZY20250924-0000000"


def test_a_number_taken_at_this_very_moment_costs_nobody_the_application(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scene.submit().application
    real, calls = door._free, []

    def free(*asked: Any) -> list[str]:
        calls.append(asked)
        return (
            real(*asked)
            if len(calls) > 2
            else [first.reference, first.papers.get().number][len(calls) - 1 :][:1]
        )

    monkeypatch.setattr(door, "_free", free)
    second = scene.submit().application
    assert len(calls) == 4
    assert second.reference != first.reference
    assert (Person.objects.count(), TransferApplication.objects.count(), Paper.objects.count()) == (
        2,
        2,
        2,
    )


def test_a_clerk_of_neither_side_cannot_take_it_in(scene: Scene) -> None:
    elsewhere = Scene(origin="320100", destination="370200")
    with pytest.raises(NotAllowed):
        elsewhere.submit(by="origin_clerk", origin="990100", destination="350500")
    assert not TransferApplication.objects.exists()


def test_a_pool_that_is_not_connected_needs_the_counter_and_the_certificate(scene: Scene) -> None:
    assert TransferPolicy.objects.filter(region="990100").update(connected=False)
    assert fields(scene)["origin"] == "use_offline_channel"
    counter = {"by": "destination_clerk", "channel": "counter"}
    assert fields(scene, **counter) == {
        "certificate_number": "required", "materials": "materials_incomplete",
    }  # fmt: skip
    papers = ("id_card", "certificate")
    scene.submit(certificate_number="PZ-1", materials=papers, **counter)


def test_what_is_written_is_whole(scene: Scene) -> None:
    taken = scene.submit(id_number=f" {GOOD[:6]} {GOOD[6:14]} {GOOD[14:].lower()}")
    application = taken.application
    assert is_reference(application.reference)
    assert application.reference.startswith("ZY20250924-")
    assert verify(taken.query_code.lower(), application.query_code_hash)
    assert not verify("WRONG234", application.query_code_hash)
    assert taken.query_code not in application.query_code_hash
    assert application.person.id_number == GOOD
    assert identity.parse(GOOD, on=moment("2025-09-24").date()).birth_on == (
        application.person.birth_on
    )
    assert Step.objects.filter(application=application).count() == 2
    event = Event.objects.get(application=application)
    assert (event.seq, event.verb, event.actor) == (1, "submit", "applicant")
    message = OutboxMessage.objects.get()
    assert GOOD not in message.key
    assert "zhang" not in message.key


def test_codes_forgive_how_people_type() -> None:
    assert normalise(" ａb2-c 3d ") == "AB2C3D"


@pytest.mark.parametrize("text", ["ZY20250924-0000001", "ZY2025092-00000000", "20250924-0000000",
                                  "ZY20250924-000000０", ""])  # fmt: skip
def test_a_misread_reference_is_recognised(text: str) -> None:
    assert not is_reference(text)
