"""Which column of a bank's statement holds what: guessed from the header, then kept as confirmed.

The names are those in the exports of the large Chinese banks' corporate sites, as a guess [own]: a
person confirms the layout the first time a bank's file is read in, and after that it is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ...models.regions import Agency
from ...models.statements import StatementLayout
from ...tables import Row, TableProblem, header_row, plain


class Field(TextChoices):
    BOOKED_ON = "booked_on", _("Day of booking")
    CREDIT = "credit", _("Amount received")
    DEBIT = "debit", _("Amount paid out")
    AMOUNT = "amount", _("Amount (one column for both)")
    DIRECTION = "direction", _("In or out")
    PAYER = "payer", _("Payer")
    NOTE = "note", _("Note")
    NOTE_MORE = "note_more", _("More of the note")
    BANK_REFERENCE = "bank_reference", pgettext_lazy("column of a statement", "Bank reference")


# In order of preference; compared by `tables.plain`, so widths, spaces and brackets do not matter.
KNOWN: dict[Field, tuple[str, ...]] = {
    Field.BOOKED_ON: (
        "记账日期", "入账日期", "交易日期", "交易时间", "记账时间", "日期", "到账日期", "会计日期",
        "booking date", "transaction date", "value date", "date",
    ),
    Field.CREDIT: (
        "贷方发生额", "贷方金额", "收入金额", "贷方", "收入", "转入金额", "存入金额", "来账金额", "贷方发生金额",
        "credit amount", "credit", "amount received", "received",
    ),
    Field.DEBIT: (
        "借方发生额", "借方金额", "支出金额", "借方", "支出", "转出金额", "支取金额", "往账金额", "借方发生金额",
        "debit amount", "debit", "amount paid",
    ),
    Field.AMOUNT: ("交易金额", "发生额", "金额", "amount"),
    Field.DIRECTION: (
        "借贷标志", "借贷方向", "收支标志", "收支方向", "借贷", "收/支", "收支", "交易方向", "往来标志", "来往账标识",
        "借/贷", "direction", "dr/cr", "d/c",
    ),
    Field.PAYER: (
        "对方户名", "对方账户名称", "对方名称", "对方单位名称", "对方账户名", "付款人名称", "付款人", "付款方名称",
        "付款方户名", "汇款人", "对方单位", "对手方名称", "payer", "counterparty", "counterparty name",
    ),
    Field.NOTE: (
        "附言", "摘要附言", "用途", "交易附言", "备注", "摘要", "客户附言", "note", "remark", "remarks", "reference text",
        "description",
    ),
    Field.BANK_REFERENCE: (
        "交易流水号", "流水号", "银行流水号", "账户明细编号-交易流水号", "核心流水号", "业务流水号", "凭证号", "交易序号",
        "明细编号", "回单编号", "交易参考号", "bank reference", "transaction id", "serial number", "reference",
    ),
}  # fmt: skip
_MORE_OF_A_NOTE = ("摘要", "用途", "备注", "附言", "交易附言", "摘要附言", "remark", "description")

_INCOMING = frozenset(map(plain, ("贷", "贷方", "收", "收入", "来账", "转入", "存入", "c", "cr", "credit", "in")))  # fmt: skip
_OUTGOING = frozenset(map(plain, ("借", "借方", "支", "支出", "付", "往账", "转出", "支取", "d", "dr", "debit", "out")))  # fmt: skip

ALWAYS = (Field.BOOKED_ON, Field.BANK_REFERENCE, Field.NOTE)
"""Without these no line could be matched, or be told from another."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement's rows cut at the row that names the columns."""

    header: Row
    rows: list[Row]

    @property
    def headers(self) -> list[str]:
        """The names of the columns in order, each once."""
        return list(dict.fromkeys(cell for cell in self.header.cells if cell))


def sheet_of(rows: list[Row]) -> Sheet:
    """Raises TableProblem where no row names the columns."""
    names = {name for known in KNOWN.values() for name in known}
    at = header_row(rows, names)
    return Sheet(rows[at], rows[at + 1 :])


def guess(headers: list[str]) -> dict[str, str]:
    """The header of each field as far as the names tell."""
    there: dict[str, str] = {}
    for header in headers:
        there.setdefault(plain(header), header)
    found: dict[str, str] = {}
    for field, names in KNOWN.items():
        first = next((there[plain(name)] for name in names if plain(name) in there), None)
        if first is not None and first not in found.values():
            found[field] = first
    if Field.CREDIT in found:
        found.pop(Field.AMOUNT, None)
        found.pop(Field.DIRECTION, None)
    if Field.NOTE in found:
        rest = (there[plain(name)] for name in _MORE_OF_A_NOTE if plain(name) in there)
        for more in rest:
            if more not in found.values():
                found[Field.NOTE_MORE] = more
                break
    return found


def problem_of(columns: Mapping[str, str]) -> TableProblem | None:
    """Why these columns would not do, if so."""
    missing = [field for field in ALWAYS if not columns.get(field)]
    if missing:
        return TableProblem(
            "missing_column", _("Say which column holds: %(field)s.") % {"field": missing[0].label}
        )
    if not columns.get(Field.CREDIT) and not columns.get(Field.AMOUNT):
        return TableProblem(
            "missing_column",
            _("Say which column holds: %(field)s.") % {"field": Field.CREDIT.label},
        )
    chosen = [header for header in columns.values() if header]
    if len(set(chosen)) < len(chosen):
        return TableProblem("column_twice", _("The same column is chosen for two purposes."))
    return None


def saved(agency: Agency, bank: str) -> dict[str, str] | None:
    """The layout that the agency confirmed for this bank."""
    layout = StatementLayout.objects.filter(agency=agency, bank=bank).first()
    return None if layout is None else {str(k): str(v) for k, v in layout.columns.items()}


def keep(agency: Agency, bank: str, columns: Mapping[str, str]) -> None:
    """Keep a confirmed layout for the bank's next statement."""
    StatementLayout.objects.update_or_create(
        agency=agency, bank=bank,
        defaults={"columns": {field: header for field, header in columns.items() if header}},
    )  # fmt: skip


def suggest(kept: Mapping[str, str] | None, headers: list[str]) -> dict[str, str]:
    """What a person is asked to confirm: the kept layout as far as the file has it, else a guess."""
    there = {plain(header) for header in headers}
    fitting = {field: name for field, name in (kept or {}).items() if plain(name) in there}
    return guess(headers) | fitting


def is_incoming(direction: str) -> bool | None:
    """Whether a line is a receipt, by the bank's word for it; None for a word nobody knows."""
    word = plain(direction)
    if word in _INCOMING:
        return True
    return False if word in _OUTGOING else None
