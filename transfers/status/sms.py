"""What a text message says: at most 70 characters in either language, what to do first.

No name, no identity number, no amount: the reference's last digits lead to the page that has them.
Whom an employer applied for is told the whole reference, once: they have it from nowhere else, and
without a query code it opens nothing.
Of the wordings of one kind of news the first that fits beside the office's name is taken; where not
even the last one does, the name gives way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override, pgettext

from .. import plugs
from ..models.alerts import OutboxMessage
from ..models.applications import Channel, MaterialKind, TransferApplication
from ..models.events import Event
from ..models.regions import Agency
from ..models.steps import Step
from ..rules.balances import BalanceAction
from ..rules.states import Action
from ..rules.steps import Owner, StepKind
from .situation import CHECKS, Situation, held_up, situation_of
from .words import MONTHS, chinese, inside

LONGEST = 70  # UTF-16 units: what one Chinese text message holds

A, B = Action, BalanceAction

FIRST = "first"  # what is told whom somebody else applied for

# By the verb of the event. Wordings with %(by)s or %(day)s are for news that brings a date.
TEXTS: dict[str, tuple[Any, ...]] = {
    A.SUBMIT: (
        _("Received, …%(tail)s. Answer %(by)s. See progress online."),
        _("Received, …%(tail)s. Answer %(by)s."),
        _("Received, …%(tail)s. See progress online."),
    ),
    FIRST: (
        _("Received, %(reference)s. Answer %(by)s. Get a query code online."),
        _("Received, %(reference)s. Answer %(by)s."),
        _("Received, %(reference)s. Get a query code online."),
        _("Received, %(reference)s."),
    ),
    A.PASS_CHECK: (
        _("Accepted, …%(tail)s. Next step %(by)s. See progress online."),
        _("Accepted, …%(tail)s. Next step %(by)s."),
        _("Accepted, …%(tail)s. See progress online."),
    ),
    A.REQUEST_SUPPLEMENT: (
        _("Send %(what)s %(by)s, …%(tail)s. See progress online."),
        _("Send %(what)s %(by)s, …%(tail)s."),
        _("Send the materials %(by)s, …%(tail)s."),
        _("Send the materials, …%(tail)s. See online."),
    ),
    A.SUPPLY: (
        _("Materials received, …%(tail)s. Answer %(by)s."),
        _("Materials received, …%(tail)s."),
    ),
    A.TRANSFER_OUT: (
        _("Transferred out, …%(tail)s. Next step %(by)s. See progress online."),
        _("Transferred out, …%(tail)s. Next step %(by)s."),
        _("Transferred out, …%(tail)s. See online."),
    ),
    A.RAISE_DISCREPANCY: (
        _("Sent back to be corrected, not your mistake, …%(tail)s. New date %(day)s."),
        _("Being corrected, …%(tail)s. New date %(day)s."),
        _("Being corrected, …%(tail)s. See online."),
    ),
    A.CORRECT: (
        _("Information form checked, …%(tail)s. Next step %(by)s."),
        _("Form checked, …%(tail)s. Next step %(by)s."),
        _("Form checked, …%(tail)s. See online."),
    ),
    A.TRANSFER_IN: (
        _("Transferred, …%(tail)s. Balance to follow. See progress online."),
        _("Transferred, …%(tail)s. Balance to follow."),
    ),
    A.CREDIT_BALANCE: (
        _("Check the amount: balance credited, complete, …%(tail)s."),
        _("Balance credited, …%(tail)s. Check it."),
    ),
    A.CLOSE_WITHOUT_BALANCE: (
        _("Complete, …%(tail)s: months moved, no balance to move."),
        _("Complete, …%(tail)s: no balance to move."),
    ),
    A.CLOSE_PAID_OUT: (
        _("Check the amount: balance paid to your bank, complete, …%(tail)s."),
        _("Balance paid to you, …%(tail)s. Check it."),
    ),
    A.REJECT: (
        _("See why and what to do online: not accepted, …%(tail)s."),
        _("Not accepted, …%(tail)s. See why online."),
    ),
    A.WITHDRAW: (
        _("Withdrawn, …%(tail)s. Your old record is unchanged. Reapply any time."),
        _("Withdrawn, …%(tail)s. Reapply any time."),
    ),
    A.LAPSE: (
        _("Ended, the materials did not come, …%(tail)s. Reapply any time."),
        _("Ended, …%(tail)s. Reapply any time."),
    ),
    A.RECALL: (
        _("Closed, your record stays at the old place, …%(tail)s. See why online."),
        _("Closed, not transferred, …%(tail)s."),
    ),
    B.MISMATCH: (
        _("The balance received differs, …%(tail)s. Being checked."),
        _("Balance differs, …%(tail)s. Being checked."),
    ),
    B.BOUNCE: (
        _("The bank sent the balance back, …%(tail)s. It is sent again."),
        _("Balance sent back, …%(tail)s; sent again."),
    ),
    B.PAY_TO_PERSON: (
        _("The balance is paid to your own bank account, …%(tail)s."),
        _("Balance is paid to you, …%(tail)s."),
    ),
    "late": (
        # By turns with and without the chasing.
        _("%(office)s %(days)s late, chased, …%(tail)s. Next word %(by)s."),
        _("%(office)s %(days)s late, …%(tail)s. Next word %(by)s."),
        _("%(office)s %(days)s late, chased, …%(tail)s."),
        _("%(office)s %(days)s late, …%(tail)s."),
    ),
    "code": (
        _("New query code %(code)s, …%(tail)s. The old one is void. Tell nobody."),
        _("New code %(code)s, …%(tail)s. Tell nobody."),
    ),
    "contact": (
        _("Contact details of …%(tail)s changed. Not you? Call %(phone)s."),
        _("Contact of …%(tail)s changed. Not you? Call us."),
    ),
    "counter_code": (
        _("A counter made a new query code for …%(tail)s. Not you? Call %(phone)s."),
        _("New query code for …%(tail)s. Not you? Call us."),
    ),
    "answer": (
        _("See online: your query is answered, …%(tail)s."),
        _("Query answered, …%(tail)s. See online."),
    ),
    "news": (
        _("News about your transfer …%(tail)s. See it online."),
        _("News, …%(tail)s. See it online."),
    ),
}
# Of a relocated retiree, whose relation stays where it is.
_STAYS: dict[str, str] = {
    verb: f"{verb}_stays"
    for verb in (
        A.PASS_CHECK, A.TRANSFER_OUT, A.TRANSFER_IN, A.CLOSE_WITHOUT_BALANCE, A.CLOSE_PAID_OUT,
    )
}  # fmt: skip
TEXTS |= {
    _STAYS[A.PASS_CHECK]: (
        _("Accepted, …%(tail)s. Information form due %(by)s. See progress online."),
        _("Accepted, …%(tail)s. Form due %(by)s."),
        _("Accepted, …%(tail)s. See progress online."),
    ),
    _STAYS[A.TRANSFER_OUT]: (
        _("Information form issued, …%(tail)s. Next step %(by)s. See progress online."),
        _("Form issued, …%(tail)s. Next step %(by)s."),
        _("Form issued, …%(tail)s. See online."),
    ),
    _STAYS[A.TRANSFER_IN]: (
        _("Form checked, your insurance stays, …%(tail)s. See progress online."),
        _("Form checked, insurance stays, …%(tail)s."),
    ),
    _STAYS[A.CLOSE_WITHOUT_BALANCE]: (
        _("Complete, …%(tail)s: insurance stays, no balance to pay."),
        _("Complete, …%(tail)s: no balance to pay."),
    ),
    _STAYS[A.CLOSE_PAID_OUT]: (
        _("Check the amount: balance paid to you, insurance stays, …%(tail)s."),
        _("Balance paid to you, …%(tail)s. Check it."),
    ),
}
_SAME = {A.REFUSE_LATE: A.REJECT, A.UPHOLD: A.CORRECT}

# The obligation whose due day a piece of news brings.
_BRINGS: dict[str, tuple[StepKind, ...]] = {
    A.SUBMIT: CHECKS,
    FIRST: CHECKS,
    A.SUPPLY: CHECKS,
    A.PASS_CHECK: (StepKind.TRANSFER_OUT,),
    A.REQUEST_SUPPLEMENT: (StepKind.SUPPLEMENT,),
    A.TRANSFER_OUT: (StepKind.TRANSFER_IN,),
    A.RAISE_DISCREPANCY: (StepKind.CORRECTION,),
    A.CORRECT: (StepKind.TRANSFER_IN,),
}


@dataclass(frozen=True, slots=True)
class When:
    day: date
    provisional: bool = False


def units(text: str) -> int:
    """The length of a text as the network counts it."""
    return len(text.encode("utf-16-le")) // 2


def text_of(message: OutboxMessage, at: datetime) -> str | None:
    """What an applicant's message says, in the language of the case.

    None for "this is late" about a case that is not, by now.
    """
    application = message.application
    assert application is not None, "the database keeps applicants' messages with their case"
    with override(application.language):
        if message.event is not None:
            return _of_event(message.event, application)
        overlays = plugs.overlays_of(application, localdate(at))
        return late(held_up(situation_of(application, at=at), overlays), application)


def _of_event(event: Event, application: TransferApplication) -> str:
    verb = _SAME.get(event.verb, event.verb)  # type: ignore[call-overload]
    key = verb if verb in TEXTS else "news"
    if key == A.SUBMIT and application.channel == Channel.BATCH:
        key = FIRST
    words = _STAYS.get(key, key) if application.relocated_retiree else key
    values = {"what": _asked(event.facts.get("items", []))} if key == A.REQUEST_SUPPLEMENT else {}
    when = _when(application, _BRINGS[key]) if key in _BRINGS else None
    agency = event.agency or application.destination_agency
    return written(words, agency, application.reference, when, values)


def _when(application: TransferApplication, kinds: tuple[StepKind, ...]) -> When | None:
    """The last due day among the newest steps of these kinds; a paused one has none."""
    steps = Step.objects.filter(application=application, kind__in=kinds, due_on__isnull=False)
    newest = {step.kind: step for step in steps.order_by("pk")}
    last = max(newest.values(), key=lambda step: step.due_on, default=None)
    if last is None or last.due_on is None:
        return None
    return When(last.due_on, last.provisional)


def _asked(items: Sequence[str]) -> str:
    if len(items) == 1:
        return inside(str(MaterialKind(items[0]).label))
    return ngettext("%(n)d material", "%(n)d materials", len(items)) % {"n": len(items)}


def late(s: Situation, application: TransferApplication) -> str | None:
    """Who is how late, and chased if that was really sent. None if nobody is."""
    if not s.late_clocks:
        return None
    worst = s.late_clocks[0]
    days = worst.calendar.count(worst.due_on, s.today) if worst.calendar else 0
    values = {
        "office": pgettext("sms", "Old office")
        if worst.owner == Owner.ORIGIN
        else pgettext("sms", "New office"),
        "days": ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days},
    }
    when = When(s.next_update_on) if s.next_update_on is not None else None
    wordings = TEXTS["late"] if worst.chased_on else TEXTS["late"][1::2]
    if when is None:
        wordings = tuple(_fitting(wordings, when))
    return written(
        "late", application.destination_agency, s.reference, when, values, wordings=wordings
    )


def code_text(application: TransferApplication, code: str) -> str:
    """A new query code. Without the whole reference, with which it would open the case."""
    from ..deadlines.mails import spaced

    with override(application.language):
        values = {"code": spaced(code)}
        return written("code", application.destination_agency, application.reference, None, values)


def contact_text(application: TransferApplication) -> str:
    """To the number that was replaced, in the active language."""
    agency = application.destination_agency
    return written("contact", agency, application.reference, None, {"phone": agency.phone})


def counter_code_text(application: TransferApplication) -> str:
    """That an office made a new query code, without it, in the active language."""
    agency = application.destination_agency
    return written("counter_code", agency, application.reference, None, {"phone": agency.phone})


def written(
    key: str,
    agency: Agency,
    reference: str,
    when: When | None,
    values: Mapping[str, str],
    *,
    wordings: Sequence[Any] = (),
) -> str:
    """One text in the active language."""
    values = {"tail": reference[-4:], "reference": reference, **values}
    if when is not None:
        values |= _spelled(when)
    signature, room = _signature(agency), LONGEST - units(_signed("", ""))
    text = ""
    for wording in wordings or _fitting(TEXTS[key], when):
        text = str(wording) % values
        if units(signature) + units(text) <= room:
            break
    return _signed(_cut(signature, room - units(text)), text)


def _dated(wording: Any) -> bool:
    return "%(by)s" in str(wording) or "%(day)s" in str(wording)


def _fitting(wordings: Sequence[Any], when: When | None) -> Sequence[Any]:
    """Those that speak of a day where there is one to speak of, else the others."""
    if when is not None and any(map(_dated, wordings)):
        return [each for each in wordings if _dated(each)]
    return [each for each in wordings if not _dated(each)]


def _spelled(when: When) -> dict[str, str]:
    if chinese():
        plain = f"{when.day.month}月{when.day.day}日"
    else:
        plain = f"{when.day.day} {MONTHS[when.day.month - 1][:3]}"
    day = pgettext("sms", "about %(day)s") % {"day": plain} if when.provisional else plain
    return {"day": day, "by": pgettext("sms", "by %(day)s") % {"day": day}}


def _signed(name: str, text: str) -> str:
    return f"【{name}】{text}" if chinese() else f"[{name}] {text}"


_LONG_ZH = re.compile("医疗保障|医疗保险")
_LONG_EN = re.compile(r"\b(?:Provincial|Municipal|Regional) | (?:Security|Insurance)\b.*$")


def _signature(agency: Agency) -> str:
    """泉州市医保 for 泉州市医疗保障经办机构, Quanzhou Healthcare for its English name."""
    if not chinese():
        return _LONG_EN.sub("", agency.name_en).strip()
    return _LONG_ZH.sub("医保", agency.name_zh).removesuffix("经办机构")


def _cut(name: str, room: int) -> str:
    """A name in so many characters; what says that it is about health insurance stays."""
    if units(name) <= room:
        return name
    mark = next((each for each in ("医保", " Healthcare") if each in name), "")
    place = name.partition(mark)[0] if mark else name
    whole = place
    while place and units(place) + units(mark) > room:
        place = place[:-1]
    if not chinese() and whole[len(place) :][:1].isalpha():
        place = place.rpartition(" ")[0] or place  # no half a word
    return place.rstrip() + mark
