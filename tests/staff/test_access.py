"""Who may open what: every address of the staff site × every role × every relation to the case."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import URLPattern

from tests.scenes import Scene, staff
from tests.staff.desks import case_url, client_of, newcomers, text_of
from transfers import plugs
from transfers.models import Agency, AlertRung, Region, TransferPolicy
from transfers.rules.states import Role, State
from transfers.staff.verbs import FORMS

CASE_READERS = {Role.CLERK, Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR}
EVERYBODY = set(Role)
MARKER = "张*"

# Every page of ours, and the roles that get an answer other than 403. An address that is not listed
# fails the test: whoever adds a page decides here who may open it.
PAGES: dict[str, set[Role]] = {
    "queue": CASE_READERS,
    "inbox": CASE_READERS,
    "search": CASE_READERS,
    "finance": {Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR},
    "books": {Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR},
    "feedback": CASE_READERS,
    "case_new": {Role.CLERK, Role.SUPERVISOR},
    "statements": {Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR},
    "statement_read": {Role.FINANCE},
    "statement_columns": {Role.FINANCE},
    "remittances": {Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR},
    "remittances_export": {Role.FINANCE},
    "calendar": EVERYBODY,
    "calendar_load": EVERYBODY,
    "outbox": {Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR},
    "transfers_transferpolicy_changelist": EVERYBODY,
    "transfers_alertrung_changelist": EVERYBODY,
    "transfers_agency_changelist": EVERYBODY,
    "transfers_region_changelist": {Role.POLICY_EDITOR, Role.ADMINISTRATOR},
    "transfers_user_changelist": {Role.ADMINISTRATOR, Role.AUDITOR},
    "transfers_bankaccount_changelist": {Role.ADMINISTRATOR, Role.AUDITOR},
    "transfers_bankaccount_add": {Role.ADMINISTRATOR},
    "transfers_employer_changelist": {Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR},
    "transfers_employer_add": {Role.SUPERVISOR, Role.ADMINISTRATOR},
    "transfers_heartbeat_changelist": {Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR},
    # Local editors: regions, ladder and the creation of offices belong to the nation.
    "transfers_transferpolicy_add": {Role.POLICY_EDITOR},
    "transfers_user_add": {Role.ADMINISTRATOR},
    "transfers_alertrung_add": set(),
    "transfers_region_add": set(),
    "transfers_agency_add": set(),
    "transfers_heartbeat_add": set(),
}
POST_ONLY = {"assign", "acknowledge", "retry", "certificate", "break_release"}
OF_A_CASE = {
    "case", "case_move", "case_contact", "case_identity", "case_applicant", "case_record", "case_paper",
    "case_paper_pdf", "case_file",
}  # fmt: skip
# By role and agency: tests/staff/test_statements.py.
# By role: tests/public/test_employer.py.
OF_AN_EMPLOYER = {"employer_link"}
# By role and agency: tests/staff/test_feedback.py.
OF_A_RESULT = {"feedback_answer", "feedback_reply"}
OF_A_STATEMENT = {"statement", "statement_accept", "statement_line"}
OF_A_ROW = {"change", "delete", "history"}
DJANGO = {
    "index", "login", "logout", "password_change", "password_change_done", "autocomplete",
    "jsi18n", "view_on_site", "app_list", "auth_user_password_change",
}  # fmt: skip


def _names() -> set[str]:
    names = set()

    def walk(patterns: Any) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                if pattern.name:
                    names.add(pattern.name)
            else:
                walk(pattern.url_patterns)

    walk(admin.site.get_urls())
    return names


def test_every_address_is_listed() -> None:
    listed = (
        set(PAGES) | POST_ONLY | OF_A_CASE | OF_A_STATEMENT | OF_A_RESULT | OF_AN_EMPLOYER | DJANGO
    )
    # Who may open what other applications plug in is their own tests' matter.
    plugged = {page.name for page in plugs.staff_pages}
    others = {model._meta.app_label for model in admin.site._registry} - {"transfers"}
    unknown = {
        name
        for name in _names() - listed - plugged
        if name.split("_", 1)[0] not in others
        if not (name.startswith("transfers_") and name.rsplit("_", 1)[1] in OF_A_ROW)
    }
    assert not unknown


@pytest.fixture
def crowd(scene: Scene) -> dict[tuple[str, Role], Any]:
    return newcomers()


def test_pages_answer_by_role(crowd: dict[tuple[str, Role], Any]) -> None:
    from django.urls import reverse

    for role in Role:
        # These pages belong to no case, so it is the same at every agency.
        client = client_of(crowd["origin", role])
        for name, roles in PAGES.items():
            status = client.get(reverse(f"admin:{name}")).status_code
            expected = {200, 302} if role in roles else {403}
            assert status in expected, (role, name, status)


def test_a_case_is_there_for_its_two_agencies_and_those_above_them_alone(
    scene: Scene, crowd: dict[tuple[str, Role], Any]
) -> None:
    application = scene.in_state(State.VALIDATED)
    addresses = [
        case_url(application),
        f"{case_url(application)}applicant/",
        f"{case_url(application)}identity/",
        *(case_url(application, verb) for verb in FORMS),
    ]
    for (where, role), user in crowd.items():
        client = client_of(user)
        seen = role in CASE_READERS and (
            where in ("origin", "destination")
            or (where == "supervising" and role in (Role.SUPERVISOR, Role.AUDITOR))
        )
        for address in addresses:
            answer = client.get(address)
            if not seen:
                assert answer.status_code == 404, (where, role, address)
                assert application.reference not in text_of(answer).replace(address, "")
                assert MARKER not in text_of(answer)
                posted = client.post(address, {"mode": "do", "seen": 3})
                assert posted.status_code in (404, 405), (where, role, address)
            else:
                assert answer.status_code in (200, 409), (where, role, address)


def test_lists_of_an_unrelated_agency_hold_no_trace(
    scene: Scene, crowd: dict[tuple[str, Role], Any]
) -> None:
    application = scene.in_state(State.VALIDATED)
    for role in CASE_READERS:
        client = client_of(crowd["unrelated", role])
        pages = [
            client.get("/admin/queue/?track=all"),
            client.get("/admin/inbox/?all=1"),
            client.post("/admin/search/", {"words": "张示"}),
            client.post("/admin/search/", {"words": application.person.id_number}),
            client.post("/admin/search/", {"words": application.reference}),
        ]
        for page in pages:
            assert page.status_code == 200
            html = text_of(page)
            assert f"/cases/{application.reference}/" not in html
            assert MARKER not in html


def test_nobody_gets_in_without_signing_in(client: Any, db: None) -> None:
    from django.urls import reverse

    for name in PAGES:
        answer = client.get(reverse(f"admin:{name}"))
        assert answer.status_code == 302
        assert "/admin/login/" in answer["Location"]


def test_a_signed_in_account_that_is_no_staff_is_asked_to_sign_in(scene: Scene) -> None:
    user = scene.user("origin_clerk")
    user.is_staff = False
    user.save()
    answer = client_of(user).get("/admin/queue/")
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_case_tables_have_no_admin_pages() -> None:
    models = {
        model.__name__ for model in admin.site._registry if model._meta.app_label == "transfers"
    }
    assert models == {
        "TransferPolicy", "AlertRung", "Region", "Agency", "BankAccount", "User", "Employer",
        "Heartbeat",
    }  # fmt: skip


def test_a_local_policy_editor_edits_the_own_region_only(db: None) -> None:
    own = Agency.objects.get(region="350500")
    client = client_of(staff("editor", own, Role.POLICY_EDITOR))
    nation = TransferPolicy.objects.get(region="100000")
    local = TransferPolicy.objects.get(region="350500")
    assert 'name="_save"' not in text_of(client.get(_change("transferpolicy", nation.pk)))
    assert 'name="_save"' in text_of(client.get(_change("transferpolicy", local.pk)))
    assert client.post(_change("transferpolicy", nation.pk), {}).status_code == 403
    choices = text_of(client.get("/admin/transfers/transferpolicy/add/"))
    assert '<option value="350500"' in choices
    assert '<option value="100000"' not in choices
    assert '<option value="420100"' not in choices


def test_a_local_administrator_manages_the_own_people_only(scene: Scene) -> None:
    own = Agency.objects.get(region="990100")
    client = client_of(staff("local_admin", own, Role.ADMINISTRATOR))
    ours, theirs = scene.user("origin_clerk"), scene.user("destination_clerk")
    listed = text_of(client.get("/admin/transfers/user/"))
    assert ours.username in listed
    assert theirs.username not in listed
    assert client.get(_change("user", theirs.pk)).status_code == 302  # "does not exist"
    assert client.get(f"/admin/transfers/user/{theirs.pk}/password/").status_code in (302, 404)
    page = text_of(client.get(_change("user", ours.pk)))
    assert 'name="_save"' in page
    assert "泉州市医疗保障经办机构" not in page


def test_nobody_changes_their_own_roles(db: None) -> None:
    agency = Agency.objects.get(region="990100")
    user = staff("self_made", agency, Role.ADMINISTRATOR)
    page = text_of(client_of(user).get(_change("user", user.pk)))
    assert 'name="groups"' not in page
    assert 'name="is_superuser"' not in page
    client_of(user).post(
        _change("user", user.pk),
        {"username": "self_made", "groups": ["1", "2", "3"], "is_superuser": "on"},
    )
    user = type(user).objects.get(pk=user.pk)
    assert user.roles == {Role.ADMINISTRATOR}
    assert not user.is_superuser


def test_a_superuser_is_out_of_an_administrators_reach(django_user_model: Any, db: None) -> None:
    root = django_user_model.objects.create_superuser("root", password="root")
    client = client_of(staff("national", None, Role.ADMINISTRATOR))
    assert "root" not in text_of(client.get("/admin/transfers/user/"))
    assert client.get(_change("user", root.pk)).status_code == 302
    assert client.get(f"/admin/transfers/user/{root.pk}/password/").status_code in (302, 404)


def test_a_superuser_of_no_agency_sees_no_case(scene: Scene, django_user_model: Any) -> None:
    application = scene.in_state(State.VALIDATED)
    client = client_of(django_user_model.objects.create_superuser("root", password="root"))
    assert client.get(case_url(application)).status_code == 404
    assert client.get("/admin/queue/").status_code == 403
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/transfers/").status_code == 302


def test_national_editors_edit_ladder_and_regions(db: None) -> None:
    editor = client_of(staff("national_editor", None, Role.POLICY_EDITOR))
    rung = AlertRung.objects.first()
    assert rung is not None
    assert 'name="_save"' in text_of(editor.get(_change("alertrung", rung.pk)))
    keeper = client_of(staff("national_keeper", None, Role.ADMINISTRATOR))
    region = Region.objects.get(pk="990100")
    assert 'name="_save"' in text_of(keeper.get(_change("region", region.pk)))
    assert keeper.get("/admin/transfers/agency/add/").status_code == 200


def _change(model: str, key: object) -> str:
    from django.contrib.admin.utils import quote

    return f"/admin/transfers/{model}/{quote(key)}/change/"
