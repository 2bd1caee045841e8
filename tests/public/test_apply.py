"""Applying, by real requests: seven pages from the first answer to the status page."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.public.visits import EMAIL, NAME, enter, fill_in, pages, photo
from tests.scenes import Scene, example_number, moment
from transfers.intake import drafts
from transfers.models import Draft, Event, TransferApplication, TransferPolicy, Upload
from transfers.rules.states import Side, State
from transfers.tasks import forget_expired
from transfers.workflow.query_codes import verify

pytestmark = pytest.mark.django_db

MORNING = moment("2025-09-24", 9)
BACK = ["/apply/", *(f"/apply/{step}/" for step in range(2, 7)), "/apply/check/"]


@pytest.fixture
def number() -> str:
    return example_number()


@pytest.fixture(autouse=True)
def kept_apart(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def text(answer: Any) -> str:
    return str(answer.content.decode())


def hand_in(client: Client, number: str, **changes: Any) -> str:
    """Fill in, check, hand in; returns the confirmation page."""
    assert fill_in(client, number, **changes)["Location"] == "/apply/check/"
    answer = client.post("/apply/check/")
    assert (answer.status_code, answer.get("Location")) == (302, "/apply/done/")
    return text(client.get("/apply/done/"))


def test_the_pages_come_in_their_order(client: Client, number: str) -> None:
    """Each Continue leads to the next page, which cannot be reached before."""
    given = pages(number)
    for step in range(1, 7):
        for later in BACK[step:]:
            assert client.get(later).status_code == 302, (step, later)
        html = text(client.get(BACK[step - 1]))
        assert f"第 {step} 步，共 7 步" in html
        assert ("CG20" in html) is (step > 1)
        answer = fill_in(client, number, until=6) if step == 5 else client.post(
            BACK[step - 1], given[step - 1]
        )  # fmt: skip
        assert answer["Location"] == BACK[step], step
    html = text(client.get("/apply/check/"))
    assert "第 7 步，共 7 步" in html
    assert "<h1>请核对后提交</h1>" in html
    assert "提交转移申请" in html
    assert number not in html
    assert f"{number[:3]}*************{number[-2:]}" in html
    assert html.count(">修改<") == html.split('id="keep"')[0].count("<dt>") == 18
    assert not TransferApplication.objects.exists()


def test_from_the_form_to_the_status_page(client: Client, number: str) -> None:
    with time_machine.travel(MORNING, tick=False):
        html = hand_in(client, number)
        application = TransferApplication.objects.get()
        reference, code = re.findall(r"<dd>([^<]+)</dd>", html)
        assert reference == application.reference
        assert verify(code, application.query_code_hash)
        assert "2025年9月30日（周二）前告诉您是否受理" in html
        assert "z***@example.org" in html
        assert EMAIL not in html
        svg = html[html.index("<svg") : html.index("</svg>")]
        assert "style" not in svg
        assert client.get(re.findall(r'href="([^"]+\.pdf)"', html)[0]).status_code == 200
        # It can be loaded again, until its owner says that the code is noted.
        assert code in text(client.get("/apply/done/"))
        assert client.get(f"/status/{reference}/").status_code == 200
        assert client.get("/apply/done/")["Location"] == f"/status/{reference}/"
    assert application.state == State.APPLIED
    assert (application.contact_email, application.notify_by) == (EMAIL, "email")
    assert (application.reason, application.language) == ("new_job", "zh-hans")
    records = {record.side: record for record in application.records.all()}
    assert records[Side.ORIGIN].stopped_on == date(2025, 8, 31)
    assert records[Side.DESTINATION].enrolled_on == date(2025, 9, 1)
    assert [each.kind for each in application.materials.all()] == ["id_card"]
    assert Upload.objects.get().application == application
    assert Draft.objects.get().answers == {}
    assert "draft" not in client.session


def test_the_code_is_gone_after_half_an_hour(client: Client, number: str) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        hand_in(client, number)
        clock.shift(31 * 60)
        assert client.get("/apply/done/").status_code == 302


WRONG = [
    (1, {"stopped": "", "enrolled": "", "retired": ""}, 3, "请选择原来的医保是否已停保"),
    (2, {"name": "", "id_number": "123"}, 2, "请输入18位身份证号，最后一位可以是X"),
    (2, {"name": NAME, "id_number": "990100198504120010"}, 1, "校验码不对，请检查是否输错"),
    (3, {"origin": "", "destination": "999999", "scheme_from": "", "scheme_to": "x",
         "reason": "retired"}, 5, "转出地"),
    (3, {"origin": "990100", "destination": "350500", "scheme_from": "resident",
         "scheme_to": "resident", "reason": "moved"}, 1, "明年"),
    (4, {"gap": "", "stopped_on": "soon", "enrolled_on": "2999-01-01"}, 3, "请按年、月、日输入日期"),
    (5, {}, 1, "身份证"),
    (6, {"notify_by": "sms", "contact_phone": "", "contact_email": ""}, 2, "手机"),
    (6, {"notify_by": "", "contact_phone": "123", "contact_email": "x@"}, 4, "手机"),
    (6, {"notify_by": "email", "contact_phone": "123", "contact_email": "x@", "consent": "on"}, 2,
     "电子邮箱"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "given", "wrong", "sentence"), WRONG)
def test_wrong_answers_are_all_named_and_stay(
    client: Client, number: str, step: int, given: dict[str, str], wrong: int, sentence: str
) -> None:
    if step > 1:
        fill_in(client, number, until=step)
    answer = client.post(BACK[step - 1], given)
    html = text(answer)
    assert answer.status_code == 422
    assert "<title>错误：" in html
    assert f"有 {wrong} 处需要修改" in html
    assert sentence in html
    for target in re.findall(r'<li><a href="#([^"]+)"', html):
        assert f'id="{target}"' in html, target
    for name, value in given.items():
        if value and name in ("name", "id_number", "stopped_on", "contact_phone", "contact_email"):
            assert f'value="{value}"' in html, name
    assert client.get(BACK[step]).status_code == 302


def test_a_place_is_typed_and_asked_about_where_it_is_not_clear(
    client: Client, number: str
) -> None:
    fill_in(client, number, until=3)
    given = pages(number)[2] | {"origin": "Suzhou", "destination": "福建泉州"}
    answer = client.post("/apply/3/", given)
    html = text(answer)
    assert answer.status_code == 422
    assert html.count('<li><a href="#id_') == 1
    assert 'value="Suzhou"' in html
    assert 'value="福建省泉州市"' in html
    assert re.findall(r'type="radio" name="origin" value="(\d+)"', html) == ["320500", "341300"]
    # Kept as it is by who goes on later, and still asked about then.
    client.post("/apply/3/", given | {"later": "yes"})
    assert Draft.objects.get().answers["origin"] == "Suzhou"
    assert 'name="origin" value="341300"' in text(client.get("/apply/3/"))
    answer = client.post("/apply/3/", given | {"origin": ["Suzhou", "341300"]})
    assert answer["Location"] == "/apply/4/"
    assert (
        Draft.objects.get().answers.items() >= {"origin": "341300", "destination": "350500"}.items()
    )
    client.cookies["jiexu-language"] = "en"
    assert "From Suzhou, Anhui to Quanzhou, Fujian." in text(client.get("/apply/4/"))


CURRENT = {"scheme_from": "resident", "scheme_to": "resident", "reason": "moved", "next_year": "no"}
INELIGIBLE = [
    ({"stopped": "no"}, "/apply/", "先办停保"),
    ({"enrolled": "no"}, "/apply/", "先在新的地方参保"),
    ({"retired": "yes"}, "/apply/", "异地就医备案"),
    ({"destination": "990100"}, "/apply/3/", "不需要转移"),
    (CURRENT, "/apply/3/", "2026"),
    ({"retired": "relocated", "origin": "350100"}, "/apply/3/", "跨省"),
    ({"disconnected": "350500"}, "/apply/3/", "参保凭证"),
]


@pytest.mark.parametrize(("changes", "back", "told"), INELIGIBLE)
def test_who_cannot_apply_is_told_what_to_do(
    client: Client, number: str, changes: dict[str, str], back: str, told: str
) -> None:
    given = dict(changes)
    if place := given.pop("disconnected", ""):
        assert TransferPolicy.objects.filter(region=place).update(connected=False)
    with time_machine.travel(MORNING, tick=False):
        assert fill_in(client, number, **given)["Location"] == "/apply/not-yet/"
        html = text(client.get("/apply/not-yet/"))
        assert told in html
        assert "错误" not in html
        assert f'class="button" href="{back}"' in html
        # No later page can be reached round it, and the answers stay.
        for later in BACK[BACK.index(back) + 1 :]:
            assert client.get(later)["Location"] == "/apply/not-yet/"
        assert client.post("/apply/check/")["Location"] == "/apply/not-yet/"
        assert client.get(back).status_code == 200
    assert not TransferApplication.objects.exists()


def test_nothing_is_asked_twice(client: Client, number: str) -> None:
    """Changing one answer leads back to the check, with everything else as it was."""
    fill_in(client, number)
    before = text(client.get("/apply/check/"))
    for step in (1, 2, 3, 4, 6):
        html = text(client.get(BACK[step - 1]))
        assert html.count(" checked") + html.count(" selected") + html.count('value="') > 2
        answer = client.post(BACK[step - 1], pages(number)[step - 1])
        assert answer["Location"] == "/apply/check/"
    assert text(client.get("/apply/check/")).count("修改") == before.count("修改")
    answer = client.post("/apply/2/", {"name": "李示例", "id_number": number})
    assert answer["Location"] == "/apply/check/"
    assert "李示例" in text(client.get("/apply/check/"))
    # Who retired has said why; the reason is not asked again, but the other page asks for a proof.
    client.post("/apply/", {"stopped": "yes", "enrolled": "yes", "retired": "relocated"})
    assert 'name="reason"' not in text(client.get("/apply/3/"))
    assert client.get("/apply/check/")["Location"] == "/apply/5/"
    assert 'name="photo_residence_proof"' in text(client.get("/apply/5/"))
    given = [name for page in pages(number) for name in page]
    assert len(given) == len(set(given))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"gap": "no", "stopped_on": "", "enrolled_on": ""}, None),
        ({"gap": "no", "stopped_on": "2025-06-30", "enrolled_on": "2025-09-01"}, "2 个月"),
        ({"gap": "yes", "stopped_on": "", "enrolled_on": ""}, "算补缴"),
        ({"gap": "unsure", "stopped_on": "2025-08-31", "enrolled_on": "2025-09-01"}, "算补缴"),
    ],
)
def test_a_gap_is_explained_before_it_goes_on(
    client: Client, number: str, given: dict[str, str], told: str | None
) -> None:
    fill_in(client, number, until=4)
    answer = client.post("/apply/4/", given)
    if told is None:
        assert answer["Location"] == "/apply/5/"
        return
    assert answer["Location"] == "/apply/gap/"
    html = text(client.get("/apply/gap/"))
    assert told in html
    assert 'href="/arrears/"' in html
    assert 'class="button" href="/apply/5/"' in html


def test_pressing_twice_makes_one_application(client: Client, number: str) -> None:
    """The second press arrives with the page as it was before the first one's answer."""
    with time_machine.travel(MORNING, tick=False):
        fill_in(client, number)
        sealed = re.findall(r'name="draft" value="([^"]+)"', text(client.get("/apply/check/")))[0]
        key = client.session.session_key
        client.post("/apply/check/", {"draft": sealed})
        for again in ("/apply/check/", "/apply/2/"):  # the back button, too
            assert client.post(again, {"draft": sealed})["Location"] == "/apply/done/"
        assert TransferApplication.objects.count() == 1
        # A second visit with the same answers is told, and sees nothing of the first one's case.
        stranger = Client()
        fill_in(stranger, number)
        html = text(stranger.post("/apply/check/"))
        assert "已有一份申请正在办理" in html
        assert 'href="/apply/2/#id_id_number"' in html
        assert "case" not in stranger.session
        assert SessionStore(key).load()["case"] == TransferApplication.objects.get().pk
    assert Event.objects.count() == 1


def test_of_two_who_resumed_the_same_draft_the_second_sees_the_case_of_the_first(
    client: Client, number: str
) -> None:
    fill_in(client, number)
    other = come_back(Draft.objects.get())
    assert client.post("/apply/check/")["Location"] == "/apply/done/"
    sealed = drafts.sealed(Draft.objects.get())
    assert other.post("/apply/check/", {"draft": sealed})["Location"] == "/apply/done/"
    assert other.post("/apply/check/")["Location"] == "/apply/"
    assert TransferApplication.objects.count() == 1


def come_back(draft: Draft, code: str = "") -> Client:
    """Another device, with reference and code."""
    phone = Client(REMOTE_ADDR="203.0.113.9")
    given = {"reference": draft.reference.lower(), "code": code or drafts.code_of(draft)}
    answer = phone.post("/status/", given)
    assert answer.status_code == 302, text(answer)
    assert draft.reference not in answer["Location"]
    return phone


def test_an_unsent_application_is_found_again_and_finished(client: Client, number: str) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        fill_in(client, number, until=3)
        assert client.post("/apply/3/", {"origin": "990100", "later": "yes"})["Location"] == (
            "/apply/saved/"
        )
        draft = Draft.objects.get()
        html = text(client.get("/apply/saved/"))
        assert draft.reference in html
        assert f"{drafts.code_of(draft)[:4]} {drafts.code_of(draft)[4:]}" in html
        clock.shift(timedelta(days=20))
        phone = come_back(draft)
        html = text(phone.get("/apply/saved/"))
        assert "还没有提交" in html
        assert "继续填写" in html
        assert "2025年10月24日（周五）后自动删除" in html
        assert number not in html
        assert 'class="button" href="/apply/3/"' in html
        assert 'value="示例省示例市"' in text(phone.get("/apply/3/"))
        hand_in(phone, number)
    application = TransferApplication.objects.get()
    # Its reference leads to the case now, with the code that the case has.
    answer = Client().post(
        "/status/", {"reference": draft.reference, "code": drafts.code_of(draft)}
    )
    assert answer["Location"] == f"/status/{application.reference}/"
    TransferApplication.objects.update(query_code_hash="md5$x$0")
    answer = Client().post(
        "/status/", {"reference": draft.reference, "code": drafts.code_of(draft)}
    )
    assert answer.status_code == 200


def test_what_nobody_hands_in_is_deleted_with_its_files(client: Client, number: str) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        fill_in(client, number)
        draft, file = Draft.objects.get(), Upload.objects.get().file
        clock.shift(timedelta(days=30))
        forget_expired()
        assert client.post("/status/", {
            "reference": draft.reference, "code": drafts.code_of(draft)
        }).status_code == 302  # fmt: skip
        clock.shift(timedelta(days=1))
        answer = Client().post(
            "/status/", {"reference": draft.reference, "code": drafts.code_of(draft)}
        )
        assert answer.status_code == 200
        assert file.storage.exists(file.name)
        forget_expired()
    assert not Draft.objects.exists()
    assert not Upload.objects.exists()


def test_what_was_handed_in_stays_found(client: Client, number: str) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        hand_in(client, number)
        clock.shift(timedelta(days=60))
        forget_expired()
    assert Draft.objects.count() == 1


@pytest.mark.parametrize(
    ("step", "typed", "kept"),
    [
        (2, {"name": "王示例", "id_number": "half a number"}, {"name": "王示例", "id_number": "half a number"}),
        (6, {"notify_by": "sms", "contact_phone": "1380"}, {"contact_phone": "1380", "consent": ""}),
        (4, {"gap": "yes" * 500}, {"gap": ("yes" * 500)[:300]}),
    ],
)  # fmt: skip
def test_a_page_sent_after_the_session_ended_is_kept(
    client: Client, number: str, step: int, typed: dict[str, str], kept: dict[str, str]
) -> None:
    with time_machine.travel(MORNING, tick=False):
        fill_in(client, number, until=step)
        html = text(client.get(f"/apply/{step}/"))
        hidden = dict(re.findall(r'type="hidden" name="(step|draft)" value="([^"]+)"', html))
        draft = Draft.objects.get()
        assert str(draft.pk) != hidden["draft"]
        assert draft.reference not in hidden["draft"]
        client.session.flush()
        late = Client()
        html = text(late.post(f"/apply/{step}/", {**hidden, **typed}))
    assert "为保护信息已退出，已填内容保留到2025年10月24日（周五）" in html
    assert draft.reference not in html
    assert drafts.code_of(draft) not in html
    assert NAME not in html
    assert "draft" not in late.session
    answers = Draft.objects.get().answers
    assert kept.items() <= answers.items()


@pytest.mark.parametrize("token", ["", "x", "00000000-0000-0000-0000-000000000000", "a:b"])
def test_a_seal_that_is_not_ours_keeps_nothing(client: Client, number: str, token: str) -> None:
    fill_in(client, number, until=3)
    before = Draft.objects.get().answers
    answer = Client().post("/apply/2/", {"draft": token, "step": "2", "name": "王示例"})
    assert answer["Location"] == "/apply/"
    assert Draft.objects.get().answers == before


def test_two_tabs_of_two_applications_do_not_mix(client: Client, number: str) -> None:
    fill_in(client, number, until=3)
    first = Draft.objects.get()
    hidden = {"draft": drafts.sealed(first), "step": "2"}
    client.session.flush()
    fill_in(client, example_number(), until=3)
    second = Draft.objects.exclude(pk=first.pk).get()
    html = text(client.post("/apply/2/", {**hidden, "name": "王示例", "id_number": number}))
    assert "为保护信息已退出" in html
    first.refresh_from_db()
    assert first.answers["name"] == "王示例"
    assert Draft.objects.get(pk=second.pk).answers["name"] == NAME


def test_applying_again_brings_every_old_answer_and_shows_nobody_who_it_is(client: Client) -> None:
    application = Scene().in_state(
        State.REJECTED, contact_phone="13800000712", contact_email=EMAIL, notify_by="email"
    )
    address = enter(client, application)
    assert client.post(f"{address}again/")["Location"] == "/apply/"
    client.post(f"{address}again/")
    draft = Draft.objects.get()
    assert draft.follows == application
    personal = [
        application.person.id_number, application.applicant_name, "13800000712", EMAIL,
    ]  # fmt: skip
    shown = ""
    for step, given in enumerate(pages(""), 1):
        html = text(client.get(BACK[step - 1]))
        shown += html
        if step == 5:
            client.post(BACK[4], {"photo_id_card": photo()})
            continue
        left = ("name", "id_number", "contact_phone", "contact_email")
        answer = client.post(BACK[step - 1], {
            name: "" if name in left else draft.answers.get(name, value)
            for name, value in given.items()
        })  # fmt: skip
        assert answer["Location"] == BACK[step], step
    shown += text(client.get("/apply/check/"))
    assert not [each for each in personal if each in shown]
    assert "138****0712" in shown
    client.post("/apply/check/")
    made = TransferApplication.objects.latest("pk")
    assert made != application
    assert made.person == application.person
    assert [made.contact_phone, made.contact_email] == personal[2:]


def test_what_other_answers_asked_for_is_not_handed_in(client: Client, number: str) -> None:
    moved = {"scheme_to": "flexible", "reason": "moved"}
    fill_in(client, number, kinds=["id_card", "residence_proof"], **moved)
    client.post("/apply/3/", pages(number)[2])
    client.post("/apply/check/")
    application = TransferApplication.objects.get()
    assert list(application.uploads.values_list("kind", flat=True)) == ["id_card"]
    assert list(application.materials.values_list("kind", flat=True)) == ["id_card"]
    assert Upload.objects.count() == 1


def test_an_open_case_is_not_applied_for_again(client: Client) -> None:
    address = enter(client, Scene().in_state(State.APPLIED))
    assert client.post(f"{address}again/")["Location"] == address
    assert not Draft.objects.exists()


def test_personal_data_turns_the_session_and_stays_out_of_it(client: Client, number: str) -> None:
    planted = SessionStore()
    planted["by"] = "somebody else"
    planted.create()
    client.cookies["jiexu-session"] = planted.session_key
    fill_in(client, number)
    assert set(client.session.keys()) == {"by", "draft"}
    assert client.session.session_key != planted.session_key
    assert not SessionStore(planted.session_key).load()


def test_an_application_in_english_is_answered_in_english(client: Client, number: str) -> None:
    client.cookies["jiexu-language"] = "en"
    html = hand_in(client, number, notify_by="none")
    assert "We have received your application" in html
    assert "You chose not to be told" in html
    assert TransferApplication.objects.get().language == "en"


def test_without_a_visit_there_is_nothing_to_see(client: Client) -> None:
    assert client.get("/apply/done/")["Location"] == "/status/"
    assert client.get("/apply/saved/")["Location"] == "/status/"
    for address in ("/apply/check/", "/apply/not-yet/", "/apply/gap/", *BACK[1:]):
        assert client.get(address)["Location"] == "/apply/"
    for step in (0, 7, 99):
        assert client.get(f"/apply/{step}/").status_code == 404


def test_a_file_that_was_not_taken_is_told_whichever_button_was_pressed(
    client: Client, number: str
) -> None:
    fill_in(client, number, until=5)
    page = text(client.get("/apply/5/"))
    assert 'class="sending"' in page  # what is said while files travel
    wrong = SimpleUploadedFile("x.jpg", b"not a picture")
    answer = client.post("/apply/5/", {"photo_id_card": wrong, "later": "yes"})
    assert answer.status_code == 422
    assert 'href="#id_photo_id_card"' in text(answer)
    answer = client.post("/apply/5/", {"photo_id_card": photo(), "later": "yes"})
    assert answer["Location"] == "/apply/saved/"
    # The same once the session ended.
    hidden = {"draft": drafts.sealed(Draft.objects.get()), "step": "5"}
    for file, told in ((SimpleUploadedFile("x.jpg", b"no picture"), True), (photo(), False)):
        answer = Client().post("/apply/5/", {**hidden, "photo_id_card": file})
        assert answer.status_code == (422 if told else 200)
        assert ("没有收下" in text(answer)) is told
        assert ("您刚才填的已经保存" in text(answer)) is not told
    assert Upload.objects.count() == 1  # the same picture twice is one
