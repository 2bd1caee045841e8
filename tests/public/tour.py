"""Every public page in every state it has, and how to come to it: what the batteries over all pages walk.

A stop is brought about in the database and in a session of Django's test client, whose cookies a browser
then takes over: the pages on the way are other stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import time_machine
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from tests.arrears.public.questions import VISITS
from tests.intake import spreadsheets
from tests.looks import press
from tests.public.visits import SIGHTS, STALE, Sight, enter, fill_in
from tests.scenes import Scene, example_number, moment
from transfers.documents.verification import code_of
from transfers.models import Batch, BatchRow, Measure, MonthFigure, Paper, User

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

NOW = moment("2025-10-09")
Arrive = Callable[[Client, Scene], str]


@dataclass(frozen=True)
class Stop:
    """One page in one state. `arrive` prepares it and returns its address; `then` is done in the browser."""

    name: str
    arrive: Arrive
    at: datetime = NOW
    then: Callable[[Page], None] | None = None
    last: bool = False  # nothing else can be made in the same database afterwards


def _open(address: str) -> Arrive:
    return lambda client, scene: address


def _send(page: Page) -> None:
    """Send the page's form as it stands."""
    press(page, "main form:not(:has([name=remove])) button[type=submit]")


def _typing(**given: str) -> Callable[[Page], None]:
    """Send the page's form with these lines typed in."""

    def then(page: Page) -> None:
        for name, text in given.items():
            page.fill(f"main [name={name}]:not([type=radio])", text)
        _send(page)

    return then


def _without(cookie: str) -> Callable[[Page], None]:
    """Send the page's form when this cookie is gone."""

    def then(page: Page) -> None:
        page.context.clear_cookies(name=cookie)
        _send(page)

    return then


def unfold(page: Page) -> None:
    """Open everything that is folded away."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")


def _applying(step: int, address: str = "", **changes: Any) -> Arrive:
    """The answers before a page are given, and the page is opened."""

    def arrive(client: Client, scene: Scene) -> str:
        if step > 1:
            fill_in(client, example_number(), until=step, **changes)
        return address or ("/apply/" if step == 1 else f"/apply/{step}/")

    return arrive


def _handed_in(client: Client, scene: Scene) -> str:
    fill_in(client, example_number())
    answer = client.post("/apply/check/")
    assert answer["Location"] == "/apply/done/", answer.content.decode()
    return "/apply/done/"


def _stuck(client: Client, scene: Scene) -> str:
    answer = fill_in(client, example_number(), enrolled="no")
    assert answer["Location"] == "/apply/not-yet/"
    return "/apply/not-yet/"


def _with_a_file(client: Client, scene: Scene) -> str:
    fill_in(client, example_number(), until=6)
    return "/apply/5/"


def _case(sight: Sight, page: str = "") -> Arrive:
    return lambda client, scene: enter(client, sight.make(scene)) + page


def _paper(client: Client, scene: Scene) -> str:
    address = enter(client, SIGHTS["credited"].make(scene))
    paper = Paper.objects.filter(application__reference=address.split("/")[2]).latest("issued_at")
    return f"{address}papers/{paper.number}/"


def _verified(client: Client, scene: Scene) -> str:
    application = SIGHTS["credited"].make(scene)
    paper = Paper.objects.filter(application=application).latest("issued_at")
    return f"/verify/{paper.number}/{code_of(paper)}/"


def figures() -> None:
    """Two years of statistics: the country, a province and its pools, a small pool among them."""
    if MonthFigure.objects.exists():
        return
    MonthFigure.objects.bulk_create(
        MonthFigure(
            region_id=place, month=date(year, month, 1), measure=measure,
            cases=weight * (80 + (month * 37 + year) % 60) // 10,
            on_time=weight * (80 + (month * 37 + year) % 60) * (86 + month % 12) // 1000,
            median_days=Decimal(7 + (month * 5) % 6), p90_days=Decimal(11 + (month * 3) % 7),
            withheld="small" if place == "350100" and month % 3 == 0 else "",
            worked_out_at=moment(NOW.date()),
        )
        for place, weight in (("100000", 900), ("350000", 120), ("350500", 70), ("350100", 10))
        for year, months in ((2024, 12), (2025, 10))
        for month in range(1, months + 1)
        for measure in Measure
    )  # fmt: skip


def _statistics(query: str) -> Arrive:
    def arrive(client: Client, scene: Scene) -> str:
        figures()
        return f"/statistics/{query}"

    return arrive


def _employer_page(page: str) -> Arrive:
    return lambda client, scene: _employer(client, scene) + page


def _employer(client: Client, scene: Scene, make: Callable[[Any], Batch] | None = None) -> str:
    user = spreadsheets.an_employer()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if make is None:
        return "/employer/"
    return f"/employer/batches/{make(user).reference}/"


def _welcome(token: str = "") -> Arrive:
    """The page on which an employer's person chooses the password; without a token that counts."""

    def arrive(client: Client, scene: Scene) -> str:
        user = spreadsheets.an_employer()
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        link = f"/employer/welcome/{uid}/{token or default_token_generator.make_token(user)}/"
        return str(client.get(link).get("Location", link))

    return arrive


def _guessing(client: Client, scene: Scene) -> str:
    for _n in range(4):
        client.post("/employer/login/", {"username": "X", "password": "wrong"})
    return "/employer/login/"


def _many_batches(client: Client, scene: Scene) -> str:
    address = _employer(client, scene)
    user = User.objects.filter(employer__isnull=False).latest("pk")
    Batch.objects.bulk_create(
        Batch(reference=f"PL{user.pk}-{n:08d}", employer_id=user.employer_id, uploaded_by=user, size=1,
              sha256=f"{user.pk}-{n}", state=Batch.State.DONE, uploaded_at=spreadsheets.AT)
        for n in range(51)
    )  # fmt: skip
    return address


def _rows(good: int, *wrong: dict[str, Any]) -> bytes:
    rows = [spreadsheets.row() for _n in range(good)]
    return spreadsheets.as_workbook([*rows, *(spreadsheets.row(**each) for each in wrong)])


_WRONG = (
    {"id_number": "3.30E+17"}, {"id_number": "99010019850412001X"}, {"stopped_on": ""},
    {"origin": "火星市"}, {"contact_phone": "123"}, {"name": ""},
)  # fmt: skip


def _batch(make: Callable[[Any], Batch], page: str = "") -> Arrive:
    return lambda client, scene: _employer(client, scene, make) + page


def _good(by: Any) -> Batch:
    return spreadsheets.checked(by, _rows(8))


def _cases(by: Any) -> Batch:
    return spreadsheets.handed_in(by, _rows(31))


def _handing_in(by: Any) -> Batch:
    batch = _good(by)
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.SUBMITTING)
    return batch


def _one_of_a_batch(client: Client, scene: Scene) -> str:
    address = _employer(client, scene, lambda by: spreadsheets.handed_in(by, _rows(1)))
    case = BatchRow.objects.filter(batch__reference=address.split("/")[3]).earliest("number")
    assert case.application is not None
    return f"{address}cases/{case.application.reference}/withdraw/"


def _of_case(name: str, sight: str, then: Callable[[Page], None] | None = None) -> Stop:
    wrong = "" if then is None else "-wrong"
    return Stop(f"{name}{wrong}", _case(SIGHTS[sight], f"{name}/"), SIGHTS[sight].at, then)


STOPS: tuple[Stop, ...] = (
    Stop("start", _open("/")),
    Stop("accessibility", _open("/accessibility/")),
    Stop("not-found", _open("/nowhere/")),
    Stop("lookup", _open("/status/")),
    Stop("lookup-wrong", _open("/status/"), then=_send),
    Stop("resend", _open("/status/code/")),
    Stop("resend-wrong", _open("/status/code/"), then=_send),
    *(Stop(f"apply-{step}", _applying(step)) for step in range(1, 7)),
    *(Stop(f"apply-{step}-wrong", _applying(step), then=_send) for step in (1, 2, 3, 4, 5, 6)),
    Stop("apply-3-unclear", _applying(3), then=_typing(origin="广东", destination="Suzhou")),
    Stop("apply-5-sent", _with_a_file),
    Stop("apply-7", _applying(7, "/apply/check/")),
    Stop("apply-gap", _applying(5, "/apply/gap/", gap="yes", stopped_on="2025-06-30")),
    Stop("apply-signed-out", _applying(2), then=_without("jiexu-session")),
    Stop("apply-forged", _applying(2), then=_without("jiexu-csrf")),
    Stop("apply-saved", _applying(4, "/apply/saved/")),
    Stop("apply-not-yet", _stuck),
    Stop("apply-done", _handed_in),
    *(Stop(f"status-{name}", _case(sight), sight.at) for name, sight in SIGHTS.items()),
    _of_case("supply", "supplement"),
    _of_case("supply", "supplement", _send),
    _of_case("contact", "out"),
    _of_case("contact", "out", _typing(contact_phone="1")),
    _of_case("withdraw", "submitted"),
    _of_case("dispute", "credited"),
    _of_case("dispute", "credited", _send),
    _of_case("rate", "credited"),
    _of_case("rate", "credited", _send),
    Stop("paper", _paper, SIGHTS["credited"].at),
    Stop("verify", _open("/verify/")),
    Stop("verify-wrong", _open("/verify/"), then=_send),
    Stop("verify-genuine", _verified, SIGHTS["credited"].at),
    Stop("verify-false", _open("/verify/XB20251021-000000000/ABCDABCDABCDABCD/")),
    Stop("deadline", _open("/deadline/")),
    Stop("deadline-counted",
         _open("/deadline/?what=transfer_out_days&place=990100&start=2025-09-30"), then=unfold),
    Stop("deadline-wrong", _open("/deadline/?what=transfer_out_days&place=&start=x")),
    Stop("deadline-unclear", _open("/deadline/?what=check_days&place=海南&start=2025-09-30")),
    Stop("statistics", _statistics("?year=2024"), then=unfold),
    Stop("statistics-balance", _statistics("?year=2024&of=balance")),
    Stop("statistics-small", _statistics("?place=350100&year=2024"), then=unfold),
    Stop("statistics-empty", _statistics("?place=330100&year=2024")),
    Stop("calculator", _open("/arrears/")),
    Stop("calculator-wrong", _open("/arrears/questions/")),
    *(Stop(f"calculator-{scheme}", _open(f"/arrears/questions/?place=360100&scheme={scheme}"))
      for scheme in ("employee", "resident")),
    Stop("calculator-employee-wrong",
         _open("/arrears/result/?place=360100&scheme=employee&base=-1&sex=male")),
    Stop("calculator-no-rules", _open("/arrears/questions/?place=410100&scheme=employee")),
    *(Stop(f"calculator-{name}", _open(VISITS[name].address), VISITS[name].at)
      for name in ("zhang", "too-long")),
    Stop("employer-login", _open("/employer/login/")),
    Stop("employer-login-wrong", _open("/employer/login/"), then=_send),
    Stop("employer-login-locked", _guessing, then=_typing(username="X", password="wrong")),
    Stop("employer-welcome", _welcome(), spreadsheets.AT),
    Stop("employer-welcome-wrong", _welcome(), spreadsheets.AT, _send),
    Stop("employer-welcome-used", _welcome("x-y"), spreadsheets.AT),
    Stop("employer-password", _employer_page("password/"), spreadsheets.AT),
    Stop("employer-password-wrong", _employer_page("password/"), spreadsheets.AT, _send),
    Stop("employer-home", _employer, spreadsheets.AT),
    Stop("employer-home-many", _many_batches, spreadsheets.AT),
    Stop("employer-home-wrong", _employer, spreadsheets.AT, then=_send),
    Stop("employer-waiting", _batch(lambda by: spreadsheets.uploaded(by, _rows(3))),
         spreadsheets.AT),
    Stop("employer-checked", _batch(lambda by: spreadsheets.checked(by, _rows(30, *_WRONG))),
         spreadsheets.AT),
    Stop("employer-unreadable", _batch(lambda by: spreadsheets.checked(by, b"\x00nothing")),
         spreadsheets.AT),
    Stop("employer-submit", _batch(_good, "submit/"), spreadsheets.AT),
    Stop("employer-submit-wrong", _batch(_good, "submit/"), spreadsheets.AT, _send),
    Stop("employer-discard", _batch(_good, "discard/"), spreadsheets.AT),
    Stop("employer-handing-in", _batch(_handing_in), spreadsheets.AT),
    Stop("employer-cases", _batch(_cases, "cases/"), spreadsheets.AT),
    Stop("employer-withdraw", _one_of_a_batch, spreadsheets.AT),
    Stop("employer-done", _batch(lambda by: spreadsheets.handed_in(by, _rows(8, *_WRONG[:2]))),
         spreadsheets.AT),
    Stop("status-stale", _case(STALE), STALE.at, last=True),
)  # fmt: skip


@contextmanager
def visiting(stop: Stop, scene: Scene, context: BrowserContext, base: str) -> Iterator[str]:
    """Bring the stop about and give its session to the browser; yields its address.

    Inside, it is the stop's own moment.
    """
    client = Client()
    with time_machine.travel(stop.at, tick=True):
        address = stop.arrive(client, scene)
        session = client.cookies.get("jiexu-session")
        context.clear_cookies(name="jiexu-session")
        if session is not None:
            context.add_cookies([{"name": session.key, "value": session.value, "url": base}])
        yield base + address


def go(page: Page, stop: Stop, address: str) -> None:
    """Open the stop and do in the browser what belongs to it."""
    page.goto(address)
    if stop.then is not None:
        stop.then(page)
