"""Figures read aloud: the sentence, the policy behind each value, and no formula that nothing uses."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from django.utils import translation

from arrears.rules.asked import Asked, Retiring
from arrears.rules.assessment import Assessment, assess
from arrears.rules.figures import Figure, Input, figures, recompute, sources, spell, stated
from arrears.rules.formulas import FORMULAS, percent
from arrears.rules.rows import MonthPaid, Received
from tests.arrears.rules.places import terms

LI = Asked(
    scheme="flexible", cause="individual", last_paid=date(2025, 1, 1), paid_on=date(2025, 6, 10),
    consecutive_months_before=30,
)  # fmt: skip
EMPLOYEE = replace(LI, scheme="employee", paid_on=date(2025, 4, 20), cause="employer")
YEARS = Asked("resident", "individual", None, date(2025, 3, 1), missed_years=1)


def every_kind() -> Iterator[Assessment]:
    """Cases that between them need every formula."""
    yield assess(LI, terms())
    yield assess(LI, terms("350000"))
    yield assess(LI, terms("420000"))
    yield assess(
        replace(LI, cause="system", retiring=Retiring("male", 3)), terms(minimum_years_male=25)
    )
    yield assess(LI, terms(late_fee_on_person=False))
    yield assess(LI, terms("430000"))
    yield assess(LI, terms(min_consecutive_months=12))
    yield assess(EMPLOYEE, terms())
    yield assess(replace(EMPLOYEE, switched=True, consecutive_months_before=3), terms())
    paid_up = MonthPaid((Received(date(2025, 4, 1), 64000, 16000),), 1280, fixed_fee_fen=1280)
    a_part = MonthPaid((Received(date(2025, 4, 10), 0, 5000),))
    paid = {date(2025, 2, 1): paid_up, date(2025, 3, 1): a_part}
    yield assess(EMPLOYEE, terms(), paid)
    yield assess(YEARS, terms())
    yield assess(YEARS, terms("450800"))
    yield assess(YEARS, terms(window_from="01-01", window_to="03-31"))


def the(key: str, found: Assessment) -> Figure:
    (figure,) = [each for each in figures(found) if each.key == key]
    return figure


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("2025-02.principal_employer", "8000.00 × 8 % = 640.00"),
        ("2025-02.principal_person", "8000.00 × 2 % = 160.00"),
        ("2025-02.principal", "640.00 + 160.00 = 800.00"),
        ("2025-02.due_on", "the last day of 2025-02: 2025-02-28"),
        ("2025-02.days", "days from 2025-02-28 to 2025-04-20: 51"),
        ("2025-02.late_fee", "800.00 × 0.05 % a day × 51 days = 20.40"),
        ("late_fee_employer", "20.40 + 8.00 = 28.40"),
        ("total", "1600.00 + 28.40 = 1628.40"),
        ("restart_on", "The 1st of the month after payment, paid on 2025-04-20: 2025-05-01"),
        ("re_enrol", "2 months missed, more than 6: no"),
        ("consecutive_months_after", "30 before the gap and 2 paid back = 32"),
    ],
)
def test_a_figure_is_spelled_with_its_numbers(key: str, said: str) -> None:
    with translation.override("en"):
        assert spell(the(key, assess(EMPLOYEE, terms()))) == said


def test_a_fee_of_several_parts_names_each() -> None:
    paid = {date(2025, 3, 1): MonthPaid((Received(date(2025, 4, 10), 0, 5000),))}
    figure = the("2025-03.late_fee", assess(EMPLOYEE, terms(), paid))
    with translation.override("en"):
        assert spell(figure) == (
            "amount × rate a day × days: 800.00 × 0.05 % × 10 + 750.00 × 0.05 % × 10 = 7.75"
        )
        assert len(sources(figure)) == 1  # one policy value, named once


def test_a_figure_tells_the_policy_of_each_value() -> None:
    figure = the("2025-02.principal_employer", assess(EMPLOYEE, terms()))
    with translation.override("en"):
        assert stated(figure.key, spell(figure)) == (
            "Contributions, employer, 2025-02: 8000.00 × 8 % = 640.00"
        )
        assert list(sources(figure, {"990100": "Shili"})) == [
            "Monthly base 8000.00: wage base 7 of Shili, reported by an article, to be confirmed. 示例来源",
            (
                "Contribution rate, employer 8 %: policy 7 of 100000, reported by an article, to be "
                "confirmed. 示例来源"
            ),
        ]


def test_the_due_day_names_the_policy_it_follows_from() -> None:
    figure = the("2025-02.due_on", assess(EMPLOYEE, terms()))
    with translation.override("en"):
        (said,) = sources(figure)
    assert said.startswith("Rule for the due day The last day of the month itself: ")


def test_a_figure_is_reckoned_from_the_print_alone() -> None:
    figure = the("2025-02.late_fee", assess(EMPLOYEE, terms()))
    other_days = tuple(
        Input(each.name, "52", each.source) if each.name == "days" else each
        for each in figure.inputs
    )
    assert (recompute(figure), recompute(replace(figure, inputs=other_days))) == ("20.40", "20.80")


def test_every_formula_is_used_and_spelled_in_full() -> None:
    used = set()
    for found in every_kind():
        for figure in figures(found):
            used.add(figure.formula)
            with translation.override("en"):
                said = spell(figure)
            assert recompute(figure) == figure.value, figure
            assert not re.search(r"%\(|None|not set", said.replace("(not set here)", "")), said
    assert used == set(FORMULAS)


def test_figures_have_names_of_their_own() -> None:
    for found in every_kind():
        keys = [figure.key for figure in figures(found)]
        assert len(keys) == len(set(keys))
        for figure in figures(found):
            names = [each.name for each in figure.inputs]
            assert len(names) == len(set(names)), figure


@pytest.mark.parametrize(
    ("rate", "said"), [("0.08", "8 %"), ("0.0005", "0.05 %"), ("0", "0 %"), ("0.1000", "10 %")]
)
def test_a_rate_is_said_in_percent(rate: str, said: str) -> None:
    assert percent(rate) == said
