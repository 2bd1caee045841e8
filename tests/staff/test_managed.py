"""What is edited in the admin's own forms: policies, people, the calendar; and signing in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import step as a_step
from tests.scenes import Scene, moment, staff
from tests.staff.desks import client_of, text_of
from transfers.models import Agency, CalendarNotice, Event, TransferPolicy, User
from transfers.rules.states import Role

ADD = "/admin/transfers/transferpolicy/add/"


@pytest.fixture
def editor(db: None) -> Client:
    return client_of(staff("editor", None, Role.POLICY_EDITOR))


def values(**changes: str) -> dict[str, str]:
    return {"region": "420100", "valid_from": "2026-01-01", "valid_to": "", **changes}


def test_a_value_is_stored_with_its_source(editor: Client) -> None:
    answer = editor.post(
        ADD,
        values(
            transfer_out_days="8", status_of_transfer_out_days="article",
            source_of_transfer_out_days="示例通知", verified_of_transfer_out_days="on",
        ),
    )  # fmt: skip
    assert answer.status_code == 302, text_of(answer)
    policy = TransferPolicy.objects.get(region="420100", valid_from="2026-01-01")
    assert policy.transfer_out_days == 8
    assert policy.provenance == {
        "transfer_out_days": {"status": "article", "source": "示例通知", "verified": True}
    }


def test_a_value_without_source_is_refused_beside_its_field(editor: Client) -> None:
    answer = editor.post(ADD, values(transfer_out_days="8"))
    html = text_of(answer)
    assert answer.status_code == 200
    assert "请写明这个取值的来源" in html
    assert "请选择依据性质" in html
    assert not TransferPolicy.objects.filter(region="420100", valid_from="2026-01-01").exists()


def test_a_changed_value_is_no_longer_verified(editor: Client) -> None:
    policy = TransferPolicy.objects.create(
        region_id="420100", valid_from="2026-01-01", transfer_out_days=8,
        provenance={"transfer_out_days": {"status": "article", "source": "旧", "verified": True}},
    )  # fmt: skip
    address = f"/admin/transfers/transferpolicy/{policy.pk}/change/"
    kept = {"status_of_transfer_out_days": "article", "source_of_transfer_out_days": "旧",
            "verified_of_transfer_out_days": "on"}  # fmt: skip
    assert editor.post(address, values(transfer_out_days="9", **kept)).status_code == 302
    policy.refresh_from_db()
    assert policy.transfer_out_days == 9
    assert policy.provenance["transfer_out_days"]["verified"] is False


def test_an_overlap_is_told_beside_the_first_day(editor: Client) -> None:
    TransferPolicy.objects.create(region_id="420100", valid_from="2026-01-01")
    html = text_of(editor.post(ADD, values(valid_from="2026-06-01")))
    before = html.split('name="valid_from"')[0]
    assert "在 2026-01-01 至 … 已有政策" in before[-800:]


def test_what_applies_is_shown_with_where_it_comes_from(editor: Client) -> None:
    local = TransferPolicy.objects.get(region="350500")
    html = text_of(editor.get(f"/admin/transfers/transferpolicy/{local.pk}/change/"))
    table = html.split('id="in-force"')[1]
    assert "泉州市" in table
    assert "全国" in table
    assert "国家规定" in table


def test_rows_that_were_in_force_are_never_deleted(editor: Client) -> None:
    past = TransferPolicy.objects.get(region="350500")
    future = TransferPolicy.objects.create(region_id="420100", valid_from="2099-01-01")
    for policy, status in ((past, 403), (future, 200)):
        address = f"/admin/transfers/transferpolicy/{policy.pk}/delete/"
        assert editor.get(address).status_code == status


def test_a_clerk_reads_policies_without_any_input(scene: Scene) -> None:
    client = client_of(scene.user("origin_clerk"))
    policy = TransferPolicy.objects.get(region="100000")
    html = text_of(client.get(f"/admin/transfers/transferpolicy/{policy.pk}/change/"))
    assert "国家规定" in html
    assert 'name="_save"' not in html
    assert (
        client.post(f"/admin/transfers/transferpolicy/{policy.pk}/change/", {}).status_code == 403
    )


def test_an_administrator_opens_an_account_with_roles(db: None) -> None:
    agency = Agency.objects.get(region="990100")
    client = client_of(staff("keeper", agency, Role.ADMINISTRATOR))
    clerk = Group.objects.get(name="clerk")
    given = {
        "username": "newcomer", "password1": "a-long-pass-phrase", "password2": "a-long-pass-phrase",
        "usable_password": "true", "last_name": "新", "first_name": "人", "email": "n@example.org",
        "groups": [str(clerk.pk)],
    }  # fmt: skip
    other = Agency.objects.get(region="350500")
    for wrong in ("", str(other.pk)):
        client.post("/admin/transfers/user/add/", {**given, "agency": wrong})
        assert not User.objects.filter(username="newcomer").exists()
    answer = client.post("/admin/transfers/user/add/", {**given, "agency": str(agency.pk)})
    assert answer.status_code == 302, text_of(answer)
    newcomer = User.objects.get(username="newcomer")
    assert newcomer.is_staff
    assert not newcomer.is_superuser
    assert newcomer.roles == {Role.CLERK}
    assert newcomer.check_password("a-long-pass-phrase")


NOTICE = """# year: 2027
# notice: 示例发〔2026〕1号
# published: 2026-11-04
# title: 2027年部分节假日安排
# source: https://example.org/
# verified: no
date,kind,name
2027-01-01,holiday,元旦
"""


def upload(text: str) -> dict[str, Any]:
    return {"place": "100000", "file": SimpleUploadedFile("2027.csv", text.encode())}


def test_a_notice_is_previewed_then_loaded(db: None, now: Any) -> None:
    now.move_to(moment("2026-12-21"), tick=False)
    editor = client_of(staff("editor", None, Role.POLICY_EDITOR))
    step = a_step(since="2026-12-21", due="2027-01-05", limit_days=10, statutory_days=10)
    assert "2027年放假安排还没有导入" in text_of(editor.get("/admin/calendar/"))
    html = text_of(editor.post("/admin/calendar/load/", upload(NOTICE)))
    assert "1 件期限改变" in html
    assert not CalendarNotice.objects.filter(year=2027).exists()
    answer = editor.post(
        "/admin/calendar/load/", {"place": "100000", "text": NOTICE, "confirm": "1"}
    )
    assert answer["Location"] == "/admin/calendar/?year=2027&place=100000"
    assert CalendarNotice.objects.filter(year=2027).exists()
    assert Event.objects.filter(application=step.application, verb="redate").exists()
    page = text_of(editor.get(answer["Location"]))
    assert "已导入 示例发〔2026〕1号" in page
    assert "1<i>休</i>" in page


def test_everything_wrong_with_a_notice_is_told_with_its_line(editor: Client) -> None:
    bad = NOTICE.replace("2027-01-01,holiday", "2027-13-01,feast").replace("# title", "# tittle")
    answer = editor.post("/admin/calendar/load/", upload(bad))
    html = text_of(answer)
    assert answer.status_code == 422
    assert "有误" in html.split("</title>")[0]
    assert html.count('class="error"') >= 2
    for wrong in (b"\xff\xfe\x00", b"x" * 70_000):
        answer = editor.post(
            "/admin/calendar/load/", {"place": "100000", "file": SimpleUploadedFile("a.csv", wrong)}
        )
        assert answer.status_code == 422


def test_a_local_editor_cannot_touch_the_nations_calendar(db: None) -> None:
    local = client_of(staff("local", Agency.objects.get(region="350500"), Role.POLICY_EDITOR))
    html = text_of(local.get("/admin/calendar/"))
    assert '<option value="350500"' in html
    assert '<option value="100000"' not in html
    assert local.post("/admin/calendar/load/", upload(NOTICE)).status_code == 422
    reader = client_of(staff("reader", Agency.objects.get(region="350500"), Role.CLERK))
    assert 'type="file"' not in text_of(reader.get("/admin/calendar/"))
    assert reader.post("/admin/calendar/load/", upload(NOTICE)).status_code == 422
    assert not CalendarNotice.objects.filter(year=2027).exists()


@pytest.mark.parametrize(
    ("language", "wrong", "locked"),
    [("zh-hans", "登录", "请 15 分钟后再试"), ("en", "Sign in", "Wait 15 minutes")],
)
def test_signing_in_and_being_held_up(
    scene: Scene, client: Client, language: str, wrong: str, locked: str
) -> None:
    from django.conf import settings

    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    name = scene.user("origin_clerk").username
    for _ in range(4):
        answer = client.post("/admin/login/", {"username": name, "password": "wrong"})
        assert answer.status_code == 200
        assert wrong in text_of(answer)
        assert 'role="alert"' in text_of(answer)
    answer = client.post("/admin/login/", {"username": name, "password": "wrong"})
    assert answer.status_code == 429
    assert locked in text_of(answer)
    # Held up is the pair of name and address, so even the right password waits.
    assert client.post("/admin/login/", {"username": name, "password": name}).status_code == 429


def test_a_member_of_an_agency_starts_with_the_queue(scene: Scene, client: Client) -> None:
    name = scene.user("origin_clerk").username
    answer = client.post("/admin/login/", {"username": name, "password": name}, follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/queue/"
