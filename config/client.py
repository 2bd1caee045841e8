"""Whose request is this? The address that rate limits and locks go by."""

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The visitor's address, as the outermost of our own proxies saw it.

    Each proxy appends the address it got the request from, so with n proxies of ours the n-th entry
    from the right is the last one that nobody outside could have written.
    """
    proxies: int = settings.TRUSTED_PROXIES
    if proxies:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        if len(forwarded) >= proxies and (address := forwarded[-proxies].strip()):
            return address
    return str(
        request.META.get("REMOTE_ADDR") or "::"
    )  # a server on a unix socket has no peer address
