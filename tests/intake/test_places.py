"""A place is understood however it is typed, and never taken for another one."""

from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.utils.translation import override

from transfers.intake.places import Names, PlaceField, PlaceInput
from transfers.models import Region

pytestmark = pytest.mark.django_db

FUJIAN = ["350100", "350200", "350300", "350400", "350500", "350600", "350700", "350800", "350900", "359900"]  # fmt: skip
# Names that more than one place has: they are asked about.
SHARED = {"吉林", "Jilin", "海南", "Suzhou", "Fuzhou", "Taizhou", "Yichun", "Yulin"}


class Form(forms.Form):
    place = PlaceField("Place", "Enter a place.", "A city.")


def test_every_pool_is_known_by_its_names_with_and_without_its_province() -> None:
    names = Names()
    pools = list(Region.objects.filter(is_pool=True).select_related("parent"))
    assert len(pools) > 390
    for pool in pools:
        spellings = {pool.code, pool.name_zh, pool.name_zh.removesuffix("市"), pool.name_en}
        for language in ("zh-hans", "en"):
            with override(language):
                spellings |= {pool.full_name, f"{pool.code} {pool.full_name}"}
        for spelling in spellings - SHARED:
            assert (names.meant(spelling).pools, names.meant(spelling).sure) == ((pool.pk,), True)
    for name in SHARED:
        meant = names.meant(name)
        assert len(meant.pools) > 1, name
        assert not meant.sure, name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("泉州", "350500"), (" 泉 州 市 ", "350500"), ("福建泉州", "350500"), ("福建省，泉州", "350500"),
        ("quan zhou", "350500"), ("Quanzhou City", "350500"), ("Fujian Quanzhou", "350500"),
        ("３５０５００", "350500"), ("Xi’an", "610100"), ("XIAN", "610100"), ("江苏苏州", "320500"),
        ("恩施州", "422800"), ("恩施", "422800"), ("西双版纳", "532800"), ("伊犁", "654000"),
        ("兴安盟", "152200"), ("兴安", "152200"), ("福建本级", "359900"), ("Ürümqi", "650100"),
        # A municipality is one pool.
        ("北京", "119900"), ("北京市", "119900"), ("Shanghai", "319900"),
    ],
)  # fmt: skip
def test_what_is_one_place_is_taken(typed: str, code: str) -> None:
    form = Form({"place": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["place"] == code
    assert "radio" not in str(form["place"])


@pytest.mark.parametrize(
    ("typed", "pools", "said"),
    [
        ("福建", FUJIAN, "several"),
        ("fujian province", FUJIAN, "several"),
        ("350000", FUJIAN, "several"),
        ("福建晋江", FUJIAN, "several"),
        ("Suzhou", ["320500", "341300"], "several"),
        ("泉州晋江", ["350500"], "near"),
        ("福建省泉州市晋江市", ["350500"], "near"),
        ("quanz", ["350500"], "near"),
        ("北京市朝阳区", ["119900"], "near"),
        ("晋江", [], "unknown"),
        ("000000", [], "unknown"),
        ("全国", [], "unknown"),
        ("州", [], "unknown"),
        ("qu", [], "unknown"),
        ("' OR 1=1 --", [], "unknown"),
        ("<b>", [], "unknown"),
        ("泉" * 5000, [], "unknown"),
    ],
)  # fmt: skip
def test_what_is_not_one_place_is_asked_about(typed: str, pools: list[str], said: str) -> None:
    form = Form({"place": typed})
    assert not form.is_valid()
    html = str(form["place"])
    assert [code for code in Names().meant(typed).pools if f'value="{code}"' in html] == pools
    assert html.count('type="radio"') == len(pools)
    assert form.has_error("place", said)
    assert "<b>" not in html


def sent(*values: str) -> Any:
    data = QueryDict(mutable=True)
    data.setlist("place", values)
    return data


def test_what_was_offered_counts_only_for_what_was_typed() -> None:
    assert PlaceInput().value_from_datadict(sent("Suzhou", "341300"), {}, "place") == "341300"
    # Typed anew, with the old choice still ticked below it.
    assert PlaceInput().value_from_datadict(sent("泉州", "341300"), {}, "place") == "350500"
    for typed in ("Fuzhou", ""):
        assert PlaceInput().value_from_datadict(sent(typed, "341300"), {}, "place") == typed
    assert PlaceInput().value_from_datadict(sent("Suzhou", "990100"), {}, "place") == "Suzhou"


def test_a_part_of_a_pool_is_asked_about() -> None:
    Region.objects.create(
        code="350582", name_zh="晋江市", name_en="Jinjiang", parent_id="350500", level="county"
    )
    for typed in ("晋江", "泉州市晋江市", "Jinjiang", "350582"):
        meant = Names().meant(typed)
        assert (meant.pools, meant.sure) == (("350500",), False), typed


def test_the_code_is_read_back_as_a_name_in_the_readers_language() -> None:
    for language, name in (("zh-hans", "福建省泉州市"), ("en", "Quanzhou, Fujian")):
        with override(language):
            assert f'value="{name}"' in str(Form(initial={"place": "350500"})["place"])
            assert f'value="{name}"' in str(Form({"place": "350500"})["place"])
