"""The public statistics: what is shown, what is not, and at what price."""

import csv
import gzip
import re
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.scenes import moment
from transfers.models import Measure, MonthFigure, Region, StatisticsProgress

pytestmark = pytest.mark.django_db

NOW = moment("2025-12-03")
PLACES = ("100000", "350000", "350100", "350200", "350500", "110000", "119900")


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def figure(place: str, month: int, measure: str = "relation", **fields: Any) -> MonthFigure:
    given = {
        "cases": 1250, "on_time": 1249, "median_days": Decimal("11.5"), "p90_days": Decimal(15),
        "worked_out_at": NOW, **fields,
    }  # fmt: skip
    return MonthFigure(region_id=place, month=date(2025, month, 1), measure=measure, **given)


def full_year() -> None:
    """Every measure of every month, in seven places."""
    MonthFigure.objects.bulk_create(
        figure(place, month, measure)
        for place in PLACES
        for month in range(1, 13)
        for measure in Measure
    )


def rows_of(client: Client, place: str) -> list[dict[str, str]]:
    answer = client.get("/statistics/figures.csv", {"place": place, "year": "2025"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_the_country_comes_first_and_every_place_can_be_chosen(client: Client) -> None:
    full_year()
    html = client.get("/statistics/").content.decode()
    assert '<option value="100000" selected>全国</option>' in html
    assert 'value="350000"' in html
    assert 'value="350500"' not in html  # a province's pools come with the province
    html = client.get("/statistics/", {"place": "350000"}).content.decode()
    assert 'value="350500"' in html
    html = client.get("/statistics/", {"place": "350500", "of": "transfer_out"}).content.decode()
    assert "泉州市" in re.search(r"<title>.*</title>", html)[0]  # type: ignore[index]
    assert "1,250" in html
    assert "99%" in html  # 1249 of 1250 is not everybody
    assert "11.5 · 15" in html


def test_every_chart_has_a_title_words_and_its_numbers_in_a_table(client: Client) -> None:
    full_year()
    html = client.get("/statistics/", {"of": "balance"}).content.decode()
    charts = re.findall(r"<svg.*?</svg>", html, re.S)
    assert len(charts) == 4
    for chart in charts:
        name, words = re.findall(r'<(?:title|desc) id="([^"]+)"', chart)
        assert f'aria-labelledby="{name} {words}"' in chart
        assert 'role="img"' in chart
        assert "style=" not in chart
    table = re.findall(r"<tbody.*?</tbody>", html, re.S)[-1]
    assert table.count("<tr") == 12
    drawn = set(re.findall(r'text-anchor="end">([^<]+)<', "".join(charts[1:])))
    assert drawn == {"1,250", "99%", "11.5 · 15"}
    assert all(f">{number}</td>" in table for number in ("1,250", "99%", "11.5", "15"))


def test_the_arrival_of_balances_is_told_apart_from_time_kept(client: Client) -> None:
    """Nobody promised a day for it, so it is neither in time nor late."""
    full_year()
    client.cookies["jiexu-language"] = "en"
    html = client.get("/statistics/", {"place": "350500"}).content.decode()
    chart = re.findall(r"<svg.*?</svg>", html, re.S)[0]
    assert chart.count("<rect") == 4
    # At any width and size of text a label stands above its bar, never under it.
    for base, top in re.findall(
        r'<text x="0" y="([\d.]+)em">[^<]+</text><rect x="0%" y="([\d.]+)em"', chart
    ):
        assert float(base) < float(top)
    table = re.findall(r"<tbody.*?</tbody>", html, re.S)[0]
    *judged, arrival = [re.findall(r">([^<]+)</t[hd]>", row) for row in table.split("</tr>")[:-1]]
    assert arrival == ["Balances that have arrived", "15,000", "–", "99 %"]
    assert {tuple(row[1:]) for row in judged} == {("15,000", "99 %", "–")}
    for row in rows_of(client, "350500"):
        arrived = row["Measure"] == "Balances that have arrived"
        assert (row["Arrived (%)"] != "") == arrived
        assert not arrived or row["In time (%)"] == ""


def test_what_is_withheld_is_nowhere_on_the_page_nor_in_the_file(client: Client) -> None:
    secret = {"cases": 7, "on_time": 6, "median_days": Decimal("33.5"), "p90_days": Decimal("44.5")}
    cover = {
        "cases": 8765,
        "on_time": 6543,
        "median_days": Decimal("55.5"),
        "p90_days": Decimal("66.5"),
    }
    MonthFigure.objects.bulk_create([
        figure("350500", 9), figure("350500", 10, **secret, withheld="small"),
        figure("350500", 11, **cover, withheld="other"), figure("100000", 9),
    ])  # fmt: skip
    asked = {"place": "350500", "year": "2025"}
    html = client.get("/statistics/", asked).content.decode()
    rows = rows_of(client, "350500")
    assert "少于10" in html
    assert [row["办结数"] for row in rows] == ["1250", "少于10", "不公布"]
    shown = re.sub(r' (?:y|y1|y2|height)="[^"]*"', "", html) + str(rows)
    for number in ("33.5", "44.5", "8765", "8,765", "55.5", "66.5", "74%", "85%"):
        assert number not in shown, number
    # The sum of the year would tell the two together; and there is nothing to draw of it.
    assert "件数太少，不予公布。" in html
    assert "10,022" not in html


def test_a_year_is_the_sum_of_its_months(client: Client) -> None:
    MonthFigure.objects.bulk_create(
        [figure("100000", 9, cases=30, on_time=20), figure("100000", 10, cases=10, on_time=9)]
    )
    StatisticsProgress.objects.create(as_of=moment("2025-12-03", 9, 41))
    html = client.get("/statistics/").content.decode()
    table = re.findall(r"<tbody.*?</tbody>", html, re.S)[0]
    assert ">40</td>" in table
    assert ">72%</td>" in table  # 29 of 40, rounded down
    assert "09:41" in html


def test_no_data_is_said(client: Client) -> None:
    html = client.get("/statistics/").content.decode()
    assert "本期没有数据" in html
    assert "<svg" not in html
    full_year()
    html = client.get("/statistics/", {"place": "330100", "year": "2025"}).content.decode()
    assert "本期没有数据" in html


@pytest.mark.parametrize(
    "asked",
    [
        {"place": "999999"}, {"place": "' OR 1=1"}, {"year": "1999"}, {"year": "²025"},
        {"year": "20250"}, {"of": "arrival"}, {"of": "<script>"}, {"place": "350501"},
    ],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(client: Client, asked: dict[str, str]) -> None:
    full_year()
    assert client.get("/statistics/", asked).status_code == 404
    assert client.get("/statistics/figures.csv", asked).status_code == 404


@pytest.mark.parametrize("place", ["100000", "350500"])
def test_four_queries_and_a_small_page_whatever_there_is(client: Client, place: str) -> None:
    queries = []
    for fill in (lambda: figure("100000", 9).save(), full_year):
        MonthFigure.objects.all().delete()
        fill()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get("/statistics/", {"place": place})
        queries.append(len(asked))
    assert queries == [4, 4]
    assert len(gzip.compress(answer.content)) < 10_000
    assert len(re.findall(rb"<[a-z]", answer.content)) <= 500


def test_a_place_name_is_no_formula_and_the_file_has_a_harmless_name(client: Client) -> None:
    full_year()
    Region.objects.filter(pk="350500").update(name_zh="=1+1")
    assert {row["地区"] for row in rows_of(client, "350500")} == {"'=1+1"}
    answer = client.get("/statistics/figures.csv", {"place": "350500", "year": "2025"})
    assert answer["Content-Disposition"] == 'attachment; filename="statistics-350500-2025.csv"'
