"""The ways out of the house: the mail server and the SMS gateway, each until it refuses to work."""

import re
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from .mails import Mail
from .sms.configured import configured_gateway
from .sms.gateway import Gateway, Unavailable

EMAIL, SMS = "email", "sms"
REFUSALS = 3  # in a row, after which a way is left alone for the rest of a run


class Post(Protocol):
    refusals: int

    def send(self, key: str, to: str, mail: Mail) -> None: ...

    def close(self) -> None: ...


@dataclass
class MailPost:
    """The connection to the mail server: opened when first needed, and anew after an error."""

    backend: BaseEmailBackend = field(default_factory=get_connection)
    is_open: bool = False
    refusals: int = 0

    def send(self, key: str, to: str, mail: Mail) -> None:
        if not self.is_open:
            self.refusals += 1
            self.backend.open()
            self.is_open, self.refusals = True, 0
        letter = EmailMultiAlternatives(
            mail.subject,
            mail.text,
            to=[to],
            headers={"Message-ID": message_id(key), "Auto-Submitted": "auto-generated"},
            connection=self.backend,
        )
        if mail.html:
            letter.attach_alternative(mail.html, "text/html")
        try:
            letter.send()
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.backend.close()


@dataclass
class SmsPost:
    """The SMS gateway of the settings, looked up when first needed."""

    gateway: Gateway | None = None
    refusals: int = 0

    def send(self, key: str, to: str, mail: Mail) -> None:
        if self.gateway is None:
            self.gateway = configured_gateway()
        try:
            self.gateway.send(to, mail.text, key)
        except Unavailable:
            self.refusals += 1
            raise
        self.refusals = 0

    def close(self) -> None:
        """Nothing is kept open between two messages."""


@dataclass
class Posts:
    """Both ways, by channel."""

    ways: dict[str, Post] = field(default_factory=lambda: {EMAIL: MailPost(), SMS: SmsPost()})

    def send(self, channel: str, key: str, to: str, mail: Mail) -> None:
        self.ways[channel].send(key, to, mail)

    @property
    def down(self) -> set[str]:
        return {name for name, way in self.ways.items() if way.refusals >= REFUSALS}

    @property
    def all_down(self) -> bool:
        return len(self.down) == len(self.ways)

    def close(self) -> None:
        for way in self.ways.values():
            way.close()


def message_id(key: str) -> str:
    """The Message-ID of a message, the same on every attempt."""
    return f"<{re.sub('[^A-Za-z0-9.-]', '.', key)}@{urlsplit(settings.PUBLIC_URL).hostname}>"
