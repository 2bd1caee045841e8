"""What each paper says, and that it is issued with its event and with nobody's full name."""

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.documents.papers import RARE, certificate_of, named, paper_of
from tests.scenes import FORM, Scene, moment
from transfers.documents import issue as issuing
from transfers.documents.sheets import Amount, Facts, sheet_of
from transfers.documents.signing import SealError
from transfers.documents.verification import is_sealed
from transfers.models import BankAccount, Event, Paper, TransferApplication
from transfers.rules.months import months_after
from transfers.rules.states import Action, State
from transfers.workflow.errors import NotAllowed, Stale
from transfers.workflow.forms import FormDraft, RowDraft
from transfers.workflow.papers import issue_certificate

pytestmark = pytest.mark.django_db
K = Paper.Kind

OWED = {
    State.APPLIED: [K.RECEIPT],
    State.SUPPLEMENT_REQUESTED: [K.RECEIPT, K.SUPPLEMENT_NOTICE],
    State.VALIDATED: [K.RECEIPT],
    State.TRANSFERRED_OUT: [K.RECEIPT, K.INFORMATION_FORM],
    State.DISCREPANCY_RAISED: [K.RECEIPT, K.INFORMATION_FORM],
    State.TRANSFERRED_IN: [K.RECEIPT, K.INFORMATION_FORM],
    State.BALANCE_CREDITED: [K.RECEIPT, K.INFORMATION_FORM, K.COMPLETION_NOTICE],
    State.CLOSED_WITHOUT_BALANCE: [K.RECEIPT, K.INFORMATION_FORM, K.COMPLETION_NOTICE],
    State.PAID_TO_PERSON: [K.RECEIPT, K.INFORMATION_FORM, K.COMPLETION_NOTICE],
    State.REJECTED: [K.RECEIPT, K.REJECTION_NOTICE],
    State.WITHDRAWN: [K.RECEIPT],
    State.RECALLED: [K.RECEIPT, K.INFORMATION_FORM],
}


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_exactly_the_papers_it_owes(scene: Scene, state: State) -> None:
    application = scene.in_state(state)
    papers = list(Paper.objects.filter(application=application))
    assert [paper.kind for paper in papers] == OWED[state]
    assert all(is_sealed(paper) and paper.version == 1 for paper in papers)


def values(paper: Paper, language: str = "en") -> dict[str, str]:
    """Every label of a paper with its value."""
    with translation.override(language):
        sheet = sheet_of(paper)
    found = {}
    for block in sheet.blocks:
        if isinstance(block, Facts):
            found |= {fact.label: fact.value for fact in block.rows}
        elif isinstance(block, Amount):
            found[block.label] = f"{block.figures} {block.capitals}"
    return found


def said(paper: Paper, language: str = "en") -> str:
    with translation.override(language):
        return str(sheet_of(paper))


def test_the_receipt_says_who_checks_and_by_when(scene: Scene) -> None:
    paper = paper_of(scene.submit().application, K.RECEIPT)
    assert paper.agency.region_id == "350500"
    assert paper.issued_by is None
    told = values(paper)
    assert told["We say whether it is accepted by"] == "Tue 30 September 2025"
    assert told["Received on"] == "Wed 24 September 2025, 10:00"
    assert "Identity card" in said(paper)


def test_a_receipt_of_the_counter_is_issued_by_the_counter(scene: Scene) -> None:
    paper = paper_of(scene.submit(by="origin_clerk").application, K.RECEIPT)
    assert paper.agency.region_id == "990100"
    assert paper.issued_by == scene.user("origin_clerk")


def test_no_paper_holds_the_query_code(scene: Scene) -> None:
    submitted = scene.submit()
    content = json.dumps(paper_of(submitted.application, K.RECEIPT).content)
    assert submitted.query_code not in content


def test_the_supplement_notice_says_what_why_and_by_when(scene: Scene) -> None:
    paper = paper_of(scene.in_state(State.SUPPLEMENT_REQUESTED), K.SUPPLEMENT_NOTICE)
    assert paper.content["body"]["items"] == ["stop_proof"]
    told = values(paper)
    assert told["Hand in by"] == "Wed 22 October 2025"
    assert "Example City Healthcare Security Agency" in told["Where to hand in"]
    assert "停保证明看不清" in said(paper)
    assert "Proof that insurance was stopped" in said(paper)


def test_a_second_side_that_asks_has_a_notice_of_its_own(scene: Scene) -> None:
    application = scene.in_state(State.SUPPLEMENT_REQUESTED)
    scene.do(application, "origin_clerk", Action.SUPPLY, moment("2025-09-26"))
    scene.do(application, "destination_clerk", Action.REQUEST_SUPPLEMENT, moment("2025-09-26", 11),
             items=["residence_proof"], why="地址不全")  # fmt: skip
    notices = Paper.objects.filter(application=application, kind=K.SUPPLEMENT_NOTICE)
    assert [(each.version, each.agency.region_id) for each in notices] == [
        (1, "990100"),
        (2, "350500"),
    ]


def test_the_rejection_notice_says_why_by_which_rule_and_how_to_challenge(scene: Scene) -> None:
    paper = paper_of(scene.in_state(State.REJECTED), K.REJECTION_NOTICE)
    assert paper.agency.region_id == "350500"
    told = values(paper)
    assert told["Ground"] == "Not enrolled at the destination"
    assert "No. 43, 2021" in told["Rule"]
    words = said(paper)
    assert "还没有在新地方参保" in words
    assert "reconsideration within 60 days" in words
    assert "12393" in words


def test_a_refusal_after_acceptance_is_called_one(scene: Scene) -> None:
    application = scene.accepted()
    scene.do(application, "origin_supervisor", Action.REFUSE_LATE, moment("2025-10-09"),
             code="death", text="参保人已去世")  # fmt: skip
    paper = paper_of(application, K.REJECTION_NOTICE)
    with translation.override("en"):
        sheet = sheet_of(paper)
    assert sheet.title == "Notice that a transfer is refused after acceptance"
    assert "accepted on Tue 30 September 2025" in sheet.lead
    assert "No national text names this ground" in values(paper)["Rule"]


def test_the_information_form_says_what_was_sealed(scene: Scene) -> None:
    application = scene.out()
    paper = paper_of(application, K.INFORMATION_FORM)
    form = application.forms.get()
    assert paper.form == form
    body = paper.content["body"]
    assert body["months"] == {"actual": 84, "deemed": 0, "total": 84}
    assert [row["months"] for row in body["rows"]] == [60, 24]
    assert body["form_hash"] == form.content_hash
    told = values(paper)
    assert told["Balance of the personal account"] == ("¥1,234.56 人民币壹仟贰佰叁拾肆元伍角陆分")
    assert told["Last paid month"] == "August 2025"
    assert told["Contributions interrupted"] == "Yes"
    account = BankAccount.objects.filter(agency=application.origin_agency, in_use=True).first()
    if account is None:
        assert body["account"] is None
    else:
        assert account.number not in json.dumps(paper.content)
        assert told["Remitted from"].endswith(account.number[-4:])


def test_a_corrected_form_is_the_next_version_and_says_the_origins_account(scene: Scene) -> None:
    application = scene.in_state(State.DISCREPANCY_RAISED)
    BankAccount.objects.update_or_create(
        agency=application.origin_agency, in_use=True,
        defaults={"holder": "示例机构", "bank": "示例银行", "number": "6200990100001234"},
    )  # fmt: skip
    corrected = FormDraft(FORM.last_paid_month, FORM.benefits_end_on, 123_400,
                          [RowDraft(date(2020, 9, 1), date(2025, 8, 1))])  # fmt: skip
    scene.four_eyes(application, Action.CORRECT, "origin_clerk", "origin_checker",
                    moment("2025-10-23"), form=corrected)  # fmt: skip
    paper = paper_of(application, K.INFORMATION_FORM)
    assert paper.version == 2
    assert paper.content["body"]["form_version"] == 2
    assert values(paper)["Remitted from"] == "示例机构, 示例银行, account ending in 1234"
    assert "6200990100001234" not in json.dumps(paper.content)


def test_a_form_that_stands_as_it_was_gets_no_second_paper(scene: Scene) -> None:
    application = scene.in_state(State.DISCREPANCY_RAISED)
    scene.do(application, "origin_clerk", Action.UPHOLD, moment("2025-10-23"), text="核对无误")
    assert Paper.objects.filter(application=application, kind=K.INFORMATION_FORM).count() == 1


def test_preparing_issues_nothing(scene: Scene) -> None:
    application = scene.accepted()
    scene.do(application, "origin_clerk", Action.TRANSFER_OUT, moment("2025-10-21"),
             mode="prepare", form=FORM)  # fmt: skip
    assert not Paper.objects.filter(application=application, kind=K.INFORMATION_FORM).exists()


def test_the_completion_notice_of_a_credit_says_amount_months_and_the_day_to_query_by(
    scene: Scene,
) -> None:
    paper = paper_of(scene.in_state(State.BALANCE_CREDITED), K.COMPLETION_NOTICE)
    told = values(paper)
    assert told["Credited"] == "¥1,234.56 人民币壹仟贰佰叁拾肆元伍角陆分"
    assert told["Counted at the destination"] == "7 years"
    assert "by Thu 27 November 2025" in said(paper)


def test_the_completion_notice_without_a_balance_says_why(scene: Scene) -> None:
    paper = paper_of(scene.in_state(State.CLOSED_WITHOUT_BALANCE), K.COMPLETION_NOTICE)
    assert paper.content["body"]["amount_fen"] is None
    assert values(paper)["Why there is no balance"] == (
        "The resident scheme has no personal account"
    )


def test_the_completion_notice_of_a_payout_masks_the_account(scene: Scene) -> None:
    paper = paper_of(scene.in_state(State.PAID_TO_PERSON), K.COMPLETION_NOTICE)
    told = values(paper)
    assert told["Paid to the person"].startswith("¥1,234.56")
    assert told["To"] == "张*, account ending in 0000"
    assert "6200000000000000" not in json.dumps(paper.content)


def test_the_certificate_is_valid_for_three_months_and_logged(scene: Scene) -> None:
    application = scene.accepted()
    paper = certificate_of(scene, application)
    assert paper.valid_until == date(2026, 1, 22)
    assert paper.agency.region_id == "990100"
    told = values(paper)
    assert told["Enrolled from"] == "Sun 1 July 2018"
    assert told["Valid until"] == "Thu 22 January 2026"
    assert "Benefits end" not in told  # no form says it yet
    event = Event.objects.filter(application=application).latest("seq")
    assert (event.verb, event.user) == ("certificate", scene.user("origin_clerk"))
    assert event.facts == {"paper": paper.number}
    assert event.from_state == event.to_state == State.VALIDATED


def test_a_second_certificate_is_the_next_version(scene: Scene) -> None:
    application = scene.out()
    certificate_of(scene, application)
    paper = certificate_of(scene, application, "2025-10-23")
    assert paper.version == 2
    assert values(paper)["Contribution time"] == "7 years"


@pytest.mark.parametrize(
    "who", ["destination_clerk", "origin_finance", "destination_supervisor", "system"]
)
def test_only_clerks_of_the_origin_issue_the_certificate(scene: Scene, who: str) -> None:
    application = scene.accepted()
    with pytest.raises(NotAllowed):
        issue_certificate(application, by=scene.actor(who), at=moment("2025-10-22"))
    assert not Paper.objects.filter(kind=K.CERTIFICATE).exists()


def test_a_closed_case_issues_no_certificate(scene: Scene) -> None:
    application = scene.in_state(State.REJECTED)
    with pytest.raises(NotAllowed):
        issue_certificate(application, by=scene.actor("origin_clerk"), at=moment("2025-10-22"))
    assert Event.objects.filter(application=application).latest("seq").verb == "reject"


def test_a_page_out_of_date_issues_no_certificate(scene: Scene) -> None:
    application = scene.accepted()
    with pytest.raises(Stale):
        issue_certificate(
            application, by=scene.actor("origin_clerk"), at=moment("2025-10-22"), seen=1
        )
    assert not Paper.objects.filter(kind=K.CERTIFICATE).exists()


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2025, 11, 30), date(2026, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2025, 10, 22), date(2026, 1, 22)),
        (date(2025, 12, 31), date(2026, 3, 31)),
    ],
)
def test_three_months_end_on_a_day_that_exists(day: date, later: date) -> None:
    assert months_after(day, 3) == later


# The scene pays 张示例 alone: a payout to anybody else would be refused.
@pytest.mark.parametrize("state", [each for each in State if each is not State.PAID_TO_PERSON])
def test_nobody_is_named_in_full(scene: Scene, state: State) -> None:
    changes = named(RARE)
    if state is State.CLOSED_WITHOUT_BALANCE:
        changes |= {"scheme_from": "resident", "scheme_to": "resident"}
    application = scene.in_state(state, **changes)
    papers = list(Paper.objects.filter(application=application))
    for paper in papers:
        for text in (json.dumps(paper.content, ensure_ascii=False), said(paper), said(paper, "zh")):
            assert application.person.id_number not in text
            assert application.person.id_number[6:14] not in text.replace("-", "")
            assert not set(RARE[1:]) & set(text)
            assert application.contact_phone not in text
            assert application.contact_email not in text
        assert "𠮷*" in said(paper)


def test_both_languages_say_every_kind(scene: Scene) -> None:
    application = scene.in_state(State.BALANCE_CREDITED)
    for paper in Paper.objects.filter(application=application):
        with translation.override("zh-hans"):
            chinese = sheet_of(paper)
        with translation.override("en"):
            english = sheet_of(paper)
        assert chinese.language == "zh"
        assert chinese.subtitle == ""
        assert english.subtitle == chinese.title
        assert [block.kind for block in chinese.blocks] == [block.kind for block in english.blocks]


def test_without_a_key_nothing_happens_at_all(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper that cannot be sealed takes its action with it."""
    application = scene.submit().application
    version = TransferApplication.objects.get(pk=application.pk).version

    def no_keys() -> Any:
        raise SealError("no key")

    monkeypatch.setattr(issuing, "seals", no_keys)
    with pytest.raises(SealError):
        scene.do(application, "destination_clerk", Action.REJECT, moment("2025-09-25"),
                 code="other", text="缺材料")  # fmt: skip
    fresh = TransferApplication.objects.get(pk=application.pk)
    assert (fresh.state, fresh.version) == (State.APPLIED, version)
    assert Paper.objects.filter(application=application).count() == 1


def test_a_number_already_taken_is_drawn_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = scene.accepted()
    first = certificate_of(scene, application)
    drawn = iter([first.number, "PZ20251022-000000018"])
    monkeypatch.setattr(issuing, "new_number", lambda *_: next(drawn))
    second = certificate_of(scene, application)
    assert second.number == "PZ20251022-000000018"
    assert second.content["number"] == second.number


def test_issuing_costs_few_queries(scene: Scene) -> None:
    application = scene.accepted()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        certificate_of(scene, application)
    inserts = [each for each in seen.captured_queries if "transfers_paper" in each["sql"]]
    assert len(inserts) == 2  # the version, the paper
