"""Sentences about the calendar, in the active language: why a day counts, what is wrong with a file."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..rules.notices import NoticeError, Problem
from ..rules.working_days import Why

_WHY = {
    "workday": gettext_lazy("Working day"),
    "weekend": gettext_lazy("Weekend"),
    "holiday": gettext_lazy("Public holiday: %(name)s (%(notice)s)"),
    "makeup": gettext_lazy("Worked to make up for a holiday: %(name)s (%(notice)s)"),
    "closure": gettext_lazy("The agency is closed: %(name)s (%(notice)s)"),
    "assumed_workday": gettext_lazy("Monday to Friday, no calendar yet"),
    "assumed_weekend": gettext_lazy("Weekend, no calendar yet"),
}

_PROBLEMS: Mapping[str, object] = {
    "field_missing": gettext_lazy("“# %(field)s: …” is missing."),
    "field_repeated": gettext_lazy("“# %(field)s: …” is there twice."),
    "bad_year": gettext_lazy("“%(value)s” is not a year."),
    "bad_date": gettext_lazy("“%(value)s” is not a date like 2027-01-31."),
    "bad_verified": gettext_lazy("“verified” is “%(value)s”; it is either yes or no."),
    "columns_missing": gettext_lazy("The line with the columns “%(expected)s” is missing."),
    "bad_row": gettext_lazy("A row has %(expected)s columns; this one has %(found)s."),
    "outside_year": gettext_lazy("%(day)s is not in the year %(year)s."),
    "duplicate_date": gettext_lazy("%(day)s is on line %(first_line)s already."),
    "unknown_kind": gettext_lazy("“%(value)s” is none of holiday, makeup, closure."),
    "name_missing": gettext_lazy("%(day)s has no name."),
    "makeup_on_weekday": gettext_lazy(
        "%(day)s is a make-up day, but from Monday to Friday everybody works anyway."
    ),
    "no_holidays": gettext_lazy("There is not one holiday in the file."),
    "bad_also": gettext_lazy(
        "“also: %(value)s” must be number | date | title | days, and each day needs a row."
    ),
}


def why_sentence(why: Why, *, provisional: bool = False) -> str:
    """Why a day counts or does not; `provisional` when no notice covers it yet."""
    sentence = str(_WHY[why.key]) % {"name": why.name, "notice": why.notice}
    if provisional and not why.key.startswith("assumed"):
        return _("%(why)s, not published yet") % {"why": sentence}
    return sentence


def problem_sentence(problem: Problem) -> str:
    """What is wrong with a calendar file, with the line where it is."""
    sentence = str(_PROBLEMS[problem.code]) % problem.params
    if problem.line:
        return _("Line %(line)s: %(problem)s") % {"line": problem.line, "problem": sentence}
    return sentence


def problem_sentences(error: NoticeError) -> list[str]:
    """Everything wrong with a calendar file, in the order of its lines."""
    return [problem_sentence(problem) for problem in error.problems]
