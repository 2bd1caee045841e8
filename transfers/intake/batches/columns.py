"""The columns of a batch: what they are called, in either language, and what belongs into them."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...models.regions import in_language
from ...rules.states import Scheme
from ...tables import plain


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `zh` and `en` head it in the template; `also` are other headings it is known by."""

    field: str
    zh: str
    en: str
    help: Any
    example: str
    required: bool = True
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The heading in the reader's language."""
        return in_language(self.zh, self.en)

    @property
    def headings(self) -> set[str]:
        return {plain(name) for name in (self.zh, self.en, self.field, *self.also)}


def _phone_help() -> str:
    if settings.SMS_URL:
        return gettext(
            "11 digits. The person is told of every step here; a phone or an e-mail address is needed."
        )
    return gettext("11 digits. No text messages are sent.")


def _email_help() -> str:
    if settings.SMS_URL:
        return gettext("May be left empty if there is a mobile phone.")
    return gettext("Has to be filled in: the person is told of every step here.")


# The name of the template's example row, by which the row is known and left out.
EXAMPLE = ("示例（此行不提交）", "Example (not handed in)")

COLUMNS = (
    Column(
        "name", "姓名", "Name", _("As on the identity card."), "",
        also=("员工姓名", "职工姓名", "参保人姓名"),
    ),
    Column(
        "id_number", "身份证号", "ID number", _("18 characters; the last may be X."),
        "990100198504120017",
        also=("身份证号码", "身份证", "公民身份号码", "证件号码", "证件号", "社会保障号码"),
    ),
    Column(
        "origin", "转出地", "From", _("The city of the old insurance: its name, or its 6-digit code."),
        "990100", also=("转出统筹地区", "原参保地", "From where"),
    ),
    Column(
        "scheme_from", "原险种", "Old scheme",
        _("Employee, or Flexible employment."), "职工",
        also=("转出险种", "原参保险种", "Scheme at the origin", "Scheme at the old place"),
    ),
    Column(
        "stopped_on", "停保日期", "Stopped on",
        _("The day the old insurance was stopped, for example 2026-08-31."), "2026-08-31",
        also=("原地停保日期", "中断日期"),
    ),
    Column(
        "destination", "转入地", "To", _("The city of the new insurance: its name, or its 6-digit code."),
        "350500", also=("转入统筹地区", "现参保地", "新参保地", "To where"),
    ),
    Column(
        "enrolled_on", "参保日期", "Insured since",
        _("The day the new insurance began, for example 2026-09-01."), "2026-09-01",
        also=("现参保日期", "新参保日期", "转入地参保日期"),
    ),
    Column(
        "contact_phone", "手机号", "Mobile phone",
        lazy(_phone_help, str)(),
        "13800000000", required=False, also=("手机", "手机号码", "联系电话", "电话"),
    ),
    Column(
        "contact_email", "电子邮箱", "E-mail", lazy(_email_help, str)(),
        "", required=False, also=("邮箱", "电子邮件", "Email"),
    ),
)  # fmt: skip

BY_FIELD = {column.field: column for column in COLUMNS}

# Headings of our own files that may come back with the corrected rows.
ROW, PROBLEMS = ("原表行号", "Row of your file"), ("问题", "Problems")
OURS = {plain(name) for name in (*ROW, *PROBLEMS)}

# Neither an employer's staff nor a batch is insured as residents; the rule itself stands in
# `workflow.submission`, which says so in a sentence.
SCHEMES = {
    "职工": Scheme.EMPLOYEE, "城镇职工": Scheme.EMPLOYEE, "职工医保": Scheme.EMPLOYEE,
    "职工基本医疗保险": Scheme.EMPLOYEE, "employee": Scheme.EMPLOYEE,
    "灵活就业": Scheme.FLEXIBLE, "灵活就业人员": Scheme.FLEXIBLE, "flexible": Scheme.FLEXIBLE,
    "flexibleemployment": Scheme.FLEXIBLE,
    "居民": Scheme.RESIDENT, "城乡居民": Scheme.RESIDENT, "居民医保": Scheme.RESIDENT,
    "城乡居民基本医疗保险": Scheme.RESIDENT, "resident": Scheme.RESIDENT,
}  # fmt: skip
