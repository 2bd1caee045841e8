"""The applicant's papers, from the status page and only from there; and the public verification."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from tests.documents.papers import RARE, certificate_of, named, paper_of
from tests.public.visits import enter
from tests.scenes import Scene, moment
from transfers.documents.marks import verify_url
from transfers.documents.verification import code_of
from transfers.models import LookupThrottle, Paper, TransferApplication
from transfers.rules.states import Action, State

pytestmark = pytest.mark.django_db
K = Paper.Kind
NOW = moment("2025-10-29", 15)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture(autouse=True)
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def visitor(client: Client) -> Client:
    client.cookies["jiexu-language"] = "en"
    return client


def downloads(html: str) -> dict[str, str]:
    """Label and what stands beside it, of every line under “To download”."""
    part = html.split("<h3>")[1].split("</ul>")[0]
    lines = re.findall(r"<li><span>(.*?)</span> <span>(.*?)</span></li>", part, re.S)
    return {label: re.sub(r"<[^>]+>", "", when) for label, when in lines}


def test_what_is_not_there_yet_is_listed_with_when(visitor: Client, scene: Scene) -> None:
    application = scene.accepted()
    with time_machine.travel(moment("2025-10-09"), tick=False):
        html = visitor.get(enter(visitor, application)).content.decode()
    assert downloads(html) == {
        "Receipt": "issued Mon 29 September 2025 · Open · PDF",
        "Information form": "once the transfer out is completed, by Tue 21 October 2025",
        "Enrolment certificate": "on request, from Example City Healthcare Security Agency",
        "Notice of completion": "once the months are counted and the balance has been credited",
    }


def test_a_case_that_ended_lists_only_what_there_is(visitor: Client, scene: Scene) -> None:
    html = visitor.get(enter(visitor, scene.in_state(State.REJECTED))).content.decode()
    assert list(downloads(html)) == ["Receipt", "Notice of rejection"]


def test_without_a_balance_the_completion_has_a_day(visitor: Client, scene: Scene) -> None:
    application = scene.out(scheme_from="resident", scheme_to="resident")
    with time_machine.travel(moment("2025-10-22"), tick=False):
        html = visitor.get(enter(visitor, application)).content.decode()
    assert downloads(html)["Notice of completion"] == (
        "once the months are counted at Quanzhou Healthcare Security Agency, by Tue 28 October 2025"
    )


def test_the_newest_version_is_the_one_offered(visitor: Client, scene: Scene) -> None:
    application = scene.accepted()
    old = certificate_of(scene, application)
    new = certificate_of(scene, application, "2025-10-23")
    html = visitor.get(enter(visitor, application)).content.decode()
    assert new.number in html
    assert old.number not in html
    assert "valid until Fri 23 January 2026" in html
    page = visitor.get(f"/status/{application.reference}/papers/{old.number}/").content.decode()
    assert "A newer paper replaces this one." in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "state", [State.BALANCE_CREDITED, State.SUPPLEMENT_REQUESTED, State.REJECTED]
)
def test_every_paper_opens_as_page_and_as_pdf_and_names_nobody(
    client: Client, scene: Scene, state: State, language: str
) -> None:
    client.cookies["jiexu-language"] = language
    application = scene.in_state(state, **named(RARE))
    html = client.get(enter(client, application)).content.decode()
    links = re.findall(r'href="(/status/[^"]+/papers/[^"]+)"', html)
    assert len(links) == 2 * Paper.objects.filter(application=application).count()
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        if link.endswith(".pdf"):
            assert answer["Content-Type"] == "application/pdf"
            number = link.rsplit("/", 1)[1]
            assert answer["Content-Disposition"] == f'attachment; filename="{number}"'
            assert answer.content.startswith(b"%PDF-")
            continue
        page = answer.content.decode()
        assert "𠮷*" in page
        assert not set(RARE[1:]) & set(page)
        assert application.person.id_number not in page
        assert "<svg" in page
        assert "style=" not in page
        assert "<script" not in page


def test_a_paper_opens_for_its_own_visit_alone(visitor: Client, scene: Scene) -> None:
    mine, theirs = scene.submit().application, scene.submit().application
    own, other = paper_of(mine, K.RECEIPT), paper_of(theirs, K.RECEIPT)
    for suffix in ("/", ".pdf"):
        address = f"/status/{mine.reference}/papers/{own.number}{suffix}"
        answer = Client().get(address)
        assert (answer.status_code, answer.get("Location")) == (302, "/status/")
    enter(visitor, mine)
    for suffix in ("/", ".pdf"):
        assert (
            visitor.get(f"/status/{mine.reference}/papers/{own.number}{suffix}").status_code == 200
        )
        crossed = visitor.get(f"/status/{mine.reference}/papers/{other.number}{suffix}")
        assert crossed.status_code == 404
        away = visitor.get(f"/status/{theirs.reference}/papers/{other.number}{suffix}")
        assert (away.status_code, away["Location"]) == (302, "/status/")


# Verification


def plain(answer: HttpResponse) -> tuple[int, str, dict[str, str]]:
    # A scanned page's language link names its own address, and makes it so much longer.
    own = ("Set-Cookie", "Content-Length")
    headers = {name: value for name, value in answer.items() if name not in own}
    return answer.status_code, _TOKEN.sub("", answer.content.decode()), headers


def ask(number: str, code: str, address: str = "203.0.113.1") -> HttpResponse:
    client = Client(REMOTE_ADDR=address)
    client.cookies["jiexu-language"] = "en"
    return client.post("/verify/", {"number": number, "code": code})


def scan(url: str, address: str = "203.0.113.1") -> HttpResponse:
    client = Client(REMOTE_ADDR=address)
    client.cookies["jiexu-language"] = "en"
    return client.get(url)


@pytest.fixture
def application(scene: Scene) -> TransferApplication:
    return scene.out(**named(RARE))


def test_the_address_in_the_qr_code_says_genuine(application: TransferApplication) -> None:
    paper = paper_of(application, K.INFORMATION_FORM)
    url = verify_url(paper)
    assert url.startswith("http://127.0.0.1:8000/verify/XB20251021-")
    html = scan(url.removeprefix("http://127.0.0.1:8000")).content.decode()
    for said in ("This paper is genuine", paper.number, "Information form",
                 "Example City Healthcare Security Agency", "Tue 21 October 2025"):  # fmt: skip
        assert said in html


@pytest.mark.parametrize("kind", [K.RECEIPT, K.INFORMATION_FORM, K.CERTIFICATE])
def test_nothing_personal_is_shown(
    scene: Scene, application: TransferApplication, kind: Paper.Kind
) -> None:
    certificate_of(scene, application)
    paper = paper_of(application, kind)
    html = ask(paper.number, code_of(paper)).content.decode()
    assert "This paper is genuine" in html
    person = application.person
    for private in (*RARE, person.id_number, person.id_number[:3] + "*", application.reference,
                    "1,234.56", "1985", paper.content_hash):  # fmt: skip
        assert private not in html


def test_replaced_and_ended_papers_say_so(
    scene: Scene, application: TransferApplication, now: time_machine.Traveller
) -> None:
    first = certificate_of(scene, application)
    second = certificate_of(scene, application, "2025-10-23")
    assert "Genuine, but replaced" in ask(first.number, code_of(first)).content.decode()
    now.move_to(moment("2026-01-24"))
    html = ask(second.number, code_of(second)).content.decode()
    assert "Genuine, but no longer valid" in html
    assert "Fri 23 January 2026" in html


def test_every_kind_of_miss_gets_the_same_answer(application: TransferApplication) -> None:
    paper = paper_of(application, K.INFORMATION_FORM)
    tries = [
        (paper.number, "0" * 16),
        (paper.number, paper.content_hash),
        ("XB20251021-000000018", code_of(paper)),
        ("nonsense", "nonsense"),
        ("<script>alert(1)</script>", "' OR 1=1 --"),
    ]
    answers = [plain(ask(*each, f"203.0.113.{n}")) for n, each in enumerate(tries)]
    answers += [
        plain(scan(f"/verify/{number}/{code}/", f"198.51.100.{n}"))
        for n, (number, code) in enumerate(tries[:4])
    ]
    status, body, headers = answers[0]
    assert (status, "Not genuine" in body) == (200, True)
    assert "no-store" in headers["Cache-Control"]
    assert paper.number not in body
    for answer in answers[1:]:
        assert (answer[0], answer[2]) == (status, headers)
        assert re.sub(r"next=[^\"]*", "", answer[1]) == re.sub(r"next=[^\"]*", "", body)


def test_tries_are_slowed_down_and_right_ones_are_not(application: TransferApplication) -> None:
    paper = paper_of(application, K.INFORMATION_FORM)
    for _ in range(8):
        assert ask(paper.number, code_of(paper)).status_code == 200
    statuses = [ask(f"XB20251021-0000000{n}X", "0" * 16).status_code for n in range(10, 80)]
    assert statuses[:60] == [200] * 60
    assert 429 in statuses
    assert "Too many tries" in ask(paper.number, code_of(paper)).content.decode()
    assert ask(paper.number, code_of(paper), "203.0.113.9").status_code == 200


def test_what_was_tried_is_not_kept_in_the_clear(application: TransferApplication) -> None:
    paper = paper_of(application, K.INFORMATION_FORM)
    ask(paper.number, "0" * 16)
    assert LookupThrottle.objects.exists()
    assert not LookupThrottle.objects.filter(key__contains=paper.number).exists()


def test_the_form_asks_for_both(client: Client) -> None:
    client.cookies["jiexu-language"] = "en"
    html = client.post("/verify/", {}).content.decode()
    assert "Enter the number of the paper." in html
    assert "Enter the verification code." in html
    assert client.get("/verify/").status_code == 200
    assert not LookupThrottle.objects.exists()


def test_a_tampered_row_is_not_genuine(
    application: TransferApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = paper_of(application, K.INFORMATION_FORM)
    load = Paper.from_db.__func__

    def forged(cls: Any, db: Any, names: Any, values: Any) -> Paper:
        row = load(cls, db, names, values)
        row.content["body"]["balance_fen"] += 1
        return row

    monkeypatch.setattr(Paper, "from_db", classmethod(forged))
    assert plain(ask(paper.number, code_of(paper)))[1] == plain(ask("nonsense", "x", "203.0.113.2"))[1]  # fmt: skip


def test_the_withdrawn_keep_their_receipt(visitor: Client, scene: Scene) -> None:
    application = scene.submit().application
    scene.do(application, "applicant", Action.WITHDRAW, moment("2025-09-25"))
    html = visitor.get(enter(visitor, application)).content.decode()
    assert list(downloads(html)) == ["Receipt"]
