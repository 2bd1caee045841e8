"""The finance queue and the page of the books, as their readers open them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.scenes import Scene, moment, money_at
from transfers.models import BalanceTransfer, Break
from transfers.money.proof import prove
from transfers.rules.balances import BalanceState
from transfers.rules.states import Action

pytestmark = pytest.mark.django_db

NIGHT = moment("2025-11-03", 2, 30)
GROUP_OF = {
    BalanceState.PENDING: ("to_remit", "origin"),
    BalanceState.REMITTED: ("on_the_way", "origin"),
    BalanceState.RECEIVED: ("received", "destination"),
    BalanceState.MISMATCHED: ("mismatched", "destination"),
    BalanceState.BOUNCED: ("bounced", "origin"),
    BalanceState.PAYING: ("paying", "origin"),
}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def client(scene: Scene, who: str) -> Client:
    made = Client()
    made.force_login(scene.user(who))
    return made


def page(scene: Scene, who: str, address: str = "admin:finance", **query: str) -> str:
    answer = client(scene, who).get(reverse(address), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("state", GROUP_OF)
def test_money_stands_in_the_group_that_says_what_it_waits_for(
    scene: Scene, state: BalanceState
) -> None:
    case = money_at(scene, state)
    group, side = GROUP_OF[state]
    assert case.reference in page(scene, f"{side}_finance", group=group)
    for other in {"to_remit", "to_credit", "bounced", "received", "to_confirm"} - {group}:
        assert case.reference not in page(scene, f"{side}_finance", group=other)


def test_money_that_came_home_for_a_recall_waits_for_nobody(scene: Scene) -> None:
    case = money_at(scene, BalanceState.BOUNCED)
    scene.four_eyes(case, "recall", "origin_supervisor", "destination_supervisor",
                    moment("2025-10-29"), text="参保人已回原地工作")  # fmt: skip
    assert case.reference not in page(scene, "origin_finance", group="bounced")


def test_what_a_colleague_prepared_waits_for_me_and_not_for_them(scene: Scene) -> None:
    case = scene.arrived()
    scene.do(case, "origin_finance", "remit", moment("2025-10-29"), mode="prepare")
    assert case.reference in page(scene, "origin_finance2", group="to_confirm")
    assert case.reference not in page(scene, "origin_finance", group="to_confirm")
    assert case.reference not in page(scene, "origin_finance2", group="to_remit")
    assert case.reference not in page(scene, "destination_finance", group="to_confirm")


def test_matched_money_waits_for_crediting_once_the_months_are_there(scene: Scene) -> None:
    early = money_at(scene, BalanceState.MATCHED)
    case = scene.arrived()
    scene.money_matched(case)
    found = page(scene, "destination_finance", group="to_credit")
    assert case.reference in found
    assert early.reference not in found


def test_the_page_opens_where_something_waits(scene: Scene) -> None:
    case = money_at(scene, BalanceState.BOUNCED)
    assert case.reference in page(scene, "origin_finance")


def test_only_those_who_handle_money_and_their_supervisors_see_it(scene: Scene) -> None:
    case = money_at(scene, BalanceState.PENDING)
    for address in ("admin:finance", "admin:books"):
        assert client(scene, "origin_clerk").get(reverse(address)).status_code == 403
        assert client(scene, "origin_supervisor").get(reverse(address)).status_code == 200
    stranger = Scene("440300", "320500")
    assert case.reference not in page(stranger, "origin_finance", group="to_remit")


def test_fifty_cases_cost_the_queries_of_one(scene: Scene) -> None:
    money_at(scene, BalanceState.REMITTED)
    finance = client(scene, "origin_finance")
    address = reverse("admin:finance") + "?group=on_the_way"
    finance.get(address)
    with CaptureQueriesContext(
        connection,
    ) as one:
        finance.get(address)
    for _number in range(4):
        money_at(scene, BalanceState.REMITTED)
    with CaptureQueriesContext(connection) as five:
        finance.get(address)
    assert len(five) == len(one) <= 9, [query["sql"][:80] for query in five]


def test_no_full_name_and_no_identity_number_is_on_the_page(scene: Scene) -> None:
    case = money_at(scene, BalanceState.PENDING)
    html = page(scene, "origin_finance", group="to_remit")
    assert case.applicant_name not in html
    assert case.person.id_number not in html


def test_the_books_say_when_they_were_proved_and_that_they_agree(scene: Scene) -> None:
    money_at(scene, BalanceState.REMITTED)
    assert "<svg" in page(scene, "origin_finance", "admin:books"), "the chart needs no proof"
    prove(NIGHT)
    html = page(scene, "origin_finance", "admin:books")
    assert "账目相符" in html
    assert "¥1,234.56" in html
    assert "¥0.00" in html


def broken(scene: Scene) -> Break:
    case = money_at(scene, BalanceState.RECEIVED)
    BalanceTransfer.objects.filter(application=case).update(received_fen=5)
    (found,) = prove(NIGHT).breaks.all()
    return found


def test_a_break_stands_with_its_owner_and_stops_the_case(scene: Scene) -> None:
    found = broken(scene)
    assert found.application is not None
    reference = found.application.reference
    assert reference in page(scene, "destination_finance", "admin:books")
    assert reference not in page(scene, "origin_finance", "admin:books")
    case_page = client(scene, "destination_finance").get(reverse("admin:case", args=[reference]))
    assert 'role="alert"' in case_page.content.decode()
    move = reverse("admin:case_move", args=[reference, "match"])
    assert client(scene, "destination_finance").get(move).status_code == 409


def test_a_supervisor_of_the_owner_releases_a_break_with_a_reason(scene: Scene) -> None:
    found = broken(scene)
    address = reverse("admin:break_release", args=[found.pk])
    for who, status in (("destination_finance", 403), ("origin_supervisor", 404)):
        answer = client(scene, who).post(address, {"reason": "已核实"})
        assert answer.status_code == status
    client(scene, "destination_supervisor").post(address, {"reason": "  "})
    found.refresh_from_db()
    assert found.cleared_at is None
    client(scene, "destination_supervisor").post(address, {"reason": "已核实"})
    found.refresh_from_db()
    assert (found.released_by, found.release_reason) == (
        scene.user("destination_supervisor"),
        "已核实",
    )


def test_the_case_page_lists_each_movement_with_both_pairs_of_eyes(scene: Scene) -> None:
    case = scene.arrived()
    scene.money_matched(case)
    scene.four_eyes(case, Action.CREDIT_BALANCE, "destination_finance", "destination_finance2",
                    moment("2025-10-30"))  # fmt: skip
    html = client(scene, "destination_finance").get(
        reverse("admin:case", args=[case.reference])
    ).content.decode()  # fmt: skip
    movements = html.partition('<details class="movements">')[2].partition("</details>")[0]
    assert movements.count("<li>") == 3
    assert movements.count("¥1,234.56") == 3
    assert str(scene.user("destination_finance2")) in movements


@pytest.mark.parametrize("kind", list(Break.Kind))
def test_every_figure_of_a_break_has_its_words(scene: Scene, kind: Break.Kind) -> None:
    """The facts as `money.proof` writes them, each kind with all of its names."""
    facts = {
        "legs": {"instruction": 1, "amount_fen": 5, "legs": 1, "total_fen": -5},
        "balance": {"account": "suspense", "balance_fen": 5, "entries_fen": 6},
        "state": {"relation": "transferred_in", "money": "received", "amount_fen": 5,
                  "received_fen": None, "transit": 1, "suspense": 2, "person": 3, "returned": 4,
                  "paid_out": 5},
        "line": {"outcome": "accepted", "amount_fen": 5, "movement": "receive", "booked_fen": 6,
                 "held_fen": 0},
        "unproven": {"instruction": 1, "amount_fen": 5, "on": "2025-10-29"},
    }[kind.value]  # fmt: skip
    found = broken(scene)
    Break.objects.filter(pk=found.pk).update(kind=kind, facts=facts)
    html = page(scene, "destination_finance", "admin:books")
    article = html.partition('<article class="break">')[2].partition("</article>")[0]
    assert article.count("<dt>") == len(facts)
    assert not any(f">{name}<" in article for name in facts)
