"""The whole application by keyboard alone, and with scripts switched off."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.looks import press, press_key, switch
from tests.public.visits import pages, photo_file, type_in
from tests.scenes import Scene, example_number
from transfers.models import TransferApplication, Upload

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

FOCUS = """() => {
    const at = document.activeElement, style = getComputedStyle(at);
    return [at.matches(':focus-visible'), parseFloat(style.outlineWidth), style.outlineStyle];
}"""


@pytest.fixture(autouse=True)
def kept_apart(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


class Keys:
    """Somebody without a mouse: Tab to get somewhere, Space and Enter to press, letters to type."""

    def __init__(self, page: "Page") -> None:
        self.page = page

    def reaches(self, selector: str) -> None:
        for _press in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                break
        else:
            pytest.fail(f"{selector} is not reached on {self.page.url}")
        visible, width, style = self.page.evaluate(FOCUS)
        assert visible, selector
        assert width >= 3, selector
        assert style != "none", selector

    def types(self, **given: str) -> None:
        for name, text in given.items():
            self.reaches(f"[name={name}]")
            self.page.keyboard.type(text)

    def chooses_the_first(self, *names: str) -> None:
        for name in names:
            self.reaches(f"[name={name}]")
            self.page.keyboard.press("Space")

    def goes_on(self, to: str) -> None:
        self.reaches("main form > .row .button, main form > .button, main .row > .button")
        press_key(self.page, "Enter")
        self.page.wait_for_url(f"**{to}")


def test_an_application_by_keyboard_alone(live_server: Any, page: "Page") -> None:
    Scene()
    # The browser hands choosers over some time after somebody first asks for them; one that opens before
    # is lost. So it is asked now, long before Space opens one.
    page.on("filechooser", lambda _chooser: None)
    switch(page, live_server.url, "en")
    page.goto(live_server.url)
    keys = Keys(page)
    keys.reaches("main .doors a")
    press_key(page, "Enter")
    page.wait_for_url("**/apply/")
    keys.chooses_the_first("stopped", "enrolled", "retired")
    keys.goes_on("/apply/2/")
    keys.types(name="张示例", id_number=example_number())
    keys.goes_on("/apply/3/")
    keys.types(origin="Example City")
    keys.chooses_the_first("scheme_from")
    keys.types(destination="Quanzhou")
    keys.chooses_the_first("scheme_to", "reason")
    keys.goes_on("/apply/4/")
    keys.chooses_the_first("gap")
    keys.goes_on("/apply/5/")
    keys.reaches("[name=photo_id_card]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(photo_file())
    keys.goes_on("/apply/6/")
    keys.chooses_the_first("notify_by")
    keys.types(contact_phone="13800000000")
    keys.chooses_the_first("consent")
    keys.goes_on("/apply/check/")
    keys.goes_on("/apply/done/")
    assert "138****0000" in page.inner_text("main")
    application = TransferApplication.objects.get()
    keys.goes_on(f"/status/{application.reference}/")
    assert page.inner_text("h2#now").endswith("Received, being checked")
    assert (application.origin_id, application.destination_id) == ("990100", "350500")
    assert (application.scheme_from, application.notify_by) == ("employee", "sms")
    assert Upload.objects.get().application == application


def test_an_application_with_scripts_off(live_server: Any, browser: "Browser") -> None:
    Scene()
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url)
    press(page, "main .doors a")
    for step, given in enumerate(pages(example_number()), 1):
        if step == 5:
            wrong = {"name": "a.png", "mimeType": "image/png", "buffer": b"not a picture"}
            page.set_input_files("[name=file_id_card]", wrong)
            press(page, "main form > .row .button")
            assert "有 1 处需要修改" in page.inner_text(".summary")
            page.set_input_files("[name=photo_id_card]", photo_file())
            press(page, "main form button[name=stay]")
            press(page, "main form button[name=remove]")
            assert not Upload.objects.exists()
            page.set_input_files("[name=photo_id_card]", photo_file())
        type_in(page, given)
        press(page, "main form > .row .button")
    page.wait_for_url("**/apply/check/")
    press(page, "main form > .button")
    page.wait_for_url("**/apply/done/")
    assert "已收到您的申请" in page.inner_text("h1")
    press(page, "main .row > .button")
    application = TransferApplication.objects.get()
    page.wait_for_url(f"**/status/{application.reference}/")
    assert page.inner_text("h2#now").endswith("已收到，正在校验")
    context.close()
