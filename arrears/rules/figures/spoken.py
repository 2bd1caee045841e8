"""A figure as it is printed, read aloud, and reckoned again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..formulas import FORMULAS, percent
from ..periods import DueRule
from ..restart import RestartRule
from ..terms import Value
from ..wording import LABELS, STATUSES


@dataclass(frozen=True, slots=True)
class Input:
    """One input as printed. `source`: the policy value it is, None where it is not one."""

    name: str
    value: str
    source: Value | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """`key`: name of the figure; that of a month's begins with the month, as in 2025-02.late_fee."""

    key: str
    value: str
    formula: str
    inputs: tuple[Input, ...]

    @property
    def given(self) -> dict[str, str]:
        """The inputs by name."""
        return {each.name: each.value for each in self.inputs}


def recompute(figure: Figure) -> str:
    """The value again, from the printed inputs alone."""
    return FORMULAS[figure.formula].compute(figure.given)


def label(key: str) -> str:
    """What a figure or an input is called, in the active language."""
    month, _dot, name = key.rpartition(".")
    words = str(LABELS.get(name, name))
    return _("%(what)s, %(month)s") % {"what": words, "month": month} if month else words


def shown(name: str, value: str) -> str:
    """A printed value as it is read out, in the active language."""
    if value == "":
        return _("not set")
    if value in ("true", "false"):
        return _("yes") if value == "true" else _("no")
    if name.endswith("rate"):
        return percent(value)
    for rules in (RestartRule, DueRule):
        if value in rules.values:
            return str(rules(value).label)
    return value


def spell(figure: Figure) -> str:
    """The figure as its formula in words and numbers: 8000.00 × 8 % = 640.00."""
    formula = FORMULAS[figure.formula]
    words = {name: shown(name, value) for name, value in figure.given.items()}
    words["value"] = shown(figure.key, figure.value)
    if formula.parts is not None:
        words["parts"] = formula.parts(figure.given)
    return str(formula.words) % words


def sources(figure: Figure, places: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A sentence for each policy value among the inputs: its policy and source. `places`: names by code."""
    return tuple(dict.fromkeys(_sentences(figure, places or {})))


def _sentences(figure: Figure, places: Mapping[str, str]) -> Iterator[str]:
    for each in figure.inputs:
        value = each.source
        if value is None:
            continue
        if table_of(each) == "wage_base":
            words = _(
                "%(what)s %(value)s: wage base %(policy)s of %(place)s, %(status)s. %(source)s"
            )
        else:
            words = _("%(what)s %(value)s: policy %(policy)s of %(place)s, %(status)s. %(source)s")
        yield words % {
            "what": label(_without_number(each.name)),
            "value": shown(_without_number(each.name), each.value),
            "policy": value.policy if value.policy is not None else "–",
            "place": places.get(value.region, value.region),
            "status": STATUSES.get(value.status, value.status),
            "source": value.source,
        }


def table_of(each: Input) -> str:
    """The table that the row behind a policy value stands in."""
    if each.name == "base":
        return "wage_base"
    return "transfer_policy" if each.name == "minimum_years" else "arrears_policy"


def _without_number(name: str) -> str:
    head, _underscore, tail = name.rpartition("_")
    return head if tail.isdigit() and head == "rate" else name


def stated(key: str, how: str) -> str:
    """What a figure is called, and what is said of it."""
    return _("%(what)s: %(how)s") % {"what": label(key), "how": how}
