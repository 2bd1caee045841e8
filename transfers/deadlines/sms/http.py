"""A gateway behind an address: one POST of JSON a message. docs/messages.md is its contract."""

import json
from email.message import Message
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .gateway import Unavailable, Undeliverable

TIMEOUT = 10.0  # seconds

# Refusals that are not about the message: the token, the pace, the other side's own trouble.
_LATER = frozenset({401, 403, 408, 425, 429})


class _Straight(HTTPRedirectHandler):
    """Follows nothing: the token is for this address alone."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


class Http:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.opener = build_opener(_Straight)

    def send(self, to: str, text: str, key: str) -> None:
        """Raises Undeliverable for a refusal of the message itself, Unavailable for anything else."""
        request = Request(  # noqa: S310 - the settings let https through, and http only locally
            self.url,
            json.dumps({"to": to, "text": text, "key": key}).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": key,
            },
            method="POST",
        )
        try:
            with self.opener.open(request, timeout=TIMEOUT):
                return
        except HTTPError as error:
            # Its body may repeat what was sent, so neither it nor the cause goes any further.
            status = error.code
            error.close()
        except (URLError, OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Unavailable(f"no answer: {type(reason).__name__}") from None
        if 400 <= status < 500 and status not in _LATER:
            raise Undeliverable(f"the gateway refused the message: {status}")
        raise Unavailable(f"the gateway answered {status}")
