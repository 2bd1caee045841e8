"""Finding cases: by reference, number or name; nothing that was typed stands in an address."""

from __future__ import annotations

import pytest

from tests.scenes import Scene
from tests.staff.desks import case_url, client_of, text_of
from transfers.models import TransferApplication
from transfers.rules.states import State

SEARCH = "/admin/search/"


@pytest.fixture
def application(scene: Scene) -> TransferApplication:
    return scene.in_state(State.APPLIED)


def test_a_whole_reference_opens_the_case(scene: Scene, application: TransferApplication) -> None:
    client = client_of(scene.user("origin_clerk"))
    wide = application.reference.replace("Z", "Ｚ").lower()
    for typed in (application.reference, f"  {application.reference.lower()} ", wide):
        answer = client.post(SEARCH, {"words": typed})
        assert (answer.status_code, answer.get("Location")) == (302, case_url(application))


@pytest.mark.parametrize("typed", ["张示例", "张", "张示"])
def test_a_name_from_its_beginning_lists_the_case(
    scene: Scene, application: TransferApplication, typed: str
) -> None:
    answer = client_of(scene.user("destination_finance")).post(SEARCH, {"words": typed})
    html = text_of(answer)
    assert answer.status_code == 200
    assert "找到 1 件" in html
    assert case_url(application) in html
    assert f"…{application.person.id_number[-4:]}" in html
    assert application.person.id_number not in html
    assert answer["Cache-Control"].find("no-store") >= 0


def test_a_name_is_not_looked_for_in_the_middle(
    scene: Scene, application: TransferApplication
) -> None:
    answer = client_of(scene.user("origin_clerk")).post(SEARCH, {"words": "示例"})
    assert "没有找到" in text_of(answer)


def test_an_identity_number_in_any_spelling_lists_the_case(
    scene: Scene, application: TransferApplication
) -> None:
    number = application.person.id_number
    client = client_of(scene.user("origin_clerk"))
    for typed in (number, number.lower(), f"{number[:6]} {number[6:]}"):
        html = text_of(client.post(SEARCH, {"words": typed}))
        assert case_url(application) in html


def test_what_was_typed_is_never_taken_from_an_address(
    scene: Scene, application: TransferApplication
) -> None:
    client = client_of(scene.user("origin_clerk"))
    answer = client.get(SEARCH, {"words": application.applicant_name})
    assert case_url(application) not in text_of(answer)
    assert 'method="post"' in text_of(answer)
    queue = text_of(client.get("/admin/queue/"))
    form = queue.split('action="/admin/search/"')[0].rsplit("<form", 1)[1]
    assert 'method="post"' in form


def test_nothing_typed_is_told_beside_the_field(scene: Scene) -> None:
    answer = client_of(scene.user("origin_clerk")).post(SEARCH, {"words": "  "})
    assert "有 1 处需要修改" in text_of(answer)


def test_more_than_a_page_is_cut_and_said(scene: Scene) -> None:
    from tests.factories import applications

    applications(51, applicant_name="王很多")
    html = text_of(client_of(scene.user("origin_clerk")).post(SEARCH, {"words": "王"}))
    assert html.count('<td class="ref">') == 50
    assert "只显示最新 50 件" in html
