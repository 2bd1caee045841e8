"""Terms that are read once in a block, and never kept beyond it."""

from datetime import date
from typing import Any

import pytest

from transfers.deadlines.calendars import calendar_record_of
from transfers.models import Region, TransferPolicy
from transfers.policy import remembered, resolve

ON = date(2026, 3, 2)


@pytest.mark.django_db
def test_a_second_reading_asks_nothing_even_for_another_day(django_assert_num_queries: Any) -> None:
    with remembered():
        first = resolve("350500", ON), calendar_record_of("350500")
        with django_assert_num_queries(0):
            assert (resolve("350500", ON), calendar_record_of("350500")) == first
            assert resolve("350500", date(2026, 3, 3)).values == first[0].values


@pytest.mark.django_db
def test_outside_the_block_an_edit_is_seen_at_once() -> None:
    with remembered():
        assert resolve("350500", ON).transfer_out_days == 8
        TransferPolicy.objects.filter(region="350500").update(transfer_out_days=7)
        assert resolve("350500", ON).transfer_out_days == 8
        with remembered():  # an inner block remembers with the outer one
            assert resolve("350500", ON).transfer_out_days == 8
        assert resolve("350500", ON).transfer_out_days == 8
    assert resolve("350500", ON).transfer_out_days == 7
    TransferPolicy.objects.filter(region="350500").update(transfer_out_days=6)
    assert resolve("350500", ON).transfer_out_days == 6


@pytest.mark.django_db
def test_each_day_has_the_row_in_force(django_assert_num_queries: Any) -> None:
    old = TransferPolicy.objects.get(region="350500")
    TransferPolicy.objects.filter(pk=old.pk).update(valid_to=ON)
    TransferPolicy.objects.create(
        region_id="350500", valid_from=date(2026, 3, 3), transfer_out_days=5, provenance={}
    )
    with remembered():
        found = [resolve("350500", date(2026, 3, day)).transfer_out_days for day in (1, 2, 3)]
        assert found == [8, 8, 5]
        assert resolve("350500", date(2019, 12, 31)).values == {}


@pytest.mark.django_db
def test_a_block_that_fails_forgets_too() -> None:
    with pytest.raises(Region.DoesNotExist), remembered():
        [resolve(code, ON) for code in ("350500", "000000")]
    TransferPolicy.objects.filter(region="350500").update(transfer_out_days=6)
    assert resolve("350500", ON).transfer_out_days == 6
