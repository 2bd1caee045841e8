"""Editing arrears policies and wage bases: who may, what is asked for, and what is shown before it counts."""

from __future__ import annotations

import html as escaped
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from arrears import previews
from arrears.models import ArrearsCase, ArrearsPolicy, Quote, WageBase
from arrears.policy import tables_for, tables_of
from arrears.rules.states import State
from tests.arrears.office import Office, month
from tests.scenes import example_number, moment, staff
from tests.staff.desks import client_of, text_of
from transfers.models import Agency
from transfers.rules.states import Role

POLICIES, BASES = "/admin/arrears/arrearspolicy/", "/admin/arrears/wagebase/"
DEMO = "990100"


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(moment("2025-03-12"), tick=False):
        yield


@pytest.fixture
def editor(db: None) -> Client:
    return client_of(staff("editor", None, Role.POLICY_EDITOR), "en")


def sourced(**values: str) -> dict[str, str]:
    """Values as the form sends them, each with a status and a source."""
    given = dict(values)
    for name in values:
        given |= {f"status_of_{name}": "article", f"source_of_{name}": "示例通知"}
    return given


def fields_of(page: str) -> dict[str, str]:
    """The hidden inputs of the preview, as the browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: escaped.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def publish(client: Client, address: str, given: dict[str, str]) -> str:
    """Through the preview, with what it carries, to the end; answers with the preview."""
    answer = client.post(address, given)
    assert answer.status_code == 200, answer
    page = text_of(answer)
    assert 'name="_confirmed"' in page
    answer = client.post(address, {**fields_of(page), "_confirmed": "1"})
    assert answer.status_code == 302, text_of(answer)
    return page


def stored(policy: ArrearsPolicy, **changes: str) -> dict[str, str]:
    """The form of a stored row as it would be sent back, with changes."""
    given = {"valid_from": policy.valid_from.isoformat(), "valid_to": ""}
    for name, value in policy.given().items():
        told = policy.provenance[name]
        given |= {
            name: str(value),
            f"status_of_{name}": told["status"],
            f"source_of_{name}": told["source"],
        }
    return {**given, **changes}


@pytest.fixture
def demo(db: None) -> ArrearsPolicy:
    return ArrearsPolicy.objects.get(region=DEMO)


def change_of(row: ArrearsPolicy | WageBase) -> str:
    return reverse(f"admin:arrears_{row._meta.model_name}_change", args=[row.pk])


# Storing


def test_a_policy_is_stored_only_once_it_is_confirmed(editor: Client) -> None:
    given = {"region": "420100", "valid_from": "2026-01-01", "valid_to": "",
             **sourced(gap_free_months="2", contribution_rate_unit="0.085")}  # fmt: skip
    page = text_of(editor.post(f"{POLICIES}add/", given))
    assert "What this changes" in page
    assert not ArrearsPolicy.objects.filter(region="420100").exists()
    publish(editor, f"{POLICIES}add/", given)
    policy = ArrearsPolicy.objects.get(region="420100")
    assert policy.given() == {"gap_free_months": 2, "contribution_rate_unit": Decimal("0.085")}
    assert policy.provenance["gap_free_months"] == {
        "status": "article", "source": "示例通知", "verified": False,
    }  # fmt: skip


def test_each_edited_value_is_shown_before_and_after(editor: Client, demo: ArrearsPolicy) -> None:
    page = publish(
        editor, change_of(demo),
        stored(demo, contribution_rate_unit="0.09", restart_rule="payment_month", **sourced(retroactive="false")),
    )  # fmt: skip
    rows = re.findall(
        r'<tr><th scope="row">([^<]+)</th><td>([^<]*)</td><td>([^<]*)</td></tr>', page
    )
    assert rows == [
        ("Benefits restart", "The 1st of the month after payment",
         "The 1st of the month of payment"),
        ("Costs of the gap are reimbursed afterwards", "–", "No"),
        ("Contribution rate of the employer", "0.08", "0.09"),
    ]  # fmt: skip
    demo.refresh_from_db()
    assert demo.contribution_rate_unit == Decimal("0.09")


def test_a_value_without_source_is_refused_beside_its_field(editor: Client) -> None:
    answer = editor.post(
        f"{POLICIES}add/",
        {"region": "420100", "valid_from": "2026-01-01", "valid_to": "", "gap_free_months": "2"},
    )
    page = text_of(answer)
    assert answer.status_code == 200
    assert 'name="_confirmed"' not in page
    assert "Say where this value comes from." in page
    assert "Say how sure this value is." in page


def test_a_rate_stays_verified_while_something_else_is_edited(
    editor: Client, demo: ArrearsPolicy
) -> None:
    demo.provenance["contribution_rate_unit"]["verified"] = True
    demo.save()
    page = text_of(editor.get(change_of(demo)))
    assert re.search(r'name="contribution_rate_unit" value="0\.08"', page)
    given = stored(demo, contribution_rate_unit="0.08", verified_of_contribution_rate_unit="on")
    publish(editor, change_of(demo), {**given, "contribution_rate_person": "0.025"})
    demo.refresh_from_db()
    assert demo.contribution_rate_person == Decimal("0.025")
    assert demo.provenance["contribution_rate_unit"]["verified"] is True


def test_confirming_does_not_go_round_the_form(editor: Client) -> None:
    answer = editor.post(
        f"{POLICIES}add/",
        {"region": "420100", "valid_from": "2026-01-01", "gap_free_months": "2", "_confirmed": "1"},
    )
    assert "Say where this value comes from." in text_of(answer)
    assert not ArrearsPolicy.objects.filter(region="420100").exists()


def test_what_applies_is_shown_with_where_it_comes_from(
    editor: Client, demo: ArrearsPolicy
) -> None:
    page = text_of(editor.get(change_of(demo)))
    table = page.split('id="in-force"')[1]
    assert re.search(
        r"Late fee a day</th><td>0\.0005</td><td>[^<]+</td><td>National text .*社会保险法", table
    )
    assert "本系统默认值" in table


def test_a_base_is_typed_in_yuan_and_kept_in_fen(editor: Client) -> None:
    given = {"region": "420100", "year": "2025", "amount_fen": "8,765.43", "status": "article",
             "source": "示例公告"}  # fmt: skip
    page = publish(editor, f"{BASES}add/", given)
    assert "¥8,765.43" in page
    base = WageBase.objects.get(region="420100")
    assert (base.year, base.amount_fen, base.status, base.verified) == (
        2025, 876543, "article", False,
    )  # fmt: skip
    again = text_of(editor.post(f"{BASES}add/", given))
    assert "The region has a base for this year already." in again
    assert 'name="_confirmed"' not in again


@pytest.mark.parametrize("amount", ["0", "-1", "12.345", "many", "10000000"])
def test_a_base_that_is_no_monthly_wage_is_refused(editor: Client, amount: str) -> None:
    answer = editor.post(
        f"{BASES}add/",
        {
            "region": "420100",
            "year": "2025",
            "amount_fen": amount,
            "status": "own",
            "source": "示例",
        },
    )
    assert answer.status_code == 200
    assert 'name="_confirmed"' not in text_of(answer)


def test_a_changed_base_is_no_longer_verified(editor: Client) -> None:
    base = WageBase.objects.create(
        region_id="420100", year=2025, amount_fen=900_000, status="article", source="示例公告",
        verified=True,
    )  # fmt: skip
    given = {"status": "article", "source": "示例公告", "verified": "on"}
    publish(editor, change_of(base), {**given, "amount_fen": "9100.00"})
    base.refresh_from_db()
    assert (base.amount_fen, base.verified) == (910_000, False)


# Who


def test_an_editor_of_a_place_edits_that_place_and_below_alone(db: None) -> None:
    hubei = Agency.objects.get(region="420000")
    local = client_of(staff("local", hubei, Role.POLICY_EDITOR), "en")
    form = text_of(local.get(f"{POLICIES}add/"))
    assert '<option value="420100"' in form
    assert '<option value="430000"' not in form
    given = {"valid_from": "2027-01-01", "valid_to": "", **sourced(gap_free_months="2")}
    refused = local.post(f"{POLICIES}add/", {"region": "430100", **given, "_confirmed": "1"})
    assert refused.status_code == 200
    assert not ArrearsPolicy.objects.filter(region="430100").exists()
    publish(local, f"{POLICIES}add/", {"region": "420100", **given})
    nation = ArrearsPolicy.objects.get(region="100000", valid_to=None)
    assert 'name="_save"' not in text_of(local.get(change_of(nation)))
    for extra in ({}, {"_confirmed": "1"}):
        assert local.post(change_of(nation), {**given, **extra}).status_code == 403
    base = WageBase.objects.get(region="100000", year=2025)
    assert local.post(change_of(base), {"amount_fen": "1"}).status_code == 403


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.POLICY_EDITOR}))
def test_everybody_reads_and_nobody_else_edits(db: None, demo: ArrearsPolicy, role: Role) -> None:
    client = client_of(staff("reader", Agency.objects.get(region=DEMO), role), "en")
    base = WageBase.objects.get(region=DEMO, year=2025)
    for listing in (POLICIES, BASES):
        page = text_of(client.get(listing))
        assert "Example City" in page
        assert f'href="{listing}"' in page.split("<main")[0], "the navigation has it"
        assert client.get(f"{listing}add/").status_code == 403
        assert client.post(f"{listing}add/", {}).status_code == 403
    for row in (demo, base):
        page = text_of(client.get(change_of(row)))
        assert 'name="_save"' not in page
        assert client.post(change_of(row), {"_confirmed": "1"}).status_code == 403
        assert client.get(change_of(row).replace("change", "delete")).status_code == 403


def test_lists_take_the_same_queries_however_long(
    editor: Client, django_assert_max_num_queries: Any
) -> None:
    for listing, heading in ((POLICIES, "Values of its own"), (BASES, "Monthly base")):
        assert heading in text_of(editor.get(listing))
        with django_assert_max_num_queries(8):
            editor.get(listing)


# The preview


@pytest.fixture
def out(office: Office) -> list[ArrearsCase]:
    """Three quotes of the demo pool: Zhang, Zhang's colleague with half of it paid, and Li."""
    other = example_number(77)
    return [
        office.assessed(office.zhang()),
        office.paid(office.assessed(office.zhang(id_number=other)), 90_000),
        office.assessed(
            office.li(on="2025-03-10", from_month=month("2024-09"), to_month=month("2024-12"),
                      resumed_month=month("2025-01"), id_number=example_number(78)),
        ),
    ]  # fmt: skip


def changed(policy: ArrearsPolicy, **values: Any) -> ArrearsPolicy:
    for name, value in values.items():
        setattr(policy, name, value)
    return policy


@pytest.mark.usefixtures("out")
def test_without_the_edit_the_preview_agrees_with_the_quotes(demo: ArrearsPolicy) -> None:
    found = previews.preview(demo)
    assert (found.cases, found.looked_at, found.changed, found.first) == (3, 3, 0, [])
    # With a rate a hundredth higher, what stands before is what each quote says.
    found = previews.preview(changed(demo, contribution_rate_unit=Decimal("0.09")))
    totals = {quote.case.reference: quote for quote in Quote.objects.select_related("case")}
    assert {each.reference: each.before for each in found.first} == {
        reference: previews.Outcome(quote.total_fen, quote.restart_on)
        for reference, quote in totals.items()
    }


def test_a_dearer_rate_raises_what_is_not_paid_up_yet(
    out: list[ArrearsCase], demo: ArrearsPolicy
) -> None:
    found = previews.preview(changed(demo, contribution_rate_unit=Decimal("0.09")))
    assert (found.changed, found.earlier, found.later, found.refused) == (3, 0, 0, 0)
    zhang = next(each for each in found.first if each.reference == out[0].reference)
    # 2 × 8000 × 10 % + 27.20 before; 2 × 8000 × 11 % and 880 × 0.0005 × 48, × 20 after
    assert (zhang.before.total_fen, zhang.after.total_fen) == (162_720, 178_992)
    # January is paid up with its fee, 819.20, and stays; February as above: 880.00 + 8.80
    half = next(each for each in found.first if each.reference == out[1].reference)
    assert (half.before.total_fen, half.after.total_fen) == (162_720, 170_800)
    assert found.before_fen == sum(each.before.total_fen or 0 for each in found.first)
    assert found.after_fen - found.before_fen == found.difference_fen > 0


def test_restarts_that_move_are_counted_by_their_direction(
    out: list[ArrearsCase], demo: ArrearsPolicy
) -> None:
    earlier = previews.preview(changed(demo, restart_rule="payment_month"))
    assert (earlier.changed, earlier.earlier, earlier.later) == (2, 2, 0)
    assert {each.after.restart_on for each in earlier.first} == {date(2025, 3, 1)}
    assert earlier.difference_fen == 0
    demo.refresh_from_db()
    later = previews.preview(changed(demo, payment_month_counts=False))
    assert (later.changed, later.earlier, later.later) == (1, 0, 1)
    assert later.first[0].reference == out[2].reference


def test_cases_that_could_no_longer_be_paid_back_are_told(
    out: list[ArrearsCase], demo: ArrearsPolicy
) -> None:
    found = previews.preview(changed(demo, max_gap_months=3))
    assert (found.changed, found.refused) == (1, 1)
    assert found.first[0].reference == out[2].reference
    assert found.first[0].after == previews.Outcome(None, None)
    ended = previews.preview(changed(demo, max_gap_months=None, valid_to=date(2025, 3, 1)))
    assert ended.refused == 3


@pytest.mark.usefixtures("out")
def test_a_policy_of_another_place_or_another_time_changes_nothing(demo: ArrearsPolicy) -> None:
    elsewhere = ArrearsPolicy(region_id="420000", valid_from=date(2025, 1, 1), gap_free_months=1)
    assert previews.preview(elsewhere).cases == 0
    demo.valid_to = date(2025, 12, 31)
    demo.save()
    next_year = ArrearsPolicy(region_id=DEMO, valid_from=date(2026, 1, 1), gap_free_months=1)
    found = previews.preview(next_year)
    assert (found.cases, found.changed) == (3, 0)


@pytest.mark.usefixtures("out")
def test_an_edit_above_reaches_the_places_below_that_say_nothing_themselves() -> None:
    nation = ArrearsPolicy.objects.get(region="100000", valid_to=None)
    found = previews.preview(changed(nation, late_fee_daily_rate=Decimal("0.001")))
    assert found.changed == 3
    assert previews.preview(changed(nation, restart_rule="plus_30_days")).changed == 3
    nation.refresh_from_db()
    assert previews.preview(changed(nation, restart_rule="plus_30_days")).changed == 0
    province = ArrearsPolicy(region_id="990000", valid_from=date(2025, 1, 1), retroactive=False)
    assert previews.preview(province).changed == 0  # neither what it costs nor when it restarts


@pytest.mark.usefixtures("out")
def test_an_edited_base_is_previewed_too(db: None) -> None:
    base = WageBase.objects.get(region=DEMO, year=2025)
    base.amount_fen = 850_000
    found = previews.preview(base)
    assert (found.changed, found.cases) == (2, 3)  # Li's months lie in 2024


def test_cases_without_a_quote_or_already_settled_are_left_alone(
    office: Office, demo: ArrearsPolicy
) -> None:
    office.zhang()
    found = previews.preview(changed(demo, contribution_rate_unit=Decimal("0.09")))
    assert (found.cases, found.changed) == (0, 0)


def test_settled_cases_are_left_alone(office: Office, demo: ArrearsPolicy) -> None:
    office.at(State.SETTLED)
    found = previews.preview(changed(demo, contribution_rate_unit=Decimal("0.09")))
    assert (found.cases, found.changed) == (0, 0)


def test_the_preview_takes_the_same_queries_however_many_cases(
    office: Office, demo: ArrearsPolicy, django_assert_max_num_queries: Any
) -> None:
    dearer = changed(demo, contribution_rate_unit=Decimal("0.09"))
    for serial in (81, 82):
        case = office.assessed(office.zhang(id_number=example_number(serial)))
        office.paid(case, 90_000)
    with django_assert_max_num_queries(8):
        assert previews.preview(dearer).changed == 2
    for serial in (83, 84, 85):
        office.paid(office.assessed(office.zhang(id_number=example_number(serial))), 90_000)
    with django_assert_max_num_queries(8):
        assert previews.preview(dearer).changed == 5


def test_what_was_not_looked_at_is_said(
    out: list[ArrearsCase], editor: Client, demo: ArrearsPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MOST_CASES", 2)
    monkeypatch.setattr(previews, "SHOWN", 1)
    page = text_of(editor.post(change_of(demo), stored(demo, contribution_rate_unit="0.09")))
    assert "2 quotes would come out differently" in page
    assert "3 cases of this region are waiting for payment. Looked at: the 2" in page
    assert "Shown: the first 1." in page
    assert sum(case.reference in page for case in out) == 1


def test_the_page_shows_both_figures_of_each_case_and_no_person(
    out: list[ArrearsCase], editor: Client, demo: ArrearsPolicy
) -> None:
    page = text_of(editor.post(change_of(demo), stored(demo, contribution_rate_unit="0.09")))
    row = next(line for line in page.split("<tr>") if out[0].reference in line)
    assert "Example City" in row
    assert "¥1,627.20" in row
    assert "¥1,789.92" in row
    assert row.count("2025-04-01") == 2
    assert "张示例" not in page
    assert out[0].person.id_number not in page


def test_tables_of_many_places_are_those_of_each(db: None, django_assert_num_queries: Any) -> None:
    codes = {DEMO, "420100", "370200", "360100", "100000"}
    with django_assert_num_queries(4):
        many = tables_for([*codes, "000000"])
    assert set(many) == codes
    on = date(2025, 3, 20)
    for code in codes:
        assert many[code].terms(on) == tables_of(code).terms(on)
