"""Bad input at the first door: every wrong answer told at its field, nothing written."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from tests.scenes import Scene, example_number, moment
from transfers.models import Event, OutboxMessage, Person, Step, TransferApplication, TransferPolicy
from transfers.rules import identity
from transfers.workflow.errors import NotAllowed, Problems
from transfers.workflow.query_codes import normalise, verify
from transfers.workflow.references import is_reference


def fields(scene: Scene, **changes: object) -> dict[str, str]:
    with pytest.raises(Problems) as refusal:
        scene.submit(**changes)
    assert not TransferApplication.objects.exists()
    assert not Person.objects.exists()
    return {problem.field: problem.code for problem in refusal.value.problems}


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
