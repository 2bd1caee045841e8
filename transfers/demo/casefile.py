"""One demo case on its way: what its papers say, and each action on it, done through the real door."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate
from stdnum.cn import uscc

from ..models.applications import Channel, MaterialKind, MoveReason, Submitter, TransferApplication
from ..models.forms import ContributionRow
from ..rules.balances import BalanceAction, Resolution
from ..rules.states import Action, RejectCode, Scheme, Side
from ..rules.steps import LatenessReason, Owner
from ..workflow.actions import CONFIRM, Submission, perform, submit
from ..workflow.actors import Actor
from ..workflow.forms import FormDraft, RowDraft
from ..workflow.query_codes import QueryCode
from . import records
from .people import Insured
from .places import Route
from .staff import Crew

_EMPLOYER_CODE = "91990100MA0000001"
_MONEY = frozenset({BalanceAction.REMIT, BalanceAction.RESEND, Action.CREDIT_BALANCE})


def month_end(day: date) -> date:
    """The last day of the month before the one of `day`."""
    return day.replace(day=1) - timedelta(days=1)


def _month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


@dataclass
class CaseFile:
    """`balance_fen` is what the origin's records hold of the personal account."""

    insured: Insured
    route: Route
    crews: Mapping[str, Crew]
    rng: Random
    query_code: QueryCode
    submitter: Submitter
    scheme_from: Scheme
    scheme_to: Scheme
    balance_fen: int
    retired: bool = False
    language: str = "zh-hans"
    application: TransferApplication | None = None
    form: FormDraft | None = None
    stopped_on: date | None = None
    enrolled_on: date | None = None
    doubled: bool = False
    _bank: int = field(default=0)

    def crew(self, side: Side) -> Crew:
        code = self.route.origin if side is Side.ORIGIN else self.route.destination
        return self.crews[code]

    def do(self, verb: str, by: Actor, at: datetime, **data: Any) -> None:
        """Perform an action. Where that turns out to be late, a reason that suits it goes along."""
        assert self.application is not None, "it is submitted first"
        lateness = None
        if data.get("mode") == CONFIRM:
            waiting = self.application.preparations.get(verb=verb, outcome="")
            data["hash"] = waiting.payload_hash
        side = by.side(self.application)
        if side is not None:
            lateness = self._lateness(verb, Owner(side))
        perform(self.application, verb, by=by, at=at, lateness=lateness, **data)

    def _lateness(self, verb: str, own: Owner) -> tuple[LatenessReason, Owner]:
        if verb in _MONEY and self.rng.random() < 0.5:
            return LatenessReason.BANK_DELAY, Owner.BANK
        return self.rng.choice(
            [
                (LatenessReason.WORKLOAD, own),
                (LatenessReason.RECORDS_MISSING, own),
                (LatenessReason.SYSTEM_OUTAGE, own),
                (LatenessReason.APPLICANT_LATE, Owner.APPLICANT),
            ]
        )

    def bank_reference(self, at: datetime) -> str:
        self._bank += 1
        return f"DEMO{localdate(at):%Y%m%d}{int(self.insured.phone[3:]):06d}{self._bank}"

    # The relation

    def submit(self, at: datetime) -> None:
        on = localdate(at)
        self.stopped_on = month_end(month_end(on) if self.rng.random() < 0.4 else on)
        began = int(self.insured.id_number[6:10])
        began += 1 if self.scheme_from is Scheme.RESIDENT else 19
        began = max(began, self.stopped_on.year - self.rng.randint(1, 18))
        self.enrolled_on = date(began, self.rng.randint(1, 12), 1)
        materials = [MaterialKind.ID_CARD]
        employer: dict[str, str] = {}
        if self.submitter is Submitter.EMPLOYER:
            materials.append(MaterialKind.AUTHORISATION)
            employer = {
                "employer_name": "示例制造有限公司",
                "employer_uscc": _EMPLOYER_CODE + uscc.calc_check_digit(_EMPLOYER_CODE),
            }
        reason = MoveReason.RETIRED if self.retired else MoveReason.NEW_JOB
        if Scheme.RESIDENT in (self.scheme_from, self.scheme_to) and not self.retired:
            reason = MoveReason.MOVED
        if reason is not MoveReason.NEW_JOB:
            materials.append(MaterialKind.RESIDENCE_PROOF)
        certificate = ""
        if not self.route.online:
            materials.append(MaterialKind.CERTIFICATE)
            certificate = f"YS{self.insured.phone[-6:]}"
        by, channel = Actor.applicant(), Channel.ONLINE
        if self.submitter is Submitter.EMPLOYER:
            by = Actor.employer()
        elif self.submitter is Submitter.CLERK:
            side = self.rng.choice([Side.ORIGIN, Side.DESTINATION, Side.DESTINATION])
            by, channel = self.crew(side).clerk, Channel.COUNTER
        given = Submission(
            id_number=self.insured.id_number,
            name=self.insured.name,
            scheme_from=self.scheme_from,
            scheme_to=self.scheme_to,
            origin=self.route.origin,
            destination=self.route.destination,
            channel=channel,
            relocated_retiree=self.retired,
            reason=reason,
            certificate_number=certificate,
            contact_phone=self.insured.phone,
            contact_email=self.insured.email,
            language=self.language,
            materials=tuple(materials),
            **employer,
        )
        taken = submit(given, by=by, at=at, query_code=self.query_code)
        self.application = taken.application
        self.form = self._draft()
        records.at_origin(self.application, self.form.rows, at)
        if not self.retired:
            # One in twelve was insured in both places for the last two months.
            self.doubled = self.rng.random() < 0.08
            last = self.form.last_paid_month
            first = month_end(last).replace(day=1) if self.doubled else _month_after(last)
            records.at_destination(self.application, first, self.form.rows[-1].base_fen, at)

    def pass_check(self, side: Side, at: datetime, **without: Any) -> None:
        """`without`: what the record lacks; the supervisor overrides the checks this fails."""
        record = self._record(side) | without
        who, data = self.crew(side).clerk, {}
        if without:
            who = self.crew(side).supervisor
            data = {
                "overrides": {
                    RejectCode.ORIGIN_NOT_STOPPED: "已电话核实本月停保，停保记录次日入库。"
                }
            }
        self.do(Action.PASS_CHECK, who, at, record=record, **data)

    def _record(self, side: Side) -> dict[str, Any]:
        assert self.stopped_on is not None
        common = {"name": self.insured.name, "id_number": self.insured.id_number}
        if side is Side.ORIGIN:
            return common | {
                "enrolled_on": self.enrolled_on,
                "stopped_on": self.stopped_on,
                "balance_fen": self.balance_fen,
                "retired": self.retired,
            }
        resident = self.scheme_to is Scheme.RESIDENT
        return common | {
            "enrolled_on": self.stopped_on + timedelta(days=1),
            "paying": True,
            "cover_year": self.stopped_on.year + 2 if resident else None,
        }

    def reject(self, side: Side, code: RejectCode, text: str, at: datetime) -> None:
        self.do(Action.REJECT, self.crew(side).clerk, at, code=code, text=text)

    def refuse_late(self, at: datetime) -> None:
        code, text = self.rng.choice(
            [
                (
                    RejectCode.DUPLICATE_COVERAGE,
                    "转出核对时发现两地同一时段重复参保，请先处理重复缴费。",
                ),
                (RejectCode.OTHER, "原参保单位补报了受理之后的缴费，请在停保后重新申请。"),
            ]
        )
        self.do(Action.REFUSE_LATE, self.crew(Side.ORIGIN).supervisor, at, code=code, text=text)

    def request_supplement(self, side: Side, at: datetime) -> None:
        items, why = self.rng.choice(
            [
                ([MaterialKind.STOP_PROOF], "系统中查不到您的停保时间"),
                ([MaterialKind.RESIDENCE_PROOF], "登记的户籍地址与现住址不一致"),
                ([MaterialKind.EMPLOYMENT_PROOF, MaterialKind.SOCIAL_SECURITY_CARD],
                 "新单位尚未报送您的参保信息"),
            ]
        )  # fmt: skip
        clerk = self.crew(side).clerk
        self.do(Action.REQUEST_SUPPLEMENT, clerk, at, items=[*items], why=why)

    def supply(self, at: datetime) -> None:
        by = Actor.applicant()
        if self.submitter is Submitter.CLERK:
            by = self.crew(Side.DESTINATION).clerk
        self.do(Action.SUPPLY, by, at)

    def lapse(self, at: datetime) -> None:
        self.do(Action.LAPSE, Actor.system(), at)

    def withdraw(self, at: datetime) -> None:
        assert self.application is not None
        by = {Submitter.APPLICANT: Actor.applicant(), Submitter.EMPLOYER: Actor.employer()}.get(
            self.submitter
        )
        if by is None:
            clerk = self.application.submitted_by
            assert clerk is not None, "a counter case names its clerk"
            by = Actor.staff(clerk)
        self.do(Action.WITHDRAW, by, at)

    # The form

    def prepare_form(self, at: datetime, *, wrong: bool = False) -> None:
        """`wrong`: one month short, which the destination will notice."""
        assert self.form is not None, "it is submitted first"
        draft = self._one_month_short(self.form) if wrong else self.form
        who = self.crew(Side.ORIGIN).clerk
        self.do(Action.TRANSFER_OUT, who, at, mode="prepare", form=draft)

    def seal(self, at: datetime) -> None:
        self.do(Action.TRANSFER_OUT, self.crew(Side.ORIGIN).checker, at, mode=CONFIRM)

    def _draft(self) -> FormDraft:
        assert self.enrolled_on is not None
        assert self.stopped_on is not None
        last = self.stopped_on.replace(day=1)
        base = self.rng.randint(380, 1600) * 1000
        rows = [RowDraft(self.enrolled_on, last, base_fen=base)]
        interrupted = (last - self.enrolled_on).days > 1000 and self.rng.random() < 0.3
        if interrupted:
            middle = date(self.enrolled_on.year + 1, 6, 1)
            rows = [
                RowDraft(self.enrolled_on, middle, base_fen=base * 4 // 5),
                RowDraft(middle.replace(month=9), last, base_fen=base),
            ]
        elif self.rng.random() < 0.1 and (last - self.enrolled_on).days > 2500:
            middle = date(self.enrolled_on.year + 3, 12, 1)
            rows = [
                RowDraft(self.enrolled_on, middle, ContributionRow.Kind.DEEMED, base * 3 // 5),
                RowDraft(date(middle.year + 1, 1, 1), last, base_fen=base),
            ]
        return FormDraft(last, month_end(last + timedelta(days=70)), self.balance_fen, rows,
                         interrupted)  # fmt: skip

    @staticmethod
    def _one_month_short(form: FormDraft) -> FormDraft:
        last = month_end(form.last_paid_month).replace(day=1)
        newest = replace(form.rows[-1], to_month=last)
        return replace(form, last_paid_month=last, rows=[*form.rows[:-1], newest])

    def raise_discrepancy(self, at: datetime) -> None:
        fields, text = ["last_paid_month", "rows"], "最后缴费月份与缴费凭证不符，少计1个月。"
        who = self.crew(Side.DESTINATION).clerk
        self.do(Action.RAISE_DISCREPANCY, who, at, fields=fields, text=text)

    def prepare_correction(self, at: datetime) -> None:
        assert self.form is not None
        who = self.crew(Side.ORIGIN).checker
        self.do(Action.CORRECT, who, at, mode="prepare", form=self.form)

    def seal_correction(self, at: datetime) -> None:
        self.do(Action.CORRECT, self.crew(Side.ORIGIN).clerk, at, mode=CONFIRM)

    def uphold(self, at: datetime) -> None:
        who = self.crew(Side.ORIGIN).clerk
        self.do(Action.UPHOLD, who, at, text="最后一个月的缴费已退还单位，信息表无误。")

    def prepare_recall(self, at: datetime) -> None:
        who = self.crew(Side.ORIGIN).supervisor
        text = "参保人已回原地就业，两地协商撤回本次转移。"
        self.do(Action.RECALL, who, at, mode="prepare", text=text)

    def confirm_recall(self, at: datetime) -> None:
        self.do(Action.RECALL, self.crew(Side.DESTINATION).supervisor, at, mode=CONFIRM)

    def transfer_in(self, at: datetime) -> None:
        text = "重复参保月份只计一次，多缴部分已由原参保地退费。" if self.doubled else ""
        self.do(Action.TRANSFER_IN, self.crew(Side.DESTINATION).clerk, at, text=text)

    # The money

    def prepare_remit(self, at: datetime) -> None:
        self.do(BalanceAction.REMIT, self.crew(Side.ORIGIN).finance, at, mode="prepare")

    def confirm_remit(self, at: datetime) -> None:
        self.do(BalanceAction.REMIT, self.crew(Side.ORIGIN).finance_checker, at, mode=CONFIRM)

    def remit(self, at: datetime) -> None:
        self.prepare_remit(at)
        self.confirm_remit(at)

    def receive(self, at: datetime, *, short_fen: int = 0) -> None:
        self.do(
            BalanceAction.RECEIVE,
            self.crew(Side.DESTINATION).finance,
            at,
            received_fen=self.balance_fen - short_fen,
            bank_reference=self.bank_reference(at),
        )

    def match(self, at: datetime) -> None:
        self.do(BalanceAction.MATCH, self.crew(Side.DESTINATION).finance, at)

    def mismatch(self, at: datetime) -> None:
        who = self.crew(Side.DESTINATION).finance
        self.do(BalanceAction.MISMATCH, who, at, text="到账金额少于信息表所列余额。")

    def resolve(self, at: datetime) -> None:
        self.do(
            BalanceAction.RESOLVE,
            self.crew(Side.DESTINATION).finance,
            at,
            resolution=Resolution.TOP_UP,
            received_fen=self.balance_fen,
            text="原参保地已补划差额。",
        )

    def prepare_credit(self, at: datetime) -> None:
        self.do(Action.CREDIT_BALANCE, self.crew(Side.DESTINATION).finance, at, mode="prepare")

    def credit(self, at: datetime) -> None:
        who = self.crew(Side.DESTINATION).finance_checker
        self.do(Action.CREDIT_BALANCE, who, at, mode=CONFIRM)

    def bounce(self, at: datetime) -> None:
        who = self.crew(Side.ORIGIN).finance
        self.do(BalanceAction.BOUNCE, who, at, text="收款账户名称与登记不符，银行退汇。")

    def resend(self, at: datetime) -> None:
        crew = self.crew(Side.ORIGIN)
        self.do(BalanceAction.RESEND, crew.finance, at, mode="prepare")
        self.do(BalanceAction.RESEND, crew.finance_checker, at, mode=CONFIRM)

    def prepare_payout(self, at: datetime) -> None:
        self.do(
            BalanceAction.PAY_TO_PERSON,
            self.crew(Side.ORIGIN).finance,
            at,
            mode="prepare",
            payee=self.insured.name,
            payee_account=f"9999000000{int(self.insured.phone[3:]):08d}",
            text="按规定将个人账户余额支付给本人。",
        )

    def pay_out(self, at: datetime) -> None:
        self.do(
            BalanceAction.PAY_TO_PERSON, self.crew(Side.ORIGIN).finance_checker, at, mode=CONFIRM
        )

    def confirm_payout(self, at: datetime) -> None:
        who = self.crew(Side.ORIGIN).finance
        self.do(BalanceAction.CONFIRM_PAYOUT, who, at, bank_reference=self.bank_reference(at))
