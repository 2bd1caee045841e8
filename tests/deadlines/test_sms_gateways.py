"""The three gateways, and what the settings let through."""

import json
import socket
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from transfers.deadlines.sms import http
from transfers.deadlines.sms.configured import configured_gateway
from transfers.deadlines.sms.gateway import Unavailable, Undeliverable
from transfers.deadlines.sms.http import Http
from transfers.deadlines.sms.local import Console, File

TO, TEXT, KEY = "13800000000", "【泉州市医保】申请已收到，编号…0381。", "event:ZY20250924-0000381:1"


class Provider(HTTPServer):
    """A gateway's other side: answers with `status`, and remembers what it was asked."""

    status: int | None = 202
    location = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/sms"


class Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((dict(self.headers), body))
        if self.server.status is None:
            self.close_connection = True  # no answer at all
            return
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(f"{body['to']} {body['text']}".encode())

    def log_message(self, *_arguments: object) -> None:
        """Nothing on the tests' own output."""


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_message_is_one_post_with_token_and_key(provider: Provider) -> None:
    Http(provider.url, "secret").send(TO, TEXT, KEY)
    ((headers, body),) = provider.asked
    assert body == {"to": TO, "text": TEXT, "key": KEY}
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Idempotency-Key"] == KEY
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, Undeliverable), (404, Undeliverable), (422, Undeliverable),
        # About the token, the pace or the other side, not about the message.
        (401, Unavailable), (403, Unavailable), (408, Unavailable), (425, Unavailable),
        (429, Unavailable), (500, Unavailable), (503, Unavailable),
        (None, Unavailable),
    ],
)  # fmt: skip
def test_what_an_answer_means_and_that_it_is_never_repeated(
    provider: Provider, status: int | None, raised: type[Exception]
) -> None:
    provider.status = status
    with pytest.raises(raised) as refusal:
        Http(provider.url, "secret").send(TO, TEXT, KEY)
    assert refusal.value.__cause__ is None
    for secret in (TO, TEXT, "secret"):
        assert secret not in str(refusal.value)


def test_the_token_is_not_carried_to_another_address(provider: Provider) -> None:
    provider.status, provider.location = 307, provider.url
    with pytest.raises(Unavailable, match="307"):
        Http(provider.url, "secret").send(TO, TEXT, KEY)
    assert len(provider.asked) == 1


def test_a_gateway_that_is_not_there_or_silent_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(http, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(Unavailable, match="TimeoutError"):
            Http(url, "secret").send(TO, TEXT, KEY)
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        Http(url, "secret").send(TO, TEXT, KEY)


def test_the_file_gets_a_line_a_message_for_its_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "sms"
    for key in (KEY, f"{KEY}0"):
        File(str(directory)).send(TO, TEXT, key)
    file = directory / "messages.jsonl"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["to"], line["text"], line["key"]) for line in lines] == [
        (TO, TEXT, KEY),
        (TO, TEXT, f"{KEY}0"),
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_the_console_shows_no_whole_number(capsys: pytest.CaptureFixture[str]) -> None:
    Console().send(TO, TEXT, KEY)
    said = capsys.readouterr().out
    assert TEXT in said
    assert TO not in said


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("console:", Console),
        ("file:///var/a%20b", File),
        ("https://sms.example/v1", Http),
        ("http://127.0.0.1:9/v1", Http),
    ],
)
def test_the_setting_chooses_the_gateway(settings: Any, url: str, made: type) -> None:
    settings.SMS_URL, settings.SMS_TOKEN = url, "secret"
    chosen = configured_gateway()
    assert type(chosen) is made
    if isinstance(chosen, File):
        assert str(chosen.path) == "/var/a b/messages.jsonl"


def test_without_the_setting_there_is_none(settings: Any) -> None:
    settings.SMS_URL = ""
    with pytest.raises(Undeliverable):
        configured_gateway()
