"""The page of each action: preview, refusal at its field, who was quicker, once under one key."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client

from arrears.cases import perform
from arrears.models import ArrearsCase, ArrearsEvent, Payment, WageBase
from arrears.quoting import current_quote
from arrears.rules.states import Action, State
from arrears.staff.outlook import exact_fen
from tests.arrears.office import PAID_ON, Office, month
from tests.scenes import moment, staff
from tests.staff.desks import client_of, form_of
from transfers.models import Agency, Instruction
from transfers.rules.states import Role

from .addresses import case_url, text_of


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def form(client: Client, case: ArrearsCase, verb: str) -> dict[str, Any]:
    """The hidden values of an action's page as it stands now."""
    answer = client.get(case_url(case, verb))
    assert answer.status_code == 200
    return dict(form_of(text_of(answer)))


def do(client: Client, case: ArrearsCase, verb: str, **data: Any) -> Any:
    return client.post(case_url(case, verb), {**form(client, case, verb), **data})


def state_of(case: ArrearsCase) -> str:
    return str(ArrearsCase.objects.get(pk=case.pk).state)


PAYMENT = {"payer": "employer", "method": "counter", "amount_fen": "900", "paid_on": "2025-03-20"}


# Every action


def test_materials_are_taken_in_and_only_missing_kinds_are_offered(office: Office) -> None:
    case = office.zhang(materials=("id_card",))
    client = client_of(office.user("clerk"), "en")
    page = text_of(client.get(case_url(case, "take_materials")))
    assert 'value="labour_contract"' in page
    assert 'value="id_card"' not in page
    answer = do(client, case, "take_materials", kinds=["labour_contract", "wage_proof"])
    assert (answer.status_code, answer["Location"]) == (302, case_url(case))
    assert sorted(each.kind for each in case.materials.all()) == [
        "id_card", "labour_contract", "wage_proof",
    ]  # fmt: skip
    assert do(client, case, "take_materials").status_code == 422


def test_assessing_waits_for_materials_and_names_them(office: Office) -> None:
    case = office.zhang(materials=("id_card",))
    client = client_of(office.user("clerk"), "en")
    page = words(text_of(client.get(case_url(case, "assess"))))
    assert "Still missing: Labour contract, Proof of wages" in page
    answer = do(client, case, "assess")
    assert answer.status_code == 422
    assert "Materials are missing" in str(answer.context["form"].non_field_errors())


def test_assessing_shows_first_what_it_will_quote(office: Office) -> None:
    case = office.zhang()
    client = client_of(office.user("clerk"), "en")
    page = words(text_of(client.get(case_url(case, "assess"))))
    assert "If it is paid on Mon 31 March 2025" in page
    hidden = form(client, case, "assess")
    preview = client.post(
        case_url(case, "assess"), {**hidden, "pay_by": "2025-03-20", "preview": "1"}
    )
    assert preview.status_code == 200
    seen = words(text_of(preview))
    for figure in ("¥1,627.20", "¥1,280.00", "¥320.00", "¥19.20", "¥8.00", "Tue 1 April 2025"):
        assert figure in seen
    assert "2025年3月20日" in seen
    assert "Please pay ¥1,627.20 by Thu 20 March 2025" in seen
    assert not ArrearsEvent.objects.filter(verb=Action.ASSESS).exists()
    answer = client.post(case_url(case, "assess"), {**hidden, "pay_by": "2025-03-20"})
    assert answer.status_code == 302
    quote = current_quote(case)
    assert quote is not None
    assert (quote.total_fen, f"{quote.pay_by}") == (162_720, "2025-03-20")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pay_by", "2025-03-19"),
        ("pay_by", "2025-04-01"),
        ("pay_by", "yesterday"),
        ("to_month", "2025-01"),
        ("resumed_month", "2025-01"),
        ("base_fen", "0"),
        ("base_fen", "-5"),
        ("base_fen", "abc"),
        ("consecutive_before", "-1"),
    ],
)
def test_a_wrong_answer_of_an_assessment_is_told_at_its_field(
    office: Office, field: str, value: str
) -> None:
    case = office.zhang()
    client = client_of(office.user("clerk"), "en")
    answer = do(client, case, "assess", **{field: value, "note": "typed before"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    html = text_of(answer)
    assert "typed before" in html
    assert f'value="{value}"' in html
    assert state_of(case) == State.OPENED


def test_what_is_emptied_is_taken_away_from_the_case(office: Office) -> None:
    case = office.assessed(office.zhang(resumed_month=month("2025-03"), base_fen=80_000))
    case = office.paid(case, 1_000)
    assert case.state == State.PARTLY_PAID
    client = client_of(office.user("clerk"), "en")
    emptied = {
        "pay_by": "2025-03-20", "resumed_month": "", "base_fen": "", "consecutive_before": "",
    }  # fmt: skip
    hidden = form(client, case, "assess")
    page = words(
        text_of(client.post(case_url(case, "assess"), {**hidden, **emptied, "preview": "1"}))
    )
    assert "¥1,627.20" in page
    assert client.post(case_url(case, "assess"), {**hidden, **emptied}).status_code == 302
    case = ArrearsCase.objects.get(pk=case.pk)
    assert (case.base_fen, case.resumed_month, case.consecutive_before) == (None, None, None)
    quote = current_quote(case)
    assert quote is not None
    # 10.00 came in on the day itself.
    assert (quote.total_fen, case.state) == (162_720, State.PARTLY_PAID)


def test_the_preview_takes_in_the_months_that_the_assessment_will(office: Office) -> None:
    case = office.zhang(resumed_month=month("2025-02"), to_month=month("2025-01"))
    client = client_of(office.user("clerk"), "en")
    given = {**form(client, case, "assess"), "pay_by": "2025-03-20", "resumed_month": ""}
    page = words(text_of(client.post(case_url(case, "assess"), {**given, "preview": "1"})))
    assert "¥1,627.20" in page
    assert client.post(case_url(case, "assess"), given).status_code == 302
    assert current_quote(case).total_fen == 162_720  # type: ignore[union-attr]


def test_no_more_is_prefilled_than_is_taken(office: Office) -> None:
    case = office.assessed(office.zhang(), pay_by=date(2025, 3, 31))
    WageBase.objects.filter(region="990100").update(amount_fen=900_000)
    client = client_of(office.user("finance"), "en")
    page = client.get(case_url(case, "pay"))
    assert page.context["form"].initial["amount_fen"] == 162_720
    answer = do(client, case, "pay", **{**PAYMENT, "amount_fen": "1627.20"})
    assert answer.status_code == 302
    assert state_of(case) == State.SETTLED


def test_the_day_a_quote_was_made_is_the_day_here(office: Office) -> None:
    """At one in the morning it is still the day before in the clock of the database."""
    case = office.zhang()
    perform(
        case, Action.ASSESS, by=office.actor("clerk"), at=moment(PAID_ON, 1), pay_by=date(2025, 3, 31)
    )  # fmt: skip
    quote = current_quote(case)
    assert quote is not None
    assert exact_fen(case, quote, date(2025, 3, 20)) == 162_720
    assert exact_fen(case, quote, date(2025, 3, 19)) is None


def test_a_month_that_is_not_over_cannot_be_assessed(office: Office) -> None:
    case = office.zhang()
    answer = do(client_of(office.user("clerk"), "en"), case, "assess", to_month="2025-03")
    assert answer.status_code == 422
    assert "due at its end and not missed yet" in words(text_of(answer))
    assert state_of(case) == State.OPENED


def test_a_place_that_refuses_says_so_and_leads_to_closing(office: Office) -> None:
    hubei = Office("420100")
    case = hubei.li("2025-03-10", from_month=month("2024-11"), to_month=month("2025-02"))
    client = client_of(hubei.user("clerk"), "en")
    page = text_of(client.get(case_url(case, "assess")))
    assert "More months were missed than may be paid back here." in page
    assert case_url(case, "refuse") in page
    assert do(client, case, "assess").status_code == 422
    answer = do(client, case, "refuse", text="断缴四个月，当地不予补缴")
    assert answer.status_code == 302
    assert state_of(case) == State.INELIGIBLE
    log = words(text_of(client.get(case_url(case))))
    assert "断缴四个月，当地不予补缴" in log


@pytest.mark.parametrize(
    ("verb", "who", "state"),
    [
        ("refuse", "clerk", State.INELIGIBLE),
        ("cancel", "clerk", State.CANCELLED),
        ("waive", "supervisor", State.WAIVED),
    ],
)
def test_an_ending_needs_its_reason_and_shows_it_to_both_first(
    office: Office, verb: str, who: str, state: State
) -> None:
    case = office.assessed()
    client = client_of(office.user(who), "en")
    answer = do(client, case, verb, text="  ")
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["text"]
    assert state_of(case) == State.ASSESSED
    preview = do(client, case, verb, text="工作人员录入有误", preview="1")
    assert preview.context["outlook"].told[0]
    assert preview.context["outlook"].told[1]
    assert state_of(case) == State.ASSESSED
    assert do(client, case, verb, text="工作人员录入有误", note="内部").status_code == 302
    assert state_of(case) == state
    event = ArrearsEvent.objects.filter(case=case).latest("seq")
    assert (event.reason, event.note) == ("工作人员录入有误", "内部")
    assert "内部" not in event.shown_zh + event.shown_en


# Payments


def test_a_payment_page_says_what_is_left_by_party_and_what_an_amount_covers(
    office: Office,
) -> None:
    case = office.assessed()
    client = client_of(office.user("finance"), "en")
    page = words(text_of(client.get(case_url(case, "pay"))))
    assert "Employer ¥1,307.20 may pay up to ¥1,627.20" in page
    assert "The insured person ¥320.00 may pay up to ¥1,600.00" in page
    seen = words(text_of(do(client, case, "pay", **PAYMENT, preview="1")))
    covers = (
        "2025-01 Contribution, employer's share ¥640.00"
        " 2025-01 Contribution, personal share ¥160.00"
        " 2025-01 Late fee of the employer ¥19.20"
        " 2025-02 Contribution, employer's share ¥80.80"
    )
    assert covers in seen
    assert "Left after it: ¥727.20" in seen
    assert not Payment.objects.exists()
    assert do(client, case, "pay", **PAYMENT).status_code == 302
    assert state_of(case) == State.PARTLY_PAID
    page = words(text_of(client.get(case_url(case))))
    assert covers in page
    assert "¥727.20 is left to pay by Thu 20 March 2025." in page


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("amount_fen", {"amount_fen": "1627.21"}),
        ("amount_fen", {"amount_fen": "0"}),
        ("amount_fen", {"amount_fen": ""}),
        ("amount_fen", {"amount_fen": "-1"}),
        ("amount_fen", {"amount_fen": "1e3x"}),
        ("amount_fen", {"payer": "person", "amount_fen": "1600.01"}),
        ("paid_on", {"paid_on": "2025-03-21"}),
        ("paid_on", {"paid_on": "2025-02-28"}),
        ("paid_on", {"paid_on": "soon"}),
        ("payer", {"payer": ""}),
        ("method", {"method": "gold"}),
        ("bank_reference", {"method": "bank"}),
    ],
)
def test_a_wrong_payment_is_refused_at_its_field_and_nothing_is_booked(
    office: Office, field: str, changes: dict[str, str]
) -> None:
    case = office.assessed()
    client = client_of(office.user("finance"), "en")
    answer = do(client, case, "pay", **{**PAYMENT, **changes, "note": "typed before"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "typed before" in text_of(answer)
    assert not Payment.objects.exists()
    assert not Instruction.objects.exists()


def test_a_quote_that_has_lapsed_takes_no_later_payment(office: Office, now: Any) -> None:
    case = office.assessed()
    now.move_to("2025-03-21T10:00:00+08:00", tick=False)
    client = client_of(office.user("finance"), "en")
    answer = do(client, case, "pay", **{**PAYMENT, "paid_on": "2025-03-21"})
    assert "the late fee has grown" in str(answer.context["form"].errors["paid_on"])


def test_pressing_twice_records_one_payment(office: Office) -> None:
    case = office.assessed()
    client = client_of(office.user("finance"), "en")
    given = {**form(client, case, "pay"), **PAYMENT}
    for _press in range(2):
        assert client.post(case_url(case, "pay"), given).status_code == 302
    assert Payment.objects.count() == 1
    assert ArrearsEvent.objects.filter(case=case, verb=Action.PAY).count() == 1


def test_the_key_of_another_payment_is_not_taken_for_it(office: Office) -> None:
    case = office.assessed()
    client = client_of(office.user("finance"), "en")
    given = {**form(client, case, "pay"), **PAYMENT}
    assert client.post(case_url(case, "pay"), given).status_code == 302
    answer = client.post(case_url(case, "pay"), {**given, "amount_fen": "727.20"})
    assert answer.status_code == 422
    assert "already used for something else" in text_of(answer)
    assert Payment.objects.count() == 1


def test_who_was_slower_reads_who_was_quicker_and_keeps_what_was_typed(office: Office) -> None:
    case = office.assessed()
    other = staff("second", Agency.objects.get(region="990100"), Role.FINANCE, last_name="李")
    slow, quick = client_of(office.user("finance"), "en"), client_of(other, "en")
    given = {**form(slow, case, "pay"), **PAYMENT, "note": "现金已清点"}
    assert do(quick, case, "pay", **PAYMENT).status_code == 302
    answer = slow.post(case_url(case, "pay"), given)
    assert answer.status_code == 409
    html = text_of(answer)
    assert "was quicker, at 15:00: Record a payment" in html
    assert 'value="900"' in html
    assert "现金已清点" in html
    assert Payment.objects.count() == 1


def test_a_payment_is_taken_back_with_a_reason_and_stays_to_be_seen(office: Office) -> None:
    case = office.at(State.SETTLED)
    client = client_of(office.user("finance"), "en")
    answer = do(client, case, "take_back", number="1", text="")
    assert list(answer.context["form"].errors) == ["text"]
    assert do(client, case, "take_back", number="7", text="x").status_code == 422
    preview = words(text_of(do(client, case, "take_back", number="1", text="退票", preview="1")))
    assert "The payment of ¥1,627.20 did not hold: 退票." in preview
    assert do(client, case, "take_back", number="1", text="退票").status_code == 302
    assert state_of(case) == State.ASSESSED
    page = words(text_of(client.get(case_url(case))))
    assert "taken back" in page
    assert "退票" in page


def test_auditors_post_nothing(office: Office) -> None:
    case = office.assessed()
    client = client_of(office.user("auditor"), "en")
    given = {"seen": case.version, **PAYMENT, "text": "x", "kinds": ["id_card"]}
    for verb in ("pay", "assess", "waive", "cancel", "refuse", "take_materials"):
        answer = client.post(case_url(case, verb), given)
        assert answer.status_code == 422, verb
    assert state_of(case) == State.ASSESSED
    assert ArrearsCase.objects.get(pk=case.pk).version == case.version


def test_a_posted_nonsense_version_is_a_wrong_form_not_a_crash(office: Office) -> None:
    case = office.assessed()
    client = client_of(office.user("finance"), "en")
    for seen in ("", "x", "-1", "9" * 30):
        answer = client.post(case_url(case, "pay"), {**PAYMENT, "seen": seen})
        assert answer.status_code in (409, 422), seen
    assert not Payment.objects.exists()
