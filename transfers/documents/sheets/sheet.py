"""One paper in the reader's language: what stands around its body."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from ...models.papers import Paper
from ...status import words
from ..verification import code_of
from .arrears_quote import arrears_quote
from .blocks import Block, Body
from .certificate import certificate
from .completion_notice import completion_notice
from .information_form import information_form
from .payment_receipt import payment_receipt
from .pieces import contact_of, long_day, office_of
from .receipt import receipt
from .rejection_notice import rejection_notice
from .supplement_notice import supplement_notice

BODIES: dict[Paper.Kind, Callable[[dict[str, Any]], Body]] = {
    Paper.Kind.RECEIPT: receipt,
    Paper.Kind.SUPPLEMENT_NOTICE: supplement_notice,
    Paper.Kind.REJECTION_NOTICE: rejection_notice,
    Paper.Kind.INFORMATION_FORM: information_form,
    Paper.Kind.CERTIFICATE: certificate,
    Paper.Kind.COMPLETION_NOTICE: completion_notice,
    Paper.Kind.ARREARS_QUOTE: arrears_quote,
    Paper.Kind.PAYMENT_RECEIPT: payment_receipt,
}


@dataclass(frozen=True, slots=True)
class Sheet:
    paper_kind: str
    language: str
    title: str
    subtitle: str
    number: str
    code: str
    version: int
    office: str
    contact: str
    issued: str
    valid: str
    seal: str
    lead: str
    blocks: tuple[Block, ...]
    closing: tuple[str, ...]
    words: dict[str, str]


def sheet_of(paper: Paper) -> Sheet:
    """The paper in the active language."""
    content = paper.content
    lead, blocks = BODIES[Paper.Kind(content["kind"])](content)
    title = _title(content)
    subtitle = ""
    if not words.chinese():
        with override("zh-hans"):
            subtitle = _title(content)
    issuer = content["issuer"]
    issued_on = datetime.fromisoformat(content["issued_at"]).date()
    valid = ""
    if content["valid_until"]:
        valid = _("Valid until %(day)s") % {"day": long_day(content["valid_until"])}
    return Sheet(
        paper_kind=content["kind"],
        language="zh" if words.chinese() else "en",
        title=title,
        subtitle=subtitle,
        number=content["number"],
        code=" ".join(re.findall("....", code_of(paper))),
        version=content["version"],
        office=office_of(issuer),
        contact=contact_of(issuer),
        issued=words.long_date(issued_on),
        valid=valid,
        seal=paper.signer,
        lead=lead,
        blocks=tuple(blocks),
        closing=(
            _("The record of the system decides."),
            _("Name and numbers are masked on this paper; the offices hold them in full."),
        ),
        words={
            "number": _("Number"),
            "version": _("Version"),
            "code": _("Verification code"),
            "seal": _("Seal"),
            "issued_by": _("Issued by"),
            "issued_on": _("Issued on"),
            "verify": _("Scan the code, or enter number and verification code at this address:"),
            "qr": _("QR code that leads to the verification of this paper"),
            "page": pgettext("of a paper", "Page"),
            "lacking": _(
                "A character that the typeface does not have is printed as its Unicode number, 〔U+…〕."
            ),
        },
    )


def _title(content: dict[str, Any]) -> str:
    titles = {
        Paper.Kind.RECEIPT: _("Receipt for a transfer application"),
        Paper.Kind.CERTIFICATE: _("Certificate of enrolment in basic medical insurance"),
        Paper.Kind.INFORMATION_FORM: _("Information form of a person in basic medical insurance"),
        Paper.Kind.SUPPLEMENT_NOTICE: _("Notice of missing materials for a transfer application"),
        Paper.Kind.REJECTION_NOTICE: _("Notice that a transfer application is not accepted"),
        Paper.Kind.COMPLETION_NOTICE: _("Notice that a transfer is completed"),
        Paper.Kind.ARREARS_QUOTE: _("Quote for contributions to be paid back"),
        Paper.Kind.PAYMENT_RECEIPT: _("Receipt for contributions paid back"),
    }
    if content["kind"] == Paper.Kind.REJECTION_NOTICE and content["body"]["late"]:
        return _("Notice that a transfer is refused after acceptance")
    return titles[Paper.Kind(content["kind"])]
