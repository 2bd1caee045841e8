"""Papers at the desk: who reads them, what is marked replaced, the certificate on demand."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.documents.papers import RARE, certificate_of, named, paper_of
from tests.scenes import Scene
from tests.staff.desks import case_url, client_of, newcomers, text_of
from transfers.models import Event, Paper, TransferApplication
from transfers.rules.states import Role, State

K = Paper.Kind
ISSUERS = {Role.CLERK, Role.SUPERVISOR}


def paper_url(paper: Paper, suffix: str = "/") -> str:
    return f"{case_url(paper.application)}papers/{paper.number}{suffix}"


def certificate_url(application: TransferApplication) -> str:
    return f"{case_url(application)}papers/certificate/"


def test_the_case_page_lists_every_paper_and_marks_the_replaced(scene: Scene) -> None:
    application = scene.out()
    old = certificate_of(scene, application)
    new = certificate_of(scene, application, "2025-10-23")
    html = text_of(client_of(scene.user("destination_clerk"), "en").get(case_url(application)))
    lines = re.findall(r"<li>[^<]*<a href=\"[^\"]*/papers/([^\"/]+)/\".*?</li>", html, re.S)
    assert lines == [new.number, old.number,
                     paper_of(application, K.INFORMATION_FORM).number,
                     paper_of(application, K.RECEIPT).number]  # fmt: skip
    marked = re.findall(r"papers/([^\"/]+)/\"(?:(?!</li>).)*replaced by a newer one", html, re.S)
    assert marked == [old.number]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_page_and_pdf_open_masked_and_are_not_stored(scene: Scene, language: str) -> None:
    application = scene.out(**named(RARE))
    client = client_of(scene.user("destination_clerk"), language)
    for paper in Paper.objects.filter(application=application):
        page = client.get(paper_url(paper))
        assert page.status_code == 200
        html = text_of(page)
        assert paper.number in html
        assert "𠮷*" in html
        assert not set(RARE[1:]) & set(html)
        assert application.person.id_number not in html
        pdf = client.get(paper_url(paper, ".pdf"))
        assert pdf.content.startswith(b"%PDF-")
        assert pdf["Content-Disposition"] == f'attachment; filename="{paper.number}.pdf"'
        for answer in (page, pdf):
            assert "no-store" in answer["Cache-Control"]


def test_papers_are_there_for_those_who_may_see_the_case_alone(scene: Scene) -> None:
    application = scene.in_state(State.VALIDATED)
    paper = paper_of(application, K.RECEIPT)
    readers = {Role.CLERK, Role.FINANCE, Role.SUPERVISOR, Role.AUDITOR}
    for (where, role), user in newcomers().items():
        client = client_of(user)
        seen = role in readers and (
            where in ("origin", "destination")
            or (where == "supervising" and role in (Role.SUPERVISOR, Role.AUDITOR))
        )
        for suffix in ("/", ".pdf"):
            status = client.get(paper_url(paper, suffix)).status_code
            assert status == (200 if seen else 404), (where, role)


def test_a_paper_of_another_case_is_not_found(scene: Scene) -> None:
    mine, other = scene.submit().application, scene.submit().application
    client = client_of(scene.user("origin_clerk"))
    number = paper_of(other, K.RECEIPT).number
    assert client.get(f"{case_url(mine)}papers/{number}/").status_code == 404
    assert client.get(f"{case_url(mine)}papers/{number}.pdf").status_code == 404


def test_only_clerks_of_the_origin_issue_the_certificate(scene: Scene) -> None:
    application = scene.in_state(State.VALIDATED)
    for (where, role), user in newcomers().items():
        before = Paper.objects.filter(kind=K.CERTIFICATE).count()
        client = client_of(user, "en")
        answer = client.get(case_url(application))
        may = where == "origin" and role in ISSUERS
        if answer.status_code == 200:
            assert (certificate_url(application) in text_of(answer)) is may, (where, role)
        posted = client.post(certificate_url(application))
        assert posted.status_code == (302 if answer.status_code == 200 else 404), (where, role)
        made = Paper.objects.filter(kind=K.CERTIFICATE).count() - before
        assert made == may, (where, role)


def test_issuing_tells_the_number_and_is_in_the_log(scene: Scene) -> None:
    application = scene.in_state(State.VALIDATED)
    client = client_of(scene.user("origin_clerk"), "en")
    html = text_of(client.get(case_url(application)))
    form = re.search(r'action="[^"]*/papers/certificate/".*?name="seen" value="(\d+)"', html, re.S)
    assert form
    told = text_of(client.post(certificate_url(application), {"seen": form[1]}, follow=True))
    number = paper_of(application, K.CERTIFICATE).number
    assert f"Certificate {number} has been issued." in told
    assert "Enrolment certificate issued" in told
    event = Event.objects.filter(application=application).latest("seq")
    assert (event.verb, event.facts) == ("certificate", {"paper": number})


def test_a_double_click_issues_one(scene: Scene) -> None:
    application = scene.in_state(State.VALIDATED)
    client = client_of(scene.user("origin_clerk"), "en")
    seen = TransferApplication.objects.get(pk=application.pk).version
    client.post(certificate_url(application), {"seen": seen})
    second = text_of(client.post(certificate_url(application), {"seen": seen}, follow=True))
    assert "was quicker" in second
    assert Paper.objects.filter(kind=K.CERTIFICATE).count() == 1


def test_a_closed_case_offers_none_and_a_get_issues_none(scene: Scene) -> None:
    application = scene.in_state(State.REJECTED)
    client = client_of(scene.user("origin_clerk"), "en")
    assert certificate_url(application) not in text_of(client.get(case_url(application)))
    refused = text_of(client.post(certificate_url(application), follow=True))
    assert "a certificate is only issued while it is open" in refused
    assert client.get(certificate_url(application)).status_code == 405
    assert not Paper.objects.filter(kind=K.CERTIFICATE).exists()


def test_many_papers_cost_the_case_page_no_query_more(scene: Scene) -> None:
    application = scene.in_state(State.VALIDATED)
    client = client_of(scene.user("origin_clerk"))

    def price() -> int:
        client.get(case_url(application))
        with CaptureQueriesContext(connection) as seen:
            client.get(case_url(application))
        return len(seen)

    few = price()
    for day in range(6, 20):
        certificate_of(scene, application, f"2025-10-{day:02d}")
    assert price() == few
