"""The content of an information form: checked, made canonical, hashed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..models.forms import ContributionRow, InformationForm
from ..rules.hashing import digest_of
from ..rules.ledger import MOST_FEN
from ..rules.money import yuan
from ..rules.months import Span, covered, spelled
from .errors import Invalid, Problems


@dataclass(frozen=True, slots=True)
class RowDraft:
    """A span of contribution months; both ends are given as any day of their month."""

    from_month: date
    to_month: date
    kind: str = ContributionRow.Kind.ACTUAL
    base_fen: int = 0
    months: int | None = None  # None: every month of the span


@dataclass(frozen=True, slots=True)
class FormDraft:
    last_paid_month: date
    benefits_end_on: date
    balance_fen: int
    rows: Sequence[RowDraft]
    interrupted: bool = False


def content_of(draft: FormDraft) -> dict[str, Any]:
    """The canonical content of a draft, JSON-ready. Raises Problems naming every wrong field."""
    content_rows, problems = checked_rows(draft.rows)
    if not draft.rows:
        problems.append(Invalid("rows", _("Enter at least one span of contribution months.")))
    if draft.balance_fen < 0:
        problems.append(Invalid("balance_fen", _("The balance cannot be below zero.")))
    elif draft.balance_fen > MOST_FEN:
        problems.append(
            Invalid(
                "balance_fen",
                _("More than %(most)s at once is refused.") % {"most": yuan(MOST_FEN)},
            )
        )
    covered_until = max((row.to_month.replace(day=1) for row in draft.rows), default=None)
    last_paid = draft.last_paid_month.replace(day=1)
    if covered_until is not None and last_paid != covered_until:
        problems.append(
            Invalid(
                "last_paid_month",
                _("The last paid month must be the last month of the rows, %(month)s.")
                % {"month": f"{covered_until:%Y-%m}"},
            )
        )
    if draft.benefits_end_on < last_paid:
        problems.append(
            Invalid("benefits_end_on", _("Benefits cannot end before the last paid month."))
        )
    if problems:
        raise Problems(problems)
    return {
        "last_paid_month": f"{last_paid:%Y-%m}",
        "benefits_end_on": draft.benefits_end_on.isoformat(),
        "interrupted": draft.interrupted,
        "balance_fen": draft.balance_fen,
        "rows": content_rows,
    }


def checked_rows(
    rows: Sequence[RowDraft], group: Callable[[RowDraft], Any] | None = None
) -> tuple[list[dict[str, Any]], list[Invalid]]:
    """Rows in canonical form and order, and what is wrong with them, by the number each was given.

    A month may stand in one row only; with `group`, in one row of each group.
    """
    problems: list[Invalid] = []
    content = []
    taken: dict[Any, set[date]] = {}
    for number, row in sorted(enumerate(rows, start=1), key=lambda one: one[1].from_month):
        first, last = row.from_month.replace(day=1), row.to_month.replace(day=1)
        if last < first:
            problems.append(
                Invalid("rows", _("Row %(row)s ends before it starts.") % {"row": number})
            )
            continue
        whole = Span(first, last)
        months = whole.length if row.months is None else row.months
        if not 1 <= months <= whole.length:
            problems.append(
                Invalid(
                    "rows",
                    _("Row %(row)s spans %(span)s months, so it cannot count %(months)s.")
                    % {"row": number, "span": whole.length, "months": months},
                )
            )
        before = taken.setdefault(group(row) if group else None, set())
        own = covered([whole])
        if twice := own & before:
            problems.append(
                Invalid(
                    "rows",
                    _("Row %(row)s repeats months of another row: %(months)s.")
                    % {"row": number, "months": spelled(twice)},
                    code="overlap",
                )
            )
        before |= own
        if row.base_fen < 0:
            problems.append(
                Invalid("rows", _("Row %(row)s has a base below zero.") % {"row": number})
            )
        content.append(
            {
                "from": f"{first:%Y-%m}",
                "to": f"{last:%Y-%m}",
                "months": months,
                "kind": str(row.kind),
                "base_fen": row.base_fen,
            }
        )
    return content, problems


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def write_form(application_id: int, content: dict[str, Any], **fields: Any) -> InformationForm:
    """Store the next version of a case's form from canonical content, not yet sealed."""
    newest = InformationForm.objects.filter(application=application_id).order_by("version").last()
    form = InformationForm.objects.create(
        application_id=application_id,
        version=newest.version + 1 if newest else 1,
        last_paid_month=_month(content["last_paid_month"]),
        benefits_end_on=date.fromisoformat(content["benefits_end_on"]),
        interrupted=content["interrupted"],
        balance_fen=content["balance_fen"],
        content_hash=digest_of(content),
        **fields,
    )
    ContributionRow.objects.bulk_create(
        ContributionRow(
            form=form,
            from_month=_month(row["from"]),
            to_month=_month(row["to"]),
            months=row["months"],
            kind=row["kind"],
            base_fen=row["base_fen"],
        )
        for row in content["rows"]
    )
    return form
