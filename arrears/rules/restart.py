"""When benefits start again for people insured through work or flexibly, and after what wait.

Source: domain.md §6, rules 4 and 5. A switch between the employee and the resident scheme with few
consecutive months before it is treated as a gap longer than the free months.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from .periods import first_of
from .terms import Terms

LONGEST_WAIT = 6  # months; the national text allows no more
MIDDLE_BAND = 6  # missed months from which on the person has to enrol anew


class RestartRule(TextChoices):
    """When benefits restart where no waiting period applies."""

    PAYMENT_MONTH = "payment_month", _("The 1st of the month of payment")
    NEXT_MONTH = "next_month", _("The 1st of the month after payment")
    PLUS_30_DAYS = "plus_30_days", _("30 days after payment")


@dataclass(frozen=True, slots=True)
class Restart:
    """`over`: the gap is longer than the free months, or counts as such. `rule` None: after waiting."""

    over: bool
    rule: RestartRule | None
    waiting_months: int
    restart_on: date
    re_enrol: bool


def restart(gap: int, paid_on: date, terms: Terms, *, short_switch: bool = False) -> Restart:
    """The restart after a gap of at least one month. `short_switch`: see the module.

    Raises TermMissing where the policy lacks the value that decides.
    """
    over = short_switch or gap > terms.source_of("gap_free_months").value
    given = terms.restart_rule_over if over else terms.source_of("restart_rule").value
    if given:
        rule = RestartRule(given)
        return Restart(over, rule, 0, by_rule(rule, paid_on), gap > MIDDLE_BAND)
    band = "waiting_months_over_6" if gap > MIDDLE_BAND else "waiting_months_4_to_6"
    waiting = min(LONGEST_WAIT, terms.source_of(band).value)
    counted = bool(terms.source_of("payment_month_counts").value)
    return Restart(over, None, waiting, by_wait(waiting, paid_on, counted), gap > MIDDLE_BAND)


def by_rule(rule: RestartRule, paid_on: date) -> date:
    """The day benefits restart where no waiting period applies."""
    if rule is RestartRule.PLUS_30_DAYS:
        return paid_on + timedelta(days=30)
    return first_of(paid_on, 1 if rule is RestartRule.NEXT_MONTH else 0)


def by_wait(waiting_months: int, paid_on: date, counted: bool) -> date:
    """The day benefits restart after waiting. `counted`: the month of payment is one of the wait."""
    return first_of(paid_on, waiting_months + (0 if counted else 1))
