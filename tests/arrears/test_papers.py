"""The quote and the receipt on paper: sealed once, masked, readable without the arrears office."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import translation

from arrears.models import ArrearsCase
from arrears.quoting import rest_of
from arrears.rules.states import State
from tests.documents.papers import pdf_text
from tests.scenes import Scene, moment
from tests.staff.desks import client_of, text_of
from transfers.documents.pdf import pdf_of
from transfers.documents.sheets import sheet_of
from transfers.documents.verification import code_of, is_sealed
from transfers.models import Paper

from .office import Office

K = Paper.Kind


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(moment("2025-03-20", 15), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def seal_keys(settings: Any, tmp_path: Path) -> None:
    settings.SEAL_KEYS = str(tmp_path / "seal_keys.json")


def printed(office: Office, case: ArrearsCase, what: str = "quote", who: str = "clerk") -> Paper:
    """The paper that a press on the case page leads to."""
    answer = client_of(office.user(who)).post(f"/admin/arrears/{case.reference}/papers/{what}/")
    assert answer.status_code == 302
    return Paper.objects.get(number=answer["Location"].split("/")[-2])


def said(paper: Paper, language: str = "en") -> str:
    with translation.override(language):
        return str(sheet_of(paper))


def test_the_quote_says_months_shares_fees_totals_and_the_restart(office: Office) -> None:
    paper = printed(office, office.assessed())
    assert (paper.kind, paper.number[:2]) == (K.ARREARS_QUOTE, "HD")
    assert paper.valid_until == date(2025, 3, 20)
    assert is_sealed(paper)
    told = said(paper)
    for words in (
        "('2025-01', '¥8,000.00', '¥640.00', '¥160.00', '48', '¥19.20', '¥819.20')",
        "('Together', '', '¥1,280.00', '¥320.00', '', '¥27.20', '¥1,627.20')",
        "2025-01: 800.00 × 0.05 % × 48 = 19.20",
        "figures='¥1,627.20', capitals='人民币壹仟陆佰贰拾柒元贰角整'",
        "Thu 20 March 2025",
        "Tue 1 April 2025",
        "The employer did not pay",
        "value='1'",
    ):
        assert words in told, words


def test_the_quote_of_one_who_waits(office: Office) -> None:
    case = office.assessed(office.li(), on="2025-06-05", pay_by=date(2025, 6, 10))
    told = said(printed(office, case))
    for words in ("¥3,289.60", "Mon 1 December 2025", "6 months", "No national rule was found"):
        assert words in told, words


def test_a_waived_fee_stands_there_as_waived(office: Office) -> None:
    case = office.zhang(cause="system", employer_name="", employer_email="")
    case = office.do(case, "assess", by="supervisor", pay_by=date(2025, 3, 20))  # type: ignore[arg-type]
    told = said(printed(office, case))
    assert "2025-01: 800.00 × 0.05 % × 48 = 19.20, waived" in told
    assert "label='Late fee waived', value='¥27.20'" in told
    assert "figures='¥1,600.00'" in told


def test_a_quote_is_sealed_once_a_version_and_amount_paid(office: Office) -> None:
    case = office.assessed()
    first = printed(office, case)
    assert printed(office, case, who="supervisor") == first
    case = office.paid(case, 90_000)
    second = printed(office, case)
    assert second != first
    assert "label='Still to pay', figures='¥727.20'" in said(second)
    assert "label='Paid so far', value='¥900.00'" in said(second)
    case = office.assessed(case, on="2025-03-20", pay_by=date(2025, 3, 25))
    third = printed(office, case)
    assert [each.version for each in (first, second, third)] == [1, 2, 3]
    assert first.replacements.count() == 2


def test_a_settled_case_has_no_quote_to_print(office: Office) -> None:
    case = office.at(State.SETTLED)
    answer = client_of(office.user("clerk"), "en").post(
        f"/admin/arrears/{case.reference}/papers/quote/", follow=True
    )
    assert "There is nothing to print any more" in text_of(answer)
    assert not Paper.objects.exists()


def test_a_receipt_says_what_was_paid_and_what_is_left(office: Office) -> None:
    case = office.at(State.PARTLY_PAID)
    first = printed(office, case, "receipt/1", who="finance")
    assert (first.kind, first.number[:2]) == (K.PAYMENT_RECEIPT, "SJ")
    told = said(first)
    for words in (
        "figures='¥900.00'",
        "('2025-01', \"Contribution, employer's share\", '¥640.00')",
        "('2025-02', \"Contribution, employer's share\", '¥80.80')",
        "¥727.20 is still to be paid, by Thu 20 March 2025.",
    ):
        assert words in told, words
    assert printed(office, case, "receipt/1") == first
    case = office.paid(case)
    last = printed(office, case, "receipt/2")
    assert "Everything is paid. Benefits restart on Tue 1 April 2025." in said(last)
    assert not first.replacements.exists()
    assert rest_of(case) == []


def test_a_payment_taken_back_has_no_receipt_any_more(office: Office) -> None:
    case = office.at(State.PARTLY_PAID)
    office.do(case, "take_back", by="finance", number=1, text="退票")  # type: ignore[arg-type]
    client = client_of(office.user("finance"), "en")
    for number in (1, 7):
        answer = client.post(
            f"/admin/arrears/{case.reference}/papers/receipt/{number}/", follow=True
        )
        assert "There is nothing to print any more" in text_of(answer)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("what", ["quote", "receipt/1"])
def test_page_pdf_and_verification_open_masked(
    office: Office, tmp_path: Path, language: str, what: str
) -> None:
    case = office.at(State.PARTLY_PAID)
    paper = printed(office, case, what)
    client = client_of(office.user("auditor"), language)
    address = f"/admin/arrears/{case.reference}/papers/{paper.number}"
    page, pdf = client.get(f"{address}/"), client.get(f"{address}.pdf")
    assert (page.status_code, pdf.status_code) == (200, 200)
    assert pdf.content.startswith(b"%PDF-")
    printed_text = pdf_text(pdf.content, tmp_path)
    for text in (text_of(page), printed_text, json.dumps(paper.content, ensure_ascii=False)):
        assert paper.number in text
        assert case.person.id_number not in text
        assert case.name not in text
    assert "¥727.20" in printed_text
    answer = client.get(f"/verify/{paper.number}/{code_of(paper)}/")
    assert answer.status_code == 200
    assert case.name not in text_of(answer)


def test_papers_are_listed_on_the_case_page_and_for_its_readers_alone(office: Office) -> None:
    case = office.assessed()
    first = printed(office, case)
    second = printed(office, office.paid(case, 90_000))
    html = text_of(client_of(office.user("auditor"), "en").get(f"/admin/arrears/{case.reference}/"))
    assert html.index(second.number) < html.index(first.number)
    assert html.count("replaced by a newer one") == 1
    other = Office("420100")
    for ending in ("/", ".pdf"):
        address = f"/admin/arrears/{case.reference}/papers/{first.number}{ending}"
        assert client_of(other.user("supervisor")).get(address).status_code == 404
    # The address of another case does not open it either.
    another = office.zhang()
    address = f"/admin/arrears/{another.reference}/papers/{first.number}/"
    assert client_of(office.user("clerk")).get(address).status_code == 404


def test_auditors_and_other_agencies_issue_nothing(office: Office) -> None:
    case = office.assessed()
    address = f"/admin/arrears/{case.reference}/papers/quote/"
    assert client_of(office.user("auditor")).post(address).status_code == 403
    assert client_of(Office("420100").user("clerk")).post(address).status_code == 404
    assert client_of(office.user("clerk")).get(address).status_code == 405
    assert not Paper.objects.exists()


def test_papers_of_transfers_do_not_count_as_one_matter(office: Office) -> None:
    """The database keeps one paper a version of a matter; transfers' papers belong to none."""
    scene = Scene()
    receipts = [scene.submit().application.papers.get(kind=K.RECEIPT) for _ in range(2)]
    assert [paper.version for paper in receipts] == [1, 1]
    paper = printed(office, office.assessed())
    again = Paper.objects.get(pk=paper.pk)
    again.pk, again.number = None, "HD20250320-00000000X"
    with pytest.raises(DatabaseError), transaction.atomic():
        again.save(force_insert=True)


def test_papers_read_only_what_they_store(office: Office) -> None:
    """Neither page nor PDF asks the arrears app: the sheets know codes and stored words alone."""
    case = office.at(State.PARTLY_PAID)
    for what in ("quote", "receipt/1"):
        stored = printed(office, case, what)
        copy = Paper(
            number=stored.number, kind=stored.kind, content=json.loads(json.dumps(stored.content)),
            content_hash=stored.content_hash, signer=stored.signer, signature=stored.signature,
            issued_at=stored.issued_at, version=stored.version,
        )  # fmt: skip
        assert said(copy) == said(stored)
        assert pdf_of(copy).startswith(b"%PDF-")
    sheets = Path("transfers/documents/sheets")
    for name in ("arrears_quote.py", "payment_receipt.py"):
        assert "from arrears" not in (sheets / name).read_text()
