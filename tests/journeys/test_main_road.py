"""One application from applied to balance credited, by the people who do it, at their pages."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from tests.journeys.conftest import Jobs, Person, eventually
from tests.public.visits import pages, photo_file, type_in
from tests.scenes import Scene, example_number
from transfers.models import OutboxMessage, TransferApplication
from transfers.rules.states import State
from transfers.rules.working_days import WorkingCalendar

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def acts(person: Person, reference: str, verb: str, **typed: str) -> None:
    """Open the case, press the button of an action, fill its page in and hand it over."""
    person.goes_to(f"/admin/cases/{reference}/")
    person.presses(f"main a[href$='/{verb}/']")
    for name, value in typed.items():
        field = person.page.locator(f"main form [name='{name}']").first
        if field.get_attribute("type") == "checkbox":
            field.set_checked(value == "yes")
        else:
            field.fill(value)
    person.presses("main form button.primary")
    assert person.page.url.endswith(f"/admin/cases/{reference}/"), person.reads()


def applies(person: Person, number: str) -> None:
    """Answer the six pages; leaves the person before the page that reads everything back."""
    person.goes_to("/apply/")
    for given in pages(number):
        type_in(person.page, given)
        if not given:
            person.page.set_input_files("[name=photo_id_card]", photo_file())
        person.presses("main form > .row [type=submit]")


def test_from_applied_to_balance_credited(
    calendar: WorkingCalendar, people: Callable[..., Person], jobs: Jobs
) -> None:
    Scene()
    applicant = people()
    number = example_number(311)
    applies(applicant, number)
    assert "990*************" in applicant.reads()
    applicant.presses("main form [type=submit]")
    application = TransferApplication.objects.get()
    reference = application.reference
    assert reference in applicant.reads()
    query_code = applicant.page.locator("main dd").nth(1).inner_text().replace(" ", "")

    # The applicant comes back later, on another device, with reference and code.
    phone = people()
    phone.goes_to("/status/")
    phone.page.fill("[name=reference]", reference)
    phone.page.fill("[name=code]", query_code)
    phone.presses("main form [type=submit]")
    assert "已收到，正在校验" in phone.reads()
    assert "现在不用您做任何事" in phone.reads()
    assert number not in phone.page.content()

    origin, destination, checker = people(), people(), people()
    origin.signs_in("origin_clerk_990100")
    destination.signs_in("destination_clerk_350500")
    checker.signs_in("origin_checker_990100")
    assert reference in origin.page.content(), "the queue is the first page and shows the case"

    acts(origin, reference, "pass_check", id_same="yes", enrolled_on="2018-07-01", stopped_on="2025-08-31",
         balance_fen="1,234.56")  # fmt: skip
    acts(
        destination, reference, "pass_check", id_same="yes", enrolled_on="2025-09-01", paying="yes"
    )
    phone.page.reload()
    assert "转出办理中" in phone.reads()

    acts(origin, reference, "transfer_out", **{
        "last_paid_month": "2025-08", "benefits_end_on": "2025-09-30", "balance_fen": "1234.56",
        "rows-0-from_month": "2018-07", "rows-0-to_month": "2025-08", "rows-0-base_fen": "8000",
    })  # fmt: skip
    acts(checker, reference, "transfer_out")
    phone.page.reload()
    assert "转入办理中" in phone.reads()

    acts(destination, reference, "transfer_in")
    phone.page.reload()
    assert "关系已转入，等余额" in phone.reads()
    assert "1,234.56" in phone.reads()

    paying, sending, receiving, releasing = people(), people(), people(), people()
    paying.signs_in("origin_finance_990100")
    sending.signs_in("origin_finance2_990100")
    receiving.signs_in("destination_finance_350500")
    releasing.signs_in("destination_finance2_350500")
    acts(paying, reference, "remit")
    acts(sending, reference, "remit")
    acts(receiving, reference, "receive", received_fen="1234.56", bank_reference="B-1")
    acts(receiving, reference, "match")
    acts(receiving, reference, "credit_balance")
    acts(releasing, reference, "credit_balance")
    phone.page.reload()
    assert "已办结，余额到账" in phone.reads()

    application = TransferApplication.objects.get()
    assert application.state == State.BALANCE_CREDITED
    assert application.balance.received_fen == 123_456
    eventually(
        lambda: not OutboxMessage.objects.filter(kind="applicant", sent_at=None).exists(),
        "the worker sends every message to the applicant",
    )
    mails = jobs.mails()
    assert mails.count("zhang@example.org") == 5, "received, accepted, out, in, credited"
    assert number not in mails
    assert "张示例" not in mails
    assert timezone.localdate() == calendar.next_working(timezone.localdate())
