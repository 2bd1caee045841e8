"""What happens to the demo cases: every state of the relation and of the money, in time and late.

A plot is a row of beats, each so many working days after the one before, and how many working days
ago the last one was. Days are drawn from the ranges given here; whether something is late follows
from them, through the real clocks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from random import Random

from ..rules.states import RejectCode, Side
from .casefile import CaseFile

Act = Callable[[CaseFile, datetime], None]
Range = tuple[int, int]  # working days, both ends included


class Way(Enum):
    """Between which pools a plot can happen."""

    ORDINARY = auto()  # the balance goes to the destination
    SHOWCASE = auto()  # from Example City to Quanzhou
    PAID_BY_ORIGIN = auto()  # from Nanjing, which pays the person
    UNCONNECTED = auto()  # to Sample City, so the origin pays the person
    LONG = auto()  # from Sample City, whose limits are long
    SHARED = auto()  # inside Guangdong, where the balance stays
    RESIDENT = auto()  # any pools; no personal account
    RETIREE = auto()  # any ordinary pools; only the balance moves
    EMPTY = auto()  # any ordinary pools; nothing in the account


@dataclass(frozen=True, slots=True)
class Beat:
    gap: Range
    act: Act


@dataclass(frozen=True, slots=True)
class Plot:
    """`share`: how many cases, relative to the other plots; `rest`: working days since the last beat."""

    name: str
    share: int
    rest: Range
    beats: Sequence[Beat]
    way: Way = Way.ORDINARY


def _reject(case: CaseFile, at: datetime) -> None:
    side, code, text = case.rng.choice(_REJECTIONS)
    case.reject(side, code, text, at)


_REJECTIONS = (
    (Side.ORIGIN, RejectCode.ORIGIN_NOT_STOPPED, "原参保单位还没有为您办理停保，请先停保再申请。"),
    (Side.ORIGIN, RejectCode.ORIGIN_ARREARS, "原参保地有2个月欠费，请补缴后再申请。"),
    (Side.ORIGIN, RejectCode.NO_ORIGIN_RECORD, "在本统筹区没有查到您的参保记录，请核对原参保地。"),
    (
        Side.DESTINATION,
        RejectCode.DESTINATION_NOT_ENROLLED,
        "新参保地还没有您的参保登记，请先参保。",
    ),
    (
        Side.DESTINATION,
        RejectCode.IDENTITY_MISMATCH,
        "姓名与新参保地登记的不一致，请先更正登记信息。",
    ),
    (Side.DESTINATION, RejectCode.DUPLICATE_COVERAGE, "两地同一时段重复参保，请先处理重复缴费。"),
)


def _check(side: Side) -> Act:
    return lambda case, at: case.pass_check(side, at)


def _ask(side: Side) -> Act:
    return lambda case, at: case.request_supplement(side, at)


ORIGIN_CHECK, DESTINATION_CHECK = _check(Side.ORIGIN), _check(Side.DESTINATION)


def _override(case: CaseFile, at: datetime) -> None:
    case.pass_check(Side.ORIGIN, at, stopped_on=None)


def _wrong_form(case: CaseFile, at: datetime) -> None:
    case.prepare_form(at, wrong=True)


def _receive_less(case: CaseFile, at: datetime) -> None:
    case.receive(at, short_fen=min(10_000, case.balance_fen // 2))


C = CaseFile
NOW: Range = (0, 0)
SOON: Range = (0, 1)

SUBMITTED = (Beat(NOW, C.submit),)
ACCEPTED = (*SUBMITTED, Beat((1, 3), ORIGIN_CHECK), Beat(SOON, DESTINATION_CHECK))
PREPARED = (*ACCEPTED, Beat((2, 6), C.prepare_form))
SEALED = (*PREPARED, Beat(SOON, C.seal))
REMITTED = (*SEALED, Beat(SOON, C.remit))
MERGED = (*REMITTED, Beat((1, 4), C.transfer_in))
ARRIVED = (*MERGED, Beat((0, 3), C.receive))
MATCHED = (*ARRIVED, Beat(NOW, C.match))
CREDITING = (*MATCHED, Beat(SOON, C.prepare_credit))
CREDITED = (*CREDITING, Beat(SOON, C.credit))

WRONG = (*ACCEPTED, Beat((2, 6), _wrong_form), Beat(SOON, C.seal))
RETURNED = (*WRONG, Beat((1, 3), C.raise_discrepancy))
CORRECTED = (*RETURNED, Beat((1, 3), C.prepare_correction), Beat(SOON, C.seal_correction))
SETTLING = (
    Beat(SOON, C.remit),
    Beat((1, 3), C.transfer_in),
    Beat((0, 2), C.receive),
    Beat(NOW, C.match),
    Beat(SOON, C.prepare_credit),
    Beat(SOON, C.credit),
)
BOUNCED = (*MERGED, Beat((1, 3), C.bounce))
MISMATCHED = (*MERGED, Beat((0, 2), _receive_less), Beat(SOON, C.mismatch))
PAYING = (*SEALED, Beat(SOON, C.prepare_payout), Beat(SOON, C.pay_out))
PAID = (*PAYING, Beat((1, 3), C.transfer_in), Beat((1, 3), C.confirm_payout))
CLOSED = (*SEALED, Beat((1, 4), C.transfer_in))

DONE: Range = (1, 75)

SHOWCASE = Plot("the case that is printed", 1, (4, 4), ACCEPTED, Way.SHOWCASE)
PLOTS: tuple[Plot, ...] = (
    # Checks
    Plot("just handed in", 50, (1, 4), SUBMITTED),
    Plot("one side passed", 24, (1, 2), (*SUBMITTED, Beat((1, 2), ORIGIN_CHECK))),
    Plot("late: both checks", 8, (7, 18), SUBMITTED),
    Plot("late: check of the destination", 8, (5, 14), (*SUBMITTED, Beat((1, 3), ORIGIN_CHECK))),
    Plot("paused for materials", 16, (1, 12), (*SUBMITTED, Beat((1, 4), _ask(Side.DESTINATION)))),
    Plot(
        "paused, provisional", 5, (4, 12), (*SUBMITTED, Beat((1, 3), _ask(Side.ORIGIN))), Way.LONG
    ),
    Plot(
        "materials supplied",
        6,
        (1, 3),
        (
            *SUBMITTED,
            Beat((1, 2), _ask(Side.ORIGIN)),
            Beat((2, 12), C.supply),
            Beat(SOON, DESTINATION_CHECK),
        ),
    ),
    Plot(
        "materials never came",
        8,
        (1, 50),
        (*SUBMITTED, Beat((1, 3), _ask(Side.DESTINATION)), Beat((16, 16), C.lapse)),
    ),
    Plot("withdrawn", 14, DONE, (*SUBMITTED, Beat((1, 3), C.withdraw))),
    Plot("rejected", 34, DONE, (*SUBMITTED, Beat((1, 4), _reject))),
    # Transfer out
    Plot("being transferred out", 46, (1, 7), ACCEPTED),
    Plot("form awaits a second person", 12, (1, 3), PREPARED),
    Plot("late: transfer out", 16, (11, 38), ACCEPTED),
    Plot("refused after acceptance", 3, DONE, (*ACCEPTED, Beat((2, 6), C.refuse_late))),
    Plot("remittance, provisional", 6, (1, 4), SEALED, Way.LONG),
    # Transfer in
    Plot("being transferred in", 14, (1, 3), SEALED),
    Plot("being transferred in, money remitted", 10, (1, 4), REMITTED),
    Plot("late: transfer in", 10, (6, 26), REMITTED),
    Plot("late: remittance", 6, (12, 24), CLOSED),
    Plot("discrepancy", 5, (1, 4), RETURNED),
    Plot("late: correction", 3, (7, 15), RETURNED),
    Plot("corrected, being transferred in", 3, (1, 4), CORRECTED),
    Plot("corrected and credited", 2, DONE, CORRECTED + SETTLING),
    Plot("upheld and credited", 2, DONE, (*RETURNED, Beat((1, 4), C.uphold), *SETTLING)),
    Plot("recall awaits the other agency", 2, (1, 3), (*SEALED, Beat((1, 2), C.prepare_recall))),
    Plot(
        "recalled",
        3,
        DONE,
        (*SEALED, Beat((1, 2), C.prepare_recall), Beat((1, 2), C.confirm_recall)),
    ),
    # Money on its way
    Plot("merged, to be remitted", 5, (1, 2), CLOSED),
    Plot("remittance awaits a second person", 3, (1, 2), (*CLOSED, Beat(SOON, C.prepare_remit))),
    Plot("merged, remitted", 8, (1, 20), MERGED),
    Plot("received", 6, (1, 2), ARRIVED),
    Plot("credit awaits a second person", 4, (1, 2), CREDITING),
    Plot("late: crediting", 5, (8, 17), ARRIVED),
    Plot("matched", 3, (1, 2), MATCHED),
    Plot("does not match", 5, (1, 6), MISMATCHED),
    Plot(
        "topped up and credited",
        2,
        DONE,
        (
            *MISMATCHED,
            Beat((1, 2), C.resolve),
            Beat(NOW, C.match),
            Beat(NOW, C.prepare_credit),
            Beat(SOON, C.credit),
        ),
    ),
    Plot("bounced", 4, (1, 4), BOUNCED),
    Plot("late: sending again", 3, (7, 14), BOUNCED),
    Plot(
        "sent again and credited",
        2,
        DONE,
        (
            *BOUNCED,
            Beat((1, 3), C.resend),
            Beat((1, 3), C.receive),
            Beat(NOW, C.match),
            Beat(SOON, C.prepare_credit),
            Beat(SOON, C.credit),
        ),
    ),
    # Done
    Plot("credited", 24, DONE, CREDITED),
    Plot(
        "credited after an override",
        2,
        DONE,
        (
            *SUBMITTED,
            Beat((1, 3), _override),
            Beat(SOON, DESTINATION_CHECK),
            *PREPARED[3:],
            *SEALED[4:],
            *SETTLING,
        ),
    ),
    Plot(
        "credited, once late at the origin",
        6,
        DONE,
        (*ACCEPTED, Beat((11, 17), C.prepare_form), Beat(SOON, C.seal), *SETTLING),
    ),
    Plot(
        "credited, once late at the destination",
        4,
        DONE,
        (*SEALED, Beat(SOON, C.remit), Beat((7, 12), C.transfer_in), *SETTLING[2:]),
    ),
    Plot("resident, no account", 10, DONE, CLOSED, Way.RESIDENT),
    Plot("shared in the province", 5, DONE, CLOSED, Way.SHARED),
    Plot("empty account", 3, DONE, CLOSED, Way.EMPTY),
    Plot("being paid to the person", 6, (1, 3), PAYING, Way.PAID_BY_ORIGIN),
    Plot("paid to the person", 6, DONE, PAID, Way.PAID_BY_ORIGIN),
    Plot("paid to the person, unconnected", 3, DONE, PAID, Way.UNCONNECTED),
    Plot("paid to the retiree", 3, DONE, PAID, Way.RETIREE),
)
FEWEST = len(PLOTS) + 1


def cast(count: int) -> list[Plot]:
    """`count` cases, no fewer than `FEWEST`: the showcase, then every plot by its share."""
    assert count >= FEWEST, "every plot is shown at least once"
    total = sum(plot.share for plot in PLOTS)
    numbers = [max(1, plot.share * (count - 1) // total) for plot in PLOTS]
    biggest = sorted(range(len(PLOTS)), key=lambda i: -PLOTS[i].share)
    turn = 0
    while (gap := count - 1 - sum(numbers)) != 0:
        place = biggest[turn % len(biggest)]
        turn += 1
        if gap > 0:
            numbers[place] += 1
        elif numbers[place] > 1:
            numbers[place] -= 1
    return [
        SHOWCASE,
        *(plot for plot, number in zip(PLOTS, numbers, strict=True) for _ in range(number)),
    ]


def gaps(plot: Plot, rng: Random) -> tuple[list[int], int]:
    """The working days before each beat, and since the last one."""
    return [rng.randint(*beat.gap) for beat in plot.beats], rng.randint(*plot.rest)
