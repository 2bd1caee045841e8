"""Papers and their verification in a real browser: accessible at every width, two pages on paper."""

import re
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.documents.papers import RARE, certificate_of, named
from tests.looks import PICTURES, examine, looks, press, press_key, printed, readings, switch
from tests.public.visits import CODE, know_code
from tests.scenes import Scene, moment
from transfers.documents.verification import code_of
from transfers.models import Paper, TransferApplication
from transfers.rules.states import State

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NOW = moment("2025-10-29", 15)
NODES = 600


def _look_up(page: Any, base: str, application: TransferApplication) -> None:
    know_code(application)
    page.goto(f"{base}/status/")
    page.fill("#id_reference", application.reference)
    page.fill("#id_code", CODE)
    press(page, "main button[type=submit]")
    page.wait_for_url(f"**/status/{application.reference}/")


def test_every_kind_of_paper(live_server: Any, page: Any) -> None:
    """Each kind in its share of languages, sizes and widths, and on A4."""
    scene, base = Scene(), live_server.url
    seen: set[str] = set()
    states = (State.BALANCE_CREDITED, State.SUPPLEMENT_REQUESTED, State.REJECTED, State.VALIDATED)
    with time_machine.travel(NOW, tick=True):
        for state in states:
            application = scene.in_state(state, **named(RARE))
            if state is State.VALIDATED:
                certificate_of(scene, application)
            _look_up(page, base, application)
            for paper in Paper.objects.filter(application=application).exclude(kind__in=seen):
                seen.add(paper.kind)
                shares = readings(looks(len(seen)))
                for (language, size), widths in shares.items():
                    switch(page, base, language, size)
                    page.goto(f"{base}/status/{application.reference}/papers/{paper.number}/")
                    name = f"paper-{paper.kind}-{language}-{size}"
                    assert not examine(page, name, widths)
                    assert page.locator("*").count() <= NODES
                switch(page, base, "zh-hans")
                page.reload()
                sheet = printed(page)
                if PICTURES:
                    Path(PICTURES, f"paper-{paper.kind}.pdf").write_bytes(sheet)
                assert len(re.findall(rb"/Type\s*/Page[^s]", sheet)) <= 2, paper.kind
    # Those of the arrears office are looked at in its own tests.
    assert seen == set(Paper.Kind) - {Paper.Kind.ARREARS_QUOTE, Paper.Kind.PAYMENT_RECEIPT}


def test_the_verification_page(live_server: Any, page: Any) -> None:
    scene, base = Scene(), live_server.url
    with time_machine.travel(NOW, tick=True):
        application = scene.accepted()
        old = certificate_of(scene, application)
        new = certificate_of(scene, application, "2025-10-23")
        addresses = {
            "empty": "/verify/",
            "genuine": f"/verify/{new.number}/{code_of(new)}/",
            "replaced": f"/verify/{old.number}/{code_of(old)}/",
            "not-genuine": f"/verify/{new.number}/{'0' * 16}/",
        }
        for number, (name, address) in enumerate(addresses.items()):
            for (language, size), widths in readings(looks(number)).items():
                switch(page, base, language, size)
                page.goto(base + address)
                assert not examine(page, f"verify-{name}-{language}-{size}", widths)
        switch(page, base, "en")
        page.goto(f"{base}/verify/")
        page.fill("#id_number", new.number.lower())
        page.fill("#id_code", code_of(new))
        press_key(page, "Enter")
        assert "This paper is genuine" in page.inner_text("#verdict")
