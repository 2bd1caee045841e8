"""What the person and the employer are told, in both languages. No name and no identity number.

The words are kept with the event and sent as letters; a letter's key is the event's, so that it is
written once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

from transfers.models.alerts import OutboxMessage
from transfers.models.applications import NotifyBy
from transfers.models.regions import Agency
from transfers.rules.money import yuan
from transfers.status.words import long_date
from transfers.workflow.contact import usual_channel

from . import sms
from .models import ArrearsCase, Quote
from .policy import NotInForce, resolve
from .quoting import Quoted, months_of
from .rules.parts import FEES, Part
from .rules.reasons import INSTEAD
from .rules.states import Action, Cause, State

Told = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter may speak of. Amounts in fen; `left_fen` and `left` as they are after the action.

    `left`: of each part. `lapsed`: the quote is not good any more. `waived`, `kept`: months, where a
    waiver leaves some paid.
    """

    case: ArrearsCase
    quote: Quote | Quoted | None = None
    left_fen: int = 0
    amount_fen: int = 0
    text: str = ""
    reason: str = ""
    fee_before_fen: int = 0
    restart_on: date | None = None
    where: Told = ("", "")
    left: Mapping[Part, int] = field(default_factory=dict)
    lapsed: bool = False
    waived: str = ""
    kept: str = ""

    def left_of(self, *parts: Part) -> int:
        """What is left of some parts, in fen."""
        return sum(self.left.get(part, 0) for part in parts)


class Voice:
    """The words of one language, each looked up once: a night's letters say the same few 100,000 times.

    Called like gettext, and named `_` like it where words stand.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._chinese = language.startswith("zh")
        self._words: dict[str, str] = {}
        self._days: dict[date, str] = {}

    def __call__(self, words: str) -> str:
        found = self._words.get(words)
        if found is None:
            with translation.override(self.language):
                found = self._words[words] = gettext(words)
        return found

    def day(self, day: date) -> str:
        found = self._days.get(day)
        if found is None:
            with translation.override(self.language):
                found = self._days[day] = long_date(day)
        return found

    def spell(self, words: Promise) -> str:
        """Words of a table, in this language."""
        with translation.override(self.language):
            return str(words)

    def of(self, told: Told) -> str:
        """The one of both that is in this language."""
        return told[0] if self._chinese else told[1]

    def join(self, *sentences: str) -> str:
        return ("" if self._chinese else " ").join(filter(None, sentences))


voice_of = cache(Voice)
CHINESE, ENGLISH = voice_of("zh-hans"), voice_of("en")


def in_both(say: Callable[[], str]) -> Told:
    """The same words in Chinese and in English."""
    with translation.override("zh-hans"):
        zh = say()
    with translation.override("en"):
        return zh, say()


def told(action: Action, facts: Facts) -> Told:
    """What the person reads after an action; empty where there is nothing to tell."""
    say = _WORDS.get(action)
    return (say(facts, CHINESE), say(facts, ENGLISH)) if say else ("", "")


def spelled_months(case: ArrearsCase) -> str:
    """2025-01 – 2025-02, as a reader says it."""
    first, last = f"{case.from_month:%Y-%m}", f"{case.to_month:%Y-%m}"
    return first if first == last else f"{first}–{last}"


def _owed(facts: Facts, _: Voice) -> str:
    quote = facts.quote
    assert quote is not None, "what is owed stands in a quote"
    if facts.lapsed:
        return _("The amount is worked out anew, and you will be told.")
    asked = _("Please pay %(left)s by %(day)s.") % {
        "left": yuan(facts.left_fen),
        "day": _.day(quote.pay_by),
    }
    return _.join(asked, _where(facts.where, _))


def _where(where: Told, _: Voice) -> str:
    said = _.of(where)
    return _("Where: %(where)s.") % {"where": said} if said else ""


def _restarts(day: date | None, _: Voice) -> str:
    if day is None:
        return ""
    return _("If everything is paid by then, benefits restart on %(day)s.") % {"day": _.day(day)}


def _opened(facts: Facts, _: Voice) -> str:
    case = facts.case
    count = len(months_of(case))
    with translation.override(_.language):
        missing = ngettext(
            "One month is missing in your contributions: %(months)s.",
            "%(n)d months are missing in your contributions: %(months)s.",
            count,
        ) % {"n": count, "months": spelled_months(case)}
    assert case.next_on is not None
    return _.join(
        missing,
        _("We work out what is to be paid and tell you by %(day)s.") % {"day": _.day(case.next_on)},
        _("You don't need to do anything until then."),
    )


def _assessed(facts: Facts, _: Voice) -> str:
    quote = facts.quote
    assert quote is not None
    sums = _("For %(months)s: contributions %(principal)s, late fee %(fee)s.") % {
        "months": spelled_months(facts.case),
        "principal": yuan(quote.principal_employer_fen + quote.principal_person_fen),
        "fee": yuan(quote.fee_employer_fen + quote.fee_person_fen),
    }
    employers = facts.left_of(Part.PRINCIPAL_EMPLOYER, Part.FEE_EMPLOYER)
    share = ""
    if employers:
        share = _("Of what is left your employer owes %(fen)s.") % {"fen": yuan(employers)}
    sooner = ""
    if facts.left_of(*FEES):
        sooner = _("The late fee counts to that day; who pays everything sooner pays less.")
    return _.join(sums, share, _owed(facts, _), sooner, _restarts(quote.restart_on, _))


def _requoted(facts: Facts, _: Voice) -> str:
    quote = facts.quote
    assert quote is not None
    more = quote.fee_employer_fen + quote.fee_person_fen - facts.fee_before_fen
    grown = ""
    if more > 0:
        grown = _("The late fee has grown by %(more)s.") % {"more": yuan(more)}
    return _.join(
        _("The day to pay by has passed; this is the new amount."),
        grown,
        _owed(facts, _),
        _restarts(quote.restart_on, _),
    )


def _paid(facts: Facts, _: Voice) -> str:
    case = facts.case
    came = _("%(amount)s has been received.") % {"amount": yuan(facts.amount_fen)}
    if case.state == State.SETTLED:
        assert case.restart_on is not None
        return _.join(
            came,
            _("Everything is paid. Benefits restart on %(day)s.") % {"day": _.day(case.restart_on)},
            _("You don't need to do anything now."),
        )
    return _.join(came, _owed(facts, _))


def _taken_back(facts: Facts, _: Voice) -> str:
    gone = _("The payment of %(amount)s did not hold: %(text)s.") % {
        "amount": yuan(facts.amount_fen),
        "text": facts.text.rstrip("。.!！ "),
    }
    return _.join(gone, _owed(facts, _))


def _refused(facts: Facts, _: Voice) -> str:
    restart = ""
    if facts.restart_on is not None:
        restart = _("Who pays again from today has benefits from %(day)s.") % {
            "day": _.day(facts.restart_on)
        }
    return _.join(
        _("The missing months %(months)s cannot be paid back: %(text)s.")
        % {"months": spelled_months(facts.case), "text": facts.text.rstrip("。.!！ ")},
        _.spell(INSTEAD[facts.reason]) if facts.reason in INSTEAD else "",
        restart,
    )


def _waived(facts: Facts, _: Voice) -> str:
    waived = _("What was owed for %(months)s has been waived.") % {
        "months": facts.waived or spelled_months(facts.case)
    }
    kept = _("%(months)s is paid and counts.") % {"months": facts.kept} if facts.kept else ""
    return _.join(waived, _("The months stay missing in your record."), kept)


def _cancelled(facts: Facts, _: Voice) -> str:
    return _("The case about %(months)s was closed: nothing is owed.") % {
        "months": spelled_months(facts.case)
    }


def _reinstated(facts: Facts, _: Voice) -> str:
    assert facts.case.restart_on is not None, "what was paid in full has its restart"
    return _.join(
        _("Your benefits are running again since %(day)s.") % {"day": _.day(facts.case.restart_on)},
        _("You don't need to do anything now."),
    )


def reminder(facts: Facts) -> Told:
    """Some days before a quote lapses."""

    return _remind(facts, CHINESE), _remind(facts, ENGLISH)


def _remind(facts: Facts, _: Voice) -> str:
    grows = grown = ""
    if facts.left_of(*FEES):
        grows = _("After that day the late fee grows and the amount is worked out anew.")
    if facts.case.resumed_month is None:
        grown = _("While nothing is paid, the gap grows every month, and a wait may follow.")
    return _.join(_owed(facts, _), grows, grown)


_WORDS: dict[Action, Callable[[Facts, Voice], str]] = {
    Action.OPEN: _opened,
    Action.ASSESS: _assessed,
    Action.REQUOTE: _requoted,
    Action.REFUSE: _refused,
    Action.PAY: _paid,
    Action.TAKE_BACK: _taken_back,
    Action.WAIVE: _waived,
    Action.CANCEL: _cancelled,
    Action.REINSTATE: _reinstated,
}


class Letter(NamedTuple):
    """A letter that is not stored yet. `key`: the same happening writes it once."""

    key: str
    address: str
    subject: str
    text: str


def outgoing(at: datetime, **said: str) -> OutboxMessage:
    """A letter on its way out, not stored yet; `said` is that of a `Letter`."""
    return OutboxMessage(kind=OutboxMessage.Kind.LETTER, created_at=at, next_try_at=at, **said)


def channel_of(case: ArrearsCase) -> NotifyBy:
    """How the person is told: by e-mail if there is one, else by text message if that can be sent."""
    return usual_channel(case.contact_phone, case.contact_email)


def letters(
    key: str, case: ArrearsCase, agency: Agency, words: Told, facts: Facts, about: str
) -> list[Letter]:
    """The letters of one happening: to the person, and to the employer who caused it.

    `about`: the action, or `sms.REMINDER`. Who has no e-mail is told by text message.
    """
    found = []
    voice = voice_of(case.language)
    channel = channel_of(case)
    if channel is NotifyBy.SMS:
        text = sms.text_of(
            about, case, agency, pay_by=facts.quote.pay_by if facts.quote else None,
            lapsed=facts.lapsed,
        )  # fmt: skip
        found.append(Letter(f"{key}:person", case.contact_phone, _subject(case, voice), text))
    elif channel is NotifyBy.EMAIL:
        text = voice.of(words)
        found.append(_letter(f"{key}:person", case.contact_email, case, agency, text, voice))
    if case.cause == Cause.EMPLOYER and case.employer_email and facts.quote is not None:
        text = _to_employer(facts, voice)
        found.append(_letter(f"{key}:employer", case.employer_email, case, agency, text, voice))
    return found


def _to_employer(facts: Facts, _: Voice) -> str:
    case = facts.case
    about = _(
        "Contributions of one of your staff were not paid for %(months)s. Ask the office with the"
        " reference number whom it is about."
    ) % {"months": spelled_months(case)}
    if not case.owes:
        return _.join(about, _("Nothing is owed any more."))
    own, fee = facts.left_of(Part.PRINCIPAL_PERSON), facts.left_of(Part.FEE_EMPLOYER)
    share = late = ""
    if own:
        share = _("Of this %(fen)s is the employee's own share of the contributions.") % {
            "fen": yuan(own)
        }
    if fee:
        late = _("The late fee of %(fee)s is yours; it may not be passed on to the employee.") % {
            "fee": yuan(fee)
        }
    return _.join(about, _owed(facts, _), share, late)


def _letter(
    key: str, address: str, case: ArrearsCase, agency: Agency, text: str, _: Voice
) -> Letter:
    foot = _("Reference number %(reference)s. Questions: %(office)s, %(phone)s.") % {
        "reference": case.reference,
        "office": _.of((agency.name_zh, agency.name_en)),
        "phone": agency.phone,
    }
    return Letter(key, address, _subject(case, _), f"{text}\n\n{foot}\n")


def _subject(case: ArrearsCase, _: Voice) -> str:
    return _("Contributions to be paid back, case %(reference)s") % {"reference": case.reference}


def where_of(case: ArrearsCase, on: date) -> Told:
    """Where to pay, in both languages; empty where nobody says it for the day."""
    try:
        terms = resolve(case.pool_id, on)
    except NotInForce:
        return "", ""
    return terms.pay_at_zh or "", terms.pay_at_en or ""


def where_to_pay(case: ArrearsCase, on: date) -> str:
    """The sentence that says it, in the active language; empty where nobody says it for the day."""
    return _where(where_of(case, on), voice_of(translation.get_language() or CHINESE.language))


def set_free(words: Told) -> Told:
    """The words with what they mean for a transfer that nothing else at the office holds up."""
    return _set_free(words, CHINESE), _set_free(words, ENGLISH)


def _set_free(words: Told, _: Voice) -> str:
    return _.join(_.of(words), _("Your transfer is no longer held up by it; its check goes on."))
