"""Who has no e-mail is told by text message: seventy characters, nothing personal, no amount."""

import re
from typing import Any

import pytest
import time_machine
from django.utils.translation import override

from arrears import letters, tasks
from arrears.models import ArrearsCase
from arrears.rules.states import Action, State
from arrears.sms import TEXTS
from tests.scenes import moment
from tests.status.test_sms import DAYS, LONGEST_EN, LONGEST_ZH, REFERENCE, values
from transfers.deadlines.delivery import SMS, route_of
from transfers.models import Agency, OutboxMessage
from transfers.status.sms import units, written

from .office import Office


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("key", TEXTS)
def test_every_text_fits_whatever_the_office_is_called(language: str, key: str) -> None:
    for zh, en in zip(LONGEST_ZH, LONGEST_EN, strict=True):
        for when in DAYS[1:]:
            with override(language):
                agency = Agency(name_zh=zh, name_en=en)
                text = written(key, agency, REFERENCE, when, values(language), wordings=TEXTS[key])
            assert units(text) <= 70, text
            assert not re.search(r"[%{}]|None", text), text
            assert re.match("【(.{4,})】|\\[(.{10,})\\] ", text), text
            assert REFERENCE[-4:] in text
            assert REFERENCE not in text
            # Every wording of a kind of news speaks of its day, or none does.
            assert (
                len({"%(by)s" in str(each) or "%(day)s" in str(each) for each in TEXTS[key]}) == 1
            )


def test_whatever_a_person_is_told_has_a_text() -> None:
    assert {str(each) for each in letters._WORDS} <= {str(each) for each in TEXTS}


def told(case: ArrearsCase) -> list[str]:
    messages = OutboxMessage.objects.filter(key__startswith=f"arrears:{case.reference}:")
    found = list(messages.order_by("pk"))
    assert {route_of(each) for each in found} == {(SMS, case.contact_phone)}
    assert all(units(each.text) <= 70 and "¥" not in each.text for each in found)
    return [each.text for each in found]


def test_a_person_with_only_a_mobile_number_hears_of_everything(office: Office) -> None:
    case = office.zhang(contact_email="", employer_email="", language="en")
    case = office.assessed(case)
    with time_machine.travel(moment("2025-03-17", 9), tick=False):
        tasks.remind_of_arrears()
    case = office.paid(case, 90_000)
    case = office.do(case, Action.TAKE_BACK, by="finance", on="2025-03-20", number=1, text="退票")
    case = office.paid(case)
    case = office.do(case, Action.REINSTATE, by="system", on="2025-04-01")
    assert case.state == State.REINSTATED
    tail = case.reference[-4:]
    assert [re.sub(r"^\[.*?\] ", "", text).replace(tail, "0381") for text in told(case)] == [
        "Months missing, …0381. Amount by 17 Mar.",
        "Missing months to be paid by 20 Mar, …0381.",
        "Reminder: missing months, pay by 20 Mar, …0381.",
        "Payment received, …0381. Rest by 20 Mar.",
        "A payment did not hold, …0381. Pay by 20 Mar.",
        "All paid, …0381. Benefits restart 1 Apr.",
        "Benefits are running again since 1 Apr, …0381.",
    ]


def test_a_quote_that_lapsed_is_told_by_text_message(office: Office) -> None:
    case = office.assessed(office.zhang(contact_email="", employer_email=""))
    with time_machine.travel(moment("2025-03-21"), tick=False):
        tasks.requote_lapsed()
    assert len(told(case)) == 3
    assert "3月31日" in told(case)[-1]


def test_an_e_mail_address_comes_first_and_without_a_gateway_nothing_is_written(
    office: Office, settings: Any
) -> None:
    both = office.zhang()
    keys = OutboxMessage.objects.filter(key__startswith=f"arrears:{both.reference}:")
    assert [each.address for each in keys.filter(key__endswith=":person")] == ["zhang@example.org"]
    settings.SMS_URL = ""
    case = office.zhang(contact_email="", employer_email="")
    assert not OutboxMessage.objects.filter(key__contains=case.reference).exists()
