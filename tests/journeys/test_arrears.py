"""A transfer held up by missed months: refused, quoted, paid in two parts, settled, validated."""

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone

from arrears.models import ArrearsCase
from arrears.quoting import rest_of
from arrears.rules.periods import first_of
from arrears.rules.states import State as ArrearsState
from tests.arrears.office import Office
from tests.journeys.conftest import Jobs, Person, eventually
from tests.scenes import Scene
from transfers.models import Contribution, OutboxMessage, TransferApplication
from transfers.rules.money import yuan
from transfers.rules.states import State
from transfers.rules.working_days import WorkingCalendar

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def records(application: TransferApplication, first: date, last: date) -> None:
    Contribution.objects.create(
        person=application.person, pool_id="990100", scheme="employee", from_month=first,
        to_month=last, months=(last.year - first.year) * 12 + last.month - first.month + 1,
        base_fen=800_000, recorded_at=timezone.now(),
    )  # fmt: skip


def tries_to_pass(clerk: Person, reference: str) -> str:
    """Fills in the origin's check and hands it over; what the page says then."""
    clerk.goes_to(f"/admin/cases/{reference}/pass_check/")
    for name, value in {
        "enrolled_on": "2018-07-01",
        "stopped_on": "2025-08-31",
        "balance_fen": "0",
    }.items():
        clerk.page.locator(f"main form [name='{name}']").fill(value)
    clerk.page.locator("main form [name='id_same']").check()
    clerk.presses("main form button.primary")
    return clerk.reads()


def pays(person: Person, reference: str, amount: str) -> None:
    person.goes_to(f"/admin/arrears/{reference}/")
    person.presses("main a[href$='/pay/']")
    person.page.check("main form [name=payer][value=person]")
    person.page.check("main form [name=method][value=counter]")
    person.page.fill("main form [name=amount_fen]", amount)
    person.presses("main form button.primary")
    assert person.page.url.endswith(f"/admin/arrears/{reference}/"), person.reads()


def test_a_transfer_refused_for_arrears_is_paid_in_two_parts_and_validated(
    calendar: WorkingCalendar, people: Callable[..., Person], jobs: Jobs
) -> None:
    scene, office = Scene(), Office()
    made = scene.submit(at=timezone.now())
    application, today = made.application, timezone.localdate()
    # Two months missed nine months ago, in a record that goes on.
    missed, again = first_of(today, -9), first_of(today, -7)
    records(application, first_of(today, -36), first_of(missed, -1))
    records(application, again, first_of(today, -2))

    clerk = people()
    clerk.signs_in("origin_clerk_990100")
    clerk.goes_to(f"/admin/cases/{application.reference}/record/")
    panel = clerk.page.locator("section[aria-labelledby=gaps]")
    panel.locator("select[name=cause]").first.select_option("individual")
    clerk.presses("section[aria-labelledby=gaps] button.primary")
    case = ArrearsCase.objects.get()
    assert (case.from_month, case.to_month, case.resumed_month) == (
        missed,
        first_of(missed, 1),
        again,
    )
    assert clerk.page.url.endswith(f"/admin/arrears/{case.reference}/")

    refused = tries_to_pass(clerk, application.reference)
    assert case.reference in refused
    assert TransferApplication.objects.get().state == State.APPLIED

    phone = people()
    phone.goes_to("/status/")
    phone.page.fill("[name=reference]", application.reference)
    phone.page.fill("[name=code]", made.query_code)
    phone.presses("main form [type=submit]")
    assert "您断缴2个月" in phone.reads()

    clerk.goes_to(f"/admin/arrears/{case.reference}/")
    clerk.presses("main a[href$='/take_materials/']")
    for box in clerk.page.locator("main form [name=kinds]").all():
        box.check()
    clerk.presses("main form button.primary")
    clerk.presses("main a[href$='/assess/']")
    clerk.presses("main form button.primary")
    quote = case.quotes.get()
    assert quote.principal_person_fen + quote.principal_employer_fen == 160_000
    assert yuan(quote.total_fen) in clerk.reads()
    phone.page.reload()
    assert yuan(quote.total_fen) in phone.reads()

    finance = people()
    finance.signs_in(office.user("finance").username)
    pays(finance, case.reference, "900.00")
    assert ArrearsCase.objects.get().state == ArrearsState.PARTLY_PAID
    left = sum(owed.fen for owed in rest_of(ArrearsCase.objects.get()))
    assert 0 < left < quote.total_fen - 90_000  # the late fee of what is paid up has ended
    assert yuan(left) in tries_to_pass(clerk, application.reference)
    phone.page.reload()
    assert yuan(left) in phone.reads()

    pays(finance, case.reference, f"{left / 100:.2f}")
    assert ArrearsCase.objects.get().state == ArrearsState.SETTLED
    phone.page.reload()
    assert "您断缴" not in phone.page.locator(".overlay").all_inner_texts().__str__()

    tries_to_pass(clerk, application.reference)
    destination = people()
    destination.signs_in("destination_clerk_350500")
    destination.goes_to(f"/admin/cases/{application.reference}/pass_check/")
    destination.page.locator("main form [name='id_same']").check()
    destination.page.locator("main form [name='enrolled_on']").fill("2025-09-01")
    destination.page.locator("main form [name='paying']").check()
    destination.presses("main form button.primary")
    assert TransferApplication.objects.get().state == State.VALIDATED
    phone.page.reload()
    assert "转出办理中" in phone.reads()

    eventually(
        lambda: (
            not OutboxMessage.objects.filter(
                sent_at=None, kind__in=("applicant", "letter")
            ).exists()
        ),
        "the worker sends every letter",
    )
    mails = jobs.mails()
    assert application.person.id_number not in mails
    assert "张示例" not in mails
