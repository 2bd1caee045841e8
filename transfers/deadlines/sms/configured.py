"""The gateway that this installation sends its text messages through: the setting SMS_URL."""

from urllib.parse import unquote, urlsplit

from django.conf import settings

from .gateway import Gateway, Undeliverable
from .http import Http
from .local import Console, File


def configured_gateway() -> Gateway:
    """The gateway of SMS_URL. Raises Undeliverable where this installation has none."""
    url = urlsplit(settings.SMS_URL)
    if url.scheme == "console":
        return Console()
    if url.scheme == "file":
        return File(unquote(url.path))
    if url.scheme in ("http", "https"):
        return Http(settings.SMS_URL, settings.SMS_TOKEN)
    raise Undeliverable("this installation sends no SMS")
