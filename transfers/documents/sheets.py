"""A paper in the reader's language: the words, figures and tables that page and PDF both show.

Made from the stored content alone, so that the two can never differ, nor either from what was sealed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from ..models.applications import Channel, MaterialKind, Submitter
from ..models.forms import ContributionRow
from ..models.papers import Paper
from ..models.people import Sex
from ..models.regions import in_language
from ..rules.balances import BalanceState, DueReason
from ..rules.capitals import in_capitals
from ..rules.money import yuan
from ..rules.states import RejectCode, Scheme
from ..status import words
from ..status.reasons import NO_BALANCE, REASONS
from .verification import code_of


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with values, two columns where there is room."""

    rows: tuple[Fact, ...]
    heading: str = ""
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """`numeric`: which columns hold figures and stand to the right."""

    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...]
    numeric: tuple[bool, ...]
    kind: str = "table"

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """Each row's values with the heads of their columns, for a screen too narrow for a table."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Text:
    heading: str
    paragraphs: tuple[str, ...]
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Items:
    heading: str
    items: tuple[str, ...]
    kind: str = "items"


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that somebody of an office wrote, in whatever language."""

    by: str
    text: str
    kind: str = "quote"


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in figures and in Chinese capitals."""

    label: str
    figures: str
    capitals: str
    kind: str = "amount"


Block = Facts | Table | Text | Items | Quote | Amount


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
    lead, blocks = _BODIES[Paper.Kind(content["kind"])](content)
    title = _title(content)
    subtitle = ""
    if not words.chinese():
        with override("zh-hans"):
            subtitle = _title(content)
    issuer = content["issuer"]
    issued_on = datetime.fromisoformat(content["issued_at"]).date()
    valid = ""
    if content["valid_until"]:
        valid = _("Valid until %(day)s") % {"day": _long(content["valid_until"])}
    return Sheet(
        paper_kind=content["kind"],
        language="zh" if words.chinese() else "en",
        title=title,
        subtitle=subtitle,
        number=content["number"],
        code=" ".join(re.findall("....", code_of(paper))),
        version=content["version"],
        office=_office(issuer),
        contact=_contact(issuer),
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
    }
    if content["kind"] == Paper.Kind.REJECTION_NOTICE and content["body"]["late"]:
        return _("Notice that a transfer is refused after acceptance")
    return titles[Paper.Kind(content["kind"])]


# Pieces


def _long(day: str) -> str:
    return words.long_date(date.fromisoformat(day))


def _due(due: dict[str, Any] | None) -> str:
    """A due day; one that rests on a year whose holidays were not published yet says so."""
    if due is None:
        return ""
    day = _long(due["on"])
    return _("about %(day)s (estimated)") % {"day": day} if due["provisional"] else day


def _month(month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    if words.chinese():
        return f"{first.year}年{first.month}月"
    return f"{first:%B %Y}"


def _office(office: dict[str, Any]) -> str:
    return in_language(office["office_zh"], office["office_en"])


def _contact(issuer: dict[str, Any]) -> str:
    hours = in_language(issuer["hours_zh"], issuer["hours_en"])
    return " · ".join(part for part in (issuer["phone"], hours) if part)


def _place(place: dict[str, Any]) -> str:
    return in_language(place["zh"], place["en"])


def _scheme(code: str) -> str:
    return str(Scheme(code).label)


def _facts(*pairs: tuple[str, str], heading: str = "") -> Facts:
    """What has a value; a field that nothing is known of is left out."""
    return Facts(tuple(Fact(label, value) for label, value in pairs if value), heading)


def _amount(label: str, fen: int) -> Amount:
    return Amount(label, yuan(fen), in_capitals(fen))


def _person(content: dict[str, Any], *more: tuple[str, str], in_full: bool = False) -> Facts:
    """Who the paper is about, what it belongs to, and `more`. `in_full`: sex, year of birth."""
    person, relation = content["person"], content["relation"]
    born: tuple[tuple[str, str], ...] = ()
    if in_full:
        born = (
            (_("Sex"), str(Sex(person["sex"]).label)),
            (_("Year of birth"), str(person["birth_year"])),
        )
    schemes = list(dict.fromkeys([relation["scheme_from"], relation["scheme_to"]]))
    return _facts(
        (_("Name"), person["name"]),
        (_("Identity number"), person["id_number"]),
        *born,
        (_("Scheme"), " → ".join(_scheme(each) for each in schemes)),
        (_("From → to"), f"{_place(relation['origin'])} → {_place(relation['destination'])}"),
        (_("Reference number"), content["reference"]),
        *more,
    )


def _hotline(content: dict[str, Any]) -> str:
    issuer = content["issuer"]
    return issuer["hotline"] or issuer["phone"]


Body = tuple[str, list[Block]]


def _receipt(content: dict[str, Any]) -> Body:
    body, relation = content["body"], content["relation"]
    lead = _(
        "The application below has been received. Both offices now check it; this receipt is not"
        " a decision yet."
    )
    blocks: list[Block] = [
        _person(
            content,
            (_("Received on"), words.moment(datetime.fromisoformat(body["submitted_at"]))),
            (
                _("Handed in"),
                f"{Channel(body['channel']).label} · {Submitter(body['submitter']).label}",
            ),
            (_("We say whether it is accepted by"), _due(body["answer_by"])),
            (
                _("Checked by"),
                words.listing([_office(relation["destination"]), _office(relation["origin"])]),
            ),
        ),
    ]
    if body["materials"]:
        labels = tuple(str(MaterialKind(each).label) for each in body["materials"])
        blocks.append(Items(_("Materials received"), labels))
    blocks.append(
        Text(
            _("How to follow it"),
            (
                _(
                    "The reference number and the query code you were given open the page with"
                    " the progress. The query code is not on this paper: keep the two apart."
                ),
            ),
        )
    )
    return lead, blocks


def _supplement(content: dict[str, Any]) -> Body:
    body, issuer = content["body"], content["issuer"]
    office = _office(issuer)
    lead = _(
        "To go on with the application below, %(office)s needs the following materials. Until"
        " they are there the application is paused and its time limits do not run."
    ) % {"office": office}
    by, contact = _due(body["by"]), _contact(issuer)
    where = f"{office}（{contact}）" if words.chinese() else f"{office} ({contact})"
    late = _(
        "If they are not there by then, the application ends. The insurance relation stays where"
        " it is, and a new application is possible at any time."
    )
    return lead, [
        _person(content),
        Items(
            _("Materials to hand in"), tuple(str(MaterialKind(each).label) for each in body["items"])
        ),
        Quote(_("%(office)s says why:") % {"office": office}, body["why"]),
        _facts((_("Hand in by"), by)),
        _facts((_("Where to hand in"), where)),
        Text(_("If they do not come"), (late,)),
    ]  # fmt: skip


def _rejection(content: dict[str, Any]) -> Body:
    body, issuer = content["body"], content["issuer"]
    office = _office(issuer)
    reason = REASONS[RejectCode(body["code"])]
    if body["late"]:
        lead = _(
            "The application below had been accepted on %(day)s. %(office)s refuses the transfer"
            " because of a fact that became known after that."
        ) % {"office": office, "day": _long(body["accepted_on"])}
    else:
        lead = _("%(office)s does not accept the application below.") % {"office": office}
    rule = (
        str(reason.rule)
        if reason.rule
        else _("No national text names this ground. Ask the office which local rule it applies.")
    )
    phones = dict.fromkeys([issuer["phone"], _hotline(content)])
    ask = _("First ask %(office)s, %(phones)s, whether an entry can be put right.") % {
        "office": office,
        "phones": pgettext("between two telephone numbers", " or ").join(phones),
    }
    fix = str(reason.fix)
    fix = _("%(fix)s, then apply again.") % {"fix": fix} if reason.again else _("%(fix)s.") % {"fix": fix}  # fmt: skip
    return lead, [
        _person(
            content,
            (_("Ground"), str(RejectCode(body["code"]).label)),
            (_("Decided on"), _long(body["rejected_on"])),
            (_("Rule"), rule),
        ),
        Quote(_("%(office)s gives this reason:") % {"office": office}, body["text"]),
        Text(_("What you can do"), (fix,)),
        Text(
            _("If you do not agree"),
            (
                ask,
                _(
                    "You may ask for administrative reconsideration within 60 days of receiving"
                    " this notice, or bring a suit before the people's court within 6 months"
                    " (Social Insurance Law, article 83; Administrative Reconsideration Law,"
                    " article 20; Administrative Litigation Law, article 46)."
                ),
            ),
        ),
    ]


def _information_form(content: dict[str, Any]) -> Body:
    body, relation = content["body"], content["relation"]
    months, account = body["months"], body["account"]
    rows = tuple(
        (
            str(number),
            row["from"],
            row["to"],
            str(row["months"]),
            str(ContributionRow.Kind(row["kind"]).label),
            yuan(row["base_fen"]) if row["base_fen"] else "–",
        )
        for number, row in enumerate(body["rows"], start=1)
    )
    table = Table(
        _("Contribution months"),
        (
            pgettext("column", "No."), _("From month"), _("To month"), _("Months"),
            pgettext("of contribution months", "Kind"), _("Monthly base"),
        ),
        rows,
        (
            "",
            _("Together"),
            "",
            str(months["total"]),
            _("actual %(actual)s, deemed %(deemed)s")
            % {"actual": months["actual"], "deemed": months["deemed"]},
            "",
        ),
        (True, False, False, True, False, True),
    )  # fmt: skip
    paid_from = ""
    if account is not None:
        paid_from = _("%(holder)s, %(bank)s, account ending in %(last4)s") % account
    return "", [
        _person(
            content,
            (_("Version of the form"), str(body["form_version"])),
            (_("Transferred out by"), _office(relation["origin"])),
            (_("Transferred to"), _office(relation["destination"])),
            (_("Sealed"), words.moment(datetime.fromisoformat(body["sealed_at"]))),
            in_full=True,
        ),
        table,
        _facts(
            (_("Last paid month"), _month(body["last_paid_month"])),
            (_("Benefits end"), _long(body["benefits_end_on"])),
            (_("Contributions interrupted"), _("Yes") if body["interrupted"] else _("No")),
            (_("Contribution time"), words.years_and_months(months["total"])),
        ),
        _amount(_("Balance of the personal account"), body["balance_fen"]),
        _facts(
            (_("Remitted from"), paid_from),
            (_("Content hash of the form (SHA-256)"), body["form_hash"]),
        ),
    ]


def _certificate(content: dict[str, Any]) -> Body:
    body, issuer = content["body"], content["issuer"]
    lead = _(
        "This certifies what %(office)s has on record of the person named below, for the transfer"
        " of the medical-insurance relation."
    ) % {"office": _office(issuer)}
    blocks: list[Block] = [
        _person(
            content,
            (_("Enrolled from"), _long(body["enrolled_on"]) if body["enrolled_on"] else ""),
            (_("Insurance stopped"), _long(body["stopped_on"]) if body["stopped_on"] else ""),
            (_("Benefits end"), _long(body["benefits_end_on"]) if body["benefits_end_on"] else ""),
            (
                _("Contribution time"),
                words.years_and_months(body["months"]) if body["months"] is not None else "",
            ),
            in_full=True,
        ),
    ]
    if body["balance_fen"] is not None:
        blocks.append(_amount(_("Balance of the personal account"), body["balance_fen"]))
    blocks.append(
        _facts(
            (_("Contact"), _office(issuer)),
            (_("Phone"), issuer["phone"]),
            (_("Opening hours"), in_language(issuer["hours_zh"], issuer["hours_en"])),
            (_("Valid until"), _long(content["valid_until"])),
        )
    )
    return lead, blocks


def _completion(content: dict[str, Any]) -> Body:
    body, relation = content["body"], content["relation"]
    there = _office(relation["destination"])
    outcome = BalanceState(body["outcome"])
    if outcome is BalanceState.CREDITED:
        lead = _(
            "The transfer below is completed: the contribution months are counted at %(office)s"
            " and the balance has been credited to the personal account there."
        )
    elif body["relocated_retiree"]:
        lead = _(
            "The application below is completed: the balance has been paid to the insured person;"
            " the insurance relation stays where it is."
        )
    elif outcome is BalanceState.PAID_OUT:
        lead = _(
            "The transfer below is completed: the contribution months are counted at %(office)s"
            " and the balance has been paid to the insured person."
        )
    else:
        lead = _(
            "The transfer below is completed: the contribution months are counted at %(office)s."
            " There was no balance to move."
        )
    cumulative, doubled = body["cumulative_months"], body["doubled_months"]
    blocks: list[Block] = [
        _person(
            content,
            (_("Counted at the destination"), words.years_and_months(body["merged_months"])),
            (
                _("Cumulative now"),
                words.years_and_months(cumulative) if cumulative is not None else "",
            ),
            (
                _("Months insured twice, counted once"),
                ngettext("%(n)d month", "%(n)d months", doubled) % {"n": doubled}
                if doubled
                else "",
            ),
            (_("Transferred in on"), _long(body["in_on"])),
            (_("Completed"), _long(body["closed_on"])),
        ),
    ]
    if body["amount_fen"] is not None:
        label = _("Credited") if outcome is BalanceState.CREDITED else _("Paid to the person")
        blocks.append(_amount(label, body["amount_fen"]))
        payee = ""
        if body["payee"]:
            payee = _("%(name)s, account ending in %(last4)s") % {
                "name": body["payee"],
                "last4": body["payee_last4"],
            }
        blocks.append(
            _facts(
                (_("On"), _long(body["settled_on"]) if body["settled_on"] else ""),
                (_("To"), payee),
            )
        )
    else:
        why = NO_BALANCE.get(DueReason(body["why"]))
        if why is not None:
            blocks.append(_facts((_("Why there is no balance"), str(why))))
    if body["dispute_by"] is not None:
        query = _("If the amount is not right, tell %(office)s by %(day)s.") % {
            "office": there,
            "day": _due(body["dispute_by"]),
        }
    else:
        query = _("If something on this paper is not right, tell %(office)s.") % {
            "office": _office(content["issuer"])
        }
    blocks.append(
        Text(_("Please check it"), (query, _("Phone: %(phone)s") % {"phone": _hotline(content)}))
    )
    return lead % {"office": there}, blocks


_BODIES: dict[Paper.Kind, Callable[[dict[str, Any]], Body]] = {
    Paper.Kind.RECEIPT: _receipt,
    Paper.Kind.SUPPLEMENT_NOTICE: _supplement,
    Paper.Kind.REJECTION_NOTICE: _rejection,
    Paper.Kind.INFORMATION_FORM: _information_form,
    Paper.Kind.CERTIFICATE: _certificate,
    Paper.Kind.COMPLETION_NOTICE: _completion,
}
