"""Bank accounts of the agencies: who may see and who may enter them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenes import staff
from tests.staff.desks import EVERY_ROLE, client_of, text_of
from transfers.models import Agency, BankAccount
from transfers.rules.states import Role

LIST = "/admin/transfers/bankaccount/"
NUMBER = "9999000012345678"
pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> BankAccount:
    return BankAccount.objects.create(
        agency=Agency.objects.get(region="420100"), holder="甲", bank="乙", number=NUMBER
    )


def entered(**changes: str) -> dict[str, str]:
    agency = str(Agency.objects.get(region="430100").pk)
    return {"agency": agency, "holder": "甲", "bank": "乙", "number": "9999000088888888",
            "in_use": "on", **changes}  # fmt: skip


def test_an_administrator_enters_an_account_and_lists_show_its_end(account: BankAccount) -> None:
    admin = client_of(staff("admin", None, Role.ADMINISTRATOR))
    assert admin.post(f"{LIST}add/", entered()).status_code == 302
    html = text_of(admin.get(LIST))
    assert "…5678" in html
    assert "…8888" in html
    assert NUMBER not in html


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"number": "12AB567890"}, "8 至 32 位数字"),
        ({"number": "1234567"}, "8 至 32 位数字"),
        ({"number": NUMBER}, "已存在"),
        ({"agency": "420100"}, "已有启用的银行账户"),
    ],
)
def test_a_wrong_account_is_refused(
    account: BankAccount, changes: dict[str, str], told: str
) -> None:
    if "agency" in changes:
        changes = {"agency": str(account.agency_id)}
    admin = client_of(staff("admin", None, Role.ADMINISTRATOR))
    answer = admin.post(f"{LIST}add/", entered(**changes))
    assert answer.status_code == 200
    assert told in text_of(answer)
    assert BankAccount.objects.count() == 1


def test_the_number_of_an_account_is_not_changed(account: BankAccount) -> None:
    admin = client_of(staff("admin", None, Role.ADMINISTRATOR))
    admin.post(f"{LIST}{account.pk}/change/", {"holder": "丙", "bank": "乙", "number": "1" * 16})
    account.refresh_from_db()
    assert (account.holder, account.number, account.in_use) == ("丙", NUMBER, False)
    assert admin.post(f"{LIST}{account.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_administrator_of_an_agency_keeps_those_it_manages(account: BankAccount) -> None:
    local = client_of(staff("local", Agency.objects.get(region="420000"), Role.ADMINISTRATOR))
    assert "…5678" in text_of(local.get(LIST))
    far = client_of(staff("far", Agency.objects.get(region="350000"), Role.ADMINISTRATOR))
    assert "…5678" not in text_of(far.get(LIST))
    assert far.get(f"{LIST}{account.pk}/change/").status_code == 302
    assert far.post(f"{LIST}add/", entered()).status_code == 200
    assert BankAccount.objects.count() == 1


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_only_administrators_and_auditors_look(account: BankAccount, role: Role) -> None:
    client: Any = client_of(staff("some", Agency.objects.get(region="420000"), role))
    expected = 200 if role in (Role.ADMINISTRATOR, Role.AUDITOR) else 403
    assert client.get(LIST).status_code == expected
    if role is Role.AUDITOR:
        assert client.get(f"{LIST}add/").status_code == 403
