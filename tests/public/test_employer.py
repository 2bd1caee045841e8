"""The employers' pages: who may enter, what an employer sees, and the whole way from file to cases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone

from tests.intake.spreadsheets import (
    AT,
    an_employer,
    as_text,
    as_workbook,
    checked,
    handed_in,
    row,
    uploaded,
    work,
)
from tests.scenes import staff
from tests.staff.desks import client_of, text_of
from transfers.intake import batches
from transfers.models import Agency, Batch, Employer, OutboxMessage, TransferApplication, User
from transfers.rules.states import Role
from transfers.status import sms
from transfers.tables import read
from transfers.workflow.actions import perform
from transfers.workflow.actors import Actor
from transfers.workflow.errors import NotAllowed

pytestmark = pytest.mark.django_db

HOME, LOGIN = "/employer/", "/employer/login/"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfers.public.employer.batches.nudge_batches", lambda: None)
    monkeypatch.setattr("transfers.intake.batches.sheet.read_confined", read)


def english(user: User) -> Client:
    return client_of(user, "en")


def sign_in(username: str, password: str, client: Client | None = None) -> Any:
    return (client or Client()).post(LOGIN, {"username": username, "password": password})


# Who may enter


def test_an_employer_signs_in_with_its_code_and_nobody_else_does() -> None:
    user = an_employer()
    answer = sign_in(f" {user.username.lower()} ", user.username)
    assert (answer.status_code, answer.url) == (302, HOME)
    member = staff("clerk", Agency.objects.get(region="350500"), Role.CLERK)
    assert sign_in(member.username, member.username).status_code == 422
    assert sign_in(user.username, "wrong").status_code == 422


def test_staff_and_a_wrong_password_get_the_same_answer() -> None:
    member = staff("CLERK9", None, Role.CLERK)

    def said(username: str, password: str) -> str:
        html = text_of(sign_in(username, password))
        return re.sub(r'(value|name="csrfmiddlewaretoken" value)="[^"]*"', "", html)

    assert said(member.username, "wrong") == said(member.username, "CLERK9")


def test_an_employer_cannot_enter_the_staff_site() -> None:
    user = an_employer()
    client = client_of(user)
    for address in ("/admin/", "/admin/queue/", "/admin/transfers/employer/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert "/admin/login/" in answer.url
    answer = Client().post(
        "/admin/login/", {"username": user.username, "password": user.username, "next": "/admin/"}
    )
    assert answer.status_code == 200  # the form again


def test_a_closed_account_is_out_at_once() -> None:
    user = an_employer()
    client = client_of(user)
    assert client.get(HOME).status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(HOME).status_code == 302
    assert sign_in(user.username, user.username).status_code == 422


def test_guessing_is_held_up_on_a_page_of_their_own() -> None:
    user = an_employer()
    answers = [sign_in(user.username, "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert LOGIN in text_of(answers[-1])


def addresses(reference: str) -> dict[str, str]:
    """Every address of the employers' pages; a new one has to be told here what it is made of."""
    given = {"reference": reference, "kind": "csv", "uidb64": "MQ", "token": "x-y", "case": "-"}
    case = TransferApplication.objects.filter(batch_row__batch__reference=reference).first()
    given |= {"case": case.reference} if case is not None else {}
    found = {}
    for pattern in get_resolver("transfers.public.employer.urls").url_patterns:
        wanted = pattern.pattern.converters
        found[pattern.name] = reverse(pattern.name, kwargs={name: given[name] for name in wanted})
    return found


OPEN_TO_ALL = {"employer-login", "employer-logout", "employer-welcome"}


def test_every_page_asks_strangers_and_staff_to_sign_in() -> None:
    batch = handed_in(an_employer(), as_workbook([row()]))
    member = client_of(staff("supervisor", Agency.objects.get(region="350500"), Role.SUPERVISOR))
    for client in (Client(), member):
        for name, address in addresses(batch.reference).items():
            if name in OPEN_TO_ALL:
                continue
            answer = client.get(address)
            assert answer.status_code == 302, name
            assert answer.url.startswith(LOGIN), name


def test_another_employers_batch_does_not_exist() -> None:
    content = as_workbook([row(), row(name="")])
    marker = "王标记"
    batch = handed_in(an_employer(marker), content)
    other = client_of(an_employer())
    for name, address in addresses(batch.reference).items():
        if name == "employer-template":
            continue
        if batch.reference not in address:
            html = text_of(other.get(address))
            assert batch.reference not in html, name
            assert marker not in html, name
            continue
        for ask in (other.get, other.post):
            answer = ask(address)
            assert answer.status_code in (404, 405), name
            assert marker not in text_of(answer)


# An account


def test_an_office_makes_an_account_and_hands_out_a_link() -> None:
    supervisor = english(staff("head", Agency.objects.get(region="350500"), Role.SUPERVISOR))
    code = an_employer().username
    Employer.objects.filter(uscc=code).update(uscc="91350500M000000000")
    User.objects.filter(username=code).update(username="old")
    form = {"uscc": code.lower(), "name": "新公司", "contact_phone": "0595", "may_sign_in": "on"}
    answer = supervisor.post("/admin/transfers/employer/add/", form)
    assert answer.status_code == 302, text_of(answer)
    employer = Employer.objects.get(uscc=code)
    assert answer.url == f"/admin/employers/{employer.pk}/link/"
    assert employer.agency == Agency.objects.get(region="350500")
    assert "welcome" not in text_of(supervisor.get(answer.url))
    page = text_of(supervisor.post(answer.url))
    (link,) = re.findall(rf"{re.escape(settings.PUBLIC_URL)}(/employer/welcome/\S+?/)</", page)
    visitor = Client()
    asked = visitor.get(link)
    assert "set-password" in asked.url  # the token leaves the address
    words = "correct horse battery 9"
    short = visitor.post(asked.url, {"new_password1": "short", "new_password2": "short"})
    assert short.status_code == 422
    done = visitor.post(asked.url, {"new_password1": words, "new_password2": words})
    assert (done.status_code, done.url) == (302, LOGIN)
    assert sign_in(code, words).status_code == 302
    assert Client().get(link).status_code == 200  # says that it was used
    changed = supervisor.post(
        f"/admin/transfers/employer/{employer.pk}/change/", {**form, "may_sign_in": ""}
    )
    assert changed.status_code == 302
    assert sign_in(code, words).status_code == 422


@pytest.mark.parametrize(
    "changes", [{"uscc": "91350500M000000001"}, {"contact_phone": ""}, {"name": ""}]
)
def test_a_wrong_account_is_refused(changes: dict[str, str]) -> None:
    supervisor = english(staff("head", Agency.objects.get(region="350500"), Role.SUPERVISOR))
    form = {"uscc": "91350500M0001AB01X", "name": "新公司", "contact_phone": "0595", **changes}
    assert supervisor.post("/admin/transfers/employer/add/", form).status_code == 200
    assert not Employer.objects.exists()


def test_a_link_is_made_by_supervisors_and_administrators_alone() -> None:
    employer = kept_at("350500")
    for role in Role:
        client = client_of(staff(f"x{role.value}"[:20], Agency.objects.get(region="350500"), role))
        expected = 200 if role in (Role.SUPERVISOR, Role.ADMINISTRATOR) else 403
        assert client.post(f"/admin/employers/{employer.pk}/link/").status_code == expected
    admin = client_of(staff("boss", None, Role.ADMINISTRATOR))
    assert admin.post("/admin/employers/999999/link/").status_code == 404
    assert admin.post(f"/admin/employers/{employer.pk}/link/").status_code == 403
    assert admin.post(f"/admin/employers/{kept_at(None).pk}/link/").status_code == 200
    # Employers' users are no members of staff: the page of users does not know them.
    user = User.objects.get(employer=employer)
    assert admin.get(f"/admin/transfers/user/{user.pk}/change/").status_code == 302
    assert user.username not in text_of(admin.get("/admin/transfers/user/"))


def kept_at(code: str | None) -> Employer:
    """An employer whose account the office of a place made."""
    employer = an_employer().employer
    assert employer is not None
    employer.agency = Agency.objects.get(region=code) if code else None
    employer.save()
    return employer


def test_an_account_is_edited_where_it_was_made_and_seen_everywhere() -> None:
    employer = kept_at("350500")
    change = f"/admin/transfers/employer/{employer.pk}/change/"
    form = {"name": "改名", "contact_phone": "0595", "may_sign_in": "on"}
    elsewhere = english(staff("far", Agency.objects.get(region="990100"), Role.SUPERVISOR))
    assert "Link to choose a password" not in text_of(elsewhere.get(change))
    assert elsewhere.post(change, form).status_code == 403
    assert elsewhere.post(f"/admin/employers/{employer.pk}/link/").status_code == 403
    employer.refresh_from_db()
    assert employer.name != "改名"
    here = english(staff("near", Agency.objects.get(region="350500"), Role.ADMINISTRATOR))
    assert "Link to choose a password" in text_of(here.get(change))
    assert here.post(change, form).status_code == 302
    root = User.objects.create_superuser("root", password="root")
    assert client_of(root).post(f"/admin/employers/{employer.pk}/link/").status_code == 200


def test_a_link_is_told_to_the_employer_and_seen_by_the_auditor() -> None:
    employer = kept_at("350500")
    Employer.objects.filter(pk=employer.pk).update(contact_email="hr@example.org")
    office = Agency.objects.get(region="350500")
    supervisor = english(staff("head", office, Role.SUPERVISOR))
    auditor = english(staff("audit", Agency.objects.get(region="990100"), Role.AUDITOR))
    address = f"/admin/employers/{employer.pk}/link/"
    supervisor.get(address)
    assert not OutboxMessage.objects.exists()
    for _time in range(2):
        page = text_of(supervisor.post(address))
    (token,) = re.findall(r"/employer/welcome/(\S+?)/</", page)
    letters = OutboxMessage.objects.filter(kind="letter", address="hr@example.org")
    assert letters.count() == 2
    for letter in letters:
        assert office.name_zh in letter.text
        assert office.name_en in letter.text
        assert f"{timezone.localdate():%Y-%m-%d}" in letter.text
        assert "welcome" not in letter.text
        assert token not in letter.text
    change = f"/admin/transfers/employer/{employer.pk}"
    assert f"{change}/history/" in text_of(auditor.get(f"{change}/change/"))
    history = text_of(auditor.get(f"{change}/history/"))
    assert history.count("A link to choose a password was made.") == 2
    assert "head" in history
    Employer.objects.filter(pk=employer.pk).update(contact_email="")
    assert "it is not told" in text_of(supervisor.post(address))
    assert letters.count() == 2


def test_an_employer_changes_its_password() -> None:
    user = an_employer()
    client = client_of(user)
    words = "correct horse battery 9"
    wrong = {"old_password": "no", "new_password1": words, "new_password2": words}
    assert client.post("/employer/password/", wrong).status_code == 422
    right = {**wrong, "old_password": user.username}
    assert client.post("/employer/password/", right).status_code == 302
    assert sign_in(user.username, words).status_code == 302


# From file to cases


def upload(client: Client, content: bytes, name: str = "x.xlsx") -> Any:
    return client.post(HOME, {"file": SimpleUploadedFile(name, content)})


def test_the_whole_way_from_template_to_cases() -> None:
    client = english(an_employer())
    header = read(client.get("/employer/template.xlsx").content)[0].cells
    answer = upload(client, as_workbook([row(), row(), row(stopped_on="")], header))
    assert answer.status_code == 302
    page = answer.url
    html = text_of(client.get(page))
    assert 'id="running"><progress' in html
    assert f'class="button" href="{page}"' in html
    work()
    html = text_of(client.get(page))
    assert 'id="running"' not in html
    assert "2 of 3 rows can be handed in" in html
    assert "Stopped on is empty." in html
    assert read(client.get(f"{page}problems.xlsx").content)[-1][0]
    assert client.get(f"{page}cases.csv").status_code == 404
    refused = client.post(f"{page}submit/")
    assert refused.status_code == 422
    assert "<title>Error:" in text_of(refused)
    assert client.post(f"{page}submit/", {"declared": "on"}).url == page
    assert '<progress value="0" max="2"' in text_of(client.get(page))
    work()
    html = text_of(client.get(page))
    assert "2 applications were handed in" in html
    assert 'id="running"' not in html
    assert TransferApplication.objects.filter(employer__isnull=False).count() == 2
    exported = client.get(f"{page}cases.csv")
    assert len(read(exported.content)) == 4
    assert "张示例" not in exported.content.decode("utf-8-sig")
    assert client.get(f"{page}cases.pdf").status_code == 404
    assert client.get(f"{page}discard/").url == page
    assert client.post(f"{page}submit/", {"declared": "on"}).url == page  # once is enough
    work()
    assert TransferApplication.objects.count() == 2


def test_an_application_is_withdrawn_by_itself_until_it_is_transferred_out() -> None:
    user, today = an_employer(), timezone.now()
    batch = handed_in(user, as_workbook([row() for _ in range(31)]))
    client = english(user)
    page = f"/employer/batches/{batch.reference}/"
    assert f'href="{page}cases/"' in text_of(client.get(page))
    html = text_of(client.get(f"{page}cases/"))
    assert "张示例" not in html
    assert len(re.findall(r"<[a-z]", html)) < 600
    asks = re.findall(r'href="(/employer/batches/[^"]+/withdraw/)"', html)
    assert len(asks) == 20
    assert len(re.findall("/withdraw/", text_of(client.get(f"{page}cases/?page=2")))) == 11
    version = re.findall(r'name="version" value="(\d+)"', text_of(client.get(asks[0])))[0]
    stale = client.post(asks[0], {"version": str(int(version) - 1)})
    assert stale.status_code == 422
    assert "<title>Error:" in text_of(stale)
    assert client.post(asks[0], {"version": version}).url == f"{page}cases/"
    first = batch.rows.order_by("number")[0].application
    assert first is not None
    assert (first.state, first.submitter) == ("withdrawn", "employer")
    event = first.events.order_by("seq").last()
    assert event is not None
    assert (event.verb, event.actor, event.at >= today) == ("withdraw", "employer", True)
    assert OutboxMessage.objects.filter(event=event, kind="applicant").count() == 1
    assert asks[0] not in text_of(client.get(f"{page}cases/"))
    assert client.post(asks[0]).url == f"{page}cases/"  # once is enough
    gone = TransferApplication.objects.filter(batch_row=batch.rows.order_by("number")[1])
    gone.update(state="transferred_out", accepted_at=AT, transferred_out_at=AT)
    assert client.post(asks[1]).url == f"{page}cases/"
    assert gone.get().state == "transferred_out"
    # Another employer's batch does not lead there, nor does a seat in the case.
    rival = an_employer("他")
    own = handed_in(rival, as_workbook([row()]))
    third = batch.rows.order_by("number")[2].application
    for reference in (batch.reference, own.reference):
        address = reverse("batch-withdraw", args=[reference, third.reference])
        assert client_of(rival).post(address).status_code == 404
    with pytest.raises(NotAllowed):
        perform(third, "withdraw", by=Actor.employer(rival), at=today)


def test_the_same_file_leads_to_the_earlier_batch() -> None:
    client = english(an_employer())
    content = as_workbook([row()])
    first = upload(client, content).url
    again = upload(client, content)
    assert again.status_code == 422
    assert f'href="{first}"' in text_of(again)
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("content", [b"", b"x" * (batches.MOST_BYTES + 1), None])
def test_a_file_that_cannot_be_taken_is_told_beside_the_field(content: bytes | None) -> None:
    client = english(an_employer())
    answer = client.post(HOME, {}) if content is None else upload(client, content)
    assert answer.status_code == 422
    html = text_of(answer)
    assert "<title>Error:" in html
    assert 'href="#id_file"' in html
    assert not Batch.objects.exists()


def test_an_unreadable_file_says_everything_that_is_wrong_with_it() -> None:
    user = an_employer()
    batch = checked(user, as_text([row()], ["姓名", "甲", "乙", "原险种", "停保日期", "丙", "丁"]))
    html = text_of(english(user).get(f"/employer/batches/{batch.reference}/"))
    for name in ("ID number", "From", "To", "Insured since"):
        assert f"“{name}”" in html


def test_a_batch_is_put_away_after_one_question() -> None:
    user = an_employer()
    client = english(user)
    batch = checked(user, as_workbook([row()]))
    address = f"/employer/batches/{batch.reference}/"
    assert client.get(f"{address}discard/").status_code == 200
    assert client.post(f"{address}discard/").url == HOME
    assert client.get(address).status_code == 404
    assert batch.reference not in re.sub(r'role="status">[^<]*', "", text_of(client.get(HOME)))


def test_the_list_asks_as_often_for_fifty_batches_as_for_one() -> None:
    user = an_employer()
    client = client_of(user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(HOME).status_code == 200
        return len(seen)

    uploaded(user, as_workbook([row()]))
    one = queries()
    given = Batch.objects.values("employer_id", "uploaded_by_id", "uploaded_at").get()
    Batch.objects.bulk_create(
        Batch(**given, size=1, reference=f"PL{n}", sha256=str(n), state=Batch.State.DONE)
        for n in range(51)
    )
    assert queries() == one
    html = text_of(client.get(HOME))
    assert html.count("/employer/batches/") == 20
    assert text_of(client.get(f"{HOME}?page=3")).count("/employer/batches/") == 12


def test_a_batch_with_every_problem_stays_a_small_page() -> None:
    user = an_employer()
    rows = [row(**{field: bad}) for field, bad in (
        ("name", ""), ("id_number", "1"), ("origin", "?"), ("scheme_from", "?"),
        ("stopped_on", "?"), ("destination", "?"), ("enrolled_on", "45000"), ("contact_phone", "1"),
    ) for _ in range(20)]  # fmt: skip
    batch = checked(user, as_text(rows))
    html = text_of(client_of(user).get(f"/employer/batches/{batch.reference}/"))
    assert len(re.findall(r"<[a-z]", html)) < 600


def test_who_is_told_by_sms_alone_gets_in() -> None:
    """What the batch's page promises: the first message is enough to ask for a query code."""
    batch = handed_in(an_employer(), as_workbook([row()]))
    html = text_of(client_of(batch.uploaded_by, "en").get(f"/employer/batches/{batch.reference}/"))
    assert "the first message holds its reference number" in html
    case = TransferApplication.objects.get()
    first = OutboxMessage.objects.get(application=case, kind="applicant")
    for language in ("zh-hans", "en"):
        first.application.language = language
        told = sms.text_of(first, AT) or ""
        assert sms.units(told) <= 70
        found = re.search(r"ZY\d{8}-\d{7}", told)
        assert found, told
        assert case.applicant_name not in told
    given = {"reference": found[0], "contact": case.contact_phone}
    assert Client().post("/status/code/", given).status_code == 200
    assert OutboxMessage.objects.filter(application=case, kind="code").count() == 1
