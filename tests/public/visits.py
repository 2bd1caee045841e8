"""An applicant's visits: cases in every state as the status page meets them, and the way in."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from tests.scenes import Scene, moment
from transfers.models import Calendar, CalendarDay, TransferApplication
from transfers.rules.states import Action, State
from transfers.workflow.query_codes import hash_code

CODE = "ABCD2345"
NAME, PHONE, EMAIL = "张示例", "13800000000", "zhang@example.org"


@dataclass(frozen=True)
class Sight:
    """One state of the page: how the case comes to it, when it is looked at, what stands there."""

    make: Callable[[Scene], TransferApplication]
    at: datetime
    zh: str
    en: str


def _in(state: State, **changes: Any) -> Callable[[Scene], TransferApplication]:
    return lambda scene: scene.in_state(state, **changes)


def _half_checked(scene: Scene) -> TransferApplication:
    application = scene.submit().application
    scene.do(application, "origin_clerk", Action.PASS_CHECK, moment("2025-09-25"))
    return application


def _lapsed(scene: Scene) -> TransferApplication:
    application = scene.in_state(State.SUPPLEMENT_REQUESTED)
    scene.do(application, "system", Action.LAPSE, moment("2025-11-10"))
    return application


def _refused_late(scene: Scene) -> TransferApplication:
    application = scene.accepted()
    scene.do(application, "origin_supervisor", Action.REFUSE_LATE, moment("2025-10-09"),
             code="duplicate_coverage", text="同一时段在两地重复参保")  # fmt: skip
    return application


def _mismatch(scene: Scene) -> TransferApplication:
    application = scene.arrived()
    at, late = moment("2025-10-29"), ("bank_delay", "bank")
    scene.remit(application, at, late)
    scene.do(application, "destination_finance", "receive", at, received_fen=100_000,
             bank_reference="B1")  # fmt: skip
    scene.do(application, "destination_finance", "mismatch", at, text="少了234.56元")
    return application


def _estimated(scene: Scene) -> TransferApplication:
    return scene.accepted("2026-12-24")


def _with_gap(scene: Scene) -> TransferApplication:
    """January and February 2025 were not paid at the origin; what that costs is worked out."""
    from tests.arrears.office import Office, month

    application: TransferApplication = scene.submit().application
    office = Office()
    missed = office.zhang(
        "2025-09-25", id_number=application.person.id_number, resumed_month=month("2025-03")
    )
    office.assessed(missed, on="2025-09-25", pay_by=date(2025, 9, 30))
    return application


def _untold(scene: Scene) -> TransferApplication:
    """A case whose situation cannot be told: the days of every calendar are lost."""
    application = scene.accepted()
    CalendarDay.objects.all().delete()
    Calendar.objects.update(version=F("version") + 1)
    return application


SIGHTS: dict[str, Sight] = {
    "submitted": Sight(_in(State.APPLIED), moment("2025-09-24", 15),
                       "已收到，正在校验", "Received, being checked"),
    "half-checked": Sight(_half_checked, moment("2025-09-25", 15),
                          "已收到，正在校验", "Received, being checked"),
    "supplement": Sight(_in(State.SUPPLEMENT_REQUESTED), moment("2025-09-26"),
                        "需要您补材料", "We need something from you"),
    "out": Sight(_in(State.VALIDATED), moment("2025-10-09"),
                 "转出办理中", "Transfer out in progress"),
    "out-today": Sight(_in(State.VALIDATED), moment("2025-10-21"),
                       "转出办理中", "Transfer out in progress"),
    "estimate": Sight(_estimated, moment("2026-12-28"),
                      "转出办理中", "Transfer out in progress"),
    "late": Sight(_in(State.VALIDATED), moment("2025-10-24"),
                  "比规定时间晚了", "This is late"),
    "in": Sight(_in(State.TRANSFERRED_OUT), moment("2025-10-22"),
                "转入办理中", "Transfer in in progress"),
    "returned": Sight(_in(State.DISCREPANCY_RAISED), moment("2025-10-23"),
                      "退回更正", "Sent back to be corrected"),
    "moved": Sight(_in(State.TRANSFERRED_IN), moment("2025-10-29"),
                   "关系已转入，等余额", "Transferred; balance to follow"),
    "mismatch": Sight(_mismatch, moment("2025-10-30"),
                      "余额有差异", "Balance differs"),
    "credited": Sight(_in(State.BALANCE_CREDITED), moment("2025-11-03"),
                      "已办结，余额到账", "Complete, balance credited"),
    "no-balance": Sight(_in(State.CLOSED_WITHOUT_BALANCE), moment("2025-10-29"),
                        "已办结，无余额可转", "Complete, nothing to move"),
    "paid": Sight(_in(State.PAID_TO_PERSON), moment("2025-11-03"),
                  "已办结，余额已付给您", "Complete, balance paid to you"),
    "refused": Sight(_in(State.REJECTED), moment("2025-09-26"),
                     "没有受理", "Not accepted"),
    "refused-late": Sight(_refused_late, moment("2025-10-10"),
                          "没有受理", "Not accepted"),
    "withdrawn": Sight(_in(State.WITHDRAWN), moment("2025-09-26"),
                       "您已撤回", "You withdrew this"),
    "lapsed": Sight(_lapsed, moment("2025-11-11"),
                    "已终止，没有收到补交的材料", "Ended, the materials did not come"),
    "closed": Sight(_in(State.RECALLED), moment("2025-10-23"),
                    "已终止", "Closed, not transferred"),
    "gap": Sight(_with_gap, moment("2025-09-26"),
                 "已收到，正在校验", "Received, being checked"),
}  # fmt: skip

# Apart, because after it nothing else can be made in the same database.
STALE = Sight(_untold, moment("2025-10-09"), "暂时查不到最新进度", "Can't show the latest")


def know_code(application: TransferApplication) -> None:
    """Give a case a query code that the test knows."""
    TransferApplication.objects.filter(pk=application.pk).update(query_code_hash=hash_code(CODE))


def enter(client: Client, application: TransferApplication) -> str:
    """Look a case up as its applicant does; returns the address of its status page."""
    know_code(application)
    answer = client.post("/status/", {"reference": application.reference, "code": CODE})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def pages(number: str, **changes: Any) -> list[dict[str, Any]]:
    """Right answers of the six pages, in their order; `changes` replace some of them."""
    given = [
        {"stopped": "yes", "enrolled": "yes", "retired": "no"},
        {"name": NAME, "id_number": number},
        {"origin": "990100", "destination": "350500", "scheme_from": "employee",
         "scheme_to": "employee", "reason": "new_job", "next_year": ""},
        {"gap": "no", "stopped_on": "2025-08-31", "enrolled_on": "2025-09-01"},
        {},
        {"notify_by": "email", "contact_phone": PHONE, "contact_email": EMAIL, "consent": "on"},
    ]  # fmt: skip
    return [{name: changes.get(name, value) for name, value in page.items()} for page in given]


def photo() -> SimpleUploadedFile:
    """A small picture as a phone sends it."""
    held = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(held, "JPEG")
    return SimpleUploadedFile("photo.jpg", held.getvalue(), "image/jpeg")


def fill_in(client: Client, number: str, *, until: int = 7, **changes: Any) -> HttpResponse:
    """Answer the pages before `until` one after another; returns the answer to the last POST."""
    answer = None
    for step, given in enumerate(pages(number, **changes)[: until - 1], 1):
        if step == 5:
            given = {f"photo_{kind}": photo() for kind in changes.get("kinds", ["id_card"])}
        answer = client.post("/apply/" if step == 1 else f"/apply/{step}/", given)
        if answer.status_code != 302 or answer["Location"] == "/apply/not-yet/":
            break
    assert answer is not None
    return answer


def photo_file() -> dict[str, Any]:
    """The same, as a browser takes it."""
    sent = photo()
    return {"name": sent.name, "mimeType": sent.content_type, "buffer": sent.read()}


def type_in(page: Any, given: dict[str, Any]) -> None:
    """Fill in the form that a browser shows; without a script of ours in the page."""
    for name, value in given.items():
        field = page.locator(f"main form [name={name}]").first
        kind = field.get_attribute("type") or "select"
        if kind == "radio":
            if value:
                page.check(f"input[name={name}][value={value}]")
        elif kind == "checkbox":
            field.check()
        elif kind == "select":
            field.select_option(value)
        else:
            field.fill(value)
